//! `config`: the workspace's keys.

use std::collections::HashMap;
use std::io::Write as _;

use clap::Subcommand;
use memex_proto::v1::{ConfigEntry, GetConfigRequest, UpdateConfigRequest};
use serde_json::json;

use crate::context::{Context, request_id};
use crate::failure::Failure;
use crate::output::table::{Table, words};
use crate::output::{self, counted};
use memex_view::ConfigView;

/// What the help of `config` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex config get                                   every key, its value and where it comes from
  memex config get dream_enabled dream_mode
  memex config set dream_enabled=true dream_mode=review
  memex config set dream_grace_period_minutes 10
  memex config set \"dream_neutral=Weekly sync; Stand-up\"   headings that say nothing, divided by ;
  memex config reset dream_mode                      back to the deployment's or the default";

/// The longest value that a table of several keys shows whole, in characters.
const MAX_CELL: usize = 40;

/// Arguments of `config`.
#[derive(Debug, clap::Args)]
pub struct ConfigArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print keys with their values and where each comes from
    #[command(after_help = "Examples:\n  memex config get\n  memex config get dream_enabled --json")]
    Get {
        /// The keys; none: all
        keys: Vec<String>,
    },
    /// Set keys, all of them or none
    #[command(after_help = "Examples:\n  memex config set dream_enabled=true dream_max_writes=50\n  \
                            memex config set dream_mode review\n  \
                            memex config set \"dream_neutral=Weekly sync; Stand-up\"")]
    Set {
        /// KEY=VALUE, once or more; or one KEY and its VALUE
        #[arg(required = true, value_name = "KEY=VALUE")]
        settings: Vec<String>,
    },
    /// Put keys back to what the deployment or the default says
    #[command(after_help = "Examples:\n  memex config reset dream_mode dream_max_writes")]
    Reset {
        /// The keys
        #[arg(required = true, value_name = "KEY")]
        keys: Vec<String>,
    },
}

/// `memex config`.
pub async fn run(context: &Context, args: ConfigArgs) -> Result<(), Failure> {
    match args.action {
        Action::Get { keys } => {
            let request = GetConfigRequest { keys };
            let answer = context.call(|| async { context.admin().get_config(request.clone()).await }).await?;
            show(context, answer.entries, 0)
        }
        Action::Set { settings } => update(context, values(&settings)?, Vec::new()).await,
        Action::Reset { keys } => update(context, HashMap::new(), keys).await,
    }
}

async fn update(context: &Context, values: HashMap<String, String>, reset_keys: Vec<String>) -> Result<(), Failure> {
    let request = UpdateConfigRequest { values, reset_keys, request_id: request_id() };
    let answer = context.call(|| async { context.admin().update_config(request.clone()).await }).await?;
    show(context, answer.entries, answer.canceled_dreams)
}

/// `KEY=VALUE …`, or `KEY VALUE`.
///
/// # Errors
/// [`Failure::Usage`] where one is neither, or a key is there twice.
pub fn values(settings: &[String]) -> Result<HashMap<String, String>, Failure> {
    if let [key, value] = settings
        && !key.contains('=')
    {
        return Ok(HashMap::from([(key.clone(), value.clone())]));
    }
    let mut values = HashMap::new();
    for setting in settings {
        let Some((key, value)) = setting.split_once('=').filter(|(key, _)| !key.is_empty()) else {
            return Err(Failure::Usage(format!("{setting:?} is not KEY=VALUE, such as dream_enabled=true")));
        };
        if values.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(Failure::Usage(format!("{key} is given twice")));
        }
    }
    Ok(values)
}

fn show(context: &Context, entries: Vec<ConfigEntry>, canceled_dreams: i32) -> Result<(), Failure> {
    let entries: Vec<ConfigView> = entries.into_iter().map(Into::into).collect();
    if context.json {
        return Ok(output::json(&json!({"entries": entries, "canceled_dreams": canceled_dreams}))?);
    }
    let columns = [words("key"), words("value"), words("from"), words("default"), words("allowed"), words("set by")];
    let mut table = Table::new(&columns);
    let several = entries.len() > 1;
    for entry in entries {
        let value = if several { cut(entry.value) } else { entry.value };
        let by = match entry.updated_at {
            Some(at) => format!("{} at {at}", entry.updated_by),
            None => entry.updated_by,
        };
        table.row([entry.key, value, entry.level, entry.default_value, entry.allowed, by]);
    }
    let mut out = output::out();
    table.write(&mut out)?;
    if canceled_dreams > 0 {
        writeln!(out, "ended {}", counted(canceled_dreams, "running dream"))?;
    }
    Ok(())
}

/// The value, cut where it would make every row too wide. Alone or with `--json` a key is shown whole.
fn cut(value: String) -> String {
    match value.char_indices().nth(MAX_CELL) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(settings: &[&str]) -> Result<Vec<(String, String)>, String> {
        let settings: Vec<_> = settings.iter().map(|&text| text.to_owned()).collect();
        let mut read: Vec<_> = values(&settings).map_err(|failure| failure.to_string())?.into_iter().collect();
        read.sort();
        Ok(read)
    }

    #[test]
    fn keys_are_set_in_either_spelling_and_never_guessed() {
        let one = vec![("a".to_owned(), "1".to_owned())];
        assert_eq!((read(&["a=1"]), read(&["a", "1"])), (Ok(one.clone()), Ok(one)));
        let expected = vec![("a".to_owned(), "1=2".to_owned()), ("b".to_owned(), String::new())];
        assert_eq!(read(&["a=1=2", "b="]), Ok(expected));
        assert_eq!(read(&["a=1", "b"]), Err("\"b\" is not KEY=VALUE, such as dream_enabled=true".to_owned()));
        assert!(read(&["a"]).is_err() && read(&["=1"]).is_err() && read(&["a", "b", "c"]).is_err());
        assert_eq!(read(&["a=1", "a=2"]), Err("a is given twice".to_owned()));
    }
    #[test]
    fn a_long_value_is_cut_between_characters() {
        assert_eq!(cut("ä".repeat(40)), "ä".repeat(40));
        assert_eq!(cut("ä".repeat(41)), format!("{}…", "ä".repeat(40)));
    }
}
