//! One end user of a stack, in the words of the domain: writes, reads, files.

use std::collections::BTreeMap;

use memex_proto::v1::{File, ListFilesRequest, Source};
use tonic::Code;

use super::Clients;

/// One end user, written for by an agent that is bound to them.
#[derive(Debug, Clone)]
pub struct User {
    id: String,
    agent: Clients,
}

impl User {
    pub(super) fn new(id: &str, agent: Clients) -> Self {
        Self { id: id.to_owned(), agent }
    }

    /// The user's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The agent's clients.
    pub fn agent(&self) -> &Clients {
        &self.agent
    }

    /// Writes a whole text, whatever was there before; gives the file afterwards.
    ///
    /// # Panics
    /// Where memory-api refuses.
    pub async fn write(&self, path: &str, text: &str) -> File {
        let write = self.agent.write(path, text).overwrite().source(Source::Agent).id(uuid::Uuid::new_v4());
        let written = write.await.unwrap_or_else(|status| panic!("{} cannot write {path}: {status}", self.id));
        written.file.unwrap_or_default()
    }

    /// The text at a path; nothing where there is no file.
    ///
    /// # Panics
    /// Where memory-api refuses for another reason.
    pub async fn read(&self, path: &str) -> Option<String> {
        match self.agent.read(path).await {
            Ok(file) => Some(file.content),
            Err(status) if status.code() == Code::NotFound => None,
            Err(status) => panic!("{} cannot read {path}: {status}", self.id),
        }
    }

    /// Every file of the user's own, with its text, by path.
    ///
    /// # Panics
    /// Where memory-api refuses.
    pub async fn files(&self) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        for path in self.paths().await {
            // A file that was listed and is gone was deleted meanwhile: then it is no file of the user's.
            if let Some(text) = self.read(&path).await {
                files.insert(path, text);
            }
        }
        files
    }

    /// The paths of the user's own files.
    ///
    /// # Panics
    /// Where memory-api refuses.
    pub async fn paths(&self) -> Vec<String> {
        let (mut paths, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = ListFilesRequest {
                prefix: "user/".into(),
                page_size: 1_000,
                page_token,
                ..ListFilesRequest::default()
            };
            let answer = self.agent.memory.clone().list_files(request).await;
            let page = answer.unwrap_or_else(|status| panic!("{} cannot list: {status}", self.id)).into_inner();
            paths.extend(page.files.into_iter().map(|file| file.path));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return paths;
            }
        }
    }
}
