//! The snapshot of a dream's user, read through MemoryService within the read budget.

use std::collections::{HashMap, VecDeque};

use memex_core::limits::MAX_BATCH_READ;
use memex_core::path::{MemoryPath, ScopeKind};
use memex_curation::SourceFile;
use memex_proto::v1::{ErrorReason, batch_read_files_result::Result as Read};
use memex_runtime::failpoints::{self, Point};

use crate::assignment::Assignment;
use crate::calls::{DreamCalls, Interruption, reason_of};
use crate::wire;

/// What a dream may see: its user's own files.
const PREFIX: &str = "user/";

/// Bytes of text that one batch asks for. What is told of each line may make the answer several times as long, and it must
/// stay below what a message may have.
const BATCH_BYTES: u64 = 1024 * 1024;

/// Pages of a listing: a hundred times as many files as a scope has by default. More is a listing that never ends.
const MAX_PAGES: usize = 200;

/// The files that were read, and what the budget had no room for.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    /// In the order of reading.
    pub(crate) files: Vec<SourceFile>,
    /// Paths that were not read, in order: what the next dream begins with.
    pub(crate) unread: Vec<String>,
    /// The bytes of text in `files`.
    pub(crate) read_bytes: u64,
}

/// A file of the listing.
struct Listed {
    path: String,
    bytes: u64,
}

/// Reads the user's files, `begin_with` first, then by path, as far as the read budget goes. Excluded paths are not
/// even asked for.
pub(crate) async fn read(calls: &DreamCalls, assignment: &Assignment) -> Result<Snapshot, Interruption> {
    let mut listed = list(calls).await?;
    begin_with(&mut listed, &assignment.begin_with);
    let (within, unread) = within_budget(listed, assignment.budget.max_read_bytes);
    let mut snapshot = Snapshot { unread, ..Snapshot::default() };
    let mut batches = batches(within);
    while let Some(batch) = batches.pop_front() {
        match calls.read(&batch).await {
            Ok(results) => {
                let files = results.into_iter().filter_map(|one| match one.result {
                    Some(Read::File(content)) => wire::source_file(content),
                    // A path that is gone since the listing ends the dream as overtaken; it is not for us to say.
                    Some(Read::Reason(_)) | None => None,
                });
                for file in files {
                    snapshot.read_bytes += file.text.len() as u64;
                    snapshot.files.push(file);
                }
                failpoints::pass(Point::FirstRead).await;
            }
            Err(status) => match reason_of(&status) {
                Some(ErrorReason::BudgetExceeded) => {
                    let rest = std::iter::once(batch).chain(batches.drain(..)).flatten();
                    snapshot.unread = rest.chain(std::mem::take(&mut snapshot.unread)).collect();
                }
                Some(ErrorReason::MessageTooLarge) if batch.len() > 1 => {
                    let (first, second) = batch.split_at(batch.len() / 2);
                    batches.push_front(second.to_vec());
                    batches.push_front(first.to_vec());
                }
                _ => return Err(Interruption::of("reading", &status)),
            },
        }
    }
    Ok(snapshot)
}

async fn list(calls: &DreamCalls) -> Result<Vec<Listed>, Interruption> {
    let mut listed = Vec::new();
    let mut page_token = String::new();
    for _ in 0..MAX_PAGES {
        let page = calls.list(PREFIX, &page_token).await.map_err(|status| Interruption::of("listing", &status))?;
        let seen = page.files.into_iter().filter(|file| is_seen(&file.path));
        listed.extend(seen.map(|file| Listed { bytes: u64::try_from(file.size_bytes).unwrap_or(0), path: file.path }));
        if page.next_page_token.is_empty() {
            return Ok(listed);
        }
        page_token = page.next_page_token;
    }
    Err(Interruption::Failed(format!("listing did not end within {MAX_PAGES} pages")))
}

/// The server hides what a dream must not see; what it shows by mistake is not asked for either.
fn is_seen(path: &str) -> bool {
    MemoryPath::parse(path).is_ok_and(|path| path.scope_kind() == ScopeKind::User && !path.is_excluded())
}

fn begin_with(listed: &mut [Listed], first: &[String]) {
    let rank: HashMap<&str, usize> = first.iter().enumerate().map(|(rank, path)| (path.as_str(), rank)).collect();
    // Stable: what is not named keeps the listing's order.
    listed.sort_by_key(|file| rank.get(file.path.as_str()).copied().unwrap_or(usize::MAX));
}

/// What is read and what is left. One that does not fit does not keep smaller ones from being read; one that would
/// not fit into an empty budget is left for good, or it would be waited for in every dream.
fn within_budget(listed: Vec<Listed>, budget: u64) -> (Vec<Listed>, Vec<String>) {
    let mut room = budget;
    let (mut within, mut left) = (Vec::new(), Vec::new());
    for file in listed {
        if file.bytes <= room {
            room -= file.bytes;
            within.push(file);
        } else if file.bytes <= budget {
            left.push(file.path);
        }
    }
    (within, left)
}

fn batches(files: Vec<Listed>) -> VecDeque<Vec<String>> {
    let mut batches: VecDeque<Vec<String>> = VecDeque::new();
    let mut bytes = 0;
    for file in files {
        match batches.back_mut() {
            Some(batch) if batch.len() < MAX_BATCH_READ && bytes + file.bytes <= BATCH_BYTES => batch.push(file.path),
            _ => {
                batches.push_back(vec![file.path]);
                bytes = 0;
            }
        }
        bytes += file.bytes;
    }
    batches
}
