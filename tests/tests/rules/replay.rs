//! Acceptance 6: the revisions of a file, replayed, give its text byte for byte; any of them comes back as a new one.

use futures::StreamExt as _;
use memex_proto::v1::edit::Kind;
use memex_proto::v1::restore_revision_request::Precondition;
use memex_proto::v1::{
    AppendLines, DeleteLines, DiffRevisionsRequest, InsertLines, ListRevisionsRequest, Replace, RestoreRevisionRequest,
    Revision, RevisionOperation,
};
use memex_stack::stack::{Clients, Stack, User};
use sha2::{Digest as _, Sha256};
use tests::chance::Chance;
use tests::counts::times;

const PATCHES: usize = 20;

/// Files at once.
const TOGETHER: usize = 8;

/// The first text of a file: some with `\r\n`, some without a final newline.
fn beginning(number: usize) -> String {
    let ending = if number.is_multiple_of(3) { "\r\n" } else { "\n" };
    let rows = (0..8).map(|row| format!("- line {row} of {number}, é 日本{ending}"));
    let text: String = rows.collect();
    if number.is_multiple_of(2) { text } else { text + "open" }
}

/// An edit that applies to this text and changes it.
fn edit(text: &str, step: usize, chance: &mut Chance) -> Kind {
    let rows: Vec<&str> = text.lines().collect();
    let at = chance.below(rows.len());
    let number = |place: usize| i32::try_from(place).unwrap();
    let new = format!("- step {step}, ü $& \\1");
    match chance.below(4) {
        0 if rows.len() > 3 => {
            let (line, expected) = (number(at + 1), rows[at].to_owned());
            Kind::DeleteLines(DeleteLines { first_line: line, last_line: line, expected })
        }
        1 => Kind::InsertLines(InsertLines { after_line: number(at), lines: vec![new, String::new(), "- x".into()] }),
        2 if text.matches(rows[at]).count() == 1 && !rows[at].is_empty() => {
            Kind::Replace(Replace { old: rows[at].into(), new })
        }
        _ => Kind::AppendLines(AppendLines { lines: vec![new], ..AppendLines::default() }),
    }
}

/// Writes a file and patches it; gives the text after each version, as reads gave it at once.
async fn made(ada: &User, path: &str, number: usize) -> Vec<String> {
    let mut chance = Chance::new(number as u64);
    let mut texts = vec![beginning(number)];
    ada.write(path, &texts[0]).await;
    while texts.len() <= PATCHES {
        let kind = edit(texts.last().unwrap(), texts.len(), &mut chance);
        assert!(ada.agent().patch(path, [kind]).await.unwrap().changed);
        texts.push(ada.read(path).await.unwrap());
    }
    texts
}

/// A text after a unified diff.
fn applied(text: &str, diff: &str) -> String {
    let old: Vec<&str> = text.split_inclusive('\n').collect();
    let (mut out, mut at, mut kind) = (String::new(), 0, b'@');
    for line in diff.split_inclusive('\n').skip(2) {
        match line.as_bytes()[0] {
            b'@' => {
                let range = line[4..].split([' ', ',']).collect::<Vec<_>>();
                let first: usize = range[0].parse().unwrap();
                let none = line[4..].split(' ').next().unwrap().ends_with(",0");
                let begins = if none { first } else { first - 1 };
                out.extend(old[at..begins].iter().copied());
                at = begins;
            }
            b' ' | b'-' => {
                assert_eq!(old[at].trim_end_matches('\n'), line[1..].trim_end_matches('\n'), "{diff}");
                if line.starts_with(' ') {
                    out.push_str(old[at]);
                }
                at += 1;
            }
            b'+' => out.push_str(&line[1..]),
            // "No newline at end of file" is of the line before it. An old line has what it has.
            _ if kind == b'+' => drop(out.pop()),
            _ => {}
        }
        kind = line.as_bytes()[0];
    }
    out.extend(old[at..].iter().copied());
    out
}

async fn revisions(clients: &Clients, path: &str) -> Vec<Revision> {
    let request = ListRevisionsRequest { path: path.into(), ..ListRevisionsRequest::default() };
    let mut all = clients.history.clone().list_revisions(request).await.unwrap().into_inner().revisions;
    all.reverse();
    all
}

/// Each version is what was read when it was made, and the diffs from nothing on give the text.
async fn replays(clients: &Clients, path: &str, texts: &[String], made: &[Revision]) {
    assert_eq!(made.len(), texts.len());
    let mut replayed = String::new();
    for (version, (text, revision)) in (1_i64..).zip(texts.iter().zip(made)) {
        assert_eq!((revision.version, revision.sha256.as_slice()), (version, &Sha256::digest(text)[..]));
        assert_eq!(&clients.read(path).at(version).await.unwrap().content, text, "{path} {version}");
        let diff = DiffRevisionsRequest { path: path.into(), to_version: version, ..Default::default() };
        let diff = clients.history.clone().diff_revisions(diff).await.unwrap().into_inner().diff;
        replayed = applied(&replayed, &diff);
        assert_eq!(&replayed, text, "{path} {version}: {diff}");
    }
}

/// Each comes back as a new revision, or changes nothing where its text is the current one.
async fn restores(ada: &User, path: &str, texts: &[String], made: &[Revision]) {
    let mut current = texts.last().unwrap();
    let mut version = made.last().unwrap().version;
    for (text, revision) in texts.iter().zip(made) {
        let request = RestoreRevisionRequest {
            revision_id: revision.revision_id.clone(),
            precondition: Some(Precondition::ExpectedVersion(version)),
            ..RestoreRevisionRequest::default()
        };
        let answer = ada.agent().history.clone().restore_revision(request).await.unwrap().into_inner();
        assert_eq!(answer.changed, text != current);
        version += i64::from(answer.changed);
        assert_eq!(answer.file.unwrap().version, version);
        assert_eq!(ada.read(path).await.as_ref(), Some(text));
        current = text;
    }
    let all = revisions(ada.agent(), path).await;
    assert_eq!(i64::try_from(all.len()).unwrap(), version);
    assert!(all[made.len()..].iter().all(|one| one.operation() == RevisionOperation::Restore));
    assert_eq!(all[..made.len()], *made, "what was is as it was");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acceptance_6_history_replayed_gives_the_text_and_any_revision_comes_back() {
    let stack = Stack::start().await;
    let files = times(50, 1_000);
    let users = times(1, 20);
    let mut people = Vec::new();
    for user in 0..users {
        people.push(stack.user(&format!("user {user}")).await);
    }
    let work = (0..files).map(|number| {
        let (person, path) = (people[number % users].clone(), format!("user/{number}.md"));
        async move {
            let texts = made(&person, &path, number).await;
            let made = revisions(person.agent(), &path).await;
            replays(person.agent(), &path, &texts, &made).await;
            restores(&person, &path, &texts, &made).await;
        }
    });
    futures::stream::iter(work).buffer_unordered(TOGETHER).collect::<()>().await;
    stack.finish().await;
}
