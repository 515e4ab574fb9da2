//! `patch`, `rm`, `mv`, and a file as it was.

use memex_proto::reason::Refusal;
use memex_proto::v1::edit::Kind;
use memex_proto::v1::read_file_request::At;
use memex_proto::v1::{AppendLines, DeleteLines, ErrorReason, FileContent, Replace};
use serde_json::json;
use tonic::Status;

use crate::scene::Scene;

#[tokio::test]
async fn a_patch_sends_its_edits_in_order_with_those_of_a_list() {
    let scene = Scene::new().await;
    let list = json!([{"delete_lines": {"first_line": 1, "last_line": 2, "expected": "a\nb"}}]);
    std::fs::write(scene.at("edits.json"), list.to_string()).unwrap();
    let args =
        ["patch", "user/a.md", "--edits", "edits.json", "--replace", "- old", "- new", "--expected-version", "4"];
    let ran = scene.run(&args).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "user/a.md is now at version 5 (rev_2)\n"), "{ran:?}");
    let patch = scene.script.lines().patches.remove(0);
    let kinds: Vec<_> = patch.edits.into_iter().filter_map(|edit| edit.kind).collect();
    let delete = DeleteLines { first_line: 1, last_line: 2, expected: "a\nb".to_owned() };
    let replace = Replace { old: "- old".to_owned(), new: "- new".to_owned() };
    assert_eq!(kinds, [Kind::DeleteLines(delete), Kind::Replace(replace)]);
    assert_eq!((patch.expected_version, patch.request_id.len()), (Some(4), 36));

    std::fs::write(scene.at("edits.json"), "[{\"remove\": {}}]").unwrap();
    let ran = scene.run(&args).await;
    assert!(ran.code == 1 && ran.err.contains("edits.json: is no JSON list of edits"), "{ran:?}");
}

#[tokio::test]
async fn a_patch_that_skips_a_block_says_how_many_lines() {
    let scene = Scene::new().await;
    let args = ["patch", "user/a.md", "--append", "\n- a\n- b", "--once"];
    let ran = scene.run(&args).await;
    let said = "user/a.md is now at version 5 (rev_2)\n3 lines not added: the block stands there already\n";
    assert_eq!((ran.code, ran.out.as_str()), (0, said), "{ran:?}");
    let ran = scene.run(&[&args[..], &["--json"]].concat()).await;
    let told: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(told["skipped_lines"], 3, "{ran:?}");
    for patch in scene.script.lines().patches.drain(..) {
        let lines = ["", "- a", "- b"].map(str::to_owned).to_vec();
        let append = AppendLines { lines, skip_if_present: true, ..AppendLines::default() };
        assert_eq!(patch.edits[0].kind, Some(Kind::AppendLines(append)));
    }
}

#[tokio::test]
async fn a_patch_that_does_not_apply_says_the_lines_and_what_to_do() {
    let scene = Scene::new().await;
    let ambiguous = Refusal::new(ErrorReason::PatchAmbiguous, "is there twice").fact("lines", "3,9");
    scene.script.lines().change_answers.push_back(ambiguous.into_status());
    let ran = scene.run(&["patch", "user/a.md", "--replace", "tea", "oolong"]).await;
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("  lines: 3,9\n") && ran.err.ends_with("memex cat user/a.md\n"), "{}", ran.err);
}

#[tokio::test]
async fn a_change_that_nothing_answered_is_sent_again_with_its_request_id() {
    let scene = Scene::new().await;
    for args in [&["patch", "user/a.md", "--append", "- a"][..], &["rm", "user/a.md"]] {
        let passing = Refusal::new(ErrorReason::DatabaseUnavailable, "in a moment").into_status();
        scene.script.lines().change_answers.push_back(passing);
        assert_eq!(scene.run(args).await.code, 0, "{args:?}");
    }
    let lines = scene.script.lines();
    let patches: Vec<_> = lines.patches.iter().map(|patch| &patch.request_id).collect();
    let deletions: Vec<_> = lines.deletions.iter().map(|deletion| &deletion.request_id).collect();
    for ids in [patches, deletions] {
        assert!(ids.len() == 2 && ids[0] == ids[1] && ids[0].len() == 36, "{ids:?}");
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_deleted_keeps_no_other() {
    let scene = Scene::new().await;
    let missing = || Refusal::new(ErrorReason::FileNotFound, "there is no file at this path").into_status();
    scene.script.lines().change_answers.push_back(missing());
    let ran = scene.run(&["rm", "user/a.md", "user/b.md"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (1, "user/b.md is deleted at version 6 (rev_3)\n"));
    let told = "user/a.md: there is no file at this path\n  next: see what there is: memex ls\n\
                error: 1 of 2 files not deleted\n";
    assert_eq!(ran.err, told);

    scene.script.lines().change_answers.push_back(missing());
    let ran = scene.run(&["rm", "user/a.md", "user/b.md", "--json"]).await;
    let told: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, &told["files"][0]["version"]), (1, &json!(6)));
    assert_eq!(told["failed"][0]["error"]["reason"], "FILE_NOT_FOUND");
}

#[tokio::test]
async fn what_every_deletion_would_meet_ends_them_with_what_was_done() {
    let scene = Scene::new().await;
    let overloaded = || vec![Refusal::new(ErrorReason::Overloaded, "in a moment").into_status(); 5];
    let unknown = || vec![Refusal::new(ErrorReason::TokenInvalid, "the token is unknown or revoked").into_status()];
    let args = ["rm", "user/a.md", "user/b.md", "user/c.md"];
    for (answers, code, reason) in [(overloaded(), 69, "OVERLOADED"), (unknown(), 1, "TOKEN_INVALID")] {
        let calls = 1 + answers.len();
        let again = || [Status::ok("")].into_iter().chain(answers.clone());
        scene.script.lines().change_answers.extend(again());
        let ran = scene.run(&args).await;
        assert_eq!((ran.code, ran.out.as_str()), (code, "user/a.md is deleted at version 6 (rev_3)\n"), "{ran:?}");
        assert!(ran.err.starts_with("ended early, at user/b.md: 1 of 3 files deleted\nrefused: "), "{ran:?}");
        assert_eq!(scene.script.lines().deletions.drain(..).count(), calls, "user/c.md is not tried");

        scene.script.lines().change_answers.extend(again());
        let ran = scene.run(&[&args[..], &["--json"]].concat()).await;
        let told: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!((ran.code, &told["error"]["reason"], ran.err.as_str()), (code, &json!(reason), ""));
        assert_eq!((&told["files"][0]["path"], &told["failed"]), (&json!("user/a.md"), &json!([])));
        scene.script.lines().deletions.clear();
    }
}

#[tokio::test]
async fn nobody_is_told_to_expect_no_version_where_that_cannot_be_said() {
    let scene = Scene::new().await;
    for args in [&["patch", "user/a.md", "--append", "a"][..], &["rm", "user/a.md"], &["mv", "user/a.md", "user/b.md"]]
    {
        let gone = Refusal::new(ErrorReason::VersionConflict, "is at another version").fact("current_version", 0);
        scene.script.lines().change_answers.push_back(gone.into_status());
        let ran = scene.run(args).await;
        let next = "next: there is no file now: memex log user/a.md shows what became of it, memex put user/a.md FILE ";
        assert!(ran.code == 1 && ran.err.contains(next), "{ran:?}");
    }
}

#[tokio::test]
async fn the_next_step_names_the_user_whom_the_command_line_named() {
    let scene = Scene::new().await;
    let conflict = Refusal::new(ErrorReason::VersionConflict, "is at another version").fact("current_version", 7);
    let gone = Refusal::new(ErrorReason::VersionConflict, "is at another version").fact("current_version", 0);
    let ambiguous = Refusal::new(ErrorReason::PatchAmbiguous, "is there twice");
    let erased = Refusal::new(ErrorReason::UserErased, "the user is being erased");
    let append = ["patch", "user/a b.md", "--append", "a"];
    for (args, refusal, next) in [
        (&append[..], &conflict, "read it again: memex cat 'user/a b.md' --user bob; it is now at version 7"),
        (&append, &ambiguous, "so that it occurs once: memex cat 'user/a b.md' --user bob"),
        (&append, &gone, "memex put 'user/a b.md' FILE --expected-version 0 --user bob makes it anew"),
        (
            &append,
            &erased,
            "see how far it is: memex erase bob --status; afterwards an operator may let them be \
                            written again: memex users readmit bob",
        ),
        (&["rm", "user/a.md"], &conflict, "read it again: memex cat user/a.md --user bob; it is now at version 7"),
        (&["mv", "user/a.md", "user/b.md"], &gone, "memex log user/a.md --user bob shows what became of it"),
    ] {
        scene.script.lines().change_answers.push_back(refusal.clone().into_status());
        let ran = scene.run(&[args, &["--user", "bob"]].concat()).await;
        assert!(ran.code == 1 && ran.err.contains(next), "{ran:?}");
    }
    let ran = scene.run(&["cat", "user/missing.md", "--user", "bob"]).await;
    assert!(ran.code == 1 && ran.err.ends_with("next: see what there is: memex ls --user bob\n"), "{ran:?}");
}

#[tokio::test]
async fn who_reads_a_redacted_version_is_told_where_the_others_are() {
    let scene = Scene::new().await;
    let redacted = Refusal::new(ErrorReason::RevisionRedacted, "the text of this revision was redacted");
    scene.script.lines().reads_fail = Some(redacted.into_status());
    let ran = scene.run(&["cat", "user/a.md", "--version", "1"]).await;
    assert!(ran.code == 1 && ran.err.ends_with("next: see which others there are: memex log user/a.md\n"), "{ran:?}");
}

#[tokio::test]
async fn a_move_says_both_paths() {
    let scene = Scene::new().await;
    let ran = scene.run(&["mv", "user/a.md", "user/b.md", "--expected-version", "6"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "user/a.md is now user/b.md at version 7 (rev_4)\n"), "{ran:?}");
    let asked = scene.script.lines().moves.remove(0);
    assert_eq!((asked.path.as_str(), asked.new_path.as_str()), ("user/a.md", "user/b.md"));
    assert_eq!((asked.expected_version, asked.request_id.len()), (Some(6), 36));
}

#[tokio::test]
async fn a_move_onto_another_file_is_told_what_a_move_can_do() {
    let scene = Scene::new().await;
    let taken = Refusal::new(ErrorReason::FileExists, "a file stands there already").into_status();
    scene.script.lines().change_answers.push_back(taken);
    let ran = scene.run(&["mv", "user/a.md", "user/b.md"]).await;
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("memex rm") && !ran.err.contains("--overwrite"), "{ran:?}");
}

#[tokio::test]
async fn a_file_is_read_as_it_was_at_a_version_or_a_time() {
    let scene = Scene::new().await;
    let content = FileContent { content: "then\n".to_owned(), ..FileContent::default() };
    scene.script.lines().texts.insert("user/a.md".to_owned(), content);
    for (flag, value) in [("--version", "2"), ("--at", "2026-11-22T22:00:00Z")] {
        let ran = scene.run(&["cat", "user/a.md", flag, value]).await;
        assert_eq!((ran.code, ran.out.as_str()), (0, "then\n"));
    }
    let asked: Vec<_> = scene.script.lines().reads.drain(..).filter_map(|read| read.at).collect();
    let at = prost_types::Timestamp { seconds: 1_795_384_800, nanos: 0 };
    assert_eq!(asked, [At::Version(2), At::AtTime(at)]);
}

#[tokio::test]
async fn a_listing_without_entries_says_so_beside_standard_output() {
    let scene = Scene::new().await;
    for (args, told) in [
        (&["ls", "user/"][..], "no files under user/\n"),
        (&["ls"], "no files\n"),
        (&["log", "user/a.md"], "no revisions of user/a.md\n"),
        (&["blame", "user/a.md"], "no lines in user/a.md at version 0\n"),
        (&["diff", "user/a.md"], "no difference: the texts are the same\n"),
    ] {
        let ran = scene.run(args).await;
        assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", told), "{args:?}");
    }
    assert_eq!(scene.json(&["ls"]).await, json!({"files": []}));
    assert_eq!(scene.json(&["log"]).await, json!({"revisions": [], "more": false}));
}
