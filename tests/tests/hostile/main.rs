//! What hostile callers, unlucky timing and odd installations must not be able to do.

#![allow(clippy::unwrap_used, reason = "a test")]

mod audit;
mod churn;
mod database;
mod deadlines;
mod dice;
mod fuzz;
mod input;
mod once;
mod paths;
mod raw;
mod reasons;
mod repeats;
mod subject;
mod together;
mod transactions;
mod unicode;
