//! `review`: a person at a terminal decides about one proposal after the other.

use memex_proto::reason::Refusal;
use memex_proto::v1::{
    Dream, DreamState, DroppedLine, ErrorReason, FileChange, GetChangesetResponse, LineRange, QuotedLines,
};
use tonic::Status;

use crate::scene::Scene;
use crate::terminal::{at_a_screen, at_a_terminal};

fn proposal(id: &str, expires: i64) -> Dream {
    Dream {
        dream_id: id.to_owned(),
        user_id: "bob".to_owned(),
        state: DreamState::Proposed.into(),
        expires_at: Some(prost_types::Timestamp { seconds: expires, nanos: 0 }),
        ..Dream::default()
    }
}

fn quoted(path: &str, text: &str) -> Option<QuotedLines> {
    let lines = Some(LineRange { first: 3, last: 3 });
    let (path, text, first_said) = (path.to_owned(), text.to_owned(), "2026-10-05".to_owned());
    Some(QuotedLines { path, version: 2, lines, text, last_said: first_said.clone(), first_said, cut: false })
}

/// Three proposals of one changeset, the last of which expires first.
async fn scene() -> Scene {
    let scene = Scene::new().await;
    let file = |path: &str, group| {
        let diff = format!("--- a/{path}\n+++ b/{path}\n@@ -3 +2,0 @@\n-- FYI, likes tea\n");
        FileChange { path: path.to_owned(), diff, removed_lines: 1, group, ..FileChange::default() }
    };
    let dropped_lines = vec![DroppedLine {
        dropped: quoted("user/s.md", "- FYI, likes tea"),
        kept: quoted("user/a.md", "- Likes tea."),
        ..DroppedLine::default()
    }];
    {
        let mut lines = scene.script.lines();
        lines.dreams = vec![proposal("drm_3", 30), proposal("drm_2", 20), proposal("drm_1", 10)];
        let files = vec![file("user/b.md", 1), file("user/s.md", 2), file("user/t.md", 1)];
        lines.changeset = GetChangesetResponse { dropped_lines, files, ..GetChangesetResponse::default() };
    }
    scene
}

#[tokio::test]
async fn proposals_are_decided_with_a_letter_each_the_soonest_to_expire_first() {
    let scene = scene().await;
    let (code, shown) = at_a_terminal(&scene, &["review"], "a\nr\ntwo different trips\n?\nx\ns\n").await;
    assert_eq!(code, Some(0), "{shown}");
    for told in [
        "proposal 1 of 3: drm_1 of bob, expires 1970-01-01T00:00:10Z",
        "1 line to drop, each for one that stays",
        "user/s.md:3 at version 2, said 2026-10-05",
        "- FYI, likes tea",
        "stands or falls with user/t.md",
        "drm_1 is approved: adopted by 1 revision",
        "proposal 2 of 3: drm_2 of bob",
        "drm_2 is rejected",
        "x is none of the letters",
        "f  choose files to approve",
        "1 approved, 1 rejected, 1 skipped",
    ] {
        assert!(shown.contains(told), "{told} in {shown}");
    }
    assert!(!shown.contains("@@"), "a diff is shown when it is asked for: {shown}");
    let lines = scene.script.lines();
    let (approved, rejected) = (&lines.decisions.approvals[0], &lines.decisions.rejections[0]);
    assert_eq!((approved.dream_id.as_str(), approved.user_id.as_str()), ("drm_1", "bob"));
    assert_eq!((rejected.dream_id.as_str(), rejected.reason.as_str()), ("drm_2", "two different trips"));
    let listing = &lines.decisions.listings[0];
    assert_eq!((listing.user_id.as_str(), &listing.states), ("ada", &vec![i32::from(DreamState::Proposed)]));
}

#[tokio::test]
async fn whole_groups_can_be_chosen_and_the_rest_comes_next() {
    let scene = scene().await;
    scene.script.lines().decisions.rest = Some(proposal("drm_9", 10));
    let (code, shown) = at_a_screen(&scene, &["review", "--all-users"], "d\nf\n1\nq\n").await;
    assert_eq!(code, Some(0), "{shown}");
    assert!(
        shown.contains("paged:") && shown.contains("@@ -3 +2,0 @@") && shown.contains("1  user/b.md, user/t.md"),
        "{shown}"
    );
    assert!(shown.contains("the rest, 0 files, waits as drm_9") && shown.contains("2 of 4: drm_9"), "{shown}");
    assert!(shown.contains("1 approved, 0 rejected, 0 skipped, 3 not decided"), "{shown}");
    let lines = scene.script.lines();
    assert_eq!(lines.decisions.approvals[0].paths, ["user/b.md", "user/t.md"]);
    assert_eq!(lines.decisions.listings[0].user_id, "");
}

#[tokio::test]
async fn a_proposal_that_waits_no_longer_is_told_and_left_and_another_refusal_is_asked_again() {
    let scene = scene().await;
    {
        let mut lines = scene.script.lines();
        lines.dreams[2].state = DreamState::Stale.into();
        let stale = Refusal::new(ErrorReason::DreamStale, "a file was changed").into_status();
        let paused = Refusal::new(ErrorReason::UserPaused, "dreaming is paused for this user").into_status();
        lines.decisions.answers.extend([stale, paused, Status::ok("")]);
    }
    let (code, shown) = at_a_terminal(&scene, &["review"], "a\na\na\n").await;
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("drm_1 of bob is stale meanwhile"), "{shown}");
    assert!(shown.contains("drm_2 of bob waits no longer: a file was changed"), "{shown}");
    assert!(shown.contains("dreaming is paused for this user") && shown.contains("memex resume"), "{shown}");
    assert!(shown.contains("1 approved, 0 rejected, 0 skipped, 2 gone meanwhile"), "{shown}");
}

#[tokio::test]
async fn what_was_decided_is_told_also_where_memory_api_is_gone() {
    let scene = scene().await;
    scene.script.lines().decisions.answers.extend([Status::ok(""), Status::internal("gone")]);
    let (code, shown) = at_a_terminal(&scene, &["review"], "a\na\n").await;
    assert_eq!(code, Some(1), "{shown}");
    assert!(shown.contains("1 approved, 0 rejected, 0 skipped, 2 not decided"), "{shown}");
}

#[tokio::test]
async fn without_a_terminal_it_says_what_to_use_instead() {
    let scene = scene().await;
    for args in [&["review"][..], &["review", "--json"]] {
        let ran = scene.run(args).await;
        let said = ran.out.clone() + &ran.err;
        assert!(ran.code == 2 && said.contains("memex dream list --state proposed"), "{ran:?}");
    }
    assert!(scene.script.lines().decisions.listings.is_empty(), "nothing is asked for in vain");
    scene.script.lines().dreams.clear();
    let (code, shown) = at_a_terminal(&scene, &["review"], "").await;
    assert!(code == Some(0) && shown.contains("no proposal waits"), "{shown}");
}

#[tokio::test]
async fn the_diffs_alone_go_through_a_pager_in_colour() {
    let scene = scene().await;
    let (code, shown) = at_a_screen(&scene, &["dream", "diff", "drm_1"], "").await;
    let head = "paged:\u{1b}[1m--- a/user/b.md\u{1b}[0m\r\n";
    assert!(code == Some(0) && shown.starts_with(head), "{shown:?}");
    assert!(shown.contains("paged:\u{1b}[31m-- FYI, likes tea\u{1b}[0m"), "{shown:?}");
}

#[tokio::test]
async fn the_user_is_shown_with_what_waits() {
    let scene = scene().await;
    scene.script.lines().admin.users.push(memex_proto::v1::User { user_id: "ada".to_owned(), ..Default::default() });
    let ran = scene.run(&["users", "show"]).await;
    assert!(ran.out.contains("3 proposals wait for a person\n  drm_3  0 files, expires 1970-01-01T00:00:30Z\n"));
    assert!(ran.out.ends_with("  memex review --user ada\n"), "{ran:?}");
    assert_eq!(scene.json(&["users", "show"]).await["proposals"][2]["dream_id"], "drm_1");
}
