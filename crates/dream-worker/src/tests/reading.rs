//! What a dream reads, in which order, and what it leaves where the budget ends.

use memex_proto::v1::ErrorReason;

use super::fake::FakeApi;
use super::setup::{SAID_TWICE, driver, one_due, refused, with_budget};

async fn dreamt(api: &FakeApi) {
    assert_eq!(driver(api, 3).poll_once().await.unwrap(), 1);
}

fn left(api: &FakeApi) -> Vec<String> {
    api.script(|script| script.finished[0].left.clone())
}

#[tokio::test(start_paused = true)]
async fn a_dream_that_changes_nothing_lists_reads_once_and_finishes() {
    let api = one_due(&[("user/a.md", "- likes green tea\n"), ("user/b.md", "- lives in Bern\n")]);
    dreamt(&api).await;
    assert_eq!(api.log(), ["Claim 3", "List", "Read 2", "Finish COMPLETE"]);
}

#[tokio::test(start_paused = true)]
async fn every_memory_call_carries_the_dream_and_its_fence() {
    let api = one_due(&SAID_TWICE);
    dreamt(&api).await;
    let metadata = api.script(|script| script.metadata.clone());
    assert_eq!(metadata.len(), 3, "list, read, stage: {:?}", api.log());
    assert!(metadata.iter().all(|pair| *pair == ("drm_1".to_owned(), "101".to_owned())), "{metadata:?}");
}

#[tokio::test(start_paused = true)]
async fn excluded_paths_are_not_read_even_where_the_listing_shows_them() {
    let api = one_due(&[
        ("user/a.md", "- likes green tea\n"),
        ("user/dream-log.md", "x"),
        ("user/log.md", "x"),
        ("user/trip-log.md", "x"),
    ]);
    dreamt(&api).await;
    assert_eq!(api.script(|script| script.batches.clone()), [["user/a.md"]]);
}

#[tokio::test(start_paused = true)]
async fn the_paths_to_begin_with_are_read_first() {
    let api = one_due(&[("user/a.md", "a"), ("user/b.md", "b"), ("user/c.md", "c")]);
    api.script(|script| {
        script.due[0].begin_with = ["user/c.md", "user/gone.md", "user/b.md"].map(str::to_owned).to_vec()
    });
    dreamt(&api).await;
    assert_eq!(api.script(|script| script.batches.clone()), [["user/c.md", "user/b.md", "user/a.md"]]);
}

#[tokio::test(start_paused = true)]
async fn what_the_read_budget_has_no_room_for_is_left() {
    let text = "t".repeat(60_000);
    let api =
        one_due(&[("user/a.md", &text), ("user/b.md", &text), ("user/c.md", "c"), ("user/d.md", &"d".repeat(200_000))]);
    with_budget(&api, |budget| budget.max_read_bytes = 100_000);
    dreamt(&api).await;
    assert_eq!(api.script(|script| script.batches.clone()), [["user/a.md", "user/c.md"]]);
    assert_eq!(api.log().last().unwrap(), "Finish MORE");
    assert_eq!(left(&api), ["user/b.md"], "d.md would never fit, so nothing waits for it");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_counts_more_than_the_worker_ends_the_reading() {
    let text = "t".repeat(600_000);
    let api = one_due(&[("user/a.md", &text), ("user/b.md", &text), ("user/c.md", &text)]);
    api.refuse("Read", tonic::Status::unavailable("a moment"));
    api.refuse("Read", refused(ErrorReason::BudgetExceeded));
    dreamt(&api).await;
    assert_eq!(api.count("Read"), 2, "batches of about a megabyte, and none after the refusal: {:?}", api.log());
    assert_eq!(left(&api), ["user/a.md", "user/b.md", "user/c.md"]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_whose_answer_is_too_long_is_halved() {
    let api = one_due(&[("user/a.md", "a"), ("user/b.md", "b"), ("user/c.md", "c")]);
    api.refuse("Read", refused(ErrorReason::MessageTooLarge));
    dreamt(&api).await;
    assert_eq!(api.log(), ["Claim 3", "List", "Read 3", "Read 1", "Read 2", "Finish COMPLETE"]);
}
