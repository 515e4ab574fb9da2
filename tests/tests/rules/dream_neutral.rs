//! `dream_neutral`: the parts of a context that say nothing in a workspace, for the worker and for the judge.

use std::collections::{BTreeMap, HashMap};

use memex_curation::ledger::Rule;
use memex_proto::v1::{
    ConfigLevel, DreamState, ErrorReason, GetConfigRequest, UpdateConfigRequest, UpdateConfigResponse,
    UpdateUserRequest,
};
use memex_stack::stack::{Stack, User};
use tests::ask;
use tests::command::Memex;
use tests::hand::{HeldDream, claim_one, start_dream_of};
use tests::refused::refused;
use tonic::Status;

const KEY: &str = "dream_neutral";

const WITH_HEADING: &str = "# Session 1\n\n## Weekly sync\n\n- Ada likes green tea.\n- Ada went to Rome.\n";

const WITHOUT: &str = "# Session 2\n\n- Ada likes green tea.\n- Ada went to Oslo.\n";

const STAND_UP: &str = "# Session 2\n\n## Stand-up\n\n- Ada likes green tea.\n- Ada went to Oslo.\n";

const LINE: &str = "- Ada likes green tea.";

/// Ada with two sessions that say the same of her, the first below a heading, the second as it is given.
async fn ada_with(stack: &Stack, second: &str) -> User {
    let ada = stack.user("ada").await;
    ada.write("user/sessions/s1.md", WITH_HEADING).await;
    ada.write("user/sessions/s2.md", second).await;
    ada
}

async fn set(stack: &Stack, value: &str) -> Result<UpdateConfigResponse, Status> {
    let values = HashMap::from([(KEY.to_owned(), value.to_owned())]);
    let request = UpdateConfigRequest { values, ..UpdateConfigRequest::default() };
    Ok(stack.operator().admin.update_config(request).await?.into_inner())
}

async fn reset(stack: &Stack) {
    let request = UpdateConfigRequest { reset_keys: vec![KEY.to_owned()], ..UpdateConfigRequest::default() };
    stack.operator().admin.update_config(request).await.unwrap();
}

/// The key's value and where it comes from, as GetConfig tells them.
async fn told(stack: &Stack) -> (String, ConfigLevel) {
    let request = GetConfigRequest { keys: vec![KEY.to_owned()] };
    let entry = stack.operator().admin.get_config(request).await.unwrap().into_inner().entries.remove(0);
    (entry.value.clone(), entry.level())
}

/// The files after one dream of our worker.
async fn dreamt(stack: &Stack, ada: &User) -> BTreeMap<String, String> {
    start_dream_of(stack, "ada").await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
    ada.files().await
}

#[tokio::test]
async fn a_heading_that_the_workspace_calls_neutral_keeps_no_copy() {
    let stack = Stack::start().await;
    let ada = ada_with(&stack, WITHOUT).await;
    let before = ada.files().await;
    assert_eq!(dreamt(&stack, &ada).await, before, "without the key the heading tells the lines apart");
    set(&stack, "Stand-up; Weekly").await.unwrap();
    assert_eq!(dreamt(&stack, &ada).await, before, "a heading that is not listed as a whole counts");
    set(&stack, "Stand-up\nweekly SYNC").await.unwrap();
    let after = dreamt(&stack, &ada).await;
    assert_eq!(after["user/sessions/s1.md"], WITH_HEADING);
    assert_eq!(after["user/sessions/s2.md"], "# Session 2\n\n- Ada went to Oslo.\n");
    stack.finish().await;
}

#[tokio::test]
async fn a_neutral_phrase_names_a_folder_and_a_files_stem_too() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/weekly_sync/s1.md", WITHOUT).await;
    ada.write("user/stand-up.md", WITHOUT).await;
    let before = ada.files().await;
    assert_eq!(dreamt(&stack, &ada).await, before);
    set(&stack, "Weekly sync; s1; Stand-up").await.unwrap();
    let after = dreamt(&stack, &ada).await;
    assert_eq!(after.values().filter(|text| text.contains(LINE)).count(), 1, "{after:?}");
    stack.finish().await;
}

/// A dream that a worker by hand holds, with a drop staged that only both headings as neutral parts allow.
async fn held(stack: &Stack) -> HeldDream {
    start_dream_of(stack, "ada").await;
    let held = claim_one(&stack.worker_channel()).await;
    held.drop_for(("user/sessions/s2.md", 1, 5), ("user/sessions/s1.md", 1, 5), LINE).await.unwrap();
    held
}

#[tokio::test]
async fn the_judge_goes_by_the_key_as_it_is_when_it_judges_whatever_the_worker_believes() {
    let stack = Stack::start().await;
    ask::set_key(&stack, "dream_guard", "refuse").await;
    let ada = ada_with(&stack, STAND_UP).await;
    let before = ada.files().await;
    let is_refused = async |dream: HeldDream, what: &str| {
        let ended = dream.finish().await.unwrap();
        assert_eq!(ended.state(), DreamState::Refused, "{what}: {ended:?}");
        let rule = Rule::GroundInvalid.as_str();
        assert!(ended.violations.iter().any(|one| one.rule == rule && one.line == 5), "{what}: {ended:?}");
        assert_eq!(ada.files().await, before, "{what}");
    };
    is_refused(held(&stack).await, "the worker pretends that the key is set").await;

    set(&stack, "Weekly sync; Stand-up").await.unwrap();
    let dream = held(&stack).await;
    assert_eq!(dream.assignment.neutral, ["Weekly sync", "Stand-up"]);
    set(&stack, "Retro").await.unwrap();
    is_refused(dream, "the key had other phrases when the worker claimed").await;
    set(&stack, "Weekly sync; Stand-up").await.unwrap();
    let dream = held(&stack).await;
    reset(&stack).await;
    is_refused(dream, "the key was set when the worker claimed").await;

    let dream = held(&stack).await;
    assert!(dream.assignment.neutral.is_empty());
    set(&stack, "Stand-up; Weekly sync").await.unwrap();
    assert_eq!(dream.ends().await, DreamState::Applied, "it is set when the judge judges");
    assert!(!ada.read("user/sessions/s2.md").await.unwrap().contains(LINE));
    stack.finish().await;
}

#[tokio::test]
async fn a_value_that_breaks_a_rule_is_refused_with_its_phrase_and_changes_nothing() {
    let stack = Stack::start().await;
    let answer = set(&stack, " Weekly  sync ;; Stand-up\r\nWEEKLY  SYNC; ").await.unwrap();
    assert_eq!(answer.entries[0].value, "Weekly  sync; Stand-up");
    assert_eq!(answer.entries[0].allowed, "at most 100 phrases of at most 100 characters, divided by ;");
    let kept = ("Weekly  sync; Stand-up".to_owned(), ConfigLevel::Workspace);
    let many: Vec<String> = (0..101).map(|number| format!("Phrase {number}")).collect();
    let long = "ä".repeat(101);
    for (value, rule) in [
        (many.join("; "), "dream_neutral takes at most 100 phrases; these are 101".to_owned()),
        (
            format!("Stand-up; {long}"),
            format!("dream_neutral: a phrase has at most 100 characters; {:?}… has 101", "ä".repeat(40)),
        ),
        (
            "Weekly\tsync".to_owned(),
            r#"dream_neutral: a phrase has no control characters; "Weekly\tsync" has one"#.to_owned(),
        ),
    ] {
        let status = set(&stack, &value).await.unwrap_err();
        assert!(status.message().contains(&rule), "{status:?} does not say {rule:?}");
        assert_eq!(refused::<()>(Err(status)), ErrorReason::FieldInvalid);
        assert_eq!(told(&stack).await, kept);
    }
    set(&stack, &many[..100].join(";")).await.unwrap();
    set(&stack, "").await.unwrap();
    assert_eq!(told(&stack).await, (String::new(), ConfigLevel::Workspace));
    stack.finish().await;
}

#[tokio::test]
async fn it_is_the_workspaces_key_alone() {
    let stack = Stack::start().await;
    let ada = ada_with(&stack, STAND_UP).await;
    let before = ada.files().await;
    let values = HashMap::from([(KEY.to_owned(), "Weekly sync".to_owned())]);
    let of_user = UpdateUserRequest { user_id: "ada".into(), values, ..UpdateUserRequest::default() };
    let status = stack.operator().admin.update_user(of_user).await.unwrap_err();
    assert!(status.message().contains("dream_neutral"), "{status:?}");
    assert_eq!(refused::<()>(Err(status)), ErrorReason::FieldInvalid);
    // What another version left for a user, or beyond the limits, counts for nothing.
    let scope = "INSERT INTO mx_user_config (scope_id, key, value, updated_by)
                 SELECT scope_id, 'dream_neutral', 'Weekly sync; Stand-up', 'test' FROM mx_scope WHERE user_id = 'ada'";
    ask::change(stack.sql(), scope, &[]).await;
    assert_eq!(dreamt(&stack, &ada).await, before);
    ask::set_key(&stack, KEY, &format!("Weekly sync; Stand-up; {}", "x".repeat(101))).await;
    let dream = held(&stack).await;
    assert!(dream.assignment.neutral.is_empty(), "{:?}", dream.assignment.neutral);
    assert_ne!(dream.ends().await, DreamState::Applied);
    assert_eq!(ada.files().await, before);
    stack.finish().await;
}

#[tokio::test]
async fn the_command_sets_shows_and_resets_it() {
    let stack = Stack::start().await;
    let memex = Memex::at(&stack.endpoint(), stack.workspace().operator_token()).await;
    let value = async |args: &[&str]| memex.json(args).await["entries"][0]["value"].clone();
    assert_eq!(value(&["config", "set", "dream_neutral=Weekly sync; Stand-up"]).await, "Weekly sync; Stand-up");
    assert_eq!(value(&["config", "set", KEY, "Weekly sync\n1 = one\n"]).await, "Weekly sync; 1 = one");
    assert_eq!(value(&["config", "get", KEY]).await, "Weekly sync; 1 = one");
    let ran = memex.run(&["users", "set", "ada", "dream_neutral=Weekly sync"]).await;
    assert!(ran.code == 1 && ran.err.contains(KEY), "{ran:?}");
    assert_eq!(value(&["config", "reset", KEY]).await, "");
    stack.finish().await;
}
