//! Measures what search finds on a set that the evaluation's generator made, with and without each of its parts.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a program for people, whose figures are to be read"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

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

/// From words alone to everything, one part after the other.
fn steps() -> Vec<(&'static str, Weights)> {
    let all = Weights::default();
    let apart = Weights { window: 0.0, near: 0.0, file: 0.0, days: 0.0, kin: 0.0, ..all.clone() };
    let one = Weights { stems: false, misspellings: false, question_words: false, passages: false, ..apart };
    let stems = Weights { stems: true, ..one.clone() };
    let questions = Weights { question_words: true, ..stems.clone() };
    let passages = Weights { passages: true, ..questions.clone() };
    let file = Weights { window: all.window, file: all.file, ..passages.clone() };
    let near = Weights { near: all.near, ..file.clone() };
    let kin = Weights { kin: all.kin, ..near.clone() };
    let days = Weights { days: all.days, ..kin.clone() };
    vec![
        ("BM25 over lines", one),
        ("+ stems, small words", stems),
        ("+ words of questions", questions),
        ("+ passages", passages),
        ("+ window and file", file),
        ("+ nearness", near),
        ("+ kin", kin),
        ("+ months and years", days),
        ("+ misspellings (all)", all.clone()),
        ("all, without kin", Weights { kin: 0.0, ..all.clone() }),
        ("all, without file", Weights { file: 0.0, ..all.clone() }),
        ("all, join 0.60", Weights { join: 0.60, ..all.clone() }),
        ("all, join 0.62", Weights { join: 0.62, ..all.clone() }),
        ("all, join 0.63", Weights { join: 0.63, ..all.clone() }),
        ("all, join 0.65", Weights { join: 0.65, ..all.clone() }),
        ("all, join 0.68", Weights { join: 0.68, ..all }),
    ]
}

/// What one search costs in a scope of so many files, made of the set's own.
fn cost(set: &Path, count: usize) {
    let mut all = Vec::new();
    files(&set.join("before"), "", &mut all);
    all.retain(|(path, _)| path.contains("/user/sessions/") || path.contains("/user/notes/"));
    let texts: Vec<&str> = all.iter().map(|(_, text)| text.as_str()).cycle().take(count).collect();
    let bytes: usize = texts.iter().map(|text| text.len()).sum();
    let questions =
        ["Where did they go camping in June 2023?", "What does she like to cook?", "Who has a choclate dog?"];
    for question in questions {
        let began = Instant::now();
        let found = search(&texts, question, 10, &Weights::default()).len();
        let took = began.elapsed().as_secs_f64() * 1_000.0;
        println!("{count} files, {bytes} bytes: {took:.1} ms, {found} passages: {question}");
    }
}

fn main() {
    let set = std::env::args().nth(1).expect("give the folder that gen.py made");
    for (name, weights) in steps() {
        print!("| {name}");
        for (category, [of, five, ten, bytes]) in measure(Path::new(&set), &weights) {
            let share = |n: u32| f64::from(n) / f64::from(of);
            print!(" | {category}: {:.3} {:.3} {:.3}", share(five), share(ten), share(bytes));
        }
        println!(" |");
    }
    for count in [20, 2_000] {
        cost(Path::new(&set), count);
    }
}
