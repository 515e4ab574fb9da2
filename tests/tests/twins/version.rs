//! No acknowledged change is lost, however many clients change one file through two memory-api.

use futures::future::join_all;
use memex_proto::v1::edit::Kind;
use memex_proto::v1::write_file_request::Precondition;
use memex_proto::v1::{
    AppendLines, Edit, ErrorReason, File, PatchFileRequest, ReadFileRequest, Role, WriteFileRequest,
};
use memex_stack::stack::{Clients, Stack, StackOptions};
use tests::ask;
use tests::refused::reason;
use tonic::Status;

const CLIENTS: usize = 18;

/// Lines that each client adds.
const LINES: usize = 5;

const PATH: &str = "user/list.md";

/// How a client adds a line.
#[derive(Clone, Copy, Debug)]
enum How {
    /// Reads, and writes the whole text at the version that it read.
    Write,
    /// Reads, and patches at the version that it read.
    PatchAtVersion,
    /// Patches whatever is there: memory-api reads and tries again.
    Patch,
}

/// What the clients saw.
#[derive(Debug, Default)]
struct Seen {
    /// Lines that were acknowledged, each with the version that its answer gave.
    acknowledged: Vec<(String, i64)>,
    /// Changes that were refused because another came first.
    conflicts: usize,
}

async fn everybody_adds(stack: &Stack) -> Seen {
    stack.user("ada").await.write(PATH, "- the first line\n").await;
    let token = stack.workspace().token(Role::Agent, "ada").await;
    let clients = (0..CLIENTS).map(|client| {
        let at = Clients::at(&stack.endpoint_of(client % 2), &token);
        let how = [How::Write, How::PatchAtVersion, How::Patch][client / 2 % 3];
        tokio::spawn(adds_lines(at, how, client))
    });
    let mut all = Seen::default();
    for seen in join_all(clients).await {
        let seen = seen.unwrap();
        all.acknowledged.extend(seen.acknowledged);
        all.conflicts += seen.conflicts;
    }
    assert_eq!(all.acknowledged.len(), CLIENTS * LINES, "each client goes on until its lines are acknowledged");
    all
}

async fn adds_lines(clients: Clients, how: How, client: usize) -> Seen {
    let mut seen = Seen::default();
    for number in 0..LINES {
        let line = format!("- client {client} adds {number}");
        let file = loop {
            match add(&clients, how, &line).await {
                Ok(file) => break file,
                Err(status) if reason(&status) == ErrorReason::VersionConflict => seen.conflicts += 1,
                // Shed before any statement ran, on a machine that is slow: nothing was written.
                Err(status) if reason(&status) == ErrorReason::Overloaded => {}
                Err(status) => panic!("{how:?}: nothing but a conflict may come of it: {status}"),
            }
        };
        seen.acknowledged.push((line, file.version));
    }
    seen
}

async fn add(clients: &Clients, how: How, line: &str) -> Result<File, Status> {
    let (version, text) = match how {
        How::Patch => (None, String::new()),
        How::Write | How::PatchAtVersion => {
            let request = ReadFileRequest { path: PATH.into(), ..Default::default() };
            let read = clients.memory.clone().read_file(request).await?.into_inner().file.unwrap();
            (Some(read.file.unwrap().version), read.content)
        }
    };
    if let (How::Write, Some(version)) = (how, version) {
        let precondition = Some(Precondition::ExpectedVersion(version));
        let request = WriteFileRequest {
            path: PATH.into(),
            content: format!("{text}{line}\n"),
            precondition,
            ..Default::default()
        };
        return Ok(clients.memory.clone().write_file(request).await?.into_inner().file.unwrap());
    }
    let append = Kind::AppendLines(AppendLines { lines: vec![line.into()], after_heading: String::new() });
    let edits = vec![Edit { kind: Some(append) }];
    let request = PatchFileRequest { path: PATH.into(), edits, expected_version: version, ..Default::default() };
    Ok(clients.memory.clone().patch_file(request).await?.into_inner().file.unwrap())
}

/// The text of every revision of the file, the first first.
async fn texts(stack: &Stack) -> Vec<String> {
    ask::lines(stack.sql(), "SELECT text FROM mx_revision WHERE path = $1 ORDER BY version", &[PATH]).await
}

/// Lines of the history that a later text lacks.
fn lost(texts: &[String]) -> usize {
    let steps = texts.iter().zip(&texts[1..]);
    steps.map(|(before, after)| before.lines().filter(|line| !after.lines().any(|kept| kept == *line)).count()).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_change_is_built_on_the_one_before() {
    let stack = Stack::with(StackOptions { replicas: 2, ..StackOptions::default() }).await;
    let seen = everybody_adds(&stack).await;
    let texts = texts(&stack).await;
    assert_eq!(texts.len(), 1 + seen.acknowledged.len(), "acknowledged changes are revisions, one each");
    for (line, version) in &seen.acknowledged {
        let (before, after) =
            (&texts[usize::try_from(*version).unwrap() - 2], &texts[usize::try_from(*version).unwrap() - 1]);
        assert_eq!(*after, format!("{before}{line}\n"), "version {version} is version {} and a line", version - 1);
    }
    assert!(seen.conflicts > 0, "nobody came second: the race did not take place");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_guard_acknowledged_changes_are_lost() {
    let stack = Stack::with(StackOptions { replicas: 2, ..StackOptions::default() }).await;
    stack.install_twin("mx_commit_1", "version").await;
    let seen = everybody_adds(&stack).await;
    let texts = texts(&stack).await;
    assert!(lost(&texts) > 0, "the twin has lost nothing, so the guard was not what kept it");
    let there =
        seen.acknowledged.iter().filter(|(line, _)| texts.last().unwrap().lines().any(|kept| kept == line)).count();
    assert!(there < seen.acknowledged.len(), "all {there} acknowledged lines are there without the guard");
    stack.abandon().await;
}
