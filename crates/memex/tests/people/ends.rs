//! `redact` and `erase`: what cannot be undone.

use memex_proto::reason::Refusal;
use memex_proto::v1::{ErrorReason, RedactRevisionResponse, Revision};
use serde_json::json;

use crate::scene::Scene;

#[tokio::test]
async fn nothing_is_redacted_or_erased_without_a_yes() {
    let scene = Scene::new().await;
    for args in [&["erase", "bob"][..], &["redact", "rev_1", "--reason", "why"]] {
        let ran = scene.run(args).await;
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
        assert!(ran.err.contains("nobody can be asked without a terminal: give --yes"), "{}", ran.err);
        let ran = scene.run(&[args, &["--json"]].concat()).await;
        assert!(ran.code == 2 && ran.out.contains("\"USAGE\""), "{ran:?}");
    }
    let lines = scene.script.lines();
    assert!(lines.admin.erasures.is_empty() && lines.admin.redactions.is_empty());
}

#[tokio::test]
async fn a_redaction_says_what_still_contains_the_text_and_which_dreams_ended() {
    let scene = Scene::new().await;
    let later = Revision { revision_id: "rev_2".to_owned(), path: "user/a.md".to_owned(), ..Revision::default() };
    let answer = RedactRevisionResponse {
        changed: true,
        still_contained: vec![later],
        ended_dream_ids: vec!["drm_1".to_owned(), "drm_2".to_owned()],
    };
    scene.script.lines().admin.redaction_answers.extend([Ok(answer.clone()), Ok(answer)]);
    let args = ["redact", "rev_1", "--reason", "a password", "--yes"];
    let ran = scene.run(&args).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.starts_with("rev_1 is redacted\nended 2 dreams: drm_1, drm_2\n"), "{}", ran.out);
    assert!(ran.out.contains("1 other revision still contains its text; redact each by itself:\n"), "{}", ran.out);
    assert!(ran.out.contains("rev_2"), "{}", ran.out);
    let told = scene.json(&args).await;
    assert_eq!(told["still_contained"][0]["revision_id"], "rev_2");
    assert_eq!((&told["changed"], &told["ended_dream_ids"]), (&json!(true), &json!(["drm_1", "drm_2"])));
    let asked = scene.script.lines().admin.redactions.remove(0);
    assert_eq!((asked.revision_id.as_str(), asked.reason.as_str()), ("rev_1", "a password"));
    assert!(scene.run(&args).await.out.ends_with("no other revision contains its text\n"));
}

#[tokio::test]
async fn a_current_text_is_not_redacted_and_the_next_step_is_told() {
    let scene = Scene::new().await;
    let refusal = Refusal::new(ErrorReason::RevisionIsHead, "the revision is the file's current one").into_status();
    scene.script.lines().admin.redaction_answers.push_back(Err(refusal));
    let ran = scene.run(&["redact", "rev_1", "--reason", "why", "--yes"]).await;
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("next: it is the file's current text: write or delete the file first"), "{}", ran.err);
}

#[tokio::test]
async fn an_erasure_is_waited_for_and_its_final_status_told() {
    let scene = Scene::new().await;
    scene.script.lines().admin.erasure_runs = 2;
    let told = scene.json(&["erase", "bob", "--yes"]).await;
    assert_eq!((&told["user_id"], &told["erasure"]["state"]), (&json!("bob"), &json!("done")));
    assert_eq!((&told["erasure"]["deleted_rows"], scene.script.lines().admin.erasure_runs), (&json!(7), 0));
    let ran = scene.run(&["erase", "bob", "--yes"]).await;
    assert!(ran.code == 0 && ran.out.starts_with("bob is erased"), "{ran:?}");
}

#[tokio::test]
async fn an_erasure_that_is_not_waited_for_or_not_over_in_time_goes_on() {
    let scene = Scene::new().await;
    scene.script.lines().admin.erasure_runs = usize::MAX;
    let ran = scene.run(&["erase", "bob", "--yes", "--no-wait"]).await;
    assert!(ran.code == 0 && ran.out.contains("see memex erase bob --status"), "{ran:?}");
    assert_eq!(scene.script.lines().admin.erasure_runs, usize::MAX, "it was not even looked at");
    let ran = scene.run(&["erase", "bob", "--status"]).await;
    assert!(ran.code == 0 && ran.out.starts_with("bob is being erased"), "{ran:?}");
    let ran = scene.run(&["erase", "bob", "--yes", "--wait-seconds", "1"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (69, ""));
    assert!(ran.err.contains("the erasure goes on: memex erase bob --status"), "{}", ran.err);
    assert_eq!(scene.script.lines().admin.erasures.len(), 2, "looking at one begins none");
}

#[tokio::test]
async fn an_erasure_that_is_sent_again_is_the_same_one() {
    let scene = Scene::new().await;
    let answers = [ErrorReason::DatabaseUnavailable, ErrorReason::Overloaded];
    let answers = answers.map(|reason| Refusal::new(reason, "in a moment").into_status());
    scene.script.lines().admin.erase_answers.extend(answers);
    let ran = scene.run(&["erase", "bob", "--yes"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let erasures = std::mem::take(&mut scene.script.lines().admin.erasures);
    assert_eq!(erasures.len(), 3);
    assert!(erasures[0].user_id == "bob" && erasures[0].request_id.len() == 36, "{erasures:?}");
    assert!(erasures.iter().all(|one| *one == erasures[0]), "{erasures:?}");
}
