//! What spans and logs never tell: planted words go through calls, dreams, refusals and failures.

use std::collections::HashMap;

use memex_proto::v1::{
    CreateTokenRequest, Edit, ErrorReason, ListFilesRequest, PatchFileRequest, PauseUserRequest, ReadFileRequest,
    Replace, RevertDreamRequest, Role, StartDreamRequest, UpdateConfigRequest, WriteFileRequest, edit::Kind,
    write_file_request::Precondition,
};
use memex_stack::stack::Clients;
use tests::ask;
use tests::refused::refused;
use tonic::{Code, Request};

use crate::canary::{Canary, Haystack};
use crate::house::{House, write_of};
use crate::logs::{BREAK, MEND, lines};

/// Everything that was planted, under what it is.
struct Planted(HashMap<&'static str, Canary>);

const KINDS: [&str; 12] = [
    "text",
    "path",
    "user id",
    "other user id",
    "reason",
    "instructions",
    "actor",
    "worker's token",
    "wrong token",
    "header",
    "key",
    "dream id",
];

impl Planted {
    fn new() -> Self {
        Self(KINDS.into_iter().map(|what| (what, Canary::new(what))).collect())
    }

    fn word(&self, what: &str) -> String {
        self.0[what].word().to_owned()
    }

    /// A value with the word of its kind in it, written as `{}`.
    fn value(&mut self, what: &str, pattern: &str) -> String {
        let canary = self.0.get_mut(what).unwrap();
        let value = pattern.replace("{}", canary.word());
        canary.value(value)
    }

    fn found_in(&self, haystack: &Haystack) -> Vec<String> {
        self.0.values().flat_map(|canary| canary.found_in(haystack)).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_text_path_user_id_token_reason_instruction_or_actor_reaches_a_span_or_a_log() {
    let mut planted = Planted::new();
    let mut house = House::start().await;
    let user = planted.value("user id", "{}@example.org");
    let agent = agent(&house, &mut planted, &user).await;
    written(&house, &agent, &mut planted).await;
    let worker_token = planted.value("worker's token", "mx_{}");
    house.start_worker(&worker_token).await;
    let dream = dreamt(&house, &mut planted, &user).await;
    refused_writes(&agent, &mut planted).await;
    refused_patches(&agent, &mut planted).await;
    refused_strangers(&house, &agent, &mut planted).await;
    refused_settings(&house, &mut planted, &user, &dream).await;
    failed(&house, &agent, &mut planted).await;
    let memex = house.memex().await;
    let path = planted.word("path");
    for args in
        [vec!["ls"], vec!["log"], vec!["cat", &format!("user/{path}.md")], vec!["cat", &format!("user/no {path}.md")]]
    {
        memex.run(&[&args, &["--user", &user][..]].concat()).await;
    }
    let (told, stack) = house.end().await;

    let spans = Haystack::new("the exported spans", told.received.bytes());
    let memory_api = Haystack::new("memory-api's log", told.memory_api.clone().into_bytes());
    let dream_worker = Haystack::new("dream-worker's log", told.dream_worker.clone().into_bytes());
    let found: Vec<_> =
        [&spans, &memory_api, &dream_worker].into_iter().flat_map(|told| planted.found_in(told)).collect();
    assert!(found.is_empty(), "telemetry tells what it must not:\n  {}", found.join("\n  "));

    // It was looked through what is really told: a dream's id may be, and is.
    let id = Canary::known("dream's id", &dream);
    for told in [&spans, &dream_worker] {
        assert!(!id.found_in(told).is_empty(), "{} bytes, and no word of the dream", told.len());
    }
    assert!(!lines(&told.memory_api).is_empty() && !lines(&told.dream_worker).is_empty());
    stack.finish().await;
}

/// An agent of a user, with an actor's name of its own. Its token is a secret as well.
async fn agent(house: &House, planted: &mut Planted, user: &str) -> Clients {
    let actor = planted.value("actor", "{} the assistant");
    let request = CreateTokenRequest {
        role: Role::Agent.into(),
        user_id: user.to_owned(),
        actor,
        ..CreateTokenRequest::default()
    };
    let token = house.operator().admin.create_token(request).await.unwrap().into_inner().token;
    planted.0.insert("agent's token", Canary::known("agent's token", &token));
    let operator = house.stack.workspace().operator_token();
    planted.0.insert("operator's token", Canary::known("operator's token", operator));
    house.clients(&token)
}

/// A file with the same line twice, under a path and for a reason.
async fn written(house: &House, agent: &Clients, planted: &mut Planted) {
    let text = planted.value("text", "# Notes\n\n- Ada likes {} tea.\n- The bicycle is blue.\n- Ada likes {} tea.\n");
    planted.value("text", "- Ada likes {} tea.");
    let path = planted.value("path", "user/{}.md");
    let reason = planted.value("reason", "because of {}");
    let mut request = Request::new(WriteFileRequest { reason, ..write_of(&path, &text) });
    let header = planted.word("header");
    request.metadata_mut().insert("x-note", header.parse().unwrap());
    request.metadata_mut().insert("tracestate", format!("a={header}").parse().unwrap());
    agent.memory.clone().write_file(request).await.unwrap();
    let read = ReadFileRequest { path: path.clone(), ..ReadFileRequest::default() };
    agent.memory.clone().read_file(read).await.unwrap();
    assert_eq!(ask::number(house.stack.sql(), "SELECT count(*) FROM mx_revision WHERE path = $1", &[&path]).await, 1);
}

/// A dream with instructions; gives its id.
async fn dreamt(house: &House, planted: &mut Planted, user: &str) -> String {
    let instructions = planted.value("instructions", "look at {}");
    let args = ["dream", "start", "--user", user, "--instructions", &instructions, "--wait"];
    let ended = house.memex().await.json(&args).await;
    assert_eq!(
        (&ended["dream"]["state"], ended["dream"]["instructions"].as_str()),
        (&"applied".into(), Some(&*instructions))
    );
    ended["dream"]["dream_id"].as_str().unwrap().to_owned()
}

async fn refused_writes(agent: &Clients, planted: &mut Planted) {
    let write = async |request| refused(agent.memory.clone().write_file(request).await);
    let path = format!("user/{}.md", planted.word("path"));
    let text = planted.value("text", "- {} is new.\n");
    let stale = WriteFileRequest { precondition: Some(Precondition::ExpectedVersion(99)), ..write_of(&path, &text) };
    assert_eq!(write(stale).await, ErrorReason::VersionConflict);
    for pattern in ["user/../{}.md", "user/a//{}.md", "{}.md", "user/%2e%2e/{}.md", "user/\u{202e}{}.md"] {
        let path = planted.value("path", pattern);
        assert_eq!(write(write_of(&path, &text)).await, ErrorReason::InvalidPath, "{path}");
    }
    assert_eq!(write(write_of(&planted.value("path", "shared/{}.md"), &text)).await, ErrorReason::ReadOnlyScope);
    let nul = planted.value("text", "- {}\0\n");
    assert_eq!(write(write_of(&path, &nul)).await, ErrorReason::InvalidText);
    let long = planted.value("text", &format!("- {{}} {}\n", "a".repeat(200_000)));
    assert_eq!(write(write_of(&path, &long)).await, ErrorReason::InvalidText);
    let too_long = planted.value("text", &format!("- {{}} {}\n", "a".repeat(5 << 20)));
    assert_eq!(write(write_of(&path, &too_long)).await, ErrorReason::MessageTooLarge);
    let reason = planted.value("reason", &format!("{{}} {}", "a".repeat(2_000)));
    assert_eq!(write(WriteFileRequest { reason, ..write_of(&path, &text) }).await, ErrorReason::FieldInvalid);
    let request_id = planted.value("key", "not {} a UUID");
    assert_eq!(write(WriteFileRequest { request_id, ..write_of(&path, &text) }).await, ErrorReason::FieldInvalid);
    let mut within = Request::new(write_of(&path, &text));
    let dream = planted.value("dream id", "drm_{}");
    within.metadata_mut().insert(memex_proto::DREAM_ID_METADATA, dream.parse().unwrap());
    within.metadata_mut().insert(memex_proto::DREAM_FENCE_METADATA, dream.parse().unwrap());
    agent.memory.clone().write_file(within).await.unwrap_err();
}

async fn refused_patches(agent: &Clients, planted: &mut Planted) {
    let path = planted.value("path", "user/twice/{}.md");
    let text = planted.value("text", "- {} and {}\n");
    agent.memory.clone().write_file(write_of(&path, &text)).await.unwrap();
    let patch = |path: &str, old: String| PatchFileRequest {
        path: path.to_owned(),
        edits: vec![Edit { kind: Some(Kind::Replace(Replace { old, new: planted.word("text") + "!" })) }],
        ..PatchFileRequest::default()
    };
    let twice = patch(&path, planted.word("text"));
    let missing = patch(&path, format!("no {}", planted.word("text")));
    let nowhere = patch(&format!("user/no/{}.md", planted.word("path")), planted.word("text"));
    for (request, reason) in [
        (twice, ErrorReason::PatchAmbiguous),
        (missing, ErrorReason::PatchNoMatch),
        (nowhere, ErrorReason::FileNotFound),
    ] {
        assert_eq!(refused(agent.memory.clone().patch_file(request).await), reason);
    }
}

/// Another user's memory, a user that is not there, a token that is none.
async fn refused_strangers(house: &House, agent: &Clients, planted: &mut Planted) {
    let other = planted.value("other user id", "{}@example.org");
    let list = ListFilesRequest { user_id: other.clone(), ..ListFilesRequest::default() };
    assert_eq!(refused(agent.memory.clone().list_files(list.clone()).await), ErrorReason::WrongUser);
    let mut operator = house.operator();
    let read = ReadFileRequest { user_id: other.clone(), path: "user/a.md".into(), ..ReadFileRequest::default() };
    assert_eq!(refused(operator.memory.read_file(read).await), ErrorReason::FileNotFound);
    let start = StartDreamRequest { user_id: other.clone(), ..StartDreamRequest::default() };
    assert_eq!(refused(operator.dream_admin.start_dream(start).await), ErrorReason::UserNotFound);
    let odd = planted.value("other user id", "\u{0}{}");
    let list_odd = ListFilesRequest { user_id: odd, ..ListFilesRequest::default() };
    assert_eq!(refused(operator.memory.list_files(list_odd).await), ErrorReason::FieldInvalid);
    let token = planted.value("wrong token", "mx_{}");
    assert_eq!(refused(house.clients(&token).memory.list_files(list).await), ErrorReason::TokenInvalid);
}

async fn refused_settings(house: &House, planted: &mut Planted, user: &str, dream: &str) {
    let mut operator = house.operator();
    let start = StartDreamRequest {
        user_id: user.to_owned(),
        instructions: planted.value("instructions", &format!("{{}} {}", "a".repeat(5_000))),
        as_of: planted.word("key"),
        ..StartDreamRequest::default()
    };
    assert_eq!(refused(operator.dream_admin.start_dream(start).await), ErrorReason::FieldInvalid);
    for (key, value) in [(planted.word("key"), "true".to_owned()), ("dream_mode".to_owned(), planted.word("key"))] {
        let request = UpdateConfigRequest { values: HashMap::from([(key, value)]), ..UpdateConfigRequest::default() };
        assert_eq!(refused(operator.admin.update_config(request).await), ErrorReason::FieldInvalid);
    }
    let reason = planted.value("reason", "undone for {}");
    let revert =
        RevertDreamRequest { dream_id: dream.to_owned(), reason: reason.clone(), ..RevertDreamRequest::default() };
    operator.dream_admin.revert_dream(revert.clone()).await.unwrap();
    assert_eq!(refused(operator.dream_admin.revert_dream(revert).await), ErrorReason::WrongState);
    let pause = PauseUserRequest { user_id: user.to_owned(), reason, ..PauseUserRequest::default() };
    operator.admin.pause_user(pause).await.unwrap();
    let start = StartDreamRequest { user_id: user.to_owned(), ..StartDreamRequest::default() };
    assert_eq!(refused(operator.dream_admin.start_dream(start).await), ErrorReason::UserPaused);
}

/// A statement fails, and Postgres quotes the whole row in what it says.
async fn failed(house: &House, agent: &Clients, planted: &mut Planted) {
    ask::change(house.stack.sql(), BREAK, &[]).await;
    let text = planted.value("text", "- {} breaks.\n");
    let reason = planted.value("reason", "{} breaks");
    let request = WriteFileRequest { reason, ..write_of("user/breaks.md", &text) };
    assert_eq!(agent.memory.clone().write_file(request).await.unwrap_err().code(), Code::Internal);
    ask::change(house.stack.sql(), MEND, &[]).await;
}
