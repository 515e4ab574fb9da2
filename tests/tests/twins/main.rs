//! Guards and their twins: what each rule keeps, and what the same work does where its guard is off.

#![allow(clippy::unwrap_used, reason = "a test")]
#![allow(clippy::disallowed_methods, reason = "a test's own transactions are sqlx's")]

mod budget;
mod clean;
mod excluded;
mod forgotten;
mod hostile;
mod imports;
mod lease;
mod lock;
mod many;
mod moves;
mod person;
mod request;
mod source;
mod switches;
mod timelines;
mod version;
mod workspace;
