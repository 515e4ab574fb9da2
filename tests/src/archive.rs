//! Archives of users: taken out, changed line by line, sealed again, and brought in.

use memex_proto::v1::import_user_request::Message;
use memex_proto::v1::{
    ExportUserRequest, ImportHeader, ImportUserRequest, ImportUserResponse, ListRevisionsRequest, Revision,
};
use memex_stack::stack::Clients;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tonic::Status;

/// Bytes of a part, which ends wherever it ends.
const PART: usize = 10_000;

/// A user's archive.
///
/// # Panics
/// Where memory-api refuses, or breaks off.
pub async fn export(clients: &Clients, user: &str) -> Vec<u8> {
    let request = ExportUserRequest { user_id: user.into() };
    let mut parts = clients.admin.clone().export_user(request).await.expect("an export begins").into_inner();
    let mut archive = Vec::new();
    while let Some(part) = parts.message().await.expect("an export goes on to its end") {
        archive.extend(part.part);
    }
    archive
}

/// The header of an import into a user.
pub fn into(user: &str) -> ImportHeader {
    ImportHeader { user_id: user.into(), ..ImportHeader::default() }
}

/// The messages of an import.
pub fn messages(header: ImportHeader, archive: &[u8]) -> Vec<ImportUserRequest> {
    let parts = archive.chunks(PART).map(|part| Message::Part(part.to_vec()));
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

/// Every revision of a user, the oldest first.
///
/// # Panics
/// Where memory-api refuses.
pub async fn revisions(clients: &Clients, user: &str) -> Vec<Revision> {
    let (mut revisions, mut page_token) = (Vec::new(), String::new());
    loop {
        let asked = ListRevisionsRequest { user_id: user.into(), page_size: 1_000, page_token, ..Default::default() };
        let page = clients.history.clone().list_revisions(asked).await.expect("a history is listed").into_inner();
        revisions.extend(page.revisions);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            revisions.reverse();
            return revisions;
        }
    }
}

/// The lines of an archive, without the last one.
///
/// # Panics
/// Where a line is no JSON.
pub fn lines(archive: &[u8]) -> Vec<Value> {
    let lines = archive.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let mut lines: Vec<Value> = lines.map(|line| serde_json::from_slice(line).expect("a line is JSON")).collect();
    lines.pop();
    lines
}

/// An archive of these lines, with the last line that they need.
pub fn sealed(lines: &[Value]) -> Vec<u8> {
    let mut archive: Vec<u8> = lines.iter().flat_map(|line| format!("{line}\n").into_bytes()).collect();
    let count = |kind: &str| lines.iter().filter(|line| line["kind"] == kind).count();
    let hash = hex::encode(Sha256::digest(&archive));
    let end = json!({"kind": "end", "files": count("file"), "revisions": count("revision"), "dreams": count("dream"),
        "dream_ops": count("dream_op"), "access": count("access"), "sha256": hash});
    archive.extend(format!("{end}\n").into_bytes());
    archive
}

/// Where the lines of a kind are, from 0.
pub fn places(lines: &[Value], kind: &str) -> Vec<usize> {
    (0..lines.len()).filter(|&place| lines[place]["kind"] == kind).collect()
}
