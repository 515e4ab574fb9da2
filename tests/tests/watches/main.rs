//! Watches of a whole workspace, on a cluster of their own: whoever writes anywhere in a cluster, and is not done yet, holds
//! back what they tell.

#![allow(clippy::unwrap_used, reason = "a test")]
#![allow(clippy::disallowed_methods, reason = "a test's own transactions are sqlx's")]

mod changes;
mod cut;
mod erasures;
