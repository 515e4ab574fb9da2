//! Erasing a user, and writing for them again.

use memex_proto::v1::{
    EraseUserRequest, ErasureState, ErasureStatus, GetErasureRequest, UpdateUserRequest, WriteFileRequest,
};
use memex_stack::stack::Clients;
use uuid::Uuid;

use crate::waiting::until;

/// Asks for the erasure of a user.
///
/// # Panics
/// Where it is refused.
pub async fn erase(clients: &Clients, user: &str) -> ErasureStatus {
    let request = EraseUserRequest { user_id: user.into(), request_id: Uuid::new_v4().to_string() };
    let answer = clients.admin.clone().erase_user(request).await.expect("a user can be erased").into_inner();
    answer.erasure.expect("the answer has the erasure")
}

/// How far it has come.
///
/// # Panics
/// Where there is none.
pub async fn erasure_of(clients: &Clients, user: &str) -> ErasureStatus {
    let request = GetErasureRequest { user_id: user.into() };
    let answer = clients.admin.clone().get_erasure(request).await.expect("an erasure can be asked for").into_inner();
    answer.erasure.expect("the answer has the erasure")
}

/// Waits until it is done.
pub async fn done(clients: &Clients, user: &str) -> ErasureStatus {
    until("the erasure is done", async || {
        Some(erasure_of(clients, user).await).filter(|erasure| erasure.state() == ErasureState::Done)
    })
    .await
}

/// That the id may be written again.
pub fn readmit(user: &str) -> UpdateUserRequest {
    let request_id = Uuid::new_v4().to_string();
    UpdateUserRequest { user_id: user.into(), readmit: true, request_id, ..UpdateUserRequest::default() }
}

/// A user's file, written anew.
pub fn write(user: &str) -> WriteFileRequest {
    let (path, content) = ("user/a.md".into(), "- back\n".into());
    WriteFileRequest { user_id: user.into(), path, content, ..WriteFileRequest::default() }
}
