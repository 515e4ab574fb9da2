//! Both services in one process over a real Postgres, for tests: a database of its own in a tenth of a second, time
//! that moves when told, clients of every role, and a closing check of what must always be true.

mod calls;
mod clients;
mod clock;
mod closing;
mod cluster;
mod replica;
mod sql;
mod twin;
mod user;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use dream_worker::{Driver, DriverSettings};
use memex_runtime::causes::with_causes;
use memex_runtime::client::{AuthChannel, ClientSettings, Token, connect};
use memex_runtime::health::Health;
use memory_api::Guards;
use memory_api::args::{DatabaseArgs, ErasureArgs};
use sqlx::PgPool;

pub use calls::Call;
pub use clients::{Clients, Workspace};
pub use closing::broken_rules;
/// What `Stack::sql` speaks, so that a test needs no dependency of its own.
pub use sqlx;
pub use user::User;

use clock::MovedClock;
use cluster::Cluster;
use replica::Replica;

/// Why a test's stack could not be had; a test unwraps it.
pub type Fault = Box<dyn std::error::Error + Send + Sync>;

/// Makes the names of databases unique within this process; the cluster is the process's own.
static NUMBER: AtomicU64 = AtomicU64::new(0);

/// What a stack is made of.
#[derive(Debug, Clone)]
pub struct StackOptions {
    /// The guards that are Rust; all on.
    pub guards: Guards,
    /// Whether `dream_enabled` is on for the deployment and every workspace. Default true.
    pub dream_enabled: bool,
    /// The workspaces, each with its operator's token; the first is the one that `Stack` speaks of. Default `main`.
    pub workspaces: Vec<String>,
    /// How many memory-api serve the one database. Default 1.
    pub replicas: usize,
    /// Whether they have the key under which erased users are remembered. Default true.
    pub erasure_key: bool,
    /// What pg_dump said of another stack of this process, from which the database is restored. Default none.
    pub dump: Option<PathBuf>,
}

impl Default for StackOptions {
    fn default() -> Self {
        Self {
            guards: Guards::default(),
            dream_enabled: true,
            workspaces: vec!["main".into()],
            replicas: 1,
            erasure_key: true,
            dump: None,
        }
    }
}

/// memory-api over a database of its own, a dream-worker that is stepped, and time that moves when told.
///
/// End it with [`finish`](Self::finish), which checks what must always be true, or, where a twin broke it on purpose,
/// with [`abandon`](Self::abandon); dropped without either, it fails the test.
pub struct Stack {
    cluster: &'static Cluster,
    database: String,
    sql: PgPool,
    clock: Arc<MovedClock>,
    replicas: Vec<Replica>,
    workspaces: Vec<Workspace>,
    ended: bool,
}

impl Stack {
    /// One memory-api, one workspace, dreaming on, every guard on.
    ///
    /// # Panics
    /// Where it cannot be had: there is no test without it.
    pub async fn start() -> Self {
        Self::with(StackOptions::default()).await
    }

    /// As the options say.
    ///
    /// # Panics
    /// Where it cannot be had: there is no test without it.
    pub async fn with(options: StackOptions) -> Self {
        match Self::try_with(options).await {
            Ok(stack) => stack,
            Err(error) => panic!("the stack cannot be had: {}", with_causes(&*error)),
        }
    }

    /// As the options say.
    ///
    /// # Errors
    /// Where Postgres, the database or a service cannot be had.
    pub async fn try_with(options: StackOptions) -> Result<Self, Fault> {
        let cluster = Cluster::of_this_process().await?;
        let database = format!("stack_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        match &options.dump {
            Some(dump) => cluster.restore(&database, dump).await?,
            None => cluster.copy_template(&database).await?,
        }
        let url = cluster.url(&database);
        let sql = sql::pool(&url)?;
        let mut workspaces = Vec::new();
        for name in &options.workspaces {
            let token = cluster.operator_token(name, &database_args(&url)).await?;
            workspaces.push((name.clone(), token));
        }
        sql::switch_dreaming(&sql, options.dream_enabled).await?;
        let clock = Arc::new(MovedClock::default());
        let mut replicas = Vec::new();
        for _ in 0..options.replicas.max(1) {
            let erasure = ErasureArgs { erasure_key_file: options.erasure_key.then(|| cluster.erasure_key_file()) };
            replicas.push(Replica::start(database_args(&url), erasure, clock.clone(), options.guards).await?);
        }
        let endpoint = replicas[0].endpoint();
        let workspaces = workspaces.into_iter().map(|(name, token)| Workspace::new(name, endpoint.clone(), &token));
        let workspaces = workspaces.collect::<Result<_, _>>()?;
        Ok(Self { cluster, database, sql, clock, replicas, workspaces, ended: false })
    }

    /// The first workspace.
    pub fn workspace(&self) -> &Workspace {
        &self.workspaces[0]
    }

    /// The workspace of that name.
    ///
    /// # Panics
    /// Where the options named none such.
    pub fn workspace_named(&self, name: &str) -> &Workspace {
        let found = self.workspaces.iter().find(|workspace| workspace.name() == name);
        found.unwrap_or_else(|| panic!("StackOptions::workspaces has no {name}"))
    }

    /// The first workspace's operator.
    pub fn operator(&self) -> Clients {
        self.workspace().operator()
    }

    /// A backend of the first workspace.
    pub async fn backend(&self) -> Clients {
        self.workspace().backend().await
    }

    /// An agent of the first workspace that is bound to `user`.
    pub async fn agent(&self, user: &str) -> Clients {
        self.workspace().agent(user).await
    }

    /// An auditor of the first workspace.
    pub async fn auditor(&self) -> Clients {
        self.workspace().auditor().await
    }

    /// A user of the first workspace, written for by an agent that is bound to them.
    pub async fn user(&self, user: &str) -> User {
        self.workspace().user(user).await
    }

    /// Where the first memory-api answers.
    pub fn endpoint(&self) -> String {
        self.replicas[0].endpoint()
    }

    /// Where the memory-api of that number answers, from 0.
    pub fn endpoint_of(&self, replica: usize) -> String {
        self.replicas[replica].endpoint()
    }

    /// The first memory-api, as a worker: for calls that a worker makes by hand.
    pub fn worker_channel(&self) -> Clients {
        Clients::over(self.worker_connection(0))
    }

    /// A worker of three slots at the first memory-api, to be stepped with `poll_once`.
    pub fn worker(&self) -> Driver {
        self.worker_named("worker", 0)
    }

    /// A worker with that name at the memory-api of that number.
    pub fn worker_named(&self, name: &str, replica: usize) -> Driver {
        let settings = DriverSettings {
            enabled: true,
            endpoint: self.endpoint_of(replica),
            name: name.to_owned(),
            slots: 3,
            poll: Duration::from_millis(100),
            drain: Duration::from_secs(5),
        };
        Driver::new(self.worker_connection(replica), settings, self.clock.clone(), Health::new())
    }

    fn worker_connection(&self, replica: usize) -> AuthChannel {
        let settings =
            ClientSettings::new(&self.endpoint_of(replica)).expect("an address that was bound is an endpoint");
        connect(&settings.with_token(self.cluster.worker_token().clone()))
    }

    /// The worker's token: there is one for the deployment.
    pub fn worker_token(&self) -> Token {
        self.cluster.worker_token().clone()
    }

    /// The database as its owner.
    pub fn sql(&self) -> &PgPool {
        &self.sql
    }

    /// How the database's owner reaches it: a secret, of a cluster that ends with this process.
    pub fn database_url(&self) -> String {
        self.cluster.url(&self.database)
    }

    /// The file of the key under which erased users are remembered.
    pub fn erasure_key_file(&self) -> std::path::PathBuf {
        self.cluster.erasure_key_file()
    }

    /// Lets time pass, in the database and in the services, which live meanwhile.
    ///
    /// # Panics
    /// Where the database cannot be asked.
    pub async fn advance(&self, time: Duration) {
        sql::advance(&self.sql, time).await.expect("the test clock is a table of this database");
        self.clock.advance(time);
    }

    /// Lets time pass in which Postgres was away: memory-api finds out when it next writes that it lives, within seconds, and
    /// records an outage where the time is over 15 seconds.
    ///
    /// # Panics
    /// Where the database cannot be asked.
    pub async fn outage(&self, time: Duration) {
        sql::outage(&self.sql, time).await.expect("the test clock is a table of this database");
        self.clock.advance(time);
    }

    /// Lets so much time pass that whoever wrote before is quiet for long enough, and nobody was dreamt for too
    /// recently, by the keys as they are now.
    ///
    /// # Panics
    /// Where the database cannot be asked.
    pub async fn quiet(&self) {
        let minutes = sql::quiet_minutes(&self.sql).await.expect("every workspace has its keys");
        self.advance(Duration::from_secs(60 * minutes)).await;
    }

    /// Replaces an SQL function of this database by its twin: the same without the lines marked `-- guard: GUARD`.
    ///
    /// # Panics
    /// Where there is no such function or mark: a twin that is no twin proves nothing.
    pub async fn install_twin(&self, function: &str, guard: &str) {
        if let Err(error) = twin::install(&self.sql, function, guard).await {
            panic!("no twin of {function} without {guard}: {}", with_causes(&*error));
        }
    }

    /// Ends the services, checks what must be true of the database afterwards, and drops it.
    ///
    /// # Panics
    /// With every rule that is broken: a lease that is held, a live file without its revision, a revision without its
    /// access-log row, a gap in a sequence or a version, a counter that does not add up.
    pub async fn finish(mut self) {
        self.end().await;
        let broken = closing::broken_rules(&self.sql).await.expect("the closing check asks this database");
        assert!(broken.is_empty(), "the stack ends with broken rules:\n  {}", broken.join("\n  "));
        self.drop_database().await;
    }

    /// Ends the services and drops the database, whatever is in it: for twins, which break rules on purpose.
    pub async fn abandon(mut self) {
        self.end().await;
        self.drop_database().await;
    }

    async fn end(&mut self) {
        self.ended = true;
        for replica in self.replicas.drain(..) {
            replica.stop().await;
        }
    }

    async fn drop_database(&self) {
        self.sql.close().await;
        self.cluster.drop_database(&self.database).await;
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // A test that fails has said enough.
        if !self.ended && !std::thread::panicking() {
            panic!("end the stack with finish().await, which checks what must always be true");
        }
    }
}

fn database_args(url: &str) -> DatabaseArgs {
    // Few, because many stacks of one test process share a cluster.
    DatabaseArgs { database_url: Some(url.to_owned()), owner_database_url: None, max_connections: 4.into() }
}
