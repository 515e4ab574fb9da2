//! Reads Markdown into statements: what a memory file says, line by line, with the context that it is said in.

mod block;
mod html;
mod labels;
mod lines;
mod link;
mod parser;
mod reference;
mod taken_back;

use chrono::NaiveDate;

use crate::LineRange;

pub(crate) use lines::split_lines;
#[cfg(test)]
pub(crate) use reference::refers;

/// A heading of at most this many words is a label and no statement.
const LABEL_WORDS: usize = 8;

/// How a statement stands on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mark {
    /// A paragraph.
    Paragraph,
    /// One line of a run of `key: value` lines.
    KeyValue,
    /// A list item with its mark: `-`, `*`, `+` or `•`.
    Bullet(char),
    /// An item of a numbered list: its place is part of what it says.
    Ordered,
    /// A block quotation: somebody else's words.
    Quote,
}

/// The box of a list item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Checkbox {
    /// `[ ]`
    Open,
    /// `[x]`
    Done,
}

/// One thing that the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The text without list mark and box; lines are trimmed and joined by one space.
    pub text: String,
    /// Where it stands.
    pub lines: LineRange,
    /// How it stands.
    pub mark: Mark,
    /// Its box, if it has one.
    pub checkbox: Option<Checkbox>,
    /// The item that it is nested in; of a run of `key: value` lines the first.
    pub parent: Option<usize>,
    /// The headings that it stands under, outermost first.
    pub headings: Vec<usize>,
    /// Code, a table or HTML belongs to it, so that it cannot go alone.
    pub holds_opaque: bool,
    /// The list that it is an item of; items of one level of one list share it.
    pub list: Option<usize>,
    /// What introduces it besides headings, outermost first.
    pub introducers: Vec<Introducer>,
    /// It only names what follows.
    pub label: bool,
    /// It introduces a list, code or a paragraph.
    pub introduces: bool,
    /// It refers to the statement above it: "he", "the latter".
    pub refers: bool,
    /// The statement directly above it in its section.
    pub above: Option<usize>,
    /// Something stands below it that refers to it or to all above: "he", "the above", "wrong".
    pub referred_to: bool,
    /// It stands in a list that mixes `+` and `-`.
    pub weighed: bool,
    /// It stands below an item of its list that begins with "suppose" or its like.
    pub supposed: bool,
}

/// What introduces a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Introducer {
    /// A statement: an index into [`Document::statements`].
    Statement(usize),
    /// The words of an HTML heading or summary, a comment, a table's header, or the name of a wrapper.
    Text(String),
}

/// A heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// 1 to 6.
    pub level: u8,
    /// The text without marks.
    pub text: String,
    /// Where it stands; a heading underlined with `===` or `---` has two lines or more.
    pub lines: LineRange,
    /// The first day that it names.
    pub day: Option<NaiveDate>,
}

impl Heading {
    /// Whether it is so long that it says something rather than labels it.
    pub fn is_statement(&self) -> bool {
        self.text.split_whitespace().count() > LABEL_WORDS
    }
}

/// A part of the page, in the order in which parts stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    /// An index into [`Document::headings`].
    Heading(usize),
    /// An index into [`Document::statements`].
    Statement(usize),
    /// Code, table, HTML, comment, front matter, link definition: kept byte for byte.
    Opaque(LineRange),
    /// A thematic break.
    Break(LineRange),
}

/// A Markdown text, read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Document {
    /// Everything but blank lines, in order.
    pub elements: Vec<Element>,
    /// The statements, in order.
    pub statements: Vec<Statement>,
    /// The headings, in order.
    pub headings: Vec<Heading>,
}

impl Document {
    /// Reads any text; what it does not know is a paragraph.
    pub fn parse(text: &str) -> Self {
        let mut document = parser::parse(text);
        link::link(&mut document, &split_lines(text));
        document
    }

    /// The number of statements, long headings included.
    pub fn count(&self) -> u32 {
        let headings = self.headings.iter().filter(|h| h.is_statement()).count();
        u32::try_from(self.statements.len() + headings).unwrap_or(u32::MAX)
    }

    /// The statement that stands on exactly these lines.
    pub fn statement_at(&self, lines: LineRange) -> Option<usize> {
        let at = self.statements.binary_search_by_key(&lines.first, |s| s.lines.first).ok()?;
        (self.statements[at].lines == lines).then_some(at)
    }

    /// The statement's parents, nearest first.
    pub fn ancestors(&self, statement: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(self.statements[statement].parent, |&i| self.statements[i].parent)
    }
}

#[cfg(test)]
mod tests;
