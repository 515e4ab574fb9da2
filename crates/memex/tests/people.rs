//! What the commands about users, their tokens, archives and ends send, and what they make of the answers.

#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

#[path = "people/archives.rs"]
mod archives;
#[cfg(target_os = "linux")]
#[path = "people/ctrl_c.rs"]
mod ctrl_c;
#[path = "people/ends.rs"]
mod ends;
#[path = "people/listings.rs"]
mod listings;
#[cfg(target_os = "linux")]
#[path = "people/review.rs"]
mod review;
#[path = "people/scene.rs"]
mod scene;
#[cfg(target_os = "linux")]
#[path = "people/terminal.rs"]
mod terminal;
