//! The gRPC services: one file an RPC, each validate, one call of the store, answer.

pub mod admin;
pub mod context;
pub mod dream;
pub mod dream_admin;
pub mod history;
pub mod memory;
pub mod once;
pub mod page;
pub mod request;
