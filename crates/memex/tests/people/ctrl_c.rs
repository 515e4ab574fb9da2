//! What a person leaves behind who has had enough.

use memex_core::text::MemoryText;
use memex_proto::v1::{DreamState, File};
use serde_json::Value;
use tonic::Status;

use crate::scene::Scene;
use crate::support::{Ran, UNANSWERED};

/// What a program reads of a command that was broken off: one value, with the failure in it.
fn told(ran: &Ran) -> Value {
    let told: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    assert_eq!((ran.code, told["error"]["code"].as_str(), ran.err.as_str()), (130, Some("INTERRUPTED"), ""), "{ran:?}");
    told
}

#[tokio::test]
async fn an_export_that_is_broken_off_leaves_no_file() {
    let scene = Scene::new().await;
    {
        let mut lines = scene.script.lines();
        lines.admin.archive = vec![Ok(b"{}\n".to_vec())];
        lines.admin.archive_stays_open = true;
    }
    let begun = || !scene.names().is_empty();
    let ran = scene.interrupted(&["export", "--archive", "ada.jsonl"], begun).await;
    assert_eq!((ran.code, ran.err.as_str()), (130, "error: interrupted; nothing was written\n"));
    assert_eq!(scene.names(), Vec::<String>::new());
}

#[tokio::test]
async fn an_erasure_that_is_waited_for_no_longer_goes_on_and_that_is_told() {
    let scene = Scene::new().await;
    scene.script.lines().admin.erasure_runs = usize::MAX;
    let waited = || scene.script.lines().admin.erasure_runs < usize::MAX;
    let ran = scene.interrupted(&["erase", "bob", "--yes"], waited).await;
    let told = "error: interrupted; the erasure goes on: memex erase bob --status\n";
    assert_eq!((ran.code, ran.err.as_str()), (130, told), "{ran:?}");
}

#[tokio::test]
async fn deletions_that_are_broken_off_say_what_was_deleted() {
    let scene = Scene::new().await;
    let args = ["rm", "user/a.md", "user/b.md", "user/c.md", "--json"];
    for args in [&args[..4], &args[..]] {
        scene.script.lines().deletions.clear();
        scene.script.lines().change_answers.extend([Status::ok(""), Status::unknown(UNANSWERED)]);
        let ran = scene.interrupted(args, || scene.script.lines().deletions.len() == 2).await;
        if args.contains(&"--json") {
            let told = told(&ran);
            assert_eq!((&told["files"][0]["path"], &told["files"][1]), (&"user/a.md".into(), &Value::Null));
        } else {
            assert_eq!((ran.code, ran.out.as_str()), (130, "user/a.md is deleted at version 6 (rev_3)\n"), "{ran:?}");
            let told = "ended early, at user/b.md: 1 of 3 files deleted\n\
                        error: interrupted; whether user/b.md was deleted is not known\n";
            assert_eq!(ran.err, told);
        }
    }
}

#[tokio::test]
async fn an_import_that_is_broken_off_says_what_became_of_each_file() {
    let scene = Scene::new().await;
    std::fs::create_dir(scene.at("n")).unwrap();
    // More than travel at once: the last is sent only when the first is done.
    for number in 0..17 {
        let (name, text) = (format!("{number:02}.md"), "text");
        std::fs::write(scene.at("n").join(&name), text).unwrap();
        let sha256 = MemoryText::parse(text.to_owned(), 100).unwrap().sha256().to_vec();
        let file = File { path: format!("user/{name}"), version: 1, sha256, ..File::default() };
        scene.script.lines().files.extend((number < 16).then_some(file));
    }
    for args in [&["import", "n"][..], &["import", "n", "--json"]] {
        scene.script.lines().writes.clear();
        scene.script.lines().write_answers.push_back(Status::unknown(UNANSWERED));
        let ran = scene.interrupted(args, || scene.script.lines().writes.len() == 1).await;
        if args.contains(&"--json") {
            let counts = &told(&ran)["counts"];
            assert!(counts["unchanged"].as_u64().unwrap() > 0 && counts["created"] == 0, "{ran:?}");
        } else {
            assert!(
                ran.code == 130 && ran.out.ends_with(" unchanged; ended early: import again to go on\n"),
                "{ran:?}"
            );
            let told = "error: interrupted; whether the files that were on their way came in is not known\n";
            assert_eq!(ran.err, told);
        }
    }
}

#[tokio::test]
async fn an_export_that_is_broken_off_says_what_was_written() {
    let scene = Scene::new().await;
    let half_a_batch = 2 * 1024 * 1024;
    for path in ["user/a.md", "user/b.md"] {
        let file = File { path: path.to_owned(), size_bytes: half_a_batch, ..File::default() };
        scene.script.lines().files.push(file);
    }
    for args in [&["export", "out"][..], &["export", "again", "--json"]] {
        scene.script.lines().batch_answers.extend([Status::ok(""), Status::unknown(UNANSWERED)]);
        let ran = scene.interrupted(args, || scene.script.lines().batch_answers.is_empty()).await;
        if args.contains(&"--json") {
            let told = told(&ran);
            assert_eq!((&told["files"][0]["path"], &told["files"][1]), (&"user/a.md".into(), &Value::Null));
        } else {
            let written = "1 file, 0 bytes written to out; ended early, of 2\n";
            assert_eq!((ran.code, ran.out.as_str()), (130, written), "{ran:?}");
            assert_eq!(ran.err, "error: interrupted; the folder is not whole; --force exports into it again\n");
        }
        let folder = std::fs::read_dir(scene.at(args[1]).join("user")).unwrap();
        assert_eq!(folder.count(), 1, "nothing unfinished is left");
    }
}

#[tokio::test]
async fn an_archive_whose_import_is_broken_off_is_whole_or_not_there_and_how_to_see_is_told() {
    let scene = Scene::new().await;
    std::fs::write(scene.at("ada.jsonl"), "text").unwrap();
    for args in [&["import", "--archive", "ada.jsonl"][..], &["import", "--archive", "ada.jsonl", "--json"]] {
        scene.script.lines().admin.imports.clear();
        scene.script.lines().admin.import_answers.push_back(Status::unknown(UNANSWERED));
        let ran = scene.interrupted(args, || scene.script.lines().admin.imports.len() == 1).await;
        let next = "an archive comes in whole or not at all; see which it is: memex users show ada";
        if args.contains(&"--json") {
            assert_eq!(told(&ran)["error"]["message"], format!("interrupted; {next}"));
        } else {
            assert_eq!((ran.code, ran.err), (130, format!("error: interrupted; {next}\n")));
        }
    }
}

#[tokio::test]
async fn a_dream_that_is_waited_for_no_longer_goes_on_and_that_is_told() {
    let scene = Scene::new().await;
    for args in [&["dream", "start", "--wait"][..], &["dream", "start", "--wait", "--json"]] {
        scene.script.lines().dream_states = [DreamState::Requested, DreamState::Requested, DreamState::Running].into();
        // StartDream has taken the first, and the wait has looked once.
        let waits = || scene.script.lines().dream_states.len() == 1;
        let ran = scene.interrupted(args, waits).await;
        let next = "it goes on: memex dream show drm_1";
        if args.contains(&"--json") {
            assert_eq!(told(&ran)["error"]["message"], format!("interrupted; {next}"));
        } else {
            assert_eq!((ran.code, ran.err), (130, format!("error: interrupted; {next}\n")));
        }
    }
}
