//! Runs the service: connects, binds, serves until it is told to end.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;

use memex_core::clock::Clock;
use memex_proto::DESCRIPTORS;
use memex_proto::v1::admin_service_server::AdminServiceServer;
use memex_proto::v1::dream_admin_service_server::DreamAdminServiceServer;
use memex_proto::v1::dream_service_server::DreamServiceServer;
use memex_proto::v1::history_service_server::HistoryServiceServer;
use memex_proto::v1::memory_service_server::MemoryServiceServer;
use memex_runtime::deadline::Uploads;
use memex_runtime::health::Health;
use memex_runtime::in_flight::InFlight;
use memex_runtime::lifecycle::{EXIT_SETTINGS, EXIT_UNAVAILABLE, Shutdown};
use memex_runtime::metrics::{CallMeter, Meters};
use memex_runtime::server::{self, Listening, MAX_MESSAGE_BYTES, ServerLimits, ServerTls};
use memex_runtime::settings::Mistakes;
use memex_runtime::unreadable::Unreadable;
use tonic::service::Routes;

use crate::args::ServeArgs;
use crate::auth::Tokens;
use crate::dream_meters::{DreamMeters, Figures};
use crate::erase;
use crate::erasure_key::ErasureKey;
use crate::error::{self, Error};
use crate::guards::Guards;
use crate::services::admin::Admin;
use crate::services::context::Context;
use crate::services::dream::Dreams;
use crate::services::dream_admin::DreamAdmin;
use crate::services::history::History;
use crate::services::memory::Memory;
use crate::store::Store;
use crate::store::connect::{self, PoolSettings};
use crate::store::readiness;
use crate::sweep;

/// Where memory-api listens where nothing else is said.
pub const DEFAULT_LISTEN: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 50061));

/// The services whose readiness follows Postgres; `""` is liveness and does not.
const SERVICES: [&str; 5] = [
    "memex.v1.MemoryService",
    "memex.v1.HistoryService",
    "memex.v1.DreamService",
    "memex.v1.DreamAdminService",
    "memex.v1.AdminService",
];

/// The calls that stay open for as long as their caller likes.
const WATCHES: [&str; 2] = ["/memex.v1.HistoryService/WatchChanges", "/memex.v1.DreamAdminService/WatchDream"];

/// The calls that take an archive in.
const UPLOADS: Uploads =
    Uploads { paths: &["/memex.v1.AdminService/ImportUser"], max_call: crate::services::admin::LONGEST_IMPORT };

/// Why the service ended otherwise than it was told to.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Bad settings: all of them.
    #[error(transparent)]
    Settings(#[from] Mistakes),
    /// It could not listen.
    #[error(transparent)]
    Bind(#[from] server::BindError),
    /// A URL that sqlx cannot read.
    #[error("the database's URL cannot be used")]
    Database(#[from] sqlx::Error),
    /// Reflection could not be built.
    #[error(transparent)]
    Reflection(#[from] memex_runtime::reflection::ReflectionError),
    /// The transport failed.
    #[error("the server failed")]
    Transport(#[from] tonic::transport::Error),
}

impl RunError {
    /// The exit code that goes with it.
    pub fn exit_code(&self) -> u8 {
        match self {
            RunError::Settings(_) | RunError::Database(_) => EXIT_SETTINGS,
            _ => EXIT_UNAVAILABLE,
        }
    }
}

/// What `serve` is told, checked.
pub(crate) struct Settings {
    address: SocketAddr,
    allow_plaintext: bool,
    tls: Option<ServerTls>,
    max_in_flight: usize,
    drain_timeout: Duration,
    pool: PoolSettings,
    erasure_key: Option<ErasureKey>,
}

/// The settings, or every mistake in them, those of logs and traces included. Where there is no mistake there are settings.
pub(crate) fn settings(args: &ServeArgs) -> Result<Option<Settings>, Mistakes> {
    let mut mistakes = Mistakes::new();
    let allow_plaintext = args.server.allows_plaintext(&mut mistakes);
    let address = args.server.address(DEFAULT_LISTEN, allow_plaintext || args.tls.wanted(), &mut mistakes);
    let tls = args.tls.load(&mut mistakes);
    let max_in_flight = args.load.calls_in_flight(&mut mistakes);
    let drain_timeout = args.lifecycle.drain_timeout(&mut mistakes);
    let pool = args.database.service(&mut mistakes);
    let erasure_key = args.erasure.key(&mut mistakes);
    args.telemetry.check(&mut mistakes);
    mistakes.into_result()?;
    Ok(pool.map(|pool| Settings { address, allow_plaintext, tls, max_in_flight, drain_timeout, pool, erasure_key }))
}

/// Serves until `shutdown`; `ready` hears the bound address as soon as calls are accepted.
///
/// `meters` measures it. Postgres need not be there: the service starts, says that it is not ready, and becomes ready when it can be reached.
///
/// # Errors
/// Bad settings (every mistake at once) or an address that cannot be bound.
pub async fn serve(
    args: ServeArgs,
    clock: Arc<dyn Clock>,
    guards: Guards,
    meters: Meters,
    shutdown: Shutdown,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), RunError> {
    let Some(settings) = settings(&args)? else { return Ok(()) };
    let Settings { address, allow_plaintext, tls, max_in_flight, drain_timeout, pool: pool_settings, erasure_key } =
        settings;
    let store =
        Store::metered(connect::pool(&pool_settings)?, &meters).with_erasure_key(erasure_key).with_guards(guards);
    let listener = server::bind(address, allow_plaintext || tls.is_some()).await?;
    let bound = listener.local_addr().unwrap_or(address);
    tracing::info!(listen = %bound, tls = tls.is_some(), own_role = pool_settings.set_role, "memory-api listens on {bound}{}", role_note(pool_settings.set_role));
    ready(bound);

    let health = Health::new();
    let tokens = Tokens::new(store.clone(), clock);
    let context =
        Context { tokens, store: store.clone(), guards, meters: DreamMeters::new(&meters), shutdown: shutdown.clone() };
    let routes = routes(&context, &health, &meters)?;
    let watching = tokio::spawn(watch_postgres(store.clone(), health.clone(), shutdown.clone()));
    let sweeping = tokio::spawn(sweep::run(store.clone(), Figures::new(&meters), shutdown.clone()));
    let erasing = tokio::spawn(erase::run(store.clone(), shutdown.clone()));
    let limits = ServerLimits {
        drain_timeout,
        unreadable: Unreadable { too_long: error::message_too_large, malformed: error::malformed },
        long_headers: error::headers_too_large,
        late: error::late,
        uploads: UPLOADS,
        in_flight: InFlight {
            calls: max_in_flight,
            watches: &WATCHES,
            watching: InFlight::watching_beside(max_in_flight),
            overloaded: error::overloaded,
        },
        calls: CallMeter::of_server(&meters, memex_proto::methods()),
        ..ServerLimits::default()
    };
    let drained = server::serve(Listening { listener, tls }, routes, &health, &shutdown, limits).await;
    watching.abort();
    sweeping.abort();
    erasing.abort();
    // After the last call, so that none is lost.
    if let Err(error) = store.write_held_refusals().await {
        tracing::warn!(%error, "refusals beyond the rate were counted but their rows could not be written");
    }
    tracing::info!(drained = ?drained.as_ref().ok(), "memory-api has ended");
    drained.map(|_| ()).map_err(RunError::from)
}

fn role_note(set_role: bool) -> &'static str {
    if set_role { "; one database URL is given, so each connection takes the role memex_app" } else { "" }
}

fn routes(context: &Context, health: &Health, meters: &Meters) -> Result<Routes, RunError> {
    let routes = Routes::new(health.service())
        .add_service(
            MemoryServiceServer::new(Memory::new(context.clone(), meters)).max_decoding_message_size(MAX_MESSAGE_BYTES),
        )
        .add_service(
            HistoryServiceServer::new(History::new(context.clone())).max_decoding_message_size(MAX_MESSAGE_BYTES),
        )
        .add_service(DreamServiceServer::new(Dreams::new(context.clone())).max_decoding_message_size(MAX_MESSAGE_BYTES))
        .add_service(
            DreamAdminServiceServer::new(DreamAdmin::new(context.clone())).max_decoding_message_size(MAX_MESSAGE_BYTES),
        )
        .add_service(AdminServiceServer::new(Admin::new(context.clone())).max_decoding_message_size(MAX_MESSAGE_BYTES));
    Ok(memex_runtime::reflection::add(routes, &[DESCRIPTORS, tonic_health::pb::FILE_DESCRIPTOR_SET])?)
}

/// Readiness: whether Postgres answers with the schema of this version and stores changes. Says so once at each change.
async fn watch_postgres(store: Store, health: Health, shutdown: Shutdown) {
    let mut asking = store.readiness();
    let mut was = None;
    while !shutdown.is_triggered() {
        let answered = asking.ask().await;
        let is = matches!(answered, Ok(true));
        if was != Some(is) {
            match answered {
                Ok(true) => tracing::info!("Postgres answers: ready"),
                Err(error) if error.is_missing_schema() => {
                    tracing::warn!("not ready: the database lacks this version's schema; run `memory-api migrate`");
                }
                Err(Error::Unwritable { code }) => tracing::warn!(
                    code,
                    "not ready: Postgres stores nothing now: it answered {code}; 25006: it is read-only, 53100: its disk is full"
                ),
                _ => tracing::warn!(
                    "not ready: Postgres cannot be reached at DATABASE_URL; start it, or correct the URL"
                ),
            }
            health.set_all(SERVICES, is).await;
            was = Some(is);
        }
        tokio::select! {
            () = tokio::time::sleep(readiness::EVERY) => {}
            () = shutdown.triggered() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_takes_no_place_of_a_call() {
        let watches = |method: &&String| method.rsplit('/').next().is_some_and(|name| name.starts_with("Watch"));
        let all = memex_proto::methods();
        for watch in all.iter().filter(watches) {
            assert!(WATCHES.contains(&format!("/{watch}").as_str()), "{watch}");
        }
        assert_eq!(all.iter().filter(watches).count(), WATCHES.len());
    }
}
