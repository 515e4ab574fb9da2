//! What a block of HTML says of the statements around it: a heading, a summary, a wrapper, a comment.

/// Elements that change how what stands in them is meant.
const WRAPPERS: [&str; 7] = ["details", "del", "s", "strike", "blockquote", "ins", "aside"];

/// Elements whose attributes name what stands in them.
const SECTIONS: [&str; 4] = ["section", "article", "div", "main"];

/// A tag or comment of a block, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mark {
    /// `<h1>` to `<h6>`, and the words in it.
    Heading(String),
    /// `<summary>`, and the words in it.
    Summary(String),
    /// A wrapper begins.
    Open(String),
    /// A wrapper ends.
    Close(String),
    /// A comment's words.
    Comment(String),
    /// The words in any other elements: `<b>In the novel</b>`.
    Words(String),
}

/// The marks of an HTML block; empty for any other block.
pub(super) fn marks(block: &str) -> Vec<Mark> {
    let mut marks = Vec::new();
    let mut rest = block;
    let mut words = String::new();
    let mut named = false;
    while let Some(at) = rest.find('<') {
        if !named {
            words.push_str(&rest[..at]);
            words.push(' ');
        }
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            let end = comment.find("-->").unwrap_or(comment.len());
            marks.push(Mark::Comment(comment[..end].trim().to_owned()));
            rest = comment[end..].strip_prefix("-->").unwrap_or_default();
            continue;
        }
        let end = rest.find('>').unwrap_or(rest.len());
        let tag = &rest[1..end];
        let (closes, name) = tag.strip_prefix('/').map_or((false, tag), |name| (true, name));
        let name: String =
            name.chars().take_while(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        rest = &rest[(end + 1).min(rest.len())..];
        let heading = matches!(name.as_bytes(), [b'h', b'1'..=b'6']);
        // The words of a heading and of a summary are told by their own marks.
        if heading || name == "summary" {
            named = !closes;
        }
        if heading && !closes {
            marks.push(Mark::Heading(inner(rest)));
        } else if name == "summary" && !closes {
            marks.push(Mark::Summary(inner(rest)));
        } else if !closes && SECTIONS.contains(&name.as_str()) {
            // `<section id="ann">` names what stands in it.
            words.push_str(tag[name.len()..].trim());
            words.push(' ');
        } else if WRAPPERS.contains(&name.as_str()) {
            marks.push(if closes { Mark::Close(name) } else { Mark::Open(name) });
        }
    }
    if !marks.is_empty() || block.trim_start().starts_with('<') {
        words.push_str(rest);
        let words: Vec<&str> = words.split_whitespace().collect();
        marks.extend((!words.is_empty()).then(|| Mark::Words(words.join(" "))));
    }
    marks
}

/// The words up to the end of the element, without tags in them.
fn inner(rest: &str) -> String {
    let end = rest.find("</").unwrap_or(rest.len());
    let mut words = String::new();
    let mut in_tag = false;
    for c in rest[..end].chars() {
        match c {
            '<' => in_tag = true,
            '>' => in_tag = false,
            c if !in_tag => words.push(c),
            _ => {}
        }
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}
