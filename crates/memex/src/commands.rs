//! The commands, one file a group, and what they share: the connection and whom it is about.

pub mod access;
pub mod bench;
pub mod blame;
pub mod cat;
pub mod completion;
pub mod config;
mod confirm;
pub mod demo;
pub mod diff;
pub mod dream;
pub mod edit;
pub mod erase;
pub mod export;
pub mod files;
pub mod import;
pub mod man;
pub mod mv;
pub mod patch;
pub mod pause;
pub mod recall;
pub mod redact;
pub mod restore;
pub mod rm;
pub mod run;
pub mod search;
pub mod show;
pub mod token;
pub mod up;
pub mod users;
pub mod watch;
mod written;

use std::future::Future;
use std::path::PathBuf;
use std::process::ExitCode;

use memex_core::user_id::{UserId, UserIdRefusal};
use memex_proto::reason::Refusal;
use memex_proto::v1::admin_service_client::AdminServiceClient;
use memex_proto::v1::dream_admin_service_client::DreamAdminServiceClient;
use memex_proto::v1::history_service_client::HistoryServiceClient;
use memex_proto::v1::memory_service_client::MemoryServiceClient;
use memex_runtime::client::{AuthChannel, connect};
use memex_runtime::lifecycle::Shutdown;
use memex_runtime::retry::{Classify, RetryPolicy, retry};
use memex_runtime::settings::Mistake;
use memex_runtime::telemetry::{self, Telemetry, TelemetryArgs};
use tonic::{Code, Response, Status};
use uuid::Uuid;

use crate::cli::{Cli, Command, Connected};
use crate::failure::Failure;
use crate::output;
use crate::settings::{Settings, variable};

/// How many entries one page of a listing asks for: the most that memory-api gives.
const PAGE_SIZE: usize = memex_core::limits::MAX_PAGE_SIZE as usize;

/// Runs one command and gives the exit code.
///
/// # Errors
/// Whatever keeps it from being done; the caller reports it.
pub async fn run(cli: Cli) -> Result<ExitCode, Failure> {
    let json = cli.json;
    let done = match cli.command {
        Command::Demo(args) => demo::run(args, json).await,
        Command::Up(args) => up::run(args, json).await,
        // A service says itself how it ended.
        Command::Run(args) => return Ok(run::run(args).await),
        Command::Ls(it) => connected(it, json, files::ls).await,
        Command::Cat(it) => connected(it, json, cat::run).await,
        Command::Put(it) => connected(it, json, files::put).await,
        Command::Edit(it) => connected(it, json, edit::run).await,
        Command::Patch(it) => connected(it, json, patch::run).await,
        Command::Rm(it) => connected(it, json, rm::run).await,
        Command::Mv(it) => connected(it, json, mv::run).await,
        Command::Log(it) => connected(it, json, files::log).await,
        Command::Show(it) => connected(it, json, show::run).await,
        Command::Diff(it) => connected(it, json, diff::run).await,
        Command::Blame(it) => connected(it, json, blame::run).await,
        Command::Restore(it) => connected(it, json, restore::run).await,
        Command::Watch(it) => connected(it, json, watch::run).await,
        Command::Search(it) => connected(it, json, search::run).await,
        Command::Recall(it) => connected(it, json, recall::run).await,
        Command::Import(it) => connected(it, json, import::run).await,
        Command::Export(it) => connected(it, json, export::run).await,
        Command::Dream(it) => connected(it, json, dream::run).await,
        Command::Pause(it) => connected(it, json, pause::pause).await,
        Command::Resume(it) => connected(it, json, pause::resume).await,
        Command::Users(it) => connected(it, json, users::run).await,
        Command::Redact(it) => connected(it, json, redact::run).await,
        Command::Erase(it) => connected(it, json, erase::run).await,
        Command::Access(it) => connected(it, json, access::run).await,
        Command::Config(it) => connected(it, json, config::run).await,
        Command::Token(it) => connected(it, json, token::run).await,
        Command::Bench(it) => connected(it, json, bench::run).await,
        Command::Completion(args) => completion::run(&args, json),
        Command::Man(args) => man::run(&args, json),
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// Runs a command that calls memory-api, and sends its spans at the end, however it ends.
async fn connected<T: clap::Args>(
    command: Connected<T>,
    json: bool,
    run: impl AsyncFnOnce(&Context, T) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let settings = Settings::load(&command.connection, variable)?;
    let telemetry = quiet_telemetry()?;
    let outcome = run(&Context::new(&settings, json), command.command).await;
    telemetry.shutdown().await;
    outcome
}

/// A person at a terminal sees the command's own words; its log is for who asks for it.
fn quiet_telemetry() -> Result<Telemetry, Failure> {
    let log = variable("MEMEX_LOG").filter(|filter| !filter.trim().is_empty()).unwrap_or_else(|| "warn".to_owned());
    telemetry::init("memex", &TelemetryArgs { log, ..TelemetryArgs::default() }).map_err(bad_setting)
}

/// This executable, which the services are started from as well.
fn own_program() -> Result<PathBuf, Failure> {
    std::env::current_exe()
        .map_err(|error| Failure::local("this executable", format_args!("cannot be found again: {error}")))
}

fn bad_setting(error: telemetry::TelemetryError) -> Failure {
    Failure::Settings(Mistake::from(error).into())
}

/// One user, for the commands that are about one.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct UserArg {
    /// The user; else MEMEX_USER, else `user` in the settings file, else the one the token is bound to
    #[arg(long, value_name = "USER", value_parser = parse_user)]
    pub user: Option<String>,
}

/// The user of what an id names, for the commands that take an id.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct OwnerArg {
    /// The user whose it must be: another's is refused [default: whoever's it is]
    #[arg(long, value_name = "USER", value_parser = parse_user)]
    pub user: Option<String>,
}

/// Reads a user id as clap asks for it.
///
/// # Errors
/// The rule that it breaks.
pub fn parse_user(text: &str) -> Result<String, UserIdRefusal> {
    UserId::parse(text).map(|user| user.as_str().to_owned())
}

/// A connection to memory-api, and how its user wants to be answered.
#[derive(Debug, Clone)]
pub struct Context {
    /// Whether to print JSON.
    pub json: bool,
    endpoint: String,
    user: Option<String>,
    channel: AuthChannel,
}

impl Context {
    /// Connects with the first call.
    pub fn new(settings: &Settings, json: bool) -> Self {
        let channel = connect(&settings.client);
        Self { json, endpoint: settings.endpoint.clone(), user: settings.user.clone(), channel }
    }

    /// The user that a command is about; empty where the token must say.
    pub fn user(&self, given: &UserArg) -> String {
        given.user.clone().or_else(|| self.user.clone()).unwrap_or_default()
    }

    /// Files.
    pub fn memory(&self) -> MemoryServiceClient<AuthChannel> {
        MemoryServiceClient::new(self.channel.clone())
    }

    /// Revisions.
    pub fn history(&self) -> HistoryServiceClient<AuthChannel> {
        HistoryServiceClient::new(self.channel.clone())
    }

    /// Dreams.
    pub fn dreams(&self) -> DreamAdminServiceClient<AuthChannel> {
        DreamAdminServiceClient::new(self.channel.clone())
    }

    /// Keys, pauses, tokens, the access log.
    pub fn admin(&self) -> AdminServiceClient<AuthChannel> {
        AdminServiceClient::new(self.channel.clone())
    }

    /// Makes a call, again where the service could not be reached or asked for patience. A mutation carries a
    /// [`request_id`], made once outside `call`, so that a repeat is the same change.
    ///
    /// # Errors
    /// The last attempt's refusal, or that nothing answered.
    pub async fn call<T, F, Fut>(&self, call: F) -> Result<T, Failure>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<Response<T>, Status>>,
    {
        self.answer(retry(RetryPolicy::default(), call, classify).await)
    }

    /// What one attempt says, where it cannot be made again.
    ///
    /// # Errors
    /// What the status says.
    pub fn answer<T>(&self, answer: Result<Response<T>, Status>) -> Result<T, Failure> {
        answer.map(Response::into_inner).map_err(|status| self.failure(&status))
    }

    /// What a status says that ended a call or a stream.
    pub fn failure(&self, status: &Status) -> Failure {
        Failure::of(status, &self.endpoint)
    }
}

/// What `work` gives; or, where the word to end comes first, that the rest was left. Nothing is begun after the word.
///
/// # Errors
/// The work's own failure; [`Failure::Left`] with `left`, what becomes of the rest.
async fn or_left<T>(
    stop: &Shutdown,
    left: impl FnOnce() -> String,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::select! {
        biased;
        () = stop.triggered() => Err(Failure::Left(left())),
        done = work => done,
    }
}

/// A fresh id for one mutation.
pub fn request_id() -> String {
    Uuid::new_v4().to_string()
}

fn classify(status: &Status) -> Classify {
    match Refusal::of(status) {
        Some(refusal) if refusal.passes() => Classify::Transient { after: refusal.retry_after },
        None if status.code() == Code::Unavailable => Classify::Transient { after: None },
        _ => Classify::Permanent,
    }
}

/// What a listing gave.
#[derive(Debug, PartialEq, Eq)]
pub struct Listed<T> {
    /// As many as were asked for at most.
    pub entries: Vec<T>,
    /// Whether there are more: no listing is cut without saying so.
    pub more: bool,
}

impl<T> Listed<T> {
    /// The same as others are shown.
    pub fn into_views<V: From<T>>(self) -> Listed<V> {
        Listed { entries: self.entries.into_iter().map(V::from).collect(), more: self.more }
    }
}

/// Tells a person, beside standard output and below the listing, where there are `more` than `limit`, and `how` others
/// are shown.
///
/// # Errors
/// When standard error cannot be written.
fn say_more(more: bool, limit: u32, how: &str) -> std::io::Result<()> {
    if more { output::nothing(format_args!("there are more than {limit}; {how}")) } else { Ok(()) }
}

/// Gathers the pages of a listing until it ends or `limit` entries are there. `page` takes a size and a page token and
/// gives entries and the next token.
///
/// # Errors
/// The first page's failure that there is.
async fn pages<T>(
    limit: usize,
    mut page: impl AsyncFnMut(i32, String) -> Result<(Vec<T>, String), Failure>,
) -> Result<Listed<T>, Failure> {
    let (mut all, mut token) = (Vec::new(), String::new());
    loop {
        let size = (limit - all.len()).min(PAGE_SIZE) as i32;
        let (entries, next) = page(size, token).await?;
        all.extend(entries);
        if next.is_empty() || all.len() >= limit {
            let more = !next.is_empty() || all.len() > limit;
            all.truncate(limit);
            return Ok(Listed { entries: all, more });
        }
        token = next;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use memex_proto::v1::ErrorReason;

    use super::*;

    #[test]
    fn only_what_passes_by_itself_is_tried_again() {
        let wait = Duration::from_secs(3);
        let overloaded = Refusal::new(ErrorReason::Overloaded, "later").retry_after(wait).into_status();
        assert_eq!(classify(&overloaded), Classify::Transient { after: Some(wait) });
        let database = Refusal::new(ErrorReason::DatabaseUnavailable, "later").into_status();
        assert_eq!(classify(&database), Classify::Transient { after: None });
        assert_eq!(classify(&Status::unavailable("refused")), Classify::Transient { after: None });
        let conflict = Refusal::new(ErrorReason::VersionConflict, "again").into_status();
        for permanent in [conflict, Status::deadline_exceeded("slow"), Status::internal("x")] {
            assert_eq!(classify(&permanent), Classify::Permanent);
        }
    }

    #[tokio::test]
    async fn pages_end_at_the_limit_or_with_the_last_page() {
        let three = async |size: i32, token: String| {
            let page: usize = token.parse().unwrap_or(0);
            let next = if page == 2 { String::new() } else { (page + 1).to_string() };
            Ok((vec![(page, size); 2], next))
        };
        let whole = vec![(0, 100), (0, 100), (1, 98), (1, 98), (2, 96), (2, 96)];
        assert_eq!(pages(100, three).await.unwrap(), Listed { entries: whole, more: false });
        assert_eq!(pages(3, three).await.unwrap(), Listed { entries: vec![(0, 3), (0, 3), (1, 1)], more: true });
        assert!(pages(2, three).await.unwrap().more && !pages(6, three).await.unwrap().more);
    }
}
