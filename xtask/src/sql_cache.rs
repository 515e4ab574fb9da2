//! The offline cache of memory-api's SQL statements: one cached file for each statement, none left over.
//!
//! That no statement lacks its file is proven by the build itself, which runs offline; here the rest is checked.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use serde::Deserialize;

use crate::checkout::Checkout;
use crate::findings::Findings;

const CACHE: &str = "crates/memory-api/.sqlx/";
const SOURCES: &str = "crates/memory-api/";
const ADVICE: &str = "run `cargo sqlx prepare` in crates/memory-api";

/// A file of the cache, as far as it is read here.
#[derive(Deserialize)]
struct Cached {
    query: String,
}

/// Judges every cached statement. Fails when a cached file cannot be read.
pub fn check(root: &Path) -> anyhow::Result<Findings> {
    let checkout = Checkout::open(root)?;
    let (mut cached, mut sources) = (Vec::new(), String::new());
    for (path, text) in checkout.texts()? {
        if path.starts_with(CACHE) && path.ends_with(".json") {
            let Cached { query } = serde_json::from_str(&text).with_context(|| format!("reading {path}"))?;
            cached.push((path, query));
        } else if path.starts_with(SOURCES) && (path.ends_with(".rs") || path.ends_with(".sql")) {
            sources.push_str(&text);
        }
    }
    Ok(findings(&cached, &sources))
}

/// Judges cached statements, path and text, against the sources that may hold them.
fn findings(cached: &[(&str, String)], sources: &str) -> Findings {
    let (mut findings, mut seen) = (Vec::new(), BTreeMap::new());
    for (path, query) in cached {
        let Some(name) = statement_name(query) else {
            findings.push(format!("{path}: its statement does not begin with a line `-- name`"));
            continue;
        };
        if !holds(sources, name) {
            findings.push(format!("{path} is left over: no source holds `{name}`; {ADVICE}"));
        }
        // A changed statement gets a new file under the same name; then the older of the two is left over.
        if let Some(other) = seen.insert(name, path) {
            findings.push(format!("{path} and {other} are both `{name}`: one of them is left over; {ADVICE}"));
        }
    }
    findings
}

/// The comment that every statement begins with.
fn statement_name(query: &str) -> Option<&str> {
    let first = query.trim_start().lines().next()?.trim_end();
    first.starts_with("-- ").then_some(first)
}

/// Whether the whole name stands in the sources, not only as the beginning of a longer one.
fn holds(sources: &str, name: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    sources.match_indices(name).any(|(index, _)| !sources[index + name.len()..].starts_with(goes_on))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str =
        "query!(r#\"\n    -- dreams.claim_next\n    SELECT 1\"#); query!(\"-- files.head\\nSELECT 2\")";

    fn found(queries: &[&str]) -> usize {
        let cached: Vec<_> = queries.iter().map(|&query| ("query-1.json", query.to_owned())).collect();
        findings(&cached, SOURCE).len()
    }

    #[test]
    fn a_cached_statement_that_the_sources_hold_passes() {
        assert_eq!(found(&["\n    -- dreams.claim_next\n    SELECT 1", "-- files.head\nSELECT 2"]), 0);
    }

    #[test]
    fn a_cached_statement_that_no_source_holds_is_left_over() {
        assert_eq!(found(&["-- dreams.finish\nSELECT 1"]), 1);
        assert_eq!(found(&["-- dreams.claim\nSELECT 1"]), 1);
    }

    #[test]
    fn an_older_text_of_the_same_statement_is_left_over() {
        assert_eq!(found(&["-- files.head\nSELECT 2", "-- files.head\nSELECT 3"]), 1);
    }

    #[test]
    fn a_statement_without_its_name_is_refused() {
        assert_eq!(found(&["SELECT 1"]), 1);
    }
}
