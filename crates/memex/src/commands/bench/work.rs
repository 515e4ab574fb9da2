//! The calls that a bench makes.

use clap::ValueEnum;
use memex_proto::v1::edit::Kind;
use memex_proto::v1::write_file_request::Precondition;
use memex_proto::v1::{
    AppendLines, Edit, ListFilesRequest, PatchFileRequest, ReadFileRequest, RecallRequest, SearchFilesRequest,
    WriteFileRequest,
};
use tonic::{Response, Status};

use super::target::Bench;
use crate::context::{Context, request_id};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Work {
    /// Write whole texts of 2 KB
    Write,
    /// Add a line
    Patch,
    /// Read files
    Read,
    /// List a user's files
    List,
    /// Search a user's files
    Search,
    /// Recall a user's working set
    Recall,
    /// Of 20 calls 10 reads, 4 writes, 2 patches, 2 lists, a search and a recall
    Mixed,
}

/// What the calls of `mixed` are, in turn.
const MIX: [Work; 20] = {
    use Work::{List, Patch, Read, Recall, Search, Write};
    [
        Read, Write, Read, Patch, Read, List, Read, Write, Read, Search, Read, Write, Read, Patch, Read, List, Read,
        Write, Read, Recall,
    ]
};

/// The size in bytes over which a file that is patched is written anew: some five hundred patches away from its first
/// text, so that the writes do not count, and far below any limit of a text.
const LONGEST: i64 = 16 * 1024;

/// What is searched for: words that the texts have.
const QUERY: &str = "garden letters of autumn";

impl Work {
    /// As people type it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Work::Write => "write",
            Work::Patch => "patch",
            Work::Read => "read",
            Work::List => "list",
            Work::Search => "search",
            Work::Recall => "recall",
            Work::Mixed => "mixed",
        }
    }

    /// Makes one call; `turn` says over whom, over what and with which text. Gives the write that makes the file short
    /// again, where this call has let it grow over [`LONGEST`].
    pub(super) async fn call(
        self,
        context: &Context,
        bench: &Bench<'_>,
        turn: u64,
    ) -> Result<Option<WriteFileRequest>, Status> {
        let (user_id, path) = (bench.user(turn), bench.path(turn));
        let mut memory = context.memory();
        match self {
            Work::Write => done(memory.write_file(write(user_id, path, turn)).await),
            Work::Patch => {
                let answer = memory.patch_file(patch(user_id.clone(), path.clone(), turn)).await?;
                let bytes = answer.into_inner().file.map_or(0, |file| file.size_bytes);
                Ok((bytes > LONGEST).then(|| write(user_id, path, turn)))
            }
            Work::Read => done(memory.read_file(ReadFileRequest { user_id, path, ..Default::default() }).await),
            Work::List => {
                let prefix = "user/".to_owned();
                done(memory.list_files(ListFilesRequest { user_id, prefix, ..Default::default() }).await)
            }
            Work::Search => {
                let query = QUERY.to_owned();
                done(memory.search_files(SearchFilesRequest { user_id, query, ..Default::default() }).await)
            }
            Work::Recall => {
                let query = QUERY.to_owned();
                done(memory.recall(RecallRequest { user_id, query, ..Default::default() }).await)
            }
            Work::Mixed => Box::pin(MIX[(turn % 20) as usize].call(context, bench, turn / 20)).await,
        }
    }
}

fn done<T>(answer: Result<Response<T>, Status>) -> Result<Option<WriteFileRequest>, Status> {
    answer.map(|_| None)
}

/// A patch that adds a line.
fn patch(user_id: String, path: String, turn: u64) -> PatchFileRequest {
    let append = AppendLines { lines: vec![format!("- turn {turn}")], ..AppendLines::default() };
    let edits = vec![Edit { kind: Some(Kind::AppendLines(append)) }];
    PatchFileRequest { user_id, path, edits, request_id: request_id(), ..PatchFileRequest::default() }
}

/// A write of a whole text, whatever stands there.
pub(super) fn write(user_id: String, path: String, turn: u64) -> WriteFileRequest {
    WriteFileRequest {
        user_id,
        path,
        content: format!("{}{turn}\n", body()),
        precondition: Some(Precondition::Overwrite(true)),
        request_id: request_id(),
        ..WriteFileRequest::default()
    }
}

/// About 2,000 bytes of lines as they stand in memory.
pub(super) fn body() -> String {
    const WORDS: [&str; 16] = [
        "garden", "letters", "autumn", "prefers", "coffee", "window", "meeting", "Vienna", "piano", "Thursday",
        "bread", "project", "mountain", "library", "violet", "evening",
    ];
    let mut text = String::from("# Notes\n\n");
    let mut word = 7;
    while text.len() < 1_960 {
        text.push('-');
        for _ in 0..9 {
            word = (word * 5 + 3) % 16 + text.len() % 3;
            text.push(' ');
            text.push_str(WORDS[word % 16]);
        }
        text.push_str(".\n");
    }
    text.push_str("- ");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_about_two_thousand_bytes() {
        assert!((1_960..2_060).contains(&body().len()), "{}", body().len());
    }

    #[test]
    fn a_work_is_called_what_is_typed() {
        for work in Work::value_variants() {
            assert_eq!(work.to_possible_value().unwrap().get_name(), work.name());
        }
    }
}
