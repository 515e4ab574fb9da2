//! Mutated messages to every call of the contract: refused or served, and never a surprise.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use memex_proto::v1::{ErrorReason, ListFilesRequest, Role};
use memex_proto::{DREAM_FENCE_METADATA, DREAM_ID_METADATA};
use memex_runtime::client::AuthChannel;
use memex_stack::stack::Stack;
use prost_reflect::MethodDescriptor;
use prost_reflect::prost::Message as _;
use tests::counts::times;
use tests::refused::{reason, told_of_the_inside};
use tonic::{Code, Request, Status};

use super::dice::{Dice, SEED};
use super::raw::{channel, methods, path_of, send};
use super::subject::Subject;

/// Messages to each call, and how many of them where everything is asked for (`MEMEX_LONG=1`).
const SHORT: usize = 500;
const LONG: usize = 20_000;

/// Calls at once: what they do to each other is part of the test.
const TOGETHER: usize = 8;

/// Calls that take away whom the others are about come last, and what is told of an erasure after it.
const LAST: [&str; 3] = ["EraseUser", "GetErasure", "FinishDream"];

/// Calls that no single message by chance can have done, and why.
const NEVER_DONE: [(&str, &str); 1] =
    [("ImportUser", "an archive comes in parts, after a header, with the hash of all of it")];

/// What a worker may call, within its dream and outside.
const OF_A_WORKER: [&str; 8] =
    ["BatchReadFiles", "ClaimDreams", "FinishDream", "ListFiles", "PatchFile", "ReadFile", "RenewLease", "WriteFile"];

/// What no message may ever get, with what it says about the service's inside.
fn surprise(answer: &Result<Option<Vec<u8>>, Status>, secrets: &[String]) -> Option<String> {
    let status = match answer {
        Err(status) => status,
        Ok(bytes) => {
            let text = String::from_utf8_lossy(bytes.as_deref().unwrap_or_default());
            return secrets.iter().any(|secret| text.contains(secret)).then(|| "the answer has a secret".to_owned());
        }
    };
    let bad = matches!(status.code(), Code::Internal | Code::Unknown | Code::DataLoss | Code::Unavailable);
    told_of_the_inside(status, secrets).or_else(|| bad.then(|| format!("{status:?}")))
}

/// What the answers were.
#[derive(Default)]
struct Heard {
    /// By method: how often, and one of them.
    surprises: BTreeMap<String, (usize, String)>,
    /// Methods that were done at least once.
    done: BTreeSet<String>,
    /// Methods that were told that the user is no more.
    met_nobody: BTreeSet<String>,
}

impl Heard {
    fn note(&mut self, method: &MethodDescriptor, answer: &Result<Option<Vec<u8>>, Status>, secrets: &[String]) {
        let name = method.name().to_owned();
        if let Some(surprise) = surprise(answer, secrets) {
            self.surprises.entry(name).or_insert((0, surprise)).0 += 1;
            return;
        }
        match answer {
            Ok(_) => self.done.insert(name),
            Err(status) if reason(status) == ErrorReason::UserErased => self.met_nobody.insert(name),
            Err(_) => false,
        };
    }
}

/// What a role's messages can have done.
fn doable(role: Role, methods: &[MethodDescriptor]) -> BTreeSet<String> {
    let may = |method: &&MethodDescriptor| match (role, method.parent_service().name()) {
        (Role::Worker, _) => OF_A_WORKER.contains(&method.name()),
        (Role::Agent, service) => matches!(service, "MemoryService" | "HistoryService"),
        (_, service) => service != "DreamService",
    };
    let never = NEVER_DONE.map(|(name, _)| name);
    methods
        .iter()
        .filter(may)
        .map(|method| method.name().to_owned())
        .filter(|name| !never.contains(&name.as_str()))
        .collect()
}

/// Sends a method its messages, some at a time.
async fn to_method(
    channel: &AuthChannel,
    method: &MethodDescriptor,
    (dice, subject): (&mut Dice, &mut Subject<'_>),
    mut note: impl FnMut(Result<Option<Vec<u8>>, Status>),
) {
    let decides = ["ApproveDream", "RejectDream"].contains(&method.name());
    dice.known = subject.make(decides).await;
    for _ in 0..times(SHORT, LONG).div_ceil(TOGETHER) {
        if !subject.stands(decides).await {
            dice.known = subject.make(decides).await;
        }
        let batch: Vec<Vec<u8>> = (0..TOGETHER).map(|_| dice.any(method.input())).collect();
        let path = path_of(method);
        let calls = batch.into_iter().enumerate().map(|(at, bytes)| {
            let mut request = Request::new(bytes);
            // Half of a worker's calls lie within a dream that it holds.
            if let Some((dream_id, fence)) = subject.held().filter(|_| at % 2 == 0) {
                request.metadata_mut().insert(DREAM_ID_METADATA, dream_id.parse().unwrap());
                request.metadata_mut().insert(DREAM_FENCE_METADATA, fence.into());
            }
            request.set_timeout(Duration::from_secs(20));
            send(channel, &path, request)
        });
        futures::future::join_all(calls).await.into_iter().for_each(&mut note);
    }
}

async fn fuzz(role: Role) {
    let rounds = times(SHORT, LONG);
    eprintln!("seed {}, {rounds} messages to each call, as {role:?}", String::from_utf8_lossy(&SEED));
    let stack = Stack::start().await;
    stack.user("ada").await.write("user/a.md", "- One.\n").await;
    let token = match role {
        Role::Worker => tests::ask::worker_token(&stack).await,
        Role::Operator => stack.workspace().operator_token().to_owned(),
        other => stack.workspace().token(other, if other == Role::Agent { "ada" } else { "" }).await,
    };
    let secrets = secrets(&stack, &token);
    let channel = channel(&stack.endpoint(), &token);
    let (mut dice, mut subject) = (Dice::new(), Subject::of(&stack, role, &token));
    let mut methods = methods();
    methods.sort_by_key(|method| LAST.iter().position(|last| *last == method.name()));
    let mut heard = Heard::default();
    for method in &methods {
        let note = |answer| heard.note(method, &answer, &secrets);
        to_method(&channel, method, (&mut dice, &mut subject), note).await;
    }
    // The connection that carried it all still serves.
    let request = ListFilesRequest { prefix: "user/".into(), ..Default::default() };
    let after = send(&channel, "/memex.v1.MemoryService/ListFiles", Request::new(request.encode_to_vec())).await;
    assert!(after.as_ref().err().is_none_or(|status| status.code() != Code::Unavailable), "{after:?}");
    let told: Vec<String> =
        heard.surprises.iter().map(|(method, (times, one))| format!("{method} {times} times: {one}")).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
    // Without these the messages would have met nothing but refusals.
    let missing: Vec<String> = doable(role, &methods).difference(&heard.done).cloned().collect();
    assert!(missing.is_empty(), "no message to {missing:?} was ever done");
    heard.met_nobody.remove("EraseUser");
    assert!(heard.met_nobody.is_empty(), "{:?} met users who were erased", heard.met_nobody);
    // Hostile input may make any state that callers may make, and none that they may not.
    subject.end().await;
    stack.finish().await;
}

/// What no answer may say: the tokens in use, how the database is reached, and with which password.
fn secrets(stack: &Stack, token: &str) -> Vec<String> {
    let url = stack.database_url();
    let password = url.split_once('@').and_then(|(login, _)| login.rsplit_once(':')).map(|(_, password)| password);
    let password = password.filter(|password| password.len() > 8).expect("the database is reached with a password");
    vec![token.to_owned(), stack.workspace().operator_token().to_owned(), password.to_owned(), url.clone()]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operators_mutated_messages_are_refused_or_served() {
    fuzz(Role::Operator).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workers_mutated_messages_are_refused_or_served() {
    fuzz(Role::Worker).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agents_mutated_messages_are_refused_or_served() {
    fuzz(Role::Agent).await;
}
