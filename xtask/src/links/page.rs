//! A Markdown file as its readers see it: the links in it, and the headings to link to.

use std::collections::{BTreeMap, BTreeSet};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// What of a Markdown file takes part in links.
pub struct Page {
    /// Line (from 1) and target of every link and picture, code left out.
    pub links: Vec<(usize, String)>,
    /// The fragments that its headings answer to, as GitHub makes them.
    pub headings: BTreeSet<String>,
}

impl Page {
    /// Reads a file's text; Markdown has no wrong texts.
    pub fn read(text: &str) -> Self {
        let mut page = Self { links: Vec::new(), headings: BTreeSet::new() };
        let (mut heading, mut seen): (Option<String>, BTreeMap<String, usize>) = (None, BTreeMap::new());
        for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links.push((text[..range.start].matches('\n').count() + 1, dest_url.into_string()));
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    page.headings.extend(heading.take().map(|heading| fragment(&heading, &mut seen)));
                }
                Event::Text(part) | Event::Code(part) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&part);
                    }
                }
                _ => {}
            }
        }
        page
    }
}

/// The fragment of a heading; a second heading of the same words gets `-1`, the next `-2`.
fn fragment(heading: &str, seen: &mut BTreeMap<String, usize>) -> String {
    let kept = heading.to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    let words: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
    let count = seen.entry(words.clone()).or_default();
    *count += 1;
    if *count == 1 { words } else { format!("{words}-{}", *count - 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_answer_to_the_fragments_that_github_makes() {
        let page = Page::read("# Who may use *whom*?\n## `LEASE_LOST`\n## Notes\n## Notes\n```\n# no heading\n```\n");
        let expected = ["lease_lost", "notes", "notes-1", "who-may-use-whom"];
        assert_eq!(page.headings.into_iter().collect::<Vec<_>>(), expected);
    }
}
