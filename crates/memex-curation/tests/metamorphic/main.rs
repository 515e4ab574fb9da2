//! Two equal lines are put below every pair of frames: paths, titles, front matters, headings, wrappers, days, lines that
//! follow. One of them may go only where a small model of the rule, which shares no code with the curator, says so.

mod frame;
mod line;
mod model;

use chrono::NaiveDate;
use memex_curation::ledger::{JudgedFile, judge};
use memex_curation::{Rules, SourceFile, TreatmentKind, builtin};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use frame::{DIMENSIONS, Frame};
use line::{Kind, Line};

fn rules() -> Rules {
    Rules::on(NaiveDate::from_ymd_opt(2026, 12, 1).expect("a day"))
}

fn file(path: &str, text: String) -> SourceFile {
    SourceFile { path: path.to_owned(), version: 1, text, ..SourceFile::default() }
}

/// A last section that no dream touches, so that no file is left without a statement.
fn filler(n: u32) -> String {
    format!("\n## Crates\n\n- Zed keeps crate {n}.\n")
}

/// The line in each frame, in files of their own. The second file's name is another one where both would be the same.
fn two_files(line: &str, a: &Frame, b: &Frame) -> Option<Vec<SourceFile>> {
    if a.path() == b.path() {
        return None;
    }
    let text = |frame: &Frame, n| {
        let (head, section) = frame.render(line);
        format!("{head}{section}{}", filler(n))
    };
    Some(vec![file(a.path(), text(a, 1)), file(b.path(), text(b, 2))])
}

/// The line in the sections of both frames, one below the other in the first frame's file; and the frames that these are.
fn one_file(line: &str, a: &Frame, b: &Frame) -> (Vec<SourceFile>, [Frame; 2]) {
    let headed = |frame: &Frame| if frame.0[3] == 0 { frame.with(3, 1) } else { *frame };
    let (a, mut b) = (headed(a), headed(b));
    b.0[..3].copy_from_slice(&a.0[..3]);
    let ((head, first), (_, second)) = (a.render(line), b.render(line));
    (vec![file(a.path(), format!("{head}{first}{second}{}", filler(1)))], [a, b])
}

/// How many of the copies of the line the curator drops. At least one must stay, and the ledger must agree.
fn dropped(files: &[SourceFile], line: &str) -> usize {
    let ops = builtin::curate(files, &rules()).ops;
    let mut dropped = 0;
    for op in &ops {
        let before = files.iter().find(|file| file.path == op.path).expect("the op's file");
        let lines: Vec<&str> = before.text.split('\n').collect();
        let gone = op.treatments.iter().filter(|t| t.kind == TreatmentKind::DropDuplicate).filter_map(|t| t.before);
        dropped += gone.filter(|range| lines[range.first as usize - 1].contains(line)).count();
    }
    if dropped > 0 {
        let touched: Vec<JudgedFile> = ops
            .iter()
            .map(|op| JudgedFile {
                path: op.path.clone(),
                before: files.iter().find(|file| file.path == op.path).cloned(),
                after: Some(op.result.clone()),
                treatments: op.treatments.clone(),
            })
            .collect();
        assert_eq!(judge(&touched, files, &rules()).violations, [], "{files:?}");
        let text = |file: &SourceFile| {
            ops.iter().find(|op| op.path == file.path).map_or(file.text.clone(), |op| op.result.clone())
        };
        assert!(files.iter().any(|file| text(file).contains(line)), "no copy stays: {files:?}");
    }
    dropped
}

/// Fails where a line goes against the model; whether one went.
fn check(line: &Line, a: &Frame, b: &Frame) -> bool {
    let mut went = false;
    if let Some(files) = two_files(&line.text, a, b) {
        let dropped = dropped(&files, &line.text);
        assert!(dropped == 0 || model::may_go(line, a, b, false), "{line:?} went: {files:#?}");
        went |= dropped > 0;
    }
    let (files, [first, second]) = one_file(&line.text, a, b);
    let dropped = dropped(&files, &line.text);
    assert!(dropped == 0 || model::may_go(line, &first, &second, true), "{line:?} went: {files:#?}");
    went || dropped > 0
}

/// The plain frame with each pair of values of each dimension, the second in a file of its own.
fn pairs() -> Vec<(usize, Frame, Frame)> {
    let mut pairs = Vec::new();
    for (dimension, values) in DIMENSIONS.iter().enumerate() {
        for x in 0..values.len() {
            for y in x..values.len() {
                let (a, b) = (Frame::PLAIN.with(dimension, x), Frame::PLAIN.with(0, 1).with(dimension, y));
                pairs.push((dimension, a, b));
            }
        }
    }
    pairs
}

#[test]
fn a_lasting_line_that_names_its_subject_goes_in_exactly_the_pairs_of_frames_that_say_the_same() {
    let line = Line { text: "Ada Lindqvist lives in Oslo.".to_owned(), kind: Kind::State, named: true };
    let mut both_ways = [0, 0];
    for (_, a, b) in pairs() {
        let Some(files) = two_files(&line.text, &a, &b) else { continue };
        let may = model::may_go(&line, &a, &b, false);
        assert_eq!(dropped(&files, &line.text) > 0, may, "{files:#?}");
        both_ways[usize::from(may)] += 1;
    }
    assert!(both_ways[0] > 500 && both_ways[1] > 200, "{both_ways:?}");
}

/// Checks each line in its share of all pairs: neighbours get others.
fn check_shares(lines: &[Line], share: usize) -> usize {
    let pairs = pairs();
    let step = pairs.len() / share.max(1) + 1;
    let mut went = 0;
    for (i, line) in lines.iter().enumerate() {
        for (_, a, b) in pairs.iter().skip(i * 7 % step).step_by(step) {
            went += usize::from(check(line, a, b));
        }
        went += usize::from(check(line, &Frame::PLAIN, &Frame::PLAIN.with(0, 1)));
    }
    went
}

#[test]
fn no_line_of_the_demo_goes_where_another_frame_or_its_own_words_keep_it() {
    let lines = line::demo();
    assert!(lines.len() > 150, "the demo has {} lines", lines.len());
    let went = check_shares(&lines, 2);
    assert!(went > 100, "{went} went");
}

#[test]
fn no_line_of_any_language_goes_where_another_frame_or_its_own_words_keep_it() {
    let lines = line::composed();
    let went = check_shares(&lines, 3);
    assert!(went > 100, "{went} went");
    for kind in [Kind::State, Kind::Action, Kind::DatedEvent] {
        let (a, b) = (Frame::PLAIN, Frame::PLAIN.with(0, 1));
        assert!(lines.iter().any(|line| line.kind == kind && check(line, &a, &b)), "{kind:?}");
    }
}

fn any_frame() -> impl Strategy<Value = Frame> {
    DIMENSIONS.map(|values| prop_oneof![2 => Just(0), 3 => 0..values.len()]).prop_map(Frame)
}

/// Words of no meaning, in the look of a memory's lines.
fn any_line() -> impl Strategy<Value = Line> {
    let nonsense = "[a-z]{3,8}( [a-z]{3,8}){0,6}[.!?]?".prop_map(|text| Line {
        text: format!("q{text}"),
        kind: Kind::State,
        named: false,
    });
    prop_oneof![4 => prop::sample::select(line::composed()), 1 => nonsense]
}

/// The same cases in each run; with `MEMEX_LONG=1` others in each run, and many.
fn config() -> ProptestConfig {
    let long = std::env::var_os("MEMEX_LONG").is_some_and(|value| value == "1");
    let (cases, rng_seed) = if long { (4_000, RngSeed::Random) } else { (120, RngSeed::Fixed(1)) };
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_line_goes_where_any_mixture_of_frames_keeps_it(line in any_line(), a in any_frame(), b in any_frame()) {
        check(&line, &a, &b);
        check(&line, &a, &Frame(a.0).with(0, b.0[0]));
    }
}
