//! Where memory-api is, as whom to call it and for which user: flags, then environment, then the settings file.

mod file;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use dream_worker::DEFAULT_ENDPOINT;
use memex_core::user_id::UserId;
use memex_runtime::client::{ClientSettings, ClientTlsArgs, Token};
use memex_runtime::settings::{Mistake, Mistakes};

use file::SettingsFile;

/// What to do where a token is missing or is not taken.
pub const A_TOKEN: &str = "put a token into MEMEX_TOKEN, into a file named by --token-file or MEMEX_TOKEN_FILE, or into \
                           the settings file as token = \"mx_…\"; `memex up` prints the first tokens when it starts, \
                           `memory-api bootstrap` writes them to files, and `memex token create` makes more";

/// Which memory-api to call and as whom; part of every command that calls it.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Connecting")]
pub struct ConnectionArgs {
    /// memory-api's address; else MEMEX_ENDPOINT, else `endpoint` in the settings file, else http://127.0.0.1:50061
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint: Option<String>,
    /// File that holds the token; else MEMEX_TOKEN_FILE, else the token itself in MEMEX_TOKEN, else `token` in the
    /// settings file
    #[arg(long, global = true, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Whom to trust at an https:// address, and the certificate to show there.
    #[command(flatten)]
    pub tls: ClientTlsArgs,
}

/// Settings that can be used.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The address as it was given, for messages.
    pub endpoint: String,
    /// The same, checked, with the token.
    pub client: ClientSettings,
    /// The user that commands are about when they name none.
    pub user: Option<String>,
}

impl Settings {
    /// Flags before environment before file before the default. `env` gives a variable's value.
    ///
    /// # Errors
    /// Every mistake at once: in the file (also keys that it must not have), the address, the token, the user.
    pub fn load(args: &ConnectionArgs, env: impl Fn(&str) -> Option<String>) -> Result<Self, Mistakes> {
        let env = |name: &str| env(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let mut mistakes = Mistakes::new();
        let file = SettingsFile::find(&env, &mut mistakes);
        let (endpoint, client) = endpoint(args, &env, &file, &mut mistakes);
        let token = token(args, &env, &file, &mut mistakes);
        let user = user(&env, &file, &mut mistakes);
        mistakes.into_result()?;
        match (client, token) {
            (Some(client), Some(token)) => Ok(Self { endpoint, client: client.with_token(token), user }),
            _ => unreachable!("what is missing has left a mistake"),
        }
    }
}

/// A variable of this process, as [`Settings::load`] takes it.
pub fn variable(name: &str) -> Option<String> {
    // What is not UTF-8 must not count as unset; it is refused by what it then reads like.
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// Says a mistake under the name of the setting that it really came from.
fn named(setting: &str, mistake: Mistake) -> Mistake {
    Mistake { setting: setting.to_owned(), problem: mistake.problem }
}

fn endpoint(
    args: &ConnectionArgs,
    env: &impl Fn(&str) -> Option<String>,
    file: &SettingsFile,
    mistakes: &mut Mistakes,
) -> (String, Option<ClientSettings>) {
    let given = args.endpoint.clone().map(|value| ("--endpoint".to_owned(), value));
    let given = given.or_else(|| env("MEMEX_ENDPOINT").map(|value| ("MEMEX_ENDPOINT".to_owned(), value)));
    let given = given.or_else(|| file.value("endpoint"));
    let (setting, value) = given.unwrap_or_else(|| ("endpoint".to_owned(), DEFAULT_ENDPOINT.to_owned()));
    let client = ClientSettings::new(value.trim()).map_err(|mistake| named(&setting, mistake));
    let client = mistakes.check(client).and_then(|client| client.with_tls(&args.tls, mistakes));
    (value, client)
}

fn token(
    args: &ConnectionArgs,
    env: &impl Fn(&str) -> Option<String>,
    file: &SettingsFile,
    mistakes: &mut Mistakes,
) -> Option<Token> {
    let from_flag = args.token_file.clone().map(|path| ("--token-file", path));
    let from_file = from_flag.or_else(|| env("MEMEX_TOKEN_FILE").map(|path| ("MEMEX_TOKEN_FILE", path.into())));
    let token = match (from_file, env("MEMEX_TOKEN"), file.value("token")) {
        (Some((setting, path)), _, _) => Token::from_file(setting, &path),
        (None, Some(value), _) => Token::new("MEMEX_TOKEN", &value),
        (None, None, Some((setting, value))) => Token::new(&setting, &value),
        // A file that cannot be read, or whose token has another type, is said already; the token may stand there.
        (None, None, None) if file.unread() => return None,
        (None, None, None) => Err(Mistake::new("token", format_args!("is needed and was not given: {A_TOKEN}"))),
    };
    mistakes.check(token)
}

fn user(env: &impl Fn(&str) -> Option<String>, file: &SettingsFile, mistakes: &mut Mistakes) -> Option<String> {
    let given = env("MEMEX_USER").map(|value| ("MEMEX_USER".to_owned(), value));
    let (setting, value) = given.or_else(|| file.value("user"))?;
    let checked = UserId::parse(&value).map_err(|refusal| Mistake::new(setting, refusal));
    mistakes.check(checked).map(|_| value)
}
