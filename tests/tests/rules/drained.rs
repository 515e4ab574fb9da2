//! What a service that ends has counted is written before it is gone.

use std::sync::Arc;

use memex_core::clock::SystemClock;
use memex_proto::v1::{ErrorReason, ReadFileRequest, Role};
use memex_runtime::lifecycle::{LifecycleArgs, Shutdown};
use memex_runtime::server::ServerArgs;
use memex_runtime::telemetry::TelemetryArgs;
use memex_stack::stack::{Clients, Stack};
use memory_api::args::{DatabaseArgs, ServeArgs};
use memory_api::{Guards, serve};
use tests::ask;
use tests::refused::refused;
use tokio::sync::oneshot;

#[tokio::test]
async fn a_drain_writes_the_rows_of_refusals_beyond_the_rate() {
    let stack = Stack::start().await;
    let token = stack.workspace().token(Role::Agent, "ada").await;
    let database =
        DatabaseArgs { database_url: Some(stack.database_url()), owner_database_url: None, max_connections: 2.into() };
    let args = ServeArgs {
        server: ServerArgs { listen: Some("127.0.0.1:0".into()), ..ServerArgs::default() },
        database,
        telemetry: TelemetryArgs::default(),
        lifecycle: LifecycleArgs { drain_seconds: 5.into() },
        load: Default::default(),
        erasure: Default::default(),
        tls: Default::default(),
    };
    let shutdown = Shutdown::manual();
    let (ready, listening) = oneshot::channel();
    let said = |address| ready.send(address).unwrap();
    let serving = tokio::spawn(serve(args, Arc::new(SystemClock), Guards::default(), shutdown.clone(), said));
    let endpoint = format!("http://{}", listening.await.unwrap());
    let mut ada = Clients::at(&endpoint, &token).memory;
    let foreign = ReadFileRequest { user_id: "bob".into(), path: "user/a.md".into(), at: None };
    for _ in 0..130 {
        assert_eq!(refused(ada.read_file(foreign.clone()).await), ErrorReason::WrongUser);
    }
    shutdown.trigger();
    serving.await.unwrap().unwrap();
    let counted = "SELECT count(*) + sum(suppressed) FROM mx_access_log WHERE actor = 'agent'";
    assert_eq!(ask::number(stack.sql(), counted, &[]).await, 130);
    stack.finish().await;
}
