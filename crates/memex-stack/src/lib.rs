#![doc = include_str!("../README.md")]

pub mod demo_memory;
pub mod pair;
pub mod postgres;
mod process;
#[cfg(feature = "harness")]
pub mod stack;
