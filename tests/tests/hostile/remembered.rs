//! What is remembered of a mutation's answer, and what becomes of a repeat where that cannot be read.

use memex_stack::stack::Stack;
use tests::ask;
use tonic::Code;

use crate::once::{Sender, Subject, cases, erasures_end, everything};
use crate::raw::{channel, methods};

/// Their answer is the revision that they made, which is read again.
const OF_ONE_FILE: [&str; 5] = ["WriteFile", "PatchFile", "DeleteFile", "MoveFile", "RestoreRevision"];

#[tokio::test]
async fn a_remembered_answer_that_nobody_can_read_is_a_defect_in_every_mutation_and_nothing_is_done_again() {
    let stack = Stack::start().await;
    let subject = Subject::of(&stack).await;
    let channel = channel(&stack.endpoint(), stack.workspace().operator_token());
    let sender = Sender { channel, methods: methods() };
    for case in cases(&subject) {
        for before in &case.before {
            sender.done(before).await;
        }
        sender.done(&case.asked).await;
        if OF_ONE_FILE.contains(&case.asked.0) {
            continue;
        }
        erasures_end(&stack).await;
        ask::change(stack.sql(), "UPDATE mx_request SET answer = '\\xff' WHERE answer <> ''", &[]).await;
        let after = everything(&stack).await;
        let repeat = sender.ask(&case.asked).await.expect_err(case.asked.0);
        assert_eq!(repeat.code(), Code::Internal, "{}: {repeat}", case.asked.0);
        assert_eq!(everything(&stack).await, after, "{}", case.asked.0);
        ask::change(stack.sql(), "UPDATE mx_request SET answer = ''", &[]).await;
    }
    stack.finish().await;
}
