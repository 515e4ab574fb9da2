//! The word lists are data: each file has every list, in the form that the code reads.

use std::collections::HashSet;

use super::*;

/// What the README of the lists asks of a list at least: in languages with spaces between words, and in the others.
const AT_LEAST: [(List, usize, usize); 5] = [
    (List::State, 150, 60),
    (List::Past, 150, 60),
    (List::LastingKeys, 80, 80),
    (List::Nouns, 300, 300),
    (List::Function, 100, 40),
];

/// Lists without which a rule would be void in the language.
const NEVER_EMPTY: [List; 20] = [
    List::Leads,
    List::Secrets,
    List::Keys,
    List::Months,
    List::Weekdays,
    List::Empty,
    List::EmptyHigh,
    List::Numbered,
    List::Occasions,
    List::Diaries,
    List::Topics,
    List::Archived,
    List::Suppose,
    List::Reference,
    List::Retractions,
    List::DailyKeys,
    List::Passing,
    List::Doses,
    List::Payments,
    List::SelfWords,
];

fn table(code: &str, text: &str) -> toml::Table {
    text.parse().unwrap_or_else(|e| panic!("{code}: {e}"))
}

#[test]
fn every_file_has_every_list_and_says_what_it_has() {
    for (code, text) in FILES {
        let table = table(code, text);
        let name = table.get("name").and_then(toml::Value::as_str).unwrap_or_else(|| panic!("{code}: no name"));
        let spaced = table["spaced"].as_bool().unwrap_or_else(|| panic!("{code}: spaced is true or false"));
        let count = |list: List| entries(&table, list).unwrap_or_else(|| panic!("{code}: no {}", list.path())).count();
        let counts: Vec<String> = List::ALL.iter().map(|&list| format!("{} {}", list.path(), count(list))).collect();
        println!("{code} {name}: {}", counts.join(", "));
        for (list, with_spaces, without) in AT_LEAST {
            let least = if spaced { with_spaces } else { without };
            assert!(count(list) >= least, "{code}: {} has {} of {least}", list.path(), count(list));
        }
        for list in NEVER_EMPTY {
            assert!(count(list) > 0, "{code}: {} is empty", list.path());
        }
    }
    let codes: HashSet<&str> = FILES.iter().map(|(code, _)| *code).collect();
    for code in ["en", "de", "fr", "es", "it", "pt", "ja", "zh"] {
        assert!(codes.contains(code), "{code} is missing");
    }
}

#[test]
fn no_entry_stands_twice_in_a_list_and_none_has_a_capital() {
    for (code, text) in FILES {
        let table = table(code, text);
        for list in List::ALL {
            let mut seen = HashSet::new();
            for entry in entries(&table, list).expect("every list is there") {
                let (said, value) = word_and_value(list, entry);
                let at = format!("{code}: {}: {entry}", list.path());
                assert!(seen.insert(said), "{at} stands twice");
                assert_eq!(said, said.to_lowercase(), "{at}");
                assert!(!said.contains(['\u{2019}', '"']), "{at}: an apostrophe is '");
                assert_eq!(value.is_some(), list.has_values(), "{at}: a value where the list has values");
                assert!(!tokens(said).is_empty() || list.is_of_endings(), "{at} has no word");
            }
        }
    }
}

#[test]
fn a_file_has_no_list_that_nothing_reads() {
    let known: HashSet<&str> = List::ALL.iter().map(|list| list.path()).collect();
    for (code, text) in FILES {
        for (group, lists) in &table(code, text) {
            for name in lists.as_table().into_iter().flat_map(|lists| lists.keys()) {
                let path = format!("{group}.{name}");
                assert!(known.contains(path.as_str()), "{code}: {path}");
            }
        }
    }
}

#[test]
fn months_and_weekdays_have_numbers_of_the_calendar() {
    for (code, text) in FILES {
        let table = table(code, text);
        for (list, last) in [(List::Months, 12), (List::Weekdays, 7)] {
            let numbers: HashSet<u32> = entries(&table, list)
                .expect("every list is there")
                .map(|entry| word_and_value(list, entry).1.and_then(|n| n.parse().ok()).expect("a number"))
                .collect();
            assert_eq!(numbers, (1..=last).collect(), "{code}: {}", list.path());
        }
    }
}

#[test]
fn the_readme_of_the_lists_names_every_list() {
    let readme = include_str!("../../words/README.md");
    for list in List::ALL {
        assert!(readme.contains(&format!("`{}`", list.path())), "{}", list.path());
    }
}

#[test]
fn a_file_that_lacks_a_list_or_its_kind_is_refused() {
    assert!(Vocabulary::read(&[("xx", "spaced = ")]).is_err());
    assert!(Vocabulary::read(&[("xx", "name = \"X\"")]).is_err_and(|fault| fault.contains("spaced")));
    assert!(Vocabulary::read(&[("xx", "spaced = true")]).is_err_and(|fault| fault.contains("text.leads")));
}

#[test]
fn the_language_is_the_one_that_knows_the_most_words() {
    let codes = |text: &str| -> Vec<&str> {
        Reading::new(text).tongues.iter().map(|language| FILES[usize::from(language)].0).collect()
    };
    for (text, code) in [
        ("The dog of Anna sleeps in the kitchen", "en"),
        ("Der Hund von Anna schläft in der Küche", "de"),
        ("Le chien d'Anna dort dans la cuisine", "fr"),
        ("El perro de Ana duerme en la cocina", "es"),
        ("Il cane di Anna dorme in cucina", "it"),
        ("O cachorro da Ana dorme na cozinha", "pt"),
        ("私は東京に住んでいます", "ja"),
        ("我住在北京", "zh"),
    ] {
        assert_eq!(codes(text), [code], "{text}");
    }
    assert!(!Reading::new("Zyx Qwv").tongues.is_certain());
}

#[test]
fn of_two_entries_the_longer_one_stands_for_those_within_it() {
    let reading = Reading::new("Rex has no fever");
    assert!(reading.hits.iter().all(|a| {
        reading.hits.iter().all(|b| {
            let within = a.language == b.language && b.first <= a.first && a.end <= b.end;
            !within || (a.first, a.end) == (b.first, b.end)
        })
    }));
}
