//! What front matter says of all lines of its file.

use chrono::NaiveDate;
use memex_core::front_matter;

use super::part::Part;
use super::path::{is_hex, is_ulid, is_uuid};
use crate::date;

/// The parts that front matter adds, and its day.
pub(super) fn parts(text: &str) -> (Vec<Part>, Option<NaiveDate>) {
    let mut parts = Vec::new();
    let mut day = None;
    for front_matter::FrontValue { key, value } in front_matter::values(text).unwrap_or_default() {
        let lower = key.to_lowercase();
        let found = date::first_day(&value);
        if matches!(lower.as_str(), "date" | "day") && found.is_some() {
            day = day.or(found);
        } else if !is_of_the_file(&lower, &value) {
            parts.push(match lower.as_str() {
                "title" | "name" | "subject" | "project" => Part::new(&value, true),
                _ => Part::new(&format!("{key} {value}"), false).that_counts(),
            });
        }
    }
    (parts, day)
}

/// Whether the value says something of the file and nothing of what stands in it.
fn is_of_the_file(key: &str, value: &str) -> bool {
    let number = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    let code = is_uuid(value) || is_ulid(value) || is_hex(value);
    key == "pin"
        || key.starts_with("created")
        || key.starts_with("updated")
        || (key == "session" && (number || code))
        || (key == "id" && code)
}
