//! Relative links of Markdown files, and the headings that they point to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::checkout::Checkout;
use crate::findings::Findings;

mod page;

use page::Page;

/// Judges every Markdown file of the repository. Fails when one cannot be read.
pub fn check(root: &Path) -> anyhow::Result<Findings> {
    let checkout = Checkout::open(root)?;
    let texts = checkout.texts()?;
    let pages = texts.iter().filter(|(path, _)| path.ends_with(".md"));
    Ok(findings(&pages.map(|(path, text)| (*path, Page::read(text))).collect(), checkout.paths()))
}

fn findings(pages: &BTreeMap<&str, Page>, paths: &BTreeSet<String>) -> Findings {
    let mut findings = Vec::new();
    for (from, page) in pages {
        for (line, link) in page.links.iter().filter(|(_, link)| is_relative(link)) {
            if let Some(wrong) = wrong(from, link, pages, paths) {
                findings.push(format!("{from}:{line} links to {link}: {wrong}"));
            }
        }
    }
    findings
}

fn wrong(from: &str, link: &str, pages: &BTreeMap<&str, Page>, paths: &BTreeSet<String>) -> Option<&'static str> {
    let (file, heading) = link.split_once('#').map_or((link, None), |(file, heading)| (file, Some(heading)));
    let Some(target) = (if file.is_empty() { Some(from.to_owned()) } else { resolved(from, file) }) else {
        return Some("that leads out of the repository");
    };
    let folder = format!("{target}/");
    if !(target.is_empty() || paths.contains(&target) || paths.iter().any(|path| path.starts_with(&folder))) {
        return Some("there is no such file");
    }
    let page = pages.get(target.as_str())?;
    heading.filter(|&heading| !page.headings.contains(heading)).map(|_| "there is no such heading")
}

/// Where `link` leads from the file `from`, from the root on; none where it leads above the root.
fn resolved(from: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = if link.starts_with('/') { Vec::new() } else { from.split('/').collect() };
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// Whether a link stays on this host: it has no scheme (`https:`, `mailto:`) before its first slash.
fn is_relative(link: &str) -> bool {
    !link.starts_with("//") && !link.split(['/', '#']).next().is_some_and(|start| start.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(from: &str, text: &str) -> Findings {
        let page = Page::read("# Error reasons\n");
        let pages = BTreeMap::from([(from, Page::read(text)), ("proto/README.md", page)]);
        let paths = ["README.md", "proto/README.md", "crates/memex/README.md", "crates/memex/src/main.rs"];
        findings(&pages, &paths.into_iter().map(str::to_owned).collect())
    }

    #[test]
    fn a_link_to_a_file_or_folder_of_the_repository_passes() {
        let text = "[a](src/main.rs) [b](../../proto) [c](../../README.md) [d](/proto/README.md) [e](../..)\n";
        assert_eq!(found("crates/memex/README.md", text), Findings::new());
    }

    #[test]
    fn a_link_to_nothing_is_found_with_its_line() {
        assert_eq!(
            found("README.md", "one\n\n[a](proto/README.txt)\n"),
            ["README.md:3 links to proto/README.txt: there is no such file"]
        );
        assert_eq!(found("README.md", "![picture](house.svg)\n").len(), 1);
        assert_eq!(found("README.md", "[a][ref]\n\n[ref]: crates/mem\n").len(), 1);
    }

    #[test]
    fn a_link_out_of_the_repository_is_found() {
        // The same link would lead to a file if the walk stopped at the root.
        let findings = found("crates/memex/README.md", "[a](../../../README.md)\n");
        assert_eq!(
            findings,
            ["crates/memex/README.md:1 links to ../../../README.md: that leads out of the repository"]
        );
    }

    #[test]
    fn a_link_to_a_heading_needs_that_heading() {
        assert!(found("README.md", "[a](proto/README.md#error-reasons)\n").is_empty());
        assert_eq!(found("README.md", "[a](proto/README.md#errors)\n").len(), 1);
        assert_eq!(found("README.md", "# Here\n[a](#here) [b](#there)\n").len(), 1);
    }

    #[test]
    fn links_of_the_web_and_examples_in_code_are_left_alone() {
        let text = "[a](https://example.org/x) [b](mailto:x@example.org) `[c](gone.md)`\n\n```\n[d](gone.md)\n```\n";
        assert!(found("README.md", text).is_empty());
    }
}
