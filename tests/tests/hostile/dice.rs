//! Messages by chance, of any type of the contract: half of their values are such as the deployment knows.

use memex_core::keys::{KEYS, Level};
use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use prost_reflect::prost::Message as _;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, OneofDescriptor, Value};

/// The same at every run, so that a failure is found again.
pub const SEED: [u8; 32] = *b"mutated messages, always the sam";

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

/// What ends a line somewhere: only the last does here.
const BREAKS: [&str; 6] = ["\r", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\n"];

/// What makes Markdown of lines.
const MARKS: [&str; 8] = ["# A", "A", "=", "---", "```", "- x", "# shared/index.md (version 1)", "[[user/a]]"];

/// What the deployment has, so that what lies behind a look-up is reached too.
#[derive(Debug, Default)]
pub struct Known {
    /// Users whom the caller reaches.
    pub users: Vec<&'static str>,
    /// Revisions of ada, the newest first.
    pub revisions: Vec<String>,
    /// Dreams of ada and bob.
    pub dreams: Vec<String>,
    /// Tokens that nobody here calls with.
    pub tokens: Vec<String>,
    /// The fence of the dream that a worker holds.
    pub fence: i64,
    /// Whether there is one.
    pub within_a_dream: bool,
    /// The version of the first file of the last of the users.
    pub version: i64,
}

/// Chance, and what it knows.
pub struct Dice {
    rng: TestRng,
    pub known: Known,
    /// Whether this message says what fits wherever something does. Half of them do, so that some reach the bottom of a call.
    careful: bool,
}

impl Dice {
    pub fn new() -> Self {
        Self { rng: TestRng::from_seed(RngAlgorithm::ChaCha, &SEED), known: Known::default(), careful: false }
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.rng.next_u64() % bound.max(1) as u64) as usize
    }

    /// Whether something that fits is taken.
    fn fits(&mut self) -> bool {
        self.below(2) == 0 || self.careful
    }

    fn number(&mut self, field: &str) -> i64 {
        const NUMBERS: [i64; 13] =
            [0, 1, 2, 3, -1, 100, 1_000, i32::MAX as i64, i32::MIN as i64, i64::MAX, i64::MIN, 1 << 40, -(1 << 55)];
        match field {
            _ if !self.fits() => NUMBERS[self.below(NUMBERS.len())],
            "fence" => self.known.fence,
            "expected_version" => self.known.version,
            "first" | "version" => 1,
            "last" => 2,
            _ => self.below(4) as i64,
        }
    }

    /// What a field of that name may well say; nothing where any text is as good as another.
    fn fitting(&self, field: &str) -> Vec<&str> {
        match field {
            "user_id" => self.known.users.clone(),
            "path" | "paths" | "left" => vec!["user/a.md", "user/a.md", "user/b.md", "user/c.md", "user/d.md"],
            "new_path" => vec!["user/b.md", "user/c.md", "user/d.md", "user/e.md", "user/f.md"],
            "prefix" => vec!["user/"],
            "revision_id" => self.known.revisions.iter().map(String::as_str).collect(),
            "dream_id" => self.known.dreams.iter().map(String::as_str).collect(),
            "token_id" => self.known.tokens.iter().map(String::as_str).collect(),
            "key" | "keys" | "reset_keys" => {
                let of_users = KEYS.iter().filter(|key| key.is_set_at(Level::User));
                KEYS.iter().chain(of_users.clone()).chain(of_users).map(|key| key.name).collect()
            }
            "value" => vec!["true", "false", "1", "20", "2048", "review"],
            "old" => vec!["One", "Two"],
            "lines" => vec!["- One.", "- One.", "- Three.", "- Four."],
            "expected" => vec!["- One.", "- Two."],
            "request_id" | "page_token" | "cursor" | "actor" | "as_of" => vec![""],
            "after_heading" => vec!["", "", "", "", "", "A"],
            "reason" | "worker_name" | "summary" | "instructions" => vec!["why"],
            "query" => vec!["One"],
            _ => vec![],
        }
    }

    fn text(&mut self, field: &str) -> String {
        let fitting = self.fitting(field).len();
        if fitting > 0 && self.fits() {
            let at = self.below(fitting);
            return self.fitting(field)[at].to_owned();
        }
        match self.below(8) {
            0 => "x".repeat(self.below(3_000)),
            1 => "a/".repeat(self.below(600)),
            2 => format!("{}{}", WORDS[self.below(WORDS.len())], WORDS[self.below(WORDS.len())]),
            3 | 4 => self.broken(),
            _ => WORDS[self.below(WORDS.len())].to_owned(),
        }
    }

    /// Markdown and other words with what ends a line somewhere between them, and at both ends.
    fn broken(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..=self.below(8) {
            text.push_str(BREAKS[self.below(BREAKS.len())]);
            let mark = self.below(3) > 0;
            text.push_str(if mark { MARKS[self.below(MARKS.len())] } else { WORDS[self.below(WORDS.len())] });
        }
        text + BREAKS[self.below(BREAKS.len())]
    }

    /// A message by chance, or what its bytes become where some are changed, cut off, doubled or added.
    pub fn any(&mut self, of: MessageDescriptor) -> Vec<u8> {
        self.careful = self.below(2) == 0;
        let bytes = self.message(of, 0).encode_to_vec();
        if self.below(if self.careful { 4 } else { 2 }) == 0 { self.mutate(bytes) } else { bytes }
    }

    fn message(&mut self, of: MessageDescriptor, depth: usize) -> DynamicMessage {
        let mut message = DynamicMessage::new(of.clone());
        let chosen: Vec<String> = of.oneofs().map(|choice| self.one_of(&choice)).collect();
        for field in of.fields() {
            let choice = field.containing_oneof().filter(|choice| !choice.is_synthetic());
            // Of a choice one; of what is said carelessly perhaps several, of which the last counts, or none.
            let left_out = match choice {
                Some(_) if self.careful => !chosen.iter().any(|name| name == field.name()),
                Some(choice) => self.below(5) < 2 || self.below(choice.fields().len()) > 0,
                None if self.careful => self.below(8) == 0,
                None => self.below(5) < 2,
            };
            if left_out {
                continue;
            }
            let value = if field.is_map() {
                self.map(&field, depth)
            } else if field.is_list() {
                let many = self.many(field.name());
                Value::List((0..many).map(|_| self.value(&field, depth)).collect())
            } else {
                self.value(&field, depth)
            };
            message.set_field(&field, value);
        }
        message
    }

    /// The name of one field of a choice.
    fn one_of(&mut self, choice: &OneofDescriptor) -> String {
        let names: Vec<String> = choice.fields().map(|field| field.name().to_owned()).collect();
        names[self.below(names.len())].clone()
    }

    /// How many of a list or map there are.
    fn many(&mut self, field: &str) -> usize {
        match self.below(12) {
            // Required within a dream, and refused outside one.
            _ if self.careful && field == "treatments" => usize::from(self.known.within_a_dream),
            _ if self.careful => 1 + self.below(2),
            0 => 60,
            _ => self.below(4),
        }
    }

    /// Entries of a map, in whatever order it has: what is drawn after it is the same all the same.
    fn map(&mut self, field: &FieldDescriptor, depth: usize) -> Value {
        let kind = field.kind();
        let entry = kind.as_message().expect("a map's entries are messages");
        let (key, value) = (entry.map_entry_key_field(), entry.map_entry_value_field());
        let many = self.many(field.name());
        let entries = (0..many).map(|_| (self.value(&key, depth), self.value(&value, depth)));
        let entries: Vec<(Value, Value)> = entries.collect();
        let keyed = entries.into_iter().map(|(key, value)| (map_key(key), value));
        Value::Map(keyed.collect())
    }

    fn value(&mut self, field: &FieldDescriptor, depth: usize) -> Value {
        match field.kind() {
            Kind::Double => Value::F64([0.0, -1.0, f64::NAN, f64::INFINITY, 1e308][self.below(5)]),
            Kind::Float => Value::F32([0.0, -1.0, f32::NAN, f32::INFINITY][self.below(4)]),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(self.number(field.name()) as i32),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(self.number(field.name())),
            Kind::Uint32 | Kind::Fixed32 => Value::U32(self.number(field.name()) as u32),
            Kind::Uint64 | Kind::Fixed64 => Value::U64(self.number(field.name()) as u64),
            // What is skipped changes nothing, so that a dream needs no ground for it.
            Kind::Bool if self.careful && field.name() == "skip_if_present" => Value::Bool(true),
            Kind::Bool => Value::Bool(self.below(2) == 0),
            Kind::String => Value::String(self.text(field.name())),
            Kind::Bytes => Value::Bytes(self.text(field.name()).into_bytes().into()),
            Kind::Enum(_) => Value::EnumNumber(match self.below(5) {
                _ if self.careful => 1 + self.below(3) as i32,
                0 => self.number(field.name()) as i32,
                _ => self.below(6) as i32,
            }),
            Kind::Message(of) if depth > 4 => Value::Message(DynamicMessage::new(of)),
            Kind::Message(of) => Value::Message(self.message(of, depth + 1)),
        }
    }

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

fn map_key(value: Value) -> MapKey {
    value.into_map_key().expect("what a map's key field says can be a key")
}
