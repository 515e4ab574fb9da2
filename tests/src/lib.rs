//! What the whole-system tests share: waiting for a condition, questions to the database, backups and archives, a worker
//! by hand, writers whose every call is kept, calls by descriptor, plans of statements, a memory-api with settings of its own, chance by
//! number, and how often a test repeats itself.

pub mod archive;
pub mod ask;
pub mod backup;
pub mod between;
pub mod chance;
pub mod child;
pub mod command;
pub mod counts;
pub mod erasing;
pub mod hand;
pub mod messy;
pub mod otlp;
pub mod plan;
pub mod raw;
pub mod refused;
pub mod rpcs;
pub mod serving;
pub mod waiting;
pub mod writers;
