//! Curates a folder of Markdown with the builtin curator, no server needed.
//!
//! `curate_dir FROM [TO] [--today 2026-11-03]`: every folder below FROM that holds `user/` is one user's memory. Prints
//! what would change, or writes the curated tree to TO. Curates until nothing changes; exits with 1 if the ledger
//! finds a violation in an op.
#![allow(clippy::print_stdout, reason = "it is a command for people")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use memex_curation::ledger::{self, JudgedFile, Ledger};
use memex_curation::{PlannedOp, Rules, SourceFile, builtin};

/// Passes after which a user is given up: one pass drops every duplicate that it can ground.
const MAX_PASSES: u32 = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut today = NaiveDate::MAX;
    if let Some(at) = arguments.iter().position(|a| a == "--today") {
        today = arguments.get(at + 1).ok_or("--today needs a day")?.parse()?;
        arguments.drain(at..at + 2);
    }
    let from = PathBuf::from(arguments.first().ok_or("usage: curate_dir FROM [TO] [--today DAY]")?);
    let to = arguments.get(1).map(PathBuf::from);
    let mut total = Ledger::default();
    for root in roots(&from)? {
        let mut files = read(&root)?;
        let ledger = curate(&mut files, today);
        println!("{}: {}", root.display(), sums(&ledger));
        add(&mut total, ledger);
        if let Some(to) = &to {
            write(&to.join(root.strip_prefix(&from)?), &files)?;
        }
    }
    println!("all: {}", sums(&total));
    for violation in &total.violations {
        println!(
            "violation: {} line {}: {} ({})",
            violation.path,
            violation.line,
            violation.rule.as_str(),
            violation.detail
        );
    }
    if total.violations.is_empty() { Ok(()) } else { Err("the ledger found violations".into()) }
}

/// The folder itself if it holds `user/`, else every folder in it that does.
fn roots(from: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    if from.join("user").is_dir() {
        return Ok(vec![from.to_owned()]);
    }
    let mut roots = Vec::new();
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        if path.join("user").is_dir() {
            roots.push(path);
        }
    }
    roots.sort();
    Ok(roots)
}

fn read(root: &Path) -> Result<BTreeMap<String, SourceFile>, Box<dyn Error>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                let name = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
                files.insert(name.clone(), SourceFile { path: name, version: 1, text, ..SourceFile::default() });
            }
        }
    }
    Ok(files)
}

fn write(root: &Path, files: &BTreeMap<String, SourceFile>) -> Result<(), Box<dyn Error>> {
    for (path, file) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap_or(root))?;
        fs::write(path, &file.text)?;
    }
    Ok(())
}

/// Curates until nothing changes; each op is judged as memory-api would judge it.
fn curate(files: &mut BTreeMap<String, SourceFile>, today: NaiveDate) -> Ledger {
    let mut total = Ledger::default();
    for _ in 0..MAX_PASSES {
        let snapshot: Vec<SourceFile> = files.values().cloned().collect();
        let rules = Rules::on(today);
        let ops = builtin::curate(&snapshot, &rules).ops;
        if ops.is_empty() {
            break;
        }
        let touched: Vec<JudgedFile> = ops.iter().map(|op| judged(files, op)).collect();
        add(&mut total, ledger::judge(&touched, &snapshot, &rules));
        for op in ops {
            if let Some(file) = files.get_mut(&op.path) {
                file.text = op.result;
                file.version += 1;
            }
        }
    }
    total
}

fn judged(files: &BTreeMap<String, SourceFile>, op: &PlannedOp) -> JudgedFile {
    JudgedFile {
        path: op.path.clone(),
        before: files.get(&op.path).cloned(),
        after: Some(op.result.clone()),
        treatments: op.treatments.clone(),
    }
}

fn add(total: &mut Ledger, ledger: Ledger) {
    total.kept += ledger.kept;
    total.duplicate += ledger.duplicate;
    total.added += ledger.added;
    total.tidied_files += ledger.tidied_files;
    total.lost_word_for_word += ledger.lost_word_for_word;
    total.statements_before += ledger.statements_before;
    total.violations.extend(ledger.violations);
}

fn sums(ledger: &Ledger) -> String {
    format!(
        "{} statements in touched files, {} kept, {} duplicates dropped, {} added, {} lost, {} files tidied",
        ledger.statements_before,
        ledger.kept,
        ledger.duplicate,
        ledger.added,
        ledger.lost_word_for_word,
        ledger.tidied_files
    )
}
