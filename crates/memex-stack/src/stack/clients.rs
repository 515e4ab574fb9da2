//! Clients of every role: what a test calls memory-api through.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use memex_proto::v1::admin_service_client::AdminServiceClient;
use memex_proto::v1::dream_admin_service_client::DreamAdminServiceClient;
use memex_proto::v1::dream_service_client::DreamServiceClient;
use memex_proto::v1::history_service_client::HistoryServiceClient;
use memex_proto::v1::memory_service_client::MemoryServiceClient;
use memex_proto::v1::{CreateTokenRequest, Role};
use memex_runtime::client::{AuthChannel, ClientSettings, Token, connect};
use tonic::Code;

use super::{Fault, User};

/// How often a token is asked for where the call is shed, as it is on a machine that is slow.
const MOST_TRIES: usize = 20;

/// A client of each service, with one token.
#[derive(Debug, Clone)]
pub struct Clients {
    /// Files.
    pub memory: MemoryServiceClient<AuthChannel>,
    /// Revisions.
    pub history: HistoryServiceClient<AuthChannel>,
    /// Dreams, for people.
    pub dream_admin: DreamAdminServiceClient<AuthChannel>,
    /// Keys, pauses, tokens, the access log.
    pub admin: AdminServiceClient<AuthChannel>,
    /// Dreams, for workers.
    pub dream: DreamServiceClient<AuthChannel>,
}

impl Clients {
    /// Over a channel that has its token.
    pub fn over(channel: AuthChannel) -> Self {
        Self {
            memory: MemoryServiceClient::new(channel.clone()),
            history: HistoryServiceClient::new(channel.clone()),
            dream_admin: DreamAdminServiceClient::new(channel.clone()),
            admin: AdminServiceClient::new(channel.clone()),
            dream: DreamServiceClient::new(channel),
        }
    }

    /// Of the memory-api at `endpoint`, with that token.
    ///
    /// # Panics
    /// Where neither can be used.
    pub fn at(endpoint: &str, token: &str) -> Self {
        let token = Token::new("token", token).unwrap_or_else(|mistake| panic!("{mistake}"));
        let settings = ClientSettings::new(endpoint).unwrap_or_else(|mistake| panic!("{mistake}"));
        Self::over(connect(&settings.with_token(token)))
    }
}

/// One workspace of a stack, and who may do what in it.
#[derive(Debug, Clone)]
pub struct Workspace {
    name: String,
    endpoint: String,
    operator_token: String,
    operator: Clients,
    /// One token for each role and user, made when it is first asked for.
    made: Arc<Mutex<HashMap<(Role, String), String>>>,
}

impl Workspace {
    pub(super) fn new(name: String, endpoint: String, operator_token: &str) -> Result<Self, Fault> {
        let settings = ClientSettings::new(&endpoint)?.with_token(Token::new("operator.token", operator_token)?);
        let operator = Clients::over(connect(&settings));
        Ok(Self { name, endpoint, operator_token: operator_token.to_owned(), operator, made: Arc::default() })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its operator.
    pub fn operator(&self) -> Clients {
        self.operator.clone()
    }

    /// Its operator's token.
    pub fn operator_token(&self) -> &str {
        &self.operator_token
    }

    /// A backend.
    pub async fn backend(&self) -> Clients {
        Clients::at(&self.endpoint, &self.token(Role::Backend, "").await)
    }

    /// An agent that is bound to `user`.
    pub async fn agent(&self, user: &str) -> Clients {
        Clients::at(&self.endpoint, &self.token(Role::Agent, user).await)
    }

    /// An auditor.
    pub async fn auditor(&self) -> Clients {
        Clients::at(&self.endpoint, &self.token(Role::Auditor, "").await)
    }

    /// A user, written for by an agent that is bound to them.
    pub async fn user(&self, user: &str) -> User {
        User::new(user, self.agent(user).await)
    }

    /// The token of a role, bound to `user` where that is not empty; the same at every call.
    ///
    /// # Panics
    /// Where memory-api refuses to make it.
    pub async fn token(&self, role: Role, user: &str) -> String {
        let key = (role, user.to_owned());
        let known = self.made.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(token) = known {
            return token;
        }
        let request =
            CreateTokenRequest { role: role.into(), user_id: user.to_owned(), ..CreateTokenRequest::default() };
        let mut answer = self.operator.admin.clone().create_token(request.clone()).await;
        for _ in 1..MOST_TRIES {
            if !answer.as_ref().is_err_and(|status| status.code() == Code::ResourceExhausted) {
                break;
            }
            answer = self.operator.admin.clone().create_token(request.clone()).await;
        }
        let token = answer.unwrap_or_else(|status| panic!("no token for {role:?}: {status}")).into_inner().token;
        self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(key, token.clone());
        token
    }
}
