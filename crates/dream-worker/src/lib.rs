#![doc = include_str!("../README.md")]

mod assignment;
mod calls;
mod dream;
mod driver;
mod error;
mod lease;
mod settings;
mod view;
mod wire;
mod worker;

pub mod curator;

pub use driver::{Driver, DriverSettings};
pub use error::WorkerError;
pub use settings::{DEFAULT_ENDPOINT, DEFAULT_LISTEN, WorkerArgs, WorkerSettings};
pub use worker::{HEALTH_SERVICE, Worker, serve};

#[cfg(test)]
mod tests;
