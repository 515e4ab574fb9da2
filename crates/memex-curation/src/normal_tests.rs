//! Which texts say the same, and which only look alike.

use super::*;

fn key(text: &str) -> String {
    normal_form(text).key
}

#[test]
fn harmless_differences_do_not_count() {
    for (a, b) in [
        ("The cat sleeps.", "the cat  sleeps"),
        ("Ann's gym is Pulse Yard.", "Ann\u{2019}s gym is Pulse Yard!"),
        ("Ann does not eat meat", "Ann doesn't eat meat."),
        ("Ann cannot swim", "Ann can't swim"),
        ("Ann can not swim", "Ann cannot swim"),
        ("Ann will not fly", "Ann won\u{2019}t fly"),
        ("They've got two dogs", "they have got 2 dogs"),
        ("Noted: Ann likes tea.", "Ann likes tea"),
        ("FYI, the standup is at 9", "The standup is at 9"),
        ("As mentioned before, Ann likes tea (again).", "Ann likes tea."),
        ("For the record: Ann likes tea - mentioned again", "Ann likes tea."),
        ("Ann likes tea \u{2014} mentioned again.", "Ann likes tea"),
        ("Again: Ann likes tea (repeat)", "ann likes tea"),
        ("Ann owns a red car", "Ann owns the red car"),
        ("**Gym:** Pulse Yard", "Gym: Pulse Yard"),
        ("Jose\u{301} likes tea", "Jos\u{e9} likes tea"),
        ("\u{ff21}\u{ff4e}\u{ff4e} likes tea", "Ann likes tea"),
    ] {
        assert_eq!(key(a), key(b), "{a} / {b}");
        assert!(!key(a).is_empty());
    }
}

#[test]
fn numbers_names_negations_order_and_marks_count() {
    for (a, b) in [
        ("Ann lent Bob 5", "Bob lent Ann 5"),
        ("room 4471", "room 4417"),
        ("Ann eats meat", "Ann does not eat meat"),
        ("10\u{b2} tiles", "102 tiles"),
        ("5\u{bd} hours", "51/2 hours"),
        ("Ann lives in Porto", "Ann lives in Porto?"),
        ("~~Ann lives in Porto~~", "Ann lives in Porto"),
        ("Ann reports to IT", "Ann reports to it"),
        ("Ann likes the US", "Ann likes us"),
        ("takes vitamin A daily", "takes vitamin daily"),
        ("takes vitamin a", "takes vitamin"),
        ("pays 5.000", "pays 5,000"),
        ("is at -5", "is at 5"),
        ("well fed", "we'll fed"),
        ("`rm -r` is safe", "rm -r is safe"),
    ] {
        assert_ne!(key(a), key(b), "{a} / {b}");
    }
}

#[test]
fn other_scripts_have_a_key_of_their_own() {
    let texts = ["安は茶が好きです。", "آن تحب الشاي", "Анна любит чай", "แอนชอบชา", "ऐन को चाय पसंद है।"];
    for (i, a) in texts.iter().enumerate() {
        assert!(!key(a).is_empty(), "{a}");
        for b in &texts[i + 1..] {
            assert_ne!(key(a), key(b));
        }
    }
    assert_eq!(key("安は茶が好きです。"), key("安は茶が好きです"));
    assert_ne!(key("安は茶が好きです"), key("安は酒が好きです"));
}

#[test]
fn a_text_without_letters_has_no_key() {
    for text in ["", "---", "👍", "...", "(again)"] {
        assert_eq!(key(text), "", "{text}");
    }
}

#[test]
fn a_dropped_lead_or_tail_is_reported() {
    assert!(normal_form("FYI, Ann likes tea").decorated);
    assert!(normal_form("Ann likes tea (again)").decorated);
    assert!(!normal_form("Ann likes tea.").decorated);
}
