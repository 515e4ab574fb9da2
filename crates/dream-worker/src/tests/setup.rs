//! What the tests begin with: a driver over a pipe to the fake, assignments, curators that are told what to do.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::BoxFuture;
use hyper_util::rt::TokioIo;
use memex_core::clock::FixedClock;
use memex_core::patch::Edit;
use memex_curation::{LineRange, PlannedOp, Treatment, TreatmentKind};
use memex_proto::reason::Refusal;
use memex_proto::v1::{Curator as CuratorKind, DreamAssignment, DreamBudget, ErrorReason};
use memex_runtime::client::{AuthChannel, Token};
use memex_runtime::health::Health;
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::transport::{Endpoint, Server, Uri};

use super::fake::FakeApi;
use crate::curator::{Curator, CuratorError, Spent, Stage, Staged, View};
use crate::{Driver, DriverSettings};

/// The lease of every assignment here.
pub const LEASE: Duration = Duration::from_secs(60);

/// The time between polls.
pub const POLL: Duration = Duration::from_secs(5);

/// How long a drain takes at most.
pub const DRAIN: Duration = Duration::from_secs(25);

pub fn driver(api: &FakeApi, slots: u32) -> Driver {
    driver_with(api, DriverSettings { slots, ..driver_settings() })
}

pub fn driver_with(api: &FakeApi, settings: DriverSettings) -> Driver {
    let clock = FixedClock::new(chrono::DateTime::UNIX_EPOCH);
    Driver::new(pipe(api), settings, Arc::new(clock), Health::new())
}

pub fn driver_settings() -> DriverSettings {
    DriverSettings {
        enabled: true,
        endpoint: "http://pipe".to_owned(),
        name: "tester-1".to_owned(),
        slots: 3,
        poll: POLL,
        drain: DRAIN,
    }
}

/// A channel to the fake without a network, so that time can stand still.
fn pipe(api: &FakeApi) -> AuthChannel {
    let (connections, accepted) = mpsc::unbounded_channel();
    let accepted = UnboundedReceiverStream::new(accepted).map(Ok::<_, io::Error>);
    tokio::spawn(Server::builder().add_routes(api.routes()).serve_with_incoming(accepted));
    let connector = tower::service_fn(move |_: Uri| {
        let (client, server) = tokio::io::duplex(256 * 1024);
        let connected = connections.send(server).map_err(|_| io::Error::from(io::ErrorKind::ConnectionRefused));
        async move { connected.map(|()| TokioIo::new(client)) }
    });
    let channel = Endpoint::from_static("http://pipe").connect_with_connector_lazy(connector);
    AuthChannel::over(channel, Some(&Token::new("test", "mx_worker").unwrap()), Duration::from_secs(30))
}

/// Two files that say one thing both: the profile's line stays, that of the notes goes.
pub const SAID_TWICE: [(&str, &str); 2] = [
    ("user/profile.md", "- Ann likes green tea.\n- Ann lives in Bern.\n"),
    ("user/notes.md", "- Ann likes green tea.\n- Ann has a cat.\n"),
];

/// A dream with the default budget.
pub fn assignment(number: i64) -> DreamAssignment {
    DreamAssignment {
        dream_id: format!("drm_{number}"),
        fence: 100 + number,
        lease_seconds: LEASE.as_secs() as i32,
        user_id: "ada".to_owned(),
        curator: CuratorKind::Builtin.into(),
        budget: Some(DreamBudget {
            max_ops: 10,
            max_files: 20,
            max_bytes: 131_072,
            max_read_bytes: 4 * 1024 * 1024,
            max_seconds: 600,
        }),
        as_of: "2026-11-22".to_owned(),
        ..DreamAssignment::default()
    }
}

/// A fake with these files and one dream due.
pub fn one_due(files: &[(&str, &str)]) -> FakeApi {
    let api = FakeApi::default();
    api.script(|script| {
        script.due.push_back(assignment(1));
        script.files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    });
    api
}

/// Changes the budget of the one dream that is due.
pub fn with_budget(api: &FakeApi, change: impl FnOnce(&mut DreamBudget)) {
    api.script(|script| change(script.due[0].budget.as_mut().unwrap()));
}

pub fn refusal(reason: ErrorReason) -> Refusal {
    Refusal::new(reason, "refused by the test")
}

pub fn refused(reason: ErrorReason) -> Status {
    refusal(reason).into_status()
}

/// Plans one op for each of these paths, whatever the files say.
#[derive(Debug)]
pub struct Plans(pub &'static [&'static str]);

impl Curator for Plans {
    fn curate<'a>(
        &'a self,
        _: View,
        stage: &'a mut Stage<'_>,
        _: CancellationToken,
    ) -> BoxFuture<'a, Result<Spent, CuratorError>> {
        Box::pin(async move {
            stage.plan(self.0.iter().map(|path| (*path).to_owned()));
            for path in self.0 {
                if stage.put(&op(path)).await? == Staged::BudgetSpent {
                    break;
                }
            }
            Ok(Spent::default())
        })
    }
}

pub fn op(path: &str) -> PlannedOp {
    let lines = LineRange { first: 1, last: 1 };
    PlannedOp {
        path: path.to_owned(),
        expected_version: 1,
        edits: vec![Edit::Replace { old: "x".to_owned(), new: "ten bytes.".to_owned() }],
        result: String::new(),
        reason: "tidies the page".to_owned(),
        treatments: vec![Treatment { kind: TreatmentKind::Tidy, before: Some(lines), after: None, sources: vec![] }],
    }
}
