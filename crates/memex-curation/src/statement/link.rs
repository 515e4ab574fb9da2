//! Tells what each statement depends on: labels and paragraphs that introduce it, the line that its "he" means, and
//! what below it takes it back.

use std::collections::HashMap;

use super::html::{self, Mark as HtmlMark};
use super::labels::{self, Look};
use super::reference::refers;
use super::taken_back::takes_back;
use super::{Document, Element, Introducer, Mark};
use crate::language::{List, Reading};

pub(super) fn link(document: &mut Document, lines: &[&str]) {
    let readings: Vec<Reading> = document.statements.iter().map(|s| Reading::new(&s.text)).collect();
    mark_lists(document, &readings);
    let looks: Vec<Option<Look>> = document.statements.iter().map(|s| labels::may_be(s).then(|| Look::of(s))).collect();
    let item_labels = label_items(document, &looks);
    let mut walk = Walk { readings: &readings, looks: &looks, item_labels: &item_labels, ..Walk::new() };
    for (at, element) in document.elements.clone().into_iter().enumerate() {
        match element {
            Element::Heading(_) => walk.new_section(document, true),
            Element::Break(_) => walk.new_section(document, false),
            Element::Opaque(range) => {
                let block = lines[range.first as usize - 1..range.last as usize].join("\n");
                walk.opaque(document, &block);
            }
            Element::Statement(i) => walk.statement(document, at, i),
        }
    }
    walk.end_section(document);
}

/// Lists that weigh for and against, and items below "suppose …".
fn mark_lists(document: &mut Document, readings: &[Reading]) {
    let mut marks: HashMap<usize, (u32, u32)> = HashMap::new();
    for statement in &document.statements {
        if let (Mark::Bullet(mark), Some(list)) = (statement.mark, statement.list) {
            let seen = marks.entry(list).or_default();
            seen.0 += u32::from(mark == '+');
            seen.1 += u32::from(mark == '-');
        }
    }
    let mut supposing: HashMap<usize, bool> = HashMap::new();
    for (i, reading) in readings.iter().enumerate() {
        let statement = &document.statements[i];
        let below = statement.parent.is_some_and(|parent| {
            let parent_list = document.statements[parent].list;
            document.statements[parent].supposed || parent_list.is_some_and(|list| supposing.get(&list) == Some(&true))
        });
        let supposed = statement.list.is_some_and(|list| supposing.get(&list) == Some(&true)) || below;
        let begins = reading.keeping(List::Suppose).any(|hit| hit.first == 0);
        if let Some(list) = statement.list {
            *supposing.entry(list).or_default() |= begins || below;
        }
        let weighed =
            statement.list.and_then(|list| marks.get(&list)).is_some_and(|&(plus, minus)| plus > 1 && minus > 1);
        document.statements[i].supposed = supposed;
        document.statements[i].weighed = weighed;
    }
}

/// Per statement whether it is a label among the items of its list.
fn label_items(document: &Document, looks: &[Option<Look>]) -> Vec<bool> {
    let mut lists: HashMap<usize, Vec<usize>> = HashMap::new();
    for (i, statement) in document.statements.iter().enumerate() {
        if let Some(list) = statement.list {
            lists.entry(list).or_default().push(i);
        }
    }
    let mut is_label = vec![false; document.statements.len()];
    for items in lists.into_values() {
        let of_list: Vec<Option<&Look>> = items.iter().map(|&i| looks[i].as_ref()).collect();
        for (i, label) in items.into_iter().zip(labels::item_labels(&of_list)) {
            is_label[i] = label;
        }
    }
    is_label
}

/// How far a label in prose reaches.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// It stands last.
    Open,
    /// A list or code followed it at once: it ends with that.
    Block,
    /// To the next label, heading or break.
    Prose,
}

/// What the walk over the page has seen last.
struct Walk<'a> {
    readings: &'a [Reading],
    looks: &'a [Option<Look>],
    item_labels: &'a [bool],
    label: Option<(usize, Reach)>,
    /// The paragraph directly above.
    paragraph: Option<usize>,
    /// The paragraph that introduces the open list, and a table header or comment directly above it.
    list_intro: Vec<Introducer>,
    in_list: bool,
    /// Per list: its last item that is a label.
    list_label: HashMap<usize, usize>,
    html_heading: Option<String>,
    /// The words of the last HTML that is no heading and no wrapper: a label in its section.
    html_label: Option<String>,
    /// Per item: the last further paragraph of it, which introduces the list below it.
    item_paragraph: HashMap<usize, usize>,
    /// Statements of the section that set the scene for all below: "Suppose we move.", "The following is from the novel."
    scene: Vec<usize>,
    wrappers: Vec<(String, Option<String>)>,
    /// A comment or a table's header directly above.
    block_above: Option<String>,
    previous: Option<usize>,
    section: Vec<usize>,
}

impl Walk<'_> {
    fn new() -> Self {
        Self {
            readings: &[],
            looks: &[],
            item_labels: &[],
            label: None,
            paragraph: None,
            list_intro: Vec::new(),
            in_list: false,
            list_label: HashMap::new(),
            html_heading: None,
            html_label: None,
            item_paragraph: HashMap::new(),
            scene: Vec::new(),
            wrappers: Vec::new(),
            block_above: None,
            previous: None,
            section: Vec::new(),
        }
    }

    fn new_section(&mut self, document: &mut Document, heading: bool) {
        self.end_section(document);
        self.label = None;
        self.paragraph = None;
        self.list_intro.clear();
        self.in_list = false;
        self.block_above = None;
        self.previous = None;
        self.html_label = None;
        if heading {
            self.html_heading = None;
        }
    }

    fn opaque(&mut self, document: &mut Document, block: &str) {
        if let Some((label, reach)) = self.label {
            document.statements[label].introduces |= reach == Reach::Open;
            self.label = (reach == Reach::Prose).then_some((label, reach));
        }
        if let Some(paragraph) = self.paragraph.take() {
            document.statements[paragraph].introduces |= labels::ends_in_colon(&document.statements[paragraph].text);
        }
        self.in_list = false;
        self.block_above = said_by_block(block);
        for mark in html::marks(block) {
            match mark {
                HtmlMark::Heading(words) => self.html_heading = Some(words),
                HtmlMark::Open(name) => self.wrappers.push((name, None)),
                HtmlMark::Close(name) => {
                    if let Some(at) = self.wrappers.iter().rposition(|(open, _)| *open == name) {
                        self.wrappers.truncate(at);
                    }
                }
                HtmlMark::Summary(words) => {
                    if let Some((_, summary)) = self.wrappers.last_mut() {
                        *summary = Some(words);
                    }
                }
                HtmlMark::Comment(words) => self.block_above = Some(words),
                HtmlMark::Words(words) => self.html_label = Some(words),
            }
        }
    }

    fn statement(&mut self, document: &mut Document, at: usize, i: usize) {
        let item = document.statements[i].list.is_some();
        let nested = document.statements[i].parent;
        if item {
            self.item(document, i);
        } else if nested.is_none() {
            self.prose(document, at, i);
        }
        document.statements[i].introducers = self.introducers(document, i);
        self.within_item(document, i);
        if let Some(list) = document.statements[i].list.filter(|_| document.statements[i].label) {
            self.list_label.insert(list, i);
        }
        self.refer(document, i);
        let supposes = !item && nested.is_none() && self.readings[i].keeping(List::Suppose).any(|hit| hit.first == 0);
        if supposes || self.readings[i].keeping(List::Below).next().is_some() {
            self.scene.push(i);
        }
        self.block_above = None;
        self.previous = Some(i);
        self.section.push(i);
    }

    fn item(&mut self, document: &mut Document, i: usize) {
        if !self.in_list {
            self.list_intro.clear();
            if let Some((label, reach)) = self.label {
                document.statements[label].introduces |= reach == Reach::Open;
                self.label = match reach {
                    Reach::Open => Some((label, Reach::Block)),
                    Reach::Block => None,
                    Reach::Prose => Some((label, Reach::Prose)),
                };
            }
            if let Some(paragraph) = self.paragraph {
                document.statements[paragraph].introduces = true;
                self.list_intro.push(Introducer::Statement(paragraph));
            }
            self.list_intro.extend(self.block_above.take().map(Introducer::Text));
        }
        self.in_list = true;
        self.paragraph = None;
        document.statements[i].label = self.item_labels[i];
    }

    /// A further paragraph of an item introduces the list below it in the item.
    fn within_item(&mut self, document: &mut Document, i: usize) {
        let statement = &document.statements[i];
        let Some(parent) = statement.parent.filter(|_| statement.mark != Mark::KeyValue) else { return };
        if statement.list.is_none() {
            self.item_paragraph.insert(parent, i);
        } else if let Some(&paragraph) = self.item_paragraph.get(&parent) {
            document.statements[paragraph].introduces = true;
        }
    }

    fn prose(&mut self, document: &mut Document, at: usize, i: usize) {
        self.in_list = false;
        let follows = self.words_after(document, at);
        let label = self.looks[i].as_ref().is_some_and(|look| look.is_prose_label(follows));
        document.statements[i].label = label;
        if label {
            self.label = Some((i, Reach::Open));
            self.paragraph = None;
            return;
        }
        if let Some((label, reach)) = self.label {
            document.statements[label].introduces |= reach == Reach::Open;
            self.label = (reach != Reach::Block).then_some((label, Reach::Prose));
        }
        self.paragraph = Some(i);
    }

    /// How many words the next statement has; a block counts as longer than any label, the end of the section as none.
    fn words_after(&self, document: &Document, at: usize) -> Option<usize> {
        match *document.elements.get(at + 1)? {
            Element::Statement(next) => Some(self.readings[next].tokens.len()),
            Element::Opaque(_) => Some(usize::MAX),
            Element::Heading(_) | Element::Break(_) => None,
        }
    }

    fn introducers(&self, document: &Document, i: usize) -> Vec<Introducer> {
        let statement = &document.statements[i];
        let in_html = self.html_heading.iter().chain(&self.html_label);
        let mut found: Vec<Introducer> = in_html.cloned().map(Introducer::Text).collect();
        for (name, summary) in &self.wrappers {
            found.push(Introducer::Text(format!("<{name}>")));
            found.extend(summary.iter().cloned().map(Introducer::Text));
        }
        found.extend(self.scene.iter().map(|&said| Introducer::Statement(said)));
        found.extend(self.label.filter(|&(label, _)| label != i).map(|(label, _)| Introducer::Statement(label)));
        if statement.list.is_some() {
            found.extend(self.list_intro.iter().cloned());
        } else if statement.parent.is_none() {
            found.extend(self.colon_above(document, i).map(Introducer::Statement));
            found.extend(self.block_above.iter().cloned().map(Introducer::Text));
        }
        let mut chain: Vec<usize> = document.ancestors(i).collect();
        chain.reverse();
        chain.push(i);
        for &level in &chain {
            let list = document.statements[level].list;
            let label = list
                .and_then(|list| self.list_label.get(&list))
                .filter(|&&label| label != level && !document.statements[level].label);
            found.extend(label.map(|&label| Introducer::Statement(label)));
            if level != i {
                found.push(Introducer::Statement(level));
            }
            let paragraph = document.statements[level].parent.and_then(|parent| self.item_paragraph.get(&parent));
            found.extend(paragraph.filter(|_| list.is_some()).map(|&paragraph| Introducer::Statement(paragraph)));
        }
        found
    }

    /// The paragraph directly above, where it ends in a colon.
    fn colon_above(&self, document: &Document, i: usize) -> Option<usize> {
        let above = self.previous.filter(|&above| above != i && document.statements[above].list.is_none())?;
        labels::ends_in_colon(&document.statements[above].text).then_some(above)
    }

    fn refer(&self, document: &mut Document, i: usize) {
        let reading = &self.readings[i];
        document.statements[i].refers = refers(reading);
        document.statements[i].above = self.previous;
        if document.statements[i].refers
            && let Some(above) = self.previous
        {
            document.statements[above].referred_to = true;
        }
        if takes_back(reading, &document.statements[i].text) {
            for &above in &self.section {
                document.statements[above].referred_to = true;
            }
        }
    }

    fn end_section(&mut self, _document: &mut Document) {
        self.section.clear();
        self.scene.clear();
        self.list_label.clear();
        self.item_paragraph.clear();
    }
}

/// Returns the words by which a block introduces the list or paragraph directly below it: the header of a table, the first
/// line of code, the text of a link definition without a target (`[//]: # (words)`) as a comment.
fn said_by_block(block: &str) -> Option<String> {
    let mut lines = block.lines().map(str::trim);
    let first = lines.next()?;
    let comment = first.strip_prefix('[').and_then(|rest| rest.split_once("]: ")).map(|(_, target)| target.trim());
    if first.starts_with('|') {
        return Some(first.to_owned());
    }
    if first.starts_with("```") || first.starts_with("~~~") {
        return lines.next().map(str::to_owned);
    }
    comment.and_then(|target| target.strip_prefix(['#', '<'])).map(str::to_owned)
}
