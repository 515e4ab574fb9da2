//! Failpoints for tests: named points at which memory-api can be made to die, to wait or to panic.
//!
//! They exist only under the cargo feature `test-doors`; without it [`pass`] is empty. `MEMEX_FAILPOINT=before_reply`
//! aborts the process at that point; `MEMEX_FAILPOINT=before_reply:skip:7` lets seven calls pass first;
//! `MEMEX_FAILPOINT=before_reply:pause:FILE` makes `FILE.reached` and waits there until `FILE` exists;
//! `MEMEX_FAILPOINT=before_reply:panic` makes each call panic there.

/// Where memory-api can be made to die, to wait or to panic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// A caller is known; their call is not handled yet.
    InACall,
    /// A change of a file is decided on; its statement was not sent.
    BeforeStatement,
    /// A change of a file is committed; its caller was not answered.
    BeforeReply,
    /// A changeset is adopted within its transaction; that was not committed.
    BeforeAdoption,
    /// An adoption is committed; the worker was not answered.
    AfterAdoption,
    /// An erasure was begun; its next rows are not deleted yet.
    BeforeErasureBatch,
}

/// Nothing, unless built for tests.
#[cfg(not(feature = "test-doors"))]
#[inline(always)]
pub(crate) async fn pass(_: Point) {}

/// Dies, waits or panics here where the environment says so.
#[cfg(feature = "test-doors")]
pub(crate) async fn pass(point: Point) {
    static PASSED: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let asked = std::env::var("MEMEX_FAILPOINT").unwrap_or_default();
    match point.act(&asked) {
        Act::GoOn => {}
        Act::DieAfter(calls) => {
            if PASSED.fetch_add(1, std::sync::atomic::Ordering::SeqCst) >= calls {
                std::process::abort();
            }
        }
        Act::WaitFor(file) => wait_for(file).await,
        Act::Panic => panic!("the failpoint {} panics", point.name()),
    }
}

/// What happens at a point.
#[cfg(feature = "test-doors")]
#[derive(Debug, PartialEq, Eq)]
enum Act<'a> {
    GoOn,
    DieAfter(u64),
    WaitFor(&'a std::path::Path),
    Panic,
}

#[cfg(feature = "test-doors")]
async fn wait_for(file: &std::path::Path) {
    let reached = file.with_added_extension("reached");
    if let Err(error) = std::fs::write(&reached, b"") {
        tracing::error!(%error, "the failpoint's mark cannot be written");
    }
    while !file.exists() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[cfg(feature = "test-doors")]
impl Point {
    /// Every point.
    pub const ALL: [Self; 6] = [
        Self::InACall,
        Self::BeforeStatement,
        Self::BeforeReply,
        Self::BeforeAdoption,
        Self::AfterAdoption,
        Self::BeforeErasureBatch,
    ];

    fn act(self, asked: &str) -> Act<'_> {
        let (name, how) = asked.split_once(':').unwrap_or((asked, ""));
        if name != self.name() {
            return Act::GoOn;
        }
        match how.split_once(':') {
            Some(("pause", file)) => Act::WaitFor(std::path::Path::new(file)),
            Some(("skip", calls)) => calls.parse().map_or(Act::GoOn, Act::DieAfter),
            None if how == "panic" => Act::Panic,
            _ => Act::DieAfter(0),
        }
    }

    /// The name by which the environment asks for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::InACall => "in_a_call",
            Self::BeforeStatement => "before_statement",
            Self::BeforeReply => "before_reply",
            Self::BeforeAdoption => "before_adoption",
            Self::AfterAdoption => "after_adoption",
            Self::BeforeErasureBatch => "before_erasure_batch",
        }
    }
}

#[cfg(all(test, feature = "test-doors"))]
mod tests {
    use super::*;

    #[test]
    fn each_point_answers_to_its_own_name_alone() {
        for point in Point::ALL {
            for other in Point::ALL {
                let expected = if point == other { Act::DieAfter(0) } else { Act::GoOn };
                assert_eq!(point.act(other.name()), expected, "{point:?} asked for {other:?}");
            }
            assert_eq!(point.act(&format!("{}:skip:3", point.name())), Act::DieAfter(3));
            let paused = format!("{}:pause:/a/file", point.name());
            assert_eq!(point.act(&paused), Act::WaitFor(std::path::Path::new("/a/file")));
            assert_eq!(point.act(&format!("{}:panic", point.name())), Act::Panic);
            assert_eq!(point.act(""), Act::GoOn);
        }
    }
}
