//! Watches that are cut short again and again, and what a quiet one is told.

use std::collections::BTreeMap;
use std::time::Duration;

use memex_proto::v1::watch_changes_response::Event;
use memex_proto::v1::{WatchChangesRequest, WatchChangesResponse};
use memex_stack::stack::{Clients, Stack, StackOptions};
use tests::waiting::ends;
use tonic::Streaming;

/// After how long each watch is cut: less than the service waits between two looks.
const CUT: Duration = Duration::from_millis(200);

const WRITERS: usize = 4;
const WRITES: usize = 60;

async fn all_users(clients: &Clients, cursor: &str) -> Streaming<WatchChangesResponse> {
    let request = WatchChangesRequest { all_users: true, cursor: cursor.into(), ..Default::default() };
    clients.history.clone().watch_changes(request).await.unwrap().into_inner()
}

async fn next(stream: &mut Streaming<WatchChangesResponse>) -> WatchChangesResponse {
    stream.message().await.unwrap().expect("the watch goes on")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_that_is_cut_again_and_again_sees_every_change_once_and_in_order() {
    let stack = Stack::start().await;
    let backend = stack.backend().await;
    let mut cursor = ends("the first cursor", next(&mut all_users(&backend, "").await)).await.cursor;
    let writing = (0..WRITERS).map(|writer| {
        let backend = backend.clone();
        tokio::spawn(async move {
            for number in 0..WRITES {
                backend
                    .write("user/a.md", &format!("{number}"))
                    .of(&format!("user-{writer}"))
                    .overwrite()
                    .await
                    .unwrap();
            }
        })
    });
    let writing: Vec<_> = writing.collect();
    let mut seen: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    let seeing = tokio::time::timeout(tests::waiting::DEADLINE, async {
        while seen.values().map(Vec::len).sum::<usize>() < WRITERS * WRITES {
            let mut stream = all_users(&backend, &cursor).await;
            let _cut = tokio::time::timeout(CUT, async {
                loop {
                    let told = next(&mut stream).await;
                    cursor = told.cursor;
                    if let Some(Event::Change(change)) = told.event {
                        seen.entry(change.user_id).or_default().push(change.revision.unwrap().sequence);
                    }
                }
            })
            .await;
        }
    });
    let seeing = seeing.await;
    let count = seen.values().map(Vec::len).sum::<usize>();
    assert!(seeing.is_ok(), "a watch that is cut every {CUT:?} saw {count} of {} changes", WRITERS * WRITES);
    for writer in writing {
        writer.await.unwrap();
    }
    let whole: Vec<i64> = (1..=i64::try_from(WRITES).unwrap()).collect();
    for (user, sequences) in &seen {
        assert_eq!(sequences, &whole, "{user}");
    }
    assert_eq!(seen.len(), WRITERS);
    stack.finish().await;
}

/// More than the cursors that come by themselves, half a minute apart, within what [`ends`] waits.
const CURSORS: usize = 6;

#[tokio::test]
async fn a_watch_of_a_quiet_workspace_is_told_where_it_is_each_time_that_others_write() {
    let workspaces = vec!["main".into(), "other".into()];
    let stack = Stack::with(StackOptions { workspaces, ..StackOptions::default() }).await;
    let (quiet, other) = (stack.backend().await, stack.workspace_named("other").backend().await);
    let mut stream = all_users(&quiet, "").await;
    let mut cursor = ends("the first cursor", next(&mut stream)).await.cursor;
    let told = ends("the cursors of a watch that sees nothing", async {
        for number in 0..CURSORS {
            other.write("user/a.md", &number.to_string()).of("eve").overwrite().await.unwrap();
            let told = next(&mut stream).await;
            assert!(told.event.is_none() && told.cursor != cursor, "{told:?}");
            cursor = told.cursor;
        }
        cursor
    });
    let cursor = told.await;
    quiet.write("user/a.md", "one").of("ada").overwrite().await.unwrap();
    let mut again = all_users(&quiet, &cursor).await;
    let Some(Event::Change(change)) = ends("a change", next(&mut again)).await.event else { panic!("no change") };
    assert_eq!(change.user_id, "ada");
    drop((stream, again));
    stack.finish().await;
}
