//! The rules of memory-api, each through the door that its callers use.

#![allow(clippy::unwrap_used, reason = "a test")]

mod access_log;
mod accounts;
mod authorization;
mod contract;
mod database;
mod drained;
mod dreams;
mod history_compare;
mod history_earlier;
mod history_watch;
mod every_call;
mod isolation;
mod lanes;
mod memory;
mod patches;
mod tokens;
mod users;
