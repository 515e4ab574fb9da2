//! Which user a command is about.

use memex_core::user_id::{UserId, UserIdRefusal};

/// One user, for the commands that are about one.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct UserArg {
    /// The user; else MEMEX_USER, else `user` in the settings file, else the one the token is bound to
    #[arg(long, value_name = "USER", value_parser = parse_user)]
    pub user: Option<String>,
}

/// The user of what an id names, for the commands that take an id.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct OwnerArg {
    /// The user whose it must be: another's is refused [default: whoever's it is]
    #[arg(long, value_name = "USER", value_parser = parse_user)]
    pub user: Option<String>,
}

/// Reads a user id as clap asks for it.
///
/// # Errors
/// The rule that it breaks.
pub fn parse_user(text: &str) -> Result<String, UserIdRefusal> {
    UserId::parse(text).map(|user| user.as_str().to_owned())
}
