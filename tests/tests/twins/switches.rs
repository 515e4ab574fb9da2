//! Switches and pauses: no dream against them, and none that runs adopts anything after them.

use std::collections::HashMap;

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

pub async fn pause(stack: &Stack, user: &str) {
    stack.operator().admin.pause_user(PauseUserRequest { user_id: user.into(), ..Default::default() }).await.unwrap();
}

pub async fn resume(stack: &Stack, user: &str) {
    stack.operator().admin.resume_user(ResumeUserRequest { user_id: user.into(), ..Default::default() }).await.unwrap();
}

pub async fn switch_workspace(stack: &Stack, on: bool) {
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
