//! ImportUser: an archive into an empty scope, all or nothing.

mod parts;

use std::time::Duration;

use memex_core::user_id::UserId;
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;
use memex_proto::v1::ErrorReason;
use tonic::Streaming;
use uuid::Uuid;

use crate::archive::{Batch, Bringing, Counts, Lines, Room};
use crate::auth::Caller;
use crate::error::erased;
use crate::error::{Result, field};
use crate::services::context::{AboutCell, Context};
use crate::services::once::Once;
use crate::services::request::{CallDigest, request_id};
use crate::store::dreams::lock_scope;
use crate::store::imports::{Target, With, bring, target};
use crate::store::log_place::LogPlace;
use crate::store::pool::Connection;
use crate::store::transaction::Transaction;
use parts::ArchiveParts;

/// How long an import may take: as long as the export that it came from. Its transaction may be idle for as long, since
/// what comes slowly becomes a statement seldom.
pub const LONGEST: Duration = Duration::from_secs(900);

/// What is asked, once the header has come.
struct Asked {
    user: UserId,
    qualifies: bool,
    request: Option<Uuid>,
}

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    about: AboutCell,
    request: Streaming<pb::ImportUserRequest>,
) -> Result<pb::ImportUserResponse> {
    let mut parts = ArchiveParts::of(request);
    let header = parts.header().await?;
    let user = caller.user(&header.user_id, context.guards.scope)?;
    let asked = Asked { user, qualifies: header.qualifies, request: request_id(&header.request_id)? };
    if let Some(scope) = context.store.find_scope(caller.workspace_id, Some(&asked.user)).await? {
        about.scope(scope);
    }
    let _place = context.store.archive_place().await?;
    // Everything is in this transaction, the scope too: what is refused, or breaks off, was never there.
    let (mut tx, scope, target) = begin(context, &caller, &asked).await?;
    let mut lines = Lines::default();
    let answer = if target.is_remembered {
        // A repeat changes nothing: its user is not locked for as long as it takes to send it.
        tx.rollback().await?;
        parts.skip(&mut lines).await?;
        (tx, ..) = begin(context, &caller, &asked).await?;
        None
    } else if target.has_memory {
        return Err(taken().into());
    } else {
        let counts = import(&mut tx, scope, &mut parts, &mut lines, target.room, &asked, &caller).await?;
        Some(answer(counts))
    };
    let digest = digest(&asked, &lines);
    let once = Once::with(context.guards, &caller, LogPlace::of(scope), asked.request, digest);
    // Where a repeat finds no answer, it was forgotten meanwhile; what the first call brought is there.
    once.run(tx, async |_| Ok(answer.ok_or_else(taken)?)).await
}

/// A transaction that has locked the user's scope, opened where there was none.
async fn begin(context: &Context, caller: &Caller, asked: &Asked) -> Result<(Transaction, i64, Target)> {
    let mut tx = context.store.begin().await?;
    let scope = context.store.open_scope_in(&mut tx, caller.workspace_id, &asked.user).await?;
    if lock_scope(&mut tx, scope).await?.erasing {
        return Err(erased().into());
    }
    let principal = caller.token_id;
    let target = target(&mut tx, scope, caller.workspace_id, (principal, asked.request), LONGEST).await?;
    Ok((tx, scope, target))
}

/// Reads the archive to its end and brings all of it.
async fn import(
    tx: &mut Connection,
    scope: i64,
    parts: &mut ArchiveParts,
    lines: &mut Lines,
    room: Room,
    asked: &Asked,
    caller: &Caller,
) -> Result<Counts> {
    let mut bringing = Bringing::into(room, asked.qualifies);
    while let Some(part) = parts.next().await? {
        lines.take(&part)?;
        while let Some((number, line)) = lines.next_line()? {
            if let Some(batch) = bringing.add(number, line)? {
                agreed(tx, scope, batch, false, caller).await?;
            }
        }
    }
    let counts = lines.end()?;
    agreed(tx, scope, bringing.rest(), true, caller).await?;
    Ok(counts)
}

async fn agreed(tx: &mut Connection, scope: i64, batch: Batch, last: bool, caller: &Caller) -> Result<()> {
    let Some(found) = bring(tx, scope, batch, last, caller).await? else { return Ok(()) };
    let (name, rule) = match found.with {
        With::Version => ("version", "stands twice for its file"),
        With::Head => ("version", "is not that of the file's newest revision, or path, size or sha256 are not"),
        With::Deletion => ("deleted", "needs the revision of that version which took the file away"),
        With::NoFile => ("path", "has no file line, or one of an earlier version"),
        With::Gap => ("version", "must be one more than the last of its file and of its path"),
        With::Place => ("path", "is not where the file was before, or another file is there"),
        With::Dream => ("dream", "stands twice"),
    };
    Err(field(&format!("lines[{}].{name}", found.line), rule).into())
}

fn taken() -> Refusal {
    let message = "an archive is imported into a user who has no memory yet; this one has: erase the user first, or import under another id";
    Refusal::new(ErrorReason::WrongState, message).fact("state", "has_memory")
}

fn digest(asked: &Asked, lines: &Lines) -> [u8; 32] {
    CallDigest::of("ImportUser")
        .text(asked.user.as_str())
        .number(i64::from(asked.qualifies))
        .bytes(&lines.content())
        .finish()
}

fn answer(counts: Counts) -> pb::ImportUserResponse {
    pb::ImportUserResponse {
        files: counts.files(),
        revisions: counts.revisions(),
        dreams: counts.dreams(),
        access_log_rows: counts.access(),
    }
}
