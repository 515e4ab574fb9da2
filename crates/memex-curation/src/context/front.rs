//! What front matter says of all lines of its file.

use chrono::NaiveDate;
use memex_core::front_matter;

use super::part::Part;
use super::path::{is_hex, is_ulid, is_uuid};
use crate::date;
use crate::statement::split_lines;

/// The parts that front matter adds, and its day.
pub(super) fn parts(text: &str) -> (Vec<Part>, Option<NaiveDate>) {
    let mut parts = Vec::new();
    let mut day = None;
    for front_matter::FrontValue { key, value } in front_matter::values(text).unwrap_or_else(|| toml_values(text)) {
        let lower = key.to_lowercase();
        let found = date::first_day(&value);
        if matches!(lower.as_str(), "date" | "day") && found.is_some() {
            day = day.or(found);
        } else if !is_of_the_file(&lower, &value) {
            parts.push(match lower.as_str() {
                "title" | "name" | "subject" | "project" => Part::new(&value, false),
                _ => Part::new(&format!("{key} {value}"), false).that_counts(),
            });
        }
    }
    (parts, day)
}

/// The values of front matter in TOML, line by line. A line that is no `key = value` counts as it is.
fn toml_values(text: &str) -> Vec<front_matter::FrontValue> {
    let lines = split_lines(text);
    if lines.first().is_none_or(|line| line.trim_end() != "+++") {
        return Vec::new();
    }
    let Some(end) = lines.iter().skip(1).position(|line| line.trim_end() == "+++") else { return Vec::new() };
    let value = |line: &&str| {
        let (key, value) = line.split_once('=').unwrap_or(("", line));
        let bare = value.trim().trim_matches(['"', '\'']).to_owned();
        front_matter::FrontValue { key: key.trim().to_owned(), value: bare }
    };
    lines[1..=end].iter().filter(|line| !line.trim().is_empty()).map(value).collect()
}

/// Whether the value says something of the file and nothing of what stands in it.
fn is_of_the_file(key: &str, value: &str) -> bool {
    let number = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    let code = is_uuid(value) || is_ulid(value) || is_hex(value);
    let switch = matches!(value.to_lowercase().as_str(), "" | "true" | "false" | "yes" | "no" | "on" | "off");
    (key == "pin" && switch)
        || ((key.starts_with("created") || key.starts_with("updated")) && (switch || is_time(value)))
        || (key == "session" && (number || code))
        || (key == "id" && code)
}

/// A day, a time of day or a number, and nothing else: `created_by: ann` says who speaks.
fn is_time(value: &str) -> bool {
    let days = date::find_days(value);
    let in_day = |at: usize| days.iter().any(|day| day.start <= at && at < day.end);
    let rest: String = value.char_indices().filter(|&(at, _)| !in_day(at)).map(|(_, c)| c).collect();
    let mut words = rest.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    words.all(|word| matches!(word.to_ascii_lowercase().as_str(), "t" | "z" | "utc" | "gmt" | "am" | "pm"))
}
