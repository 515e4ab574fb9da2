//! `memory-api config`: the deployment's runtime keys, in the transaction that ends running dreams where it must.

use clap::{Args, Subcommand};
use memex_core::keys::{KEYS, Level, key};

use super::{CommandError, owner_pool, refused};
use crate::args::DatabaseArgs;
use crate::store::Store;

/// `memory-api config`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:\n  memory-api config get\n  memory-api config set dream_enabled true")]
pub struct ConfigArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: ConfigAction,
}

/// What to do with the keys.
#[derive(Clone, Debug, Subcommand)]
pub enum ConfigAction {
    /// Print the deployment's keys, or one of them.
    Get {
        /// The key; all where it is left out.
        key: Option<String>,
        /// Where Postgres is.
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Set one of the deployment's keys.
    Set {
        /// The key.
        key: String,
        /// Its value.
        value: String,
        /// Where Postgres is.
        #[command(flatten)]
        database: DatabaseArgs,
    },
}

/// Does it.
///
/// # Errors
/// A key or value that is unknown or out of range, a database that cannot be reached.
#[allow(clippy::print_stdout)]
pub async fn config(args: &ConfigArgs) -> Result<(), CommandError> {
    match &args.action {
        ConfigAction::Get { key, database } => {
            let store = Store::new(owner_pool(database).await?);
            for known in KEYS.iter().filter(|known| known.is_set_at(Level::Deployment)) {
                if key.as_deref().is_none_or(|name| name == known.name) {
                    let value = store.setting(0, known.name).await.map_err(refused)?;
                    println!("{} = {value}", known.name);
                }
            }
            Ok(())
        }
        ConfigAction::Set { key, value, database } => {
            let canceled = set(&Store::new(owner_pool(database).await?), key, value).await?;
            println!("{key} = {value}");
            if canceled > 0 {
                println!("{canceled} open dreams were ended");
            }
            Ok(())
        }
    }
}

/// Sets a deployment key; returns how many open dreams that ended.
///
/// # Errors
/// Bad settings, a key or value that is unknown or out of range, a database that cannot be reached.
pub async fn set_deployment_key(database: &DatabaseArgs, name: &str, value: &str) -> Result<usize, CommandError> {
    set(&Store::new(owner_pool(database).await?), name, value).await
}

/// A deployment key's value in force.
///
/// # Errors
/// Bad settings, a key that is unknown, a database that cannot be reached.
pub async fn deployment_key(database: &DatabaseArgs, name: &str) -> Result<String, CommandError> {
    Store::new(owner_pool(database).await?).setting(0, name).await.map_err(refused)
}

async fn set(store: &Store, name: &str, value: &str) -> Result<usize, CommandError> {
    let known = key(name).filter(|known| known.is_set_at(Level::Deployment)).ok_or_else(|| {
        let names: Vec<&str> = KEYS.iter().filter(|k| k.is_set_at(Level::Deployment)).map(|k| k.name).collect();
        CommandError::Refused(format!("{name}: no such deployment key; there are {}", names.join(", ")))
    })?;
    let value = known.check(value).map_err(|refusal| CommandError::Refused(refusal.to_string()))?;
    store.set_keys(0, &[(known.name, Some(value))], "memory-api config").await.map_err(refused)
}
