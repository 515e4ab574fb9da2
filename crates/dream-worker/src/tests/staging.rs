//! What a dream stages, what it does with refusals, and where it ends.

use std::sync::Arc;
use std::time::Duration;

use memex_proto::v1::{ErrorReason, TreatmentKind};
use tokio::time::Instant;

use super::fake::FakeApi;
use super::setup::{Plans, SAID_TWICE, driver, one_due, refusal, refused, with_budget};

const THREE: Plans = Plans(&["user/a.md", "user/b.md", "user/c.md"]);

async fn dreamt(api: &FakeApi, plans: Plans) {
    assert_eq!(driver(api, 3).with_curator(Arc::new(plans)).poll_once().await.unwrap(), 1);
}

/// Outcome and what was left, of the one dream that was finished.
fn ending(api: &FakeApi) -> (String, Vec<String>) {
    let left = api.script(|script| script.finished.iter().map(|end| end.left.clone()).collect::<Vec<_>>());
    assert_eq!(left.len(), 1, "{:?}", api.log());
    (api.log().last().unwrap().clone(), left[0].clone())
}

fn staged(api: &FakeApi) -> Vec<String> {
    api.log().iter().filter_map(|line| line.strip_prefix("Stage ").map(str::to_owned)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_is_staged_with_version_reason_and_ground() {
    let api = one_due(&SAID_TWICE);
    assert_eq!(driver(&api, 3).poll_once().await.unwrap(), 1);
    assert_eq!(ending(&api).0, "Finish COMPLETE");
    let ops = api.script(|script| script.patches.clone());
    assert_eq!(ops.len(), 1, "{ops:?}");
    assert_eq!((ops[0].expected_version, ops[0].user_id.as_str()), (Some(1), "ada"));
    assert!(!ops[0].reason.is_empty() && !ops[0].edits.is_empty());
    let treatment = &ops[0].treatments[0];
    assert_eq!(treatment.kind(), TreatmentKind::DropDuplicate);
    assert_eq!((ops[0].path.as_str(), treatment.sources[0].path.as_str()), ("user/notes.md", "user/profile.md"));
    assert_eq!(treatment.sources[0].lines.unwrap().first, 1);
}

#[tokio::test(start_paused = true)]
async fn an_op_without_ground_is_dropped_and_the_others_are_staged() {
    let api = one_due(&[]);
    api.refuse("Stage", refusal(ErrorReason::GroundInvalid).fact("treatment", 0).into_status());
    dreamt(&api, THREE).await;
    assert_eq!(staged(&api), ["user/a.md", "user/b.md", "user/c.md"]);
    assert_eq!(ending(&api), ("Finish COMPLETE".to_owned(), vec![]));
    let summary = api.script(|script| script.finished[0].summary.clone());
    assert!(summary.contains("staged 2 ops") && summary.contains("1 ops were refused"), "{summary}");
}

#[tokio::test(start_paused = true)]
async fn an_op_that_is_refused_for_itself_costs_that_op_and_not_the_dream() {
    use ErrorReason as R;
    for reason in [R::InvalidText, R::PatchInvalid, R::PatchNoMatch, R::VersionConflict, R::ExcludedPath] {
        let api = one_due(&[]);
        api.refuse("Stage", refused(reason));
        dreamt(&api, THREE).await;
        assert_eq!(staged(&api), ["user/a.md", "user/b.md", "user/c.md"], "{reason:?}");
        assert_eq!(ending(&api), ("Finish COMPLETE".to_owned(), vec![]), "{reason:?}");
        let summary = api.script(|script| script.finished[0].summary.clone());
        assert!(summary.contains("staged 2 ops") && summary.contains("1 ops were refused"), "{reason:?}: {summary}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_budget_of_ops_ends_the_staging_and_the_rest_is_left() {
    let api = one_due(&[]);
    with_budget(&api, |budget| budget.max_ops = 2);
    dreamt(&api, THREE).await;
    assert_eq!(staged(&api), ["user/a.md", "user/b.md"]);
    assert_eq!(ending(&api), ("Finish MORE".to_owned(), vec!["user/c.md".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn the_budget_of_files_counts_each_file_once() {
    let api = one_due(&[]);
    with_budget(&api, |budget| budget.max_files = 1);
    dreamt(&api, Plans(&["user/a.md", "user/a.md", "user/b.md"])).await;
    assert_eq!(staged(&api), ["user/a.md", "user/a.md"]);
    assert_eq!(ending(&api), ("Finish MORE".to_owned(), vec!["user/b.md".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn the_budget_of_bytes_is_kept() {
    let api = one_due(&[]);
    with_budget(&api, |budget| budget.max_bytes = 20);
    dreamt(&api, THREE).await;
    assert_eq!(staged(&api), ["user/a.md", "user/b.md"]);
    assert_eq!(ending(&api), ("Finish MORE".to_owned(), vec!["user/c.md".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_counts_more_than_the_worker_ends_the_staging() {
    let api = one_due(&[]);
    api.refuse("Stage", refusal(ErrorReason::BudgetExceeded).fact("budget", "dream_max_writes").into_status());
    dreamt(&api, THREE).await;
    assert_eq!(staged(&api), ["user/a.md"]);
    assert_eq!(ending(&api).1, ["user/a.md", "user/b.md", "user/c.md"]);
}

#[tokio::test(start_paused = true)]
async fn a_text_that_the_server_has_no_room_for_does_not_keep_others_from_being_staged() {
    let api = one_due(&[]);
    api.refuse("Stage", refusal(ErrorReason::BudgetExceeded).fact("budget", "dream_max_bytes").into_status());
    dreamt(&api, THREE).await;
    assert_eq!(staged(&api), ["user/a.md", "user/b.md", "user/c.md"]);
    assert_eq!(ending(&api), ("Finish MORE".to_owned(), vec!["user/a.md".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn an_overloaded_server_is_tried_again_after_its_hint_with_the_same_request_id() {
    let api = one_due(&[]);
    let hint = Duration::from_secs(7);
    api.refuse("Stage", refusal(ErrorReason::Overloaded).retry_after(hint).into_status());
    let started = Instant::now();
    dreamt(&api, Plans(&["user/a.md"])).await;
    assert!(started.elapsed() >= hint, "{:?}", started.elapsed());
    assert_eq!(ending(&api).0, "Finish COMPLETE");
    let ids = api.script(|script| script.patches.iter().map(|op| op.request_id.clone()).collect::<Vec<_>>());
    assert!(ids.len() == 2 && ids[0] == ids[1] && !ids[0].is_empty(), "{ids:?}");
}

#[tokio::test(start_paused = true)]
async fn an_op_whose_answer_was_lost_is_sent_again_as_the_same_one() {
    let api = one_due(&[]);
    api.refuse("Stage", tonic::Status::unavailable("the connection broke"));
    dreamt(&api, Plans(&["user/a.md"])).await;
    assert_eq!(ending(&api), ("Finish COMPLETE".to_owned(), vec![]));
    let ops = api.script(|script| script.patches.clone());
    assert!(ops.len() == 2 && ops[0] == ops[1], "{ops:?}");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_nobody_foresaw_fails_the_dream_without_content() {
    let api = one_due(&[]);
    api.refuse("Stage", refused(ErrorReason::RoleRequired));
    dreamt(&api, THREE).await;
    assert_eq!(ending(&api).0, "Finish FAILED");
    let summary = api.script(|script| script.finished[0].summary.clone());
    assert_eq!(summary, "staging failed: PermissionDenied (ROLE_REQUIRED)");
}

#[tokio::test(start_paused = true)]
async fn when_its_seconds_pass_a_dream_finishes_what_is_staged() {
    let api = one_due(&[]);
    api.hold("Stage");
    let scene = async {
        api.until("Stage", 1).await;
        api.release("Stage", 1);
    };
    tokio::join!(dreamt(&api, THREE), scene);
    let (outcome, left) = ending(&api);
    assert_eq!(outcome, "Finish MORE");
    assert_eq!(left, ["user/b.md", "user/c.md"]);
}
