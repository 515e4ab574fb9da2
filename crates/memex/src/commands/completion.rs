//! `completion`: scripts that let a shell complete commands and flags.

use clap::Command;
use clap_complete::Shell;
use serde_json::json;

use crate::failure::Failure;
use crate::output;

/// What the help of `completion` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex completion bash > ~/.local/share/bash-completion/completions/memex
  memex completion zsh > ~/.zfunc/_memex
  memex completion fish > ~/.config/fish/completions/memex.fish";

/// Arguments of `completion`.
#[derive(Debug, clap::Args)]
pub struct CompletionArgs {
    /// The shell
    #[arg(value_parser = ["bash", "zsh", "fish"])]
    shell: String,
}

/// `memex completion`, of the command line `root`.
pub fn run(args: &CompletionArgs, root: &mut Command, json: bool) -> Result<(), Failure> {
    let shell = match args.shell.as_str() {
        "zsh" => Shell::Zsh,
        "fish" => Shell::Fish,
        _ => Shell::Bash,
    };
    // Made in memory first: the generator panics where its writer fails, and a pipe may be closed at any time.
    let mut script = Vec::new();
    clap_complete::generate(shell, root, "memex", &mut script);
    if json {
        return Ok(output::json(&json!({"shell": args.shell, "script": String::from_utf8_lossy(&script)}))?);
    }
    Ok(std::io::Write::write_all(&mut std::io::stdout(), &script)?)
}
