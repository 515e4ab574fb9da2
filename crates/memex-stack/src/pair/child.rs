//! One service of the pair as a child process: started, waited for until it listens, drained, killed when it must be.

use std::fs::File;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use memex_runtime::lifecycle::Shutdown;
use rustix::process::Signal;

use super::PairError;
use super::log::Log;
use crate::process::Process;

/// How long a service may take until it listens. Generous: it only bounds a service that hangs.
const READY: Duration = Duration::from_secs(60);
/// How often its word is looked for.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// How much longer than its drain time a service may take to end before it is killed.
const GRACE: Duration = Duration::from_secs(3);

/// What a child is started with.
pub(super) struct Launch<'a> {
    /// `memory-api` or `dream-worker`.
    pub name: &'static str,
    /// The executable that has `memex run`.
    pub program: &'a Path,
    /// What follows the service's name on its command line.
    pub args: Vec<String>,
    /// Variables that it gets beside the inherited ones.
    pub env: Vec<(&'static str, String)>,
    /// Variables that it must not inherit.
    pub without: &'a [&'static str],
    /// The instance's directory, for its log and its word.
    pub dir: &'a Path,
    /// Whether it logs to this process's standard error instead of its file.
    pub verbose: bool,
}

/// A running service. Dropped, it is killed.
#[derive(Debug)]
pub(super) struct Child {
    pub(super) name: &'static str,
    process: Process,
    log: Log,
    /// The file in which it says where it listens; removed when it ends.
    word: PathBuf,
    address: SocketAddr,
}

impl Child {
    /// Starts the service and waits until it listens.
    pub(super) async fn start(launch: Launch<'_>, shutdown: &Shutdown) -> Result<Self, PairError> {
        let name = launch.name;
        let (log, file) = Log::open(launch.dir, name)?;
        let ready = launch.dir.join(format!("{name}.address"));
        forget(&ready)?;
        let command = command(&launch, &ready, file)?;
        // Killed, not asked, when this process is gone: the next start must find the ports and the database free.
        let launched = Process::launch(name, command, Signal::KILL, ()).await;
        let process = launched.map_err(PairError::io("run", launch.program))?;
        let address = SocketAddr::from(([0, 0, 0, 0], 0));
        let mut child = Self { name, process, log, word: ready, address };
        child.address = child.ready(shutdown).await?;
        Ok(child)
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The process's number.
    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Where it logs.
    pub(super) fn log(&self) -> &Path {
        self.log.path()
    }

    /// Ends when the service has ended.
    pub(super) fn exited(&self) -> impl Future<Output = ExitStatus> + Send + use<> {
        self.process.exited()
    }

    /// What to say of a service that ended by itself.
    pub(super) fn obituary(&self, status: ExitStatus) -> PairError {
        PairError::Ended { name: self.name, status, log: self.log.path().to_owned(), tail: self.log.tail() }
    }

    /// Tells it to end, waits for its drain, and kills it where that takes longer than `drain`.
    pub(super) async fn stop(&self, drain: Duration) {
        self.process.signal(Signal::TERM);
        if tokio::time::timeout(drain + GRACE, self.exited()).await.is_err() {
            tracing::warn!(pid = self.id(), "{} did not end in {:?} and is killed", self.name, drain + GRACE);
            self.process.signal(Signal::KILL);
            self.exited().await;
        }
        if let Err(error) = forget(&self.word) {
            tracing::warn!(%error, "the address of {} stays behind", self.name);
        }
    }

    async fn ready(&self, shutdown: &Shutdown) -> Result<SocketAddr, PairError> {
        let said = async {
            loop {
                // Renamed into place, so that what is there is whole.
                if let Some(address) =
                    std::fs::read_to_string(&self.word).ok().and_then(|text| text.trim().parse().ok())
                {
                    return address;
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        tokio::select! {
            said = tokio::time::timeout(READY, said) => said.map_err(|_| PairError::NotReady {
                name: self.name,
                waited: READY,
                log: self.log.path().to_owned(),
                tail: self.log.tail(),
            }),
            status = self.exited() => Err(self.obituary(status)),
            () = shutdown.triggered() => Err(PairError::Interrupted),
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.process.signal(Signal::KILL);
    }
}

/// `PROGRAM run --ready-file FILE NAME ARGS…`, in a process group of its own, so that a Ctrl-C at the terminal reaches
/// only the process that ends the others in order.
fn command(launch: &Launch<'_>, ready: &Path, log: File) -> Result<Command, PairError> {
    let mut command = Command::new(launch.program);
    command.arg("run").arg("--ready-file").arg(ready).arg(launch.name).args(&launch.args);
    launch.without.iter().for_each(|name| {
        command.env_remove(name);
    });
    command.envs(launch.env.iter().map(|(name, value)| (name, value)));
    command.current_dir(launch.dir).process_group(0).stdin(Stdio::null());
    if launch.verbose {
        command.stdout(std::io::stderr()).stderr(Stdio::inherit());
    } else {
        let other = log.try_clone().map_err(PairError::io("open the log of", launch.name))?;
        command.stdout(other).stderr(log);
    }
    Ok(command)
}

fn forget(ready: &Path) -> Result<(), PairError> {
    match std::fs::remove_file(ready) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(PairError::io("remove", ready)(error)),
        _ => Ok(()),
    }
}
