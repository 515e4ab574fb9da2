//! Backups and archives: a whole database as pg_dump writes it, a user's memory as ExportUser does.

use std::process::Command;

use memex_proto::v1::import_user_request::Message;
use memex_proto::v1::{ExportUserRequest, ImportHeader, ImportUserRequest, ImportUserResponse};
use memex_stack::postgres::find_binaries;
use memex_stack::stack::{Clients, Stack};
use tonic::Status;

/// The stack's database as an operator's backup would have it.
///
/// # Panics
/// Where pg_dump fails.
pub fn dumped(stack: &Stack) -> String {
    let dump = find_binaries().expect("there is a Postgres").dir.join("pg_dump");
    let out = Command::new(dump).arg("--dbname").arg(stack.database_url()).output().expect("pg_dump can be started");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).expect("pg_dump writes text")
}

/// A user's archive.
///
/// # Panics
/// Where it is refused.
pub async fn export(clients: &Clients, user: &str) -> Vec<u8> {
    let request = ExportUserRequest { user_id: user.to_owned() };
    let mut parts = clients.admin.clone().export_user(request).await.expect("it may be exported").into_inner();
    let mut archive = Vec::new();
    while let Some(part) = parts.message().await.expect("an export ends well") {
        archive.extend(part.part);
    }
    archive
}

/// The messages of an import.
pub fn messages(header: ImportHeader, archive: &[u8]) -> Vec<ImportUserRequest> {
    let parts = archive.chunks(10_000).map(|part| Message::Part(part.to_vec()));
    let messages = std::iter::once(Message::Header(header)).chain(parts);
    messages.map(|message| ImportUserRequest { message: Some(message) }).collect()
}

/// Brings an archive in.
///
/// # Errors
/// As ImportUser.
pub async fn import(clients: &Clients, header: ImportHeader, archive: &[u8]) -> Result<ImportUserResponse, Status> {
    let messages = futures::stream::iter(messages(header, archive));
    Ok(clients.admin.clone().import_user(messages).await?.into_inner())
}

/// The header of an import into this user.
pub fn into(user: &str) -> ImportHeader {
    ImportHeader { user_id: user.to_owned(), ..ImportHeader::default() }
}
