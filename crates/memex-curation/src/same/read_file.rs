//! A file, read, with what each of its statements is.

use std::collections::{HashMap, HashSet};

use memex_core::path::{MemoryPath, ScopeKind};
use memex_core::recall;

use super::hanging;
use super::identity::{Bar, Identity, Parts};
use super::repeat::Repeats;
use crate::context::FileParts;
use crate::fitness::Fitness;
use crate::said::box_of;
use crate::statement::{Document, Element, Mark, split_lines};
use crate::text::strict;
use crate::{Rules, SourceFile};

/// A file, read.
pub(crate) struct ReadFile<'a> {
    pub file: &'a SourceFile,
    pub document: Document,
    pub parts: FileParts,
    pub identities: Vec<Identity>,
    /// Pages in it that were appended twice.
    pub repeats: Repeats,
    /// Recall takes it first.
    pub pinned: bool,
}

/// Whether a dream may touch a file: a path of the user scope that is no log, Markdown or plain text by its name, and
/// neither a script nor JSON by its text.
pub(crate) fn is_curated(path: &str, text: &str) -> bool {
    let Ok(parsed) = MemoryPath::parse(path) else { return false };
    if parsed.scope_kind() != ScopeKind::User || parsed.is_excluded() {
        return false;
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
    let prose = matches!(ending.as_deref(), None | Some("md" | "markdown" | "txt"));
    prose && !text.starts_with("#!") && serde_json::from_str::<serde::de::IgnoredAny>(text).is_err()
}

impl<'a> ReadFile<'a> {
    pub fn new(file: &'a SourceFile, rules: &Rules) -> Self {
        let document =
            if is_curated(&file.path, &file.text) { Document::parse(&file.text) } else { Document::default() };
        Self::read(file, document, rules)
    }

    fn read(file: &'a SourceFile, document: Document, rules: &Rules) -> Self {
        let parts = FileParts::new((&file.path, &file.text), &document, &rules.neutral);
        let definitions = definitions(&document, &file.text);
        let mut read = Vec::with_capacity(document.statements.len());
        let mut references: Vec<Option<String>> = Vec::with_capacity(document.statements.len());
        for statement in &document.statements {
            let strict = strict(&statement.text);
            let key = format!("{}{}{}", box_of(statement.checkbox), defined(&strict.text, &definitions), strict.text);
            let above = |s: usize| -> String {
                let own: &Parts = &read[s];
                format!("{}\u{1c}{}", own.key, references[s].as_deref().unwrap_or_default())
            };
            references.push(statement.above.filter(|_| statement.refers).map(above));
            let fitness = Fitness::of(&strict);
            read.push(Parts { key, strict, fitness });
        }
        let mut hung_on: HashSet<usize> = document.statements.iter().filter_map(|s| s.parent).collect();
        hung_on.extend(hanging::hung_on(&document, &read));
        let mut file_read = Self {
            file,
            parts,
            identities: Vec::new(),
            repeats: Repeats::default(),
            pinned: recall::is_pinned(&file.path, &file.text),
            document,
        };
        file_read.identities = read
            .into_iter()
            .enumerate()
            .map(|(i, own)| file_read.identity(i, own, references[i].as_deref(), hung_on.contains(&i), rules))
            .collect();
        file_read.repeats = Repeats::new(&file_read.document, &file.text, &file_read.identities);
        file_read
    }

    fn identity(&self, i: usize, own: Parts, reference: Option<&str>, is_hung_on: bool, rules: &Rules) -> Identity {
        let statement = &self.document.statements[i];
        let context = self.parts.context(&self.document, i, own.strict.reading.tongues, reference);
        let day = self.parts.written_day(&self.document, i, own.strict.stamp);
        let bar = self.bar(i, &own, is_hung_on).or_else(|| {
            let planned = day.into_iter().chain(self.parts.days(&self.document, i)).any(|day| day > rules.as_of);
            planned.then_some(Bar::Planned)
        });
        let in_lines = statement.lines.first as usize - 1..statement.lines.last as usize;
        let origins = || in_lines.clone().filter_map(|line| self.file.origins.get(line));
        let style = style(&own, &self.file.text, statement.lines.first);
        let mut identity = Identity::new(own, context, bar);
        identity.day = day;
        identity.asserted_on = origins().filter_map(|o| o.last_said.or(o.asserted_on)).max();
        identity.source = origins().map(|o| o.source).max().unwrap_or_default();
        identity.placed_by_day = self.parts.path.day.is_some() || self.parts.heading_day(&self.document, i).is_some();
        identity.style = style;
        identity
    }

    fn bar(&self, i: usize, own: &Parts, is_hung_on: bool) -> Option<Bar> {
        let statement = &self.document.statements[i];
        let hangs = is_hung_on || statement.introduces || statement.holds_opaque || statement.referred_to;
        let bars = [
            (own.strict.text.is_empty(), Bar::SaysNothing),
            (self.parts.is_put_away(&self.document, i), Bar::PutAway),
            (statement.mark == Mark::Ordered || is_lettered(&statement.text), Bar::Numbered),
            (statement.mark == Mark::Quote || is_quoted(&statement.text), Bar::Quoted),
            (statement.weighed, Bar::Weighed),
            (statement.supposed, Bar::Supposed),
            (statement.lines.first != statement.lines.last, Bar::SeveralLines),
            (statement.label, Bar::Label),
            (statement.refers && statement.above.is_none(), Bar::RefersToNothing),
            (hangs, Bar::HangsOn),
        ];
        bars.into_iter().find_map(|(stands, bar)| stands.then_some(bar))
    }
}

/// An item that begins with a letter or a number of its own: `a) …`, `(2) …`.
fn is_lettered(text: &str) -> bool {
    let Some((mark, _)) = text.split_once(')') else { return false };
    let mark = mark.strip_prefix('(').unwrap_or(mark);
    (1..=3).contains(&mark.chars().count()) && mark.chars().all(char::is_alphanumeric)
}

/// The whole text stands in quotation marks: somebody else's words.
fn is_quoted(text: &str) -> bool {
    let bare = text.trim().trim_end_matches(['.', '!', '?', '\u{3002}']);
    let opens = ['"', '\'', '\u{2018}', '\u{201c}', '\u{201e}', '\u{ab}', '\u{bb}', '\u{2039}', '\u{300c}', '\u{300e}'];
    let closes = [
        '"', '\'', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}', '\u{ab}', '\u{bb}', '\u{203a}', '\u{300d}',
        '\u{300f}',
    ];
    bare.chars().count() > 1 && bare.starts_with(opens) && bare.ends_with(closes)
}

/// The page's definitions of links and footnotes, by their label.
fn definitions(document: &Document, text: &str) -> HashMap<String, String> {
    let lines = split_lines(text);
    let opaque = document.elements.iter().filter_map(|element| match element {
        Element::Opaque(range) => Some(*range),
        _ => None,
    });
    let mut found = HashMap::new();
    for range in opaque {
        for line in &lines[range.first as usize - 1..range.last as usize] {
            let definition = line.trim().strip_prefix('[').and_then(|rest| rest.split_once("]:"));
            if let Some((label, target)) = definition {
                found.entry(label.to_lowercase()).or_insert_with(|| target.trim().to_owned());
            }
        }
    }
    found
}

/// The definitions that the text refers to, in order.
fn defined(text: &str, definitions: &HashMap<String, String>) -> String {
    if definitions.is_empty() {
        return String::new();
    }
    let labels = text.split('[').skip(1).filter_map(|rest| rest.split_once(']')).map(|(label, _)| label.to_lowercase());
    labels.filter_map(|label| definitions.get(&label)).map(|target| format!("{target}\u{1d}")).collect()
}

/// How well it is written: without a lead, a capital first, a final mark, one space after the list mark, not in capitals
/// throughout.
fn style(own: &Parts, text: &str, line: u32) -> u8 {
    let raw = split_lines(text).get(line as usize - 1).copied().unwrap_or_default().trim();
    let body = own.strict.body.as_str();
    let shouting = body.chars().any(char::is_alphabetic)
        && !body.chars().any(char::is_lowercase)
        && body.chars().any(char::is_uppercase);
    let after_mark = raw.strip_prefix(['-', '*', '+', '\u{2022}']).is_none_or(|rest| !rest.starts_with("  "));
    let faults = [
        !body.starts_with(|c: char| !c.is_lowercase()),
        !raw.ends_with(['.', '!', '?', '\u{3002}']),
        !after_mark,
        own.strict.had_lead,
        shouting,
    ];
    // The first fault weighs most.
    faults.iter().fold(0, |rank, fault| rank * 2 + u8::from(*fault))
}
