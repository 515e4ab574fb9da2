//! A backup that is older than an erasure, restored: the tombstones that were kept beside it erase again, and nothing
//! brings back what was erased.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser as _;
use memex_proto::v1::restore_revision_request::Precondition;
use memex_proto::v1::{
    ErasureState, ErrorReason, ReadFileRequest, RestoreRevisionRequest, Role, StartDreamRequest, StopReason,
};
use memex_stack::stack::{Clients, Stack, StackOptions};
use memory_api::args::{DatabaseArgs, ErasureArgs};
use memory_api::commands::CommandError;
use memory_api::commands::MemoryApi;
use memory_api::commands::tombstones::{Applied, apply, save};
use tempfile::TempDir;
use tests::archive::{export, import, into};
use tests::ask;
use tests::backup::dumped;
use tests::hand::{HeldDream, claim_one};
use tests::refused::refused;
use tests::waiting::until;

use super::erasure::{ADA, CANARY, done, erase, older_transaction, read, readmit, with_ada_and_bob, write};
use super::erasure_rows::rows_that_say;

fn database(stack: &Stack) -> DatabaseArgs {
    DatabaseArgs { database_url: Some(stack.database_url()), ..DatabaseArgs::default() }
}

fn with_key(file: PathBuf) -> ErasureArgs {
    ErasureArgs { erasure_key_file: Some(file) }
}

async fn applied(stack: &Stack, file: &Path) -> Applied {
    apply(file, &with_key(stack.erasure_key_file()), &database(stack)).await.unwrap()
}

/// Another database, served, with what the backup has.
async fn restored(dir: &TempDir, dump: &str) -> Stack {
    let file = dir.path().join("dump.sql");
    std::fs::write(&file, dump).unwrap();
    Stack::with(StackOptions { dump: Some(file), ..StackOptions::default() }).await
}

async fn erased(stack: &Stack, user: &str) {
    erase(&stack.operator(), user).await;
    done(&stack.operator(), user).await;
}

/// What an earlier state of ada could come back by.
struct Earlier {
    archive: Vec<u8>,
    revision_id: String,
    agent: String,
    worker: String,
    dream: HeldDream,
}

/// Ada with a dream in flight, and what she is remembered by outside of the database.
async fn with_an_earlier_state() -> (Stack, Earlier) {
    let (stack, [_, revision_id]) = with_ada_and_bob().await;
    let worker = ask::worker_token(&stack).await;
    let dream = claim_one(&Clients::at(&stack.endpoint(), &worker)).await;
    dream.read("user/a.md").await.unwrap();
    dream.stage("user/a.md", &format!("- likes {CANARY}.\n"), 1).await.unwrap();
    let archive = export(&stack.operator(), ADA).await;
    let agent = stack.workspace().token(Role::Agent, ADA).await;
    (stack, Earlier { archive, revision_id, agent, worker, dream })
}

/// Tries each way back.
async fn nothing_brings_her_back(stack: &Stack, earlier: &Earlier) {
    let operator = stack.operator();
    let mut agent = Clients::at(&stack.endpoint(), &earlier.agent).memory;
    // It may remember the token, which it let in before, for a few seconds.
    let ended = [ErrorReason::TokenInvalid, ErrorReason::UserErased];
    assert!(ended.contains(&refused(agent.read_file(read("")).await)));
    assert_eq!(refused(operator.memory.clone().write_file(write(ADA)).await), ErrorReason::UserErased);
    assert_eq!(refused(import(&operator, into(ADA), &earlier.archive).await), ErrorReason::UserErased);
    let restore = RestoreRevisionRequest {
        revision_id: earlier.revision_id.clone(),
        precondition: Some(Precondition::Overwrite(true)),
        ..RestoreRevisionRequest::default()
    };
    assert_eq!(refused(operator.history.clone().restore_revision(restore).await), ErrorReason::UserErased);
    let start = StartDreamRequest { user_id: ADA.into(), ..StartDreamRequest::default() };
    assert_eq!(refused(operator.dream_admin.clone().start_dream(start).await), ErrorReason::UserErased);
    let over = [ErrorReason::LeaseLost, ErrorReason::UserErased];
    let dream = earlier.dream.through(&Clients::at(&stack.endpoint(), &earlier.worker));
    assert!(over.contains(&refused(dream.stage("user/b.md", "- back\n", 0).await)));
    assert_ne!(dream.renew().await.unwrap().stop(), StopReason::Unspecified);
    assert!(over.contains(&refused(dream.finish().await)));
    stack.quiet().await;
    stack.worker().poll_once().await.unwrap();
    assert_eq!(rows_that_say(stack, ADA).await, Vec::<String>::new());
}

#[tokio::test]
async fn who_was_erased_after_a_backup_is_erased_again_in_what_is_restored_from_it_and_stays_so() {
    let (stack, earlier) = with_an_earlier_state().await;
    let dir = tempfile::tempdir().unwrap();
    let dump = dumped(&stack);
    erased(&stack, ADA).await;
    let file = dir.path().join("tombstones.jsonl");
    assert_eq!(save(&file, &database(&stack)).await.unwrap(), 1);
    assert!(!std::fs::read_to_string(&file).unwrap().contains(ADA), "it names nobody");

    let restored = restored(&dir, &dump).await;
    let mut agent = Clients::at(&restored.endpoint(), &earlier.agent).memory;
    let back = agent.read_file(read("")).await.unwrap().into_inner().file.unwrap();
    assert!(back.content.contains(CANARY), "a backup brings back who was erased since");
    assert_eq!(applied(&restored, &file).await, Applied { erased: 1, ..Applied::default() });
    assert_eq!(rows_that_say(&restored, ADA).await, Vec::<String>::new());
    assert_eq!(rows_that_say(&restored, CANARY).await, ["mx_revision: 1"], "bob's");
    let dump = dumped(&restored);
    assert!(!dump.contains(ADA) && dump.matches(CANARY).count() == 1, "bob's alone");
    nothing_brings_her_back(&restored, &earlier).await;
    assert_eq!(rows_that_say(&restored, CANARY).await, ["mx_revision: 1"], "bob's still");
    assert_eq!(applied(&restored, &file).await, Applied { known: 1, ..Applied::default() });
    restored.finish().await;
    stack.finish().await;
}

#[tokio::test]
async fn who_is_not_in_the_backup_stays_refused_a_token_goes_and_who_was_readmitted_is_let_in() {
    let stack = Stack::start().await;
    let (mut operator, backend, dir) = (stack.operator(), stack.backend().await, tempfile::tempdir().unwrap());
    let write_as = async |user: &str| backend.memory.clone().write_file(write(user)).await.unwrap();
    write_as("eve").await;
    write_as("bob").await;
    let doras = stack.workspace().token(Role::Agent, "dora-canary").await;
    let dump = dumped(&stack);
    for user in ["carol", "dora-canary", "eve"] {
        if user != "eve" {
            write_as(user).await;
        }
        erased(&stack, user).await;
    }
    operator.admin.update_user(readmit("eve")).await.unwrap();
    write_as("eve").await;
    let file = dir.path().join("tombstones.jsonl");
    save(&file, &database(&stack)).await.unwrap();

    let restored = restored(&dir, &dump).await;
    let first = applied(&restored, &file).await;
    assert_eq!(first, Applied { erased: 2, refused: 1, ..Applied::default() }, "dora and eve; carol");
    assert_eq!(rows_that_say(&restored, "dora-canary").await, Vec::<String>::new());
    let mut dora = Clients::at(&restored.endpoint(), &doras).memory;
    assert_eq!(refused(dora.read_file(read("")).await), ErrorReason::TokenInvalid);
    let mut memory = restored.backend().await.memory;
    for user in ["carol", "dora-canary"] {
        assert_eq!(refused(memory.write_file(write(user)).await), ErrorReason::UserErased, "{user}");
        assert_eq!(done(&restored.operator(), user).await.state(), ErasureState::Done);
    }
    assert_eq!(refused(memory.read_file(read("eve")).await), ErrorReason::FileNotFound);
    restored.operator().admin.update_user(readmit("carol")).await.unwrap();
    for user in ["eve", "carol"] {
        memory.write_file(write(user)).await.unwrap();
    }
    assert_eq!(applied(&restored, &file).await, Applied { known: 3, ..Applied::default() }, "nobody is erased twice");
    for user in ["eve", "carol", "bob"] {
        assert!(memory.read_file(read(user)).await.is_ok(), "{user}");
    }
    restored.finish().await;
    stack.finish().await;
}

#[tokio::test]
async fn a_file_that_is_not_whole_or_a_key_that_is_another_erases_nobody() {
    let (stack, _) = with_ada_and_bob().await;
    let dir = tempfile::tempdir().unwrap();
    let dump = dumped(&stack);
    erased(&stack, ADA).await;
    let (file, broken, other) = (dir.path().join("whole"), dir.path().join("broken"), dir.path().join("other.key"));
    save(&file, &database(&stack)).await.unwrap();
    let whole = std::fs::read_to_string(&file).unwrap();
    let restored = restored(&dir, &dump).await;
    let before = ask::everything(&restored).await;
    let of_another_kind = whole.replacen("memex tombstones", "memex", 1);
    for text in ["", "x\n", whole.lines().next().unwrap(), &whole[..whole.len() - 9], &of_another_kind] {
        std::fs::write(&broken, text).unwrap();
        let answer = apply(&broken, &with_key(restored.erasure_key_file()), &database(&restored)).await;
        assert!(matches!(answer, Err(CommandError::Refused(_))), "{text:?}: {answer:?}");
    }
    std::fs::write(&other, "ab".repeat(32)).unwrap();
    for erasure in [with_key(other), ErasureArgs::default()] {
        let answer = apply(&file, &erasure, &database(&restored)).await;
        assert!(matches!(answer, Err(CommandError::Refused(_))), "{answer:?}");
    }
    assert_eq!(ask::everything(&restored).await, before);
    let elsewhere = whole.replacen("\"workspace\":\"main\"", "\"workspace\":\"another\"", 1);
    std::fs::write(&file, elsewhere).unwrap();
    assert_eq!(applied(&restored, &file).await, Applied { elsewhere: 1, ..Applied::default() });
    let asked = ReadFileRequest { user_id: ADA.into(), path: "user/a.md".into(), ..ReadFileRequest::default() };
    assert!(restored.operator().memory.read_file(asked).await.is_ok());
    restored.finish().await;
    stack.finish().await;
}

#[tokio::test]
async fn an_erasure_that_a_backup_caught_half_way_ends_in_what_is_restored_from_it() {
    let (stack, _) = with_ada_and_bob().await;
    let dir = tempfile::tempdir().unwrap();
    let older = older_transaction(&stack).await;
    erase(&stack.operator(), ADA).await;
    let begun = "SELECT count(*) FROM mx_erasure WHERE settled_from IS NOT NULL";
    until("a batch was tried", async || (ask::number(stack.sql(), begun, &[]).await == 1).then_some(())).await;
    // As it is where the numbers of transactions begin again.
    ask::change(stack.sql(), "UPDATE mx_erasure SET settled_from = '9000000000'", &[]).await;
    let dump = dumped(&stack);
    older.rollback().await.unwrap();
    let restored = restored(&dir, &dump).await;
    assert_eq!(done(&restored.operator(), ADA).await.state(), ErasureState::Done);
    assert_eq!(rows_that_say(&restored, ADA).await, Vec::<String>::new());
    restored.finish().await;
    stack.abandon().await;
}

#[tokio::test]
async fn the_command_saves_and_applies() {
    let (stack, _) = with_ada_and_bob().await;
    let dir = tempfile::tempdir().unwrap();
    let dump = dumped(&stack);
    erased(&stack, ADA).await;
    let restored = restored(&dir, &dump).await;
    let (file, key) = (dir.path().join("tombstones.jsonl"), restored.erasure_key_file());
    let [file, key] = [&file, &key].map(|path| path.to_str().unwrap());
    let run = async |database: &Stack, args: &[&str]| {
        let url = database.database_url();
        let line = [&["memory-api", "tombstones"], args, &["--database-url", &url]].concat();
        memory_api::commands::execute(MemoryApi::try_parse_from(line).unwrap(), |_| ()).await
    };
    assert_eq!(run(&stack, &["save", file]).await, ExitCode::SUCCESS);
    assert_eq!(run(&restored, &["apply", file]).await, ExitCode::FAILURE, "without a key");
    assert_eq!(run(&restored, &["apply", file, "--erasure-key-file", key]).await, ExitCode::SUCCESS);
    assert_eq!(rows_that_say(&restored, ADA).await, Vec::<String>::new());
    restored.finish().await;
    stack.finish().await;
}
