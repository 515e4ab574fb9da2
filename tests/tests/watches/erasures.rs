//! An erasure is an event of a workspace's watch: once, in its place, and after a reconnect too.

use memex_proto::v1::WatchChangesRequest;
use memex_proto::v1::watch_changes_response::Event;
use memex_stack::stack::{Clients, Stack};
use tests::erasing::{done, erase, readmit, write};
use tests::waiting::ends;

/// What a watch of the workspace tells from a cursor on, until it has told `count` events: what happened to which memory,
/// with the user where it says so, and the cursor after each.
async fn told(clients: &Clients, cursor: &str, count: usize) -> Vec<(&'static str, String, String, String)> {
    let from_beginning = cursor.is_empty();
    let request = WatchChangesRequest { all_users: true, cursor: cursor.into(), from_beginning, ..Default::default() };
    let mut stream = clients.history.clone().watch_changes(request).await.unwrap().into_inner();
    let mut told = Vec::new();
    while told.len() < count {
        let next = ends("the next event", stream.message()).await.unwrap().expect("the watch goes on");
        match next.event {
            Some(Event::Change(change)) => told.push(("change", change.memory_id, change.user_id, next.cursor)),
            Some(Event::Erasure(erasure)) => told.push(("erasure", erasure.memory_id, erasure.user_id, next.cursor)),
            None => {}
        }
    }
    told
}

#[tokio::test]
async fn a_watch_of_the_workspace_tells_an_erasure_once_and_in_its_place() {
    let stack = Stack::start().await;
    let (operator, backend) = (stack.operator(), stack.backend().await);
    let write_as = async |user: &str| backend.memory.clone().write_file(write(user)).await.unwrap();
    write_as("ada").await;
    write_as("bob").await;
    let before = told(&backend, "", 2).await;
    assert_eq!((before[0].0, before[0].2.as_str(), before[1].2.as_str()), ("change", "ada", "bob"));
    assert_ne!(before[0].1, before[1].1);
    erase(&operator, "ada").await;
    done(&operator, "ada").await;
    operator.admin.clone().update_user(readmit("ada")).await.unwrap();
    write_as("ada").await;
    // Whoever was away meanwhile goes on where they were.
    let after = told(&backend, &before[1].3, 2).await;
    let ada = &before[0].1;
    assert_eq!(
        (after[0].0, &after[0].1, after[0].2.as_str()),
        ("erasure", ada, ""),
        "nothing says any more who it was"
    );
    assert_eq!((after[1].0, after[1].2.as_str()), ("change", "ada"));
    assert_ne!(&after[1].1, ada, "another memory than the one that was erased");
    assert_eq!(told(&backend, &after[0].3, 1).await[0], after[1], "once");
    let all = told(&backend, "", 3).await;
    assert_eq!(all.iter().map(|event| event.0).collect::<Vec<_>>(), ["erasure", "change", "change"]);
    stack.finish().await;
}
