//! The settings file: which one it is, and its three keys.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use memex_runtime::settings::Mistakes;
use toml::{Table, Value};

const KEYS: [&str; 3] = ["endpoint", "token", "user"];

/// What the settings file says.
#[derive(Debug, Default)]
pub struct SettingsFile {
    path: PathBuf,
    values: BTreeMap<String, String>,
    unread: bool,
}

impl SettingsFile {
    /// Reads `$MEMEX_CONFIG`, else `$XDG_CONFIG_HOME/memex/config.toml`, else `~/.config/memex/config.toml`. Only the
    /// first must exist where it is named. Notes every mistake; what is right is kept.
    pub fn find(env: &impl Fn(&str) -> Option<String>, mistakes: &mut Mistakes) -> Self {
        let named = env("MEMEX_CONFIG").map(PathBuf::from);
        let must_exist = named.is_some();
        let Some(path) = named.or_else(|| usual_path(env)) else { return Self::default() };
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::parse(path, &text, mistakes),
            Err(error) if error.kind() == ErrorKind::NotFound && !must_exist => Self::default(),
            Err(error) => {
                let setting = if must_exist { "MEMEX_CONFIG" } else { "settings file" };
                mistakes.add(setting, format_args!("cannot read {}: {error}", path.display()));
                Self { path, unread: true, ..Self::default() }
            }
        }
    }

    /// The key's value, with the words that say where it stands.
    pub fn value(&self, key: &str) -> Option<(String, String)> {
        self.values.get(key).map(|value| (self.setting(key), value.clone()))
    }

    /// Whether the file may hold a token that could not be read.
    pub fn unread(&self) -> bool {
        self.unread
    }

    fn parse(path: PathBuf, text: &str, mistakes: &mut Mistakes) -> Self {
        let mut file = Self { path, ..Self::default() };
        match text.parse::<Table>() {
            Ok(table) => table.into_iter().for_each(|(key, value)| file.take(&key, value, mistakes)),
            Err(error) => {
                file.unread = true;
                // Neither the error's own rendering nor its message: they may quote the line, and the line may hold
                // the token.
                let line = error.span().map_or(1, |span| 1 + text[..span.start.min(text.len())].matches('\n').count());
                mistakes.add(
                    file.path.display().to_string(),
                    format_args!("line {line} is not TOML: write key = \"value\""),
                );
            }
        }
        file
    }

    fn take(&mut self, key: &str, value: Value, mistakes: &mut Mistakes) {
        let problem = match value {
            _ if !KEYS.contains(&key) => format!("is no setting of this file; it may have {}", KEYS.join(", ")),
            Value::String(text) if text.trim().is_empty() => "must not be empty; leave the line out".to_owned(),
            Value::String(text) => {
                self.values.insert(key.to_owned(), text);
                return;
            }
            _ => "must be a text in quotes".to_owned(),
        };
        self.unread |= key == "token";
        mistakes.add(self.setting(key), problem);
    }

    fn setting(&self, key: &str) -> String {
        format!("{key} in {}", self.path.display())
    }
}

fn usual_path(env: &impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    // A relative XDG_CONFIG_HOME is to be ignored, says the XDG base directory specification.
    let configured = env("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = configured.or_else(|| env("HOME").map(|home| Path::new(&home).join(".config")))?;
    Some(folder.join("memex").join("config.toml"))
}
