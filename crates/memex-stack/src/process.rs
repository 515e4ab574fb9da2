//! A child process: one thread that starts it, waits for it and reaps it.

use std::io;
use std::process::{Command, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use tokio::sync::{oneshot, watch};

use crate::postgres::parent_death::ends_with_parent;

/// A process that was started. What becomes of it when this is dropped is its owner's business.
#[derive(Debug)]
pub(crate) struct Process {
    id: u32,
    /// Empty once the process is about to be reaped: its number may then be another's.
    alive: Arc<Mutex<Option<Pid>>>,
    exit: watch::Receiver<Option<ExitStatus>>,
}

impl Process {
    /// Starts `command` on a thread that lives exactly as long as the child: `on_parent_death`, the signal that ties
    /// the child to this process, comes when that thread ends, and only this thread's end means that the process is
    /// gone. `held` is dropped once the child has ended.
    pub(crate) async fn launch(
        name: &'static str,
        mut command: Command,
        on_parent_death: Signal,
        held: impl Send + 'static,
    ) -> io::Result<Self> {
        ends_with_parent(&mut command, on_parent_death);
        let (started, starting) = oneshot::channel();
        std::thread::Builder::new().name(name.into()).spawn(move || {
            let mut child = match command.spawn() {
                Ok(child) => child,
                Err(error) => {
                    // Nobody waits any more: then nobody wants to know.
                    let _ = started.send(Err(error));
                    return;
                }
            };
            let pid = Pid::from_child(&child);
            let alive = Arc::new(Mutex::new(Some(pid)));
            let (exited, exit) = watch::channel(None);
            let process = Self { id: child.id(), alive: alive.clone(), exit };
            if let Err(Ok(unwanted)) = started.send(Ok(process)) {
                unwanted.signal(on_parent_death);
            }
            // Seen but not yet reaped, the number is still this child's: no signal can go astray.
            let seen = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            let _ = rustix::io::retry_on_intr(|| waitid(WaitId::Pid(pid), seen));
            *alive.lock().unwrap_or_else(PoisonError::into_inner) = None;
            let status = child.wait();
            drop(held);
            if let Ok(status) = status {
                exited.send_replace(Some(status));
            }
        })?;
        starting.await.unwrap_or_else(|_| Err(io::Error::other("the thread that starts the process ended")))
    }

    /// The process's number.
    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// Ends, with how the process ended, once it has.
    pub(crate) fn exited(&self) -> impl Future<Output = ExitStatus> + Send + use<> {
        let mut exit = self.exit.clone();
        async move {
            let status = exit.wait_for(Option::is_some).await.ok().and_then(|status| *status);
            // The thread went without a word only if the child could not be waited for.
            status.unwrap_or_default()
        }
    }

    /// Sends a signal, unless the process has ended.
    pub(crate) fn signal(&self, signal: Signal) {
        if let Some(pid) = *self.alive.lock().unwrap_or_else(PoisonError::into_inner) {
            // It fails only for a process that is gone, which is what was wanted.
            let _ = kill_process(pid, signal);
        }
    }
}
