//! The ledger's sums: what became of every statement of the files that a dream touched.

use std::io::{self, Write};

use memex_proto::v1::DreamLedger;

use super::{counted, style};

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

/// The sums one under the other, the ones that are nothing left out.
///
/// # Errors
/// When `out` cannot be written.
#[allow(dead_code, reason = "for the demonstration, which shows the sums at length")]
pub fn write_sums(out: &mut impl Write, ledger: &DreamLedger) -> io::Result<()> {
    let ends = [("tidied files", ledger.tidied_files)];
    let sums = [("statements before", ledger.statements_before)].into_iter().chain(sums(ledger)).chain(ends);
    for (name, count) in sums.filter(|(name, count)| *count > 0 || *name == "statements before") {
        writeln!(out, "  {}{name:<17}{}  {count:>6}", style::FAINT.render(), style::FAINT.render_reset())?;
    }
    Ok(())
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

    #[test]
    fn sums_stand_under_each_other() {
        let mut out = anstream::StripStream::new(Vec::new());
        write_sums(&mut out, &ledger()).unwrap();
        let expected = "  statements before      12\n  kept                    9\n  duplicate               3\n  tidied files            1\n";
        assert_eq!(String::from_utf8(out.into_inner()).unwrap(), expected);
    }
}
