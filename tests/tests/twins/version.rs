//! No acknowledged change is lost, however many clients change one file through two memory-api.

use futures::future::join_all;
use memex_proto::v1::edit::Kind;
use memex_proto::v1::{AppendLines, ErrorReason, File, Role};
use memex_stack::stack::{Clients, Stack, StackOptions};
use tests::ask;
use tests::counts::times;
use tests::refused::reason;
use tests::waiting::insisted;
use tonic::Status;
use uuid::Uuid;

const CLIENTS: usize = 64;

/// Lines that each client adds, and how many with `MEMEX_LONG=1`.
const LINES: (usize, usize) = (3, 60);

/// Files of the one scope; each is changed by a share of the clients, through both memory-api.
const FILES: usize = 8;

fn path(file: usize) -> String {
    format!("user/list-{file}.md")
}

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

/// A line that was acknowledged.
#[derive(Debug)]
struct Added {
    /// In which file.
    file: usize,
    /// Itself.
    line: String,
    /// The version that the answer gave.
    version: i64,
}

/// What the clients saw.
#[derive(Debug, Default)]
struct Seen {
    /// Lines that were acknowledged.
    acknowledged: Vec<Added>,
    /// Changes that were refused because another came first.
    conflicts: usize,
}

async fn everybody_adds(stack: &Stack, lines: usize) -> Seen {
    let ada = stack.user("ada").await;
    for file in 0..FILES {
        ada.write(&path(file), "- the first line\n").await;
    }
    let token = stack.workspace().token(Role::Agent, "ada").await;
    let clients = (0..CLIENTS).map(|client| {
        let at = Clients::at(&stack.endpoint_of(client % 2), &token);
        let how = [How::Write, How::PatchAtVersion, How::Patch][client / (2 * FILES) % 3];
        tokio::spawn(adds_lines(at, how, client, lines))
    });
    let mut all = Seen::default();
    for seen in join_all(clients).await {
        let seen = seen.unwrap();
        all.acknowledged.extend(seen.acknowledged);
        all.conflicts += seen.conflicts;
    }
    assert_eq!(all.acknowledged.len(), CLIENTS * lines, "each client goes on until its lines are acknowledged");
    all
}

async fn adds_lines(clients: Clients, how: How, client: usize, lines: usize) -> Seen {
    let file = client / 2 % FILES;
    let mut seen = Seen::default();
    for number in 0..lines {
        let line = format!("- client {client} adds {number}");
        let version = loop {
            match add(&clients, how, &path(file), &line).await {
                Ok(changed) => break changed.version,
                Err(status) if reason(&status) == ErrorReason::VersionConflict => seen.conflicts += 1,
                Err(status) => panic!("{how:?}: nothing but a conflict may come of it: {status}"),
            }
        };
        seen.acknowledged.push(Added { file, line, version });
    }
    seen
}

async fn add(clients: &Clients, how: How, path: &str, line: &str) -> Result<File, Status> {
    let (version, text) = match how {
        How::Patch => (None, String::new()),
        How::Write | How::PatchAtVersion => {
            let read = insisted(|| clients.read(path).into_future()).await?;
            (Some(read.file.unwrap().version), read.content)
        }
    };
    if let (How::Write, Some(version)) = (how, version) {
        let write = clients.write(path, &format!("{text}{line}\n")).at(version).id(Uuid::new_v4());
        return Ok(insisted(|| write.clone().into_future()).await?.file.unwrap());
    }
    let append = Kind::AppendLines(AppendLines { lines: vec![line.into()], ..AppendLines::default() });
    let patch = clients.patch(path, [append]).id(Uuid::new_v4()).with(|patch| patch.expected_version = version);
    Ok(insisted(|| patch.clone().into_future()).await?.file.unwrap())
}

/// The text of every revision of each file, the first first.
async fn texts(stack: &Stack) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for file in 0..FILES {
        let statement = "SELECT text FROM mx_revision WHERE path = $1 ORDER BY version";
        all.push(ask::lines(stack.sql(), statement, &[&path(file)]).await);
    }
    all
}

/// Lines of the history that a later text lacks.
fn lost(texts: &[String]) -> usize {
    let steps = texts.iter().zip(&texts[1..]);
    steps.map(|(before, after)| before.lines().filter(|line| !after.lines().any(|kept| kept == *line)).count()).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_change_is_built_on_the_one_before() {
    let stack = Stack::with(StackOptions { replicas: 2, ..StackOptions::default() }).await;
    let seen = everybody_adds(&stack, times(LINES.0, LINES.1)).await;
    let texts = texts(&stack).await;
    let revisions: usize = texts.iter().map(Vec::len).sum();
    assert_eq!(revisions, FILES + seen.acknowledged.len(), "acknowledged changes are revisions, one each");
    for Added { file, line, version } in &seen.acknowledged {
        let at = usize::try_from(*version).unwrap() - 1;
        let (before, after) = (&texts[*file][at - 1], &texts[*file][at]);
        assert_eq!(*after, format!("{before}{line}\n"), "version {version} is version {} and a line", version - 1);
    }
    assert!(seen.conflicts > 0, "nobody came second: the race did not take place");
    eprintln!("{CLIENTS} clients, {FILES} files: {revisions} revisions, {} conflicts", seen.conflicts);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_guard_acknowledged_changes_are_lost() {
    let stack = Stack::with(StackOptions { replicas: 2, ..StackOptions::default() }).await;
    stack.install_twin("mx_commit_1", "version").await;
    let seen = everybody_adds(&stack, LINES.0).await;
    let texts = texts(&stack).await;
    assert!(
        texts.iter().map(|texts| lost(texts)).sum::<usize>() > 0,
        "the twin has lost nothing, so the guard was not what kept it"
    );
    let stands = |added: &&Added| texts[added.file].last().unwrap().lines().any(|kept| kept == added.line);
    let there = seen.acknowledged.iter().filter(stands).count();
    assert!(there < seen.acknowledged.len(), "all {there} acknowledged lines are there without the guard");
    stack.abandon().await;
}
