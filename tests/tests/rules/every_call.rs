//! One row for every call: many calls at random, refused ones included, are as many as the log's rows and what they count.

use std::collections::BTreeMap;

use memex_core::ids::{DreamId, RevisionId, TokenId};
use memex_proto::v1::{CreateTokenRequest, ErrorReason, PauseUserRequest, Role};
use memex_runtime::client::Token;
use memex_stack::stack::Stack;
use tests::ask;
use tests::chance::Chance;
use tests::counts::times;
use tests::hand::{HeldDream, claim, start_dream_of};
use tests::raw::AnyCaller;
use tests::refused::reason;
use tests::rpcs::{Package, Rpc};
use tests::waiting::until;
use uuid::Uuid;

/// Rows beside those of calls: what a dream adopts and what a revert sets back has one a file, and so has each dream that
/// a claim gives.
const BESIDE: &str = "SELECT (SELECT count(*) FROM mx_revision WHERE dream_id IS NOT NULL OR operation IN (15, 16))
                           + (SELECT coalesce(sum(attempts), 0) FROM mx_dream)";

/// Calls that have a row where a worker makes them within a dream.
const IN_A_DREAM: [&str; 5] = [
    "MemoryService/BatchReadFiles",
    "MemoryService/ListFiles",
    "MemoryService/PatchFile",
    "MemoryService/ReadFile",
    "MemoryService/WriteFile",
];

/// Calls that have a row where they name a dream that there is, whoever's worker makes them.
const OF_A_DREAM: [&str; 2] = ["DreamService/FinishDream", "DreamService/RenewLease"];

/// Whom the dream is about. Nobody else names her, or each dream would be overtaken at once.
const DREAMT: &str = "cleo";

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Who {
    Person,
    Worker,
    Dream,
}

impl Who {
    fn any(chance: &mut Chance) -> Self {
        *chance.pick(&[Self::Person, Self::Person, Self::Person, Self::Worker, Self::Dream])
    }

    /// One that mostly is for them.
    fn rpc<'a>(self, package: &'a Package, chance: &mut Chance) -> &'a Rpc {
        let is_theirs = |rpc: &&Rpc| match self {
            Who::Person => !rpc.name.starts_with("DreamService/"),
            Who::Worker => rpc.name.starts_with("DreamService/"),
            Who::Dream => IN_A_DREAM.contains(&rpc.name.as_str()),
        };
        let any = chance.below(8) == 0;
        let rpcs: Vec<&Rpc> = package.rpcs.iter().filter(|rpc| any || is_theirs(rpc)).collect();
        rpcs[chance.below(rpcs.len())]
    }
}

/// What a random call says.
struct Asked {
    who: Who,
    message: Vec<u8>,
    names_the_dream: bool,
}

impl Asked {
    /// Whether it has a row of its own. What a worker calls beside the dreams that there are is nobody's: a worker belongs
    /// to no workspace. ClaimDreams is counted by what it gives.
    fn has_row(&self, rpc: &Rpc) -> bool {
        match self.who {
            Who::Person => true,
            Who::Dream if IN_A_DREAM.contains(&rpc.name.as_str()) => true,
            Who::Dream | Who::Worker => OF_A_DREAM.contains(&rpc.name.as_str()) && self.names_the_dream,
        }
    }
}

/// Everybody who calls, and what they know.
struct Callers<'a> {
    stack: &'a Stack,
    people: Vec<AnyCaller>,
    worker: AnyCaller,
    held: HeldDream,
    tokens: [String; 2],
    /// Calls of this file's own.
    made: i64,
}

impl<'a> Callers<'a> {
    async fn of(stack: &'a Stack) -> Self {
        let token = |value: &str| Some(Token::new("token", value).unwrap());
        let main = stack.workspace();
        let operator = AnyCaller::at(&stack.endpoint(), token(main.operator_token()));
        let mut people = vec![operator.clone(), operator];
        for (role, user) in [(Role::Agent, "ada"), (Role::Backend, ""), (Role::Auditor, ""), (Role::Backend, "bob")] {
            people.push(AnyCaller::at(&stack.endpoint(), token(&main.token(role, user).await)));
        }
        let spare = CreateTokenRequest { role: Role::Auditor.into(), ..CreateTokenRequest::default() };
        let spare = stack.operator().admin.create_token(spare).await.unwrap().into_inner().token_id;
        let tokens = [spare, TokenId(Uuid::from_u128(7)).to_string()];
        ask::set_key(stack, "dream_concurrency", "1000").await;
        for user in ["ada", "bob", DREAMT] {
            stack.user(user).await.write("user/a.md", "- tea\n- tea\n").await;
        }
        let worker = AnyCaller::at(&stack.endpoint(), Some(stack.worker_token()));
        Self { stack, people, worker, held: begun(stack).await, tokens, made: 0 }
    }

    /// Begins another dream where the one before has ended.
    async fn dream_again(&mut self) {
        let running = "SELECT count(*) FROM mx_dream d JOIN mx_scope s USING (scope_id) WHERE s.user_id = $1 AND d.state = 'running'";
        if ask::number(self.stack.sql(), running, &[DREAMT]).await == 0 {
            self.held = begun(self.stack).await;
            self.made += 1;
        }
    }

    /// One random call's message.
    fn asked(&self, who: Who, package: &Package, rpc: &Rpc, chance: &mut Chance) -> Asked {
        let texts = self.texts(rpc, chance);
        // A listing of a dream's is another than one of a user's.
        let of_a_user = rpc.name.contains("/List") && chance.below(4) > 0;
        let text = |field: &str| texts.get(field).filter(|_| !(of_a_user && field == "dream_id")).cloned();
        let version = *chance.pick(&[0, 1, 1, 2, 3]);
        let as_it_was = chance.below(4) == 0;
        let number = |field: &str| match field {
            "version" if rpc.name.ends_with("/ReadFile") && !as_it_was => None,
            "expected_version" | "from_version" | "to_version" | "version" => Some(version),
            "role" | "outcome" | "first" | "last" | "max" => Some(1),
            "fence" => u64::try_from(self.held.assignment.fence).ok(),
            "kind" => Some(5),
            // Only a dream's op says what it does to each line.
            "treatments" => (who != Who::Dream).then_some(0),
            "probable_pairs" => Some(0),
            _ => None,
        };
        let message = package.fill(&rpc.request, &text, &number);
        Asked { who, message, names_the_dream: texts["dream_id"] == self.held.assignment.dream_id }
    }

    fn texts(&self, rpc: &Rpc, chance: &mut Chance) -> BTreeMap<&'static str, String> {
        let users: &[&str] = match rpc.name.as_str() {
            // Of a user who has something it takes the rows along: rules::erasure_rows counts them.
            "AdminService/EraseUser" => &["never"],
            _ => &["ada", "ada", "ada", "bob", "nobody", ""],
        };
        let a = "user/a.md";
        let paths = [a, a, a, a, "user/b.md", "user/b.md", "shared/c.md", "user/../x", "user/dream-log.md"];
        let mut any = |of: &[&str]| (*chance.pick(of)).to_owned();
        let held = self.held.assignment.dream_id.as_str();
        let no_dream = DreamId { scope: 2, id: Uuid::from_u128(7) }.to_string();
        BTreeMap::from([
            ("user_id", any(users)),
            ("path", any(&paths)),
            ("paths", any(&paths)),
            ("new_path", any(&paths)),
            ("prefix", any(&["", "user/", "shared/", "x/"])),
            ("query", any(&["tea", "", "what does she drink?"])),
            ("content", any(&["- tea\n", "- milk\n", "- milk\n- tea\n", "a\0b"])),
            ("lines", any(&["- bread", "- salt"])),
            ("reason", any(&["", "why", "why"])),
            ("keys", any(&["dream_min_changes", "no_such_key"])),
            ("reset_keys", any(&["dream_min_changes", "dream_mode", "no_such_key"])),
            ("request_id", any(&["", "", "", "", "0190a1b2-0000-7000-8000-000000000000", "seven"])),
            ("dream_id", any(&[held, held, no_dream.as_str()])),
            ("token_id", any(&[self.tokens[0].as_str(), self.tokens[1].as_str()])),
            (
                "revision_id",
                RevisionId { scope: *chance.pick(&[1, 2, 3, 999]), sequence: *chance.pick(&[1, 2, 50]) }.to_string(),
            ),
        ])
    }

    fn caller(&mut self, who: Who, chance: &mut Chance) -> AnyCaller {
        match who {
            Who::Person => chance.pick(&self.people).clone(),
            Who::Worker => self.worker.clone(),
            Who::Dream => self.worker.within(&self.held.assignment.dream_id, self.held.assignment.fence),
        }
    }
}

/// A dream that the worker holds.
async fn begun(stack: &Stack) -> HeldDream {
    let dream = start_dream_of(stack, DREAMT).await.dream_id;
    let claimed = claim(&stack.worker_channel(), 10).await;
    claimed.into_iter().find(|held| held.assignment.dream_id == dream).expect("a dream that was started is claimed")
}

#[tokio::test]
async fn the_rows_of_the_log_and_what_they_count_are_all_calls() {
    let calls = times(1_500, 10_000);
    let stack = Stack::start().await;
    let mut callers = Callers::of(&stack).await;
    let package = Package::read();
    let counted = "SELECT count(*) + sum(suppressed) FROM mx_access_log";
    let before = ask::number(stack.sql(), counted, &[]).await - ask::number(stack.sql(), BESIDE, &[]).await;
    let mut chance = Chance::new(41);
    let (mut rows, mut answers, mut done) = (0, BTreeMap::new(), BTreeMap::new());
    for call in 0..calls {
        if call % 16 == 0 {
            callers.dream_again().await;
        }
        let who = Who::any(&mut chance);
        let rpc = who.rpc(&package, &mut chance);
        let asked = callers.asked(who, &package, rpc, &mut chance);
        rows += i64::from(asked.has_row(rpc));
        let mut caller = callers.caller(asked.who, &mut chance);
        let answer = caller.call(&rpc.path, asked.message).await.map_err(|status| reason(&status).as_str_name());
        *done.entry((rpc.name.as_str(), asked.who == Who::Dream)).or_insert(0) += i64::from(answer.is_ok());
        *answers.entry(answer.err()).or_insert(0_i64) += 1;
    }
    let expected = before + rows + callers.made;
    until("the rows that were held are written", async || {
        let beside = ask::number(stack.sql(), BESIDE, &[]).await;
        let rows = ask::number(stack.sql(), counted, &[]).await - beside;
        assert!(rows <= expected, "{rows} rows of {expected} calls: {answers:?}");
        (rows == expected).then_some(())
    })
    .await;
    eprintln!("{calls} calls, {rows} rows: {answers:?}, done: {done:?}");
    assert_eq!(answers.get(&Some(ErrorReason::Internal.as_str_name())), None, "a call failed: {answers:?}");
    for call in ["WriteFile", "PatchFile", "ReadFile", "ListFiles", "BatchReadFiles"] {
        let name = format!("MemoryService/{call}");
        let both = [false, true].map(|within| done.get(&(name.as_str(), within)).copied().unwrap_or(0));
        assert!(both.iter().all(|done| *done > 0), "{call} was done {both:?} times outside and within a dream");
    }
    let kinds = done.values().filter(|done| **done > 0).count();
    assert!(kinds > 35, "only {kinds} calls were done: {done:?}");
    for user in ["ada", "bob", "nobody", DREAMT] {
        // No lease stays held. Not every user has come to be.
        let pause = PauseUserRequest { user_id: user.into(), ..PauseUserRequest::default() };
        let _ = stack.operator().admin.pause_user(pause).await;
    }
    stack.finish().await;
}
