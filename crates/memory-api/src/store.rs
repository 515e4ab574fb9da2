//! Postgres: the pool, the scope directory and the doors to every statement.
//!
//! One statement per function, its name on its first line; time from `mx_now()`. Each module below adds its part to
//! `Store`: `impl Store` blocks by table.

pub mod access_list;
pub mod access_log;
pub mod archive;
pub mod changesets;
pub mod commit;
pub mod connect;
mod dream_reasons;
pub mod dream_view;
pub mod dreams;
pub mod earlier;
pub mod epochs;
pub mod erasures;
pub mod files;
pub mod forgotten;
pub mod imports;
mod lanes;
pub mod line_origins;
pub mod log_place;
pub mod migrate;
pub mod pool;
pub mod readiness;
pub mod redactions;
pub mod refusals;
pub mod requests;
pub mod revisions;
pub mod scopes;
pub mod search;
pub mod settings;
mod statements;
pub mod status;
pub mod tokens;
pub mod tombstones;
pub mod transaction;
pub mod turns;
pub mod upkeep;
pub mod users;
pub mod watch;

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use memex_runtime::metrics::Meters;
use sqlx::PgPool;
use tokio::sync::{Notify, Semaphore};

use crate::erasure_key::ErasureKey;
use crate::guards::Guards;
use crate::meters::StoreMeters;
use pool::Pool;

/// The store: cheap to clone, shared by every call.
#[derive(Clone)]
pub struct Store {
    pool: Pool,
    meters: StoreMeters,
    guards: Guards,
    /// The connections that carry many calls in one statement.
    lanes: lanes::Lanes,
    /// Whose turn it is among the calls that lock one scope.
    turns: turns::Turns,
    /// Places for archives that are written or read.
    archives: Arc<Semaphore>,
    /// User to scope, remembered; a scope never changes its user, so that only a miss asks Postgres.
    scopes: Arc<RwLock<HashMap<scopes::ScopeKey, i64>>>,
    /// Where the lines of file versions come from.
    line_origins: line_origins::Remembered,
    /// Refusals beyond the rate that have rows of their own.
    refusals: Arc<refusals::Refusals>,
    /// The key of the tombstones, where the service was given one.
    erasure_key: Option<Arc<ErasureKey>>,
    /// When Postgres last did not answer.
    away: Arc<readiness::Away>,
    /// Wakes the work of erasures.
    erasing: Arc<Notify>,
    /// Wakes who waits for the database's present life to begin.
    begun: Arc<Notify>,
}

impl Store {
    /// A store over a pool whose connections act as the service's role. It measures nothing.
    pub fn new(pool: PgPool) -> Self {
        Self::metered(pool, &Meters::off())
    }

    /// The same, measured.
    pub fn metered(pool: PgPool, meters: &Meters) -> Self {
        let store_meters = StoreMeters::new(meters);
        let pool = Pool::new(pool, store_meters.clone());
        let lanes = lanes::Lanes::new(&pool, &store_meters);
        let turns = turns::Turns::default();
        pool.observe(meters);
        lanes.observe(meters);
        turns.observe(meters);
        let archives = Arc::new(Semaphore::new(archive::places(&pool)));
        Self {
            pool,
            meters: store_meters,
            guards: Guards::default(),
            lanes,
            turns,
            archives,
            scopes: Arc::default(),
            line_origins: line_origins::Remembered::default(),
            refusals: Arc::default(),
            erasure_key: None,
            away: Arc::default(),
            erasing: Arc::default(),
            begun: Arc::default(),
        }
    }

    /// The same with the key of the tombstones.
    #[must_use]
    pub fn with_erasure_key(self, key: Option<ErasureKey>) -> Self {
        Self { erasure_key: key.map(Arc::new), ..self }
    }

    /// The same with these guards.
    #[must_use]
    pub(crate) fn with_guards(self, guards: Guards) -> Self {
        Self { guards, ..self }
    }

    /// The key of the tombstones, where the service was given one.
    pub(crate) fn erasure_key(&self) -> Option<&ErasureKey> {
        self.erasure_key.as_deref()
    }

    /// Says that there is an erasure to go on with.
    pub(crate) fn go_on_erasing(&self) {
        self.erasing.notify_one();
    }

    /// Ends when that was said.
    pub(crate) async fn erasure_begun(&self) {
        self.erasing.notified().await;
    }

    /// The pool, for the statements of this crate.
    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }
}
