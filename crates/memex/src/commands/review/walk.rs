//! The walk through the proposals: each is shown, and a person decides about it.

use std::collections::VecDeque;
use std::io::{self, BufRead, Write};

use memex_proto::reason::passes;
use memex_proto::v1::{
    ApproveDreamRequest, Dream, DreamState, ErrorReason, GetChangesetResponse, RejectDreamRequest, RuleVerdict,
};

use super::choice::{self, Choice};
use crate::commands::dream::approve::{approve, write_approved};
use crate::commands::dream::decide::reject_dream;
use crate::commands::dream::show::{
    Groups, changeset, write_changes, write_diffs, write_dropped, write_dropped_pairs, write_verdict, write_violations,
};
use crate::context::{Context, request_id};
use crate::failure::Failure;
use crate::output::pager::paged;
use crate::output::{self, counted, safe, safe_line, style};
use memex_view::{DreamView, dream_state};

/// How many pairs of a proposal are shown before anybody asks for all.
const PAIRS: usize = 12;

/// A walk, and what was decided on it.
pub struct Walk<'a> {
    context: &'a Context,
    waiting: VecDeque<Dream>,
    seen: usize,
    approved: usize,
    rejected: usize,
    skipped: usize,
    gone: usize,
}

/// Where the walk goes after a proposal.
#[derive(Debug, PartialEq, Eq)]
enum Then {
    Next,
    Again,
    Quit,
}

impl<'a> Walk<'a> {
    /// Through these, in their order.
    pub fn new(context: &'a Context, proposals: Vec<Dream>) -> Self {
        Self { context, waiting: proposals.into(), seen: 0, approved: 0, rejected: 0, skipped: 0, gone: 0 }
    }

    /// Asks about one after the other until the last, or until the person quits.
    ///
    /// # Errors
    /// What keeps the walk from going on, such as that memory-api cannot be reached.
    pub async fn through(&mut self, input: &mut impl BufRead, out: &mut impl Write) -> Result<(), Failure> {
        while let Some(proposal) = self.waiting.pop_front() {
            self.seen += 1;
            loop {
                let ended = match self.about(&proposal, input, out).await {
                    Ok(Then::Next) => break,
                    Ok(Then::Again) => continue,
                    Ok(Then::Quit) => Ok(()),
                    Err(failure) => Err(failure),
                };
                self.waiting.push_front(proposal);
                return ended;
            }
        }
        Ok(())
    }

    /// What was decided: `2 approved, 1 rejected, 1 skipped`.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn summary(&self, out: &mut impl Write) -> io::Result<()> {
        let waiting = self.waiting.len();
        let sums = [
            (self.approved, "approved", true),
            (self.rejected, "rejected", true),
            (self.skipped, "skipped", true),
            (self.gone, "gone meanwhile", false),
            (waiting, "not decided", false),
        ];
        let told = sums.into_iter().filter(|(count, _, always)| *always || *count > 0);
        let told: Vec<_> = told.map(|(count, what, _)| format!("{count} {what}")).collect();
        writeln!(out, "\n{}{}{}", style::HEAD.render(), told.join(", "), style::HEAD.render_reset())
    }

    /// Shows a proposal as it is now, and does what the person decides.
    async fn about(
        &mut self,
        proposal: &Dream,
        input: &mut impl BufRead,
        out: &mut impl Write,
    ) -> Result<Then, Failure> {
        let shown = changeset(self.context, &proposal.dream_id).await;
        let shown = match shown {
            Err(failure) if failure.reason() == Some(ErrorReason::DreamNotFound) => {
                return Ok(self.is_gone(proposal, "is gone", out)?);
            }
            shown => shown?,
        };
        let dream = shown.dream.clone().unwrap_or_default();
        if dream.state() != DreamState::Proposed {
            return Ok(self.is_gone(proposal, &format!("is {} meanwhile", dream_state(dream.state())), out)?);
        }
        self.show(&dream, &shown, out)?;
        loop {
            match choice::ask(input, out)? {
                Choice::Approve => return self.approve(&dream, Vec::new(), out).await,
                Choice::Reject => match choice::line(input, out, "reason (may be empty):")? {
                    Some(reason) => return self.reject(&dream, reason, out).await,
                    None => return Ok(Then::Quit),
                },
                Choice::Files => {
                    if let Some(paths) = choice::files(input, out, &Groups::of(&shown.files))? {
                        return self.approve(&dream, paths, out).await;
                    }
                }
                Choice::Diff => paged(|mut out| write_diffs(&mut out, &shown.files))?,
                Choice::Pairs => {
                    paged(|mut out| write_dropped(&mut out, shown.dropped_lines.clone(), output::columns()))?;
                }
                Choice::Skip => {
                    self.skipped += 1;
                    return Ok(Then::Next);
                }
                Choice::Quit => return Ok(Then::Quit),
                Choice::Help => choice::help(out)?,
            }
        }
    }

    /// Whose it is, until when it waits, its pairs, files and what the rules say.
    fn show(&self, dream: &Dream, shown: &GetChangesetResponse, out: &mut impl Write) -> io::Result<()> {
        let view = DreamView::from(dream.clone());
        let (head, reset) = (style::HEAD.render(), style::HEAD.render_reset());
        let of = self.seen + self.waiting.len();
        let until = view.expires_at.map(|at| format!(", expires {at}")).unwrap_or_default();
        let (id, user) = (safe_line(&view.dream_id), safe_line(&view.user_id));
        writeln!(out, "\n{head}proposal {} of {of}: {id} of {user}{until}{reset}", self.seen)?;
        if !view.rest_of.is_empty() {
            writeln!(out, "the rest of {}", safe_line(&view.rest_of))?;
        }
        if !view.instructions.is_empty() {
            writeln!(out, "asked for: {}", safe_line(&view.instructions))?;
        }
        if !shown.dropped_lines.is_empty() {
            let goes = counted(shown.dropped_lines.len() as i64, "line");
            writeln!(out, "\n{head}{goes} to drop, each for one that stays{reset}\n")?;
            let some = shown.dropped_lines.iter().take(PAIRS).cloned().collect();
            write_dropped_pairs(out, some, output::columns())?;
            let left = shown.dropped_lines.len().saturating_sub(PAIRS);
            if left > 0 {
                writeln!(out, "… and {}: p shows all", counted(left as i64, "more pair"))?;
            }
        }
        write_changes(out, &shown.files, false)?;
        write_violations(out, dream)?;
        let failing: Vec<RuleVerdict> = shown.verdict.iter().filter(|rule| !rule.passes).cloned().collect();
        write_verdict(out, dream, &failing)?;
        writeln!(out)
    }

    async fn approve(&mut self, dream: &Dream, paths: Vec<String>, out: &mut impl Write) -> Result<Then, Failure> {
        let request = ApproveDreamRequest {
            dream_id: dream.dream_id.clone(),
            paths,
            reason: String::new(),
            request_id: request_id(),
            user_id: dream.user_id.clone(),
        };
        match approve(self.context, &request).await {
            Ok(approved) => {
                self.approved += 1;
                if let Some(rest) = &approved.rest {
                    // Whoever chose files decides about the others next.
                    self.waiting.push_front(rest.clone());
                }
                write_approved(out, &dream.dream_id, approved)?;
                Ok(Then::Next)
            }
            Err(failure) => self.refused(dream, failure, out),
        }
    }

    async fn reject(&mut self, dream: &Dream, reason: String, out: &mut impl Write) -> Result<Then, Failure> {
        let request = RejectDreamRequest {
            dream_id: dream.dream_id.clone(),
            reason,
            request_id: request_id(),
            user_id: dream.user_id.clone(),
        };
        match reject_dream(self.context, &request).await {
            Ok(_) => {
                self.rejected += 1;
                writeln!(out, "{} is rejected", safe_line(&dream.dream_id))?;
                Ok(Then::Next)
            }
            Err(failure) => self.refused(dream, failure, out),
        }
    }

    /// A proposal that waits no longer is told and left; of any other refusal the person decides again.
    fn refused(&mut self, dream: &Dream, failure: Failure, out: &mut impl Write) -> Result<Then, Failure> {
        match failure.reason() {
            Some(ErrorReason::DreamStale | ErrorReason::WrongState | ErrorReason::DreamNotFound) => {
                Ok(self.is_gone(dream, &format!("waits no longer: {failure}"), out)?)
            }
            Some(reason) if !passes(reason) => {
                let (wrong, reset) = (style::WRONG.render(), style::WRONG.render_reset());
                writeln!(out, "{wrong}refused:{reset} {}", safe(&failure.to_string()))?;
                if let Some(next) = failure.next_step() {
                    writeln!(out, "next: {}", safe(&next))?;
                }
                Ok(Then::Again)
            }
            _ => Err(failure),
        }
    }

    fn is_gone(&mut self, dream: &Dream, how: &str, out: &mut impl Write) -> io::Result<Then> {
        self.gone += 1;
        let (notice, reset) = (style::NOTICE.render(), style::NOTICE.render_reset());
        writeln!(out, "\n{notice}{} of {} {}{reset}", dream.dream_id, safe_line(&dream.user_id), safe_line(how))?;
        Ok(Then::Next)
    }
}
