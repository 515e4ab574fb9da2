#![doc = include_str!("../README.md")]

mod around;
pub mod causes;
pub mod client;
pub mod deadline;
pub mod failpoints;
pub mod health;
pub mod in_flight;
pub mod lifecycle;
mod long_headers;
pub mod metrics;
pub mod panics;
pub mod reflection;
pub mod retry;
pub mod server;
pub mod settings;
pub mod telemetry;
pub mod threads;
pub mod throttle;
pub mod trace;
pub mod unreadable;

/// Every process of Memex allocates with it: a call is some hundred small allocations.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
