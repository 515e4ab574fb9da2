//! `watch`: goes on where it was.

use memex_proto::reason::Refusal;
use memex_proto::v1::watch_changes_response::Event;
use memex_proto::v1::{ChangedFile, Erasure, ErrorReason, Revision, WatchChangesResponse};
use serde_json::Value;
use tonic::Status;

use crate::scene::Scene;

fn event(cursor: &str, event: Option<Event>) -> Result<WatchChangesResponse, Status> {
    Ok(WatchChangesResponse { cursor: cursor.to_owned(), event })
}

fn change(path: &str) -> Option<Event> {
    let revision = Revision { path: path.to_owned(), version: 1, actor: "agent".to_owned(), ..Revision::default() };
    let (user_id, memory_id) = ("ada".to_owned(), "mem_0".to_owned());
    Some(Event::Change(ChangedFile { user_id, memory_id, revision: Some(revision) }))
}

fn erased() -> Option<Event> {
    Some(Event::Erasure(Erasure { user_id: "ada".to_owned(), memory_id: "mem_0".to_owned() }))
}

#[tokio::test]
async fn a_watch_that_broke_off_goes_on_after_the_last_event() {
    let scene = Scene::new().await;
    scene.script.lines().history.watches.extend([
        vec![event("c0", None), event("c1", change("user/a.md")), Err(Status::unavailable("gone"))],
        vec![event("c2", change("user/b.md"))],
        vec![event("c3", erased())],
    ]);
    let ran = scene.run(&["watch", "--json", "--from-beginning"]).await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "the watched user is gone: {ran:?}");
    let lines: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let cursors: Vec<_> = lines.iter().map(|line| line["cursor"].as_str().unwrap()).collect();
    assert_eq!(cursors, ["c0", "c1", "c2", "c3"]);
    assert_eq!(lines[2]["change"]["revision"]["path"], "user/b.md");
    assert_eq!(lines[2]["change"]["memory_id"], "mem_0");
    assert_eq!(lines[3]["erasure"], serde_json::json!({"user_id": "ada", "memory_id": "mem_0"}));
    let asked: Vec<_> = scene.script.lines().history.watched.iter().map(|asked| asked.cursor.clone()).collect();
    assert_eq!(asked, ["", "c1", "c2"]);
}

#[tokio::test]
async fn a_person_reads_one_line_a_change() {
    let scene = Scene::new().await;
    scene.script.lines().history.watches.push_back(vec![event("c1", change("user/a\n.md")), event("c2", erased())]);
    let ran = scene.run(&["watch"]).await;
    let expected =
        "  ada  user/a\\n.md  version 1  unspecified  by agent\nada was erased: what is known of them must go\n";
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, expected, "watching; Ctrl-C ends it\n"));
}

#[tokio::test]
async fn a_cursor_that_has_expired_ends_it_and_says_how_to_go_on() {
    let scene = Scene::new().await;
    let expired = Refusal::new(ErrorReason::CursorExpired, "the cursor is of another life of the database");
    scene.script.lines().history.watches.push_back(vec![event("c1", None), Err(expired.into_status())]);
    let ran = scene.run(&["watch", "--all", "--after", "c0"]).await;
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("next: begin again without --after, or with --from-beginning"), "{}", ran.err);
    assert!(!ran.err.contains("waiting"), "who is refused for good waits for nobody: {}", ran.err);
    let asked = scene.script.lines().history.watched.remove(0);
    assert_eq!((asked.all_users, asked.user_id.as_str(), asked.cursor.as_str()), (true, "", "c0"));
}

#[tokio::test]
async fn who_names_no_user_is_told_of_all_users() {
    let scene = Scene::new().await;
    let nobody = Refusal::new(ErrorReason::FieldInvalid, "name one").violation("user_id", "must not be empty");
    scene.script.lines().history.watches.push_back(vec![Err(nobody.into_status())]);
    let ran = scene.run(&["watch"]).await;
    assert!(ran.code == 1 && ran.err.ends_with("--all-users watches the whole workspace\n"), "{ran:?}");
}

#[tokio::test]
async fn ctrl_c_ends_it_with_130_and_the_cursor() {
    let scene = Scene::new().await;
    scene.script.lines().history.watches.push_back(vec![event("c1", change("user/a.md"))]);
    // The second watch begins after all of the first was printed.
    let begun = || scene.script.lines().history.watched.len() > 1;
    let ran = scene.interrupted(&["watch"], begun).await;
    assert_eq!(ran.code, 130, "{ran:?}");
    assert!(ran.err.ends_with("error: interrupted; go on with --after c1\n"), "{ran:?}");
}
