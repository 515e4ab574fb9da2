//! Guards and their twins: each rule is kept, and without its guard the same work breaks it.

#![allow(clippy::unwrap_used, reason = "a test")]
fn main() {}
