//! Odd installations: many who migrate at once, roles apart, a schema that is not there yet.

use std::sync::Arc;

use memex_core::clock::SystemClock;
use memex_proto::v1::{DreamState, ErrorReason, ListFilesRequest};
use memex_runtime::lifecycle::{LifecycleArgs, Shutdown};
use memex_runtime::metrics::Meters;
use memex_runtime::server::{LoadArgs, ServerArgs, ServerTlsArgs};
use memex_runtime::telemetry::TelemetryArgs;
use memex_stack::stack::{Clients, Stack};
use memory_api::Guards;
use memory_api::args::{DatabaseArgs, ErasureArgs, ServeArgs};
use memory_api::commands::migrate_database;
use tests::ask::{change, number};
use tests::hand::{claim_one, start_dream_of};
use tests::{messy, refused::refused};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// A database of the stack's cluster that holds nothing, and how its owner reaches it.
async fn empty(stack: &Stack) -> (String, String) {
    let name = format!("empty_{}", Uuid::new_v4().simple());
    change(stack.sql(), &format!("CREATE DATABASE {name} TEMPLATE template0"), &[]).await;
    let url = of_database(&stack.database_url(), &name);
    (name, url)
}

/// `url` with another database's name.
fn of_database(url: &str, name: &str) -> String {
    let (address, query) = url.split_once('?').map_or((url, String::new()), |(a, q)| (a, format!("?{q}")));
    let (server, _) = address.rsplit_once('/').unwrap();
    format!("{server}/{name}{query}")
}

/// `url` as another role.
fn as_role(url: &str, role: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap();
    let place = rest.split_once('@').map_or(rest, |(_, place)| place);
    format!("{scheme}://{role}:secret@{place}")
}

fn args(url: &str) -> DatabaseArgs {
    DatabaseArgs { database_url: Some(url.to_owned()), owner_database_url: None, max_connections: 4.into() }
}

#[tokio::test]
async fn many_who_migrate_an_empty_database_at_once_all_succeed_and_a_rerun_changes_nothing() {
    let stack = Stack::start().await;
    let (name, url) = empty(&stack).await;
    let all = futures::future::join_all((0..6).map(|_| {
        let database = args(&url);
        async move { migrate_database(&database).await }
    }));
    for migrated in all.await {
        migrated.unwrap();
    }
    migrate_database(&args(&url)).await.unwrap();
    change(stack.sql(), &format!("DROP DATABASE {name} WITH (FORCE)"), &[]).await;
    stack.finish().await;
}

#[tokio::test]
async fn an_owner_who_may_not_make_roles_migrates_where_the_services_role_was_made_for_it() {
    let stack = Stack::start().await;
    let (name, url) = empty(&stack).await;
    let role = format!("owner_{}", Uuid::new_v4().simple());
    change(stack.sql(), &format!("CREATE ROLE {role} LOGIN PASSWORD 'secret'"), &[]).await;
    change(stack.sql(), &format!("GRANT memex_app TO {role}"), &[]).await;
    change(stack.sql(), &format!("ALTER DATABASE {name} OWNER TO {role}"), &[]).await;
    migrate_database(&args(&as_role(&url, &role))).await.unwrap();
    change(stack.sql(), &format!("DROP DATABASE {name} WITH (FORCE)"), &[]).await;
    change(stack.sql(), &format!("DROP ROLE {role}"), &[]).await;
    stack.finish().await;
}

/// Serves until told to end; gives the endpoint.
async fn serve(database: DatabaseArgs) -> (String, Shutdown, JoinHandle<()>) {
    let args = ServeArgs {
        server: ServerArgs { listen: "127.0.0.1:0".parse().unwrap(), ..ServerArgs::default() },
        tls: ServerTlsArgs::default(),
        load: LoadArgs::default(),
        database,
        erasure: ErasureArgs::default(),
        telemetry: TelemetryArgs::default(),
        lifecycle: LifecycleArgs { drain_seconds: 5.into() },
    };
    let shutdown = Shutdown::manual();
    let (ready, address) = oneshot::channel();
    let until = shutdown.clone();
    let task = tokio::spawn(async move {
        let ready = |bound| ready.send(bound).unwrap();
        let clock = Arc::new(SystemClock);
        memory_api::serve(args, clock, Guards::default(), Meters::off(), until, ready).await.unwrap();
    });
    let endpoint = format!("http://{}", address.await.unwrap());
    (endpoint, shutdown, task)
}

#[tokio::test]
async fn a_login_role_with_the_services_rights_alone_can_serve_everything() {
    let stack = Stack::start().await;
    let role = format!("app_{}", Uuid::new_v4().simple());
    change(stack.sql(), &format!("CREATE ROLE {role} LOGIN PASSWORD 'secret' IN ROLE memex_app"), &[]).await;
    let url = stack.database_url();
    let database = DatabaseArgs {
        database_url: Some(as_role(&url, &role)),
        owner_database_url: Some(url),
        max_connections: 4.into(),
    };
    let (endpoint, shutdown, task) = serve(database).await;
    let operator = Clients::at(&endpoint, stack.workspace().operator_token());
    let ada = stack.user("ada").await;
    messy::write(&ada).await;
    let list = ListFilesRequest { user_id: "ada".into(), ..ListFilesRequest::default() };
    assert_eq!(operator.memory.clone().list_files(list).await.unwrap().into_inner().files.len(), 2);
    start_dream_of(&stack, "ada").await;
    let worker = Clients::at(&endpoint, &tests::ask::worker_token(&stack).await);
    let held = claim_one(&worker).await;
    held.clean().await.unwrap();
    held.renew().await.unwrap();
    assert_eq!(held.ends().await, DreamState::Applied);
    shutdown.trigger();
    task.await.unwrap();
    change(stack.sql(), &format!("DROP ROLE {role}"), &[]).await;
    stack.finish().await;
}

#[tokio::test]
async fn a_call_to_a_service_over_an_empty_database_is_told_that_it_is_unavailable() {
    let stack = Stack::start().await;
    let (name, url) = empty(&stack).await;
    let (endpoint, shutdown, task) = serve(args(&url)).await;
    let operator = Clients::at(&endpoint, stack.workspace().operator_token());
    let list = ListFilesRequest { user_id: "ada".into(), ..ListFilesRequest::default() };
    assert_eq!(refused(operator.memory.clone().list_files(list).await), ErrorReason::DatabaseUnavailable);
    shutdown.trigger();
    task.await.unwrap();
    change(stack.sql(), &format!("DROP DATABASE {name} WITH (FORCE)"), &[]).await;
    assert_eq!(number(stack.sql(), "SELECT count(*) FROM mx_file", &[]).await, 0);
    stack.finish().await;
}
