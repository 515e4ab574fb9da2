//! The current texts of a few scopes for search and recall, with the call's log row in the same round trip.

use chrono::{DateTime, Utc};
use memex_core::actor::Operation;
use memex_core::limits::MAX_SEARCHED_BYTES;
use memex_core::recall::PINNED;

use super::Store;
use super::files::trace;
use super::log_place::LogPlace;
use crate::auth::Caller;
use crate::error::Result;

/// A current file with its text.
#[derive(Clone, Debug)]
pub struct HeadText {
    /// Its path.
    pub path: String,
    /// Its version.
    pub version: i64,
    /// When that version was written.
    pub updated_at: DateTime<Utc>,
    /// The size of its text in bytes.
    pub size: i32,
    /// Its text; `None` beyond [`MAX_SEARCHED_BYTES`].
    pub text: Option<String>,
}

impl Store {
    /// The files of these scopes whose paths are from `from` to below `below`, by path, and the call's log row. Texts
    /// are those that changed last, and before them of the files that are pinned by default.
    pub async fn head_texts(
        &self,
        scopes: &[i64],
        (from, below): (&str, &str),
        log: LogPlace,
        operation: Operation,
        caller: &Caller,
    ) -> Result<Vec<HeadText>> {
        let pinned = PINNED.map(str::to_owned);
        let rows = sqlx::query_as!(
            HeadText,
            r#"-- search.head_texts
            WITH head AS MATERIALIZED (
              SELECT f.*, sum(f.size) OVER (ORDER BY f.path = ANY ($10) DESC, f.updated_at DESC, f.path) AS bytes
                FROM unnest($1::bigint[]) AS s(scope_id) CROSS JOIN LATERAL (
                SELECT scope_id, file_id, path, version, size, updated_at FROM mx_file
                 WHERE scope_id = s.scope_id AND path >= $2 AND path < $3 AND NOT deleted) f),
            log AS (
              INSERT INTO mx_access_log (scope_id, operation, path, outcome, actor, principal, trace_id)
              VALUES ($4, $5, $11, 1, $6, $7, $8))
            SELECT h.path, h.version, h.updated_at, h.size, CASE WHEN h.bytes <= $9 THEN (
                   SELECT v.text FROM mx_revision v
                    WHERE v.scope_id = h.scope_id AND v.file_id = h.file_id AND v.version = h.version) END AS "text?"
              FROM head h ORDER BY h.path"#,
            scopes,
            from,
            below,
            log.scope(),
            operation.code(),
            log.actor(caller),
            caller.token_id,
            trace(),
            MAX_SEARCHED_BYTES as i64,
            &pinned,
            log.path(from, caller)
        )
        .fetch_all(self.pool())
        .await?;
        Ok(rows)
    }
}
