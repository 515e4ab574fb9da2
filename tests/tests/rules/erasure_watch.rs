//! An erasure is the last event of its user's watch, and of no later one.

use memex_proto::v1::watch_changes_response::Event;
use memex_proto::v1::{WatchChangesRequest, WriteFileRequest};
use memex_stack::stack::Stack;
use tests::refused::refused;
use tests::waiting::ends;

use super::erasure::{ADA, done, erase, older_transaction, readmit, second, with_ada_and_bob, write};

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

#[tokio::test]
async fn a_watch_that_begins_now_of_a_readmitted_user_tells_nothing_of_before_at_a_service_that_knew_them_too() {
    let (stack, _) = with_ada_and_bob().await;
    let mut operator = stack.operator();
    erase(&operator, ADA).await;
    done(&operator, ADA).await;
    operator.admin.update_user(readmit(ADA)).await.unwrap();
    operator.memory.write_file(write(ADA)).await.unwrap();
    // The second still remembers the scope that was erased.
    let of_ada = WatchChangesRequest { user_id: ADA.into(), ..Default::default() };
    let mut stream = second(&stack).history.watch_changes(of_ada).await.unwrap().into_inner();
    assert!(ends("the first cursor", stream.message()).await.unwrap().unwrap().event.is_none());
    let later = WriteFileRequest { path: "user/b.md".into(), ..write(ADA) };
    operator.memory.write_file(later).await.unwrap();
    let Some(Event::Change(change)) = ends("the next event", stream.message()).await.unwrap().unwrap().event else {
        panic!("no change")
    };
    assert_eq!(change.revision.unwrap().path, "user/b.md");
    drop(stream);
    stack.finish().await;
}
