//! Mutated messages to every call of the contract: refused or served, and never a surprise.

use std::collections::BTreeMap;
use std::time::Duration;

use memex_proto::v1::{ListFilesRequest, ListRevisionsRequest, Role};
use memex_proto::{DREAM_FENCE_METADATA, DREAM_ID_METADATA};
use memex_stack::stack::{Clients, Stack};
use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use prost_reflect::prost::Message as _;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};
use tests::counts::times;
use tests::hand::{claim_one, start_dream_of};
use tonic::{Code, Request};

use super::raw::{channel, methods, path_of, send};

/// The same at every run, so that a failure is found again.
const SEED: [u8; 32] = *b"mutated messages, always the sam";

/// Messages to each call, and how many of them where everything is asked for (`MEMEX_LONG=1`).
const SHORT: usize = 500;
const LONG: usize = 20_000;

/// Calls at once: what they do to each other is part of the test.
const TOGETHER: usize = 8;

/// Words of the contract's own, and words that break something elsewhere.
const WORDS: [&str; 40] = [
    "",
    "user/a.md",
    "user/b.md",
    "shared/index.md",
    "user/",
    "shared/",
    "user/../shared/x.md",
    "users/ada/a.md",
    "/",
    "..",
    "user/%2e%2e/x",
    "user\\a.md",
    "user/a\0b.md",
    "user/\u{202e}a.md",
    "user/\u{e0041}.md",
    "ada",
    "bob",
    "nobody",
    "ada\0",
    "\u{feff}",
    "é",
    "e\u{301}",
    "- Likes tea.\n",
    "# Notes\n\n- One.\n- Two.\n",
    "One",
    "2026-01-01",
    "0000-00-00",
    "9999-99-99",
    "00000000-0000-0000-0000-000000000000",
    "0190a1b2-0000-7000-8000-000000000000",
    "drm_",
    "rev_",
    "not a uuid",
    "'; DROP TABLE accounts; --",
    "%s%n",
    "dream_enabled",
    "true",
    "-1",
    "{\"a\":1}",
    "[[user/a.md]]",
];

struct Dice {
    rng: TestRng,
    /// Ids that the deployment has, so that what lies behind a look-up is reached too.
    known: Vec<String>,
}

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        (self.rng.next_u64() % bound.max(1) as u64) as usize
    }

    fn number(&mut self) -> i64 {
        const NUMBERS: [i64; 13] =
            [0, 1, 2, 3, -1, 100, 1_000, i32::MAX as i64, i32::MIN as i64, i64::MAX, i64::MIN, 1 << 40, -(1 << 55)];
        NUMBERS[self.below(NUMBERS.len())]
    }

    fn text(&mut self) -> String {
        match self.below(10) {
            0 => "x".repeat(self.below(3_000)),
            1 => "a/".repeat(self.below(600)),
            2..=4 => {
                let at = self.below(self.known.len());
                self.known.get(at).cloned().unwrap_or_default()
            }
            5 => format!("{}{}", WORDS[self.below(WORDS.len())], WORDS[self.below(WORDS.len())]),
            _ => WORDS[self.below(WORDS.len())].to_owned(),
        }
    }

    fn message(&mut self, of: MessageDescriptor, depth: usize) -> DynamicMessage {
        let mut message = DynamicMessage::new(of.clone());
        for field in of.fields() {
            if self.below(5) < 2 {
                continue;
            }
            let value = if field.is_list() {
                let many = if self.below(12) == 0 { 60 } else { self.below(4) };
                Value::List((0..many).map(|_| self.value(&field, depth)).collect())
            } else if field.is_map() {
                continue;
            } else {
                self.value(&field, depth)
            };
            message.set_field(&field, value);
        }
        message
    }

    fn value(&mut self, field: &FieldDescriptor, depth: usize) -> Value {
        match field.kind() {
            Kind::Double => Value::F64([0.0, -1.0, f64::NAN, f64::INFINITY, 1e308][self.below(5)]),
            Kind::Float => Value::F32([0.0, -1.0, f32::NAN, f32::INFINITY][self.below(4)]),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(self.number() as i32),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(self.number()),
            Kind::Uint32 | Kind::Fixed32 => Value::U32(self.number() as u32),
            Kind::Uint64 | Kind::Fixed64 => Value::U64(self.number() as u64),
            Kind::Bool => Value::Bool(self.below(2) == 0),
            Kind::String => Value::String(self.text()),
            Kind::Bytes => Value::Bytes(self.text().into_bytes().into()),
            Kind::Enum(_) => {
                Value::EnumNumber(if self.below(5) == 0 { self.number() as i32 } else { self.below(6) as i32 })
            }
            Kind::Message(of) if depth > 4 => Value::Message(DynamicMessage::new(of)),
            Kind::Message(of) => Value::Message(self.message(of, depth + 1)),
        }
    }

    /// Bytes changed, cut off, doubled or added.
    fn mutate(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        for _ in 0..=self.below(3) {
            let at = self.below(bytes.len());
            match self.below(5) {
                0 if !bytes.is_empty() => bytes[at] ^= 1 << self.below(8),
                1 if !bytes.is_empty() => bytes[at] = self.below(256) as u8,
                2 => bytes.truncate(at),
                3 => bytes.insert(at, self.below(256) as u8),
                _ => bytes.extend_from_within(at..),
            }
        }
        bytes
    }
}

/// What no message may ever get, with what it says about the service's inside.
fn surprise(code: Code, message: &str) -> Option<String> {
    let bad = matches!(code, Code::Internal | Code::Unknown | Code::DataLoss | Code::Unavailable);
    let told = ["SELECT", "INSERT", "mx_", "/root", "/tmp/", concat!("/ho", "me/"), ".rs", "sqlx", "postgres"];
    let leak = told.iter().find(|word| message.contains(**word));
    (bad || leak.is_some()).then(|| format!("{code:?} {message}"))
}

/// Two users with files, the second with a dream that waits; gives the ids that this made.
async fn peopled(stack: &Stack) -> Vec<String> {
    for user in ["ada", "bob"] {
        let user = stack.user(user).await;
        for path in ["user/a.md", "user/b.md"] {
            user.write(path, "# Notes\n\n- One.\n- Two.\n").await;
        }
    }
    let dream = start_dream_of(stack, "bob").await;
    let of = ListRevisionsRequest { user_id: "ada".into(), path: "user/a.md".into(), ..Default::default() };
    let revisions = stack.operator().history.list_revisions(of).await.unwrap().into_inner().revisions;
    revisions.into_iter().map(|revision| revision.revision_id).chain([dream.dream_id]).collect()
}

async fn fuzz(role: Role) {
    let rounds = times(SHORT, LONG);
    eprintln!("seed {}, {rounds} messages to each call, as {role:?}", String::from_utf8_lossy(&SEED));
    let stack = Stack::start().await;
    let known = peopled(&stack).await;
    let mut dice = Dice { rng: TestRng::from_seed(RngAlgorithm::ChaCha, &SEED), known };
    let token = match role {
        Role::Worker => tests::ask::worker_token(&stack).await,
        Role::Operator => stack.workspace().operator_token().to_owned(),
        other => stack.workspace().token(other, if other == Role::Agent { "ada" } else { "" }).await,
    };
    // Half of a worker's calls lie within a dream that it holds.
    let held = match role {
        Role::Worker => Some(claim_one(&Clients::at(&stack.endpoint(), &token)).await.assignment),
        _ => None,
    };
    let channel = channel(&stack.endpoint(), &token);
    let mut surprises: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for method in methods() {
        let path = path_of(&method);
        for _ in 0..rounds.div_ceil(TOGETHER) {
            let batch: Vec<Vec<u8>> = (0..TOGETHER)
                .map(|_| {
                    let encoded = dice.message(method.input(), 0).encode_to_vec();
                    if dice.below(2) == 0 { dice.mutate(encoded) } else { encoded }
                })
                .collect();
            let calls = batch.into_iter().enumerate().map(|(at, bytes)| {
                let mut request = Request::new(bytes);
                if let Some(held) = held.as_ref().filter(|_| at % 2 == 0) {
                    request.metadata_mut().insert(DREAM_ID_METADATA, held.dream_id.parse().unwrap());
                    request.metadata_mut().insert(DREAM_FENCE_METADATA, held.fence.into());
                }
                request.set_timeout(Duration::from_secs(20));
                send(&channel, &path, request)
            });
            for status in futures::future::join_all(calls).await.into_iter().filter_map(Result::err) {
                if let Some(surprise) = surprise(status.code(), status.message()) {
                    surprises.entry(path.clone()).or_insert((0, surprise)).0 += 1;
                }
            }
        }
    }
    // The connection that carried it all still serves.
    let request = ListFilesRequest { prefix: "user/".into(), ..Default::default() };
    let after = send(&channel, "/memex.v1.MemoryService/ListFiles", Request::new(request.encode_to_vec())).await;
    assert!(after.as_ref().err().is_none_or(|status| status.code() != Code::Unavailable), "{after:?}");
    // Hostile input may make any state that callers may make, and none that they may not. A worker's leaves a dream held.
    if surprises.is_empty() && role != Role::Worker {
        stack.finish().await
    } else {
        stack.abandon().await
    }
    let told: Vec<String> =
        surprises.iter().map(|(path, (times, one))| format!("{path} {times} times: {one}")).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
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
