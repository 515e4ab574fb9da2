//! The rules of memory-api, each through the door that its callers use.

#![allow(clippy::unwrap_used, reason = "a test")]

mod accounts;
mod contract;
mod database;
mod dreams;
mod lanes;
mod memory;
mod patches;
