//! Dreams that cannot be dreamt, and finishes that do not get through.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use memex_curation::builtin::Plan;
use memex_proto::v1::{Curator as CuratorKind, ErrorReason};
use tokio_util::sync::CancellationToken;

use super::fake::FakeApi;
use super::setup::{driver, one_due, refused};
use crate::curator::{Curator, CuratorError, View};

/// Virtual time; a limit on waiting and never what decides.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug)]
struct Panics;

impl Curator for Panics {
    fn curate(&self, _: View, _: CancellationToken) -> BoxFuture<'_, Result<Plan, CuratorError>> {
        Box::pin(async { panic!("a curator's panic that quotes memory") })
    }
}

/// Thinks until it is told to stop, and leaves word of that.
#[derive(Debug)]
struct Ponders(CancellationToken);

impl Curator for Ponders {
    fn curate(&self, _: View, stop: CancellationToken) -> BoxFuture<'_, Result<Plan, CuratorError>> {
        let told = self.0.clone();
        tokio::spawn(async move {
            stop.cancelled().await;
            told.cancel();
        });
        Box::pin(std::future::pending())
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
