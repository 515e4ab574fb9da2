//! Reading memory as it would be after a proposal was adopted: by the metadata of a read, or by a token that was made for it.

use memex_proto::PROPOSAL_METADATA;
use memex_proto::v1::{
    BatchReadFilesRequest, CreateTokenRequest, DreamState, ErrorReason, ListFilesRequest, ReadFileRequest,
    RecallRequest, RejectDreamRequest, Role, SearchFilesRequest, WriteFileRequest,
    batch_read_files_result::Result as Answer, write_file_request::Precondition,
};
use memex_stack::stack::{Clients, Stack};
use tests::ask;
use tests::hand::{claim_one, start_dream_of, worker};
use tests::refused::{reason, refused};
use tonic::{Request, Status};

const TEA: &str = "# Ada\n\n- Ada likes tea.\n- Ada likes tea.\n";
const AFTER: &str = "# Ada\n\n- Ada likes tea.\n";

/// A proposal that drops a line of ada's.
async fn proposal(stack: &Stack) -> String {
    ask::set_key(stack, "dream_mode", "review").await;
    stack.user("ada").await.write("user/tea.md", TEA).await;
    let dream = start_dream_of(stack, "ada").await.dream_id;
    let held = claim_one(&worker(stack, 1).await[0]).await;
    held.drop_duplicate("user/tea.md", 4, 3, "- Ada likes tea.").await.unwrap();
    assert_eq!(held.ends().await, DreamState::Proposed);
    dream
}

fn through<T>(proposal: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    if !proposal.is_empty() {
        request.metadata_mut().insert(PROPOSAL_METADATA, proposal.parse().unwrap());
    }
    request
}

/// What each kind of read tells of `user/tea.md`: its text, text in a batch, size in the list, the lines that a search
/// finds, and what recall gives.
async fn seen(clients: &Clients, proposal: &str) -> Result<Vec<String>, Status> {
    let (mut memory, user_id, path) = (clients.memory.clone(), "ada".to_owned(), "user/tea.md".to_owned());
    let read = ReadFileRequest { user_id: user_id.clone(), path: path.clone(), ..ReadFileRequest::default() };
    let read = memory.read_file(through(proposal, read)).await?.into_inner().file.unwrap().content;
    let batch = BatchReadFilesRequest { user_id: user_id.clone(), paths: vec![path] };
    let batch = memory.batch_read_files(through(proposal, batch)).await?.into_inner().results.remove(0);
    let Some(Answer::File(batch)) = batch.result else { panic!("the batch has no text") };
    let list = ListFilesRequest { user_id: user_id.clone(), prefix: "user/".into(), ..ListFilesRequest::default() };
    let list = memory.list_files(through(proposal, list)).await?.into_inner().files.remove(0);
    let search = SearchFilesRequest { user_id: user_id.clone(), query: "tea".into(), ..SearchFilesRequest::default() };
    let search = memory.search_files(through(proposal, search)).await?.into_inner().passages;
    let recall = RecallRequest { user_id, ..RecallRequest::default() };
    let recall = memory.recall(through(proposal, recall)).await?.into_inner().content;
    let copies = |text: &str| text.matches("likes tea").count().to_string();
    let found: String = search.into_iter().map(|passage| passage.snippet).collect();
    let version = list.version.to_string();
    Ok(vec![
        copies(&read),
        copies(&batch.content),
        list.size_bytes.to_string(),
        copies(&found),
        copies(&recall),
        version,
    ])
}

#[tokio::test]
async fn every_read_gives_memory_as_it_would_be_and_nothing_is_changed() {
    let stack = Stack::start().await;
    let dream = proposal(&stack).await;
    let operator = stack.operator();
    let now = ["2", "2", &TEA.len().to_string(), "2", "2", "1"].map(str::to_owned);
    let then = ["1", "1", &AFTER.len().to_string(), "1", "1", "2"].map(str::to_owned);
    assert_eq!(seen(&operator, "").await.unwrap(), now);
    assert_eq!(seen(&operator, &dream).await.unwrap(), then);
    assert_eq!(seen(&stack.agent("ada").await, "").await.unwrap(), now, "the file itself stays");
    // A write is never made through a proposal.
    let write = WriteFileRequest {
        user_id: "ada".into(),
        path: "user/tea.md".into(),
        precondition: Some(Precondition::Overwrite(true)),
        ..WriteFileRequest::default()
    };
    assert_eq!(refused(operator.memory.clone().write_file(through(&dream, write)).await), ErrorReason::FieldInvalid);
    // Of a proposal that waits no longer nothing is given.
    let reject = RejectDreamRequest { dream_id: dream.clone(), ..RejectDreamRequest::default() };
    operator.dream_admin.clone().reject_dream(reject).await.unwrap();
    assert_eq!(reason(&seen(&operator, &dream).await.unwrap_err()), ErrorReason::WrongState);
    stack.finish().await;
}

#[tokio::test]
async fn a_token_made_for_a_proposal_reads_through_it_alone() {
    let stack = Stack::start().await;
    let dream = proposal(&stack).await;
    let made = |user: &str, proposal: &str| CreateTokenRequest {
        role: Role::Agent.into(),
        user_id: user.into(),
        proposal_id: proposal.into(),
        ..CreateTokenRequest::default()
    };
    let mut admin = stack.operator().admin;
    let token = admin.create_token(made("ada", &dream)).await.unwrap().into_inner().token;
    let trying = Clients::at(&stack.endpoint_of(0), &token);
    assert_eq!(seen(&trying, "").await.unwrap()[0], "1");
    let write = WriteFileRequest { path: "user/new.md".into(), ..WriteFileRequest::default() };
    assert_eq!(refused(trying.memory.clone().write_file(write).await), ErrorReason::RoleRequired);
    // It is of the user whose proposal it is, and an agent's own token reads through none.
    stack.user("ben").await.write("user/tea.md", TEA).await;
    assert_eq!(refused(admin.create_token(made("ben", &dream)).await), ErrorReason::WrongUser);
    let ada = stack.agent("ada").await;
    assert_eq!(reason(&seen(&ada, &dream).await.unwrap_err()), ErrorReason::RoleRequired);
    let of_ben = ReadFileRequest { user_id: "ben".into(), path: "user/tea.md".into(), ..ReadFileRequest::default() };
    let other = stack.operator().memory.clone().read_file(through(&dream, of_ben)).await;
    assert_eq!(refused(other), ErrorReason::WrongUser);
    stack.finish().await;
}
