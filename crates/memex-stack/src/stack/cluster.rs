//! The one Postgres of a test process, with a migrated template to copy databases from.

use std::fs::File;
use std::path::{Path, PathBuf};

use memex_runtime::client::Token;
use memory_api::args::DatabaseArgs;
use memory_api::commands::bootstrap::{BootstrapArgs, bootstrap};
use memory_api::commands::migrate_database;
use rustix::process::{Pid, test_kill_process};
use tempfile::TempDir;
use tokio::process::Command;
use tokio::sync::{Mutex, OnceCell};

use super::{Fault, database_args, sql};
use crate::postgres::{Embedded, EmbeddedOptions, find_binaries};

/// The database that is copied.
const TEMPLATE: &str = "memex_template";

/// What a cluster's directory is called, before the number of its process.
const PREFIX: &str = "memex-test-";

/// Room for many stacks at once, each with a few connections a service.
const MAX_CONNECTIONS: u16 = 300;

/// The cluster of this process. Never dropped: Postgres ends with the process, and the directory is removed by the next
/// test process, which finds its owner gone. A start that failed or panicked is tried again by the next test.
static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();

/// A running cluster.
pub(super) struct Cluster {
    embedded: Embedded,
    dir: TempDir,
    worker_token: Token,
    /// Postgres copies a template for one at a time; the others would fail instead of waiting.
    copying: Mutex<()>,
}

impl Cluster {
    /// The cluster of this process, started by the first who asks.
    pub(super) async fn of_this_process() -> Result<&'static Self, Fault> {
        CLUSTER.get_or_try_init(Self::start).await
    }

    async fn start() -> Result<Self, Fault> {
        remove_orphans(&std::env::temp_dir());
        let dir = tempfile::Builder::new().prefix(&format!("{PREFIX}{}-", std::process::id())).tempdir()?;
        let options = EmbeddedOptions {
            name: "memex test".into(),
            durable: false,
            max_connections: MAX_CONNECTIONS,
            ..EmbeddedOptions::new(dir.path())
        };
        let embedded = Embedded::start(options).await?;
        embedded.create_database(TEMPLATE).await?;
        let url = embedded.owner_url(TEMPLATE);
        migrate_database(&database_args(&url)).await?;
        boot(dir.path(), "main", &database_args(&url)).await?;
        sql::make_time_movable(&url).await?;
        let worker_token = std::fs::read_to_string(dir.path().join("worker.token"))?;
        let worker_token = Token::new("worker.token", &worker_token)?;
        Ok(Self { embedded, dir, worker_token, copying: Mutex::new(()) })
    }

    /// Makes a database as the template is.
    pub(super) async fn copy_template(&self, name: &str) -> Result<(), Fault> {
        let _one_at_a_time = self.copying.lock().await;
        Ok(self.embedded.create_database_from_template(name, TEMPLATE).await?)
    }

    /// Makes a database of what pg_dump said of another.
    pub(super) async fn restore(&self, name: &str, dump: &Path) -> Result<(), Fault> {
        self.embedded.create_database(name).await?;
        let mut psql = Command::new(find_binaries()?.dir.join("psql"));
        psql.args(["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--file"]).arg(dump);
        let out = psql.arg("--dbname").arg(self.url(name)).output().await?;
        if out.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&out.stderr).into()) }
    }

    /// Drops a database. A failure leaves it to the end of the cluster, which is near.
    pub(super) async fn drop_database(&self, name: &str) {
        if let Err(error) = self.embedded.drop_database(name).await {
            tracing::warn!(%error, "the database {name} of a test was not dropped");
        }
    }

    /// How the owner reaches a database.
    pub(super) fn url(&self, database: &str) -> String {
        self.embedded.owner_url(database)
    }

    /// The worker's token, the same in every database.
    pub(super) fn worker_token(&self) -> &Token {
        &self.worker_token
    }

    /// The file of the key under which erased users are remembered, the same for every database.
    pub(super) fn erasure_key_file(&self) -> PathBuf {
        erasure_key_file(self.dir.path())
    }

    /// The operator's token of a workspace, which is made where it is missing. The same in every database.
    pub(super) async fn operator_token(&self, workspace: &str, database: &DatabaseArgs) -> Result<String, Fault> {
        if workspace != "main" {
            let _one_at_a_time = self.copying.lock().await;
            boot(self.dir.path(), workspace, database).await?;
        }
        Ok(std::fs::read_to_string(token_file(self.dir.path(), workspace))?.trim().to_owned())
    }
}

async fn boot(dir: &Path, workspace: &str, database: &DatabaseArgs) -> Result<(), Fault> {
    let args = BootstrapArgs {
        workspace: workspace.to_owned(),
        operator_token_file: token_file(dir, workspace),
        worker_token_file: dir.join("worker.token"),
        erasure_key_file: Some(erasure_key_file(dir)),
        database: database.clone(),
    };
    bootstrap(&args).await?;
    Ok(())
}

fn erasure_key_file(dir: &Path) -> PathBuf {
    dir.join("erasure.key")
}

fn token_file(dir: &Path, workspace: &str) -> PathBuf {
    dir.join(format!("operator-{workspace}.token"))
}

/// Removes what earlier test processes left: a directory whose process is gone and whose lock nobody holds.
fn remove_orphans(place: &Path) {
    let Ok(entries) = std::fs::read_dir(place) else { return };
    for dir in entries.flatten().map(|entry| entry.path()).filter(|dir| is_orphan(dir)) {
        // Held while the directory goes, so that the server that is about to end cannot be missed.
        let lock = File::open(dir.join("lock")).ok().filter(|lock| lock.try_lock().is_ok());
        if lock.is_some() {
            // A file of another account, or one that appears meanwhile: the next process tries again.
            let _ = std::fs::remove_dir_all(&dir);
        }
    }
}

fn is_orphan(dir: &Path) -> bool {
    let name = dir.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_prefix(PREFIX));
    let pid = name.and_then(|name| name.split('-').next()?.parse().ok()).and_then(Pid::from_raw);
    pid.is_some_and(|pid| matches!(test_kill_process(pid), Err(rustix::io::Errno::SRCH)))
}
