//! The line-based reader: one pass, every line numbered, no text refused.

use super::lines::{Line, split_lines};
use super::{Checkbox, Document, Element, Heading, Mark, Statement, block};
use crate::{LineRange, date};

/// A list item that may still get continuation lines and nested items.
struct OpenItem {
    statement: usize,
    indent: usize,
    content: usize,
    list: usize,
}

struct Parser<'a> {
    lines: Vec<Line<'a>>,
    document: Document,
    open_headings: Vec<usize>,
    items: Vec<OpenItem>,
    /// The statement that the next line of text would continue.
    text: Option<usize>,
    lists: usize,
    after_blank: bool,
}

pub(super) fn parse(text: &str) -> Document {
    let lines = split_lines(text).iter().enumerate().map(|(i, raw)| Line::new(raw, i == 0)).collect();
    let mut parser = Parser {
        lines,
        document: Document::default(),
        open_headings: Vec::new(),
        items: Vec::new(),
        text: None,
        lists: 0,
        after_blank: true,
    };
    let mut at = parser.front_matter();
    while at < parser.lines.len() {
        at += parser.step(at);
    }
    parser.document
}

impl Parser<'_> {
    fn front_matter(&mut self) -> usize {
        let Some(count) = block::front_matter(&self.lines) else { return 0 };
        self.document.elements.push(Element::Opaque(range(0, count)));
        count
    }

    /// Reads the block, or the line of a paragraph, that begins at `at`; the number of lines that it took.
    fn step(&mut self, at: usize) -> usize {
        let line = self.lines[at];
        if line.is_blank() {
            self.text = None;
            self.after_blank = true;
            return 1;
        }
        let used = self.structure(at, line);
        let used = used.unwrap_or_else(|| {
            self.prose(at, line);
            1
        });
        self.after_blank = false;
        used
    }

    fn structure(&mut self, at: usize, line: Line<'_>) -> Option<usize> {
        if let Some(count) = self.code_or_other(at, line) {
            self.push_opaque(at, count);
            return Some(count);
        }
        if let Some((level, text)) = line.heading() {
            self.push_heading(level, text.to_owned(), range(at, 1));
            return Some(1);
        }
        if let (Some(level), Some(open)) = (line.underline(), self.underlined()) {
            let statement = self.document.statements.swap_remove(open);
            self.document.elements.pop();
            let lines = LineRange { first: statement.lines.first, last: number(at) };
            self.push_heading(level, statement.text, lines);
            return Some(1);
        }
        if line.is_break() {
            self.close();
            self.document.elements.push(Element::Break(range(at, 1)));
            return Some(1);
        }
        let (mark, width, text) = line.item()?;
        if self.text.is_some() && self.items.is_empty() && !line.may_interrupt() {
            return None;
        }
        self.push_item(at, line.indent, mark, width, text);
        Some(1)
    }

    fn code_or_other(&self, at: usize, line: Line<'_>) -> Option<usize> {
        if let Some(count) = block::opaque(&self.lines[at..], self.text.is_some()) {
            return Some(count);
        }
        let nested = self.items.last().map_or(0, |item| item.content);
        let code = self.text.is_none()
            && line.indent >= nested + 4
            && (self.items.is_empty() || (self.after_blank && line.item().is_none()));
        code.then(|| block::indented(&self.lines[at..], nested + 4).max(1))
    }

    /// The open paragraph, if a line of `=` or `-` below it would make it a heading.
    fn underlined(&self) -> Option<usize> {
        let open = self.text?;
        let last = open + 1 == self.document.statements.len();
        (last && self.items.is_empty() && self.document.statements[open].mark == Mark::Paragraph).then_some(open)
    }

    fn push_heading(&mut self, level: u8, text: String, lines: LineRange) {
        self.close();
        while self.open_headings.last().is_some_and(|&h| self.document.headings[h].level >= level) {
            self.open_headings.pop();
        }
        let index = self.document.headings.len();
        let day = date::first_day(&text);
        self.document.headings.push(Heading { level, text, lines, day });
        self.open_headings.push(index);
        self.document.elements.push(Element::Heading(index));
    }

    fn push_opaque(&mut self, at: usize, count: usize) {
        if let Some(Element::Statement(last)) = self.document.elements.last().copied() {
            let chain: Vec<usize> = std::iter::once(last).chain(self.document.ancestors(last)).collect();
            for i in chain {
                self.document.statements[i].holds_opaque = true;
            }
        }
        if self.lines[at].indent < 2 {
            self.items.clear();
        }
        self.text = None;
        self.document.elements.push(Element::Opaque(range(at, count)));
    }

    fn push_item(&mut self, at: usize, indent: usize, mark: Mark, width: usize, text: &str) {
        let mut list = None;
        while let Some(top) = self.items.last().filter(|top| indent < top.indent + 2) {
            list = Some(top.list);
            self.items.pop();
        }
        let list = list.unwrap_or_else(|| {
            self.lists += 1;
            self.lists
        });
        let parent = self.items.last().map(|item| item.statement);
        let (checkbox, text) = checkbox(text);
        let statement = self.push_statement(at, mark, text, parent);
        self.document.statements[statement].checkbox = checkbox;
        self.document.statements[statement].list = Some(list);
        self.items.push(OpenItem { statement, indent, content: indent + width, list });
    }

    /// A line of text: it continues what is open, or begins a paragraph.
    fn prose(&mut self, at: usize, line: Line<'_>) {
        let quote = line.body.starts_with('>');
        if let Some(open) = self.text {
            let statement = &mut self.document.statements[open];
            let was_quote = statement.mark == Mark::Quote;
            if !quote || was_quote {
                self.continue_text(at, open, line);
                return;
            }
        }
        while self.items.last().is_some_and(|item| line.indent < item.indent + 2) {
            self.items.pop();
        }
        let parent = self.items.last().map(|item| item.statement);
        let mark = match (quote, parent) {
            (true, _) => Mark::Quote,
            (false, None) if self.is_key_value_run(at) => Mark::KeyValue,
            _ => Mark::Paragraph,
        };
        self.push_statement(at, mark, line.body, parent);
    }

    fn continue_text(&mut self, at: usize, open: usize, line: Line<'_>) {
        let statement = &mut self.document.statements[open];
        if statement.mark == Mark::KeyValue {
            // Every line of the run depends on its first: "Name: Ann" says whose city follows.
            let head = statement.parent.unwrap_or(open);
            self.push_statement(at, Mark::KeyValue, line.body, Some(head));
            return;
        }
        if !statement.text.is_empty() {
            statement.text.push(' ');
        }
        statement.text.push_str(&line.body.split_whitespace().collect::<Vec<_>>().join(" "));
        statement.lines.last = number(at);
    }

    /// Whether all lines of the paragraph that begins at `at` read `key: value`.
    fn is_key_value_run(&self, at: usize) -> bool {
        let run = self.lines[at..].iter().take_while(|l| !l.is_blank() && l.heading().is_none() && l.item().is_none());
        run.clone().all(Line::is_key_value) && self.lines.get(at + 1).is_none_or(|l| l.underline().is_none())
    }

    fn push_statement(&mut self, at: usize, mark: Mark, text: &str, parent: Option<usize>) -> usize {
        let index = self.document.statements.len();
        self.document.statements.push(Statement {
            text: text.split_whitespace().collect::<Vec<_>>().join(" "),
            lines: range(at, 1),
            mark,
            checkbox: None,
            parent,
            headings: self.open_headings.clone(),
            holds_opaque: false,
            list: None,
            introducers: Vec::new(),
            label: false,
            introduces: false,
            refers: false,
            above: None,
            referred_to: false,
            weighed: false,
            supposed: false,
        });
        self.document.elements.push(Element::Statement(index));
        self.text = Some(index);
        index
    }

    fn close(&mut self) {
        self.text = None;
        self.items.clear();
    }
}

fn checkbox(text: &str) -> (Option<Checkbox>, &str) {
    for (mark, state) in [("[ ]", Checkbox::Open), ("[x]", Checkbox::Done), ("[X]", Checkbox::Done)] {
        if let Some(rest) = text.strip_prefix(mark)
            && (rest.is_empty() || rest.starts_with([' ', '\t']))
        {
            return (Some(state), rest.trim());
        }
    }
    (None, text)
}

fn number(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}

fn range(at: usize, count: usize) -> LineRange {
    LineRange { first: number(at), last: number(at + count.max(1) - 1) }
}
