//! Everything at once over few users: no two of these calls may lock each other out, whatever their order.

use futures::future::join_all;
use memex_proto::v1::{
    ErrorReason, PauseUserRequest, ResumeUserRequest, RevertDreamRequest, UpdateConfigRequest, WriteFileRequest,
    write_file_request::Precondition,
};
use memex_stack::stack::{Clients, Stack, StackOptions};
use tests::hand::{claim, worker};
use tests::refused::reason;
use tests::{ask, messy};
use tonic::Status;

const USERS: [&str; 3] = ["ada", "bob", "cleo"];
const ROUNDS: usize = 40;

/// What one caller does in a round.
async fn act(caller: usize, round: usize, operator: &Clients, worker: &Clients) -> Result<(), Status> {
    let user_id = USERS[(caller + round) % USERS.len()].to_owned();
    let mut admin = operator.admin.clone();
    match caller % 6 {
        0 => {
            admin.pause_user(PauseUserRequest { user_id: user_id.clone(), ..Default::default() }).await?;
            admin.resume_user(ResumeUserRequest { user_id, ..Default::default() }).await.map(|_| ())
        }
        1 => {
            let request = memex_proto::v1::StartDreamRequest { user_id, ..Default::default() };
            operator.dream_admin.clone().start_dream(request).await.map(|_| ())
        }
        2 => {
            let on = (!round.is_multiple_of(4)).to_string();
            let grace = ("dream_grace_period_minutes".to_owned(), (round % 3).to_string());
            let values = [("dream_enabled".to_owned(), on), grace].into();
            admin.update_config(UpdateConfigRequest { values, ..Default::default() }).await.map(|_| ())
        }
        3 => {
            let request = WriteFileRequest {
                user_id,
                path: "user/more.md".into(),
                content: format!("- {caller} {round}\n"),
                precondition: Some(Precondition::Overwrite(true)),
                ..Default::default()
            };
            operator.memory.clone().write_file(request).await.map(|_| ())
        }
        _ => {
            for held in claim(worker, 2).await {
                let staged = held.clean().await;
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

#[tokio::test]
async fn no_two_calls_lock_each_other_out() {
    let stack = Stack::with(StackOptions { replicas: 2, ..StackOptions::default() }).await;
    for user in USERS {
        messy::write(&stack.user(user).await).await;
    }
    let (operator, workers) = (stack.operator(), worker(&stack, 2).await);
    let callers = (0..18).map(|caller| {
        let (operator, worker) = (operator.clone(), workers[caller % 2].clone());
        tokio::spawn(async move {
            let mut refused = Vec::new();
            for round in 0..ROUNDS {
                refused.extend(act(caller, round, &operator, &worker).await.err());
            }
            refused
        })
    });
    let refused: Vec<Status> = join_all(callers).await.into_iter().flat_map(Result::unwrap).collect();
    for status in refused {
        let broken =
            matches!(reason(&status), ErrorReason::Internal | ErrorReason::Unspecified | ErrorReason::DeadlineExceeded);
        assert!(!broken, "{status}");
    }
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(ask::number(stack.sql(), deadlocks, &[]).await, 0);
    for user in USERS {
        let mut admin = operator.admin.clone();
        admin.pause_user(PauseUserRequest { user_id: user.into(), ..Default::default() }).await.unwrap();
    }
    stack.finish().await;
}
