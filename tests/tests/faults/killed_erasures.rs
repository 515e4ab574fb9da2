//! An erasure goes on where a service that was killed in the middle of it left off.

use memex_proto::v1::{EraseUserRequest, ErasureState, GetErasureRequest};
use memex_stack::stack::{Clients, Stack};
use tests::ask;
use tests::waiting::until;

use crate::process::Process;

#[tokio::test]
async fn a_crash_half_way_resumes() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    for _ in 0..3 {
        ada.write("user/a.md", "- tea\n").await;
    }
    // More than a few batches have.
    let many = "INSERT INTO mx_access_log (scope_id, operation, outcome, actor, principal)
                SELECT scope_id, 1, 1, 'x', gen_random_uuid() FROM mx_scope, generate_series(1, 3000) WHERE user_id = 'ada'";
    ask::change(stack.sql(), many, &[]).await;
    let of_ada = "SELECT count(*) FROM mx_access_log l JOIN mx_scope s USING (scope_id) WHERE s.user_id = 'ada'";
    let rows = ask::number(stack.sql(), of_ada, &[]).await;
    // The third batch is not begun.
    let mut dies = Process::memory_api_that_erases(&stack, "before_erasure_batch:skip:2").await;
    let mut operator = Clients::at(&dies.endpoint(), stack.workspace().operator_token()).admin;
    let erase = EraseUserRequest { user_id: "ada".into(), ..EraseUserRequest::default() };
    operator.erase_user(erase).await.unwrap();
    dies.dies().await;
    assert!(ask::number(stack.sql(), "SELECT deleted_rows FROM mx_erasure", &[]).await >= 1_000);
    // Another service over the same database, which was told nothing of it.
    let mut other = stack.operator().admin;
    let done = until("the erasure is done", async || {
        let asked = GetErasureRequest { user_id: "ada".into() };
        let erasure = other.get_erasure(asked).await.unwrap().into_inner().erasure.unwrap();
        (erasure.state() == ErasureState::Done).then_some(erasure)
    })
    .await;
    assert!(done.deleted_rows > rows, "each row is counted once, whoever deleted it: {done:?}");
    assert_eq!(ask::number(stack.sql(), "SELECT count(*) FROM mx_scope WHERE user_id = 'ada'", &[]).await, 0);
    stack.finish().await;
}
