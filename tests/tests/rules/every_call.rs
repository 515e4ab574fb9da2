//! One row for every call: many calls at random, refused ones included, are as many as the log's rows and what they count.

use std::collections::BTreeMap;

use memex_core::ids::RevisionId;
use memex_proto::v1::{ErrorReason, Role};
use memex_runtime::client::Token;
use memex_stack::stack::Stack;
use tests::ask;
use tests::chance::Chance;
use tests::counts::times;
use tests::raw::AnyCaller;
use tests::refused::reason;
use tests::rpcs::{Package, Rpc};
use tests::waiting::until;

/// Calls of memory and history. A batch of one path is one row, as any call is.
fn called(rpc: &&Rpc) -> bool {
    rpc.name.starts_with("MemoryService/") || rpc.name.starts_with("HistoryService/")
}

#[tokio::test]
async fn the_rows_of_the_log_and_what_they_count_are_all_calls() {
    let calls = times(500, 5_000);
    let stack = Stack::start().await;
    let token = |value: &str| Some(Token::new("token", value).unwrap());
    let main = stack.workspace();
    let mut callers = Vec::new();
    for (role, user) in [(Role::Agent, "ada"), (Role::Backend, ""), (Role::Auditor, ""), (Role::Backend, "bob")] {
        callers.push(AnyCaller::at(&stack.endpoint(), token(&main.token(role, user).await)));
    }
    callers.push(AnyCaller::at(&stack.endpoint(), token(main.operator_token())));
    let package = Package::read();
    let rpcs: Vec<&Rpc> = package.rpcs.iter().filter(called).collect();
    let counted = "SELECT count(*) + sum(suppressed) FROM mx_access_log";
    let before = ask::number(stack.sql(), counted, &[]).await;
    let mut chance = Chance::new(41);
    let numbers: Vec<usize> = (0..callers.len()).collect();
    let mut answers = BTreeMap::new();
    for _ in 0..calls {
        let rpc = *chance.pick(&rpcs);
        let message = message(&package, rpc, &mut chance);
        let answer = callers[*chance.pick(&numbers)].call(&rpc.path, message).await;
        *answers.entry(answer.err().map(|status| reason(&status).as_str_name())).or_insert(0_i64) += 1;
    }
    let internal = answers.get(&Some(ErrorReason::Internal.as_str_name())).copied().unwrap_or(0);
    let expected = before + calls - internal;
    until("the rows that were held are written", async || {
        let rows = ask::number(stack.sql(), counted, &[]).await;
        assert!(rows <= expected, "{rows} rows of {expected} calls: {answers:?}");
        (rows == expected).then_some(())
    })
    .await;
    assert!(answers.len() > 5, "{answers:?}");
    assert_eq!(internal, 0, "a call failed: {answers:?}");
    eprintln!("{calls} calls: {answers:?}");
    stack.finish().await;
}

fn message(package: &Package, rpc: &Rpc, chance: &mut Chance) -> Vec<u8> {
    let users = ["ada", "bob", "nobody", ""];
    let paths = ["user/a.md", "user/a.md", "user/b.md", "shared/c.md", "user/../x", "user/dream-log.md"];
    let texts = BTreeMap::from([
        ("user_id", (*chance.pick(&users)).to_owned()),
        ("path", (*chance.pick(&paths)).to_owned()),
        ("paths", (*chance.pick(&paths)).to_owned()),
        ("new_path", (*chance.pick(&paths)).to_owned()),
        ("prefix", (*chance.pick(&["", "user/", "shared/", "x/"])).to_owned()),
        ("query", (*chance.pick(&["tea", "", "what does she drink?"])).to_owned()),
        ("content", (*chance.pick(&["- tea\n", "- milk\n", "a\0b"])).to_owned()),
        ("lines", (*chance.pick(&["- bread", "- salt"])).to_owned()),
        (
            "revision_id",
            RevisionId { scope: *chance.pick(&[1, 2, 3, 999]), sequence: *chance.pick(&[1, 2, 50]) }.to_string(),
        ),
    ]);
    let version = *chance.pick(&[0, 1, 2, 3]);
    let text = |field: &str| texts.get(field).cloned();
    let number = |field: &str| matches!(field, "expected_version" | "from_version" | "to_version").then_some(version);
    package.fill(&rpc.request, &text, &number)
}
