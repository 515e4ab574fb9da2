//! What the commands send, and what they make of the answers.

#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use std::fs;

use memex_core::text::MemoryText;
use memex_proto::reason::Refusal;
use memex_proto::v1::write_file_request::Precondition;
use memex_proto::v1::{DreamState, ErrorReason, File, Source};
use serde_json::Value;
use support::{Ran, Script, connected, memex};
use tempfile::TempDir;
use tonic::Status;

/// A script that is served, and a home to run the command in.
struct Scene {
    script: Script,
    home: TempDir,
    env: [(&'static str, String); 3],
}

impl Scene {
    async fn new() -> Self {
        let (script, home) = (Script::default(), tempfile::tempdir().unwrap());
        let env = connected(script.serve().await);
        Self { script, home, env }
    }

    async fn run(&self, args: &[&str]) -> Ran {
        memex(self.home.path(), &self.env, args).await
    }

    fn file(&self, name: &str, content: &[u8]) {
        let file = self.home.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }

    fn remembers(&self, path: &str, version: i64, text: &str) {
        let sha256 = MemoryText::parse(text.to_owned(), 100).unwrap().sha256().to_vec();
        self.script.lines().files.push(File { path: path.to_owned(), version, sha256, ..File::default() });
    }

    /// The paths and preconditions that were written, by path.
    fn writes(&self) -> Vec<(String, Option<Precondition>)> {
        let mut writes: Vec<_> =
            self.script.lines().writes.drain(..).map(|write| (write.path, write.precondition)).collect();
        writes.sort_by(|one, other| one.0.cmp(&other.0));
        writes
    }
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

#[tokio::test]
async fn a_write_that_could_not_be_done_now_is_sent_again_with_its_request_id() {
    let scene = Scene::new().await;
    let passing = [ErrorReason::DatabaseUnavailable, ErrorReason::Overloaded];
    let answers = passing.map(|reason| Refusal::new(reason, "in a moment").into_status());
    scene.script.lines().write_answers.extend(answers);
    let ran = scene.run(&["put", "user/a.md", "-"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "user/a.md is now at version 4 (rev_1)\n"));
    let ids: Vec<_> = scene.script.lines().writes.iter().map(|write| write.request_id.clone()).collect();
    assert_eq!(ids.len(), 3);
    assert!(ids[0].len() == 36 && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    scene.run(&["put", "user/a.md", "-"]).await;
    let again = scene.script.lines().writes[3].request_id.clone();
    assert_ne!(again, ids[0]);
}

#[tokio::test]
async fn put_sends_what_it_was_given() {
    let scene = Scene::new().await;
    scene.file("a.md", "Zoë\r\n".as_bytes());
    scene.run(&["put", "user/a.md", "a.md", "--expected-version", "3", "--source", "user", "--reason", "why"]).await;
    let write = scene.script.lines().writes.remove(0);
    assert_eq!((write.user_id.as_str(), write.content.as_str(), write.reason.as_str()), ("ada", "Zoë\r\n", "why"));
    assert_eq!((write.precondition, write.source), (Some(Precondition::ExpectedVersion(3)), Source::User.into()));
    scene.file("bad.md", b"\xff");
    let ran = scene.run(&["put", "user/a.md", "bad.md", "--overwrite"]).await;
    assert_eq!((ran.code, ran.err.as_str()), (1, "error: bad.md: is not UTF-8 text\n"));
    assert!(scene.script.lines().writes.is_empty());
}

#[tokio::test]
async fn an_import_writes_what_is_not_there_and_nothing_over_what_is() {
    let scene = Scene::new().await;
    for (name, text) in
        [("n/new.md", "new"), ("n/user/same.md", "same"), ("n/other.md", "mine"), ("n/dream-log.md", "x")]
    {
        scene.file(name, text.as_bytes());
    }
    scene.file("n/picture.md", b"\x89PNG");
    scene.file("n/shared/company.md", b"shared");
    scene.remembers("user/same.md", 2, "same");
    scene.remembers("user/other.md", 5, "theirs");
    scene.remembers("user/dream-log.md", 1, "y");

    let ran = scene.run(&["import", "n", "--json"]).await;
    assert_eq!(ran.code, 1);
    assert_eq!(scene.writes(), [("user/new.md".to_owned(), Some(Precondition::ExpectedVersion(0)))]);
    let counts = &json(&ran)["counts"];
    let of = |kind: &str| counts[kind].as_u64().unwrap();
    assert_eq!(["created", "unchanged", "kept", "refused", "skipped", "replaced"].map(of), [1, 1, 1, 1, 1, 0]);

    fs::remove_file(scene.home.path().join("n/picture.md")).unwrap();
    scene.remembers("user/new.md", 1, "new");
    let ran = scene.run(&["import", "n", "--overwrite"]).await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(scene.writes(), [("user/other.md".to_owned(), Some(Precondition::ExpectedVersion(5)))]);
}

#[tokio::test]
async fn a_second_import_writes_nothing() {
    let scene = Scene::new().await;
    for name in ["a.md", "b.md", "deep/c.md"] {
        scene.file(&format!("n/{name}"), name.as_bytes());
        scene.remembers(&format!("user/{name}"), 1, name);
    }
    let ran = scene.run(&["import", "n"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "3 unchanged\n"));
    assert!(scene.writes().is_empty());
}

#[tokio::test]
async fn an_import_brings_nothing_back_that_was_deleted_unless_it_is_asked_for() {
    let scene = Scene::new().await;
    for name in ["a.md", "gone.md", "new.md"] {
        scene.file(&format!("n/{name}"), name.as_bytes());
    }
    scene.remembers("user/a.md", 1, "a.md");
    let gone = File { path: "user/gone.md".to_owned(), version: 4, deleted: true, ..File::default() };
    scene.script.lines().files.push(gone);

    let ran = scene.run(&["import", "n", "--overwrite"]).await;
    let told = "left out user/gone.md: was deleted or moved away in memory; --restore-deleted brings it back\n\
                1 created, 1 unchanged (1 left out)\n";
    assert_eq!((ran.code, ran.out.as_str()), (0, told), "{ran:?}");
    let fresh = |path: &str| (path.to_owned(), Some(Precondition::ExpectedVersion(0)));
    assert_eq!(scene.writes(), [fresh("user/new.md")]);

    let ran = scene.run(&["import", "n", "--restore-deleted"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "2 created, 1 unchanged\n"), "{ran:?}");
    assert_eq!(scene.writes(), [fresh("user/gone.md"), fresh("user/new.md")]);
}

#[tokio::test]
async fn a_file_that_is_refused_stops_no_other_and_a_refusal_of_all_stops_the_import() {
    let scene = Scene::new().await;
    for number in 0..40 {
        scene.file(&format!("n/{number:02}.md"), b"text");
    }
    let conflict = Refusal::new(ErrorReason::VersionConflict, "is at another version");
    scene.script.lines().write_answers.push_back(conflict.into_status());
    let ran = scene.run(&["import", "n"]).await;
    assert_eq!((ran.code, scene.writes().len()), (1, 40));
    assert!(ran.out.ends_with("39 created, 1 refused\n"), "{}", ran.out);

    let erased = Refusal::new(ErrorReason::UserErased, "the user was erased").into_status();
    scene.script.lines().write_answers.extend(vec![erased; 40]);
    let ran = scene.run(&["import", "n", "--json"]).await;
    assert_eq!((ran.code, json(&ran)["error"]["reason"].as_str()), (1, Some("USER_ERASED")));
    assert!(scene.writes().len() <= 16);
}

#[tokio::test]
async fn an_export_writes_memory_and_nothing_outside_its_folder() {
    let scene = Scene::new().await;
    scene.remembers("user/a.md", 1, "x");
    scene.remembers("shared/b.md", 1, "x");
    let ran = scene.run(&["export", "out"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "1 file, 0 bytes written to out\n"));
    assert_eq!(fs::read_to_string(scene.home.path().join("out/user/a.md")).unwrap(), "text of user/a.md\n");
    assert!(!scene.home.path().join("out/shared").exists());
    let ran = scene.run(&["export", "out"]).await;
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("out: is not empty"), "{}", ran.err);

    scene.remembers("user/../../escaped.md", 1, "x");
    let ran = scene.run(&["export", "out", "--force", "--shared", "--json"]).await;
    assert_eq!(ran.code, 1);
    let said = json(&ran);
    assert_eq!(said["files"].as_array().unwrap().len(), 2);
    assert_eq!(said["failed"][0]["path"], "user/../../escaped.md");
    let names = fs::read_dir(scene.home.path()).unwrap().count();
    assert_eq!(names, 1, "only `out` is there");
}

#[tokio::test]
async fn what_is_left_out_of_an_import_is_named_and_an_export_comes_back_whole() {
    let scene = Scene::new().await;
    for path in ["user/a.md", "user/.notes/b.md"] {
        scene.remembers(path, 1, "x");
    }
    assert_eq!(scene.run(&["export", "out"]).await.code, 0);
    scene.script.lines().files.clear();
    scene.file("out/shared/c.md", b"text");
    let ran = scene.run(&["import", "out"]).await;
    assert_eq!(scene.writes().len(), 1);
    let told = "left out out/shared: is the workspace's; --shared brings it in\n\
                left out out/user/.notes: is hidden; --hidden brings it in\n1 created (2 left out)\n";
    assert_eq!((ran.code, ran.out.as_str()), (0, told), "{ran:?}");
    let told = json(&scene.run(&["import", "out", "--json"]).await);
    assert_eq!((&told["files"][0]["fate"], &told["left_out"]), (&"left_out".into(), &2.into()), "{told}");
    scene.writes();
    scene.run(&["import", "out", "--hidden"]).await;
    let paths: Vec<_> = scene.writes().into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, ["user/.notes/b.md", "user/a.md"]);
}

#[tokio::test]
async fn an_export_that_ends_early_says_what_was_written() {
    let scene = Scene::new().await;
    let half_a_batch = 2 * 1024 * 1024;
    for path in ["user/a.md", "user/b.md"] {
        let file = File { path: path.to_owned(), size_bytes: half_a_batch, ..File::default() };
        scene.script.lines().files.push(file);
    }
    let ends = || {
        let erased = Refusal::new(ErrorReason::UserErased, "the user is being erased").into_status();
        scene.script.lines().batch_answers.extend([Status::ok(""), erased]);
    };
    ends();
    let ran = scene.run(&["export", "out"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (1, "1 file, 0 bytes written to out; ended early, of 2\n"));
    assert!(ran.err.starts_with("refused: the user is being erased\n"), "{ran:?}");
    ends();
    let ran = scene.run(&["export", "again", "--json"]).await;
    let told = json(&ran);
    assert_eq!((ran.code, told["error"]["reason"].as_str(), ran.err.as_str()), (1, Some("USER_ERASED"), ""));
    assert_eq!(told["files"][0]["path"], "user/a.md");
}

const BENCH: [&str; 9] = ["--users", "1", "--files", "1", "--clients", "1", "--seconds", "1", "--json"];

#[tokio::test]
async fn a_bench_in_which_no_call_succeeds_fails_as_its_calls_do() {
    let scene = Scene::new().await;
    for (failure, code, counted) in [
        (Refusal::new(ErrorReason::FileNotFound, "there is no file").into_status(), 1, "FILE_NOT_FOUND"),
        (Status::unavailable("gone"), 69, "Unavailable"),
    ] {
        scene.script.lines().reads_fail = Some(failure);
        let ran = scene.run(&[&["bench", "read"][..], &BENCH].concat()).await;
        assert_eq!((ran.code, ran.err.as_str()), (code, ""), "{ran:?}");
        assert!(json(&ran)["product"]["errors"][counted].as_u64().unwrap() > 0, "{ran:?}");
    }
}

#[tokio::test]
async fn a_file_that_a_bench_patches_is_made_short_again_and_each_call_is_a_patch() {
    let scene = Scene::new().await;
    for (bytes, each) in [(16 * 1024, 0), (16 * 1024 + 1, 1)] {
        scene.script.lines().patched_bytes = bytes;
        let ran = scene.run(&[&["bench", "patch"][..], &BENCH].concat()).await;
        assert_eq!(ran.code, 0, "{ran:?}");
        let mut lines = scene.script.lines();
        let (patches, writes) = (lines.patches.drain(..).count(), lines.writes.drain(..).count());
        assert!(patches > 0 && writes == 1 + each * patches, "{patches} patches, {writes} writes");
    }
}

#[tokio::test]
async fn a_dream_that_is_waited_for_is_shown_when_it_has_ended() {
    let scene = Scene::new().await;
    let states = [DreamState::Requested, DreamState::Running, DreamState::Applied];
    scene.script.lines().dream_states.extend(states);
    let ran = scene.run(&["dream", "start", "--wait"]).await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.starts_with("drm_1 applied\n"), "{}", ran.out);
    let metadata = scene.script.lines().started.take().unwrap();
    assert_eq!(metadata.get("authorization").unwrap(), "Bearer mx_canary");
    let parent = metadata.get("traceparent").expect("the trace begins at the command").to_str().unwrap();
    assert!(parent.starts_with("00-") && parent.len() == 55, "{parent}");
}

#[tokio::test]
async fn who_asks_for_a_paused_users_dream_is_told_how_to_lift_that_pause() {
    let scene = Scene::new().await;
    for (args, next) in
        [(&["dream", "start"][..], "resume"), (&["dream", "start", "--user", "bob"], "resume --user bob")]
    {
        let paused = Refusal::new(ErrorReason::UserPaused, "dreaming is paused for this user").into_status();
        scene.script.lines().start_answers.push_back(paused);
        let ran = scene.run(args).await;
        assert!(ran.code == 1 && ran.err.ends_with(&format!("next: lift the pause: memex {next}\n")), "{ran:?}");
    }
}

#[tokio::test]
async fn a_dream_that_ends_badly_is_1_and_still_one_json_value() {
    let scene = Scene::new().await;
    scene.script.lines().dream_states.extend([DreamState::Requested, DreamState::Failed]);
    let ran = scene.run(&["dream", "start", "--wait", "--json"]).await;
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    let told = json(&ran);
    assert_eq!((&told["dream"]["state"], &told["error"]["code"]), (&"failed".into(), &"INCOMPLETE".into()));
    scene.script.lines().dream_states = [DreamState::Requested, DreamState::Noop].into();
    let ran = scene.run(&["dream", "start", "--wait", "--json"]).await;
    assert_eq!((ran.code, &json(&ran)["error"]), (0, &Value::Null));
}

#[tokio::test]
async fn a_dream_that_does_not_end_in_time_is_69() {
    let scene = Scene::new().await;
    let ran = scene.run(&["dream", "start", "--wait", "--wait-seconds", "1"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (69, ""));
    assert!(ran.err.contains("memex dream show drm_1"), "{}", ran.err);
}
