//! Lines, each with what it is: made of parts that are known, or read off a line of the demo by plain signs.

use std::path::{Path, PathBuf};

/// What a line tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What is so, or a habit.
    State,
    /// What may be a habit, but is of its day under two days.
    Action,
    /// What was done, a step, a dose, a payment, what passes.
    Event,
    /// An event that names a full date and measures nothing.
    DatedEvent,
}

/// A line and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub text: String,
    pub kind: Kind,
    /// It names its subject.
    pub named: bool,
}

/// A language: subjects that are named, others, and predicates of each kind.
struct Grammar {
    named: &'static [&'static str],
    unnamed: &'static [&'static str],
    states: &'static [&'static str],
    actions: &'static [&'static str],
    events: &'static [&'static str],
    space: &'static str,
}

const GRAMMARS: [Grammar; 8] = [
    Grammar {
        named: &["Ada", "Ada Lindqvist", "Ada's sister", "The cat of Ada", "My brother", "The user"],
        unnamed: &[
            "The dog",
            "This house",
            "Our server",
            "Breakfast",
            "The shop in Oslo",
            "The man near Ada",
            "Monday",
        ],
        states: &[
            "lives in Oslo",
            "likes green tea",
            "is allergic to nuts",
            "owns two boats",
            "does not eat meat",
            "plays tennis on Sundays",
            "is often ill",
        ],
        actions: &["plays tennis", "takes the bus"],
        events: &[
            "moved to Oslo",
            "has moved to Oslo",
            "will move to Oslo",
            "might move to Oslo",
            "is moving to Oslo",
            "was in Oslo",
            "is in Oslo",
            "is ill",
            "has a fever",
            "takes 5 mg of zinc",
            "pays 40 euros",
            "weighs 60 kg",
            "likes tea today",
        ],
        space: " ",
    },
    Grammar {
        named: &["Jana", "Der Hund von Jana", "Meine Schwester"],
        unnamed: &["Der Hund", "Die Firma", "Unser Server", "Das Haus"],
        states: &["wohnt in Bremen", "mag grünen Tee", "ist Vegetarierin"],
        actions: &[],
        events: &[
            "ist nach Bremen gezogen",
            "wohnte in Bremen",
            "wird nach Bremen ziehen",
            "ist krank",
            "zahlt 40 Euro",
        ],
        space: " ",
    },
    Grammar {
        named: &["Marie", "Ma sœur"],
        unnamed: &["Le chien", "Notre serveur", "La maison"],
        states: &["habite à Lyon", "aime le thé vert"],
        actions: &[],
        events: &["a déménagé à Lyon", "habitait à Lyon", "va déménager à Lyon", "est malade", "paie 40 euros"],
        space: " ",
    },
    Grammar {
        named: &["Ana", "Mi hermana"],
        unnamed: &["El perro", "La casa"],
        states: &["vive en Sevilla", "prefiere el té verde"],
        actions: &[],
        events: &["se mudó a Sevilla", "vivía en Sevilla", "va a mudarse a Sevilla", "está enferma", "paga 40 euros"],
        space: " ",
    },
    Grammar {
        named: &["Anna", "Mia sorella"],
        unnamed: &["Il cane", "La casa"],
        states: &["vive a Torino", "preferisce il tè verde"],
        actions: &[],
        events: &["si è trasferita a Torino", "viveva a Torino", "è malata", "paga 40 euro"],
        space: " ",
    },
    Grammar {
        named: &["Ana", "Minha irmã"],
        unnamed: &["O cachorro", "A casa"],
        states: &["mora em Recife", "prefere chá verde"],
        actions: &[],
        events: &["mudou-se para Recife", "morava em Recife", "está doente", "paga 40 euros"],
        space: " ",
    },
    Grammar {
        named: &["田中さんは", "私は"],
        unnamed: &["犬は", "会社は", "この家は"],
        states: &["東京に住んでいます", "緑茶が好きです"],
        actions: &[],
        events: &["東京に住んでいました", "昨日東京に行きました", "薬を5mg飲みました"],
        space: "",
    },
    Grammar {
        named: &["我", "李明"],
        unnamed: &["狗", "公司"],
        states: &["住在北京", "喜欢绿茶"],
        actions: &[],
        events: &["昨天去了北京", "上周搬到了北京", "吃了5毫克药"],
        space: "",
    },
];

/// Every line that the languages' parts make.
pub fn composed() -> Vec<Line> {
    let mut lines = Vec::new();
    for grammar in &GRAMMARS {
        let subjects = grammar.named.iter().map(|s| (s, true)).chain(grammar.unnamed.iter().map(|s| (s, false)));
        for (subject, named) in subjects {
            for (predicates, kind) in
                [(grammar.states, Kind::State), (grammar.actions, Kind::Action), (grammar.events, Kind::Event)]
            {
                let line =
                    |predicate: &&str| Line { text: format!("{subject}{}{predicate}", grammar.space), kind, named };
                lines.extend(predicates.iter().map(line));
            }
        }
    }
    lines.extend(["moved to Oslo on 3 May 2024", "was born on 1990-05-03"].map(|predicate| Line {
        text: format!("Ada {predicate}"),
        kind: Kind::DatedEvent,
        named: true,
    }));
    for text in ["Ada paid 40 euros on 3 May 2024", "Ada took 5 mg on 3 May 2024", "Stir for ten minutes", "Mood: good"]
    {
        lines.push(Line { text: text.to_owned(), kind: Kind::Event, named: text.starts_with("Ada") });
    }
    for text in ["Vegetarian", "City: Oslo", "Lives in Oslo", "Always answer in French"] {
        lines.push(Line { text: text.to_owned(), kind: Kind::State, named: false });
    }
    lines
}

/// The items of the demo's pages.
pub fn demo() -> Vec<Line> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../memex-stack/demo")];
    let mut pages: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the demo's folder").flatten() {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { pages.push(path) }
        }
    }
    pages.sort();
    let mut lines = Vec::new();
    for page in pages {
        let text = std::fs::read_to_string(page).expect("a page of text");
        let items = text.lines().filter_map(|line| line.trim().strip_prefix(['-', '*', '+'])?.strip_prefix(' '));
        lines.extend(items.filter(|item| !item.starts_with('[')).map(|item| read(item.trim())));
    }
    lines.sort_by(|a, b| a.text.cmp(&b.text));
    lines.dedup();
    lines
}

/// Words that tell of what was, will be or passes.
const EVENT_WORDS: [&str; 24] = [
    "was",
    "were",
    "had",
    "did",
    "went",
    "will",
    "would",
    "might",
    "yesterday",
    "today",
    "tomorrow",
    "tonight",
    "ago",
    "booked",
    "paid",
    "bought",
    "met",
    "ill",
    "sick",
    "fever",
    "mg",
    "dose",
    "spent",
    "planted",
];

/// Words that begin a clause of its own.
const CLAUSES: [&str; 6] = ["that", "because", "when", "who", "which", "where"];

/// Words that make a habit of it.
const HABIT_WORDS: [&str; 10] =
    ["always", "never", "often", "usually", "every", "each", "sundays", "mondays", "saturdays", "evening"];

const ACTIONS: [&str; 8] = ["plays", "runs", "takes", "goes", "pays", "eats", "drinks", "cooks"];

/// Words that begin a line and are no names.
const NO_NAMES: [&str; 12] =
    ["the", "a", "an", "this", "we", "our", "all", "no", "two", "every", "breakfast", "dinner"];

/// Words that refer to the line above, where none stands.
const REFERENCES: [&str; 14] =
    ["he", "she", "it", "they", "his", "her", "its", "their", "this", "these", "then", "there", "that", "but"];

/// What plain signs tell of a line: it is taken for a state where no sign speaks against that.
fn read(text: &str) -> Line {
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|w| !w.is_empty()).collect();
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    // What stands in a clause of its own says nothing of the main one.
    let clause = lower.iter().position(|word| CLAUSES.contains(&word.as_str())).unwrap_or(lower.len());
    let event = lower[..clause].iter().any(|word| EVENT_WORDS.contains(&word.as_str()));
    let has = |list: &[&str]| lower.iter().any(|word| list.contains(&word.as_str()));
    let first = lower.first().map_or("", String::as_str);
    let dated = text.as_bytes().windows(4).any(|w| w.iter().all(u8::is_ascii_digit));
    let kind = match (event && !has(&HABIT_WORDS), has(&ACTIONS) && !has(&HABIT_WORDS)) {
        (true, _) if dated => Kind::DatedEvent,
        (true, _) => Kind::Event,
        (false, true) => Kind::Action,
        (false, false) => Kind::State,
    };
    let capital = |word: &&str| word.starts_with(char::is_uppercase);
    let first_is_name = words.first().is_some_and(capital) && !NO_NAMES.contains(&first);
    let name = first_is_name || words.iter().skip(1).any(capital) || has(&["i", "me", "my", "user"]);
    let field = text
        .split_once(": ")
        .is_some_and(|(key, value)| key.split_whitespace().count() <= 3 && value.split_whitespace().count() <= 2);
    Line { text: text.to_owned(), kind, named: name && !field && !REFERENCES.contains(&first) }
}
