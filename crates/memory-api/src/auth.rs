//! Who calls, and what they may do: token to principal, role table, user of the call.

mod caller;
mod roles;
mod tokens;

pub use caller::{Caller, DreamContext, wrong_user};
pub use tokens::{Tokens, admit, hash_of, new_token};
