//! Makes a new cluster, once, and keeps its password.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use rustix::process::Signal;

use super::instance::Instance;
use super::parent_death::ends_with_parent;
use super::{Binaries, PostgresError, SUPERUSER, leftover};

/// What letters are: with `C` alone, `lower('Ä')` is `Ä`, and nothing but ASCII could be searched for.
const LC_CTYPE: &str = if cfg!(target_os = "macos") { "en_US.UTF-8" } else { "C.UTF-8" };

/// The superuser's password, of a cluster that is made first if there is none.
///
/// The cluster is made beside its place and renamed, and the password is on disk before: a start that is killed at
/// any point leaves either no cluster or a whole one.
pub(super) async fn ensure(instance: &Instance, binaries: &Binaries, durable: bool) -> Result<String, PostgresError> {
    let password_file = instance.password();
    if instance.major().is_some() {
        return match std::fs::read_to_string(&password_file) {
            Ok(password) => Ok(password.trim().to_owned()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(PostgresError::PasswordMissing { path: password_file })
            }
            Err(error) => Err(PostgresError::io("read", password_file)(error)),
        };
    }
    let fresh = instance.dir().join("data.new");
    leftover::clear(&fresh, &instance.socket_lock()).await?;
    remove(&fresh)?;
    let password = keep_new_password(instance)?;
    instance.private_dir(&fresh)?;
    let mut command = initdb(instance, binaries, &fresh);
    if !durable {
        command.arg("--no-sync");
    }
    // On a thread of its own that lives as long as the child, which ends with it.
    let output = tokio::task::spawn_blocking(move || command.output()).await;
    let output = output.map_err(std::io::Error::other).and_then(|output| output);
    succeeded(output.map_err(PostgresError::io("run", binaries.initdb()))?)?;
    std::fs::rename(&fresh, instance.data()).map_err(PostgresError::io("put in place", &fresh))?;
    sync(instance.dir())?;
    Ok(password)
}

fn remove(fresh: &Path) -> Result<(), PostgresError> {
    match std::fs::remove_dir_all(fresh) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(PostgresError::io("remove", fresh)(error)),
        _ => Ok(()),
    }
}

/// Writes 192 random bits, readable by the server's account alone, which `initdb` runs as.
fn keep_new_password(instance: &Instance) -> Result<String, PostgresError> {
    let path = instance.password();
    let password = hex::encode(rand::random::<[u8; 24]>());
    let write = || {
        let mut file = std::fs::File::options().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
        file.write_all(password.as_bytes())?;
        file.sync_all()
    };
    write().map_err(PostgresError::io("write", &path))?;
    instance.account().map_or(Ok(()), |account| account.own(&path))?;
    sync(instance.dir())?;
    Ok(password)
}

fn initdb(instance: &Instance, binaries: &Binaries, fresh: &Path) -> Command {
    let mut command = Command::new(binaries.initdb());
    command.arg("--pgdata").arg(fresh).arg("--pwfile").arg(instance.password());
    command.args(["--username", SUPERUSER, "--auth", "scram-sha-256", "--data-checksums", "--encoding", "UTF8"]);
    command.args(["--locale", "C", "--lc-ctype", LC_CTYPE, "--no-instructions"]);
    command.current_dir(fresh).stdin(Stdio::null());
    super::forget_environment(&mut command);
    instance.account().into_iter().for_each(|account| account.run(&mut command));
    ends_with_parent(&mut command, Signal::KILL);
    command
}

fn succeeded(output: Output) -> Result<(), PostgresError> {
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(PostgresError::Initdb { status: output.status, output: String::from_utf8_lossy(&said).trim().to_owned() })
}

/// Makes the names in a directory last through a loss of power.
fn sync(dir: &Path) -> Result<(), PostgresError> {
    std::fs::File::open(dir).and_then(|dir| dir.sync_all()).map_err(PostgresError::io("write out", dir))
}
