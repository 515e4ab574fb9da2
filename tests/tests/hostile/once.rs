//! Every mutation by descriptor, sent five times at once with one request id: one change, five equal answers.

use std::collections::BTreeSet;

use futures::future::join_all;
use memex_proto::v1::edit::Kind;
use memex_proto::v1::restore_revision_request::Precondition as Restore;
use memex_proto::v1::write_file_request::Precondition;
use memex_proto::v1::{
    AppendLines, CreateTokenRequest, DeleteFileRequest, Edit, EraseUserRequest, ErrorReason, ImportHeader,
    MoveFileRequest, PatchFileRequest, RedactRevisionRequest, RestoreRevisionRequest, RevokeTokenRequest, Role,
    UpdateConfigRequest, UpdateUserRequest, WriteFileRequest,
};
use memex_runtime::client::AuthChannel;
use memex_stack::stack::Stack;
use prost::Message;
use prost_reflect::{DynamicMessage, MethodDescriptor};
use tests::archive::{export, messages};
use tests::counts::times;
use tests::hand::{claim_one, start_dream_of, worker};
use tests::refused::refused;
use tests::waiting::until;
use tests::{ask, messy};
use tonic::Status;
use uuid::Uuid;

use crate::once_dreams::{decisions, dreams, proposal};
use crate::raw::{call, channel, methods, mutations, path_of};

/// Mutations whose repeats are tested elsewhere, and where.
const ELSEWHERE: [(&str, &str); 2] = [
    ("CreateToken", "its repeat has a new value: hostile::repeats"),
    ("UnparkUser", "nobody is parked here: rules::parking"),
];

/// A method and its messages: more than one to a method that takes a stream.
pub(super) type Asked = (&'static str, Vec<Vec<u8>>);

/// One mutation.
pub(super) struct Case {
    /// What is asked for before, so that it changes something.
    pub(super) before: Vec<Asked>,
    /// The change.
    pub(super) asked: Asked,
    /// With the same id, something else.
    pub(super) other: Asked,
    /// With an id of its own, what changes nothing after it; and what is asked for then, so that it would.
    pub(super) idle: Option<(Asked, Vec<Asked>)>,
}

pub(super) fn asked(method: &'static str, message: &impl Message) -> Asked {
    (method, vec![message.encode_to_vec()])
}

pub(super) fn id() -> String {
    Uuid::new_v4().to_string()
}

pub(super) fn ada() -> String {
    "ada".into()
}

fn write(path: &str, content: &str, request_id: String) -> Asked {
    write_of(ada(), path, content, request_id)
}

fn write_of(user_id: String, path: &str, content: &str, request_id: String) -> Asked {
    let precondition = Some(Precondition::Overwrite(true));
    let (path, content) = (path.into(), content.into());
    let request = WriteFileRequest { user_id, path, content, precondition, request_id, ..Default::default() };
    asked("WriteFile", &request)
}

fn files() -> Vec<Case> {
    let path = "user/a.md";
    let same = id();
    let written = Case {
        before: vec![],
        asked: write(path, "- one\n", same.clone()),
        other: write(path, "- two\n", same),
        idle: Some((write(path, "- one\n", id()), vec![write(path, "- three\n", String::new())])),
    };
    let patch = |line: &str, request_id: String| {
        let append = AppendLines { lines: vec![line.into()], skip_if_present: true, ..Default::default() };
        let edits = vec![Edit { kind: Some(Kind::AppendLines(append)) }];
        asked(
            "PatchFile",
            &PatchFileRequest { user_id: ada(), path: path.into(), edits, request_id, ..Default::default() },
        )
    };
    let same = id();
    let patched = Case {
        before: vec![],
        asked: patch("- four", same.clone()),
        other: patch("- five", same),
        idle: Some((patch("- four", id()), vec![write(path, "- six\n", String::new())])),
    };
    let delete = |reason: &str, request_id: String| {
        let (path, reason) = ("user/gone.md".into(), reason.into());
        asked("DeleteFile", &DeleteFileRequest { user_id: ada(), path, reason, request_id, ..Default::default() })
    };
    let same = id();
    let deleted = Case {
        before: vec![write("user/gone.md", "- gone\n", String::new())],
        asked: delete("", same.clone()),
        other: delete("other", same),
        idle: None,
    };
    let moved = |path: &str, reason: &str, request_id: String| {
        let (path, new_path, reason) = (path.into(), "user/to.md".into(), reason.into());
        let request = MoveFileRequest { user_id: ada(), path, new_path, reason, request_id, ..Default::default() };
        asked("MoveFile", &request)
    };
    let same = id();
    let moved = Case {
        before: vec![write("user/from.md", "- from\n", String::new())],
        asked: moved("user/from.md", "", same.clone()),
        other: moved("user/from.md", "other", same),
        // To where it is.
        idle: Some((moved("user/to.md", "", id()), vec![write("user/to.md", "- to\n", String::new())])),
    };
    vec![written, patched, deleted, moved]
}

/// Ada's archive into nobody's memory, and bob, who is erased.
fn whole_users(archive: &[u8]) -> Vec<Case> {
    let import = |qualifies: bool, request_id: String| -> Asked {
        let header = ImportHeader { user_id: "grace".into(), qualifies, request_id };
        ("ImportUser", messages(header, archive).iter().map(Message::encode_to_vec).collect())
    };
    let same = id();
    let imported = Case { before: vec![], asked: import(false, same.clone()), other: import(true, same), idle: None };
    let bob = || "bob".to_owned();
    let erase = |user_id: String, request_id: String| asked("EraseUser", &EraseUserRequest { user_id, request_id });
    let readmit = UpdateUserRequest { user_id: bob(), readmit: true, ..Default::default() };
    let same = id();
    let erased = Case {
        before: vec![write_of(bob(), "user/a.md", "- bob\n", String::new())],
        asked: erase(bob(), same.clone()),
        other: erase(ada(), same),
        idle: Some((erase(bob(), id()), vec![asked("UpdateUser", &readmit)])),
    };
    vec![imported, erased]
}

fn history(revision_id: &str) -> Vec<Case> {
    let restore = |reason: &str, request_id: String| {
        let precondition = Some(Restore::Overwrite(true));
        let (revision_id, reason) = (revision_id.to_owned(), reason.into());
        asked("RestoreRevision", &RestoreRevisionRequest { revision_id, precondition, reason, request_id })
    };
    let same = id();
    let restored = Case {
        before: vec![],
        asked: restore("", same.clone()),
        other: restore("other", same),
        idle: Some((restore("", id()), vec![write("user/a.md", "- seven\n", String::new())])),
    };
    let redact = |reason: &str, request_id: String| {
        let (revision_id, reason) = (revision_id.to_owned(), reason.into());
        asked("RedactRevision", &RedactRevisionRequest { revision_id, reason, request_id })
    };
    let same = id();
    let redacted = Case {
        before: vec![],
        asked: redact("", same.clone()),
        other: redact("other", same),
        idle: Some((redact("", id()), vec![])),
    };
    vec![restored, redacted]
}

fn keys_and_tokens(tokens: &[String; 2]) -> Vec<Case> {
    let config = |guard: &str, request_id: String| {
        let values = [("dream_guard".to_owned(), guard.to_owned())].into();
        asked("UpdateConfig", &UpdateConfigRequest { values, request_id, ..Default::default() })
    };
    let reset = |request_id: String| {
        let reset_keys = vec!["dream_min_changes".to_owned()];
        asked("UpdateConfig", &UpdateConfigRequest { reset_keys, request_id, ..Default::default() })
    };
    let values = [("dream_min_changes".to_owned(), "4".to_owned())].into();
    let min_changes = asked("UpdateConfig", &UpdateConfigRequest { values, ..Default::default() });
    let user = |value: &str, request_id: String| {
        let values = [("dream_mode".to_owned(), value.to_owned())].into();
        asked("UpdateUser", &UpdateUserRequest { user_id: ada(), values, request_id, ..Default::default() })
    };
    let revoke = |token_id: &str, request_id: String| {
        asked("RevokeToken", &RevokeTokenRequest { token_id: token_id.into(), request_id })
    };
    let [set, again, own, revoked] = [id(), id(), id(), id()];
    vec![
        Case {
            before: vec![],
            asked: config("refuse", set.clone()),
            other: config("review", set),
            // A key that nobody has set, which somebody sets then.
            idle: Some((reset(id()), vec![min_changes])),
        },
        Case {
            before: vec![],
            asked: config("review", again.clone()),
            other: config("refuse", again),
            idle: Some((config("review", id()), vec![config("refuse", String::new())])),
        },
        Case {
            before: vec![],
            asked: user("review", own.clone()),
            other: user("dry_run", own),
            idle: Some((user("review", id()), vec![user("dry_run", String::new())])),
        },
        Case {
            before: vec![],
            asked: revoke(&tokens[0], revoked.clone()),
            other: revoke(&tokens[1], revoked),
            idle: Some((revoke(&tokens[0], id()), vec![])),
        },
    ]
}

/// What the cases are about: ada has memory and an applied dream, three others have a proposal each, and there are two
/// tokens.
pub(super) struct Subject {
    applied: String,
    proposed: [String; 3],
    revision_id: String,
    archive: Vec<u8>,
    tokens: [String; 2],
}

impl Subject {
    pub(super) async fn of(stack: &Stack) -> Self {
        let user = stack.user("ada").await;
        let write = WriteFileRequest { path: "user/a.md".into(), content: "- zero\n".into(), ..Default::default() };
        let revision_id = user.agent().memory.clone().write_file(write).await.unwrap().into_inner().revision_id;
        messy::write(&user).await;
        start_dream_of(stack, "ada").await;
        let held = claim_one(&worker(stack, 1).await[0]).await;
        held.clean().await.unwrap();
        held.finish().await.unwrap();
        let proposed = [proposal(stack, "bea").await, proposal(stack, "cleo").await, proposal(stack, "dora").await];
        let mut tokens = Vec::new();
        for _ in 0..2 {
            let request = CreateTokenRequest { role: Role::Auditor.into(), ..Default::default() };
            tokens.push(stack.operator().admin.create_token(request).await.unwrap().into_inner().token_id);
        }
        let archive = export(&stack.operator(), "ada").await;
        Self { applied: held.assignment.dream_id, proposed, revision_id, archive, tokens: tokens.try_into().unwrap() }
    }
}

/// Every mutation but those of [`ELSEWHERE`], each with a request id of its own.
pub(super) fn cases(subject: &Subject) -> Vec<Case> {
    let mut cases = dreams(&subject.applied);
    cases.extend(decisions(&subject.proposed));
    cases.extend(files());
    cases.extend(history(&subject.revision_id));
    cases.extend(whole_users(&subject.archive));
    cases.extend(keys_and_tokens(&subject.tokens));
    cases
}

/// Who sends, to which methods.
pub(super) struct Sender {
    pub(super) channel: AuthChannel,
    pub(super) methods: Vec<MethodDescriptor>,
}

impl Sender {
    /// The answer, as a message: the bytes of a map have no order.
    pub(super) async fn ask(&self, (name, messages): &Asked) -> Result<DynamicMessage, Status> {
        let method = self.methods.iter().find(|method| method.name() == *name).unwrap();
        let answer = call(&self.channel, &path_of(method), messages.clone()).await?;
        Ok(DynamicMessage::decode(method.output(), answer.as_slice()).unwrap())
    }

    pub(super) async fn done(&self, asked: &Asked) -> DynamicMessage {
        self.ask(asked).await.unwrap_or_else(|status| panic!("{}: {status}", asked.0))
    }

    /// Five at once, then a late one: all have the same answer.
    async fn five(&self, asked: &Asked) -> DynamicMessage {
        let mut answers = join_all((0..5).map(|_| self.done(asked))).await;
        let first = answers.remove(0);
        assert!(answers.iter().all(|answer| *answer == first), "{}: {first} and {answers:?}", asked.0);
        first
    }
}

/// Whether an answer says that something changed; nothing where it has no field for that.
fn says_changed(answer: &DynamicMessage) -> Option<bool> {
    ["changed", "created"].into_iter().find_map(|field| answer.get_field_by_name(field)?.as_bool())
}

async fn is_done_once(stack: &Stack, sender: &Sender, case: Case) {
    for before in &case.before {
        sender.done(before).await;
    }
    let name = case.asked.0;
    let untouched = everything(stack).await;
    let first = sender.five(&case.asked).await;
    erasures_end(stack).await;
    let after = everything(stack).await;
    assert_ne!(after, untouched, "{name} changed nothing, so that it shows nothing");
    assert_ne!(says_changed(&first), Some(false), "{name}: {first}");
    assert_eq!(sender.done(&case.asked).await, first, "{name}: a late repeat");
    assert_eq!(refused(sender.ask(&case.other).await), ErrorReason::RequestIdReused, "{name}");
    assert_eq!(everything(stack).await, after, "{name}: a repeat changed something");
    if let Some((idle, then)) = case.idle {
        let first = sender.five(&idle).await;
        assert_ne!(says_changed(&first), Some(true), "{name}: {first}");
        assert_eq!(everything(stack).await, after, "{name}: what was to change nothing did");
        for then in &then {
            sender.done(then).await;
        }
        let changed = everything(stack).await;
        assert_eq!(sender.done(&idle).await, first, "{name}: a late repeat of what changed nothing");
        assert_eq!(everything(stack).await, changed, "{name}: a late repeat of what changed nothing changed something");
    }
}

/// An erasure goes on by itself after it is answered.
pub(super) async fn erasures_end(stack: &Stack) {
    let running = "SELECT count(*) FROM mx_erasure WHERE done_at IS NULL";
    until("erasures are done", async || (ask::number(stack.sql(), running, &[]).await == 0).then_some(())).await;
}

/// Memory, dreams, keys, tokens and tombstones, each row in a digest.
pub(super) async fn everything(stack: &Stack) -> Vec<String> {
    let settings =
        "SELECT md5(t.row) FROM (SELECT c::text AS row FROM mx_config c UNION ALL SELECT u::text FROM mx_user_config u
                     UNION ALL SELECT k::text FROM mx_token k UNION ALL SELECT e::text FROM mx_erasure e) t ORDER BY 1";
    let mut rows = ask::everything(stack).await;
    rows.extend(ask::lines(stack.sql(), settings, &[]).await);
    rows
}

#[tokio::test]
async fn five_repeats_of_every_mutation_at_once_are_one_change_with_one_answer() {
    let rounds = times(1, 30);
    for _ in 0..rounds {
        all_are_done_once().await;
    }
    eprintln!("{rounds} times over every mutation");
}

async fn all_are_done_once() {
    let stack = Stack::start().await;
    let subject = Subject::of(&stack).await;
    let channel = channel(&stack.endpoint(), stack.workspace().operator_token());
    let sender = Sender { channel, methods: methods() };
    let cases = cases(&subject);
    let elsewhere = ELSEWHERE.iter().map(|(name, _)| *name);
    let shown: BTreeSet<&str> = cases.iter().map(|case| case.asked.0).chain(elsewhere).collect();
    assert_eq!(shown, mutations(&sender.methods), "a mutation has no case");
    for case in cases {
        is_done_once(&stack, &sender, case).await;
    }
    stack.finish().await;
}
