//! The ledger's sums: what became of every statement of the files that a dream touched.

use memex_proto::v1::DreamLedger;

use super::counted;

/// The sums in one line: `12 statements before: 9 kept, 3 duplicate; 1 file tidied`.
pub fn summary(ledger: &DreamLedger) -> String {
    let sums = sums(ledger).into_iter().filter(|(_, count)| *count > 0);
    let sums: Vec<_> = sums.map(|(name, count)| format!("{count} {name}")).collect();
    let before = format!("{} before", counted(ledger.statements_before, "statement"));
    let mut text = if sums.is_empty() { before } else { format!("{before}: {}", sums.join(", ")) };
    if ledger.tidied_files > 0 {
        text.push_str(&format!("; {} tidied", counted(ledger.tidied_files, "file")));
    }
    text
}

fn sums(ledger: &DreamLedger) -> [(&'static str, i32); 7] {
    [
        ("kept", ledger.kept),
        ("duplicate", ledger.duplicate),
        ("superseded", ledger.superseded),
        ("merged", ledger.merged),
        ("moved", ledger.moved),
        ("rewritten", ledger.rewritten),
        ("added", ledger.added),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger() -> DreamLedger {
        DreamLedger { statements_before: 12, kept: 9, duplicate: 3, tidied_files: 1, ..DreamLedger::default() }
    }

    #[test]
    fn the_summary_names_what_is_not_nothing() {
        assert_eq!(summary(&ledger()), "12 statements before: 9 kept, 3 duplicate; 1 file tidied");
        assert_eq!(summary(&DreamLedger::default()), "0 statements before");
    }
}
