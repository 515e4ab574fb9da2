//! In which order files are considered, and why.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::links::links;
use super::{CurrentFile, Ground, PINNED};
use crate::front_matter::pin;
use crate::path::MemoryPath;
use crate::search::{Weights, relevant};

/// A file and its ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Considered {
    /// Which of the files.
    pub(super) file: usize,
    /// Why.
    pub(super) ground: Ground,
    /// The line that answers the query best, from 0; the first of what is not there for the query.
    pub(super) best_line: usize,
    /// A log that nothing asks for: it is never taken.
    pub(super) idle_log: bool,
}

/// Every file once.
pub(super) fn order(files: &[CurrentFile<'_>], query: &str) -> Vec<Considered> {
    let mut grounds: Vec<Option<Ground>> = vec![None; files.len()];
    let mut order = Vec::with_capacity(files.len());
    let mut consider = |ground, all: Vec<(usize, usize)>| {
        for (file, best_line) in all {
            if grounds[file].is_none() {
                grounds[file] = Some(ground);
                order.push(Considered { file, ground, best_line, idle_log: false });
            }
        }
    };
    let from_top = |files: Vec<usize>| files.into_iter().map(|file| (file, 0)).collect();
    let pinned = pinned(files);
    let linked = linked(files, &pinned);
    let by_time = by_time(files);
    consider(Ground::Pinned, from_top(pinned));
    consider(Ground::Linked, from_top(linked));
    consider(Ground::Relevant, found(files, &by_time, query));
    let (logs, others) = by_time
        .into_iter()
        .filter(|file| grounds[*file].is_none())
        .partition::<Vec<_>, _>(|file| MemoryPath::parse(files[*file].path).is_ok_and(|path| path.is_excluded()));
    let recent = |idle_log| move |file| Considered { file, ground: Ground::Recent, best_line: 0, idle_log };
    order.extend(others.into_iter().map(recent(false)));
    order.extend(logs.into_iter().map(recent(true)));
    order
}

/// Those that are pinned by default, then the others by path, so that the beginning of a block seldom changes.
fn pinned(files: &[CurrentFile<'_>]) -> Vec<usize> {
    let default = |file: usize| PINNED.iter().position(|path| *path == files[file].path);
    let is_pinned = |file: &usize| is_pinned(files[*file].path, files[*file].text.unwrap_or_default());
    let mut pinned: Vec<usize> = (0..files.len()).filter(is_pinned).collect();
    pinned.sort_by_key(|file| (default(*file).unwrap_or(PINNED.len()), files[*file].path));
    pinned
}

/// Whether a file is pinned: its front matter says so, or it is one of [`PINNED`] and does not say `pin: false`.
pub(super) fn is_pinned(path: &str, text: &str) -> bool {
    pin(text).unwrap_or(PINNED.contains(&path))
}

/// The files that these link to; a link to none is passed over.
fn linked(files: &[CurrentFile<'_>], from: &[usize]) -> Vec<usize> {
    let of: HashMap<&str, usize> = files.iter().enumerate().map(|(file, one)| (one.path, file)).collect();
    let all = from.iter().filter_map(|file| files[*file].text).flat_map(links);
    all.filter_map(|paths| paths.iter().find_map(|path| of.get(path.as_str()).copied())).collect()
}

/// The last changed first.
fn by_time(files: &[CurrentFile<'_>]) -> Vec<usize> {
    let mut all: Vec<usize> = (0..files.len()).collect();
    all.sort_by_key(|file| (Reverse(files[*file].updated_at), files[*file].path));
    all
}

/// Those that match the query; of two that match alike the one changed later first.
fn found(files: &[CurrentFile<'_>], by_time: &[usize], query: &str) -> Vec<(usize, usize)> {
    if query.is_empty() {
        return Vec::new();
    }
    let texts: Vec<&str> = by_time.iter().map(|file| files[*file].text.unwrap_or("")).collect();
    relevant(&texts, query, &Weights::default()).into_iter().map(|(text, line)| (by_time[text], line)).collect()
}
