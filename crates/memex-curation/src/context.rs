//! What headings add to a statement: nothing where they only name a day, a session or a heap of notes.

use crate::statement::{Document, Heading, Statement};
use crate::{date, normal};

/// Headings made of these words alone say nothing about what stands under them.
const NEUTRAL: [&str; 36] = [
    "notes",
    "note",
    "session",
    "sessions",
    "facts",
    "fact",
    "profile",
    "preferences",
    "preference",
    "summary",
    "inbox",
    "misc",
    "miscellaneous",
    "memory",
    "memories",
    "general",
    "other",
    "journal",
    "diary",
    "log",
    "conversation",
    "conversations",
    "chat",
    "observations",
    "details",
    "info",
    "information",
    "overview",
    "background",
    "user",
    "updates",
    "scratch",
    "scratchpad",
    "entries",
    "key",
    "raw",
];
/// Words that may stand beside those.
const FILLERS: [&str; 14] =
    ["the", "a", "of", "from", "for", "on", "and", "about", "in", "with", "daily", "my", "assistant", "at"];
/// Words that make a title say where, when or on what terms what stands under it holds: "At work", "Summer", "If it
/// rains". Any other title names a subject, which a statement that names its own person need not repeat.
const SCENES: [&str; 60] = [
    "at",
    "in",
    "on",
    "for",
    "with",
    "without",
    "when",
    "while",
    "where",
    "if",
    "during",
    "before",
    "after",
    "until",
    "unless",
    "since",
    "as",
    "by",
    "from",
    "to",
    "against",
    "instead",
    "not",
    "no",
    "never",
    "maybe",
    "possibly",
    "perhaps",
    "draft",
    "drafts",
    "planned",
    "future",
    "old",
    "former",
    "formerly",
    "past",
    "wrong",
    "rumours",
    "rumors",
    "fiction",
    "morning",
    "mornings",
    "noon",
    "afternoon",
    "afternoons",
    "evening",
    "evenings",
    "night",
    "nights",
    "weekday",
    "weekdays",
    "weekend",
    "weekends",
    "spring",
    "summer",
    "autumn",
    "fall",
    "winter",
    "holiday",
    "holidays",
];
/// Second words that tell that the first one is somebody who does or has something.
const VERBS: [&str; 74] = [
    "is",
    "was",
    "has",
    "had",
    "does",
    "did",
    "will",
    "would",
    "can",
    "could",
    "should",
    "must",
    "may",
    "might",
    "lives",
    "pays",
    "grows",
    "cooks",
    "bakes",
    "keeps",
    "prints",
    "shares",
    "sees",
    "works",
    "likes",
    "loves",
    "hates",
    "wants",
    "needs",
    "uses",
    "prefers",
    "plays",
    "speaks",
    "drinks",
    "eats",
    "owns",
    "reads",
    "writes",
    "studies",
    "teaches",
    "runs",
    "plans",
    "enjoys",
    "moved",
    "joined",
    "left",
    "started",
    "stopped",
    "bought",
    "sold",
    "visited",
    "met",
    "attended",
    "finished",
    "booked",
    "paid",
    "lent",
    "planted",
    "refactored",
    "keeps",
    "follows",
    "trains",
    "reports",
    "banks",
    "wears",
    "pays",
    "takes",
    "gave",
    "got",
    "went",
    "made",
    "told",
    "asked",
    "listens",
];
/// First words that stand before such verbs and are nobody.
const NOBODY: [&str; 48] = [
    "breakfast",
    "lunch",
    "dinner",
    "meeting",
    "coffee",
    "tea",
    "birthday",
    "address",
    "phone",
    "email",
    "password",
    "manager",
    "boss",
    "doctor",
    "dentist",
    "vet",
    "school",
    "work",
    "home",
    "dog",
    "cat",
    "mother",
    "father",
    "sister",
    "brother",
    "wife",
    "husband",
    "partner",
    "son",
    "daughter",
    "today",
    "yesterday",
    "tomorrow",
    "who",
    "what",
    "which",
    "there",
    "here",
    "everything",
    "everyone",
    "nothing",
    "someone",
    "name",
    "age",
    "city",
    "deadline",
    "budget",
    "rent",
];

/// Whether a heading only names a day, a session or a heap of notes.
pub(crate) fn is_neutral(heading: &str) -> bool {
    let (words, dated) = words_without_days(heading);
    let generic = words.iter().any(|w| NEUTRAL.contains(&w.as_str()));
    words.iter().all(|w| {
        let number = w.chars().all(|c| c.is_ascii_digit());
        NEUTRAL.contains(&w.as_str())
            || (FILLERS.contains(&w.as_str()) || number) && (generic || dated)
            || dated && date::is_weekday(w)
    })
}

/// The headings that are part of what the statement says, as one text; empty if there are none.
pub(crate) fn heading_context(document: &Document, statement: &Statement, root: &Statement) -> String {
    let mut context = String::new();
    for &h in &statement.headings {
        let heading = &document.headings[h];
        if !is_neutral(&heading.text) && !is_redundant(heading, root) {
            let form = normal::normal_form(&heading.text).key;
            // A heading of symbols alone is still another heading.
            context.push_str(if form.is_empty() { &heading.text } else { &form });
            context.push('\u{1e}');
        }
    }
    context
}

/// Whether `root` says by itself what the heading would add.
fn is_redundant(heading: &Heading, root: &Statement) -> bool {
    let (words, _) = words_without_days(&heading.text);
    let said = normal::without_lead(&root.text);
    // In whatever case: "ada likes tea" under "Ada" is what "Ada likes tea" is.
    if starts_with_words(said, &words) {
        return true;
    }
    // "At home" is a place, "Home" a subject.
    let scene = words.iter().any(|w| SCENES.contains(&w.as_str()) || date::is_weekday(w));
    heading.level == 1 && !scene && names_its_subject(said)
}

/// Whether the statement opens with the person it is about: "The user …", "Ann's …", "Ann likes …".
fn names_its_subject(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let (Some(first), Some(second)) = (words.next(), words.next()) else { return false };
    let first_lower = first.to_lowercase().replace('\u{2019}', "'");
    let second_lower = second.to_lowercase().replace('\u{2019}', "'");
    if is_user(&first_lower) || (first_lower == "the" && is_user(&second_lower)) {
        return true;
    }
    let owner = first_lower.strip_suffix("'s").unwrap_or(&first_lower);
    let capital = first.chars().next().is_some_and(char::is_uppercase);
    let somebody = capital && owner.chars().all(char::is_alphabetic) && !NOBODY.contains(&owner);
    somebody && words.next().is_some() && (owner.len() < first_lower.len() || VERBS.contains(&second_lower.as_str()))
}

fn is_user(word: &str) -> bool {
    matches!(word, "user" | "user's")
}

fn starts_with_words(text: &str, words: &[String]) -> bool {
    let mut own = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase);
    !words.is_empty() && words.iter().all(|w| own.next().as_ref() == Some(w))
}

/// The words of a heading in lower case, its days left out, and whether there were any.
fn words_without_days(heading: &str) -> (Vec<String>, bool) {
    let days = date::find_days(heading);
    let mut rest = String::new();
    let mut from = 0;
    for day in &days {
        rest.push_str(&heading[from..day.start]);
        rest.push(' ');
        from = day.end;
    }
    rest.push_str(&heading[from..]);
    // A time of day beside a day orders within it and says no more than the day.
    let words = rest.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase).collect();
    (words, !days.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_sessions_and_heaps_of_notes_are_neutral() {
        for heading in [
            "Notes 2026-11-03",
            "3 November 2026",
            "Monday, 3 November 2026",
            "2026-11-03 14:30",
            "Session 12",
            "Session 12 on 2026-11-03",
            "Notes from the session",
            "Facts",
            "Profile",
            "User profile",
            "Preferences",
            "Inbox",
            "Misc",
            "Summary of the conversation",
        ] {
            assert!(is_neutral(heading), "{heading}");
        }
    }

    #[test]
    fn whatever_says_where_when_or_who_is_context() {
        for heading in [
            "At work",
            "Morning",
            "Biscuit",
            "Ann",
            "About Ann",
            "Monday",
            "12",
            "Daily",
            "Todo",
            "Done",
            "14:30",
            "家",
        ] {
            assert!(!is_neutral(heading), "{heading}");
        }
    }

    fn context(text: &str) -> String {
        let document = Document::parse(text);
        let statement = &document.statements[0];
        heading_context(&document, statement, statement)
    }

    #[test]
    fn a_title_counts_unless_the_statement_names_its_own_subject() {
        assert_eq!(context("# Food\n- Ann likes green tea\n"), "");
        assert_eq!(context("# Food\n- The user likes tea\n"), "");
        assert_eq!(context("# Ann\n- Ann likes green tea\n"), "");
        assert_ne!(context("# At home\n- Ann likes green tea\n"), "");
        assert_ne!(context("# Food\n- likes green tea\n"), "");
        assert_ne!(context("# Food\n- Breakfast is porridge with milk\n"), "");
        assert_ne!(context("# Ann\n- Breakfast is porridge with milk\n"), "");
        assert_eq!(context("# The allotment\n- Ann's plot is number 17.\n"), "");
        assert_ne!(context("# The allotment\n- The plot is number 17.\n"), "");
        assert_eq!(
            context("# Money\n- Reminder: Ann pays for the plot.\n"),
            context("# Money\n- Ann pays for the plot.\n")
        );
        assert_ne!(context("# Summer\n- Ann likes green tea\n"), "");
        assert_ne!(context("# If Bob pays\n- Ann likes green tea\n"), "");
        assert_ne!(context("# Notes\n## At work\n- Ann drinks black coffee\n"), "");
    }
}
