//! A line stays if text above or below it says that it may not be so.

use chrono::NaiveDate;

use super::*;
use crate::{Rules, SourceFile};

/// Grades the line in a note of its own against the same line in `page`.
fn of_line(line: &str, page: &str) -> Option<Grade> {
    let rules = Rules::on(NaiveDate::from_ymd_opt(2026, 12, 1).expect("a day"));
    let note =
        |path: &str, text: String| SourceFile { path: path.to_owned(), version: 1, text, ..SourceFile::default() };
    let (a, b) = (note("user/notes/n1.md", format!("- {line}\n")), note("user/notes/n2.md", page.to_owned()));
    let (a, b) = (ReadFile::new(&a, &rules), ReadFile::new(&b, &rules));
    let at = b.document.statements.iter().position(|s| s.text.contains(line)).expect("the page has the line");
    grade((&a, 0), (&b, at))
}

const ANN: &str = "Ann likes green tea.";

/// A line that holds in each language.
const LINES: [&str; 8] = [
    ANN,
    "Anna mag grünen Tee.",
    "Anna aime le thé vert.",
    "Ana prefiere el té verde.",
    "Anna ama il tè verde.",
    "Ana prefere chá verde.",
    "田中さんはお茶が好きです。",
    "我喜欢绿茶。",
];

#[test]
fn a_short_line_below_without_a_subject_and_a_verb_hangs_on_the_line_above() {
    let below: [(usize, &[&str]); 8] = [
        (
            0,
            &[
                "Sometimes.",
                "Since the move.",
                "Valid until June.",
                "Maybe.",
                "Really?",
                "TODO verify",
                "Was true last year.",
                "Said by Ben.",
                "Ben disagrees.",
                "Not Ann, Anne",
                "(quote from the novel)",
                "The last point is false.",
                "x",
                "\u{274c}",
                "With milk.",
                "Up to 2024.",
                "I mean Anne.",
                "Expires in June.",
                "End of quote.",
                "s/Ann/Anne/",
            ],
        ),
        (
            1,
            &[
                "Manchmal.",
                "Seit dem Umzug.",
                "Vielleicht.",
                "Laut Ben.",
                "Ben widerspricht.",
                "Stimmt nicht mehr.",
                "Bis Juni.",
            ],
        ),
        (2, &["Parfois.", "Depuis le déménagement.", "Peut-être.", "Ben n'est pas d'accord.", "Jusqu'en juin."]),
        (3, &["A veces.", "Desde la mudanza.", "Quizás.", "Ben no está de acuerdo.", "Hasta junio."]),
        (4, &["A volte.", "Dopo il trasloco.", "Forse.", "Ben non è d'accordo.", "Fino a giugno."]),
        (5, &["Às vezes.", "Desde a mudança.", "Talvez.", "Ben discorda.", "Até junho."]),
        (6, &["たぶん", "6月まで", "要確認"]),
        (7, &["也许", "待确认", "到六月"]),
    ];
    let mut stands = Vec::new();
    for (line, below) in below.into_iter().flat_map(|(i, lines)| lines.iter().map(move |below| (LINES[i], below))) {
        for more in ["", "- 2 kg\n"] {
            let page = format!("- {line}\n- {below}\n{more}");
            stands.extend(of_line(line, &page).map(|grade| (page, grade)));
        }
    }
    assert_eq!(stands, []);
}

#[test]
fn a_line_below_with_a_verb_and_no_subject_hangs_and_so_does_one_that_speaks_of_the_line_above() {
    let below: [(usize, &[&str]); 8] = [
        (
            0,
            &[
                "Comes from the novel.",
                "\u{26a0}\u{fe0f} Not any more since June.",
                "Ben doesn't know it.",
                "Reason: her mother.",
            ],
        ),
        (
            1,
            &["Kommt aus dem Roman.", "Glaube ich.", "Ben weiß das nicht.", "Anna hat das widerrufen.", "Stand: Juni."],
        ),
        (2, &["Vient du roman.", "Je crois.", "Ben ne le sait pas.", "Anna a changé d'avis."]),
        (3, &["Es de la novela.", "Vale hasta junio.", "Anna cambió de opinión.", "Motivo: su madre."]),
        (4, &["Va verificato.", "Sono bugie.", "Eccezione: inverno."]),
        (5, &["É brincadeira.", "Vale até junho.", "Exceção: inverno."]),
        (6, &["小説から取った例です。", "でしょう。", "という設定です。"]),
        (7, &["是小说里的。", "不是这样。"]),
    ];
    let mut stands = Vec::new();
    for (line, below) in below.into_iter().flat_map(|(i, lines)| lines.iter().map(move |below| (LINES[i], below))) {
        for page in [format!("- {line}\n- {below}\n"), format!("{line}\n\n{below}\n")] {
            stands.extend(of_line(line, &page).map(|grade| (page, grade)));
        }
    }
    assert_eq!(stands, []);
}

#[test]
fn a_day_or_a_label_above_a_paragraph_counts_in_every_language() {
    for above in [
        "Dienstag, 5. Januar 2027",
        "5. Januar 2027",
        "5. Januar 2027:",
        "Ab 5. Januar 2027",
        "mardi 5 janvier 2027",
        "Termin 2027-01-05",
        "Tuesday, 5 January 2027",
    ] {
        for line in LINES {
            assert_eq!(of_line(line, &format!("{above}\n\n{line}\n")), None, "{above} / {line}");
            assert_eq!(of_line(line, &format!("{above}\n\n- {line}\n")), None, "{above} / a list / {line}");
        }
    }
    let long = "Anna prefers green tea in the morning.";
    for above in ["Cuisine chez Ben", "Essen bei Ben", "Reise 2019", "Cocina de Ben", "Projetto Halden", "要確認"] {
        assert_ne!(of_line(long, &format!("{above}\n\n{long}\n")), Some(Grade::Certain), "{above}");
    }
}

#[test]
fn a_line_below_that_says_something_of_its_own_hangs_on_nothing() {
    for (line, plain) in LINES.into_iter().map(|line| (line, of_line(line, &format!("- {line}\n")))) {
        assert_eq!(plain, Some(Grade::Certain), "{line}");
        for below in [
            line,
            "ok",
            "Ben banks with Acme.",
            "Vegetarian",
            "Diet: vegan",
            "Always answer in French",
            "Ben lives in Rome.",
        ] {
            assert_eq!(of_line(line, &format!("- {line}\n- {below}\n")), plain, "{line} / {below}");
        }
    }
}

#[test]
fn a_second_short_line_hangs_on_the_same_line_as_the_first() {
    assert_eq!(of_line(ANN, &format!("- {ANN}\n- Maybe.\n- Since the move.\n")), None);
    assert_eq!(of_line(ANN, &format!("- {ANN}\n- Ben lives in Rome.\n- Maybe.\n")), Some(Grade::Certain));
}

#[test]
fn what_stands_above_sets_the_scene() {
    for above in [
        "Suppose we move.\n\n",
        "The following is from the novel.\n\n",
        "Everything below is false.\n\n",
        "Cancelled\n\n",
        "A.\n\n",
        "Lies\n\n",
        "<!-- Ben -->\n\n",
        "[//]: # (Ben)\n\n",
        "| Ben |\n| --- |\n\n",
        "```\nBen\n```\n\n",
        "<section id=\"ben\">\n\n",
        "+++\nwho = \"Ben\"\n+++\n\n",
        "---\ncreated_by: ben\n---\n\n",
        "---\nupdated_by: ben\n---\n\n",
        "---\npin: ben\n---\n\n",
        "---\ncreatedFor: Ben\n---\n\n",
        "---\ntitle: Thread 2\n---\n\n",
        "# Facts?\n\n",
        "# Food?\n\n",
        "# Notes \u{274c}\n\n",
    ] {
        assert_ne!(of_line(ANN, &format!("{above}{ANN}\n")), Some(Grade::Certain), "{above}");
        assert_ne!(of_line(ANN, &format!("{above}- {ANN}\n")), Some(Grade::Certain), "{above} and a list");
    }
    for above in [
        "---\ncreated_at: 2026-05-01T10:00:00Z\n---\n\n",
        "---\nupdated: 3 May 2026\n---\n\n",
        "---\npin: false\n---\n\n",
        "+++\ncreated = 2026-05-01\n+++\n\n",
        "# Facts\n\n",
    ] {
        assert_eq!(of_line(ANN, &format!("{above}- {ANN}\n")), Some(Grade::Certain), "{above}");
    }
}

#[test]
fn questions_quotations_and_lettered_items_are_never_copies() {
    for line in [
        "\"Ann likes green tea.\"",
        "\u{201e}Ann likes green tea.\u{201c}",
        "\u{ab}Ann likes green tea\u{bb}",
        "'Ann likes green tea.'",
        "Ann likes green tea?",
        "a) Ann likes green tea.",
        "(2) Ann likes green tea.",
    ] {
        assert_eq!(of_line(line, &format!("- {line}\n")), None, "{line}");
    }
}

#[test]
fn lines_without_a_subject_in_a_row_hang_on_none_of_each_other() {
    let rules = Rules::on(NaiveDate::from_ymd_opt(2026, 12, 1).expect("a day"));
    let text = "- Likes tea.\n- likes tea\n- Lives in Rome.\n".to_owned();
    let file = SourceFile { path: "user/ann.md".to_owned(), version: 1, text, ..SourceFile::default() };
    let read = ReadFile::new(&file, &rules);
    assert_eq!(grade((&read, 0), (&read, 1)), Some(Grade::Certain));
}
