//! What hostile callers, unlucky timing and odd installations must not be able to do.

#![allow(clippy::unwrap_used, reason = "a test")]
#![allow(clippy::disallowed_methods, reason = "a test's own transactions are sqlx's")]

mod audit;
mod cancels;
mod churn;
mod database;
mod deadlines;
mod deadlocks;
mod dice;
mod fuzz;
mod input;
mod once;
mod once_dreams;
mod paths;
mod raw;
mod reasons;
mod remembered;
mod repeats;
mod subject;
mod transactions;
mod unicode;
