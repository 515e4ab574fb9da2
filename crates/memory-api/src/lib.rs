#![doc = include_str!("../README.md")]

mod adopt;
mod approve;
mod archive;
pub mod args;
mod auth;
pub mod commands;
mod convert;
mod dream_meters;
mod ending;
mod epoch;
mod erase;
mod erasure_key;
mod error;
mod forgotten;
mod groups;
mod guards;
mod judge;
mod meters;
mod revert;
mod run;
mod services;
mod staged_treatments;
mod store;
mod sweep;

#[cfg(feature = "test-doors")]
pub use guards::Guard;
pub use guards::Guards;
pub use run::{DEFAULT_LISTEN, RunError, serve};
#[cfg(feature = "test-doors")]
pub use sweep::sweep_once;
