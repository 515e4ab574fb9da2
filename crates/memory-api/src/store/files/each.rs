//! Reads of one file each by several calls, with a log row for each, in one statement: what a lane runs.

use memex_core::actor::Operation;
use memex_proto::v1::ErrorReason;
use memex_runtime::trace::TraceIds;
use uuid::Uuid;

use super::{Asked, FileRow, Found};
use crate::auth::Caller;
use crate::convert::reason_code;
use crate::error::Result;
use crate::store::pool::Connection;

/// One call's read of one file.
#[derive(Clone, Debug)]
pub(in crate::store) struct OneRead {
    /// Which file.
    pub asked: Asked,
    /// A longer text is not given.
    pub max_bytes: i64,
    /// What the log row says was done.
    pub operation: Operation,
    /// By whom.
    pub caller: Caller,
}

/// The reads as the statement's arrays.
#[derive(Default)]
struct Columns<'a> {
    scope: Vec<Option<i64>>,
    log_scope: Vec<i64>,
    log_path: Vec<&'a str>,
    path: Vec<&'a str>,
    refused: Vec<i16>,
    max_bytes: Vec<i64>,
    operation: Vec<i16>,
    actor: Vec<&'a str>,
    principal: Vec<Uuid>,
    trace: Vec<Option<Vec<u8>>>,
}

impl<'a> Columns<'a> {
    fn of(reads: impl Iterator<Item = (&'a OneRead, Option<TraceIds>)>) -> Self {
        let mut columns = Self::default();
        for (read, trace) in reads {
            columns.scope.push(read.asked.scope);
            columns.log_scope.push(read.asked.log.scope());
            // The path of a file that is found is a word of the memory that it is found in.
            columns.log_path.push(read.asked.log.path(&read.asked.path, &read.caller));
            columns.path.push(&read.asked.path);
            columns.refused.push(reason_code(read.asked.refused));
            columns.max_bytes.push(read.max_bytes);
            columns.operation.push(read.operation.code());
            columns.actor.push(read.asked.log.actor(&read.caller));
            columns.principal.push(read.caller.token_id);
            columns.trace.push(trace.map(|ids| ids.trace_id.to_vec()));
        }
        columns
    }
}

/// Reads them and logs each; gives what was found, in their order.
pub(in crate::store) async fn read_each(
    connection: &mut Connection,
    reads: impl Iterator<Item = (&OneRead, Option<TraceIds>)>,
) -> Result<Vec<Found>> {
    let columns = Columns::of(reads);
    let rows = sqlx::query!(
        r#"-- files.read_each
        WITH asked AS MATERIALIZED (
          SELECT u.* FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::smallint[], $5::bigint[], $6::smallint[], $7::text[], $8::uuid[], $9::bytea[], $12::text[])
                   WITH ORDINALITY AS u(scope_id, log_scope, path, refused, max_bytes, operation, actor, principal, trace_id, log_path, i)),
        head AS MATERIALIZED (
          SELECT a.i, a.log_scope, a.log_path, a.operation, a.path, a.actor, a.principal, a.trace_id, f.version, f.size, f.sha256, f.updated_at, f.updated_by,
                 f.scope_id, f.file_id,
                 CASE WHEN a.refused <> 0 THEN a.refused WHEN f.version IS NULL THEN $10::smallint
                      WHEN f.size > a.max_bytes THEN $11::smallint ELSE 0::smallint END AS reason
            FROM asked a LEFT JOIN mx_file f ON f.scope_id = a.scope_id AND f.path = a.path AND NOT f.deleted AND a.refused = 0),
        log AS (
          INSERT INTO mx_access_log (scope_id, operation, path, file_version, outcome, reason, actor, principal, trace_id)
          SELECT log_scope, operation, CASE WHEN version IS NULL THEN log_path ELSE path END, coalesce(version, 0), CASE WHEN reason = 0 THEN 1 ELSE 2 END, reason,
                 actor, principal, trace_id FROM head)
        SELECT h.path AS "path!", h.reason AS "reason!", h.version AS "version?", h.size AS "size?", h.sha256 AS "sha256?",
               h.updated_at AS "updated_at?", h.updated_by AS "updated_by?", v.text AS "text?"
          FROM head h LEFT JOIN mx_revision v ON v.scope_id = h.scope_id AND v.file_id = h.file_id AND v.version = h.version AND h.reason = 0
         ORDER BY h.i"#,
        &columns.scope as &[Option<i64>],
        &columns.log_scope,
        &columns.path as &[&str],
        &columns.refused,
        &columns.max_bytes,
        &columns.operation,
        &columns.actor as &[&str],
        &columns.principal,
        &columns.trace as &[Option<Vec<u8>>],
        reason_code(ErrorReason::FileNotFound),
        reason_code(ErrorReason::MessageTooLarge),
        &columns.log_path as &[&str]
    )
    .fetch_all(connection)
    .await?;
    let too_much = reason_code(ErrorReason::MessageTooLarge);
    let found = rows.into_iter().map(|row| {
        match (row.version, row.size, row.sha256, row.updated_at, row.updated_by, row.text) {
            _ if row.reason == too_much => Found::TooMuch,
            (Some(version), Some(size), Some(sha256), Some(updated_at), Some(updated_by), Some(text))
                if row.reason == 0 =>
            {
                Found::File(FileRow { path: row.path, version, size, sha256, updated_at, updated_by }, text)
            }
            _ => Found::Nothing,
        }
    });
    Ok(found.collect())
}
