//! Whose words the rows of calls are: an erasure takes those of the user, wherever a call left them.

use memex_proto::v1::{
    AccessLogEntry, CreateTokenRequest, ErrorReason, ListAccessLogRequest, ReadFileRequest, Role, WriteFileRequest,
    read_file_request,
};
use memex_runtime::client::Token;
use memex_stack::stack::{Clients, Stack, StackOptions};
use tests::ask;
use tests::backup::dumped;
use tests::raw::AnyCaller;
use tests::refused::refused;
use tests::rpcs::Package;

use super::erasure::{ADA, done, erase, older_transaction};
use super::erasure_rows::rows_that_say;

/// A word that every planted path and display name has, and nothing else.
const PLANTED: &str = "planted-5d1c";

/// What opens the user's memory, or ends it.
const OPENS: [&str; 4] =
    ["AdminService/EraseUser", "AdminService/ImportUser", "MemoryService/PatchFile", "MemoryService/WriteFile"];

/// A token bound to ada whose display name is planted.
async fn token(stack: &Stack, role: Role) -> Token {
    let (user_id, actor) = (ADA.to_owned(), format!("{PLANTED} {role:?}"));
    let request = CreateTokenRequest { role: role.into(), user_id, actor, ..CreateTokenRequest::default() };
    let made = stack.operator().admin.create_token(request).await.unwrap().into_inner();
    Token::new("planted", &made.token).unwrap()
}

/// Makes every call but some, with another planted path each, and gives how many words that were.
struct Planter {
    package: Package,
    planted: usize,
    revision: String,
}

impl Planter {
    /// Calls about ada, about bob and about nobody, for paths under `user/` and under `shared/`.
    async fn calls(&mut self, caller: &mut AnyCaller, users: &[&str], but: &[&str]) {
        for user in users {
            for folder in ["user", "shared"] {
                self.calls_about(caller, user, folder, but).await;
            }
        }
    }

    async fn calls_about(&mut self, caller: &mut AnyCaller, user: &str, folder: &str, but: &[&str]) {
        for rpc in self.package.rpcs.iter().filter(|rpc| !but.contains(&rpc.name.as_str())) {
            self.planted += 1;
            let word = format!("{folder}/{PLANTED}-{}", self.planted);
            let text = |field: &str| match field {
                "user_id" => Some(user.to_owned()),
                "path" | "paths" => Some(format!("{word}.md")),
                "new_path" => Some(format!("{word}-new.md")),
                "prefix" => Some(format!("{word}/")),
                "revision_id" => Some(self.revision.clone()),
                "query" | "content" => Some("tea".to_owned()),
                _ => None,
            };
            let number = |field: &str| match field {
                "role" | "to_version" => Some(1),
                "treatments" => Some(0),
                _ => None,
            };
            // Whether it is refused is nothing to this test.
            let _ = caller.call(&rpc.path, self.package.fill(&rpc.request, &text, &number)).await;
        }
    }
}

/// A file that is read as it was: the one call whose earlier state has a statement of its own.
fn earlier(user: &str, path: &str) -> ReadFileRequest {
    ReadFileRequest { user_id: user.into(), path: path.into(), at: Some(read_file_request::At::Version(1)) }
}

async fn stack_with_a_shared_file() -> (Stack, Planter) {
    let stack = Stack::with(StackOptions { replicas: 2, ..StackOptions::default() }).await;
    let (path, content) = ("shared/company.md".to_owned(), "- tea\n".to_owned());
    let write = WriteFileRequest { path, content, ..WriteFileRequest::default() };
    let revision = stack.operator().memory.write_file(write).await.unwrap().into_inner().revision_id;
    stack.user("bob").await.write("user/a.md", "- coffee\n").await;
    (stack, Planter { package: Package::read(), planted: 0, revision })
}

#[tokio::test]
async fn no_word_of_them_is_left_that_a_call_brought_before_during_or_after_they_had_memory() {
    let (stack, mut planter) = stack_with_a_shared_file().await;
    let operator = Token::new("token", stack.workspace().operator_token()).unwrap();
    let mut asks = AnyCaller::at(&stack.endpoint(), Some(operator));
    let tokens = [token(&stack, Role::Agent).await, token(&stack, Role::Backend).await];
    let [mut agent, mut backend] = tokens.clone().map(|token| AnyCaller::at(&stack.endpoint(), Some(token)));
    let [mut agent_there, mut backend_there] = tokens.map(|token| AnyCaller::at(&stack.endpoint_of(1), Some(token)));

    // Before their first write.
    let _ = stack.operator().memory.read_file(earlier(ADA, &format!("user/{PLANTED}-then.md"))).await;
    let and_write = [&OPENS[..], &["AdminService/PauseUser", "DreamAdminService/StartDream"]].concat();
    planter.calls_about(&mut asks, ADA, "user", &and_write).await;
    for caller in [&mut agent, &mut backend] {
        planter.calls(caller, &["", ADA, "bob"], &OPENS).await;
    }
    let said = rows_that_say(&stack, PLANTED).await;
    assert!(said.len() == 1 && said[0].starts_with("mx_token"), "rows that nobody would find again: {said:?}");

    // With memory.
    for caller in [&mut agent, &mut backend] {
        planter.calls(caller, &["", ADA, "bob"], &["AdminService/EraseUser"]).await;
    }
    assert!(planter.planted >= 28, "{}", planter.planted);
    assert!(rows_that_say(&stack, PLANTED).await.iter().any(|rows| rows.starts_with("mx_access_log")));

    // A call that another service lets in meanwhile, because it still believes the token.
    for caller in [&mut agent_there, &mut backend_there] {
        planter.calls(caller, &[ADA], &["AdminService/EraseUser"]).await;
    }
    let older = older_transaction(&stack).await;
    erase(&stack.operator(), ADA).await;
    for caller in [&mut agent_there, &mut backend_there] {
        planter.calls(caller, &["", "bob"], &[]).await;
    }
    older.rollback().await.unwrap();
    done(&stack.operator(), ADA).await;
    for caller in [&mut agent_there, &mut backend_there] {
        planter.calls(caller, &["", "bob"], &[]).await;
    }
    assert_eq!(rows_that_say(&stack, PLANTED).await, Vec::<String>::new());
    assert_eq!(rows_that_say(&stack, ADA).await, Vec::<String>::new());
    let dump = dumped(&stack);
    let said: Vec<&str> = dump.lines().filter(|line| line.contains(PLANTED)).take(5).collect();
    assert!(said.is_empty(), "of {} words the dump still says {said:?}", planter.planted);
    stack.finish().await;
}

#[tokio::test]
async fn who_erases_themselves_leaves_no_name_behind() {
    let (stack, _) = stack_with_a_shared_file().await;
    let backend = token(&stack, Role::Backend).await;
    let backend = Clients::over(memex_runtime::client::connect(
        &memex_runtime::client::ClientSettings::new(&stack.endpoint()).unwrap().with_token(backend),
    ));
    erase(&backend, ADA).await;
    done(&stack.operator(), ADA).await;
    assert_eq!(rows_that_say(&stack, PLANTED).await, Vec::<String>::new());
    stack.finish().await;
}

async fn log(stack: &Stack, user: &str) -> Vec<AccessLogEntry> {
    let request = ListAccessLogRequest { user_id: user.into(), page_size: 100, ..ListAccessLogRequest::default() };
    stack.auditor().await.admin.list_access_log(request).await.unwrap().into_inner().entries
}

#[tokio::test]
async fn the_log_tells_an_auditor_who_read_a_shared_file_and_of_a_user_with_memory_every_path_that_was_asked_for() {
    let (stack, _) = stack_with_a_shared_file().await;
    let agent = token(&stack, Role::Agent).await;
    let mut memory = Clients::over(memex_runtime::client::connect(
        &memex_runtime::client::ClientSettings::new(&stack.endpoint()).unwrap().with_token(agent),
    ))
    .memory;
    let shared = |path: &str| ReadFileRequest { path: path.into(), ..ReadFileRequest::default() };
    memory.read_file(shared("shared/company.md")).await.unwrap();
    memory.read_file(earlier("", "shared/company.md")).await.unwrap();
    assert_eq!(refused(memory.read_file(shared("shared/none.md")).await), ErrorReason::FileNotFound);
    let rows = log(&stack, "").await;
    let of_agent: Vec<_> =
        rows.iter().filter(|row| row.actor == "agent" && row.user_id.is_empty()).map(|row| row.path.as_str()).collect();
    assert_eq!(of_agent, ["", "shared/company.md", "shared/company.md"], "{rows:?}");
    assert_eq!(ask::number(stack.sql(), "SELECT count(*) FROM mx_scope WHERE user_id = $1", &[ADA]).await, 0);

    stack.user(ADA).await.write("user/a.md", "- tea\n").await;
    assert_eq!(refused(memory.read_file(shared("shared/none.md")).await), ErrorReason::FileNotFound);
    let of_bob = ReadFileRequest { user_id: "bob".into(), ..shared("user/a.md") };
    assert_eq!(refused(memory.read_file(of_bob).await), ErrorReason::WrongUser);
    let rows = log(&stack, ADA).await;
    let of_agent = rows.iter().filter(|row| row.actor == format!("{PLANTED} Agent"));
    let of_agent: Vec<_> = of_agent.map(|row| (row.path.as_str(), row.reason())).collect();
    assert_eq!(of_agent, [("user/a.md", ErrorReason::WrongUser), ("shared/none.md", ErrorReason::FileNotFound)]);
    stack.finish().await;
}
