//! The files that a text links to: `[[user/people/ann]]`, with or without `.md`, a part of the file or another name.

use std::ops::Range;

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag};

use crate::lines::for_markdown;
use crate::patch::front_matter_bytes;
use crate::path::MemoryPath;

/// What each link of a text may mean, in the text's order: the paths to look for, the likeliest first. Links in code are
/// none, nor are those with a carriage return in them: no path has one.
pub(super) fn links(text: &str) -> Vec<Vec<String>> {
    let body = &text[front_matter_bytes(text)..];
    let to = |(event, range): (Event<'_>, Range<usize>)| match event {
        Event::Start(Tag::Link { link_type: LinkType::WikiLink { .. }, dest_url, .. }) => {
            Some(paths(&dest_url)).filter(|paths| !paths.is_empty() && !body[range].contains('\r'))
        }
        _ => None,
    };
    Parser::new_ext(&for_markdown(body), Options::ENABLE_WIKILINKS).into_offset_iter().filter_map(to).collect()
}

/// The path as it stands, with `.md`, and both without what follows a `#`, which names a heading.
fn paths(link: &str) -> Vec<String> {
    let link = link.trim();
    let whole = link.split_once('#').map(|(file, _)| file.trim_end());
    let spelt = [Some(link), whole].into_iter().flatten().flat_map(|path| [path.to_owned(), format!("{path}.md")]);
    spelt.filter_map(|path| Some(MemoryPath::parse(&path).ok()?.as_str().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::links;

    #[test]
    fn a_link_names_its_file_in_several_spellings() {
        for (text, expected) in [
            ("See [[user/a.md]].", &["user/a.md", "user/a.md.md"][..]),
            ("- [[user/people/ann|Ann]]\n", &["user/people/ann", "user/people/ann.md"]),
            ("[[ user/a ]]", &["user/a", "user/a.md"]),
            ("[[user/e\u{301}]]", &["user/é", "user/é.md"]),
            ("[[user/a#Food|food]]", &["user/a#Food", "user/a#Food.md", "user/a", "user/a.md"]),
            ("[[shared/b]]", &["shared/b", "shared/b.md"]),
        ] {
            assert_eq!(links(text), [expected], "{text:?}");
        }
    }

    #[test]
    fn what_is_no_link_to_a_file_is_passed_over() {
        for text in [
            "`[[user/a]]`",
            "```\n[[user/a]]\n```\n",
            "---\nlink: \"[[user/a]]\"\n---\n",
            "[[Ann]]",
            "[[user/../shared/a]]",
            "[user/a](user/a)",
            "[[user/a",
            "[[]]",
            "[[user/a\rb]]",
        ] {
            assert!(links(text).is_empty(), "{text:?}");
        }
    }

    #[test]
    fn links_come_in_the_order_of_the_text() {
        let first: Vec<String> = links("# [[user/c]]\n\n- [[user/a]], [[user/b|b]]\n- [[user/c]]\n")
            .into_iter()
            .map(|mut paths| paths.remove(0))
            .collect();
        assert_eq!(first, ["user/c", "user/a", "user/b", "user/c"]);
    }

    #[test]
    fn hostile_brackets_are_no_links() {
        for part in ["[[", "]]", "[[user/a|", "[[[", "[[user/a]", "![["] {
            assert!(links(&part.repeat(100_000 / part.len())).is_empty(), "{part}");
        }
    }
}
