//! Whoever searches much waits for themselves.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use memex_proto::v1::{RecallRequest, SearchFilesRequest};
use memex_stack::stack::{Clients, Stack};
use tests::ask;
use tests::waiting::{ends, until};

const SEARCHES: usize = 24;
const FILES: usize = 12;
const FILE_BYTES: usize = 90_000;

/// A text in which there is much to rank.
fn long_text(file: usize) -> String {
    let lines = (0..).map(|line| format!("- The printer on floor {line} of house {file} is out of paper and ink.\n"));
    let mut text = String::new();
    for line in lines {
        if text.len() + line.len() > FILE_BYTES {
            break;
        }
        text.push_str(&line);
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_searches_much_keeps_nobody_else_waiting() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.agent("ada").await, stack.agent("bob").await);
    for file in 0..FILES {
        ada.write(&format!("user/{file}.md"), &long_text(file)).await.unwrap();
    }
    bob.write("user/b.md", "- The printer hums.\n").await.unwrap();
    let answered = Arc::new(AtomicUsize::new(0));
    let searching: Vec<_> =
        (0..SEARCHES).map(|number| tokio::spawn(ask_much(ada.clone(), number, Arc::clone(&answered)))).collect();
    until("the first of many searches is under way", async || {
        let begun = "SELECT count(*) FROM mx_access_log l JOIN mx_scope s USING (scope_id)
                      WHERE s.user_id = 'ada' AND l.operation IN ($1::text::smallint, $2::text::smallint)";
        let operations = [memex_core::actor::Operation::Search, memex_core::actor::Operation::Recall];
        let [search, recall] = operations.map(|operation| operation.code().to_string());
        (ask::number(stack.sql(), begun, &[&search, &recall]).await > 0).then_some(())
    })
    .await;
    let search = SearchFilesRequest { query: "printer".into(), ..SearchFilesRequest::default() };
    let found = ends("a search of another user", bob.memory.clone().search_files(search)).await.unwrap();
    let recall = RecallRequest { query: "printer".into(), ..RecallRequest::default() };
    ends("a recall of another user", bob.memory.clone().recall(recall)).await.unwrap();
    let before = answered.load(Ordering::SeqCst);
    assert_eq!(found.into_inner().passages.len(), 1);
    assert!(before < SEARCHES / 2, "{before} of {SEARCHES} searches of one user came before another user's two calls");
    for search in searching {
        ends("a search of many", search).await.unwrap();
    }
    stack.finish().await;
}

/// A search, or every other time a recall; on a slow machine it may come too late, and has been waited for all the same.
async fn ask_much(clients: Clients, number: usize, answered: Arc<AtomicUsize>) {
    let query = format!("Where is the printer of house {number}?");
    let mut memory = clients.memory;
    if number.is_multiple_of(2) {
        let _late = memory.search_files(SearchFilesRequest { query, ..SearchFilesRequest::default() }).await;
    } else {
        let _late = memory.recall(RecallRequest { query, ..RecallRequest::default() }).await;
    }
    answered.fetch_add(1, Ordering::SeqCst);
}
