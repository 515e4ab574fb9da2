//! Failpoints of a build for tests: the process dies, waits or panics there.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::Point;

/// Dies, waits or panics here where the environment says so.
///
/// # Panics
/// If `MEMEX_FAILPOINT` says `panic` for this point.
pub async fn pass(point: Point) {
    static PASSED: AtomicU64 = AtomicU64::new(0);
    let asked = std::env::var("MEMEX_FAILPOINT").unwrap_or_default();
    match point.act(&asked) {
        Act::GoOn => {}
        Act::DieAfter(calls) => {
            if PASSED.fetch_add(1, Ordering::SeqCst) >= calls {
                std::process::abort();
            }
        }
        Act::WaitFor(file) => wait_for(file).await,
        Act::Panic => panic!("the failpoint {} panics", point.name()),
    }
}

/// What happens at a point.
#[derive(Debug, PartialEq, Eq)]
enum Act<'a> {
    GoOn,
    DieAfter(u64),
    WaitFor(&'a Path),
    Panic,
}

async fn wait_for(file: &Path) {
    let reached = file.with_added_extension("reached");
    if let Err(error) = std::fs::write(&reached, b"") {
        tracing::error!(%error, "the failpoint's mark cannot be written");
    }
    while !file.exists() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

impl Point {
    fn act(self, asked: &str) -> Act<'_> {
        let (name, how) = asked.split_once(':').unwrap_or((asked, ""));
        if name != self.name() {
            return Act::GoOn;
        }
        match how.split_once(':') {
            Some(("pause", file)) => Act::WaitFor(Path::new(file)),
            Some(("skip", calls)) => calls.parse().map_or(Act::GoOn, Act::DieAfter),
            None if how == "panic" => Act::Panic,
            _ => Act::DieAfter(0),
        }
    }

    /// The name by which the environment asks for it.
    fn name(self) -> &'static str {
        match self {
            Self::InACall => "in_a_call",
            Self::BeforeStatement => "before_statement",
            Self::BeforeReply => "before_reply",
            Self::BeforeAdoption => "before_adoption",
            Self::AfterAdoption => "after_adoption",
            Self::BeforeErasureBatch => "before_erasure_batch",
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

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Point; 14] = [
        Point::InACall,
        Point::BeforeStatement,
        Point::BeforeReply,
        Point::BeforeAdoption,
        Point::AfterAdoption,
        Point::BeforeErasureBatch,
        Point::Claimed,
        Point::FirstRead,
        Point::FirstStage,
        Point::MidStage,
        Point::BeforeFinish,
        Point::AfterFinish,
        Point::InRenewal,
        Point::InDrain,
    ];

    #[test]
    fn each_point_answers_to_its_own_name_alone() {
        for point in ALL {
            for other in ALL {
                let expected = if point == other { Act::DieAfter(0) } else { Act::GoOn };
                assert_eq!(point.act(other.name()), expected, "{point:?} asked for {other:?}");
            }
            assert_eq!(point.act(""), Act::GoOn);
        }
    }

    #[test]
    fn what_stands_behind_the_name_says_what_happens_and_rubbish_dies_there() {
        for point in ALL {
            let act = |how: &str| format!("{}:{how}", point.name());
            assert_eq!(point.act(&act("skip:3")), Act::DieAfter(3));
            assert_eq!(point.act(&act("skip:three")), Act::GoOn);
            assert_eq!(point.act(&act("pause:/a/file")), Act::WaitFor(Path::new("/a/file")));
            assert_eq!(point.act(&act("panic")), Act::Panic);
            for rubbish in ["", "rubbish", "rubbish:7", "pause", "skip", "panic:7"] {
                assert_eq!(point.act(&act(rubbish)), Act::DieAfter(0), "{rubbish}");
            }
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
