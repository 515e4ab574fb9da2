//! What follows from a changeset's account: adopted, proposed, reported or refused. Pure.

use memex_core::budget::Budget;
use memex_core::dream::{DreamState, Mode};
use memex_curation::TreatmentKind;
use memex_curation::ledger::{Rule, Violation};
use memex_proto::v1 as pb;

use super::Judged;
use crate::store::dreams::LossWindow;

/// Statements that thirty days of dreams may always lose, however small the scope is.
const LOSS_ALWAYS_ALLOWED: i64 = 3;

/// What the decision is made from, read under the scope's lock but for the account.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// What becomes of a changeset that passes.
    pub mode: Mode,
    /// The dream's limits.
    pub budget: Budget,
    /// The guard and the loss of the last thirty days.
    pub window: LossWindow,
    /// The changeset and its account.
    pub judged: &'a Judged,
    /// Whether the ledger is asked at all.
    pub ledger: bool,
    /// What of it is forgotten.
    pub forgotten: Vec<pb::DreamViolation>,
    /// Whether probable copies are adopted as certain ones are: `dream_near` says so, and the dream looks for them alone.
    pub adopts_probable: bool,
}

/// The decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// `Applied` is to be adopted; every other is an ending.
    pub state: DreamState,
    /// Why, for people.
    pub cause: String,
    /// Every rule that the changeset breaks.
    pub violations: Vec<pb::DreamViolation>,
}

/// Decides: bounds, then the ledger, then the mode. A dry run is reported whatever it broke.
pub fn decide(case: &Case<'_>) -> Verdict {
    if case.judged.changed.is_empty() {
        let cause = "its ops took each other back: nothing was changed".to_owned();
        return Verdict { state: DreamState::Noop, cause, violations: Vec::new() };
    }
    let mut violations = bounds(case);
    violations.extend(case.forgotten.iter().cloned());
    let for_a_person = violations.is_empty() && case.judged.ledger.violations.iter().all(is_for_a_person);
    violations.extend(self::violations(case.judged, case.ledger));
    let adopted_anyway = |one: &pb::DreamViolation| case.adopts_probable && one.rule == Rule::OnlyProbable.as_str();
    let broken = violations.iter().filter(|one| !adopted_anyway(one)).count();
    let refuses = case.window.refuses && !for_a_person;
    let (state, cause) = match (case.mode, broken) {
        (Mode::DryRun, 0) => (DreamState::Reported, "a dry run: nothing is adopted".to_owned()),
        (Mode::DryRun, _) => (DreamState::Reported, format!("a dry run: nothing is adopted; {}", rules(broken))),
        (Mode::Review, 0) => (DreamState::Proposed, "the mode is review: a person decides".to_owned()),
        (Mode::Apply, 0) => (DreamState::Applied, "adopted".to_owned()),
        _ if refuses => (DreamState::Refused, format!("the guard refused it: {}", rules(broken))),
        _ => (DreamState::Proposed, format!("a person decides: {}", rules(broken))),
    };
    Verdict { state, cause, violations }
}

/// The rules of the ledger that a changeset breaks; none where the ledger is not asked.
pub fn violations(judged: &Judged, ledger: bool) -> Vec<pb::DreamViolation> {
    if ledger { judged.ledger.violations.iter().map(on_the_wire).collect() } else { Vec::new() }
}

fn rules(broken: usize) -> String {
    if broken == 1 { "1 violation".to_owned() } else { format!("{broken} violations") }
}

/// A rewrite cannot be checked by words, and a probable copy not be told from a line of its own: these always go to a
/// person, whatever the guard says.
fn is_for_a_person(violation: &Violation) -> bool {
    let rewrite = violation.rule == Rule::NotSupportedYet && violation.detail == TreatmentKind::Rewrite.as_str();
    rewrite || violation.rule == Rule::OnlyProbable
}

fn on_the_wire(violation: &Violation) -> pb::DreamViolation {
    pb::DreamViolation {
        path: violation.path.clone(),
        line: i32::try_from(violation.line).unwrap_or(i32::MAX),
        rule: violation.rule.as_str().to_owned(),
        detail: violation.detail.clone(),
    }
}

/// The budget was counted as the ops came, and is counted again; the loss is bounded over thirty days, because dreams that
/// are each almost safe are not safe together.
fn bounds(case: &Case<'_>) -> Vec<pb::DreamViolation> {
    let ops = &case.judged.ops;
    let bytes = ops.iter().map(|op| u64::try_from(op.inserted_bytes).unwrap_or(0)).sum::<u64>();
    let mut broken = Vec::new();
    let mut add = |rule: &str, detail: String| {
        broken.push(pb::DreamViolation { path: String::new(), line: 0, rule: rule.to_owned(), detail })
    };
    if ops.len() as u64 > u64::from(case.budget.max_ops) {
        add("budget_ops", format!("{} ops, at most {} are allowed", ops.len(), case.budget.max_ops));
    }
    if case.judged.counts.files > case.budget.max_files {
        add(
            "budget_files",
            format!("{} files, at most {} are allowed", case.judged.counts.files, case.budget.max_files),
        );
    }
    if bytes > case.budget.max_bytes {
        add("budget_bytes", format!("{bytes} bytes inserted, at most {} are allowed", case.budget.max_bytes));
    }
    let lost = i64::from(case.judged.ledger.lost_word_for_word);
    let allowed = allowed_loss(&case.window, case.judged.scope_statements);
    if lost > 0 && case.window.lost + lost > allowed {
        add(
            "loss_over_30_days",
            format!("{} statements lost within 30 days, at most {allowed} are allowed", case.window.lost + lost),
        );
    }
    broken
}

/// The most statements that thirty days of dreams may lose. `scope_statements` counts those of the scope, where no dream
/// of the window has lost any.
pub fn allowed_loss(window: &LossWindow, scope_statements: u32) -> i64 {
    let statements = window.statements_at_first.unwrap_or_else(|| i64::from(scope_statements));
    LOSS_ALWAYS_ALLOWED.max(statements * window.max_percent / 100)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use memex_core::dream_log::DreamLogCounts;
    use memex_curation::ledger::Ledger;

    use super::*;

    fn judged(lost: u32, scope_statements: u32, rules: &[(Rule, &str)]) -> Judged {
        let violation = |&(rule, detail): &(Rule, &str)| Violation {
            path: "user/a.md".into(),
            line: 1,
            rule,
            detail: detail.into(),
        };
        let violations = rules.iter().map(violation).collect();
        let ledger = Ledger { lost_word_for_word: lost, violations, ..Ledger::default() };
        let changed = ["user/a.md".to_owned()].into();
        Judged {
            ops: vec![],
            changed,
            files: BTreeMap::new(),
            ledger,
            counts: DreamLogCounts::default(),
            scope_statements,
            ..Judged::default()
        }
    }

    fn verdict(mode: Mode, guard: &str, judged: &Judged) -> DreamState {
        let window = LossWindow {
            refuses: guard == "refuse",
            adopts_probable: false,
            max_percent: 20,
            lost: 0,
            statements_at_first: None,
        };
        decide(&Case {
            mode,
            budget: Budget::DEFAULT,
            window,
            judged,
            ledger: true,
            forgotten: vec![],
            adopts_probable: false,
        })
        .state
    }

    const LOST: &[(Rule, &str)] = &[(Rule::StatementLost, "")];

    #[test]
    fn a_grounded_changeset_ends_as_its_mode_says() {
        let clean = judged(0, 0, &[]);
        assert_eq!(verdict(Mode::Apply, "refuse", &clean), DreamState::Applied);
        assert_eq!(verdict(Mode::Review, "refuse", &clean), DreamState::Proposed);
        assert_eq!(verdict(Mode::DryRun, "refuse", &clean), DreamState::Reported);
    }

    #[test]
    fn a_violation_goes_to_a_person_or_is_refused_and_a_dry_run_only_reports() {
        let broken = judged(0, 0, LOST);
        for mode in [Mode::Apply, Mode::Review] {
            assert_eq!(verdict(mode, "review", &broken), DreamState::Proposed);
            assert_eq!(verdict(mode, "refuse", &broken), DreamState::Refused);
        }
        assert_eq!(verdict(Mode::DryRun, "refuse", &broken), DreamState::Reported);
    }

    #[test]
    fn a_rewrite_alone_goes_to_a_person_whatever_the_guard_says() {
        let rewrite = (Rule::NotSupportedYet, "rewrite");
        assert_eq!(verdict(Mode::Apply, "refuse", &judged(0, 0, &[rewrite])), DreamState::Proposed);
        assert_eq!(verdict(Mode::Apply, "refuse", &judged(0, 0, &[rewrite, LOST[0]])), DreamState::Refused);
        assert_eq!(
            verdict(Mode::Apply, "refuse", &judged(0, 0, &[(Rule::NotSupportedYet, "merge")])),
            DreamState::Refused
        );
    }

    #[test]
    fn what_is_forgotten_is_never_adopted() {
        let clean = judged(0, 0, &[]);
        let one = pb::DreamViolation { rule: crate::forgotten::RULE.into(), ..Default::default() };
        let state = |mode, refuses| {
            let window =
                LossWindow { refuses, adopts_probable: true, max_percent: 20, lost: 0, statements_at_first: None };
            let forgotten = vec![one.clone()];
            let (budget, judged) = (Budget::DEFAULT, &clean);
            decide(&Case { mode, budget, window, judged, ledger: false, forgotten, adopts_probable: true }).state
        };
        assert_eq!(state(Mode::Apply, false), DreamState::Proposed);
        assert_eq!(state(Mode::Apply, true), DreamState::Refused);
        assert_eq!(state(Mode::DryRun, true), DreamState::Reported);
    }

    #[test]
    fn probable_copies_alone_go_to_a_person_whatever_the_guard_says() {
        let probable = (Rule::OnlyProbable, "");
        assert_eq!(verdict(Mode::Apply, "refuse", &judged(0, 0, &[probable, probable])), DreamState::Proposed);
        assert_eq!(verdict(Mode::Apply, "refuse", &judged(0, 0, &[probable, LOST[0]])), DreamState::Refused);
    }

    #[test]
    fn probable_copies_are_adopted_where_the_key_says_so_and_no_other_rule_is_broken() {
        let (probable, window) = (
            (Rule::OnlyProbable, ""),
            LossWindow { refuses: true, adopts_probable: true, max_percent: 20, lost: 0, statements_at_first: None },
        );
        let state = |mode, judged: &Judged| {
            let window = window.clone();
            decide(&Case {
                mode,
                budget: Budget::DEFAULT,
                window,
                judged,
                ledger: true,
                forgotten: vec![],
                adopts_probable: true,
            })
            .state
        };
        assert_eq!(state(Mode::Apply, &judged(0, 0, &[probable, probable])), DreamState::Applied);
        assert_eq!(state(Mode::Review, &judged(0, 0, &[probable])), DreamState::Proposed);
        assert_eq!(state(Mode::Apply, &judged(0, 0, &[probable, LOST[0]])), DreamState::Refused);
    }

    #[test]
    fn a_violation_is_listed_with_path_line_and_rule() {
        let broken = judged(0, 0, LOST);
        let window =
            LossWindow { refuses: false, adopts_probable: false, max_percent: 20, lost: 0, statements_at_first: None };
        let case = Case {
            mode: Mode::Apply,
            budget: Budget::DEFAULT,
            window,
            judged: &broken,
            ledger: true,
            forgotten: vec![],
            adopts_probable: false,
        };
        let listed = decide(&case).violations;
        assert_eq!(
            (listed[0].path.as_str(), listed[0].line, listed[0].rule.as_str()),
            ("user/a.md", 1, "statement_lost")
        );
        assert_eq!(decide(&Case { ledger: false, ..case }).state, DreamState::Applied);
    }

    #[test]
    fn thirty_days_lose_at_most_three_statements_or_the_percentage_of_the_first_dream() {
        let state = |lost_before, statements_at_first, lost, scope| {
            let window = LossWindow {
                refuses: true,
                adopts_probable: true,
                max_percent: 20,
                lost: lost_before,
                statements_at_first,
            };
            let judged = judged(lost, scope, &[]);
            decide(&Case {
                mode: Mode::Apply,
                budget: Budget::DEFAULT,
                window,
                judged: &judged,
                ledger: true,
                forgotten: vec![],
                adopts_probable: false,
            })
            .state
        };
        assert_eq!((state(0, None, 3, 1), state(0, None, 4, 1)), (DreamState::Applied, DreamState::Refused));
        assert_eq!((state(0, None, 20, 100), state(0, None, 21, 100)), (DreamState::Applied, DreamState::Refused));
        // The measure is the scope at the first dream, not what earlier dreams left of it.
        assert_eq!(
            (state(19, Some(100), 1, 80), state(20, Some(100), 1, 1000)),
            (DreamState::Applied, DreamState::Refused)
        );
        // What was lost before does not refuse a changeset that loses nothing.
        assert_eq!(state(50, Some(10), 0, 0), DreamState::Applied);
    }

    #[test]
    fn a_changeset_beyond_its_budget_is_not_adopted() {
        let judged = judged(0, 0, &[]);
        let mut over = Judged { counts: DreamLogCounts { files: 21, ..DreamLogCounts::default() }, ..judged };
        assert_eq!(verdict(Mode::Apply, "refuse", &over), DreamState::Refused);
        over.counts.files = 20;
        assert_eq!(verdict(Mode::Apply, "refuse", &over), DreamState::Applied);
    }
}
