//! Which role may call what: a table that people read, compared with what every RPC answers.

use std::fmt::Write as _;

use memex_proto::reason::short_name;
use memex_proto::v1::{ErrorReason, Role};
use memex_runtime::client::Token;
use memex_stack::stack::Stack;
use tests::raw::AnyCaller;
use tests::refused::reason;
use tests::rpcs::Package;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rules/authorization.golden");

const HEAD: &str = "\
# Every RPC by role: what a call with an empty message is told. `allowed`: the role may make the call, whatever
# else was refused of it. UPDATE_GOLDEN=1 writes the file anew; read the difference before you keep it.
";

#[tokio::test]
async fn every_rpc_answers_every_role_as_the_table_says() {
    let stack = Stack::start().await;
    let mut callers = Vec::new();
    for (name, role, user) in
        [("agent", Role::Agent, "ada"), ("backend", Role::Backend, ""), ("auditor", Role::Auditor, "")]
    {
        callers.push((name, Some(token(&stack.workspace().token(role, user).await))));
    }
    callers.push(("operator", Some(token(stack.workspace().operator_token()))));
    callers.push(("worker", Some(stack.worker_token())));
    callers.push(("nobody", None));
    let mut callers: Vec<_> =
        callers.into_iter().map(|(name, token)| (name, AnyCaller::at(&stack.endpoint(), token))).collect();

    let mut table = HEAD.to_owned();
    for rpc in Package::read().rpcs {
        write!(table, "{:<34}", rpc.name).unwrap();
        for (name, caller) in &mut callers {
            let answer = match caller.call(&rpc.path, Vec::new()).await.err().map(|status| reason(&status)) {
                Some(
                    refusal @ (ErrorReason::RoleRequired
                    | ErrorReason::TokenMissing
                    | ErrorReason::TokenInvalid
                    | ErrorReason::TokenExpired),
                ) => short_name(refusal),
                _ => "allowed",
            };
            write!(table, " {name}={answer}").unwrap();
        }
        table.push('\n');
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(GOLDEN, &table).unwrap();
    }
    let golden = std::fs::read_to_string(GOLDEN).unwrap();
    assert_eq!(golden, table, "authorization.golden differs from what the RPCs answer");
    stack.finish().await;
}

fn token(value: &str) -> Token {
    Token::new("token", value).unwrap()
}
