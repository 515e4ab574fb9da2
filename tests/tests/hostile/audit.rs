//! Every call has its row, and nobody can put rows where they do not belong.

use memex_core::ids::DreamId;
use memex_proto::v1::{
    BatchReadFilesRequest, DreamAssignment, ErrorReason, ListFilesRequest, PauseUserRequest, ResumeUserRequest,
    StartDreamRequest, UpdateConfigRequest, WriteFileRequest,
};
use memex_stack::stack::{Clients, Stack};
use tests::ask::number;
use tests::hand::{HeldDream, worker};
use tests::refused::{reason, refused};
use uuid::Uuid;

/// A dream of that scope that nobody was given, as a caller may pretend to hold it.
fn invented(worker: &Clients, scope: i64) -> HeldDream {
    let dream_id = DreamId { scope, id: Uuid::new_v4() }.to_string();
    HeldDream {
        worker: worker.clone(),
        assignment: DreamAssignment { dream_id, fence: 1, ..DreamAssignment::default() },
    }
}

async fn rows(stack: &Stack) -> i64 {
    number(stack.sql(), "SELECT count(*) FROM mx_access_log", &[]).await
}

#[tokio::test]
async fn who_calls_as_a_dream_without_being_a_worker_is_refused_and_logged() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/a.md", "x").await;
    let before = rows(&stack).await;
    assert_eq!(refused(invented(ada.agent(), 1).read("user/a.md").await), ErrorReason::RoleRequired);
    let said = "SELECT count(*) FROM mx_access_log WHERE outcome = 2 AND reason = $1::smallint AND actor = 'agent' AND dream_id IS NULL";
    let code = (ErrorReason::RoleRequired as i32).to_string();
    assert_eq!(number(stack.sql(), said, &[&code]).await, 1);
    assert_eq!(rows(&stack).await, before + 1);
    stack.finish().await;
}

#[tokio::test]
async fn an_invented_dream_puts_no_row_into_anybodys_log() {
    let stack = Stack::start().await;
    stack.user("ada").await.write("user/a.md", "x").await;
    let scope = number(stack.sql(), "SELECT scope_id FROM mx_scope WHERE user_id = 'ada'", &[]).await;
    let worker = worker(&stack, 1).await.remove(0);
    let before = rows(&stack).await;
    for scope in [scope, 4_711] {
        let dream = invented(&worker, scope);
        let mut memory = worker.memory.clone();
        for path in ["user/a.md", "shared/a.md", "user/log.md", "../a"] {
            dream.read(path).await.unwrap_err();
            let write = WriteFileRequest { path: path.into(), ..WriteFileRequest::default() };
            memory.write_file(dream.within(write)).await.unwrap_err();
            let batch = BatchReadFilesRequest { paths: vec![path.into()], ..BatchReadFilesRequest::default() };
            memory.batch_read_files(dream.within(batch)).await.unwrap_err();
        }
        let list = ListFilesRequest { prefix: "no/such".into(), ..ListFilesRequest::default() };
        memory.list_files(dream.within(list)).await.unwrap_err();
    }
    assert_eq!(rows(&stack).await, before);
    stack.finish().await;
}

#[tokio::test]
async fn a_repeated_mutation_is_a_call_and_has_its_row() {
    let stack = Stack::start().await;
    stack.user("ada").await.write("user/a.md", "x").await;
    let (user_id, mut admin) = ("ada".to_owned(), stack.operator().admin);
    let id = || Uuid::new_v4().to_string();
    let pause = PauseUserRequest { user_id: user_id.clone(), request_id: id(), ..PauseUserRequest::default() };
    let resume = ResumeUserRequest { user_id: user_id.clone(), request_id: id() };
    let values = [("dream_concurrency".to_owned(), "2".to_owned())].into();
    let config = UpdateConfigRequest { values, request_id: id(), ..UpdateConfigRequest::default() };
    let start = StartDreamRequest { user_id, request_id: id(), ..StartDreamRequest::default() };
    let before = rows(&stack).await;
    for time in 1..=3 {
        admin.pause_user(pause.clone()).await.unwrap();
        admin.resume_user(resume.clone()).await.unwrap();
        admin.update_config(config.clone()).await.unwrap();
        stack.operator().dream_admin.start_dream(start.clone()).await.unwrap();
        assert_eq!(rows(&stack).await, before + 4 * time);
    }
    stack.finish().await;
}

#[tokio::test]
async fn a_refusal_never_carries_another_users_id() {
    let stack = Stack::start().await;
    stack.user("canary-7f").await.write("user/a.md", "x").await;
    let status = stack.agent("ada").await.read("user/a.md").of("canary-7f").await.unwrap_err();
    assert_eq!(reason(&status), ErrorReason::WrongUser);
    assert!(!format!("{status:?}").contains("canary"), "{status:?}");
    let elsewhere = "SELECT count(*) FROM mx_access_log l JOIN mx_scope s USING (scope_id) WHERE s.user_id = 'canary-7f' AND l.outcome = 2";
    assert_eq!(number(stack.sql(), elsewhere, &[]).await, 0);
    stack.finish().await;
}
