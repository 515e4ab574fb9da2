//! What makes two statements the same, and which of two copies may stand for the other.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::context::{heading_context, is_neutral};
use crate::normal::{NormalForm, normal_form};
use crate::statement::{Checkbox, Document, FIELD_WORDS, Mark, Statement, has_history_word};
use crate::{SourceFile, date};

/// Words whose meaning hangs on the day on which they are said.
const DEICTIC: [&str; 12] = [
    "today",
    "yesterday",
    "tomorrow",
    "tonight",
    "heute",
    "gestern",
    "hoy",
    "ayer",
    "aujourd'hui",
    "hier",
    "oggi",
    "ieri",
];
const PARTS_OF_DAY: [&str; 4] = ["morning", "afternoon", "evening", "night"];
const STANDING: [&str; 12] = [
    "always ",
    "never ",
    "from now on",
    "from here on",
    "please always",
    "please never",
    "going forward",
    "every time ",
    "whenever ",
    "do not ever",
    "under no circumstances",
    "in future",
];
const SESSION_FOLDERS: [&str; 8] =
    ["sessions", "session", "notes", "inbox", "daily", "journal", "conversations", "chats"];

/// What a statement is, for the question whether another one is the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Equal keys: the same statement in the same context. `None`: it has no double.
    pub key: Option<String>,
    pub when: When,
    /// The day of its heading or front matter: a later one than today makes it a plan. Not the day on which it was
    /// asserted, which is never later but by a clock.
    pub headed: Option<NaiveDate>,
    /// It opens with "FYI," or ends with "(again)" and the like.
    pub decorated: bool,
}

/// When a statement was asserted; undated comes before every day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct When {
    /// The effective date: in the line, else of its heading or front matter, else first asserted on.
    pub effective: Option<NaiveDate>,
    /// The same without the line's own day, which may be a part of what it says ("due on 3 May 2026"). A line that
    /// opens with its day has none but that.
    pub around: Option<NaiveDate>,
}

/// A file, read, with what each of its statements is.
pub(crate) struct ReadFile<'a> {
    pub file: &'a SourceFile,
    pub document: Document,
    pub identities: Vec<Identity>,
    /// It holds what one session said, rather than what is known of one topic.
    pub session: bool,
    /// Per statement: another one is nested in it, introduced by it or refers back to it.
    needed: Vec<bool>,
}

impl<'a> ReadFile<'a> {
    pub fn new(file: &'a SourceFile) -> Self {
        let document = Document::parse(&file.text);
        let name = file.path.rsplit('/').next().unwrap_or_default();
        let forms: Vec<NormalForm> = document.statements.iter().map(|s| normal_form(&s.text)).collect();
        let context =
            FileContext { file, history: has_history_word(name), records: record_sections(&document, &forms), forms };
        let identities = (0..document.statements.len()).map(|i| context.identity(&document, i)).collect();
        let session = is_session(&file.path, &document);
        let mut needed = vec![false; document.statements.len()];
        for &i in document.statements.iter().flat_map(|s| s.parent.iter().chain(&s.antecedents)) {
            needed[i] = true;
        }
        Self { file, document, identities, session, needed }
    }

    /// Whether something hangs on the statement, so that it may have to stay.
    pub fn is_needed(&self, i: usize) -> bool {
        self.needed[i] || self.document.statements[i].holds_opaque
    }

    /// Whether the statement may go when a copy of it stands elsewhere, whatever becomes of what depends on it.
    pub fn may_go(&self, i: usize) -> bool {
        self.identities[i].key.is_some() && !self.document.statements[i].holds_opaque
    }
}

/// Whether `kept` may stand for `dropped`: it says the same, is not dated earlier, and in one undated file nothing
/// that was said between the two is turned into the last word.
pub(crate) fn may_stand_for(kept: (&ReadFile<'_>, usize), dropped: (&ReadFile<'_>, usize)) -> Result<(), Refusal> {
    let (k, d) = (&kept.0.identities[kept.1], &dropped.0.identities[dropped.1]);
    let same_file = kept.0.file.path == dropped.0.file.path;
    if (same_file && kept.1 == dropped.1) || !dropped.0.may_go(dropped.1) || k.key.is_none() || k.key != d.key {
        return Err(Refusal::NotTheSame);
    }
    if k.when < d.when {
        return Err(Refusal::Older);
    }
    let between = kept.1..dropped.1;
    if same_file && k.when == d.when && between.into_iter().any(|i| kept.0.identities[i].key != d.key) {
        return Err(Refusal::Older);
    }
    Ok(())
}

/// Why one statement may not stand for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    NotTheSame,
    Older,
}

/// Whether the statement tells an agent how to behave from then on.
pub(crate) fn is_standing_instruction(text: &str) -> bool {
    let key = normal_form(text).key;
    let key = key.strip_prefix("important: ").unwrap_or(&key);
    STANDING.iter().any(|start| key.starts_with(start))
}

struct FileContext<'a> {
    file: &'a SourceFile,
    history: bool,
    forms: Vec<NormalForm>,
    /// Innermost headings under which several records of the same keys stand.
    records: Vec<Option<usize>>,
}

impl FileContext<'_> {
    fn identity(&self, document: &Document, i: usize) -> Identity {
        let statement = &document.statements[i];
        let when = self.when(document, statement);
        let form = &self.forms[i];
        let excluded = self.history
            || form.key.is_empty()
            || matches!(statement.mark, Mark::Ordered | Mark::Quote)
            || self.is_past(document, i)
            || (key_of(&form.key).is_some() && self.records.contains(&statement.headings.last().copied()));
        let key = (!excluded).then(|| self.key(document, i, when));
        let headed = self.headed(document, statement).filter(|_| when.around.is_some());
        Identity { key, when, headed, decorated: form.decorated }
    }

    /// The statement in its context, as one text.
    fn key(&self, document: &Document, i: usize, when: When) -> String {
        let statement = &document.statements[i];
        let mut context = String::new();
        let mut root = i;
        for ancestor in document.ancestors(i) {
            context.push_str(&self.own_key(document, ancestor));
            self.push_antecedents(document, ancestor, &mut context);
            root = ancestor;
        }
        self.push_antecedents(document, i, &mut context);
        context.push_str(&heading_context(document, statement, &document.statements[root]));
        let form = &self.forms[i].key;
        if context.is_empty() && is_fragment(form) {
            context = format!("{}\u{1e}{:?}\u{1e}", self.file.path, statement.headings);
        }
        if is_deictic(form) {
            context.push_str(&format!("{:?}", when.effective));
        }
        format!("{}\u{1f}{context}", self.own_key(document, i))
    }

    fn own_key(&self, document: &Document, i: usize) -> String {
        let mark = match document.statements[i].checkbox {
            None => "",
            Some(Checkbox::Open) => "[ ]",
            Some(Checkbox::Done) => "[x]",
        };
        let form = &self.forms[i].key;
        let form = if form.is_empty() { &document.statements[i].text } else { form };
        format!("{mark}\u{1d}{form}\u{1e}")
    }

    fn push_antecedents(&self, document: &Document, i: usize, context: &mut String) {
        for &back in &document.statements[i].antecedents {
            context.push('\u{1c}');
            context.push_str(&self.own_key(document, back));
        }
    }

    fn is_past(&self, document: &Document, i: usize) -> bool {
        let headings = document.statements[i].headings.iter().map(|&h| &document.headings[h].text);
        let leads = document.ancestors(i).map(|a| &document.statements[a].text);
        headings.chain(leads.filter(|t| t.split_whitespace().count() <= 8)).any(|t| has_history_word(t))
    }

    fn headed(&self, document: &Document, statement: &Statement) -> Option<NaiveDate> {
        let heading = statement.headings.iter().rev().find_map(|&h| document.headings[h].day);
        heading.or(document.front_date)
    }

    fn when(&self, document: &Document, statement: &Statement) -> When {
        let lines = statement.lines.first as usize - 1..statement.lines.last as usize;
        let asserted = || lines.filter_map(|i| self.file.asserted_on.get(i).copied().flatten()).max();
        let around = self.headed(document, statement).or_else(asserted);
        if let Some(stamp) = date::leading_stamp(&statement.text) {
            return When { effective: Some(stamp), around: None };
        }
        When { effective: date::first_day(&statement.text).or(around), around }
    }
}

/// Whether the statement names a day only by the day on which it is said.
fn is_deictic(key: &str) -> bool {
    let mut before = "";
    key.split(|c: char| !c.is_alphanumeric() && c != '\'').any(|word| {
        let part = PARTS_OF_DAY.contains(&word) && matches!(before, "this" | "last" | "next");
        before = word;
        part || DEICTIC.contains(&word)
    })
}

/// Too little to say anything by itself; outside a context it is the same only within its own section.
fn is_fragment(key: &str) -> bool {
    let words = key.split(' ').filter(|w| w.chars().any(char::is_alphanumeric)).count();
    let spelled = key.chars().filter(|c| is_unspaced(*c)).count();
    if let Some((name, value)) = key.split_once(": ") {
        return name.chars().count() < 2 || value.is_empty();
    }
    words < 3 && spelled < 5
}

/// Letters of scripts that put no space between words.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

/// The key of a `key: value` line whose value is a field's, not a sentence with a label.
fn key_of(text: &str) -> Option<String> {
    let (key, value) = text.split_once(':')?;
    let (words, said) = (key.split_whitespace().count(), value.split_whitespace().count());
    ((1..=3).contains(&words) && (1..=FIELD_WORDS).contains(&said)).then(|| key.trim_matches(['*', ' ']).to_lowercase())
}

/// Sections in which two or more keys come again, one of them with another value: several records, told apart only by
/// their place.
fn record_sections(document: &Document, forms: &[NormalForm]) -> Vec<Option<usize>> {
    let mut keys = BTreeMap::<(Option<usize>, String), Vec<&str>>::new();
    for (statement, form) in document.statements.iter().zip(forms) {
        if let Some(key) = key_of(&form.key) {
            keys.entry((statement.headings.last().copied(), key)).or_default().push(&form.key);
        }
    }
    let mut again = BTreeMap::<Option<usize>, (u32, bool)>::new();
    for ((section, _), fields) in keys.into_iter().filter(|(_, fields)| fields.len() > 1) {
        let (count, differ) = again.entry(section).or_default();
        *count += 1;
        *differ |= fields.iter().any(|field| *field != fields[0]);
    }
    again.into_iter().filter(|(_, (count, differ))| *count > 1 && *differ).map(|(section, _)| section).collect()
}

fn is_session(path: &str, document: &Document) -> bool {
    let mut folders = path.split('/').rev().skip(1);
    let name = path.rsplit('/').next().unwrap_or_default();
    let title = document.headings.iter().find(|h| h.level == 1);
    folders.any(|f| SESSION_FOLDERS.contains(&f.to_lowercase().as_str()))
        || date::first_day(&name.replace('_', "-")).is_some()
        || document.front_date.is_some()
        || title.is_some_and(|h| h.day.is_some() && is_neutral(&h.text))
}

#[cfg(test)]
#[path = "identity_tests.rs"]
mod tests;
