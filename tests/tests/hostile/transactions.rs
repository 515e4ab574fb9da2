//! A call that ends in the middle of its transaction leaves nothing of it behind, whatever Postgres is slow at.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use memex_proto::v1::write_file_request::Precondition;
use memex_proto::v1::{
    ClaimDreamsRequest, CreateTokenRequest, ErrorReason, MoveFileRequest, PauseUserRequest, Role, StartDreamRequest,
    UnparkUserRequest, WriteFileRequest,
};
use memex_runtime::client::AuthChannel;
use memex_stack::stack::sqlx::{self, AssertSqlSafe};
use memex_stack::stack::{Clients, Stack};
use memory_api::args::{ErasureArgs, ServeArgs};
use memory_api::{Guard, Guards};
use prost::Message as _;
use prost_reflect::MethodDescriptor;
use tests::ask::number;
use tests::between::Between;
use tests::chance::Chance;
use tests::counts::times;
use tests::hand::{HeldDream, claim};
use tests::refused::reason;
use tests::serving::{Serving, args};
use tests::waiting::{ends, insisted, until};
use tokio::sync::oneshot;
use tonic::{Code, Status};

use crate::once::{Asked, Subject, cases};
use crate::raw::{call, call_within, channel, methods, mutations, path_of};

/// The users whose dreams are claimed and finished.
const DREAMING: &str = "dora";

/// Changes of one user; more would be refused, as a user may have so many files.
const CHANGES_OF_ONE: usize = 400;

/// Shorter than Postgres lets a transaction of memory-api be idle, so that it is not Postgres that ends it.
const SOON: Duration = Duration::from_secs(15);

/// What Postgres is slow at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slow {
    Begin,
    /// The statement after so many others.
    Statement(usize),
    Commit,
}

/// Holds one statement until the test lets it go.
struct Trap {
    slow: Slow,
    passed: usize,
    reached: oneshot::Sender<()>,
    released: oneshot::Receiver<()>,
    /// How long Postgres takes after that.
    longer: Duration,
}

impl Trap {
    fn holds(&mut self, statement: &str) -> bool {
        match self.slow {
            Slow::Begin => statement.starts_with("BEGIN"),
            Slow::Commit => statement.starts_with("COMMIT"),
            // Readiness asks whatever is called.
            Slow::Statement(_) if statement.starts_with("-- upkeep.") => false,
            Slow::Statement(others) => {
                self.passed += 1;
                self.passed > others
            }
        }
    }
}

/// memory-api before a Postgres that can be slow, two of its connections for all.
struct Scene {
    stack: Stack,
    serving: Serving,
    _between: Between,
    trap: Arc<Mutex<Option<Trap>>>,
    subject: Subject,
    methods: Vec<MethodDescriptor>,
    /// At the memory-api of the stack, whose Postgres is not slow.
    aside: AuthChannel,
    through: AuthChannel,
    operator: Clients,
    workers: [Clients; 2],
    /// What was acknowledged last, by user and path.
    acknowledged: BTreeSet<(String, String)>,
    written: Option<(String, String)>,
    /// Answers that no caller should see.
    faults: Mutex<Vec<Status>>,
}

/// A call to be left.
enum Call {
    Raw(Asked),
    Claim,
    Finish(Box<HeldDream>),
}

impl Scene {
    async fn with(guards: Guards) -> Self {
        let stack = Stack::start().await;
        let subject = Subject::of(&stack).await;
        let trap: Arc<Mutex<Option<Trap>>> = Arc::default();
        let set = Arc::clone(&trap);
        let between = Between::before(&stack.database_url(), move |statement| {
            let held = set.lock().unwrap().take_if(|trap| trap.holds(statement));
            Box::pin(async move {
                let Some(trap) = held else { return };
                let _ = trap.reached.send(());
                let _ = trap.released.await;
                tokio::time::sleep(trap.longer).await;
            })
        });
        let mut args =
            ServeArgs { erasure: ErasureArgs { erasure_key_file: Some(stack.erasure_key_file()) }, ..args(&stack) };
        args.database.database_url = Some(between.url().to_owned());
        let serving = Serving::start_with(args, guards).await.unwrap();
        let operator = stack.workspace().operator_token().to_owned();
        let worker = tests::ask::worker_token(&stack).await;
        Self {
            aside: channel(&stack.endpoint(), &operator),
            through: channel(&serving.endpoint(), &operator),
            operator: Clients::at(&serving.endpoint(), &operator),
            workers: [stack.endpoint(), serving.endpoint()].map(|endpoint| Clients::at(&endpoint, &worker)),
            methods: methods(),
            acknowledged: BTreeSet::new(),
            written: None,
            faults: Mutex::default(),
            _between: between,
            stack,
            serving,
            trap,
            subject,
        }
    }

    fn path_of(&self, name: &str) -> String {
        path_of(self.methods.iter().find(|method| method.name() == name).unwrap())
    }

    /// The mutations in turn, each with what has to be done before it.
    async fn next(&self, round: usize) -> Call {
        let mut cases = cases(&self.subject);
        let create = CreateTokenRequest { role: Role::Auditor.into(), ..Default::default() };
        let unpark = UnparkUserRequest { user_id: "ada".into(), ..Default::default() };
        let more = 4;
        let all = cases.len() + more;
        match round % all {
            0 => Call::Raw(("CreateToken", vec![create.encode_to_vec()])),
            1 => Call::Claim,
            2 => Call::Raw(("UnparkUser", vec![unpark.encode_to_vec()])),
            3 => self.claimed().await.map_or(Call::Claim, |dream| Call::Finish(Box::new(dream))),
            case => {
                let case = cases.swap_remove(case - more);
                for (name, messages) in case.before {
                    // What cannot be done once more was done in an earlier round.
                    let _ = call(&self.aside, &self.path_of(name), messages).await;
                }
                Call::Raw(case.asked)
            }
        }
    }

    async fn claimed(&self) -> Option<HeldDream> {
        let write = WriteFileRequest {
            user_id: DREAMING.into(),
            path: "user/a.md".into(),
            content: format!("- {}\n", uuid::Uuid::new_v4()),
            precondition: Some(Precondition::Overwrite(true)),
            ..Default::default()
        };
        let memory = self.stack.operator().memory;
        let write = || {
            let (mut memory, write) = (memory.clone(), write.clone());
            async move { memory.write_file(write).await }
        };
        // Where the machine is slow, it is shed.
        insisted(write).await.unwrap();
        let start = StartDreamRequest { user_id: DREAMING.into(), ..Default::default() };
        let _ = self.stack.operator().dream_admin.clone().start_dream(start).await;
        let held = claim(&self.workers[0], 10).await.into_iter();
        held.map(|dream| dream.through(&self.workers[1])).next()
    }

    /// Makes a call and leaves it when Postgres is slow, or where `deadline` says, when that passes.
    async fn leave(&self, leaving: Call, slow: Slow, deadline: Option<Duration>, longer: Duration) {
        let (reached, is_reached) = oneshot::channel();
        let (release, released) = oneshot::channel();
        *self.trap.lock().unwrap() = Some(Trap { slow, passed: 0, reached, released, longer });
        let (through, worker) = (self.through.clone(), self.workers[1].clone());
        let path = if let Call::Raw((name, _)) = &leaving { self.path_of(name) } else { String::new() };
        let mut calling = tokio::spawn(async move {
            match leaving {
                Call::Raw((_, messages)) => call_within(&through, &path, messages, deadline).await.map(drop),
                Call::Claim => {
                    let mut claim = tonic::Request::new(ClaimDreamsRequest { worker_name: "late".into(), max: 1 });
                    deadline.into_iter().for_each(|deadline| claim.set_timeout(deadline));
                    worker.dream.clone().claim_dreams(claim).await.map(drop)
                }
                Call::Finish(dream) => match deadline {
                    // Our own client leaves as one does whose deadline passes.
                    Some(deadline) => tokio::time::timeout(deadline, dream.finish())
                        .await
                        .unwrap_or_else(|_| Err(Status::deadline_exceeded("")))
                        .map(drop),
                    None => dream.finish().await.map(drop),
                },
            }
        });
        let left = async {
            match deadline {
                Some(_) => Some((&mut calling).await.unwrap()),
                None => tokio::select! {
                    _ = is_reached => None,
                    ended = &mut calling => Some(ended.unwrap()),
                },
            }
        };
        if let Some(Err(status)) = ends("a call that is left", left).await {
            self.refused(status);
        }
        calling.abort();
        *self.trap.lock().unwrap() = None;
        drop(release);
    }

    /// Changes that nobody leaves; gives how many were acknowledged and are not there.
    async fn change(&mut self, round: usize, is_held: bool) -> usize {
        let user = format!("carl-{}", round / CHANGES_OF_ONE);
        let path = format!("user/{round}.md");
        let held = if is_held { hold(&self.stack, &user).await } else { None };
        let write = WriteFileRequest {
            user_id: user.clone(),
            path: path.clone(),
            content: format!("- {round}\n"),
            precondition: Some(Precondition::Overwrite(true)),
            ..Default::default()
        };
        let before = self.written.take();
        let moved = before.map(|(user_id, path)| {
            let new_path = path.replace("user/", "user/moved-");
            MoveFileRequest { user_id, path, new_path, ..Default::default() }
        });
        let (memory, mut mover) = (self.operator.memory.clone(), self.operator.memory.clone());
        let writing = tokio::spawn({
            let mut memory = memory.clone();
            async move { memory.write_file(write).await.map(drop) }
        });
        if let Some(held) = held {
            until_aside(&self.stack).await;
            held.rollback().await.unwrap();
        }
        let mut acknowledged = Vec::new();
        if let Some(request) = moved {
            let (user, from, to) = (request.user_id.clone(), request.path.clone(), request.new_path.clone());
            match ends("a move", mover.move_file(request)).await {
                Ok(_) => {
                    self.acknowledged.remove(&(user.clone(), from));
                    acknowledged.push((user, to));
                }
                Err(status) => {
                    self.refused(status);
                    // It may stand or not.
                    self.acknowledged.remove(&(user, from));
                }
            }
        }
        match ends("a write", writing).await.unwrap() {
            Ok(()) => {
                self.written = Some((user.clone(), path.clone()));
                acknowledged.push((user, path));
            }
            Err(status) => self.refused(status),
        }
        let lost = self.lost(&acknowledged).await;
        self.acknowledged.extend(acknowledged);
        lost
    }

    fn refused(&self, status: Status) {
        if reason(&status) == ErrorReason::Internal || matches!(status.code(), Code::Internal | Code::Unknown) {
            self.faults.lock().unwrap().push(status);
        }
    }

    /// How many of these files are not in the database.
    async fn lost<'a>(&self, files: impl IntoIterator<Item = &'a (String, String)>) -> usize {
        let there = "SELECT count(*) FROM mx_file f JOIN mx_scope s USING (scope_id)
                      WHERE s.kind = 1 AND s.user_id = $1 AND f.path = $2 AND NOT f.deleted";
        let mut lost = 0;
        for (user, path) in files {
            if number(self.stack.sql(), there, &[user, path]).await != 1 {
                eprintln!("acknowledged and not there: {path} of {user}");
                lost += 1;
            }
        }
        lost
    }

    /// That none of memory-api's connections is in a transaction.
    async fn none_is_open(&self) {
        let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                     AND application_name = 'memory-api' AND state LIKE 'idle in transaction%'";
        let none =
            until("no transaction is open", async || (number(self.stack.sql(), open, &[]).await == 0).then_some(()));
        tokio::time::timeout(SOON, none).await.expect("a transaction was left open");
    }

    /// Whether a connection of memory-api has been in a transaction for longer than any call takes here.
    async fn one_stays_open(&self) -> bool {
        let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                     AND application_name = 'memory-api' AND state LIKE 'idle in transaction%'
                     AND xact_start < clock_timestamp() - interval '5 seconds'";
        number(self.stack.sql(), open, &[]).await > 0
    }

    /// The dreams whose claims were left end, so that the stack may.
    async fn end(self) {
        for user in ["ada", "bob", DREAMING, "grace"] {
            let pause = PauseUserRequest { user_id: user.into(), ..Default::default() };
            let _ = self.stack.operator().admin.clone().pause_user(pause).await;
        }
        let running = "SELECT count(*) FROM mx_erasure WHERE done_at IS NULL";
        until("erasures are done", async || (number(self.stack.sql(), running, &[]).await == 0).then_some(())).await;
        self.serving.end().await;
        self.stack.finish().await;
    }
}

/// Holds a user's scope, where it is there yet, so that a write of theirs goes aside.
async fn hold(stack: &Stack, user: &str) -> Option<sqlx::Transaction<'static, sqlx::Postgres>> {
    let mut held = stack.sql().begin().await.unwrap();
    let lock = "-- test.hold\nSELECT scope_id FROM mx_scope WHERE user_id = $1 FOR UPDATE";
    let row = sqlx::query(AssertSqlSafe(lock)).bind(user.to_owned()).fetch_optional(&mut *held).await.unwrap();
    row.map(|_| held)
}

async fn until_aside(stack: &Stack) {
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                    AND application_name = 'memory-api' AND wait_event_type = 'Lock' AND query LIKE '-- commit.wait%'";
    until("the write waits aside", async || (number(stack.sql(), waiting, &[]).await > 0).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_acknowledged_is_there_whatever_call_is_left_in_the_middle_of_its_transaction() {
    let mut scene = Scene::with(Guards::default()).await;
    let cases = cases(&scene.subject);
    let shown: BTreeSet<&str> = cases.iter().map(|case| case.asked.0).chain(["CreateToken", "UnparkUser"]).collect();
    assert_eq!(shown, mutations(&scene.methods), "a mutation is left by nobody");
    let mut chance = Chance::new(14);
    let (mut lost, rounds) = (0, times(200, 5_000));
    for round in 0..rounds {
        let slow = *chance.pick(&[Slow::Begin, Slow::Begin, Slow::Statement(chance.clone().below(6)), Slow::Commit]);
        let deadline = (chance.below(2) == 0).then(|| Duration::from_millis(4 + chance.below(60) as u64));
        let longer = Duration::from_millis(chance.below(30) as u64);
        let call = scene.next(round).await;
        scene.leave(call, slow, deadline, longer).await;
        lost += scene.change(round, round % 8 == 7).await;
    }
    scene.none_is_open().await;
    lost += scene.lost(&scene.acknowledged.clone()).await;
    assert_eq!(lost, 0, "acknowledged changes are not in the database");
    let faults = std::mem::take(scene.faults.get_mut().unwrap());
    assert!(faults.is_empty(), "{} of {rounds} calls and changes failed: {:?}", faults.len(), faults[0]);
    assert!(scene.acknowledged.len() > rounds / 2, "hardly anything was acknowledged: {}", scene.acknowledged.len());
    eprintln!("{rounds} rounds, {} acknowledged changes", scene.acknowledged.len());
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_guard_a_connection_stays_in_its_transaction_or_acknowledged_changes_are_lost() {
    let mut scene = Scene::with(Guards::without(Guard::Transactions)).await;
    let (mut lost, mut open) = (0, false);
    for round in 0..200 {
        let pause = PauseUserRequest { user_id: "ada".into(), ..Default::default() };
        let call = Call::Raw(("PauseUser", vec![pause.encode_to_vec()]));
        // After memory-api heard that the caller left, and before it gives the connection up.
        let longer = Duration::from_millis(10 + 5 * (round % 16));
        scene.leave(call, Slow::Begin, None, longer).await;
        lost += scene.change(usize::try_from(round).unwrap(), false).await;
        // What stays open holds up erasures of every database here, so the first sign is enough.
        open = scene.one_stays_open().await;
        if lost > 0 || open {
            eprintln!("round {round}: lost {lost}, open {open}; failed: {}", scene.faults.get_mut().unwrap().len());
            break;
        }
    }
    assert!(lost > 0 || open, "every acknowledged change was there, and no connection was in a transaction");
    scene.serving.end().await;
    scene.stack.abandon().await;
}
