//! Who takes part: the operator, the product's backend, and for each person an agent with a token of their own.

use memex_proto::v1::{CreateTokenRequest, Role};
use memex_runtime::client::{ClientSettings, Token};
use memex_stack::demo_memory::{self, Person};
use memex_stack::pair::Pair;

use crate::context::{Context, request_id};
use crate::failure::Failure;
use crate::settings::Settings;

/// Who takes part.
pub struct People {
    /// The workspace's operator.
    pub operator: Context,
    /// The product's backend, which writes its own logs.
    pub backend: Context,
    /// Each person of the sample with the agent that is bound to them.
    pub agents: Vec<(&'static Person, Context)>,
}

impl People {
    /// Makes the tokens that are needed.
    pub async fn introduce(pair: &Pair) -> Result<Self, Failure> {
        let endpoint = pair.endpoint();
        let operator = caller(&endpoint, &pair.operator_token()?)?;
        let backend = token(&operator, Role::Backend, "", "product").await?;
        let backend = caller(&endpoint, &backend)?;
        let mut agents = Vec::new();
        for person in demo_memory::people() {
            let token = token(&operator, Role::Agent, person.user, "assistant").await?;
            agents.push((person, caller(&endpoint, &token)?));
        }
        Ok(Self { operator, backend, agents })
    }
}

async fn token(operator: &Context, role: Role, user: &str, actor: &str) -> Result<String, Failure> {
    let request = CreateTokenRequest {
        role: role.into(),
        user_id: user.to_owned(),
        actor: actor.to_owned(),
        request_id: request_id(),
        ..CreateTokenRequest::default()
    };
    Ok(operator.call(|| async { operator.admin().create_token(request.clone()).await }).await?.token)
}

fn caller(endpoint: &str, token: &str) -> Result<Context, Failure> {
    let token = Token::new("the demonstration's token", token).map_err(memex_runtime::settings::Mistakes::from)?;
    let client = ClientSettings::new(endpoint).map_err(memex_runtime::settings::Mistakes::from)?.with_token(token);
    // Quiet as with --json: the demonstration has a progress bar of its own.
    Ok(Context::new(&Settings { endpoint: endpoint.to_owned(), client, user: None }, true))
}
