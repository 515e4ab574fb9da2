//! The one function that says what a page is without the statements that a dream drops: as it is left, and tidied.
//! Curator and guard call it, so that tidying is what it does and nothing else.

mod edits;
mod page;

use std::collections::BTreeSet;

use crate::LineRange;
use crate::same::ReadFile;

pub(crate) use edits::edits;
pub(crate) use page::Fate;

/// The fate of each line, and the lines that tidying touched.
pub(crate) fn tidied(file: &ReadFile<'_>, dropped: &BTreeSet<usize>) -> (Vec<Fate>, Option<LineRange>) {
    let page = page::Page::tidy(file, dropped);
    (page.fates, page.tidied)
}

/// The fate of each line where nothing is tidied.
pub(crate) fn untidied(file: &ReadFile<'_>, dropped: &BTreeSet<usize>) -> Vec<Fate> {
    page::Page::without(file, dropped).fates
}

/// The text of a file without the dropped statements: as it is left, and tidied. What tidying is, is defined by this.
pub(crate) fn texts_without(file: &ReadFile<'_>, dropped: &BTreeSet<usize>) -> [String; 2] {
    let text =
        |fates: &[Fate]| edits(&file.file.text, fates).map_or_else(|| file.file.text.clone(), |(_, result)| result);
    [text(&untidied(file, dropped)), text(&tidied(file, dropped).0)]
}

/// The lines of `lines` and `other` together.
pub(crate) fn joined(lines: Option<LineRange>, other: u32) -> Option<LineRange> {
    let lines = lines.unwrap_or(LineRange { first: other, last: other });
    Some(LineRange { first: lines.first.min(other), last: lines.last.max(other) })
}
