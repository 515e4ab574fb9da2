//! What `up` says once everything answers: what listens where, where things are kept, and how to try it.

use std::io::{self, Write};

use dream_worker::DEFAULT_ENDPOINT;
use memex_stack::pair::{Dreaming, Pair};
use serde_json::json;

use crate::failure::Failure;
use crate::output::table::{Table, numbers, words, write_facts};
use crate::output::{self, style};

/// Says it, as JSON or for people.
pub fn ready(pair: &Pair, json: bool) -> Result<(), Failure> {
    if json {
        return Ok(output::json(&as_json(pair))?);
    }
    let token = pair.operator_token()?;
    let mut out = output::out();
    write_places(&mut out, pair)?;
    write_dreaming(&mut out, pair.dreaming())?;
    write_trial(&mut out, &pair.endpoint(), &token)?;
    Ok(out.flush()?)
}

fn as_json(pair: &Pair) -> serde_json::Value {
    let dreaming = pair.dreaming();
    let processes = pair.running().into_iter().map(
        |process| json!({"name": process.name, "listens": process.listens, "pid": process.pid, "log": process.log}),
    );
    json!({
        "endpoint": pair.endpoint(),
        "data_dir": pair.data_dir(),
        "operator_token_file": pair.operator_token_file(),
        "worker_token_file": pair.worker_token_file(),
        "dreaming": {
            "on": dreaming.is_on(), "worker": dreaming.worker, "deployment": dreaming.deployment,
            "workspace": dreaming.workspace,
        },
        "processes": processes.collect::<Vec<_>>(),
    })
}

fn write_places(out: &mut impl Write, pair: &Pair) -> io::Result<()> {
    let (head, reset) = (style::HEAD.render(), style::HEAD.render_reset());
    writeln!(out, "{head}Memex is up{reset}; Ctrl-C ends it\n")?;
    let mut table = Table::new(&[words("process"), words("listens on"), numbers("pid"), words("log")]);
    for process in pair.running() {
        table.row([
            process.name.to_owned(),
            process.listens,
            process.pid.to_string(),
            process.log.display().to_string(),
        ]);
    }
    table.write(out)?;
    writeln!(out)?;
    write_facts(
        out,
        &[
            ("data", pair.data_dir().display().to_string()),
            ("operator's token", pair.operator_token_file().display().to_string()),
            ("worker's token", pair.worker_token_file().display().to_string()),
        ],
    )
}

fn write_dreaming(out: &mut impl Write, dreaming: Dreaming) -> io::Result<()> {
    let why = match dreaming {
        Dreaming { worker: false, .. } => {
            "the worker was told to claim nothing; switch it on: memex up --dream-enabled true"
        }
        Dreaming { deployment: false, .. } => {
            "the deployment's dream_enabled is off; switch it on: memex up --dream-enabled true"
        }
        Dreaming { workspace: false, .. } => "switch it on: memex config set dream_enabled=true",
        _ => {
            "a user's memory is dreamt over once they have been quiet; switch it off: memex config set dream_enabled=false"
        }
    };
    let (style, word) = if dreaming.is_on() { (style::ADDED, "on") } else { (style::NOTICE, "off") };
    writeln!(out, "\nDreaming is {}{word}{}: {why}", style.render(), style.render_reset())
}

fn write_trial(out: &mut impl Write, endpoint: &str, token: &str) -> io::Result<()> {
    writeln!(out, "\nTry it in another terminal:")?;
    if endpoint != DEFAULT_ENDPOINT {
        writeln!(out, "  export MEMEX_ENDPOINT={endpoint}")?;
    }
    writeln!(out, "  export MEMEX_TOKEN={token}")?;
    writeln!(out, "  echo '- drinks tea in the morning' | memex put user/profile.md --user ada")?;
    writeln!(out, "  memex dream start --user ada --wait")?;
    writeln!(out, "  memex token create --role agent --for-user ada     an agent's token: ada's memory and no other")
}
