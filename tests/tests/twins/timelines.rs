//! Timelines at random: a user is dreamt for exactly when the rules say so, and once all is quiet nobody was forgotten.

use std::time::Duration;

use memex_proto::v1::{FinishOutcome, UnparkUserRequest};
use memex_stack::stack::{Clients, Stack, User};
use tests::ask;
use tests::chance::Chance;
use tests::counts::times;
use tests::hand::{self, claim, start_dream_of};

use crate::switches::{pause, resume, switch_workspace};

/// Steps of a timeline.
const STEPS: usize = 25;

/// Dreams in a row that fail before a user is parked, and attempts of one that was started: `dream_max_attempts`.
const ATTEMPTS: u32 = 5;

/// Longer than a lease, so that one that nobody renews is lost.
const PAST_THE_LEASE: f64 = 16.0;

/// Longer than both, by the keys as they are.
const PAST_GRACE_AND_INTERVAL: f64 = 64.0;

/// Longer than everything that a dream may have to wait for.
const ALL_QUIET: Duration = Duration::from_secs(8 * 3_600);

/// Whether a claim gives a dream.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Due {
    Yes,
    No,
    /// Within what chance adds to the back-off, or takes from it.
    Either,
}

/// What the rules say of one user, in minutes: grace 30, interval 60, as the keys are where nobody says otherwise.
#[derive(Debug, Default)]
struct Expected {
    now: f64,
    written: f64,
    dreamt: Option<f64>,
    dirty: bool,
    paused: bool,
    off: bool,
    parked: bool,
    failures: u32,
    /// The attempts of a dream that was started and has not ended.
    asked: Option<u32>,
    /// When the back-off ends, at the earliest and at the latest.
    back_off: Option<(f64, f64)>,
}

impl Expected {
    fn due(&self) -> Due {
        let rested = self.dreamt.is_none_or(|at| self.now >= at + 60.0);
        let waits = self.dirty && self.now >= self.written + 30.0 && rested && !self.parked;
        match (self.asked, self.back_off) {
            _ if self.paused || self.off => Due::No,
            (Some(0), _) => Due::Yes,
            (None, _) if !waits => Due::No,
            (_, Some((earliest, _))) if self.now < earliest => Due::No,
            (_, Some((_, latest))) if self.now < latest => Due::Either,
            _ => Due::Yes,
        }
    }

    fn ends_well(&mut self) {
        (self.dirty, self.dreamt, self.parked) = (false, Some(self.now), false);
        (self.failures, self.asked, self.back_off) = (0, None, None);
    }

    fn fails(&mut self) {
        let in_row = match self.asked {
            Some(attempts) => {
                self.asked = Some(attempts + 1).filter(|attempts| *attempts < ATTEMPTS);
                attempts + 1
            }
            None => {
                self.failures += 1;
                self.parked |= self.failures >= ATTEMPTS;
                self.failures
            }
        };
        let minutes = 2_f64.powi(in_row as i32);
        let since = self.back_off.unwrap_or_default();
        self.back_off = Some((since.0.max(self.now + 0.8 * minutes), since.1.max(self.now + 1.2 * minutes)));
    }

    /// A pause or the switch ends a dream that was started.
    fn is_stopped(&mut self) {
        if self.asked.take().is_some() && self.failures == 0 {
            self.back_off = None;
        }
    }
}

/// What happened, so that a run shows that it showed something.
#[derive(Debug, Default)]
struct Seen {
    dreams: u32,
    failed: u32,
    lost: u32,
    outages: u32,
    parked: u32,
}

struct Timeline<'a> {
    stack: &'a Stack,
    worker: &'a Clients,
    user: User,
    expected: Expected,
    seen: &'a mut Seen,
    story: Vec<String>,
}

impl Timeline<'_> {
    async fn passes(&mut self, minutes: f64) {
        self.stack.advance(Duration::from_secs_f64(60.0 * minutes)).await;
        self.expected.now += minutes;
    }

    async fn writes(&mut self, step: usize) {
        self.user.write("user/notes.md", &format!("- step {step} of {}", self.user.id())).await;
        (self.expected.written, self.expected.dirty) = (self.expected.now, true);
    }

    /// What came of a claim is what the rules say.
    fn is_right(&self, claimed: bool) {
        let due = self.expected.due();
        let right = due == Due::Either || claimed == (due == Due::Yes);
        assert!(right, "claimed: {claimed}, due: {due:?}: {:?}; {:?}", self.story, self.expected);
    }

    /// A worker claims once grace and interval have passed; nothing where nobody is due all the same.
    async fn claimed(&mut self) -> Option<hand::HeldDream> {
        self.passes(PAST_GRACE_AND_INTERVAL).await;
        let held = claim(self.worker, 10).await.pop();
        self.is_right(held.is_some());
        held
    }

    /// A worker claims and is heard of no more, be it alone or with memory-api and Postgres.
    async fn worker_dies(&mut self, in_an_outage: bool) {
        if self.claimed().await.is_none() {
            return;
        }
        self.passes(PAST_THE_LEASE).await;
        if in_an_outage {
            outage(self.stack, PAST_THE_LEASE).await;
            self.seen.outages += 1;
            return;
        }
        self.seen.lost += 1;
        self.fails();
        // Notices the loss.
        self.polls("worker died").await;
    }

    fn fails(&mut self) {
        let before = self.expected.parked;
        self.expected.fails();
        self.seen.parked += u32::from(self.expected.parked && !before);
    }

    /// A worker claims, and says that it failed.
    async fn worker_fails(&mut self) {
        let Some(held) = self.claimed().await else { return };
        held.finish_as(FinishOutcome::Failed).await.unwrap();
        self.seen.failed += 1;
        self.fails();
        self.polls("failed").await;
    }

    /// A worker dreams for whoever is due.
    async fn polls(&mut self, after: &str) {
        let dreamt = self.stack.worker().poll_once().await.unwrap();
        self.story.push(format!("{after}: {dreamt}"));
        self.is_right(dreamt > 0);
        if dreamt > 0 {
            self.expected.ends_well();
            self.seen.dreams += 1;
        }
    }

    /// One step. Time goes in steps of sixteen minutes, so that no rule's edge is met to the second.
    async fn happens(&mut self, what: usize, step: usize) -> &'static str {
        let (stack, id) = (self.stack, self.user.id().to_owned());
        // Nobody can be paused before their first write.
        match if step == 0 { 0 } else { what } {
            0 | 1 => {
                self.writes(step).await;
                "wrote"
            }
            2 => {
                pause(stack, &id).await;
                self.expected.paused = true;
                self.expected.is_stopped();
                "paused"
            }
            3 => {
                resume(stack, &id).await;
                self.expected.paused = false;
                "resumed"
            }
            4 => {
                switch_workspace(stack, self.expected.off).await;
                self.expected.off = !self.expected.off;
                self.expected.is_stopped();
                if self.expected.off { "switched off" } else { "switched on" }
            }
            5 => {
                self.unpark().await;
                "unparked"
            }
            6 if !self.expected.paused && !self.expected.off => {
                start_dream_of(stack, &id).await;
                self.expected.asked = self.expected.asked.or(Some(0));
                "started"
            }
            7..=9 => {
                self.writes(step).await;
                for _ in 0..=step % 6 {
                    self.worker_fails().await;
                }
                "failed"
            }
            10 | 11 => {
                self.writes(step).await;
                for _ in 0..=step % 3 {
                    self.worker_dies(false).await;
                }
                "worker died"
            }
            12 => {
                self.writes(step).await;
                self.worker_dies(true).await;
                "outage"
            }
            more => {
                self.passes(16.0 * (more % 4 + 1) as f64).await;
                "let time pass"
            }
        }
    }

    async fn unpark(&mut self) {
        let request = UnparkUserRequest { user_id: self.user.id().to_owned(), ..UnparkUserRequest::default() };
        let answer = self.stack.operator().dream_admin.unpark_user(request).await.unwrap().into_inner();
        assert_eq!(answer.changed, self.expected.parked, "{:?}; {:?}", self.story, self.expected);
        if self.expected.parked {
            (self.expected.parked, self.expected.failures, self.expected.back_off) = (false, 0, None);
        }
    }

    async fn runs(&mut self, chance: &mut Chance) {
        for step in 0..STEPS {
            let did = self.happens(chance.below(18), step).await;
            self.polls(did).await;
        }
    }

    /// Every switch on, every pause and parking lifted: who has changes that no dream has seen is dreamt for, and then
    /// nobody.
    async fn ends_quiet(&mut self) {
        switch_workspace(self.stack, true).await;
        resume(self.stack, self.user.id()).await;
        self.unpark().await;
        self.stack.advance(ALL_QUIET).await;
        let waits = self.expected.dirty || self.expected.asked.is_some();
        let dreamt = self.stack.worker().poll_once().await.unwrap();
        assert_eq!(dreamt, usize::from(waits), "{:?}; {:?}", self.story, self.expected);
        let undreamt = "SELECT count(*) FROM mx_revision r JOIN mx_dream_state d USING (scope_id)
                         WHERE r.qualifies AND r.sequence > d.watermark";
        assert_eq!(ask::number(self.stack.sql(), undreamt, &[]).await, 0, "{:?} is left undreamt", self.story);
        self.stack.advance(ALL_QUIET).await;
        assert_eq!(self.stack.worker().poll_once().await.unwrap(), 0, "dreamt without a change: {:?}", self.story);
    }
}

/// Notes that memory-api or Postgres was away for the last `minutes`.
async fn outage(stack: &Stack, minutes: f64) {
    let note =
        "INSERT INTO mx_outage (from_at, to_at) VALUES (mx_now() - make_interval(mins => $1::integer), mx_now())";
    ask::change(stack.sql(), note, &[&minutes.to_string()]).await;
}

#[tokio::test]
async fn in_every_timeline_a_user_is_dreamt_for_exactly_when_the_rules_say_so_and_nobody_is_forgotten() {
    let stack = Stack::start().await;
    let worker = hand::worker(&stack, 1).await.remove(0);
    let (timelines, mut seen) = (times(12, 400), Seen::default());
    for seed in 0..timelines {
        let user = stack.user(&format!("user-{seed}")).await;
        let (expected, story) = (Expected::default(), vec![format!("timeline {seed}")]);
        let mut timeline = Timeline { stack: &stack, worker: &worker, user, expected, seen: &mut seen, story };
        timeline.runs(&mut Chance::new(seed as u64)).await;
        timeline.ends_quiet().await;
    }
    eprintln!("{timelines} timelines: {seen:?}");
    assert!(seen.dreams as usize > timelines && seen.failed > 20 && seen.lost > 10 && seen.parked > 2, "{seen:?}");
    stack.finish().await;
}
