//! The life of a dream as people see it: starting, judging, proposing, reverting.

use memex_proto::reason::Refusal;
use memex_proto::v1::write_file_request::Precondition;
use memex_proto::v1::{
    DreamMode, DreamState, ErrorReason, FinishOutcome, GetChangesetRequest, ListFilesRequest, StartDreamRequest,
    UpdateConfigRequest, WriteFileRequest,
};
use memex_stack::stack::Stack;
use tests::ask;
use tests::hand::{HeldDream, claim_one, dropped, start_dream, start_dream_of, tidied, worker};
use tests::refused::{reason, refused};

const TWICE: &str = "- Ada likes green tea.\n- Ada has two cats.\n- Ada likes green tea.\n";

/// The dream of a user whose file says something twice.
async fn claimed(stack: &Stack) -> HeldDream {
    stack.user("ada").await.write("user/a.md", TWICE).await;
    start_dream_of(stack, "ada").await;
    claim_one(&worker(stack, 1).await[0]).await
}

#[tokio::test]
async fn a_statement_that_leaves_without_ground_is_proposed_and_memory_stays() {
    let stack = Stack::start().await;
    let dream = claimed(&stack).await;
    dream.stage("user/a.md", "- Ada likes green tea.\n", 1).await.unwrap();
    let ended = dream.finish().await.unwrap();
    assert_eq!(ended.state(), DreamState::Proposed, "{ended:?}");
    assert!(!ended.violations.is_empty());
    assert_eq!(stack.user("ada").await.read("user/a.md").await.as_deref(), Some(TWICE));
    assert_eq!(ask::revisions(&stack, "ada").await, 1);
    let again = dream.finish().await.unwrap();
    assert_eq!(again, ended, "a repeated finish gives the stored answer");
    stack.finish().await;
}

#[tokio::test]
async fn a_guard_that_refuses_ends_the_dream_refused() {
    let stack = Stack::start().await;
    ask::set_key(&stack, "dream_guard", "refuse").await;
    let dream = claimed(&stack).await;
    dream.stage("user/a.md", "- CANARY invented.\n", 1).await.unwrap();
    let ended = dream.finish().await.unwrap();
    assert_eq!(ended.state(), DreamState::Refused, "{ended:?}");
    assert_eq!(stack.user("ada").await.read("user/a.md").await.as_deref(), Some(TWICE));
    stack.finish().await;
}

#[tokio::test]
async fn a_grounded_change_is_adopted_and_a_dry_run_and_a_review_are_not() {
    let stack = Stack::start().await;
    for (user, mode, expected) in [
        ("ada", DreamMode::Unspecified, DreamState::Applied),
        ("ben", DreamMode::DryRun, DreamState::Reported),
        ("cy", DreamMode::Review, DreamState::Proposed),
    ] {
        let person = stack.user(user).await;
        person.write("user/a.md", TWICE).await;
        let start = StartDreamRequest { user_id: user.into(), mode: mode.into(), ..StartDreamRequest::default() };
        let request = GetChangesetRequest { dream_id: start_dream(&stack, start).await.dream_id };
        assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
        let changeset = stack.operator().dream_admin.get_changeset(request).await.unwrap().into_inner();
        assert_eq!(changeset.dream.unwrap().state(), expected, "{user}");
        assert!(changeset.files[0].diff.contains("-- Ada likes green tea."), "{}", changeset.files[0].diff);
        let changed = person.read("user/a.md").await.unwrap() != TWICE;
        assert_eq!(changed, expected == DreamState::Applied, "{user}");
    }
    stack.finish().await;
}

#[tokio::test]
async fn a_dream_sees_neither_logs_nor_shared_files_and_cannot_touch_them() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/log.md", "- secret\n").await;
    ada.write("user/build.log", "- secret\n").await;
    let dream = claimed(&stack).await;
    let list = dream.within(ListFilesRequest::default());
    let listed = dream.worker.memory.clone().list_files(list).await.unwrap().into_inner().files;
    assert_eq!(listed.into_iter().map(|file| file.path).collect::<Vec<_>>(), ["user/a.md"]);
    for path in ["user/log.md", "user/build.log", "shared/company.md"] {
        assert_eq!(refused(dream.read(path).await), ErrorReason::FileNotFound, "{path}");
        let staged = dream.stage(path, "x", 0).await;
        assert!(matches!(refused(staged), ErrorReason::ExcludedPath | ErrorReason::ReadOnlyScope), "{path}");
    }
    dream.finish_as(FinishOutcome::Released).await.unwrap();
    stack.finish().await;
}

#[tokio::test]
async fn an_op_needs_version_reason_and_ground_and_sees_what_was_staged() {
    let stack = Stack::start().await;
    let dream = claimed(&stack).await;
    let op = || WriteFileRequest {
        path: "user/a.md".into(),
        content: "x".into(),
        precondition: Some(Precondition::ExpectedVersion(1)),
        reason: "by hand".into(),
        treatments: vec![tidied()],
        ..WriteFileRequest::default()
    };
    let stage = async |request: WriteFileRequest| dream.worker.memory.clone().write_file(dream.within(request)).await;
    for faulty in [
        WriteFileRequest { precondition: None, ..op() },
        WriteFileRequest { precondition: Some(Precondition::Overwrite(true)), ..op() },
        WriteFileRequest { reason: String::new(), ..op() },
        WriteFileRequest { treatments: Vec::new(), ..op() },
    ] {
        assert_eq!(refused(stage(faulty.clone()).await), ErrorReason::FieldInvalid, "{faulty:?}");
    }
    let foreign = dropped(1, ("shared/company.md", 1, 1));
    let status = dream.stage_as("user/a.md", "x", 1, vec![foreign]).await.unwrap_err();
    assert_eq!(reason(&status), ErrorReason::GroundInvalid);
    assert_eq!(Refusal::of(&status).unwrap().facts["treatment"], "0");
    assert_eq!(refused(dream.stage("user/a.md", "x", 9).await), ErrorReason::VersionConflict);
    let staged = stage(WriteFileRequest { content: "# A\n".into(), ..op() }).await.unwrap().into_inner();
    assert_eq!((staged.file.unwrap().version, staged.revision_id.as_str()), (2, ""));
    assert_eq!(dream.read("user/a.md").await.unwrap().content, "# A\n");
    assert_eq!(
        stack.user("ada").await.read("user/a.md").await.as_deref(),
        Some(TWICE),
        "only the dream sees what it staged"
    );
    dream.finish_as(FinishOutcome::Released).await.unwrap();
    stack.finish().await;
}

#[tokio::test]
async fn a_dream_that_has_work_left_comes_again_and_starts_with_it() {
    let stack = Stack::start().await;
    ask::set_key(&stack, "dream_max_writes", "1").await;
    let ada = stack.user("ada").await;
    for name in ["a", "b", "c"] {
        ada.write(
            &format!("user/{name}.md"),
            &format!("- Ada likes the {name} train.\n- Ada likes the {name} train.\n"),
        )
        .await;
    }
    for _ in 0..3 {
        stack.quiet().await;
        assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
    }
    for name in ["a", "b", "c"] {
        assert_eq!(ada.read(&format!("user/{name}.md")).await.unwrap().lines().count(), 1, "{name}");
    }
    // The third dream took the last of it: nothing is left for a fourth, then or later.
    for _ in 0..2 {
        stack.quiet().await;
        assert_eq!(stack.worker().poll_once().await.unwrap(), 0, "clean memory is dreamt again");
    }
    assert_eq!(ask::dreams(&stack, "ada").await, ["applied 1"; 3]);
    stack.finish().await;
}

#[tokio::test]
async fn a_second_start_answers_with_the_dream_that_is_under_way() {
    let stack = Stack::start().await;
    stack.user("ada").await.write("user/a.md", TWICE).await;
    let start = StartDreamRequest { user_id: "ada".into(), ..StartDreamRequest::default() };
    let starts = (0..5).map(|_| {
        let (mut admin, start) = (stack.operator().dream_admin, start.clone());
        async move { admin.start_dream(start).await.unwrap().into_inner() }
    });
    let answers = futures::future::join_all(starts).await;
    assert_eq!(answers.iter().filter(|answer| answer.created).count(), 1);
    let ids: std::collections::BTreeSet<_> = answers.into_iter().map(|answer| answer.dream.unwrap().dream_id).collect();
    assert_eq!(ids.len(), 1);
    let off =
        UpdateConfigRequest { values: [("dream_enabled".to_owned(), "false".to_owned())].into(), ..Default::default() };
    assert_eq!(stack.operator().admin.update_config(off).await.unwrap().into_inner().canceled_dreams, 1);
    assert_eq!(refused(stack.operator().dream_admin.start_dream(start).await), ErrorReason::DreamingDisabled);
    stack.finish().await;
}

#[tokio::test]
async fn a_text_that_is_over_a_lowered_limit_may_become_shorter_and_not_longer() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    let lines: String = (0..60).map(|line| format!("- Ann owns {line} books of Ben and Tom.\n")).collect();
    ada.write("user/books.md", &format!("{lines}- Ann owns 59 books of Ben and Tom.\n")).await;
    let limit = [("max_text_bytes".to_owned(), "1024".to_owned())].into();
    let limit = UpdateConfigRequest { values: limit, ..UpdateConfigRequest::default() };
    stack.operator().admin.update_config(limit).await.unwrap();
    start_dream_of(&stack, "ada").await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
    assert_eq!(ask::dreams(&stack, "ada").await, ["applied 1"]);
    assert_eq!(ada.read("user/books.md").await.as_deref(), Some(lines.as_str()));
    // The same rule for who edits by hand, and the limit for what grows or is new.
    ada.write("user/books.md", &lines[..2_000]).await;
    for (path, text) in [("user/books.md", &lines[..2_001]), ("user/new.md", &lines[..1_025])] {
        let written = ada.agent().write(path, text).overwrite().await;
        assert_eq!(refused(written), ErrorReason::InvalidText, "{path}");
    }
    stack.finish().await;
}
