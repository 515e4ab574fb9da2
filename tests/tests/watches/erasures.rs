//! An erasure is an event of every watch that saw the user: once, in its place, and after a reconnect too.

use memex_proto::v1::WatchChangesRequest;
use memex_proto::v1::watch_changes_response::Event;
use memex_stack::stack::{Clients, Stack};
use tests::refused::refused;
use tests::waiting::ends;

use super::erasure::{done, erase, older_transaction, readmit, write};

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

#[tokio::test]
async fn a_watch_of_the_user_ends_with_the_erasure_and_is_refused_afterwards() {
    let stack = Stack::start().await;
    let (operator, backend) = (stack.operator(), stack.backend().await);
    backend.memory.clone().write_file(write("ada")).await.unwrap();
    let of_ada = WatchChangesRequest { user_id: "ada".into(), from_beginning: true, ..Default::default() };
    let mut stream = backend.history.clone().watch_changes(of_ada.clone()).await.unwrap().into_inner();
    let older = older_transaction(&stack).await;
    let mut events = Vec::new();
    while let Some(answer) = ends("the watch of the user", stream.message()).await.unwrap() {
        match answer.event {
            Some(Event::Change(change)) => {
                events.push(("change", change.memory_id));
                erase(&operator, "ada").await;
            }
            Some(Event::Erasure(erasure)) => {
                assert_eq!(erasure.user_id, "ada");
                events.push(("erasure", erasure.memory_id));
            }
            None => {}
        }
    }
    assert_eq!((events.len(), events[1].0), (2, "erasure"));
    assert_eq!(events[0].1, events[1].1);
    older.rollback().await.unwrap();
    let again = backend.history.clone().watch_changes(of_ada).await;
    assert_eq!(refused(again.map(|_| ())), memex_proto::v1::ErrorReason::UserErased);
    done(&operator, "ada").await;
    stack.finish().await;
}
