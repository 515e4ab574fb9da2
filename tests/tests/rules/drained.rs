//! What a service that ends has counted is written before it is gone.

use memex_proto::v1::{ErrorReason, Role};
use memex_stack::stack::{Clients, Stack};
use tests::ask;
use tests::refused::refused;
use tests::serving::{Serving, args};

#[tokio::test]
async fn a_drain_writes_the_rows_of_refusals_beyond_the_rate() {
    let stack = Stack::start().await;
    let token = stack.workspace().token(Role::Agent, "ada").await;
    let serving = Serving::start(args(&stack)).await.unwrap();
    let ada = Clients::at(&serving.endpoint(), &token);
    for _ in 0..130 {
        assert_eq!(refused(ada.read("user/a.md").of("bob").await), ErrorReason::WrongUser);
    }
    serving.end().await;
    let counted = "SELECT count(*) + sum(suppressed) FROM mx_access_log WHERE actor = 'agent'";
    assert_eq!(ask::number(stack.sql(), counted, &[]).await, 130);
    stack.finish().await;
}
