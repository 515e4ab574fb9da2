//! The figures of dreaming: who is due, what runs and waits, how dreams ended within the last day.

use chrono::{DateTime, Utc};

use super::Store;
use crate::error::Result;

/// The most kinds of endings that are counted apart.
const MOST_ENDINGS: i64 = 50;

/// The counts of one moment.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the columns of mx_status_1 by their names")]
pub struct Status {
    pub deployment_enabled: bool,
    pub workspace_enabled: bool,
    pub due: i64,
    pub oldest_due_at: Option<DateTime<Utc>>,
    pub requested: i64,
    pub running: i64,
    pub waiting: i64,
    pub parked: i64,
    pub paused: i64,
    pub at: DateTime<Utc>,
}

/// How many dreams of the last day ended in a state for a cause.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct EndingCount {
    pub state: String,
    /// Its numbers are `N`, so that kinds of endings are counted and not single ones.
    pub cause: String,
    pub dreams: i64,
}

impl Store {
    /// How dreaming stands in all workspaces together.
    pub async fn status_of_all(&self) -> Result<Status> {
        let status = sqlx::query_as!(
            Status,
            r#"-- status.all
            SELECT coalesce(bool_and(s.deployment_enabled), false) AS "deployment_enabled!", coalesce(bool_or(s.workspace_enabled), false) AS "workspace_enabled!",
                   coalesce(sum(s.due), 0)::bigint AS "due!", min(s.oldest_due_at) AS oldest_due_at, coalesce(sum(s.requested), 0)::bigint AS "requested!",
                   coalesce(sum(s.running), 0)::bigint AS "running!", coalesce(sum(s.waiting), 0)::bigint AS "waiting!",
                   coalesce(sum(s.parked), 0)::bigint AS "parked!", coalesce(sum(s.paused), 0)::bigint AS "paused!", mx_now() AS "at!"
              FROM mx_workspace w CROSS JOIN LATERAL mx_status_1(w.workspace_id) s"#
        )
        .fetch_one(self.pool())
        .await?;
        Ok(status)
    }

    /// The endings of all workspaces' dreams within the last day, most first.
    pub async fn endings_of_all(&self) -> Result<Vec<EndingCount>> {
        let endings = sqlx::query_as!(
            EndingCount,
            r#"-- status.all_endings
            SELECT d.state, regexp_replace(d.cause, '[0-9]+', 'N', 'g') AS "cause!", count(*) AS "dreams!"
              FROM mx_workspace w JOIN mx_dream d ON d.workspace_id = w.workspace_id
             WHERE d.ended_at > mx_now() - interval '1 day'
             GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT $1"#,
            MOST_ENDINGS
        )
        .fetch_all(self.pool())
        .await?;
        Ok(endings)
    }

    /// How dreaming stands in a workspace now.
    pub async fn status(&self, workspace_id: i64) -> Result<Status> {
        let status = sqlx::query_as!(
            Status,
            r#"-- status.get
            SELECT deployment_enabled AS "deployment_enabled!", workspace_enabled AS "workspace_enabled!", due AS "due!", oldest_due_at,
                   requested AS "requested!", running AS "running!", waiting AS "waiting!", parked AS "parked!", paused AS "paused!", at AS "at!"
              FROM mx_status_1($1)"#,
            workspace_id
        )
        .fetch_one(self.pool())
        .await?;
        Ok(status)
    }

    /// The endings of a workspace's dreams within the last day, most first.
    pub async fn endings_of_a_day(&self, workspace_id: i64) -> Result<Vec<EndingCount>> {
        let endings = sqlx::query_as!(
            EndingCount,
            r#"-- status.endings
            SELECT state, regexp_replace(cause, '[0-9]+', 'N', 'g') AS "cause!", count(*) AS "dreams!"
              FROM mx_dream
             WHERE workspace_id = $1 AND ended_at > mx_now() - interval '1 day'
             GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT $2"#,
            workspace_id,
            MOST_ENDINGS
        )
        .fetch_all(self.pool())
        .await?;
        Ok(endings)
    }
}
