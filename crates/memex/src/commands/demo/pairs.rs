//! Two lines that say the same: those of which one went, and those that are left to a person.

use chrono::NaiveDate;
use memex_curation::{LineOrigin, Rules, SourceFile, StandsAt, builtin};
use memex_proto::v1::{LineRange, Source, StagedOp, TreatmentKind, TreatmentSource};
use serde::Serialize;

use super::AS_OF;
use super::dreams::{Applied, Dreamt};
use super::expectations::Expectations;
use super::load::source;
use super::memory::Memory;

/// How many pairs are shown of each kind.
const EXAMPLES: usize = 3;

/// A line and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The file.
    pub path: String,
    /// The file's version.
    pub version: i64,
    /// Its number, from 1.
    pub line: u32,
    /// What it says.
    pub text: String,
}

/// A line that went, or would go, and the one that stands for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinePair {
    /// The one that went, or would.
    pub dropped: Line,
    /// The one that stays.
    pub kept: Line,
}

/// One person's pairs.
pub struct Pairs {
    /// The person.
    pub user: &'static str,
    /// Whose first line dreams dropped.
    pub adopted: Vec<LinePair>,
    /// Which are probably copies of each other, in the memory that the dreams left.
    pub probable: Vec<LinePair>,
}

/// The pairs of each person.
pub fn take(dreamt: &[Dreamt], expect: &mut Expectations) -> Vec<Pairs> {
    let mut all = Vec::new();
    for person in dreamt {
        let mut adopted = Vec::new();
        for (applied, left) in person.with_what_they_left() {
            let pairs = adopted_by(applied);
            look(applied, &pairs, left, expect);
            adopted.extend(pairs);
        }
        let probable = probable(&person.after);
        expect.that(!probable.is_empty(), || format!("no pair of {}'s lines is left to a person", person.user));
        all.push(Pairs { user: person.user, adopted, probable });
    }
    all
}

/// Of each line that the ledger calls a duplicate there is a pair, and the line that stands for it stands.
fn look(applied: &Applied, pairs: &[LinePair], left: &Memory, expect: &mut Expectations) {
    let id = &applied.dream.dream_id;
    let duplicates = applied.dream.ledger.as_ref().map_or(0, |ledger| ledger.duplicate as usize);
    expect.that(pairs.len() == duplicates, || {
        format!("{id} dropped {duplicates} lines and names what stands for {} of them", pairs.len())
    });
    let gone = pairs.iter().find(|LinePair { kept, .. }| {
        let stands = left.get(&kept.path).is_some_and(|(_, text)| text.split('\n').any(|line| bare(line) == kept.text));
        kept.text.is_empty() || !stands
    });
    expect.that(gone.is_none(), || {
        let kept = &gone.expect("it is told of one that is gone").kept;
        format!("{id} dropped a line for {}:{}, which is not there after it", kept.path, kept.line)
    });
}

/// The pairs of one dream, as its changeset tells them.
fn adopted_by(applied: &Applied) -> Vec<LinePair> {
    let dropped = |op: &StagedOp| {
        let drops = op.treatments.iter().filter(|one| one.kind() == TreatmentKind::DropDuplicate);
        let lines = drops.filter_map(|one| Some((one.before?, one.sources.first()?.clone())));
        let pair = |(before, ground): (LineRange, TreatmentSource)| LinePair {
            dropped: line(&applied.before, &op.path, before.first as u32),
            kept: line(&applied.before, &ground.path, ground.lines.map_or(0, |lines| lines.first as u32)),
        };
        lines.map(pair).collect::<Vec<_>>()
    };
    applied.ops.iter().flat_map(dropped).collect()
}

/// The pairs that the curator finds and leaves.
fn probable(memory: &Memory) -> Vec<LinePair> {
    let files: Vec<SourceFile> = memory.iter().map(file).collect();
    let place = |at: &StandsAt| line(memory, &at.path, at.lines.first);
    let pairs = builtin::curate(&files, &Rules::on(today())).probable;
    pairs.iter().map(|pair| LinePair { dropped: place(&pair.dropped), kept: place(&pair.kept) }).collect()
}

/// The day that the dreams take for today.
fn today() -> NaiveDate {
    AS_OF.parse().expect("it is a day")
}

/// A file as the curator takes it, with who said its lines.
fn file((path, version, text): (&str, i64, &str)) -> SourceFile {
    let source = match source(path) {
        Source::User => memex_curation::Source::User,
        _ => memex_curation::Source::Agent,
    };
    let origins = text.split('\n').map(|_| LineOrigin { source, ..LineOrigin::default() }).collect();
    SourceFile { path: path.to_owned(), version, text: text.to_owned(), origins }
}

/// The line with that number.
fn line(memory: &Memory, path: &str, number: u32) -> Line {
    let (version, text) = memory.get(path).unwrap_or_default();
    let text = (number as usize).checked_sub(1).and_then(|at| text.split('\n').nth(at)).map(bare);
    Line { path: path.to_owned(), version, line: number, text: text.unwrap_or_default().to_owned() }
}

/// A line without its list mark, which tidying may change.
pub fn bare(line: &str) -> &str {
    let line = line.trim();
    line.strip_prefix(['-', '*', '+']).unwrap_or(line).trim_start()
}

/// Pairs to show: of each person the first between two files, or the first of all.
pub fn examples<'a>(
    people: &'a [Pairs],
    of: impl Fn(&'a Pairs) -> &'a [LinePair],
) -> Vec<(&'static str, &'a LinePair)> {
    let telling =
        |pairs: &'a [LinePair]| pairs.iter().find(|pair| pair.dropped.path != pair.kept.path).or(pairs.first());
    people.iter().filter_map(|person| Some((person.user, telling(of(person))?))).take(EXAMPLES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_told_without_its_mark_and_one_that_is_not_there_is_empty() {
        let memory = Memory::of(&[("user/a.md", 3, "# A\n\n*   Ada drinks tea.\n")]);
        let told = |number| line(&memory, "user/a.md", number).text;
        assert_eq!((told(3), told(0), told(9)), ("Ada drinks tea.".to_owned(), String::new(), String::new()));
        assert_eq!(line(&memory, "user/b.md", 1).version, 0);
    }

    #[test]
    fn what_is_only_probable_is_found_with_both_places() {
        let home = "# Home\n\n- Ben lives in Leeds.\n";
        let memory = Memory::of(&[
            ("user/home.md", 1, home),
            ("user/sessions/2026-10-05.md", 1, "- Ben lives in Leeds.\n- Ben asked for a map.\n"),
        ]);
        let found = probable(&memory);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].dropped.path.as_str(), found[0].dropped.line), ("user/sessions/2026-10-05.md", 1));
        assert_eq!((found[0].kept.path.as_str(), found[0].kept.line), ("user/home.md", 3));
    }
}
