//! Builders of the calls that tests make most, a write, a read and a patch of one file:
//! `clients.write("user/a.md", "text").at(2).id(uuid).await`.

use std::pin::Pin;

use memex_proto::v1::edit::Kind;
use memex_proto::v1::memory_service_client::MemoryServiceClient;
use memex_proto::v1::read_file_request::At;
use memex_proto::v1::write_file_request::Precondition;
use memex_proto::v1::{
    Edit, FileContent, PatchFileRequest, PatchFileResponse, ReadFileRequest, Source, WriteFileRequest,
    WriteFileResponse,
};
use memex_runtime::client::AuthChannel;
use tonic::Status;
use uuid::Uuid;

use super::Clients;

/// The future of a call's answer.
type Answer<T> = Pin<Box<dyn Future<Output = Result<T, Status>> + Send>>;

/// A call that is made when it is awaited. A clone is a repeat of it.
#[derive(Debug, Clone)]
#[must_use = "a call is made when it is awaited"]
pub struct Call<R> {
    memory: MemoryServiceClient<AuthChannel>,
    request: R,
}

impl Clients {
    /// Writes a whole text. Without `at` or `overwrite` no file may be there; without `id` it has no request id.
    pub fn write(&self, path: &str, text: &str) -> Call<WriteFileRequest> {
        let (path, content) = (path.to_owned(), text.to_owned());
        self.call(WriteFileRequest { path, content, ..WriteFileRequest::default() })
    }

    /// Reads a file as it is now.
    pub fn read(&self, path: &str) -> Call<ReadFileRequest> {
        self.call(ReadFileRequest { path: path.to_owned(), ..ReadFileRequest::default() })
    }

    /// Patches a file. Without `at` its version does not matter; without `id` it has no request id.
    pub fn patch(&self, path: &str, kinds: impl IntoIterator<Item = Kind>) -> Call<PatchFileRequest> {
        let edits = kinds.into_iter().map(|kind| Edit { kind: Some(kind) }).collect();
        self.call(PatchFileRequest { path: path.to_owned(), edits, ..PatchFileRequest::default() })
    }

    fn call<R>(&self, request: R) -> Call<R> {
        Call { memory: self.memory.clone(), request }
    }
}

impl<R> Call<R> {
    /// Changes the request: for fields that have no method here.
    pub fn with(mut self, set: impl FnOnce(&mut R)) -> Self {
        set(&mut self.request);
        self
    }
}

impl Call<WriteFileRequest> {
    /// Writes for that user: an operator or a backend must name one.
    pub fn of(self, user: &str) -> Self {
        self.with(|write| write.user_id = user.to_owned())
    }

    /// Expects the file at this version. 0: expects no file.
    pub fn at(self, version: i64) -> Self {
        self.with(|write| write.precondition = Some(Precondition::ExpectedVersion(version)))
    }

    /// Overwrites whatever is there.
    pub fn overwrite(self) -> Self {
        self.with(|write| write.precondition = Some(Precondition::Overwrite(true)))
    }

    /// Says where the text comes from.
    pub fn source(self, source: Source) -> Self {
        self.with(|write| write.source = source.into())
    }

    /// Gives the call this request id.
    pub fn id(self, id: Uuid) -> Self {
        self.with(|write| write.request_id = id.to_string())
    }
}

impl Call<ReadFileRequest> {
    /// Reads a file of that user.
    pub fn of(self, user: &str) -> Self {
        self.with(|read| read.user_id = user.to_owned())
    }

    /// Reads the file as it was at this version.
    pub fn at(self, version: i64) -> Self {
        self.with(|read| read.at = Some(At::Version(version)))
    }
}

impl Call<PatchFileRequest> {
    /// Expects the file at this version.
    pub fn at(self, version: i64) -> Self {
        self.with(|patch| patch.expected_version = Some(version))
    }

    /// Gives the call this request id.
    pub fn id(self, id: Uuid) -> Self {
        self.with(|patch| patch.request_id = id.to_string())
    }
}

impl IntoFuture for Call<WriteFileRequest> {
    type Output = Result<WriteFileResponse, Status>;
    type IntoFuture = Answer<WriteFileResponse>;

    fn into_future(mut self) -> Self::IntoFuture {
        Box::pin(async move { Ok(self.memory.write_file(self.request).await?.into_inner()) })
    }
}

impl IntoFuture for Call<ReadFileRequest> {
    type Output = Result<FileContent, Status>;
    type IntoFuture = Answer<FileContent>;

    fn into_future(mut self) -> Self::IntoFuture {
        Box::pin(async move {
            let answer = self.memory.read_file(self.request).await?.into_inner();
            Ok(answer.file.expect("an answer to a read has the file"))
        })
    }
}

impl IntoFuture for Call<PatchFileRequest> {
    type Output = Result<PatchFileResponse, Status>;
    type IntoFuture = Answer<PatchFileResponse>;

    fn into_future(mut self) -> Self::IntoFuture {
        Box::pin(async move { Ok(self.memory.patch_file(self.request).await?.into_inner()) })
    }
}
