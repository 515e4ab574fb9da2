//! Measures what search finds on a set that the evaluation's generator made, with and without each of its parts.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a program for people, whose figures are to be read")]

use std::collections::BTreeMap;
use std::path::Path;

use memex_core::search::{Weights, search};
use serde_json::Value;

fn files(dir: &Path, prefix: &str, all: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let path = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            files(&entry.path(), &format!("{path}/"), all);
        } else {
            all.push((path, std::fs::read_to_string(entry.path()).unwrap()));
        }
    }
    all.sort();
}

/// Of how many evidence lines, and how many of them are in the first 5, the first 10, the first 1,000 bytes.
type Counts = [u32; 4];

fn measure(set: &Path, weights: &Weights) -> BTreeMap<String, Counts> {
    let mut counts: BTreeMap<String, Counts> = BTreeMap::new();
    for entry in std::fs::read_dir(set.join("truth")).unwrap().map(Result::unwrap) {
        let truth: Value = serde_json::from_slice(&std::fs::read(entry.path()).unwrap()).unwrap();
        let mut all = Vec::new();
        files(&set.join("before").join(entry.path().file_stem().unwrap()), "", &mut all);
        let texts: Vec<&str> = all.iter().map(|(_, text)| text.as_str()).collect();
        for question in truth["qa"].as_array().unwrap() {
            let passages = search(&texts, question["q"].as_str().unwrap(), 10, weights);
            for evidence in question["evidence"].as_array().unwrap() {
                let place = &truth["loc"][evidence.as_str().unwrap()];
                let (path, line) = (place[0].as_str().unwrap(), place[1].as_u64().unwrap() as usize);
                let text = all.iter().position(|(other, _)| other == path).unwrap();
                let end: usize = texts[text].split_inclusive('\n').take(line).map(str::len).sum::<usize>() - 1;
                let mut rank = usize::MAX;
                let (mut before, mut within) = (0, false);
                for (i, passage) in passages.iter().enumerate() {
                    let has = passage.text == text && (passage.first_line..=passage.last_line).contains(&line);
                    if has && passage.bytes.end >= end && rank == usize::MAX {
                        rank = i;
                        within = before + end - passage.bytes.start <= 1_000;
                    }
                    before += passage.bytes.len();
                }
                for category in [question["category"].to_string(), "all".into()] {
                    let count = counts.entry(category).or_default();
                    count[0] += 1;
                    count[1] += u32::from(rank < 5);
                    count[2] += u32::from(rank < 10);
                    count[3] += u32::from(within);
                }
            }
        }
    }
    counts
}

fn main() {
    let set = std::env::args().nth(1).expect("give the folder that gen.py made");
    let all = Weights::default();
    let lines = Weights { stems: false, misspellings: false, passages: false, window: 0.0, file: 0.0, ..all.clone() };
    let mut steps = vec![
        ("BM25 over lines".to_owned(), lines.clone()),
        ("+ stems, small words".into(), Weights { stems: true, ..lines.clone() }),
        ("+ passages".into(), Weights { stems: true, passages: true, ..lines.clone() }),
        ("+ window and file".into(), Weights { misspellings: false, ..all.clone() }),
        ("+ misspellings (all)".into(), all.clone()),
    ];
    if std::env::args().nth(2).is_some() {
        for join in [0.5, 0.65, 0.75, 0.85] {
            for (k1, b) in [(1.2, 0.75), (0.8, 0.4)] {
                for (window, file) in [(0.5, 0.5), (0.5, 0.3)] {
                    let one = Weights { join, k1, b, window, file, ..all.clone() };
                    steps.push((format!("join {join} k1 {k1} b {b} window {window} file {file}"), one));
                }
            }
        }
    }
    for (name, weights) in steps {
        print!("| {name}");
        for (category, [of, five, ten, bytes]) in measure(Path::new(&set), &weights) {
            let share = |n: u32| f64::from(n) / f64::from(of);
            print!(" | {category}: {:.3} {:.3} {:.3}", share(five), share(ten), share(bytes));
        }
        println!(" |");
    }
}
