//! Both services over a database of a stack, and the receiver that hears of them.

use memex_proto::v1::write_file_request::Precondition;
use memex_proto::v1::{Role, Source, WriteFileRequest};
use memex_stack::stack::{Clients, Stack};
use tests::ask;
use tests::command::Memex;
use tests::messy;
use tests::otlp::{Exported, Received, Receiver};

use crate::service::Service;

/// The pair as processes. The stack's own memory-api, in this process, exports nothing: it only makes tokens.
pub struct House {
    pub stack: Stack,
    receiver: Receiver,
    memory_api: Service,
    worker: Option<Service>,
}

/// What a house told of itself until its end.
pub struct Told {
    pub received: Received,
    pub spans: Vec<Exported>,
    /// What memory-api printed.
    pub memory_api: String,
    /// What dream-worker printed.
    pub dream_worker: String,
}

impl House {
    /// memory-api, and no worker yet.
    pub async fn start() -> Self {
        let stack = Stack::start().await;
        let receiver = Receiver::start().await;
        let memory_api = Service::memory_api(&stack.database_url(), receiver.endpoint()).await;
        Self { stack, receiver, memory_api, worker: None }
    }

    /// Starts the worker, with that token.
    pub async fn start_worker(&mut self, token: &str) {
        let statement = "INSERT INTO mx_token (token_id, hash, role, actor, created_by)
                          VALUES (gen_random_uuid(), sha256(convert_to($1, 'UTF8')), 3, 'worker', 'test')";
        ask::change(self.stack.sql(), statement, &[token]).await;
        let worker = Service::dream_worker(&self.memory_api.endpoint(), token, self.receiver.endpoint()).await;
        self.worker = Some(worker);
    }

    /// Where the memory-api process answers.
    pub fn endpoint(&self) -> String {
        self.memory_api.endpoint()
    }

    /// Clients of the memory-api process.
    pub fn clients(&self, token: &str) -> Clients {
        Clients::at(&self.memory_api.endpoint(), token)
    }

    /// An agent of the memory-api process, bound to `user`.
    pub async fn agent(&self, user: &str) -> Clients {
        self.clients(&self.stack.workspace().token(Role::Agent, user).await)
    }

    /// The operator's clients of the memory-api process.
    pub fn operator(&self) -> Clients {
        self.clients(self.stack.workspace().operator_token())
    }

    /// The real command, as the operator, exporting its spans too.
    pub async fn memex(&self) -> Memex {
        let memex = Memex::at(&self.memory_api.endpoint(), self.stack.workspace().operator_token()).await;
        memex.with("OTEL_EXPORTER_OTLP_ENDPOINT", self.receiver.endpoint())
    }

    /// Ends worker and memory-api, in this order, and gives what they told. The stack is the caller's to finish.
    pub async fn end(self) -> (Told, Stack) {
        let dream_worker = match self.worker {
            Some(worker) => worker.end().await,
            None => String::new(),
        };
        let memory_api = self.memory_api.end().await;
        let received = self.receiver.received();
        (Told { spans: received.spans(), received, memory_api, dream_worker }, self.stack)
    }
}

/// A write of a whole text, whatever was there.
pub fn write_of(path: &str, text: &str) -> WriteFileRequest {
    WriteFileRequest {
        path: path.to_owned(),
        content: text.to_owned(),
        precondition: Some(Precondition::Overwrite(true)),
        source: Source::Agent.into(),
        request_id: uuid::Uuid::new_v4().to_string(),
        ..WriteFileRequest::default()
    }
}

/// Writes [`messy::FILES`] through an agent's clients.
pub async fn write_messy(agent: &Clients) {
    for (path, text) in messy::FILES {
        agent.memory.clone().write_file(write_of(path, text)).await.unwrap();
    }
}

/// The trace and span ids of the revisions that a condition on `mx_revision r` chooses, as logs write them.
pub async fn ids_of_revisions(stack: &Stack, which: &str) -> Vec<(String, String)> {
    let statement = format!(
        "SELECT format('%s %s', encode(r.trace_id, 'hex'), encode(r.span_id, 'hex')) FROM mx_revision r
          WHERE {which} ORDER BY r.sequence"
    );
    let pairs = ask::lines(stack.sql(), &statement, &[]).await;
    let pair = |line: &String| line.split_once(' ').map(|(trace, span)| (trace.to_owned(), span.to_owned())).unwrap();
    pairs.iter().map(pair).collect()
}
