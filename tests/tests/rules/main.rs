//! The rules of memory-api, each through the door that its callers use.

#![allow(clippy::unwrap_used, reason = "a test")]

mod accounts;
mod contract;
mod database;
mod dreams;
mod memory;
mod patches;
mod search;
