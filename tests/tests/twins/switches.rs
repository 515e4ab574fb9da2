//! Switches and pauses: no dream against them, and none that runs adopts anything after them.

use std::collections::HashMap;
use std::time::Duration;

use memex_proto::v1::{
    ErrorReason, PauseUserRequest, ResumeUserRequest, StartDreamRequest, StopReason, UpdateConfigRequest,
};
use memex_stack::stack::{Stack, User};
use memory_api::args::DatabaseArgs;
use memory_api::commands::config::{ConfigAction, ConfigArgs, config};
use tests::hand::{self, HeldDream};
use tests::refused::refused;
use tests::{ask, messy};

/// What stops a dream.
#[derive(Clone, Copy, Debug)]
enum Stop {
    Pause,
    Workspace,
    Deployment,
}

impl Stop {
    async fn happens(self, stack: &Stack) {
        match self {
            Stop::Pause => pause(stack, "ada").await,
            Stop::Workspace => switch_workspace(stack, false).await,
            Stop::Deployment => switch_deployment(stack, false).await,
        }
    }

    async fn is_lifted(self, stack: &Stack) {
        match self {
            Stop::Pause => resume(stack, "ada").await,
            Stop::Workspace => switch_workspace(stack, true).await,
            Stop::Deployment => switch_deployment(stack, true).await,
        }
    }

    fn refusal(self) -> ErrorReason {
        match self {
            Stop::Pause => ErrorReason::UserPaused,
            Stop::Workspace | Stop::Deployment => ErrorReason::DreamingDisabled,
        }
    }
}

async fn pause(stack: &Stack, user: &str) {
    stack.operator().admin.pause_user(PauseUserRequest { user_id: user.into(), ..Default::default() }).await.unwrap();
}

async fn resume(stack: &Stack, user: &str) {
    stack.operator().admin.resume_user(ResumeUserRequest { user_id: user.into(), ..Default::default() }).await.unwrap();
}

async fn switch_workspace(stack: &Stack, on: bool) {
    let values = HashMap::from([("dream_enabled".to_owned(), on.to_string())]);
    stack.operator().admin.update_config(UpdateConfigRequest { values, ..Default::default() }).await.unwrap();
}

async fn switch_deployment(stack: &Stack, on: bool) {
    let database =
        DatabaseArgs { database_url: Some(stack.database_url()), owner_database_url: None, max_connections: 2.into() };
    let action = ConfigAction::Set { key: "dream_enabled".into(), value: on.to_string(), database };
    config(&ConfigArgs { action }).await.unwrap();
}

async fn begun(stack: &Stack) -> (User, HeldDream) {
    let ada = stack.user("ada").await;
    messy::write(&ada).await;
    stack.quiet().await;
    let held = hand::claim_one(&hand::worker(stack, 1).await[0]).await;
    held.read("user/notes.md").await.unwrap();
    held.clean().await.unwrap();
    (ada, held)
}

#[tokio::test]
async fn a_pause_or_a_switch_stops_a_running_dream_before_anything_is_adopted() {
    for stop in [Stop::Pause, Stop::Workspace, Stop::Deployment] {
        let stack = Stack::start().await;
        let (ada, held) = begun(&stack).await;
        stop.happens(&stack).await;
        assert_eq!(
            ask::dreams(&stack, "ada").await,
            ["canceled 1"],
            "{stop:?}: in its own transaction, not at the next call"
        );
        let before = ask::everything(&stack).await;
        assert_eq!(held.renew().await.unwrap().stop(), StopReason::Canceled, "{stop:?}");
        assert_eq!(refused(held.read("user/notes.md").await), ErrorReason::LeaseLost, "{stop:?}");
        assert_eq!(refused(held.stage("user/profile.md", "mine", 1).await), ErrorReason::LeaseLost, "{stop:?}");
        assert_eq!(refused(held.finish().await), ErrorReason::LeaseLost, "{stop:?}");
        assert_eq!(ask::everything(&stack).await, before, "{stop:?}: a canceled dream has changed something");
        assert!(messy::is_untouched(&ada).await, "{stop:?}");

        stack.quiet().await;
        assert_eq!(stack.worker().poll_once().await.unwrap(), 0, "{stop:?}: nobody is dreamt for meanwhile");
        let asked = StartDreamRequest { user_id: "ada".into(), ..Default::default() };
        assert_eq!(refused(stack.operator().dream_admin.start_dream(asked).await), stop.refusal(), "{stop:?}");
        stop.is_lifted(&stack).await;
        stack.quiet().await;
        assert_eq!(stack.worker().poll_once().await.unwrap(), 1, "{stop:?}: what waited is dreamt");
        assert!(messy::is_dreamt(&ada).await, "{stop:?}");
        stack.finish().await;
    }
}

/// Timelines, and steps of each.
const TIMELINES: u64 = 12;
const STEPS: usize = 25;

/// What the rules say of one user, in minutes: grace 30, interval 60, as the keys are where nobody says otherwise.
#[derive(Debug, Default)]
struct Expected {
    now: u64,
    written: Option<u64>,
    dreamt: Option<u64>,
    dirty: bool,
    paused: bool,
    off: bool,
}

impl Expected {
    fn is_due(&self) -> bool {
        let quiet = self.written.is_some_and(|at| self.now >= at + 30);
        let rested = self.dreamt.is_none_or(|at| self.now >= at + 60);
        self.dirty && quiet && rested && !self.paused && !self.off
    }
}

/// Numbers that look random and are the same at every run.
struct Chance(u64);

impl Chance {
    fn of(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

#[tokio::test]
async fn in_every_timeline_a_user_is_dreamt_for_exactly_when_the_rules_say_so() {
    let (stack, mut dreams) = (Stack::start().await, 0);
    for seed in 0..TIMELINES {
        let (mut chance, mut expected) = (Chance(seed), Expected::default());
        let user = stack.user(&format!("user-{seed}")).await;
        let mut story = Vec::new();
        for step in 0..STEPS {
            let did = happens(&stack, &user, chance.of(9), step, &mut expected).await;
            let due = expected.is_due();
            let dreamt = stack.worker().poll_once().await.unwrap();
            story.push(format!("{did}: {dreamt}"));
            assert_eq!(dreamt, usize::from(due), "timeline {seed}: {story:?}; {expected:?}");
            if due {
                (expected.dirty, expected.dreamt) = (false, Some(expected.now));
                dreams += 1;
            }
        }
        // The next timeline is another user's.
        switch_workspace(&stack, true).await;
        user.write("user/end.md", "- the end").await;
        pause(&stack, user.id()).await;
    }
    assert!(dreams > TIMELINES, "{dreams} dreams in all: nothing was shown");
    stack.finish().await;
}

/// One step of a timeline. Time goes in steps of eight minutes, so that no rule's edge is met to the second.
async fn happens(stack: &Stack, user: &User, what: u64, step: usize, expected: &mut Expected) -> &'static str {
    // Nobody can be paused before their first write.
    match if step == 0 { 0 } else { what } {
        0 | 1 => {
            user.write("user/notes.md", &format!("- step {step} of {}", user.id())).await;
            (expected.written, expected.dirty) = (Some(expected.now), true);
            "wrote"
        }
        2 => {
            pause(stack, user.id()).await;
            expected.paused = true;
            "paused"
        }
        3 => {
            resume(stack, user.id()).await;
            expected.paused = false;
            "resumed"
        }
        4 => {
            switch_workspace(stack, expected.off).await;
            expected.off = !expected.off;
            if expected.off { "switched off" } else { "switched on" }
        }
        more => {
            let minutes = 8 * (more - 4) * 2;
            stack.advance(Duration::from_secs(60 * minutes)).await;
            expected.now += minutes;
            "let time pass"
        }
    }
}
