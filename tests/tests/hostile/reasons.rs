//! Every reason of the contract is reached, and no message tells of the service's inside.

use std::collections::BTreeSet;
use std::time::Duration;

use memex_core::ids::{DreamId, RevisionId};
use memex_proto::reason::{code_of, short_name};
use memex_proto::v1::memory_service_client::MemoryServiceClient;
use memex_proto::v1::{
    CreateTokenRequest, DeleteLines, DreamBudget, EraseUserRequest, ErrorReason as R, GetDreamRequest,
    GetRevisionRequest, ListFilesRequest, PauseUserRequest, RedactRevisionRequest, Replace, RevertDreamRequest, Role,
    StartDreamRequest, edit::Kind,
};
use memex_stack::stack::{Clients, Stack, sqlx};
use prost_types::Timestamp;
use tests::ask::{change, set_key};
use tests::hand::{claim_one, start_dream, start_dream_of, worker};
use tests::refused::{reason, told_of_the_inside};
use tests::waiting::until;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use uuid::Uuid;

/// Reasons that this file does not reach, and why. `tests::refused::reason`, by which every test learns a reason, looks
/// for leaks wherever one is reached.
const ELSEWHERE: [(R, &str); 5] = [
    (R::ConflictNotFound, "conflicts are not built yet: no call gives it"),
    (R::DreamStale, "proposals cannot be approved yet: no call gives it"),
    (R::ConsentRequired, "consent is not built yet: no call gives it"),
    (R::PolicyRefused, "policies are not built yet: no call gives it"),
    (R::Overloaded, "hostile::deadlines uses up the connections"),
];

/// What was refused so far.
struct Heard {
    reached: BTreeSet<&'static str>,
    /// How the database is reached, and the operator's token.
    secrets: [String; 2],
}

impl Heard {
    fn expect<T: std::fmt::Debug>(&mut self, expected: R, answer: Result<T, Status>) {
        let status = answer.expect_err(short_name(expected));
        assert_eq!(reason(&status), expected, "{status}");
        assert_eq!(status.code(), code_of(expected));
        assert!(!status.message().is_empty());
        let leak = told_of_the_inside(&status, &self.secrets);
        assert_eq!(leak, None, "{expected:?}");
        self.reached.insert(short_name(expected));
    }
}

fn replace(old: &str) -> Kind {
    Kind::Replace(Replace { old: old.into(), new: "z".into() })
}

#[tokio::test]
async fn every_reason_is_reached_and_says_nothing_of_the_inside() {
    let stack = Stack::start().await;
    let secrets = [stack.database_url(), stack.workspace().operator_token().to_owned()];
    let mut heard = Heard { reached: BTreeSet::new(), secrets };
    memory(&stack, &mut heard).await;
    edits(&stack, &mut heard).await;
    access(&stack, &mut heard).await;
    tokens(&stack, &mut heard).await;
    dreams(&stack, &mut heard).await;
    redactions(&stack, &mut heard).await;
    within_a_dream(&stack, &mut heard).await;
    erased(&stack, &mut heard).await;
    late_and_large(&stack, &mut heard).await;
    broken(&stack, &mut heard).await;
    let elsewhere: BTreeSet<_> = ELSEWHERE.iter().map(|(reason, _)| short_name(*reason)).collect();
    let all: BTreeSet<_> = (1..).map_while(|number| R::try_from(number).ok()).map(short_name).collect();
    assert_eq!(heard.reached.intersection(&elsewhere).collect::<Vec<_>>(), Vec::<&&str>::new());
    assert_eq!(heard.reached.union(&elsewhere).copied().collect::<BTreeSet<_>>(), all);
    stack.finish().await;
}

async fn memory(stack: &Stack, heard: &mut Heard) {
    let mut ada = stack.agent("ada").await;
    ada.write("user/a.md", "- One.\n- Same.\n- Same.\n").await.unwrap();
    heard.expect(R::InvalidPath, ada.write("user/../a.md", "x").await);
    heard.expect(R::InvalidText, ada.write("user/b.md", "a\0b").await);
    let malformed = ada.write("user/b.md", "x").with(|write| write.request_id = "seven".into());
    heard.expect(R::FieldInvalid, malformed.await);
    heard.expect(R::ExpectedVersionRequired, ada.write("user/a.md", "x").await);
    heard.expect(R::FileExists, ada.write("user/a.md", "x").at(0).await);
    heard.expect(R::VersionConflict, ada.write("user/a.md", "x").at(7).await);
    let id = Uuid::new_v4();
    ada.write("user/c.md", "x").id(id).await.unwrap();
    heard.expect(R::RequestIdReused, ada.write("user/c.md", "y").id(id).await);
    heard.expect(R::FileNotFound, ada.read("user/none.md").await);
    let list = ListFilesRequest { page_token: "bm9uc2Vuc2U".into(), ..ListFilesRequest::default() };
    heard.expect(R::CursorExpired, ada.memory.list_files(list).await);
    set_key(stack, "max_files", "2").await;
    heard.expect(R::QuotaExceeded, ada.write("user/d.md", "x").await);
    set_key(stack, "max_files", "2000").await;
}

async fn edits(stack: &Stack, heard: &mut Heard) {
    let ada = stack.agent("ada").await;
    heard.expect(R::PatchNoMatch, ada.patch("user/a.md", [replace("nowhere")]).await);
    heard.expect(R::PatchAmbiguous, ada.patch("user/a.md", [replace("Same")]).await);
    let backwards = DeleteLines { first_line: 3, last_line: 1, expected: "x".into() };
    heard.expect(R::PatchInvalid, ada.patch("user/a.md", [Kind::DeleteLines(backwards)]).await);
}

async fn access(stack: &Stack, heard: &mut Heard) {
    let agent = stack.agent("ada").await;
    heard.expect(R::ReadOnlyScope, agent.write("shared/a.md", "x").await);
    heard.expect(R::ExcludedPath, agent.write("user/dream-log.md", "x").await);
    heard.expect(R::RoleRequired, stack.auditor().await.write("user/x.md", "x").await);
    heard.expect(R::WrongUser, agent.read("user/a.md").of("bob").await);
    let nobody = PauseUserRequest { user_id: "nobody".into(), ..PauseUserRequest::default() };
    heard.expect(R::UserNotFound, stack.operator().admin.pause_user(nobody).await);
}

async fn redactions(stack: &Stack, heard: &mut Heard) {
    let ada = stack.agent("ada").await;
    let mut ids = Vec::new();
    for text in ["one", "two"] {
        ids.push(ada.write("user/r.md", text).overwrite().await.unwrap().revision_id);
    }
    let mut operator = stack.operator();
    let redact = |id: &str| RedactRevisionRequest { revision_id: id.to_owned(), ..Default::default() };
    heard.expect(R::RevisionIsHead, operator.admin.redact_revision(redact(&ids[1])).await);
    operator.admin.redact_revision(redact(&ids[0])).await.unwrap();
    let get = GetRevisionRequest { revision_id: ids[0].clone(), ..Default::default() };
    heard.expect(R::RevisionRedacted, operator.history.get_revision(get).await);
}

/// A client that is tonic's alone, without a token.
async fn bare(stack: &Stack) -> MemoryServiceClient<Channel> {
    MemoryServiceClient::new(Endpoint::from_shared(stack.endpoint()).unwrap().connect().await.unwrap())
}

async fn tokens(stack: &Stack, heard: &mut Heard) {
    let list = ListFilesRequest::default;
    heard.expect(R::TokenMissing, bare(stack).await.list_files(list()).await);
    let mut unknown = Clients::at(&stack.endpoint(), "mx_0000000000000000000000000000000000000000000");
    heard.expect(R::TokenInvalid, unknown.memory.list_files(list()).await);
    let now = tests::ask::number(stack.sql(), "SELECT extract(epoch FROM mx_now())::bigint", &[]).await;
    let request = CreateTokenRequest {
        role: Role::Agent.into(),
        user_id: "ada".into(),
        expires_at: Some(Timestamp { seconds: now + 60, nanos: 0 }),
        ..CreateTokenRequest::default()
    };
    let token = stack.operator().admin.create_token(request).await.unwrap().into_inner().token;
    stack.advance(Duration::from_secs(61)).await;
    heard.expect(R::TokenExpired, Clients::at(&stack.endpoint(), &token).memory.list_files(list()).await);
}

async fn dreams(stack: &Stack, heard: &mut Heard) {
    let mut operator = stack.operator();
    let dream = start_dream_of(stack, "ada").await;
    let of = |id: &str| RevertDreamRequest { dream_id: id.to_owned(), ..RevertDreamRequest::default() };
    heard.expect(R::WrongState, operator.dream_admin.revert_dream(of(&dream.dream_id)).await);
    let workers = worker(stack, 1).await;
    let held = claim_one(&workers[0]).await;
    held.ends().await;
    heard.expect(R::LeaseLost, held.read("user/a.md").await);
    // Ids of the scope that exists, and of nothing in it.
    let scope = dream.dream_id.parse::<DreamId>().unwrap().scope;
    let dream_id = DreamId { scope, id: Uuid::from_u128(7) }.to_string();
    heard.expect(R::DreamNotFound, operator.dream_admin.get_dream(GetDreamRequest { dream_id }).await);
    let revision_id = RevisionId { scope, sequence: 1_000_000 }.to_string();
    heard.expect(
        R::RevisionNotFound,
        operator.history.get_revision(GetRevisionRequest { revision_id, ..Default::default() }).await,
    );
    set_key(stack, "dream_enabled", "false").await;
    let start = StartDreamRequest { user_id: "ada".into(), ..StartDreamRequest::default() };
    heard.expect(R::DreamingDisabled, operator.dream_admin.start_dream(start.clone()).await);
    set_key(stack, "dream_enabled", "true").await;
    let pause = PauseUserRequest { user_id: "ada".into(), ..PauseUserRequest::default() };
    operator.admin.pause_user(pause).await.unwrap();
    heard.expect(R::UserPaused, operator.dream_admin.start_dream(start).await);
}

async fn within_a_dream(stack: &Stack, heard: &mut Heard) {
    let bob = stack.user("bob").await;
    for path in ["user/a.md", "user/b.md"] {
        bob.write(path, "- One.\n- Two.\n- One.\n").await;
    }
    let budget = Some(DreamBudget { max_ops: 1, ..DreamBudget::default() });
    start_dream(stack, StartDreamRequest { user_id: "bob".into(), budget, ..StartDreamRequest::default() }).await;
    let held = claim_one(&worker(stack, 1).await[0]).await;
    // Dropped because a line says the same that there cannot be.
    heard.expect(R::GroundInvalid, held.drop_duplicate("user/a.md", 3, 0, "- One.").await);
    held.drop_duplicate("user/a.md", 3, 1, "- One.").await.unwrap();
    heard.expect(R::BudgetExceeded, held.drop_duplicate("user/b.md", 3, 1, "- One.").await);
    bob.write("user/b.md", "- Three.\n").await;
    heard.expect(R::DreamOvertaken, held.read("user/a.md").await);
}

async fn erased(stack: &Stack, heard: &mut Heard) {
    let mut operator = stack.operator();
    let erase = EraseUserRequest { user_id: "bob".into(), ..EraseUserRequest::default() };
    operator.admin.erase_user(erase).await.unwrap();
    heard.expect(R::UserErased, operator.read("user/a.md").of("bob").await);
}

async fn late_and_large(stack: &Stack, heard: &mut Heard) {
    let ada = stack.agent("ada").await;
    heard.expect(R::MessageTooLarge, ada.write("user/l.md", &"x".repeat(5 << 20)).await);
    let mut held = stack.sql().begin().await.unwrap();
    sqlx::query("-- test.hold\nLOCK TABLE mx_file IN ACCESS EXCLUSIVE MODE").execute(&mut *held).await.unwrap();
    // The caller's own clock may be quicker, and says so without a reason. That of Memex's own client always is.
    let mut bare = bare(stack).await;
    let token = format!("Bearer {}", stack.workspace().token(Role::Agent, "ada").await);
    let late = until("the service says that a call is late", async || {
        let mut list = Request::new(ListFilesRequest::default());
        list.metadata_mut().insert("authorization", token.parse().unwrap());
        list.set_timeout(Duration::from_secs(1));
        Some(bare.list_files(list).await.unwrap_err()).filter(|late| reason(late) != R::Unspecified)
    });
    heard.expect(R::DeadlineExceeded, Err::<(), _>(late.await));
    held.rollback().await.unwrap();
}

/// What Postgres says of a broken database names tables, constraints and values; what a caller hears names none.
async fn broken(stack: &Stack, heard: &mut Heard) {
    let read = stack.agent("ada").await.read("user/a.md");
    let refuse = "ALTER TABLE mx_access_log ADD CONSTRAINT mx_test_refused CHECK (path <> 'user/a.md') NOT VALID";
    change(stack.sql(), refuse, &[]).await;
    heard.expect(R::Internal, read.clone().await);
    change(stack.sql(), "ALTER TABLE mx_access_log DROP CONSTRAINT mx_test_refused", &[]).await;
    change(stack.sql(), "ALTER TABLE mx_file RENAME TO mx_test_away", &[]).await;
    heard.expect(R::DatabaseUnavailable, read.await);
    change(stack.sql(), "ALTER TABLE mx_test_away RENAME TO mx_file", &[]).await;
}
