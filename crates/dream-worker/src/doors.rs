//! Failpoints for tests: named points at which a worker can be made to die or to wait.
//!
//! They exist only under the cargo feature `test-doors`; without it `pass` is empty. `MEMEX_FAILPOINT=mid_stage`
//! aborts the process at that point; `MEMEX_FAILPOINT=mid_stage:pause:FILE` makes `FILE.reached` and waits there until
//! `FILE` exists, so that a test can act in the middle of a dream.

/// Where a worker can be made to die or to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// A dream was claimed; nothing was read.
    Claimed,
    /// The first batch of files was read.
    FirstRead,
    /// The first op is about to be staged.
    FirstStage,
    /// At least one op was staged, and the dream is not finished.
    MidStage,
    /// All ops are staged; FinishDream was not sent.
    BeforeFinish,
    /// FinishDream was answered.
    AfterFinish,
    /// A renewal is about to be sent.
    InRenewal,
    /// The worker was told to end.
    InDrain,
}

/// Nothing, unless built for tests.
#[cfg(not(feature = "test-doors"))]
#[inline(always)]
pub(crate) async fn pass(_: Point) {}

/// Dies or waits here where the environment says so.
#[cfg(feature = "test-doors")]
pub(crate) async fn pass(point: Point) {
    let asked = std::env::var("MEMEX_FAILPOINT").unwrap_or_default();
    match point.act(&asked) {
        Act::GoOn => {}
        Act::Die => std::process::abort(),
        Act::WaitFor(file) => wait_for(file).await,
    }
}

/// What happens at a point.
#[cfg(feature = "test-doors")]
#[derive(Debug, PartialEq, Eq)]
enum Act<'a> {
    GoOn,
    Die,
    WaitFor(&'a std::path::Path),
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
    pub const ALL: [Self; 8] = [
        Self::Claimed,
        Self::FirstRead,
        Self::FirstStage,
        Self::MidStage,
        Self::BeforeFinish,
        Self::AfterFinish,
        Self::InRenewal,
        Self::InDrain,
    ];

    fn act(self, asked: &str) -> Act<'_> {
        match asked.split_once(":pause:") {
            None if asked == self.name() => Act::Die,
            Some((name, file)) if name == self.name() => Act::WaitFor(std::path::Path::new(file)),
            _ => Act::GoOn,
        }
    }

    /// The name by which the environment asks for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::FirstRead => "first_read",
            Self::FirstStage => "first_stage",
            Self::MidStage => "mid_stage",
            Self::BeforeFinish => "before_finish",
            Self::AfterFinish => "after_finish",
            Self::InRenewal => "in_renewal",
            Self::InDrain => "in_drain",
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
                let expected = if point == other { Act::Die } else { Act::GoOn };
                assert_eq!(point.act(other.name()), expected, "{point:?} asked for {other:?}");
            }
            let paused = format!("{}:pause:/a/file", point.name());
            assert_eq!(point.act(&paused), Act::WaitFor(std::path::Path::new("/a/file")));
            assert_eq!(point.act(""), Act::GoOn);
        }
    }

    #[tokio::test]
    async fn a_pause_says_that_it_was_reached_and_ends_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("go");
        let paused = wait_for(&file);
        let scene = async {
            while !folder.path().join("go.reached").exists() {
                tokio::task::yield_now().await;
            }
            std::fs::write(&file, "").unwrap();
        };
        tokio::join!(paused, scene);
    }
}
