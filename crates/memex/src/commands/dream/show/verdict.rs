//! How a changeset was judged: the verdict rule by rule, and what the rules found.

use std::io::{self, Write};

use memex_curation::ledger::Rule;
use memex_proto::v1::{Dream, DreamState, RuleVerdict};

use crate::output::table::{Table, numbers, words};
use crate::output::{counted, safe_line, style};

/// The rules that the changeset broke, if any. Where it is only that lines are probably copies, a person decides.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_violations(out: &mut impl Write, dream: &Dream) -> io::Result<()> {
    if dream.violations.is_empty() {
        return Ok(());
    }
    let (notice, reset) = (style::NOTICE.render(), style::NOTICE.render_reset());
    let (probable, broken): (Vec<_>, Vec<_>) =
        dream.violations.iter().partition(|one| one.rule == Rule::OnlyProbable.as_str());
    if !probable.is_empty() {
        let pairs = counted(probable.len() as i64, "probable pair");
        writeln!(out, "\n{notice}{}{reset}", decision(dream.state(), &pairs))?;
    }
    if broken.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{notice}{} broken{reset}", counted(broken.len() as i64, "rule"))?;
    let mut table = Table::new(&[words("path"), numbers("line"), words("rule"), words("what")]);
    for broken in broken.into_iter().cloned() {
        let line = if broken.line == 0 { String::new() } else { broken.line.to_string() };
        table.row([broken.path, line, broken.rule, broken.detail]);
    }
    table.write(out)
}

/// Who decides about pairs that are only probably copies, or did.
fn decision(state: DreamState, pairs: &str) -> String {
    match state {
        DreamState::Proposed => format!("a person decides about {pairs}"),
        DreamState::Applied | DreamState::Reverted => format!("{pairs} adopted"),
        DreamState::Rejected => format!("a person rejected {pairs}"),
        _ => format!("a person would have to decide about {pairs}"),
    }
}

/// The verdict, rule by rule, as it is now; nothing for a dream that was not judged. That lines are only probably copies is no
/// failure of a proposal: it is what a person is asked.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_verdict(out: &mut impl Write, dream: &Dream, verdict: &[RuleVerdict]) -> io::Result<()> {
    if verdict.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}verdict{}", style::HEAD.render(), style::HEAD.render_reset())?;
    let width = verdict.iter().map(|rule| rule.rule.chars().count()).max().unwrap_or(0);
    for RuleVerdict { rule, passes, detail } in verdict {
        let (style, said) = match passes {
            true => (style::ADDED, "passes"),
            false if rule == LEDGER && only_probable(dream) => (style::NOTICE, "a person decides"),
            false => (style::WRONG, "does not pass"),
        };
        let detail = safe_line(detail);
        let rule = safe_line(rule);
        writeln!(out, "  {rule:<width$}  {}{said}{}: {detail}", style.render(), style.render_reset())?;
    }
    Ok(())
}

/// The rule that every statement is accounted for.
const LEDGER: &str = "ledger";

/// Whether a dream broke no rule but that its pairs are only probably copies.
fn only_probable(dream: &Dream) -> bool {
    !dream.violations.is_empty() && dream.violations.iter().all(|one| one.rule == Rule::OnlyProbable.as_str())
}

#[cfg(test)]
mod tests {
    use memex_proto::v1::DreamViolation;

    use super::*;

    fn shown(print: impl Fn(&mut anstream::StripStream<Vec<u8>>)) -> String {
        let mut out = anstream::StripStream::new(Vec::new());
        print(&mut out);
        String::from_utf8(out.into_inner()).unwrap()
    }

    fn broken(rule: &str) -> DreamViolation {
        DreamViolation { path: "user/a.md".into(), line: 3, rule: rule.into(), detail: "no ground".into() }
    }

    fn dream(state: DreamState, rules: &[&str]) -> Dream {
        Dream { state: state.into(), violations: rules.iter().map(|rule| broken(rule)).collect(), ..Dream::default() }
    }

    #[test]
    fn rules_that_are_broken_are_listed_and_probable_pairs_are_a_persons_to_decide() {
        let table = "\npath       line  rule            what\nuser/a.md     3  statement_lost  no ground\n";
        let told = |state, rules: &[&str]| shown(|out| write_violations(out, &dream(state, rules)).unwrap());
        assert_eq!(told(DreamState::Refused, &["statement_lost"]), format!("\n1 rule broken{table}"));
        let pairs = ["only_probable", "only_probable"];
        assert_eq!(told(DreamState::Proposed, &pairs), "\na person decides about 2 probable pairs\n");
        assert_eq!(told(DreamState::Applied, &pairs[..1]), "\n1 probable pair adopted\n");
        let both = told(DreamState::Proposed, &["only_probable", "statement_lost"]);
        assert_eq!(both, format!("\na person decides about 1 probable pair\n\n1 rule broken{table}"));
        assert_eq!(told(DreamState::Proposed, &[]), "");
    }

    #[test]
    fn the_verdict_is_told_rule_by_rule() {
        let rule = |rule: &str, passes, detail: &str| RuleVerdict { rule: rule.into(), passes, detail: detail.into() };
        let verdict = [rule("unmoved", false, "a file was changed"), rule("ledger", false, "1 violation")];
        let told = |dream: &Dream| shown(|out| write_verdict(out, dream, &verdict).unwrap());
        let unmoved = "\nverdict\n  unmoved  does not pass: a file was changed\n";
        let probable = dream(DreamState::Proposed, &["only_probable"]);
        assert_eq!(told(&probable), format!("{unmoved}  ledger   a person decides: 1 violation\n"));
        let lost = dream(DreamState::Proposed, &["statement_lost"]);
        assert_eq!(told(&lost), format!("{unmoved}  ledger   does not pass: 1 violation\n"));
        assert_eq!(shown(|out| write_verdict(out, &lost, &[]).unwrap()), "");
    }
}
