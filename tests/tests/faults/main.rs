//! Faults: what real processes leave behind that are killed, stopped or cut off from Postgres.

#![allow(clippy::unwrap_used, reason = "a test")]
#![allow(clippy::disallowed_methods, reason = "a test's own transactions are sqlx's")]

mod acknowledged;
mod crowd;
mod drained;
mod frozen;
mod health;
mod killed_dreams;
mod killed_erasures;
mod many_workers;
mod overtaken;
mod own;
mod panics;
mod people;
mod process;
mod round_trips;
mod stopped;
mod unwritable;
