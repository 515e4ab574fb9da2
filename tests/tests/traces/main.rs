//! Traces, metrics and logs: both services as processes, exporting to a receiver in this one. What they tell of a dream, and what
//! they never tell of anybody's memory.

#![allow(clippy::unwrap_used, reason = "a test")]

mod canaries;
mod canary;
mod house;
mod logs;
mod metrics;
mod metrics_off;
mod one_trace;
mod scheduled;
mod service;
mod statements;
