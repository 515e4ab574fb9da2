//! Memex in a schema of the operator's choice: what stands in `public` under the same names is not touched.

use memex_proto::v1::{ClaimDreamsRequest, CreateTokenRequest, MoveFileRequest, Role, SearchFilesRequest};
use memex_stack::stack::{Clients, Stack};
use memory_api::args::{DatabaseArgs, ErasureArgs, ServeArgs};
use memory_api::commands::bootstrap::{BootstrapArgs, bootstrap};
use memory_api::commands::migrate_database;
use tests::serving::{Serving, args};
use tests::{ask, erasing};

/// A name that must be quoted.
const SCHEMA: &str = "Memex";

/// The same as an SQL identifier in a URL's query.
const IN_URL: &str = "%22Memex%22";

/// How many rows every table of a schema has, but for those that the stack's own memory-api writes beside its calls.
async fn rows(stack: &Stack, schema: &str) -> Vec<String> {
    let statement = "SELECT format('%s %s', c.relname, (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %s', c.oid::regclass), true, true, '')))[1])
                       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                      WHERE n.nspname = $1 AND c.relkind = 'r' AND c.relname NOT IN ('mx_epoch', 'mx_alive') ORDER BY 1";
    ask::lines(stack.sql(), statement, &[schema]).await
}

#[tokio::test]
async fn a_schema_other_than_public_holds_all_of_it_and_public_is_not_read() {
    // The stack's own tables are in `public`, and have rows: whoever reads them instead is found out.
    let stack = Stack::start().await;
    ask::change(stack.sql(), &format!("CREATE SCHEMA \"{SCHEMA}\""), &[]).await;
    let before = rows(&stack, "public").await;
    let url = stack.database_url();
    let separator = if url.contains('?') { '&' } else { '?' };
    let url = format!("{url}{separator}options[search_path]={IN_URL},public");
    let database = DatabaseArgs { database_url: Some(url), owner_database_url: None, max_connections: 4.into() };
    migrate_database(&database).await.unwrap();
    migrate_database(&database).await.unwrap();
    let elsewhere = "SELECT DISTINCT array_to_string(proconfig, ' ') FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
                      WHERE n.nspname = $1 AND p.prosecdef AND NOT array_to_string(proconfig, ' ') LIKE 'search_path=\"Memex\", pg_temp%'";
    assert_eq!(ask::lines(stack.sql(), elsewhere, &[SCHEMA]).await, Vec::<String>::new());
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name);
    let made = BootstrapArgs {
        workspace: "main".into(),
        operator_token_file: file("operator"),
        worker_token_file: file("worker"),
        erasure_key_file: Some(file("erasure.key")),
        database: database.clone(),
    };
    bootstrap(&made).await.unwrap();
    let erasure = ErasureArgs { erasure_key_file: Some(file("erasure.key")) };
    let serving = Serving::start(ServeArgs { database, erasure, ..args(&stack) }).await.unwrap();
    let token = |name: &str| std::fs::read_to_string(file(name)).unwrap().trim().to_owned();
    let operator = Clients::at(&serving.endpoint(), &token("operator"));
    let backend = token_of_a_backend(&operator).await;
    let backend = Clients::at(&serving.endpoint(), &backend);
    everything_works(&backend).await;
    let worker = Clients::at(&serving.endpoint(), &token("worker"));
    worker.dream.clone().claim_dreams(ClaimDreamsRequest { max: 1, ..Default::default() }).await.unwrap();
    erasing::erase(&operator, "ada").await;
    erasing::done(&operator, "ada").await;
    assert!(rows(&stack, SCHEMA).await.contains(&"mx_revision 1".to_owned()), "{:?}", rows(&stack, SCHEMA).await);
    assert_eq!(rows(&stack, "public").await, before);
    serving.end().await;
    stack.finish().await;
}

async fn token_of_a_backend(operator: &Clients) -> String {
    let request = CreateTokenRequest { role: Role::Backend.into(), ..Default::default() };
    operator.admin.clone().create_token(request).await.unwrap().into_inner().token
}

/// Ada's file is written, read, found and moved; bob's is written and stays.
async fn everything_works(backend: &Clients) {
    let mut memory = backend.memory.clone();
    for user in ["ada", "bob"] {
        backend.write("user/a.md", "likes tea").of(user).overwrite().await.unwrap();
    }
    let ada = || "ada".to_owned();
    assert_eq!(backend.read("user/a.md").of("ada").await.unwrap().content, "likes tea");
    let search = SearchFilesRequest { user_id: ada(), query: "tea".into(), ..Default::default() };
    assert_eq!(memory.search_files(search).await.unwrap().into_inner().passages.len(), 1);
    let moved = MoveFileRequest {
        user_id: ada(),
        path: "user/a.md".into(),
        new_path: "user/b.md".into(),
        ..Default::default()
    };
    memory.move_file(moved).await.unwrap();
}
