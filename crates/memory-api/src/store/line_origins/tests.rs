//! Walks over revisions that no database holds.

use memex_core::actor::{Operation, Source as Stored};

use super::walk::{Revision, Walk};
use super::*;

fn day(number: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, number).unwrap()
}

fn revision(version: i64, text: &str) -> Revision {
    Revision {
        file: Uuid::nil(),
        version,
        path: "user/a.md".to_owned(),
        text: Some(text.to_owned()),
        day: day(u32::try_from(version).unwrap()),
        operation: Operation::Write.code(),
        source: Stored::Agent.code(),
        dreamt: false,
        imported: false,
    }
}

/// Day of the month and source of each line that is left; 0: no day.
fn walked(revisions: Vec<Revision>) -> Vec<(u32, Source)> {
    let last = (Uuid::nil(), revisions.last().unwrap().version);
    let mut walk = Walk::new([last].into(), HashSet::new(), HashMap::new());
    walk.pass(revisions);
    let walked = walk.end();
    let own = |line: &Line<u32>| line.origin.map(|at| walked.owns[at as usize]);
    let lines = walked.lines[&last].iter().filter_map(own);
    lines.map(|own| (own.asserted_on.map_or(0, |day| chrono::Datelike::day(&day)), own.source)).collect()
}

#[test]
fn a_line_keeps_day_and_source_while_it_stands_and_is_another_when_it_comes_again() {
    let by = |source: Stored, of: Revision| Revision { source: source.code(), ..of };
    let first = by(Stored::User, revision(1, "a\n"));
    let stands = vec![first.clone(), by(Stored::Web, revision(2, "a\nb\n"))];
    assert_eq!(walked(stands), [(1, Source::User), (2, Source::Web)]);
    let again = vec![first, revision(2, ""), by(Stored::Tool, revision(3, "a\n"))];
    assert_eq!(walked(again), [(3, Source::Tool)]);
}

#[test]
fn what_is_imported_restored_or_reverted_has_no_day_and_a_source() {
    let source = |of: Revision, source: Stored| Revision { source: source.code(), ..of };
    let operation = |operation: Operation| Revision { operation: operation.code(), ..revision(1, "a\n") };
    let cases = [
        (source(revision(1, "a\n"), Stored::Import), Source::Agent),
        (source(Revision { imported: true, ..revision(1, "a\n") }, Stored::User), Source::User),
        (source(operation(Operation::Restore), Stored::User), Source::User),
        (source(operation(Operation::Revert), Stored::Web), Source::Web),
        (operation(Operation::DreamLog), Source::Agent),
        (Revision { dreamt: true, ..revision(1, "a\n") }, Source::Agent),
    ];
    for (revision, source) in cases {
        assert_eq!(walked(vec![revision.clone()]), [(0, source)], "{revision:?}");
    }
    assert_eq!(walked(vec![operation(Operation::Patch)]), [(1, Source::Agent)]);
}

#[test]
fn a_dream_and_its_revert_change_no_lines_day_or_source() {
    let said = Revision { source: Stored::User.code(), ..revision(1, "* a\n* b\n- c\n") };
    let dream = Revision { dreamt: true, source: Stored::Agent.code(), ..revision(2, "- a\n- c\n") };
    assert_eq!(walked(vec![said.clone(), dream.clone()]), [(1, Source::User); 2]);
    let back = Revision { operation: Operation::Revert.code(), ..revision(3, "* a\n* b\n- c\n") };
    assert_eq!(walked(vec![said.clone(), dream.clone(), back]), [(1, Source::User); 3]);
    let restored = Revision { operation: Operation::Restore.code(), ..revision(3, "* a\n* b\n- c\n") };
    assert_eq!(walked(vec![said, dream, restored])[1], (0, Source::Agent));
}
