//! The one door to `mx_move_1`: a file gets another path of its scope, in one round trip with its log row.

use memex_core::actor::{Operation, Source};
use memex_core::eligibility;
use memex_core::path::MemoryPath;
use memex_runtime::failpoints::{self, Point};
use memex_runtime::trace::current_trace;
use uuid::Uuid;

use super::{Conflict, Outcome, RequestKey, Row, reasons};
use crate::error::Result;
use crate::store::Store;

/// One move of one file. Whether it qualifies or moves the memory is worked out from both paths.
#[derive(Clone, Debug)]
pub struct Move {
    /// Whose file.
    pub scope: i64,
    /// The path that it has.
    pub path: MemoryPath,
    /// The path that it gets.
    pub new_path: MemoryPath,
    /// The version that it must be at; `None`: whatever is there.
    pub expected: Option<i64>,
    /// What makes a repeat of the call safe.
    pub request: Option<RequestKey>,
    /// The name on the revision.
    pub actor: String,
    /// The token that did it.
    pub principal: Uuid,
    /// Why; may be empty.
    pub reason: String,
}

impl Move {
    /// A dream that read the file at its old path must not have missed that it is gone, one that listed the new path not
    /// that it came.
    fn moves(&self) -> bool {
        eligibility::moves(&self.path) || eligibility::moves(&self.new_path)
    }

    /// To move a file is its mover's own act, wherever the text came from: the file's source stays as it was.
    fn qualifies(&self) -> bool {
        let end = |path| eligibility::qualifies(path, false, Source::Agent, false, Operation::Move);
        end(&self.path) || end(&self.new_path)
    }
}

impl Store {
    /// Moves a file. Gives what [`super::commit`] gives, and `PathTaken`.
    ///
    /// # Errors
    /// Where Postgres fails.
    pub async fn move_file(&self, one: &Move) -> Result<Outcome> {
        let trace = current_trace();
        let _turn = self.turn(one.scope).await?;
        failpoints::pass(Point::BeforeStatement).await;
        let row = sqlx::query_as!(
            Row,
            r#"-- commit.move
            SELECT outcome AS "outcome!", changed AS "changed!", version, sequence, size, sha256, at, actor, NULL::bigint AS quota
              FROM mx_move_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"#,
            one.scope,
            Operation::Move.code(),
            one.path.as_str(),
            one.new_path.as_str(),
            one.expected,
            one.request.map(|request| request.id),
            one.request.as_ref().map(|request| request.digest.as_slice()),
            one.actor,
            one.principal,
            one.reason,
            trace.map(|ids| ids.trace_id.to_vec()),
            trace.map(|ids| ids.span_id.to_vec()),
            one.moves(),
            one.qualifies(),
            &reasons(Conflict::Stale)
        )
        .fetch_one(self.pool())
        .await?;
        failpoints::pass(Point::BeforeReply).await;
        row.outcome()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_end_makes_a_move_count() {
        let path = |text: &str| MemoryPath::parse(text).unwrap();
        let one = |from: &str, to: &str| Move {
            scope: 1,
            path: path(from),
            new_path: path(to),
            expected: None,
            request: None,
            actor: String::new(),
            principal: Uuid::nil(),
            reason: String::new(),
        };
        for (from, to, counts) in [
            ("user/a.md", "user/b.md", true),
            ("user/a.md", "user/b-log.md", true),
            ("user/b-log.md", "user/a.md", true),
            ("user/a-log.md", "user/b-log.md", false),
            ("shared/a.md", "shared/b.md", false),
        ] {
            let one = one(from, to);
            assert_eq!((one.moves(), one.qualifies()), (counts, counts), "{from} {to}");
        }
    }
}
