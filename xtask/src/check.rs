//! Runs steps one after the other, says what each found, and goes on to the next.

use std::path::Path;

use clap::ValueEnum;

use crate::cli::Step;
use crate::findings::Findings;
use crate::{arch, buf, command, licences, links, size, sql_cache, stray};

/// Runs every step but the skipped ones; true when all of them passed.
pub fn all_but(skip: &[Step], root: &Path) -> bool {
    let (mut passed, mut failed) = (0, Vec::new());
    for step in Step::value_variants() {
        if skip.contains(step) {
            println!("xtask: {:<10} skipped", name(*step));
        } else if one(*step, root) {
            passed += 1;
        } else {
            failed.push(name(*step));
        }
    }
    if failed.is_empty() {
        println!("xtask: all {passed} steps passed");
    } else {
        println!("xtask: {passed} steps passed, {} failed: {}", failed.len(), failed.join(", "));
    }
    failed.is_empty()
}

/// Runs one step and prints its line; true when it passed.
pub fn one(step: Step, root: &Path) -> bool {
    let name = name(step);
    println!("xtask: {name:<10} …");
    let findings = run(step, root).unwrap_or_else(|error| vec![format!("could not be checked: {error:#}")]);
    for finding in &findings {
        println!("  {finding}");
    }
    match findings.len() {
        0 => println!("xtask: {name:<10} ok"),
        n => println!("xtask: {name:<10} FAILED ({n} found)"),
    }
    findings.is_empty()
}

fn run(step: Step, root: &Path) -> anyhow::Result<Findings> {
    match step {
        Step::Format => command::cargo(&["fmt", "--all", "--check"]).passes(root, "run `cargo fmt --all`"),
        Step::Lints => command::cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
            .passes(root, "mend what clippy names above"),
        Step::Buf => buf::check(root),
        Step::SqlCache => sql_cache::check(root),
        Step::Arch => arch::check(root),
        Step::Size => Ok([size::check(root)?, stray::check(root)?].concat()),
        Step::Licences => licences::check(root),
        Step::Links => links::check(root),
    }
}

fn name(step: Step) -> String {
    step.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}
