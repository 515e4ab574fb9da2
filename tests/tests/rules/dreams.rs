//! The life of a dream as people see it: starting, judging, proposing, reverting.

use memex_proto::DREAM_FENCE_METADATA;
use memex_proto::DREAM_ID_METADATA;
use memex_proto::reason::Refusal;
use memex_proto::v1::write_file_request::Precondition;
use memex_proto::v1::{
    ClaimDreamsRequest, DreamAssignment, DreamMode, DreamState, ErrorReason, FinishDreamRequest, FinishOutcome,
    GetChangesetRequest, LineRange, ListFilesRequest, ReadFileRequest, Source, StartDreamRequest, Treatment,
    TreatmentKind, TreatmentSource, UpdateConfigRequest, WriteFileRequest,
};
use memex_stack::stack::{Clients, Stack};
use tests::ask;
use tests::refused::{reason, refused};

const TWICE: &str = "- Ada likes green tea.\n- Ada has two cats.\n- Ada likes green tea.\n";

async fn claimed(stack: &Stack, user: &str, text: &str) -> (Clients, DreamAssignment) {
    stack.user(user).await.write("user/a.md", text).await;
    let start = StartDreamRequest { user_id: user.into(), ..StartDreamRequest::default() };
    stack.operator().dream_admin.start_dream(start).await.unwrap();
    let mut worker = stack.worker_channel();
    let claim = ClaimDreamsRequest { worker_name: "by hand".into(), max: 1 };
    let mut assignments = worker.dream.claim_dreams(claim).await.unwrap().into_inner().assignments;
    (worker, assignments.remove(0))
}

fn within<T>(assignment: &DreamAssignment, message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    request.metadata_mut().insert(DREAM_ID_METADATA, assignment.dream_id.parse().unwrap());
    request.metadata_mut().insert(DREAM_FENCE_METADATA, assignment.fence.to_string().parse().unwrap());
    request
}

fn op(content: &str, expected: i64, treatments: Vec<Treatment>) -> WriteFileRequest {
    WriteFileRequest {
        path: "user/a.md".into(),
        content: content.into(),
        precondition: Some(Precondition::ExpectedVersion(expected)),
        reason: "by hand".into(),
        treatments,
        ..WriteFileRequest::default()
    }
}

fn tidy() -> Vec<Treatment> {
    vec![Treatment { kind: TreatmentKind::Tidy.into(), ..Treatment::default() }]
}

fn finish(assignment: &DreamAssignment) -> FinishDreamRequest {
    FinishDreamRequest {
        dream_id: assignment.dream_id.clone(),
        fence: assignment.fence,
        outcome: FinishOutcome::Complete.into(),
        ..FinishDreamRequest::default()
    }
}

async fn release(worker: &mut Clients, assignment: &DreamAssignment) {
    let released = FinishDreamRequest { outcome: FinishOutcome::Released.into(), ..finish(assignment) };
    worker.dream.finish_dream(released).await.unwrap();
}

#[tokio::test]
async fn a_statement_that_leaves_without_ground_goes_to_a_person_and_memory_stays() {
    let stack = Stack::start().await;
    let (mut worker, dream) = claimed(&stack, "ada", TWICE).await;
    worker.memory.write_file(within(&dream, op("- Ada likes green tea.\n", 1, tidy()))).await.unwrap();
    let ended = worker.dream.finish_dream(finish(&dream)).await.unwrap().into_inner();
    assert_eq!(ended.state(), DreamState::Proposed, "{ended:?}");
    assert!(!ended.violations.is_empty());
    assert_eq!(stack.user("ada").await.read("user/a.md").await.as_deref(), Some(TWICE));
    assert_eq!(ask::revisions(&stack, "ada").await, 1);
    let again = worker.dream.finish_dream(finish(&dream)).await.unwrap().into_inner();
    assert_eq!(again, ended, "a repeated finish gives the stored answer");
    stack.finish().await;
}

#[tokio::test]
async fn a_guard_that_refuses_ends_the_dream_refused() {
    let stack = Stack::start().await;
    ask::set_key(&stack, "dream_guard", "refuse").await;
    let (mut worker, dream) = claimed(&stack, "ada", TWICE).await;
    worker.memory.write_file(within(&dream, op("- CANARY invented.\n", 1, tidy()))).await.unwrap();
    let ended = worker.dream.finish_dream(finish(&dream)).await.unwrap().into_inner();
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
        let id = stack.operator().dream_admin.start_dream(start).await.unwrap().into_inner().dream.unwrap().dream_id;
        assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
        let request = GetChangesetRequest { dream_id: id };
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
    let (mut worker, dream) = claimed(&stack, "ada", TWICE).await;
    let listed =
        worker.memory.list_files(within(&dream, ListFilesRequest::default())).await.unwrap().into_inner().files;
    assert_eq!(listed.into_iter().map(|file| file.path).collect::<Vec<_>>(), ["user/a.md"]);
    for path in ["user/log.md", "user/build.log", "shared/company.md"] {
        let read =
            worker.memory.read_file(within(&dream, ReadFileRequest { path: path.into(), ..Default::default() })).await;
        assert_eq!(refused(read), ErrorReason::FileNotFound, "{path}");
        let staged = worker
            .memory
            .write_file(within(&dream, WriteFileRequest { path: path.into(), ..op("x", 0, tidy()) }))
            .await;
        assert!(matches!(refused(staged), ErrorReason::ExcludedPath | ErrorReason::ReadOnlyScope), "{path}");
    }
    release(&mut worker, &dream).await;
    stack.finish().await;
}

#[tokio::test]
async fn an_op_needs_its_version_its_reason_and_its_ground_and_sees_what_was_staged() {
    let stack = Stack::start().await;
    let (mut worker, dream) = claimed(&stack, "ada", TWICE).await;
    let mut stage = async |request: WriteFileRequest| worker.memory.write_file(within(&dream, request)).await;
    assert_eq!(
        refused(stage(WriteFileRequest { precondition: None, ..op("x", 1, tidy()) }).await),
        ErrorReason::FieldInvalid
    );
    assert_eq!(
        refused(
            stage(WriteFileRequest { precondition: Some(Precondition::Overwrite(true)), ..op("x", 1, tidy()) }).await
        ),
        ErrorReason::FieldInvalid
    );
    assert_eq!(
        refused(stage(WriteFileRequest { reason: String::new(), ..op("x", 1, tidy()) }).await),
        ErrorReason::FieldInvalid
    );
    assert_eq!(refused(stage(op("x", 1, Vec::new())).await), ErrorReason::FieldInvalid);
    let foreign = Treatment {
        kind: TreatmentKind::DropDuplicate.into(),
        before: Some(LineRange { first: 1, last: 1 }),
        sources: vec![TreatmentSource {
            path: "shared/company.md".into(),
            version: 1,
            lines: Some(LineRange { first: 1, last: 1 }),
        }],
        ..Treatment::default()
    };
    let status = stage(op("x", 1, vec![foreign])).await.unwrap_err();
    assert_eq!(reason(&status), ErrorReason::GroundInvalid);
    assert_eq!(Refusal::of(&status).unwrap().facts["treatment"], "0");
    assert_eq!(refused(stage(op("x", 9, tidy())).await), ErrorReason::VersionConflict);
    let staged = stage(op("# A\n", 1, tidy())).await.unwrap().into_inner();
    assert_eq!((staged.file.unwrap().version, staged.revision_id.as_str()), (2, ""));
    let read = worker
        .memory
        .read_file(within(&dream, ReadFileRequest { path: "user/a.md".into(), ..Default::default() }))
        .await
        .unwrap();
    assert_eq!(read.into_inner().file.unwrap().content, "# A\n");
    assert_eq!(
        stack.user("ada").await.read("user/a.md").await.as_deref(),
        Some(TWICE),
        "only the dream sees what it staged"
    );
    release(&mut worker, &dream).await;
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
    stack.quiet().await;
    let rest = stack.worker().poll_once().await.unwrap();
    assert!(rest <= 1);
    stack.quiet().await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 0, "clean memory is dreamt again");
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
    tests::hand::start_dream_of(&stack, "ada").await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
    assert_eq!(ask::dreams(&stack, "ada").await, ["applied 1"]);
    assert_eq!(ada.read("user/books.md").await.as_deref(), Some(lines.as_str()));
    // The same rule for who edits by hand, and the limit for what grows or is new.
    ada.write("user/books.md", &lines[..2_000]).await;
    for (path, text) in [("user/books.md", &lines[..2_001]), ("user/new.md", &lines[..1_025])] {
        let written = ada.try_write(path, text, Some(Precondition::Overwrite(true)), Source::Agent).await;
        assert_eq!(refused(written.map_err(|status| *status)), ErrorReason::InvalidText, "{path}");
    }
    stack.finish().await;
}
