//! `memory-api bootstrap`: a workspace with its first tokens, so that a Kubernetes Secret and a laptop start alike.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;
use memex_core::actor::Role;
use sqlx::PgPool;
use uuid::Uuid;

use super::{CommandError, owner_pool};
use crate::args::DatabaseArgs;
use crate::auth::{hash_of, new_token};
use crate::erasure_key::ErasureKey;

/// `memory-api bootstrap`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Example:\n  memory-api bootstrap --workspace main --operator-token-file operator.token --worker-token-file worker.token"
)]
pub struct BootstrapArgs {
    /// The workspace's name, 1 to 128 bytes; made where it is missing.
    #[arg(long)]
    pub workspace: String,
    /// The operator's token: taken from this file where it exists, else made and written to it (mode 0600).
    #[arg(long)]
    pub operator_token_file: PathBuf,
    /// The worker's token, likewise; it belongs to the deployment.
    #[arg(long)]
    pub worker_token_file: PathBuf,
    /// The key under which erased users are remembered, likewise; see `memory-api serve --erasure-key-file`. Keep a copy
    /// of it beside the backups.
    #[arg(long)]
    pub erasure_key_file: Option<PathBuf>,
    /// Where Postgres is.
    #[command(flatten)]
    pub database: DatabaseArgs,
}

/// What bootstrap found or made.
#[derive(Clone, Debug)]
pub struct Bootstrapped {
    /// The workspace's name.
    pub workspace: String,
    /// Whether the workspace was made now.
    pub workspace_made: bool,
}

impl Bootstrapped {
    /// Says what there is now.
    #[allow(clippy::print_stdout)]
    pub fn print(&self) {
        let made = if self.workspace_made { "made" } else { "was there" };
        println!("workspace {}: {made}; its operator's and the worker's tokens are in their files", self.workspace);
    }
}

/// Makes what is missing; a rerun changes nothing.
///
/// # Errors
/// A name or a token in a file that cannot be used, a file that cannot be read or written, a database that cannot be reached.
pub async fn bootstrap(args: &BootstrapArgs) -> Result<Bootstrapped, CommandError> {
    if args.workspace.is_empty() || args.workspace.len() > 128 || args.workspace.chars().any(char::is_control) {
        return Err(CommandError::Refused("--workspace: must be 1 to 128 bytes of printable characters".to_owned()));
    }
    let owner = owner_pool(&args.database).await?;
    let (workspace_id, workspace_made) = workspace(&owner, &args.workspace).await?;
    let operator = token_in(&args.operator_token_file)?;
    put_token(&owner, Some(workspace_id), Role::Operator, &operator, &args.operator_token_file).await?;
    let worker = token_in(&args.worker_token_file)?;
    put_token(&owner, None, Role::Worker, &worker, &args.worker_token_file).await?;
    if let Some(file) = &args.erasure_key_file {
        let key = text_in(file, ErasureKey::new_text)?;
        ErasureKey::parse(&key).map_err(|rule| CommandError::Refused(format!("{}: {rule}", file.display())))?;
    }
    Ok(Bootstrapped { workspace: args.workspace.clone(), workspace_made })
}

async fn workspace(owner: &PgPool, name: &str) -> Result<(i64, bool), CommandError> {
    let made = sqlx::query!(
        "-- bootstrap.workspace\nINSERT INTO mx_workspace (name) VALUES ($1) ON CONFLICT ON CONSTRAINT mx_workspace_name DO NOTHING RETURNING workspace_id",
        name
    )
    .fetch_optional(owner)
    .await?;
    let found = sqlx::query!("-- bootstrap.workspace_id\nSELECT workspace_id FROM mx_workspace WHERE name = $1", name)
        .fetch_one(owner)
        .await?;
    sqlx::query!(
        "-- bootstrap.shared\nSELECT scope_id FROM mx_scope_open_1($1, 2::smallint, '', true)",
        found.workspace_id
    )
    .fetch_one(owner)
    .await?;
    Ok((found.workspace_id, made.is_some()))
}

async fn put_token(
    owner: &PgPool,
    workspace_id: Option<i64>,
    role: Role,
    token: &str,
    file: &Path,
) -> Result<(), CommandError> {
    let hash = hash_of(token);
    let row = sqlx::query!(
        "-- bootstrap.token
        INSERT INTO mx_token (token_id, hash, workspace_id, role, actor, created_by) VALUES ($1, $2, $3, $4, $5, 'bootstrap')
        ON CONFLICT ON CONSTRAINT mx_token_hash DO UPDATE SET hash = EXCLUDED.hash
        RETURNING workspace_id, role, revoked_at IS NULL AS \"live!\"",
        Uuid::now_v7(),
        hash.as_slice(),
        workspace_id,
        role.code(),
        role.as_str()
    )
    .fetch_one(owner)
    .await?;
    if row.workspace_id != workspace_id || row.role != role.code() || !row.live {
        let path = file.display();
        return Err(CommandError::Refused(format!(
            "{path}: this token is revoked, or was made for another workspace or role; give another file"
        )));
    }
    Ok(())
}

/// The token in the file, or a new one written to it.
fn token_in(path: &Path) -> Result<String, CommandError> {
    let text = text_in(path, new_token)?;
    if text.len() >= 32 {
        return Ok(text);
    }
    Err(CommandError::Refused(format!("{}: holds no token of at least 32 characters", path.display())))
}

/// The secret in the file, or a new one written to it.
fn text_in(path: &Path, new: impl Fn() -> String) -> Result<String, CommandError> {
    let file_error = |source| CommandError::File { path: path.display().to_string(), source };
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text.trim().to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let text = new();
            let mut file =
                std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(file_error)?;
            writeln!(file, "{text}").map_err(file_error)?;
            Ok(text)
        }
        Err(error) => Err(file_error(error)),
    }
}
