//! The pair's Postgres: an embedded one, or one that somebody else runs.

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use memex_runtime::settings::Mistakes;
use memory_api::args::DatabaseArgs;

use super::{DATABASE, PairError, PairOptions, Running};
use crate::postgres::{Embedded, EmbeddedOptions, lock};

/// How long another process may hold the instance's directory before it is named and this start given up: one that
/// was just killed holds it for a moment.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// The pair's Postgres.
#[derive(Debug)]
pub(super) enum Database {
    /// Ours: started and stopped with the pair.
    Embedded(Box<Embedded>, DatabaseArgs),
    /// Somebody else's; ours is the directory, and its lock.
    Given { args: DatabaseArgs, dir: PathBuf, _lock: File },
}

impl Database {
    /// Starts the embedded one, or checks the settings of the given one; either way nobody else uses the instance's
    /// directory from here on.
    pub(super) async fn start(options: &PairOptions) -> Result<Self, PairError> {
        let given = |url: &Option<String>| url.clone().filter(|url| !url.trim().is_empty());
        let args = DatabaseArgs {
            database_url: given(&options.database.database_url),
            owner_database_url: given(&options.database.owner_database_url),
            max_connections: options.database.max_connections.clone(),
        };
        if args.database_url.is_some() || args.owner_database_url.is_some() {
            Self::given(args, &options.data_dir).await
        } else {
            Self::embedded(args, options).await
        }
    }

    async fn embedded(args: DatabaseArgs, options: &PairOptions) -> Result<Self, PairError> {
        let mut mistakes = Mistakes::new();
        let connections = args.connections(&mut mistakes);
        mistakes.into_result()?;
        let how = EmbeddedOptions {
            durable: options.durable,
            lock_wait: LOCK_WAIT,
            max_connections: u16::try_from(connections).unwrap_or(500).saturating_add(50),
            ..EmbeddedOptions::new(&options.data_dir)
        };
        let embedded = Embedded::start(how).await?;
        if let Err(error) = embedded.ensure_database(DATABASE).await {
            embedded.stop().await;
            return Err(error.into());
        }
        let args = DatabaseArgs { database_url: Some(embedded.owner_url(DATABASE)), ..args };
        Ok(Self::Embedded(Box::new(embedded), args))
    }

    async fn given(args: DatabaseArgs, dir: &Path) -> Result<Self, PairError> {
        let mut mistakes = Mistakes::new();
        args.service(&mut mistakes);
        mistakes.into_result()?;
        std::fs::create_dir_all(dir).map_err(PairError::io("make", dir))?;
        let dir = dir.canonicalize().map_err(PairError::io("find", dir))?;
        let private = std::fs::set_permissions(&dir, Permissions::from_mode(0o700));
        private.map_err(PairError::io("set the permissions of", &dir))?;
        let lock = lock::acquire(&dir, LOCK_WAIT).await?;
        Ok(Self::Given { args, dir, _lock: lock })
    }

    /// How the services reach it.
    pub(super) fn args(&self) -> &DatabaseArgs {
        match self {
            Self::Embedded(_, args) | Self::Given { args, .. } => args,
        }
    }

    /// The instance's directory, in full.
    pub(super) fn dir(&self) -> &Path {
        match self {
            Self::Embedded(embedded, _) => embedded.data_dir(),
            Self::Given { dir, .. } => dir,
        }
    }

    /// Its process, where it is ours.
    pub(super) fn running(&self) -> Option<Running> {
        match self {
            Self::Embedded(embedded, _) => Some(Running {
                name: "postgres",
                listens: format!("{} (version {})", embedded.socket_dir().display(), embedded.version()),
                pid: embedded.pid(),
                log: embedded.log(),
            }),
            Self::Given { .. } => None,
        }
    }

    /// Ends when the embedded server has ended by itself; never where it is somebody else's.
    pub(super) async fn ended(&self) -> PairError {
        match self {
            Self::Embedded(embedded, _) => obituary(embedded, embedded.exited().await),
            Self::Given { .. } => std::future::pending().await,
        }
    }

    /// Stops the embedded one, with everything written out.
    pub(super) async fn stop(self) {
        if let Self::Embedded(embedded, _) = self {
            embedded.stop().await;
        }
    }
}

fn obituary(embedded: &Embedded, status: ExitStatus) -> PairError {
    let log = embedded.log();
    let text = std::fs::read_to_string(&log).unwrap_or_default();
    let mut lines: Vec<&str> = text.lines().rev().take(20).collect();
    lines.reverse();
    PairError::Ended { name: "postgres", status, tail: lines.join("\n"), log }
}
