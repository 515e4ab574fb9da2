//! `dream approve|reject|cancel|diff|watch` and `status`: what they send, and what they make of the answers.

use memex_proto::reason::Refusal;
use memex_proto::v1::{
    Dream, DreamEvent, DreamState, DroppedLine, EndingCount, ErrorReason, FileChange, GetChangesetResponse,
    GetStatusResponse, Grade, QuotedLines, RuleVerdict, StagedOp, TreatmentKind, WatchDreamResponse,
};
use serde_json::{Value, json};
use tonic::Status;

use crate::scene::Scene;

fn dream(id: &str, state: DreamState) -> Dream {
    Dream { dream_id: id.to_owned(), user_id: "ada".to_owned(), state: state.into(), ..Dream::default() }
}

fn change(path: &str, group: i32) -> FileChange {
    let diff = format!("--- a/{path}\n+++ b/{path}\n@@ -1 +0,0 @@\n-gone\n");
    FileChange { path: path.to_owned(), base_version: 2, diff, removed_lines: 1, group, ..FileChange::default() }
}

#[tokio::test]
async fn an_approval_says_what_was_adopted_and_where_the_rest_waits() {
    let scene = Scene::new().await;
    let ran = scene.run(&["dream", "approve", "drm_1", "--reason", "she said so", "--user", "ada"]).await;
    assert!(ran.code == 0 && ran.out.starts_with("drm_1 is approved: adopted by 1 revision\n"), "{ran:?}");
    assert!(!ran.out.contains("the rest"), "{ran:?}");
    let rest = Dream { paths: vec!["user/b.md".to_owned()], ..dream("drm_2", DreamState::Proposed) };
    scene.script.lines().decisions.rest = Some(rest);
    let ran = scene.run(&["dream", "approve", "drm_1", "user/a.md", "user/c.md"]).await;
    assert!(ran.out.ends_with("the rest, 1 file, waits as drm_2; see memex dream show drm_2\n"), "{ran:?}");
    let told = scene.json(&["dream", "approve", "drm_1", "user/a.md"]).await;
    assert_eq!((&told["dream"]["state"], &told["rest"]["dream_id"]), (&json!("applied"), &json!("drm_2")), "{told}");
    assert_eq!(told["revisions"][0]["path"], "user/a.md");
    let asked = std::mem::take(&mut scene.script.lines().decisions.approvals);
    assert_eq!((asked[0].user_id.as_str(), asked[0].reason.as_str()), ("ada", "she said so"));
    assert!(asked[0].paths.is_empty() && asked[0].request_id.len() == 36, "{asked:?}");
    assert_eq!((asked[1].user_id.as_str(), &asked[1].paths), ("", &vec!["user/a.md".into(), "user/c.md".into()]));
}

#[tokio::test]
async fn a_proposal_that_went_stale_says_where_to_look() {
    let scene = Scene::new().await;
    let stale = Refusal::new(ErrorReason::DreamStale, "a file was changed").fact("state", "stale");
    scene.script.lines().decisions.answers.push_back(stale.into_status());
    let ran = scene.run(&["dream", "approve", "drm_1"]).await;
    assert!(ran.code == 1 && ran.err.contains("next: see what became of it: memex dream show drm_1;"), "{ran:?}");
}

#[tokio::test]
async fn a_rejection_and_a_cancellation_carry_their_reason() {
    let scene = Scene::new().await;
    let ran = scene.run(&["dream", "reject", "drm_1", "--reason", "two trips"]).await;
    assert!(ran.code == 0 && ran.out.starts_with("drm_1 is rejected"), "{ran:?}");
    let ran = scene.run(&["dream", "cancel", "drm_2", "--reason", "not now"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "drm_2 is canceled: nothing of it is adopted\n"));
    assert_eq!(scene.json(&["dream", "reject", "drm_1"]).await["dream"]["state"], "rejected");
    assert_eq!(scene.json(&["dream", "cancel", "drm_1"]).await["dream"]["state"], "canceled");
    let lines = scene.script.lines();
    assert_eq!((lines.decisions.rejections[0].reason.as_str(), lines.decisions.rejections.len()), ("two trips", 2));
    assert_eq!((lines.decisions.cancellations[0].reason.as_str(), lines.decisions.cancellations.len()), ("not now", 2));
}

#[tokio::test]
async fn a_dreams_diffs_go_to_a_pipe_byte_for_byte() {
    let scene = Scene::new().await;
    let files = vec![change("user/a.md", 1), change("user/\u{202e}b.md", 2)];
    let diffs: String = files.iter().map(|file| file.diff.clone()).collect();
    scene.script.lines().changeset = GetChangesetResponse { files, ..GetChangesetResponse::default() };
    let ran = scene.run(&["dream", "diff", "drm_1"]).await;
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, diffs.as_str(), ""));
    assert_eq!(scene.json(&["dream", "diff", "drm_1"]).await["files"][0]["path"], "user/a.md");
    scene.script.lines().changeset = GetChangesetResponse::default();
    let ran = scene.run(&["dream", "diff", "drm_1"]).await;
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", "this dream changes no file\n"));
}

#[tokio::test]
async fn a_proposal_shows_days_grades_groups_and_the_verdict() {
    let scene = Scene::new().await;
    let quoted = |path: &str, first: &str, last: &str| QuotedLines {
        path: path.to_owned(),
        version: 2,
        text: "- Likes tea.".to_owned(),
        first_said: first.to_owned(),
        last_said: last.to_owned(),
        ..QuotedLines::default()
    };
    let dropped = DroppedLine {
        op: 1,
        dropped: Some(quoted("user/s.md", "2026-10-05", "2026-10-05")),
        kept: Some(quoted("user/a.md", "2026-09-01", "2026-11-02")),
        kind: TreatmentKind::DropDuplicate.into(),
        grade: Grade::Probable.into(),
        reason: "the same but for a word".to_owned(),
        ..DroppedLine::default()
    };
    let proposal = Dream {
        expires_at: Some(prost_types::Timestamp { seconds: 1_795_384_800, nanos: 0 }),
        follows: "drm_0".to_owned(),
        ..dream("drm_1", DreamState::Proposed)
    };
    scene.script.lines().dreams = vec![proposal];
    scene.script.lines().changeset = GetChangesetResponse {
        files: vec![change("user/a.md", 1), change("user/s.md", 1)],
        dropped_lines: vec![dropped],
        verdict: vec![RuleVerdict { rule: "unmoved".into(), passes: true, detail: "no file was changed".into() }],
        ..GetChangesetResponse::default()
    };
    let ran = scene.run(&["dream", "show", "drm_1", "--no-diff"]).await;
    for told in [
        "  expires  2026-11-22T22:00:00Z\n",
        "  follows  drm_0\n",
        "  unmoved  passes: no file was changed\n",
        "probable duplicate: the same but for a word\ngoes   user/s.md at version 2, said 2026-10-05\n",
        "stays  user/a.md at version 2, said 2026-09-01 to 2026-11-02\n",
        "user/s.md at version 2  +0 -1\nstands or falls with user/a.md\n",
    ] {
        assert!(ran.out.contains(told), "{told} in {}", ran.out);
    }
    let told = scene.json(&["dream", "show", "drm_1"]).await;
    assert_eq!((&told["files"][1]["group"], &told["verdict"][0]["passes"]), (&json!(1), &json!(true)), "{told}");
    let line = &told["dropped_lines"][0];
    assert_eq!((&line["kind"], &line["grade"]), (&json!("drop_duplicate"), &json!("probable")), "{told}");
    assert_eq!((&line["kept"]["last_said"], &told["dream"]["follows"]), (&json!("2026-11-02"), &json!("drm_0")));
}

fn event(event: DreamEvent, state: DreamState) -> Result<WatchDreamResponse, Status> {
    let dream = Some(dream("drm_1", state));
    let op = StagedOp { number: 1, path: "user/a.md".to_owned(), ..StagedOp::default() };
    Ok(WatchDreamResponse { event: event.into(), dream, op: (event == DreamEvent::Staged).then_some(op) })
}

#[tokio::test]
async fn a_dream_is_watched_to_its_end_over_a_loss_of_memory_api() {
    let scene = Scene::new().await;
    let running = DreamState::Running;
    let watches = || {
        [
            vec![event(DreamEvent::State, running), Err(Status::unavailable("gone"))],
            vec![event(DreamEvent::State, running), event(DreamEvent::Staged, running)],
            vec![
                event(DreamEvent::State, running),
                event(DreamEvent::Judging, DreamState::Applied),
                event(DreamEvent::State, DreamState::Applied),
            ],
        ]
    };
    scene.script.lines().decisions.watches.extend(watches());
    let ran = scene.run(&["dream", "watch", "drm_1"]).await;
    let lines: Vec<_> = ran.out.lines().collect();
    let expected = [
        "running  drm_1 runs with ",
        "running  drm_1 runs with ",
        "staged  op 1  user/a.md  unspecified",
        "running  drm_1 runs with ",
        "judging  0 ops staged",
        "applied  drm_1",
    ];
    assert_eq!((ran.code, lines.as_slice(), ran.err.as_str()), (0, &expected[..], ""), "{ran:?}");
    scene.script.lines().decisions.watches.extend(watches());
    let ran = scene.run(&["dream", "watch", "drm_1", "--json"]).await;
    let lines: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let events: Vec<_> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["state", "state", "staged", "state", "judging", "state"]);
    assert_eq!((&lines[2]["op"]["path"], &lines[5]["dream"]["state"]), (&json!("user/a.md"), &json!("applied")));
    scene.script.lines().decisions.watches.push_back(vec![event(DreamEvent::State, DreamState::Failed)]);
    let ran = scene.run(&["dream", "watch", "drm_1"]).await;
    assert!(ran.code == 1 && ran.err.starts_with("error: the dream ended failed"), "{ran:?}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn who_stops_watching_a_dream_does_not_stop_it() {
    let scene = Scene::new().await;
    scene.script.lines().decisions.watches.push_back(vec![event(DreamEvent::State, DreamState::Running)]);
    // The second watch begins after all of the first was printed.
    let ran = scene.interrupted(&["dream", "watch", "drm_1"], || scene.script.lines().decisions.watched > 1).await;
    assert_eq!((ran.code, ran.err.as_str()), (130, "error: interrupted; it goes on: memex dream show drm_1\n"));
}

#[tokio::test]
async fn the_status_tells_each_figure_and_what_to_do() {
    let scene = Scene::new().await;
    let ending = EndingCount { state: DreamState::Noop.into(), cause: String::new(), dreams: 4 };
    scene.script.lines().decisions.status = GetStatusResponse {
        deployment_enabled: true,
        waiting: 2,
        endings: vec![ending],
        ..GetStatusResponse::default()
    };
    let ran = scene.run(&["status"]).await;
    assert!(ran.out.starts_with("dreaming   off for the workspace\n"), "{ran:?}");
    assert!(ran.out.contains("waiting    2 proposals\n           next: memex review --all-users\n"), "{ran:?}");
    let told = scene.json(&["status"]).await;
    assert_eq!((&told["waiting"], &told["endings"][0]["state"]), (&json!(2), &json!("noop")), "{told}");
    assert_eq!((&told["deployment_enabled"], &told["oldest_due_at"]), (&json!(true), &Value::Null), "{told}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_watched_status_is_asked_for_again_until_ctrl_c() {
    let scene = Scene::new().await;
    let ran = scene.interrupted(&["status", "--watch"], || scene.script.lines().decisions.looks > 1).await;
    assert!(ran.code == 130 && ran.out.starts_with("dreaming   off") && !ran.out.contains('\u{1b}'), "{ran:?}");
    assert!(ran.err.contains("nothing was changed"), "{ran:?}");
}
