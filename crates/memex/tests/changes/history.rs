//! `show`, `diff`, `blame`, `restore`.

use memex_proto::reason::Refusal;
use memex_proto::v1::restore_revision_request::Precondition;
use memex_proto::v1::{BlameFileResponse, BlameLine, DiffRevisionsResponse, ErrorReason, Revision, Source};

use crate::scene::Scene;

const DIFF: &str = "--- user/a.md@1\n+++ user/a.md@2\n@@ -1 +1 @@\n-a\u{1b}\n+b\n";

fn revision(version: i64) -> Revision {
    let (revision_id, path) = (format!("rev_{version}"), "user/a.md".to_owned());
    Revision { revision_id, path, version, actor: "ada's agent".to_owned(), ..Revision::default() }
}

#[tokio::test]
async fn a_revision_is_shown_with_its_text_or_as_it_alone() {
    let scene = Scene::new().await;
    scene.script.lines().history.revisions.push(revision(2));
    let ran = scene.run(&["show", "rev_2"]).await;
    assert!(ran.out.starts_with("rev_2 user/a.md at version 2, ") && ran.out.ends_with("\n\nits text\n"), "{ran:?}");
    assert_eq!(scene.run(&["show", "rev_2", "--text"]).await.out, "its text\n");
    let told = scene.json(&["show", "rev_2"]).await;
    assert_eq!((&told["revision"]["version"], &told["content"]), (&2.into(), &"its text\n".into()));
}

#[tokio::test]
async fn a_difference_goes_byte_for_byte_where_there_is_no_terminal() {
    let scene = Scene::new().await;
    let (diff, to) = (DIFF.to_owned(), Some(revision(2)));
    scene.script.lines().history.diff =
        DiffRevisionsResponse { diff, to, added_lines: 1, deleted_lines: 1, ..DiffRevisionsResponse::default() };
    assert_eq!(scene.run(&["diff", "user/a.md"]).await.out, DIFF);
    let told = scene.json(&["diff", "user/a.md"]).await;
    assert_eq!((&told["to"]["version"], &told["from"], &told["diff"]), (&2.into(), &().into(), &DIFF.into()));
}

#[tokio::test]
async fn blame_says_who_brought_each_line() {
    let scene = Scene::new().await;
    let line = |number, text: &str| BlameLine {
        number,
        text: text.to_owned(),
        version: 3,
        actor: "agent".to_owned(),
        source: Source::User.into(),
        dream_id: "drm_1".to_owned(),
        ..BlameLine::default()
    };
    scene.script.lines().history.blame = BlameFileResponse { version: 4, lines: vec![line(1, "# Ada"), line(2, "")] };
    let ran = scene.run(&["blame", "user/a.md"]).await;
    let expected = "\
line  version  when  by     source  dream  text
   1        3  -     agent  user    drm_1  # Ada
   2        3  -     agent  user    drm_1
";
    assert_eq!((ran.code, ran.out.as_str()), (0, expected));
    assert_eq!(scene.json(&["blame", "user/a.md"]).await["lines"][0]["source"], "user");
}

#[tokio::test]
async fn blame_says_from_when_until_when_a_line_was_said_where_a_dream_dropped_copies() {
    let scene = Scene::new().await;
    let line = |number, text: &str, days: [&str; 2]| BlameLine {
        number,
        text: text.to_owned(),
        version: 1,
        actor: "agent".to_owned(),
        first_said: days[0].to_owned(),
        last_said: days[1].to_owned(),
        ..BlameLine::default()
    };
    let lines = vec![line(1, "# Ada", ["", ""]), line(2, "- tea", ["2026-11-01", "2026-11-04"])];
    scene.script.lines().history.blame = BlameFileResponse { version: 1, lines };
    let expected = "\
line  version  when  by     source       dream  first said  last said   text
   1        1  -     agent  unspecified  -      -           -           # Ada
   2        1  -     agent  unspecified  -      2026-11-01  2026-11-04  - tea
";
    assert_eq!(scene.run(&["blame", "user/a.md"]).await.out, expected);
    assert_eq!(scene.json(&["blame", "user/a.md"]).await["lines"][1]["last_said"], "2026-11-04");
}

#[tokio::test]
async fn a_version_is_found_in_the_files_history_and_restored() {
    let scene = Scene::new().await;
    scene.script.lines().history.revisions.extend([5, 4, 3].map(revision));
    let ran = scene.run(&["restore", "user/a.md", "--version", "3", "--expected-version", "5"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "user/a.md is now at version 9 (rev_9)\n"), "{ran:?}");
    scene.run(&["restore", "rev_4", "--overwrite"]).await;
    let asked: Vec<_> = scene.script.lines().history.restores.drain(..).collect();
    assert_eq!(
        (asked[0].revision_id.as_str(), asked[0].precondition),
        ("rev_3", Some(Precondition::ExpectedVersion(5)))
    );
    assert_eq!((asked[1].revision_id.as_str(), asked[1].precondition), ("rev_4", Some(Precondition::Overwrite(true))));
    assert_eq!(asked[1].request_id.len(), 36);
    let ran = scene.run(&["restore", "user/a.md", "--version", "2"]).await;
    assert_eq!((ran.code, ran.err.starts_with("refused: user/a.md has no version 2\n")), (1, true), "{ran:?}");
}

#[tokio::test]
async fn a_version_of_this_path_is_restored_before_one_that_its_file_had_elsewhere() {
    let scene = Scene::new().await;
    let elsewhere = |version| Revision { path: "user/old.md".to_owned(), ..revision(version) };
    let named = |id: &str, revision| Revision { revision_id: id.to_owned(), ..revision };
    // Newest first: the file that stands at user/a.md now came from user/old.md; another was at user/a.md before.
    let listed = [revision(4), elsewhere(3), named("rev_2_old", elsewhere(2)), named("rev_2_here", revision(2))];
    scene.script.lines().history.revisions.extend(listed);
    for (version, found) in [("2", "rev_2_here"), ("3", "rev_3")] {
        let ran = scene.run(&["restore", "user/a.md", "--version", version, "--overwrite"]).await;
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        assert_eq!(scene.script.lines().history.restores.remove(0).revision_id, found);
    }
}

#[tokio::test]
async fn only_a_deletion_sends_a_restore_to_the_revisions_that_have_a_text() {
    let scene = Scene::new().await;
    for (reason, field, advised) in [
        (ErrorReason::FieldInvalid, "revision_id", true),
        (ErrorReason::FieldInvalid, "reason", false),
        (ErrorReason::InvalidText, "revision_id", false),
    ] {
        let refusal = Refusal::new(reason, "it breaks a rule").violation(field, "as scripted");
        scene.script.lines().history.restore_answers.push_back(refusal.into_status());
        let ran = scene.run(&["restore", "rev_4", "--overwrite"]).await;
        let told = ran.err.contains("memex log shows which revisions have a text");
        assert_eq!((ran.code, told), (1, advised), "{ran:?}");
    }
}
