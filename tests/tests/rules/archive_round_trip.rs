//! Acceptance 42: whatever a user's history was, its archive brings it to another database unchanged, and nothing of
//! anybody else.

use std::collections::BTreeMap;
use std::time::Duration;

use memex_proto::v1::edit::Kind;
use memex_proto::v1::restore_revision_request::Precondition as Restore;
use memex_proto::v1::{
    AppendLines, DeleteFileRequest, ErrorReason, File, GetRevisionRequest, Imported, ListFilesRequest, MoveFileRequest,
    RedactRevisionRequest, RestoreRevisionRequest, Revision, RevisionOperation, SearchFilesRequest, Source,
    StartDreamRequest,
};
use memex_stack::stack::{Clients, Stack};
use sha2::{Digest as _, Sha256};
use tests::archive::{export, import, into, revisions};
use tests::chance::Chance;
use tests::counts::times;
use tests::hand::{claim_one, start_dream, start_dream_of, worker};
use tests::refused::{reason, refused};
use tonic::Status;

/// Changes that a history is made by; some change nothing, or are refused.
const CHANGES: usize = 60;

/// What nobody's archive has but their own.
const CANARY: &str = "canary";

const PATHS: [&str; 6] =
    ["user/a.md", "user/b.md", "user/übung/日本.md", "user/deep/er/c.md", "user/log.md", "user/profile.md"];

/// Who may change ada's files, with the name that the revisions have.
struct Hands {
    all: Vec<Clients>,
    operator: Clients,
}

/// A text of lines of its own, with what is hard to keep.
fn text(chance: &mut Chance) -> String {
    let hard = ["", "\r\n", "\r", "e\u{301}", "🦀", "\u{FEFF}", "\u{200B}", "\"\\/", "\u{7f}\t", "\u{1}", "\u{2028}"];
    let lines = (0..chance.below(8)).map(|_| format!("- {} {}\n", chance.below(1_000_000), chance.pick(&hard)));
    let text: String = lines.collect();
    text + ["", "no end"][chance.below(2)]
}

/// One change, whatever comes of it.
async fn change(hands: &Hands, chance: &mut Chance, so_far: &[Revision]) -> Result<(), Status> {
    let by = chance.pick(&hands.all).clone();
    let (user_id, path) = ("ada".to_owned(), (*chance.pick(&PATHS)).to_owned());
    let reason = ["", "because 🦀"][chance.below(2)].to_owned();
    let old = if so_far.is_empty() { String::new() } else { chance.pick(so_far).revision_id.clone() };
    match chance.below(13) {
        0..=4 => {
            let source = chance.pick(&[Source::User, Source::Agent, Source::Tool, Source::Web, Source::Import]);
            let write = by.write(&path, &text(chance)).of(&user_id).overwrite().source(*source);
            write.with(|write| write.reason = reason).await.map(drop)
        }
        5..=6 => {
            let lines = vec![format!("- appended {}", chance.below(1_000_000))];
            let kind = Kind::AppendLines(AppendLines { lines, ..AppendLines::default() });
            let patch = by.patch(&path, [kind]);
            patch.with(|patch| (patch.user_id, patch.reason) = (user_id, reason)).await.map(drop)
        }
        7..=8 => {
            let new_path = (*chance.pick(&PATHS)).to_owned();
            by.memory
                .clone()
                .move_file(MoveFileRequest { user_id, path, new_path, reason, ..Default::default() })
                .await
                .map(drop)
        }
        9 => by
            .memory
            .clone()
            .delete_file(DeleteFileRequest { user_id, path, reason, ..Default::default() })
            .await
            .map(drop),
        10..=11 => {
            let precondition = Some(Restore::Overwrite(true));
            let request = RestoreRevisionRequest { revision_id: old, precondition, reason, ..Default::default() };
            by.history.clone().restore_revision(request).await.map(drop)
        }
        _ => {
            let request = RedactRevisionRequest { revision_id: old, reason: "private".into(), ..Default::default() };
            hands.operator.admin.clone().redact_revision(request).await.map(drop)
        }
    }
}

/// What a random change may be refused for.
const EXPECTED: [ErrorReason; 7] = [
    ErrorReason::ExcludedPath,
    ErrorReason::FileNotFound,
    ErrorReason::FileExists,
    ErrorReason::RevisionIsHead,
    ErrorReason::RevisionRedacted,
    ErrorReason::FieldInvalid,
    ErrorReason::InvalidText,
];

/// Gives ada a random history.
async fn live(stack: &Stack, seed: usize) {
    let all = vec![stack.agent("ada").await, stack.backend().await, stack.operator()];
    let hands = Hands { all, operator: stack.operator() };
    let mut chance = Chance::new(seed as u64);
    tests::messy::write(&stack.user("ada").await).await;
    start_dream_of(stack, "ada").await;
    let dream = claim_one(&worker(stack, 1).await[0]).await;
    dream.clean().await.unwrap();
    dream.ends().await;
    for _ in 0..CHANGES {
        let so_far = revisions(&hands.operator, "ada").await;
        if let Err(status) = change(&hands, &mut chance, &so_far).await {
            assert!(EXPECTED.contains(&reason(&status)), "seed {seed}: {status}");
        }
        stack.advance(Duration::from_secs(chance.below(100_000) as u64)).await;
    }
}

/// Others with canaries wherever something may stand, and ada trying to get at them.
async fn others(stack: &Stack) {
    let (operator, ada) = (stack.operator(), stack.agent("ada").await);
    for (user, path) in [("bob", "user/canary.md"), ("", "shared/canary.md")] {
        for number in 0..3 {
            let text = format!("- canary {number} of {user}\n- canary {number} of {user}\n");
            let write = operator.write(path, &text).of(user).overwrite();
            write.with(|write| write.reason = "a canary".into()).await.unwrap();
            let stolen = ada.write(&path.replace("user/", "user/of-"), &text).of(user).overwrite();
            assert!(stolen.with(|write| write.reason = "a canary".into()).await.is_err());
        }
    }
    let request = StartDreamRequest { user_id: "bob".into(), instructions: "the canary".into(), ..Default::default() };
    start_dream(stack, request).await;
    claim_one(&worker(stack, 1).await[0]).await.ends().await;
    ada.read("shared/canary.md").await.unwrap();
    let found = SearchFilesRequest { query: "canary".into(), ..Default::default() };
    assert!(!ada.memory.clone().search_files(found).await.unwrap().into_inner().passages.is_empty());
}

/// A user's files by path.
async fn files(clients: &Clients, user: &str) -> BTreeMap<String, File> {
    let request =
        ListFilesRequest { user_id: user.into(), prefix: "user/".into(), page_size: 1_000, ..Default::default() };
    let files = clients.memory.clone().list_files(request).await.unwrap().into_inner().files;
    files.into_iter().map(|file| (file.path.clone(), file)).collect()
}

/// A revision's text, or nothing where it was redacted.
async fn text_of(clients: &Clients, revision: &Revision) -> Option<String> {
    let request = GetRevisionRequest { revision_id: revision.revision_id.clone(), ..Default::default() };
    match clients.history.clone().get_revision(request).await {
        Ok(answer) => Some(answer.into_inner().content),
        Err(status) if revision.redacted => {
            assert_eq!(reason(&status), ErrorReason::RevisionRedacted);
            None
        }
        Err(status) => panic!("{} has no text: {status}", revision.revision_id),
    }
}

/// Whether an imported revision is what it was there, but for who brought it when.
fn is_that_of(here: &Revision, there: &Revision) -> bool {
    let first = Imported { actor: there.actor.clone(), created_at: there.created_at, dream_id: there.dream_id.clone() };
    let origin = there.imported.clone().unwrap_or(first);
    let expected = Revision {
        revision_id: here.revision_id.clone(),
        actor: "operator".into(),
        dream_id: String::new(),
        request_id: String::new(),
        trace_id: here.trace_id.clone(),
        span_id: here.span_id.clone(),
        created_at: here.created_at,
        imported: Some(origin),
        ..there.clone()
    };
    *here == expected
}

/// Every revision and every file, with hashes that are those of the texts.
async fn is_the_same(here: (&Clients, &str), there: (&Clients, &str), seed: usize) {
    let (mine, theirs) = (revisions(here.0, here.1).await, revisions(there.0, there.1).await);
    assert_eq!(mine.len(), theirs.len(), "seed {seed}");
    for (mine, theirs) in mine.iter().zip(&theirs) {
        assert!(is_that_of(mine, theirs), "seed {seed}: {mine:?} is not {theirs:?}");
        assert_ne!(mine.created_at, mine.imported.clone().unwrap().created_at, "seed {seed}: our time is ours");
        let text = text_of(here.0, mine).await;
        assert_eq!(text, text_of(there.0, theirs).await, "seed {seed}: {mine:?}");
        let hashed = !mine.redacted && !mine.sha256.is_empty();
        assert!(!hashed || mine.sha256 == Sha256::digest(text.unwrap())[..], "seed {seed}: {mine:?}");
    }
    let (mine, theirs) = (files(here.0, here.1).await, files(there.0, there.1).await);
    let told = |file: &File| (file.path.clone(), file.version, file.size_bytes, file.sha256.clone());
    assert!(mine.values().map(told).eq(theirs.values().map(told)), "seed {seed}: {mine:?} {theirs:?}");
}

/// The version that the next write at each path has: what was deleted counts on too.
async fn next_versions(clients: &Clients, user: &str) -> Vec<i64> {
    let mut versions = Vec::new();
    for path in PATHS {
        let written = clients.write(path, "- afterwards\n").of(user).overwrite().await;
        versions.push(written.unwrap().file.unwrap().version);
    }
    versions
}

/// There, in another database, and back again under another name.
async fn round_trip(there: &Stack, elsewhere: &Stack, seed: usize) {
    let (from, to, user) = (there.operator(), elsewhere.operator(), format!("ada {seed}"));
    let archive = export(&from, "ada").await;
    assert!(!String::from_utf8_lossy(&archive).contains(CANARY), "seed {seed}: a byte of somebody else");
    import(&to, into(&user), &archive).await.unwrap();
    is_the_same((&to, &user), (&from, "ada"), seed).await;
    let again = export(&to, &user).await;
    import(&from, into("back"), &again).await.unwrap();
    is_the_same((&from, "back"), (&to, &user), seed).await;
    let next = next_versions(&from, "ada").await;
    assert_eq!(next_versions(&to, &user).await, next, "seed {seed}");
    assert_eq!(next_versions(&from, "back").await, next, "seed {seed}");
    assert_eq!(refused(import(&to, into(&user), &archive).await), ErrorReason::WrongState);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acceptance_42_any_history_arrives_unchanged_and_nothing_of_others() {
    let elsewhere = Stack::start().await;
    let mut made: BTreeMap<RevisionOperation, usize> = BTreeMap::new();
    let (mut redacted, mut again) = (0, 0);
    for seed in 0..times(6, 200) {
        let there = Stack::start().await;
        others(&there).await;
        live(&there, seed).await;
        let history = revisions(&there.operator(), "ada").await;
        for (place, one) in history.iter().enumerate() {
            *made.entry(one.operation()).or_default() += 1;
            redacted += usize::from(one.redacted);
            let gone = |before: &&Revision| before.path == one.path || before.moved_from == one.path;
            let before = history[..place].iter().rfind(gone);
            again += usize::from(before.is_some_and(|before| before.operation() == RevisionOperation::Delete));
        }
        round_trip(&there, &elsewhere, seed).await;
        there.finish().await;
    }
    use RevisionOperation as O;
    for operation in [O::Write, O::Patch, O::Move, O::Delete, O::Restore] {
        assert!(made.get(&operation).is_some_and(|&count| count > 3), "too few of {operation:?}: {made:?}");
    }
    assert!(redacted > 3 && again > 3, "{redacted} redacted, {again} made again");
    elsewhere.finish().await;
}
