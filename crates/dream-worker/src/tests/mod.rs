//! The worker against a memory-api of the tests' own, over an in-process pipe, mostly with time standing still.

mod driving;
mod endings;
mod fake;
mod leases;
mod logged;
mod reading;
mod settings;
mod setup;
mod staging;
mod traced;
mod whole;
