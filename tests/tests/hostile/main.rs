//! What hostile callers, unlucky timing and odd installations must not be able to do.

#![allow(clippy::unwrap_used, reason = "a test")]

mod audit;
mod database;
mod deadlines;
mod fuzz;
mod input;
mod raw;
mod repeats;
mod together;
