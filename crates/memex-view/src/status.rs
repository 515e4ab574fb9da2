//! How dreaming stands in a workspace.

use memex_proto::v1::{EndingCount, GetStatusResponse};
use serde::Serialize;

use crate::dream::dream_state;
use crate::words::time;

/// How dreaming stands.
#[derive(Debug, Serialize)]
pub struct StatusView {
    pub deployment_enabled: bool,
    pub workspace_enabled: bool,
    pub due: i64,
    pub oldest_due_at: Option<String>,
    pub requested: i64,
    pub running: i64,
    pub waiting: i64,
    pub parked: i64,
    pub paused: i64,
    pub endings: Vec<EndingView>,
    pub at: Option<String>,
}

/// How many dreams ended so within the last day.
#[derive(Debug, Serialize)]
pub struct EndingView {
    pub state: String,
    pub cause: String,
    pub dreams: i64,
}

impl From<GetStatusResponse> for StatusView {
    fn from(status: GetStatusResponse) -> Self {
        Self {
            deployment_enabled: status.deployment_enabled,
            workspace_enabled: status.workspace_enabled,
            due: status.due,
            oldest_due_at: time(status.oldest_due_at),
            requested: status.requested,
            running: status.running,
            waiting: status.waiting,
            parked: status.parked,
            paused: status.paused,
            endings: status.endings.into_iter().map(Into::into).collect(),
            at: time(status.at),
        }
    }
}

impl From<EndingCount> for EndingView {
    fn from(ending: EndingCount) -> Self {
        Self { state: dream_state(ending.state()), cause: ending.cause, dreams: ending.dreams }
    }
}
