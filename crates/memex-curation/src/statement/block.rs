//! Finds blocks that are kept byte for byte: front matter, code, tables, HTML, comments, link definitions.

use super::lines::Line;

/// Tags whose text may hold blank lines: the block ends at the closing tag.
const VERBATIM: [&str; 4] = ["script", "pre", "style", "textarea"];

/// If front matter opens the text, the number of its lines. It stands between lines of `---` (YAML) or `+++` (TOML).
pub(super) fn front_matter(lines: &[Line<'_>]) -> Option<usize> {
    let first = lines.first()?;
    if !matches!(first.body, "---" | "+++") || first.indent > 0 {
        return None;
    }
    let closes = |body: &str| body == first.body || (first.body == "---" && body == "...");
    let close = lines.iter().skip(1).position(|l| l.indent == 0 && closes(l.body))?;
    Some(close + 2)
}

/// If an opaque block begins at the first of `lines`, the number of its lines. `in_paragraph`: the line above is text.
pub(super) fn opaque(lines: &[Line<'_>], in_paragraph: bool) -> Option<usize> {
    let first = lines.first()?;
    if let Some(fence) = opening_fence(first.body) {
        let close = lines.iter().skip(1).position(|l| closes(l.body, fence));
        return Some(close.map_or(lines.len(), |at| at + 2));
    }
    if is_table(lines) {
        let rows = lines.iter().take_while(|l| l.body.contains('|')).count();
        return Some(rows.max(1));
    }
    if first.indent <= 3 && first.body.starts_with('<') {
        return html(lines, in_paragraph);
    }
    let definition = first.body.starts_with('[') && first.body.find("]:").is_some_and(|at| at > 1);
    (definition && !in_paragraph && first.indent <= 3).then_some(1)
}

/// The number of lines of code indented to `column` or more; blank lines inside belong to it.
pub(super) fn indented(lines: &[Line<'_>], column: usize) -> usize {
    let mut end = 0;
    for (i, line) in lines.iter().enumerate() {
        if line.is_blank() {
            continue;
        }
        if line.indent < column {
            break;
        }
        end = i + 1;
    }
    end
}

/// Mark and length of a code fence.
fn opening_fence(body: &str) -> Option<(char, usize)> {
    let mark = body.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = body.chars().take_while(|c| *c == mark).count();
    let info = &body[length..];
    (length >= 3 && !(mark == '`' && info.contains('`'))).then_some((mark, length))
}

fn closes(body: &str, (mark, length): (char, usize)) -> bool {
    body.chars().all(|c| c == mark) && body.chars().count() >= length
}

fn is_table(lines: &[Line<'_>]) -> bool {
    let Some(first) = lines.first() else { return false };
    let row = first.body.contains('|') && first.item().is_none();
    row && (first.body.starts_with('|') || lines.get(1).is_some_and(|l| is_delimiter(l.body)))
}

fn is_delimiter(body: &str) -> bool {
    body.contains('-') && body.contains('|') && body.chars().all(|c| matches!(c, '|' | '-' | ':' | ' ' | '\t'))
}

fn html(lines: &[Line<'_>], in_paragraph: bool) -> Option<usize> {
    let body = lines.first()?.body;
    let ends = |mark: &str| {
        let at = lines.iter().position(|l| l.body.contains(mark));
        Some(at.map_or(lines.len(), |at| at + 1))
    };
    if body.starts_with("<!--") {
        return ends("-->");
    }
    if body.starts_with("<?") {
        return ends("?>");
    }
    if in_paragraph {
        return None;
    }
    let name: String = body[1..].trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
    let after = body[1..].trim_start_matches('/').get(name.len()..)?.chars().next();
    if name.is_empty() || !matches!(after, None | Some('>' | ' ' | '\t' | '/')) {
        return None;
    }
    if VERBATIM.contains(&name.to_ascii_lowercase().as_str()) {
        return ends(&format!("</{name}"));
    }
    Some(lines.iter().position(Line::is_blank).unwrap_or(lines.len()))
}
