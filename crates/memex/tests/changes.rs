//! What the commands that change files and look at their history send, and what they make of the answers.

#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

#[path = "changes/decisions.rs"]
mod decisions;
#[path = "changes/dream_pairs.rs"]
mod dream_pairs;
#[path = "changes/edit.rs"]
mod edit;
#[path = "changes/files.rs"]
mod files;
#[path = "changes/history.rs"]
mod history;
#[path = "changes/pages.rs"]
mod pages;
#[path = "people/scene.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod scene;
#[cfg(target_os = "linux")]
#[path = "changes/watch.rs"]
mod watch;
