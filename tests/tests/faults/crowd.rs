//! A crowd before one lock: what waits is bounded, and so is the memory that it takes.

use std::time::Duration;

use futures::future::join_all;
use memex_proto::v1::write_file_request::Precondition;
use memex_proto::v1::{Role, WriteFileRequest};
use memex_stack::stack::sqlx;
use memex_stack::stack::{Clients, Stack};
use tests::waiting::{ends, until};
use tonic::{Code, Request, Status};
use tonic_health::pb::health_check_response::ServingStatus;

use crate::own::{SERVICES, becomes};
use crate::process::Process;

const CLIENTS: usize = 256;

/// Who share a connection: a server ends one on which too many calls are given up before it has looked at them.
const TO_A_CONNECTION: usize = 8;

/// Calls of each client, who gives each of them up after a moment: of all 300 MB.
const CALLS: usize = 12;

/// How long a client waits for an answer. Short, so that what it gives up would pile up where nobody passes it over.
const PATIENCE: Duration = Duration::from_millis(500);

/// What memory-api may take on top of what it took before, whatever is sent: generous, and far from 300 MB.
const ROOM: u64 = 128 * 1024 * 1024;

async fn write(clients: &Clients, path: &str, bytes: usize, patience: Option<Duration>) -> Result<(), Status> {
    let mut request = Request::new(WriteFileRequest {
        path: path.into(),
        content: "x".repeat(bytes),
        precondition: Some(Precondition::Overwrite(true)),
        ..WriteFileRequest::default()
    });
    if let Some(patience) = patience {
        request.set_timeout(patience);
    }
    clients.memory.clone().write_file(request).await.map(|_| ())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_crowd_sends_to_a_held_scope_and_gives_up_does_not_pile_up_in_memory() {
    let stack = Stack::start().await;
    let memory_api = Process::memory_api(&stack.database_url(), "").await;
    let token = stack.workspace().token(Role::Agent, "ada").await;
    let ada = Clients::at(&memory_api.endpoint(), &token);
    let bob = Clients::at(&memory_api.endpoint(), &stack.workspace().token(Role::Agent, "bob").await);
    for agent in [&ada, &bob] {
        write(agent, "user/a.md", 100_000, None).await.unwrap();
    }
    let before = memory_api.resident_bytes();

    let mut lock = stack.sql().begin().await.unwrap();
    sqlx::query("-- test.hold\nSELECT scope_id FROM mx_scope WHERE user_id = 'ada' FOR UPDATE")
        .execute(&mut *lock)
        .await
        .unwrap();
    let connections: Vec<Clients> =
        (0..CLIENTS / TO_A_CONNECTION).map(|_| Clients::at(&memory_api.endpoint(), &token)).collect();
    let crowd = (0..CLIENTS).map(|client| {
        let ada = connections[client / TO_A_CONNECTION].clone();
        tokio::spawn(async move {
            for _ in 0..CALLS {
                let refused = write(&ada, &format!("user/{client}.md"), 100_000, Some(PATIENCE)).await.unwrap_err();
                // Shed, given up, or the connection was ended because too much was given up on it.
                let expected = [Code::ResourceExhausted, Code::DeadlineExceeded, Code::Unavailable];
                assert!(expected.contains(&refused.code()), "{refused}");
            }
        })
    });
    for client in ends("the crowd", join_all(crowd)).await {
        client.unwrap();
    }
    let after = memory_api.resident_bytes();
    assert!(after < before + ROOM, "{before} bytes were in use before the crowd, and {after} after");
    becomes(&memory_api, &SERVICES, ServingStatus::Serving).await;
    write(&bob, "user/a.md", 10, None).await.unwrap();

    lock.rollback().await.unwrap();
    until("the scope is served again", async || write(&ada, "user/a.md", 10, None).await.ok()).await;
    memory_api.stop().await;
    stack.finish().await;
}
