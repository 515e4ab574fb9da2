//! Everything at once over few users: no two of these calls may lock each other out, whatever their order.

use futures::future::join_all;
use memex_proto::v1::{ErrorReason, PauseUserRequest, ResumeUserRequest, RevertDreamRequest, UpdateConfigRequest};
use memex_stack::stack::{Clients, Stack, StackOptions};
use tests::hand::{HeldDream, claim, worker};
use tests::refused::reason;
use tests::{ask, messy};
use tonic::Status;

const USERS: [&str; 3] = ["ada", "bob", "cleo"];
const ROUNDS: usize = 40;

/// A file with a blank line too many.
const LOOSE: (&str, &str) = ("user/loose.md", "# Loose\n\n\n- Ada has a cat.\n");

/// Stages one blank line for two, where a revert has brought them back: a change that passes the guard however often it
/// is made and undone.
async fn tidy(held: &HeldDream) -> Result<(), Status> {
    let file = held.read(LOOSE.0).await?;
    let text = file.content.replace("\n\n\n", "\n\n");
    held.stage(LOOSE.0, &text, file.file.unwrap_or_default().version).await.map(|_| ())
}

/// What one caller does in a round.
async fn act(caller: usize, round: usize, operator: &Clients, worker: &Clients) -> Result<(), Status> {
    let user_id = USERS[(caller + round) % USERS.len()].to_owned();
    let mut admin = operator.admin.clone();
    match caller % 6 {
        // Rarely enough that dreams come to their end between.
        0 | 3 if !round.is_multiple_of(8) => Ok(()),
        0 => {
            admin.pause_user(PauseUserRequest { user_id: user_id.clone(), ..Default::default() }).await?;
            admin.resume_user(ResumeUserRequest { user_id, ..Default::default() }).await.map(|_| ())
        }
        1 => {
            let request = memex_proto::v1::StartDreamRequest { user_id, ..Default::default() };
            operator.dream_admin.clone().start_dream(request).await.map(|_| ())
        }
        2 => {
            let on = (!round.is_multiple_of(10)).to_string();
            let grace = ("dream_grace_period_minutes".to_owned(), (round % 3).to_string());
            let values = [("dream_enabled".to_owned(), on), grace].into();
            admin.update_config(UpdateConfigRequest { values, ..Default::default() }).await.map(|_| ())
        }
        3 => {
            let text = format!("- {caller} {round}\n");
            operator.write("user/more.md", &text).of(&user_id).overwrite().await.map(drop)
        }
        _ => {
            for held in claim(worker, 2).await {
                let staged = tidy(&held).await;
                let finished = held.finish().await;
                staged?;
                finished?;
                let dream_id = held.assignment.dream_id.clone();
                let request = RevertDreamRequest { dream_id, ..Default::default() };
                operator.dream_admin.clone().revert_dream(request).await?;
            }
            Ok(())
        }
    }
}

/// Everybody's rounds at the same time; gives what was refused.
async fn storm(operator: &Clients, workers: &[Clients]) -> Vec<Status> {
    let callers = (0..18).map(|caller| {
        let (operator, worker) = (operator.clone(), workers[caller % workers.len()].clone());
        tokio::spawn(async move {
            let mut refused = Vec::new();
            for round in 0..ROUNDS {
                refused.extend(act(caller, round, &operator, &worker).await.err());
            }
            refused
        })
    });
    join_all(callers).await.into_iter().flat_map(Result::unwrap).collect()
}

/// Whether dreams were adopted as well as ended by others, so that their calls met.
async fn met(stack: &Stack) -> bool {
    let both = "SELECT (count(*) FILTER (WHERE state IN ('applied', 'reverted')) > 0
                        AND count(*) FILTER (WHERE state IN ('canceled', 'overtaken')) > 0)::int::bigint FROM mx_dream";
    ask::number(stack.sql(), both, &[]).await == 1
}

#[tokio::test]
async fn no_two_calls_lock_each_other_out() {
    let stack = Stack::with(StackOptions { replicas: 2, ..StackOptions::default() }).await;
    for user in USERS {
        let user = stack.user(user).await;
        messy::write(&user).await;
        user.write(LOOSE.0, LOOSE.1).await;
    }
    let (operator, workers) = (stack.operator(), worker(&stack, 2).await);
    let mut storms = 0;
    while storms == 0 || !met(&stack).await {
        assert!(storms < 20, "no dream was both adopted and ended by others in {storms} storms");
        for status in storm(&operator, &workers).await {
            let failed = [ErrorReason::Internal, ErrorReason::Unspecified, ErrorReason::DeadlineExceeded];
            assert!(!failed.contains(&reason(&status)), "{status}");
        }
        storms += 1;
    }
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(ask::number(stack.sql(), deadlocks, &[]).await, 0);
    for user in USERS {
        let pause = PauseUserRequest { user_id: user.into(), ..PauseUserRequest::default() };
        operator.admin.clone().pause_user(pause).await.unwrap();
    }
    stack.finish().await;
}
