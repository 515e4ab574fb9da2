//! Ties a child process to this one, so that `kill -9` of Memex leaves no server behind.
//!
//! The one place in the workspace with `unsafe` code: what runs between fork and exec cannot be written without.

#![allow(unsafe_code)]

use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::process::Signal;

/// Makes the system send `signal` to the child when the *thread* that starts it ends, so that thread must live
/// as long as the child. Where the system has no such thing (macOS), the next start ends what was left behind.
pub(crate) fn ends_with_parent(command: &mut Command, signal: Signal) {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        let parent = std::process::id();
        let tie = move || {
            rustix::process::set_parent_process_death_signal(Some(signal))?;
            // The parent may have died before the line above: then no signal would ever come.
            let now = rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get().unsigned_abs());
            if now != Some(parent) {
                return Err(std::io::Error::from_raw_os_error(rustix::io::Errno::SRCH.raw_os_error()));
            }
            Ok(())
        };
        // SAFETY: the closure runs in the forked child, where only async-signal-safe work is allowed. It makes two
        // system calls (prctl, getppid), takes no lock and allocates nothing. It runs after the child has changed
        // its user, which would have cleared the signal.
        unsafe { command.pre_exec(tie) };
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _ = (command, signal);
}
