//! Dreams that cannot be dreamt, and finishes that do not get through.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use memex_proto::v1::{Curator as CuratorKind, ErrorReason};
use tokio_util::sync::CancellationToken;

use super::fake::FakeApi;
use super::setup::{driver, one_due, op, refused};
use crate::curator::{Curator, CuratorError, Spent, Stage, Staged, View};

/// Virtual time; a limit on waiting and never what decides.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug)]
struct Panics;

impl Curator for Panics {
    fn curate<'a>(
        &'a self,
        _: View,
        _: &'a mut Stage<'_>,
        _: CancellationToken,
    ) -> BoxFuture<'a, Result<Spent, CuratorError>> {
        Box::pin(async { panic!("a curator's panic that quotes memory") })
    }
}

/// Thinks until it is told to stop, and leaves word of that.
#[derive(Debug)]
struct Ponders(CancellationToken);

impl Curator for Ponders {
    fn curate<'a>(
        &'a self,
        _: View,
        _: &'a mut Stage<'_>,
        stop: CancellationToken,
    ) -> BoxFuture<'a, Result<Spent, CuratorError>> {
        let told = self.0.clone();
        tokio::spawn(async move {
            stop.cancelled().await;
            told.cancel();
        });
        Box::pin(std::future::pending())
    }
}

/// Puts an op, tells what became of it, and thinks on without a plan.
#[derive(Debug)]
struct PutsAndPonders(tokio::sync::mpsc::UnboundedSender<Staged>);

impl Curator for PutsAndPonders {
    fn curate<'a>(
        &'a self,
        _: View,
        stage: &'a mut Stage<'_>,
        _: CancellationToken,
    ) -> BoxFuture<'a, Result<Spent, CuratorError>> {
        Box::pin(async move {
            for path in ["user/a.md", "user/b.md"] {
                self.0.send(stage.put(&op(path)).await?).expect("the test listens");
            }
            std::future::pending().await
        })
    }
}

/// Uses tokens of a model, and puts nothing.
#[derive(Debug)]
struct Reads;

impl Curator for Reads {
    fn curate<'a>(
        &'a self,
        _: View,
        _: &'a mut Stage<'_>,
        _: CancellationToken,
    ) -> BoxFuture<'a, Result<Spent, CuratorError>> {
        Box::pin(async { Ok(Spent { model_tokens: 1_200 }) })
    }
}

async fn dreamt(api: &FakeApi, curator: impl Curator) {
    assert_eq!(driver(api, 3).with_curator(Arc::new(curator)).poll_once().await.unwrap(), 1);
}

fn failure(api: &FakeApi) -> String {
    assert_eq!(api.log().last().unwrap(), "Finish FAILED");
    api.script(|script| script.finished[0].summary.clone())
}

#[tokio::test(start_paused = true)]
async fn a_curator_that_panics_fails_its_dream_and_not_the_worker() {
    let api = one_due(&[]);
    dreamt(&api, Panics).await;
    assert_eq!(failure(&api), "the curator panicked");
}

#[tokio::test(start_paused = true)]
async fn a_curator_that_outlasts_the_dreams_seconds_is_told_to_stop_and_fails_it() {
    let api = one_due(&[]);
    let told = CancellationToken::new();
    dreamt(&api, Ponders(told.clone())).await;
    tokio::time::timeout(PATIENCE, told.cancelled()).await.expect("the curator was not told");
    assert!(failure(&api).contains("seconds passed"));
}

#[tokio::test(start_paused = true)]
async fn a_curator_hears_of_each_op_what_became_of_it_and_what_was_staged_stands_when_its_time_is_over() {
    let api = one_due(&[("user/a.md", "a"), ("user/b.md", "b"), ("user/c.md", "c")]);
    api.refuse("Stage", refused(ErrorReason::PatchNoMatch));
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    dreamt(&api, PutsAndPonders(told)).await;
    assert_eq!(heard.recv().await, Some(Staged::Refused(ErrorReason::PatchNoMatch)));
    assert_eq!(heard.recv().await, Some(Staged::Yes));
    assert_eq!(api.log().last().unwrap(), "Finish MORE");
    let left = api.script(|script| script.finished[0].left.clone());
    assert_eq!(left, ["user/a.md", "user/c.md"]);
}

#[tokio::test(start_paused = true)]
async fn the_tokens_of_a_model_are_told_to_memory_api() {
    let api = one_due(&[]);
    dreamt(&api, Reads).await;
    assert_eq!(api.script(|script| script.finished[0].model_tokens), 1_200);
}

#[tokio::test(start_paused = true)]
async fn a_curator_that_this_build_lacks_fails_the_dream_before_anything_is_read() {
    let api = one_due(&[("user/a.md", "a")]);
    api.script(|script| script.due[0].curator = CuratorKind::Llm.into());
    assert_eq!(driver(&api, 3).poll_once().await.unwrap(), 1);
    assert_eq!(failure(&api), "the llm curator is not part of this build");
    assert_eq!((api.count("List"), api.count("Read")), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_finish_is_repeated_until_it_is_answered() {
    let api = one_due(&[]);
    for _ in 0..3 {
        api.refuse("Finish", tonic::Status::unavailable("nobody answers"));
    }
    assert_eq!(driver(&api, 3).poll_once().await.unwrap(), 1);
    assert_eq!(api.count("Finish COMPLETE"), 4);
    assert_eq!(api.script(|script| script.finished.len()), 1);
}

#[tokio::test(start_paused = true)]
async fn a_finish_that_comes_too_late_is_not_repeated() {
    let api = one_due(&[]);
    api.refuse("Finish", refused(ErrorReason::LeaseLost));
    assert_eq!(driver(&api, 3).poll_once().await.unwrap(), 1);
    assert_eq!(api.count("Finish"), 1);
}
