//! Moves, restores, deletions, redactions, erasures and imports of a few files at once: none of them fails, and what is
//! left adds up.

use futures::future::join_all;
use memex_core::ids::RevisionId;
use memex_proto::v1::restore_revision_request::Precondition as Restore;
use memex_proto::v1::{
    DeleteFileRequest, EraseUserRequest, ErrorReason, MoveFileRequest, RedactRevisionRequest, RestoreRevisionRequest,
    UpdateUserRequest,
};
use memex_stack::stack::{Clients, Stack, StackOptions};
use tests::archive::{export, import, into};
use tests::chance::Chance;
use tests::counts::times;
use tests::refused::reason;
use tests::waiting::until;
use tests::{ask, messy};
use tonic::Status;

const USERS: [&str; 2] = ["ada", "bob"];
const PATHS: [&str; 4] = ["user/a.md", "user/b.md", "user/c.md", "user/notes.md"];
const CALLERS: u64 = 12;

/// One caller's next call.
async fn act(
    stack: &Stack,
    clients: &Clients,
    chance: &mut Chance,
    archive: &[u8],
    text: String,
) -> Result<(), Status> {
    let user_id = (*chance.pick(&USERS)).to_owned();
    let path = (*chance.pick(&PATHS)).to_owned();
    match chance.below(64) {
        0 => clients.admin.clone().erase_user(EraseUserRequest { user_id, ..Default::default() }).await.map(|_| ()),
        1..=3 => {
            let request = UpdateUserRequest { user_id, readmit: true, ..Default::default() };
            clients.admin.clone().update_user(request).await.map(|_| ())
        }
        4..=6 => import(clients, into(&user_id), archive).await.map(|_| ()),
        7..=20 => {
            let new_path = (*chance.pick(&PATHS)).to_owned();
            let request = MoveFileRequest { user_id, path, new_path, ..Default::default() };
            clients.memory.clone().move_file(request).await.map(|_| ())
        }
        21..=28 => {
            let request = DeleteFileRequest { user_id, path, ..Default::default() };
            clients.memory.clone().delete_file(request).await.map(|_| ())
        }
        29..=40 => {
            let revision_id = any_revision(stack, chance).await;
            let precondition = Some(Restore::Overwrite(true));
            let request = RestoreRevisionRequest { revision_id, precondition, ..Default::default() };
            clients.history.clone().restore_revision(request).await.map(|_| ())
        }
        41..=48 => {
            let request =
                RedactRevisionRequest { revision_id: any_revision(stack, chance).await, ..Default::default() };
            clients.admin.clone().redact_revision(request).await.map(|_| ())
        }
        _ => clients.write(&path, &text).of(&user_id).overwrite().await.map(drop),
    }
}

async fn any_revision(stack: &Stack, chance: &mut Chance) -> String {
    let newest = "SELECT scope_id || ' ' || sequence FROM mx_scope WHERE kind = 1 ORDER BY scope_id";
    let scopes = ask::lines(stack.sql(), newest, &[]).await;
    let [scope, newest] = match scopes.get(chance.below(scopes.len())).and_then(|row| row.split_once(' ')) {
        Some((scope, newest)) => [scope.parse().unwrap(), newest.parse::<i64>().unwrap()],
        None => [1, 1],
    };
    let back = i64::try_from(chance.below(12)).unwrap();
    RevisionId { scope, sequence: (newest - back).max(1) }.to_string()
}

#[tokio::test]
async fn changes_of_whole_users_beside_changes_of_their_files_leave_what_adds_up() {
    let stack = Stack::with(StackOptions { replicas: 2, ..StackOptions::default() }).await;
    for user in USERS {
        messy::write(&stack.user(user).await).await;
    }
    let archive = export(&stack.operator(), "ada").await;
    let token = stack.workspace().operator_token();
    let replicas = [0, 1].map(|at| Clients::at(&stack.endpoint_of(at), token));
    let callers = (0..CALLERS).map(|caller| {
        let (stack, archive, clients) = (&stack, &archive, &replicas[usize::from(caller % 2 == 0)]);
        async move {
            let mut chance = Chance::new(caller);
            let mut done = 0;
            for round in 0..times(60, 1_000) {
                let text = format!("- line of {caller} in {round}\n");
                match act(stack, clients, &mut chance, archive, text).await {
                    Ok(()) => done += 1,
                    Err(status) => {
                        let failed = [ErrorReason::Unspecified, ErrorReason::Internal];
                        assert!(!failed.contains(&reason(&status)), "caller {caller}, round {round}: {status:?}");
                    }
                }
            }
            done
        }
    });
    let done: Vec<usize> = join_all(callers).await;
    assert!(done.iter().sum::<usize>() > 100, "hardly anything was done: {done:?}");
    let running = "SELECT count(*) FROM mx_erasure WHERE done_at IS NULL";
    until("erasures are done", async || (ask::number(stack.sql(), running, &[]).await == 0).then_some(())).await;
    stack.finish().await;
}
