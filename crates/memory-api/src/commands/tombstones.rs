//! `memory-api tombstones`: who was erased, kept beside the backups, so that whoever restores one can erase them again.

mod apply;

use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};

use super::{CommandError, owner_pool, refused};
use crate::args::{DatabaseArgs, ErasureArgs};
use crate::store::Store;
use crate::store::tombstones::Tombstone;

pub use apply::{Applied, apply};

/// What a file of tombstones says that it is.
const FORMAT: &str = "memex tombstones";

/// The one version of it.
const VERSION: u32 = 1;

/// `memory-api tombstones`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  memory-api tombstones save tombstones.jsonl                # with every backup, and after an erasure\n  memory-api tombstones apply tombstones.jsonl --erasure-key-file erasure.key   # after restoring one, before serve"
)]
pub struct TombstonesArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: TombstonesAction,
}

/// What to do with tombstones.
#[derive(Clone, Debug, Subcommand)]
pub enum TombstonesAction {
    /// Write every erasure to a file, in place of what was there; it names nobody.
    Save {
        /// The file.
        file: PathBuf,
        /// Where Postgres is.
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Erase again whom the file says were erased since the backup from which this database was restored.
    Apply {
        /// The file.
        file: PathBuf,
        /// The key under which they were erased.
        #[command(flatten)]
        erasure: ErasureArgs,
        /// Where Postgres is.
        #[command(flatten)]
        database: DatabaseArgs,
    },
}

/// Does it, and says what was done.
///
/// # Errors
/// Bad settings, a file that cannot be read or written or is no such file, a database that cannot be reached.
#[allow(clippy::print_stdout)]
pub async fn tombstones(args: &TombstonesArgs) -> Result<(), CommandError> {
    match &args.action {
        TombstonesAction::Save { file, database } => {
            let saved = save(file, database).await?;
            println!("{}: {saved} erasures", file.display());
        }
        TombstonesAction::Apply { file, erasure, database } => println!("{}", apply(file, erasure, database).await?),
    }
    Ok(())
}

/// The first line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    /// Always `memex tombstones`.
    format: String,
    version: u32,
    /// What tells the key from another; empty where nobody was erased.
    key: String,
    /// How many lines follow.
    erasures: usize,
}

/// Writes every erasure to the file; gives how many they are.
///
/// # Errors
/// Bad settings, a file that cannot be written, a database that cannot be reached.
pub async fn save(file: &Path, database: &DatabaseArgs) -> Result<usize, CommandError> {
    let store = Store::new(owner_pool(database).await?);
    // The key after the tombstones: the first of them brings it.
    let tombstones = store.tombstones().await.map_err(refused)?;
    let key = store.tombstone_key().await.map_err(refused)?.map_or_else(String::new, hex::encode);
    let header = Header { format: FORMAT.to_owned(), version: VERSION, key, erasures: tombstones.len() };
    written(file, &header, &tombstones).map_err(|source| file_error(file, source))?;
    Ok(tombstones.len())
}

/// Beside its place and then there, so that a file that is whole is never lost for one that is not.
fn written(file: &Path, header: &Header, tombstones: &[Tombstone]) -> io::Result<()> {
    let unfinished = file.with_added_extension("unfinished");
    let out = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    let mut lines = io::BufWriter::new(out);
    writeln!(lines, "{}", serde_json::to_string(header)?)?;
    for tombstone in tombstones {
        writeln!(lines, "{}", serde_json::to_string(tombstone)?)?;
    }
    lines.into_inner()?.sync_all()?;
    std::fs::rename(&unfinished, file)
}

/// The key and the erasures of a file.
fn read(file: &Path) -> Result<(String, Vec<Tombstone>), CommandError> {
    let text = std::fs::read_to_string(file).map_err(|source| file_error(file, source))?;
    let broken = |why: &dyn std::fmt::Display| {
        CommandError::Refused(format!("{}: is no whole file of `memory-api tombstones save`: {why}", file.display()))
    };
    let mut lines = text.lines();
    let header = lines.next().ok_or_else(|| broken(&"it is empty"))?;
    let header: Header = serde_json::from_str(header).map_err(|error| broken(&error))?;
    if header.format != FORMAT || header.version != VERSION {
        return Err(broken(&format_args!("it is of version {}", header.version)));
    }
    let tombstones = lines.map(serde_json::from_str).collect::<Result<Vec<Tombstone>, _>>();
    let tombstones = tombstones.map_err(|error| broken(&error))?;
    if tombstones.len() != header.erasures {
        return Err(broken(&format_args!("it has {} of {} erasures", tombstones.len(), header.erasures)));
    }
    Ok((header.key, tombstones))
}

fn file_error(file: &Path, source: io::Error) -> CommandError {
    CommandError::File { path: file.display().to_string(), source }
}
