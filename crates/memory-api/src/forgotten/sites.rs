//! Where a changeset could bring back what is forgotten: each pair of lines that it treats, each statement that it adds.

use std::collections::{BTreeMap, HashMap};

use memex_curation::{LineRange, Said, Treatment, TreatmentKind, said};
use memex_proto::v1 as pb;

use super::RULE;
use super::digest::{Digest, ForgetKey};
use crate::error::Result;
use crate::guards::Guards;
use crate::staged_treatments::{in_base_lines, treatments};
use crate::store::changesets::StagedOp;

/// Texts of files by path and version.
pub type Texts = HashMap<(String, i64), String>;

/// A place of a changeset, and the digest under which it would be forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The digest.
    pub digest: Digest,
    /// The file.
    pub path: String,
    /// The line: before the op where it is treated, after it where it comes.
    pub line: u32,
    /// The treatment whose pair it is, by its index in the op; `None`: a statement that comes.
    pub treatment: Option<usize>,
    /// The treatment that a refusal names.
    pub named: usize,
}

impl Site {
    /// The rule that it breaks where it is forgotten.
    pub fn violation(&self) -> pb::DreamViolation {
        let detail = match self.treatment {
            Some(_) => "a person rejected or reverted this change",
            None => "a person removed this statement",
        };
        pb::DreamViolation {
            path: self.path.clone(),
            line: i32::try_from(self.line).unwrap_or(i32::MAX),
            rule: RULE.to_owned(),
            detail: detail.to_owned(),
        }
    }
}

/// A file's change, as it is looked at.
struct Change<'a> {
    path: &'a str,
    before: &'a str,
    after: &'a str,
    treatments: &'a [Treatment],
}

/// The places whose texts the sites of these ops are made from: each file before the changeset, and each ground.
///
/// # Errors
/// Where a stored treatment cannot be read.
pub fn cited_places(ops: &[StagedOp], guards: Guards) -> Result<Vec<(String, i64)>> {
    let mut places = Vec::new();
    for op in ops {
        places.push((op.path.clone(), op.base_version));
        let cited = treatments(op, guards)?.into_iter().flat_map(|one| one.sources);
        places.extend(cited.map(|source| (source.path, source.version)));
    }
    places.sort();
    places.dedup();
    Ok(places)
}

/// The sites of a changeset: each file from its text before to its text at the end.
///
/// # Errors
/// Where a stored treatment cannot be read.
pub fn of_changeset(key: &ForgetKey, ops: &[StagedOp], texts: &Texts, guards: Guards) -> Result<Vec<Site>> {
    let mut files: BTreeMap<&str, Vec<&StagedOp>> = BTreeMap::new();
    for op in ops {
        files.entry(&op.path).or_default().push(op);
    }
    let mut sites = Vec::new();
    for (path, ops) in files {
        let before = texts.get(&(path.to_owned(), ops[0].base_version)).map_or("", String::as_str);
        let after: Vec<Option<String>> = ops.iter().map(|op| op.text.clone()).collect();
        let of_ops = ops.iter().map(|op| treatments(op, guards)).collect::<Result<_>>()?;
        let treatments = in_base_lines(before, &after, of_ops);
        let after = after.into_iter().next_back().flatten().unwrap_or_default();
        let change = Change { path, before, after: &after, treatments: &treatments };
        sites.extend(change.sites(key, texts));
    }
    Ok(sites)
}

/// The sites of one op. Treatments speak of the lines of the text that it met.
pub fn of_op(
    key: &ForgetKey,
    path: &str,
    (before, after): (&str, &str),
    treatments: &[Treatment],
    texts: &Texts,
) -> Vec<Site> {
    Change { path, before, after, treatments }.sites(key, texts)
}

/// The digest of a pair that is only probably a copy; `None` where one of both does not stand.
pub fn of_probable(key: &ForgetKey, pair: &pb::ProbablePair, texts: &Texts) -> Option<Digest> {
    let at = |at: &pb::LinesAt| {
        let lines = at.lines.as_ref()?;
        let lines = LineRange { first: u32::try_from(lines.first).ok()?, last: u32::try_from(lines.last).ok()? };
        texts_in(&said(texts.get(&(at.path.clone(), at.version))?), lines)
    };
    Some(key.pair(TreatmentKind::DropDuplicate, &at(pair.dropped.as_ref()?)?, &at(pair.kept.as_ref()?)?))
}

impl Change<'_> {
    fn sites(&self, key: &ForgetKey, texts: &Texts) -> Vec<Site> {
        let (before, after) = (said(self.before), said(self.after));
        let mut cited: HashMap<(String, i64), Vec<Said>> = HashMap::new();
        let mut sites = Vec::new();
        for (index, treatment) in self.treatments.iter().enumerate() {
            let mut source = |path: &str, version: i64, lines| {
                let place = (path.to_owned(), version);
                let read = || texts.get(&place).map(|text| said(text)).unwrap_or_default();
                texts_in(cited.entry(place.clone()).or_insert_with(read), lines)
            };
            let sources: Vec<String> =
                treatment.sources.iter().filter_map(|one| source(&one.path, one.version, one.lines)).collect();
            let line = treatment.before.or(treatment.after).map_or(0, |lines| lines.first);
            let site = |digest| Site { digest, path: self.path.to_owned(), line, treatment: Some(index), named: index };
            sites.extend(self.pairs(treatment, (&before, &after), sources, key).into_iter().map(site));
        }
        sites.extend(Said::beyond(self.after, self.before).into_iter().map(|new| self.added(key, &new)));
        sites
    }

    /// The pairs of a treatment. A page is tidied as a whole: its pair is of its statements, which tidying does not change.
    fn pairs(
        &self,
        treatment: &Treatment,
        (before, after): (&[Said], &[Said]),
        sources: Vec<String>,
        key: &ForgetKey,
    ) -> Vec<Digest> {
        if treatment.kind == TreatmentKind::Tidy {
            let all = before.iter().map(|said| said.text.as_str()).collect::<Vec<_>>().join("\n");
            return vec![key.pair(treatment.kind, self.path, &all)];
        }
        let before = treatment.before.and_then(|lines| texts_in(before, lines));
        let after = treatment.after.and_then(|lines| texts_in(after, lines));
        match (before, after) {
            (Some(before), after) => {
                sources.iter().chain(after.as_ref()).map(|after| key.pair(treatment.kind, &before, after)).collect()
            }
            (None, Some(after)) => sources.iter().map(|before| key.pair(treatment.kind, before, &after)).collect(),
            (None, None) => Vec::new(),
        }
    }

    fn added(&self, key: &ForgetKey, new: &Said) -> Site {
        let covers = |one: &Treatment| {
            one.after.is_some_and(|lines| lines.first <= new.lines.first && new.lines.last <= lines.last)
        };
        let named = self.treatments.iter().position(covers).unwrap_or(0);
        let digest = key.statement(&new.text);
        Site { digest, path: self.path.to_owned(), line: new.lines.first, treatment: None, named }
    }
}

/// The statements that stand within these lines, as one text; `None`: none does.
fn texts_in(said: &[Said], lines: LineRange) -> Option<String> {
    let within = said.iter().filter(|one| lines.first <= one.lines.first && one.lines.last <= lines.last);
    let texts: Vec<&str> = within.map(|one| one.text.as_str()).collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}

#[cfg(test)]
mod tests {
    use memex_curation::TreatmentSource;

    use super::*;

    fn drop(line: u32, kept: u32) -> Treatment {
        let lines = |line| LineRange { first: line, last: line };
        let source = TreatmentSource { path: "user/b.md".into(), version: 2, lines: lines(kept) };
        Treatment { kind: TreatmentKind::DropDuplicate, before: Some(lines(line)), after: None, sources: vec![source] }
    }

    #[test]
    fn a_pair_is_of_the_strict_texts_of_both_lines_and_what_comes_is_a_statement() {
        let key = ForgetKey::of(&[1; 32]).unwrap();
        let texts = Texts::from([(("user/b.md".to_owned(), 2), "# B\n\n* Ada has 2 cats.\n".to_owned())]);
        let sites =
            of_op(&key, "user/a.md", ("- Ada has two cats.\n- Ben\n", "- Ben\n- Ada swims.\n"), &[drop(1, 3)], &texts);
        let digests: Vec<Digest> = sites.iter().map(|site| site.digest).collect();
        let pair = key.pair(TreatmentKind::DropDuplicate, "ada has two cats", "ada has 2 cats");
        assert_eq!(digests, [pair, key.statement("ada swims")]);
        assert_eq!((sites[0].treatment, sites[0].line), (Some(0), 1));
        assert_eq!((sites[1].treatment, sites[1].line), (None, 2));
        assert!(sites.iter().all(|site| site.violation().rule == "forgotten"));
        let nowhere = of_op(&key, "user/a.md", ("- Ada\n", "- Ada\n"), &[drop(9, 9)], &texts);
        assert_eq!(nowhere, []);
    }
}
