//! Every mutation of a good changeset is caught: a ledger that lets one through loses or invents memory.

use chrono::NaiveDate;

use super::tests::{drop_line, file, found, judge, judged, tidy};
use super::*;
use crate::builtin;

const DAYS: [&str; 3] = ["2026-11-01", "2026-11-02", "2026-11-03"];

/// Three sessions that repeat each other, with numbers, names and negations.
fn memory() -> Vec<SourceFile> {
    let facts = [
        "Ann prefers window 4471.",
        "Bob does not eat meat.",
        "Always answer Ann in good French.",
        "Ann likes the tent of Bettina.",
        "Ann likes room 4471 at 09:35.",
        "Ann owns two boats.",
    ];
    let session = |i: usize| {
        let lines: String = facts.iter().cycle().skip(i).take(4).map(|f| format!("- {f}\n")).collect();
        file(&format!("user/sessions/s{i}.md"), &format!("# Notes {}\n\n{lines}- Ann opened door {i}.\n", DAYS[i]))
    };
    (0..DAYS.len()).map(session).collect()
}

/// The curator's own changeset, and the files that it leaves alone.
fn changeset() -> (Vec<JudgedFile>, Vec<SourceFile>) {
    let files = memory();
    let today = NaiveDate::from_ymd_opt(2026, 12, 1).expect("a day");
    let ops = builtin::curate(&files, &Rules::on(today)).ops;
    let before = |path: &str| files.iter().find(|f| f.path == path).expect("the op's file");
    let touched: Vec<_> = ops.iter().map(|op| judged(before(&op.path), &op.result, op.treatments.clone())).collect();
    let cited = files.iter().filter(|f| touched.iter().all(|t| t.path != f.path)).cloned().collect();
    (touched, cited)
}

/// Applies `mutate` to the text after of each touched file in turn; every change that it makes must be caught.
fn each_is_caught(name: &str, mutate: impl Fn(&str) -> Vec<String>) {
    let (touched, cited) = changeset();
    let mut tried = 0;
    for i in 0..touched.len() {
        let after = touched[i].after.clone().expect("a text");
        for mutant in mutate(&after) {
            let mut mutated = touched.clone();
            mutated[i].treatments.push(tidy());
            mutated[i].after = Some(mutant.clone());
            assert_ne!(judge(&mutated, &cited).violations, [], "{name}: {mutant}");
            tried += 1;
        }
    }
    assert!(tried > 0, "{name} changed nothing");
}

fn replaced(text: &str, from: &str, to: &str) -> Vec<String> {
    text.match_indices(from).map(|(at, _)| format!("{}{to}{}", &text[..at], &text[at + from.len()..])).collect()
}

#[test]
fn the_good_changeset_passes() {
    let (touched, cited) = changeset();
    let ledger = judge(&touched, &cited);
    assert_eq!(ledger.violations, []);
    assert!(ledger.duplicate >= 5 && touched.len() == 2, "{ledger:?}");
}

#[test]
fn a_changed_number_name_or_negation_is_caught() {
    for (from, to) in [
        ("4471", "4417"),
        ("09:35", "09:53"),
        ("two", "three"),
        ("door 0", "door 1"),
        ("door 1", "door 0"),
        ("Ann", "Anna"),
        ("Bettina", "Anton"),
        ("does not eat", "does eat"),
        ("opened", "never opened"),
        ("Notes 2026-11-01", "Notes 2026-11-09"),
        ("- ", "- [x] "),
        ("- ", "1. "),
        ("- ", "> "),
        (".\n", "?\n"),
    ] {
        let (touched, _) = changeset();
        let texts = touched.iter().filter_map(|t| t.after.as_deref());
        if texts.clone().any(|t| t.contains(from)) {
            each_is_caught(&format!("{from} -> {to}"), |text| replaced(text, from, to));
        }
    }
}

#[test]
fn an_invented_line_is_caught_wherever_it_stands() {
    for line in
        ["- Ann is rich.", "- Ann opened door 0.", "A paragraph.", "## A heading", "<!-- src: x -->", "```", "***"]
    {
        each_is_caught(line, |text| {
            let lines: Vec<&str> = text.lines().collect();
            let insert = |at: usize| {
                let mut lines = lines.clone();
                lines.insert(at, line);
                lines.join("\n") + "\n"
            };
            (0..=lines.len()).map(insert).collect()
        });
    }
}

#[test]
fn a_dropped_line_is_caught_wherever_it_stood() {
    each_is_caught("line dropped", |text| {
        let lines: Vec<&str> = text.lines().collect();
        let without = |at: usize| {
            let mut lines = lines.clone();
            lines.remove(at);
            lines.join("\n") + "\n"
        };
        (0..lines.len()).filter(|&at| !lines[at].is_empty()).map(without).collect()
    });
}

#[test]
fn joined_or_swapped_lines_are_caught() {
    each_is_caught("lines joined", |text| replaced(text, "\n- ", " "));
    each_is_caught("text emptied", |_| vec![String::new()]);
    each_is_caught("marks gone", |text| vec![text.replace("- ", "")]);
    each_is_caught("order turned", |text| {
        let mut lines: Vec<&str> = text.lines().collect();
        lines.reverse();
        vec![lines.join("\n")]
    });
}

/// Mutates each treatment of the changeset in turn.
fn each_treatment_is_caught(name: &str, mutate: impl Fn(&mut Treatment)) {
    let (touched, cited) = changeset();
    for i in 0..touched.len() {
        for t in 0..touched[i].treatments.len() {
            let mut mutated = touched.clone();
            let before = mutated[i].treatments[t].clone();
            mutate(&mut mutated[i].treatments[t]);
            if mutated[i].treatments[t] != before {
                assert_ne!(judge(&mutated, &cited).violations, [], "{name}, treatment {t}");
            }
        }
    }
}

#[test]
fn a_forged_ground_is_caught() {
    each_treatment_is_caught("missing line", |t| {
        t.sources.iter_mut().for_each(|s| s.lines = LineRange { first: 99, last: 99 })
    });
    each_treatment_is_caught("next line", |t| {
        t.sources.iter_mut().for_each(|s| s.lines = LineRange { first: s.lines.first + 1, last: s.lines.last + 1 });
    });
    each_treatment_is_caught("missing file", |t| t.sources.iter_mut().for_each(|s| s.path = "user/none.md".into()));
    each_treatment_is_caught("other version", |t| t.sources.iter_mut().for_each(|s| s.version += 1));
    each_treatment_is_caught("no source", |t| t.sources.clear());
    each_treatment_is_caught("no line", |t| t.before = None);
    each_treatment_is_caught("other line", |t| {
        t.before = t.before.map(|r| LineRange { first: r.first + 1, last: r.last + 1 })
    });
    each_treatment_is_caught("other kind", |t| t.kind = TreatmentKind::Rewrite);
    each_treatment_is_caught("said to be tidied", |t| t.kind = TreatmentKind::Tidy);
}

#[test]
fn a_ground_that_is_dropped_as_well_is_caught() {
    let (mut touched, mut cited) = changeset();
    let kept = cited.remove(0);
    let cites = |t: &Treatment| t.sources.iter().any(|s| s.path == kept.path);
    let citing = touched.iter().find_map(|f| Some((f.path.clone(), f.treatments.iter().find(|t| cites(t))?.clone())));
    let (path, treatment) = citing.expect("a drop that cites the untouched file");
    let line = treatment.sources[0].lines.first;
    let after: String =
        (1..).zip(kept.text.lines()).filter(|(n, _)| *n != line).map(|(_, text)| format!("{text}\n")).collect();
    let dropped = treatment.before.expect("a line").first;
    touched.push(judged(&kept, &after, vec![drop_line(line, &path, dropped)]));
    assert!(found(&judge(&touched, &cited)).contains(&Rule::GroundInvalid));
}
