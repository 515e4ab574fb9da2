//! The switches of dreaming: the worker's, the deployment's and the workspace's; dreams run where all three are on.

use std::collections::HashMap;

use memex_proto::v1::admin_service_client::AdminServiceClient;
use memex_proto::v1::{ConfigLevel, GetConfigRequest, UpdateConfigRequest};
use memex_runtime::client::{AuthChannel, ClientSettings, Token, connect};
use memex_runtime::retry::{Classify, RetryPolicy, retry};
use memex_runtime::settings::Mistakes;
use memory_api::args::DatabaseArgs;
use memory_api::commands::config;
use tonic::{Code, Status};

use super::PairError;

const KEY: &str = "dream_enabled";

/// Where each switch stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dreaming {
    /// The worker's.
    pub worker: bool,
    /// The deployment's `dream_enabled`.
    pub deployment: bool,
    /// The workspace's `dream_enabled`.
    pub workspace: bool,
}

impl Dreaming {
    /// Whether dreams run.
    pub fn is_on(self) -> bool {
        self.worker && self.deployment && self.workspace
    }
}

/// Switches deployment and workspace on where `asked` says so, and tells where each switch stands. The worker's is on
/// unless `asked` says otherwise.
pub(super) async fn set(
    asked: Option<bool>,
    database: &DatabaseArgs,
    endpoint: &str,
    token: &str,
) -> Result<Dreaming, PairError> {
    let token = Token::new("operator.token", token).map_err(Mistakes::from)?;
    let settings = ClientSettings::new(endpoint).map_err(Mistakes::from)?.with_token(token);
    let admin = AdminServiceClient::new(connect(&settings));
    if asked == Some(true) {
        config::set_deployment_key(database, KEY, "true").await?;
        switch_workspace_on(&admin).await?;
    }
    Ok(Dreaming {
        worker: asked.unwrap_or(true),
        deployment: config::deployment_key(database, KEY).await? == "true",
        workspace: is_workspace_on(&admin).await?,
    })
}

async fn switch_workspace_on(admin: &AdminServiceClient<AuthChannel>) -> Result<(), PairError> {
    let request = UpdateConfigRequest {
        values: HashMap::from([(KEY.to_owned(), "true".to_owned())]),
        reset_keys: Vec::new(),
        request_id: uuid::Uuid::new_v4().to_string(),
    };
    let answer =
        retry(RetryPolicy::default(), || async { admin.clone().update_config(request.clone()).await }, passing);
    answer.await.map(drop).map_err(refused("switch dreaming on"))
}

async fn is_workspace_on(admin: &AdminServiceClient<AuthChannel>) -> Result<bool, PairError> {
    let request = GetConfigRequest { keys: vec![KEY.to_owned()] };
    let answer = retry(RetryPolicy::default(), || async { admin.clone().get_config(request.clone()).await }, passing);
    let entries = answer.await.map_err(refused("tell whether dreaming is on"))?.into_inner().entries;
    // Where the workspace says nothing itself, it is off: both levels must say so.
    Ok(entries.iter().any(|entry| entry.level() == ConfigLevel::Workspace && entry.value == "true"))
}

fn refused(doing: &'static str) -> impl FnOnce(Status) -> PairError {
    move |status| PairError::Call { doing, status: Box::new(status) }
}

/// These are its first calls: it may still be connecting to Postgres.
fn passing(status: &Status) -> Classify {
    match status.code() {
        Code::Unavailable | Code::ResourceExhausted | Code::DeadlineExceeded => Classify::Transient { after: None },
        _ => Classify::Permanent,
    }
}
