//! RevertDream by groups: what stands together is restored together or not at all, later edits stay, and a revert can be
//! reverted itself.

use std::collections::{BTreeMap, BTreeSet};

use memex_proto::reason::Refusal;
use memex_proto::v1::{
    DreamState, ErrorReason, GetChangesetRequest, GetDreamRequest, RevertDreamRequest, RevertDreamResponse,
};
use memex_stack::stack::{Stack, User};
use tests::chance::Chance;
use tests::counts::times;
use tests::hand::{claim_one, start_dream_of, worker};
use tests::refused::reason;
use tonic::Status;

const A: &str = "# Ada\n\n- Ada likes tea.\n- Ada likes tea.\n- Ada sings.\n";
const B: &str = "# Ada\n\n- Ada reads.\n- Ada reads.\n- Ada runs.\n";

async fn revert(stack: &Stack, dream_id: &str, paths: &[&str]) -> Result<RevertDreamResponse, Status> {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    let request = RevertDreamRequest { dream_id: dream_id.to_owned(), paths, ..RevertDreamRequest::default() };
    Ok(stack.operator().dream_admin.revert_dream(request).await?.into_inner())
}

async fn state(stack: &Stack, dream_id: &str) -> DreamState {
    let request = GetDreamRequest { dream_id: dream_id.to_owned() };
    stack.operator().dream_admin.get_dream(request).await.unwrap().into_inner().dream.unwrap().state()
}

/// A user's files without the dream's log.
async fn files(user: &User) -> BTreeMap<String, String> {
    let mut files: BTreeMap<String, String> = user.files().await.into_iter().collect();
    files.remove("user/dream-log.md");
    files
}

/// Ada with two files, each of which lost a line in an applied dream.
async fn applied(stack: &Stack) -> (User, String) {
    let ada = stack.user("ada").await;
    ada.write("user/a.md", A).await;
    ada.write("user/b.md", B).await;
    let dream = start_dream_of(stack, "ada").await.dream_id;
    let held = claim_one(&worker(stack, 1).await[0]).await;
    held.drop_duplicate("user/a.md", 4, 3, "- Ada likes tea.").await.unwrap();
    held.drop_duplicate("user/b.md", 4, 3, "- Ada reads.").await.unwrap();
    assert_eq!(held.ends().await, DreamState::Applied);
    (ada, dream)
}

#[tokio::test]
async fn a_group_with_a_file_changed_since_is_left_and_told_and_merged_where_it_is_named() {
    let stack = Stack::start().await;
    let (ada, dream) = applied(&stack).await;
    ada.write("user/b.md", "# Ada\n\n- Ada reads.\n- Ada runs.\n- Ada swims.\n").await;
    let answer = revert(&stack, &dream, &[]).await.unwrap();
    assert_eq!(answer.left.len(), 1);
    let left = &answer.left[0];
    assert_eq!((left.paths.as_slice(), left.current_version), (["user/b.md".to_owned()].as_slice(), 3));
    assert!(left.reason.contains("user/b.md"), "{}", left.reason);
    assert_eq!(answer.dream.unwrap().state(), DreamState::Applied, "a group of it stands");
    assert_eq!(ada.read("user/a.md").await.as_deref(), Some(A));
    let none = revert(&stack, &dream, &[]).await.unwrap_err();
    assert_eq!(reason(&none), ErrorReason::VersionConflict, "every group that is left was changed");
    let unknown = revert(&stack, &dream, &["user/a.md"]).await.unwrap_err();
    assert_eq!(reason(&unknown), ErrorReason::FieldInvalid, "it is undone already");
    let merged = revert(&stack, &dream, &["user/b.md"]).await.unwrap();
    assert_eq!((merged.left.len(), merged.dream.unwrap().state()), (0, DreamState::Reverted));
    let text = "# Ada\n\n- Ada reads.\n- Ada reads.\n- Ada runs.\n- Ada swims.\n";
    assert_eq!(ada.read("user/b.md").await.as_deref(), Some(text), "the later edit stays");
    stack.finish().await;
}

#[tokio::test]
async fn later_edits_of_the_same_place_refuse_the_merge_with_their_lines() {
    let stack = Stack::start().await;
    let (ada, dream) = applied(&stack).await;
    ada.write("user/b.md", "# Ada\n\n- Ada reads.\n- Ada swims.\n- Ada runs.\n").await;
    let before = files(&ada).await;
    let status = revert(&stack, &dream, &["user/b.md"]).await.unwrap_err();
    let refusal = Refusal::of(&status).unwrap();
    assert_eq!(refusal.reason, ErrorReason::VersionConflict);
    assert_eq!((refusal.facts["path"].as_str(), refusal.facts["lines"].as_str()), ("user/b.md", "4"));
    assert_eq!(files(&ada).await, before, "nothing was reverted");
    assert_eq!(state(&stack, &dream).await, DreamState::Applied);
    stack.finish().await;
}

#[tokio::test]
async fn a_revert_is_a_dream_of_its_own_that_can_be_reverted_as_often_as_is_wanted() {
    let stack = Stack::start().await;
    let (ada, dream) = applied(&stack).await;
    let dreamt = files(&ada).await;
    let first = revert(&stack, &dream, &[]).await.unwrap().revert_id;
    assert_eq!(state(&stack, &dream).await, DreamState::Reverted);
    let reverted = files(&ada).await;
    assert_eq!(reverted["user/a.md"], A);
    let again = revert(&stack, &dream, &[]).await.unwrap_err();
    assert_eq!(reason(&again), ErrorReason::WrongState);
    let second = revert(&stack, &first, &[]).await.unwrap().revert_id;
    assert_eq!(files(&ada).await, dreamt, "the revert of the revert gives the dream's state again");
    assert_eq!([state(&stack, &dream).await, state(&stack, &first).await], [DreamState::Applied, DreamState::Reverted]);
    let request = GetDreamRequest { dream_id: second.clone() };
    let told = stack.operator().dream_admin.get_dream(request).await.unwrap().into_inner().dream.unwrap();
    assert_eq!((told.reverts.as_str(), told.state()), (first.as_str(), DreamState::Applied));
    revert(&stack, &second, &[]).await.unwrap();
    assert_eq!(files(&ada).await, reverted);
    assert_eq!([state(&stack, &dream).await, state(&stack, &first).await], [DreamState::Reverted, DreamState::Applied]);
    let log = ada.read("user/dream-log.md").await.unwrap();
    assert_eq!(log.lines().count(), 4, "the dream and three reverts: {log}");
    stack.finish().await;
}

/// What several sessions say, some of it twice.
async fn said(user: &User, chance: &mut Chance) {
    let all = ["likes green tea", "lives in Graz", "plays chess", "speaks French", "owns a red bicycle"];
    for file in 1..=5 {
        let mut text = format!("- Ada owns boat number {file}.\n");
        for said in
            all.iter().take(if file < 3 { 1 } else { 0 }).chain(&all).filter(|_| chance.below(3) == 0 || file < 3)
        {
            text.push_str(&format!("- Ada {said}.\n"));
        }
        text.push_str(&format!("- Ada owns tent number {file}.\n"));
        user.write(&format!("user/sessions/s{file}.md"), &text).await;
    }
}

/// The groups of a dream's files.
async fn groups(stack: &Stack, dream_id: &str) -> Vec<BTreeSet<String>> {
    let request = GetChangesetRequest { dream_id: dream_id.to_owned() };
    let told = stack.operator().dream_admin.get_changeset(request).await.unwrap().into_inner();
    let mut groups: BTreeMap<i32, BTreeSet<String>> = BTreeMap::new();
    for file in told.files {
        groups.entry(file.group).or_default().insert(file.path);
    }
    groups.into_values().collect()
}

/// One run: a dream, later edits by chance, its revert, the revert of that, and the merge of what was left.
async fn run(stack: &Stack, number: u64) -> bool {
    let mut chance = Chance::new(number);
    let name = format!("user-{number}");
    let user = stack.user(&name).await;
    said(&user, &mut chance).await;
    let before = files(&user).await;
    let dream = start_dream_of(stack, &name).await.dream_id;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
    assert_eq!(state(stack, &dream).await, DreamState::Applied, "run {number}");
    let groups = groups(stack, &dream).await;
    for (path, text) in files(&user).await {
        if chance.below(4) == 0 {
            user.write(&path, &format!("- Ada met person {}.\n{text}", chance.below(100))).await;
        }
    }
    let edited = files(&user).await;
    let dreamt = |path: &String| !edited[path].starts_with("- Ada met");
    let (whole, left): (Vec<_>, Vec<_>) = groups.iter().partition(|group| group.iter().all(dreamt));
    let mut expected = edited.clone();
    expected.extend(whole.iter().copied().flatten().map(|path| (path.clone(), before[path].clone())));
    match revert(stack, &dream, &[]).await {
        Ok(answer) => {
            let told: Vec<BTreeSet<String>> =
                answer.left.into_iter().map(|group| group.paths.into_iter().collect()).collect();
            assert_eq!(told.iter().collect::<Vec<_>>(), left, "run {number}");
            assert_eq!(files(&user).await, expected, "run {number}");
            let again = revert(stack, &answer.revert_id, &[]).await.unwrap();
            assert_eq!(files(&user).await, edited, "run {number}: the revert of the revert");
            assert_eq!(state(stack, &dream).await, DreamState::Applied);
            revert(stack, &again.revert_id, &[]).await.unwrap();
        }
        Err(status) => assert_eq!((reason(&status), whole.len()), (ErrorReason::VersionConflict, 0), "run {number}"),
    }
    assert_eq!(files(&user).await, expected, "run {number}");
    let named: Vec<&str> = left.iter().flat_map(|group| group.first()).map(String::as_str).collect();
    if named.is_empty() {
        assert_eq!(state(stack, &dream).await, DreamState::Reverted, "run {number}");
        return false;
    }
    revert(stack, &dream, &named).await.unwrap();
    assert_eq!(state(stack, &dream).await, DreamState::Reverted, "run {number}");
    for (path, text) in files(&user).await {
        let later = edited[&path].lines().next().filter(|line| line.starts_with("- Ada met"));
        let whole = later.map_or_else(String::new, |line| format!("{line}\n")) + &before[&path];
        assert_eq!(text, whole, "run {number}: {path}");
    }
    true
}

#[tokio::test]
async fn a_revert_restores_whole_groups_and_keeps_later_edits_whatever_was_dreamt() {
    let stack = Stack::start().await;
    let mut merged = 0;
    let runs = times(20, 200);
    for number in 0..runs {
        merged += u64::from(run(&stack, number).await);
    }
    assert!(0 < merged && merged < runs, "{merged} of {runs} runs had something to merge");
    stack.finish().await;
}
