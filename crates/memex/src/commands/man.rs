//! `man`: manual pages of every command.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use serde_json::json;

use crate::failure::Failure;
use crate::output::{self, counted};

/// What the help of `man` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex man dream start | man -l -               read one page
  memex man --dir ~/.local/share/man/man1        write them all; then: man memex-dream-start";

const HEADING: &str = "Examples:";

/// Arguments of `man`.
#[derive(Debug, clap::Args)]
pub struct ManArgs {
    /// The command, such as: dream start; unless given, memex itself
    #[arg(conflicts_with = "dir")]
    command: Vec<String>,
    /// Write the pages of all commands into this folder, which is made where it is missing
    #[arg(long)]
    dir: Option<PathBuf>,
}

/// One page.
struct Page {
    name: String,
    roff: Vec<u8>,
}

/// `memex man`, of the command line `root`.
pub fn run(args: &ManArgs, root: Command, json: bool) -> Result<(), Failure> {
    let mut root = root.disable_help_subcommand(true);
    root.build();
    match &args.dir {
        Some(dir) => write_all(&root, dir, json),
        None => print(&root, &args.command, json),
    }
}

fn print(root: &Command, names: &[String], json: bool) -> Result<(), Failure> {
    let mut command = root;
    for name in names {
        command = command
            .find_subcommand(name)
            .ok_or_else(|| Failure::Usage(format!("there is no command {}: see memex --help", names.join(" "))))?;
    }
    let page = page(command)?;
    if json {
        return Ok(output::json(&json!({"name": page.name, "page": String::from_utf8_lossy(&page.roff)}))?);
    }
    Ok(std::io::stdout().write_all(&page.roff)?)
}

fn write_all(root: &Command, dir: &Path, json: bool) -> Result<(), Failure> {
    std::fs::create_dir_all(dir).map_err(|error| Failure::local(dir, error))?;
    let mut pages = Vec::new();
    gather(root, &mut pages)?;
    for page in &pages {
        let file = dir.join(&page.name);
        std::fs::write(&file, &page.roff).map_err(|error| Failure::local(&file, error))?;
    }
    if json {
        let files: Vec<_> = pages.iter().map(|page| page.name.as_str()).collect();
        return Ok(output::json(&json!({"dir": dir.display().to_string(), "files": files}))?);
    }
    Ok(writeln!(output::out(), "{} written to {}", counted(pages.len() as i64, "page"), dir.display())?)
}

/// The pages of a command and of all below it.
fn gather(command: &Command, pages: &mut Vec<Page>) -> Result<(), Failure> {
    pages.push(page(command)?);
    command.get_subcommands().filter(|below| !below.is_hide_set()).try_for_each(|below| gather(below, pages))
}

/// A command's page: clap's sections, with the examples line by line as they are in the help.
fn page(command: &Command) -> Result<Page, Failure> {
    let man = Man::new(command.clone()).source(concat!("memex ", env!("CARGO_PKG_VERSION"))).manual("Memex");
    let mut roff = Vec::new();
    man.render_title(&mut roff)?;
    man.render_name_section(&mut roff)?;
    man.render_synopsis_section(&mut roff)?;
    man.render_description_section(&mut roff)?;
    man.render_options_section(&mut roff)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut roff)?;
    }
    if let Some(after) = command.get_after_help() {
        examples(&after.to_string()).to_writer(&mut roff)?;
    }
    if command.get_name() != "memex" {
        let mut also = Roff::new();
        also.control("SH", ["SEE ALSO"]).text([bold("memex"), roman("(1)")]);
        also.to_writer(&mut roff)?;
    }
    Ok(Page { name: man.get_filename(), roff })
}

/// What stands below the options: kept line by line.
fn examples(after: &str) -> Roff {
    let mut roff = Roff::new();
    let (heading, after) = match after.strip_prefix(HEADING) {
        Some(after) => ("EXAMPLES", after.trim_start_matches('\n')),
        None => ("NOTES", after),
    };
    roff.control("SH", [heading]).control("nf", []);
    for line in after.lines() {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
    roff
}
