//! Dreams for users with more than one dream can do: each file is walked once, and then the work is done.

use futures::future::join_all;
use memex_proto::v1::DreamState;
use memex_stack::stack::Stack;
use tests::ask;
use tests::hand::{self, claim_one};

/// Bytes that a dream may read: the least that the key takes.
const READ_BYTES: usize = 65_536;

/// The files that do not fit into one dream; two of them do.
const LARGE: usize = 7;

/// The most dreams that anything here may take.
const MANY: usize = 20;

/// A text without anything to be done, of which two fit into the read budget.
fn large(number: usize) -> String {
    let lines = (0..600).map(|line| format!("- Ann owns {} books of Ben and Tom.\n", number * 1_000 + line + 1_000));
    lines.collect()
}

fn path(number: usize) -> String {
    format!("user/f{number}.md")
}

async fn with_much_text() -> Stack {
    let stack = Stack::start().await;
    ask::set_key(&stack, "dream_max_read_bytes", &READ_BYTES.to_string()).await;
    let ada = stack.user("ada").await;
    ada.write(&path(0), "- Ann has a brother.\n").await;
    for number in 1..=LARGE {
        assert!(large(number).len() * 3 > READ_BYTES && large(number).len() * 2 + 100 < READ_BYTES);
        ada.write(&path(number), &large(number)).await;
    }
    stack
}

/// Lets dreams come until none does; how many came.
async fn dreams_until_quiet(stack: &Stack) -> usize {
    for dreams in 0..MANY {
        stack.quiet().await;
        if stack.worker().poll_once().await.unwrap() == 0 {
            return dreams;
        }
    }
    MANY
}

/// Files that dreams have read.
async fn walked(stack: &Stack) -> Vec<String> {
    let read =
        "SELECT DISTINCT path FROM mx_access_log WHERE dream_id IS NOT NULL AND path LIKE 'user/f%' ORDER BY path";
    ask::lines(stack.sql(), read, &[]).await
}

async fn undreamt(stack: &Stack) -> i64 {
    let statement = "SELECT count(*) FROM mx_revision r JOIN mx_dream_state d USING (scope_id)
                      WHERE r.qualifies AND r.sequence > d.watermark";
    ask::number(stack.sql(), statement, &[]).await
}

#[tokio::test]
async fn more_text_than_a_dream_reads_is_walked_once_and_then_the_work_is_done() {
    let stack = with_much_text().await;
    assert_eq!(dreams_until_quiet(&stack).await, 4, "two large files a dream");
    assert_eq!(undreamt(&stack).await, 0);
    // A change begins another walk, and that one ends too.
    stack.user("ada").await.write("user/f9.md", "- Ann has a sister.\n").await;
    assert_eq!(dreams_until_quiet(&stack).await, 4);
    assert_eq!((undreamt(&stack).await, ask::dreams(&stack, "ada").await.len()), (0, 8));
    stack.finish().await;
}

#[tokio::test]
async fn what_is_changed_after_it_was_walked_is_walked_again_before_the_work_is_done() {
    let stack = with_much_text().await;
    let ada = stack.user("ada").await;
    stack.quiet().await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
    assert_eq!(walked(&stack).await, [path(0), path(1), path(2)]);
    let twice = format!("{}- Ann has a brother.\n- Ann has a brother.\n", large(1));
    ada.write(&path(1), &twice).await;
    assert_eq!(dreams_until_quiet(&stack).await, 3, "with what was left, the last reads what was changed");
    assert_eq!(undreamt(&stack).await, 0);
    assert!(!ada.read(&path(1)).await.unwrap().contains("brother.\n- Ann has a brother."), "it was not dreamt");
    stack.finish().await;
}

#[tokio::test]
async fn a_worker_cannot_prolong_the_work_with_paths_that_it_makes_up_or_names_again() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    for name in ["a", "b", "c"] {
        ada.write(&format!("user/{name}.md"), "- tea\n").await;
    }
    let worker = hand::worker(&stack, 1).await.remove(0);
    stack.quiet().await;
    let held = claim_one(&worker).await;
    assert_eq!(held.leaves(&["user/none.md", "user/nor-this.md"]).await.unwrap().state(), DreamState::Noop);
    assert_eq!(undreamt(&stack).await, 0, "nothing was left that exists");
    stack.quiet().await;
    assert_eq!(hand::claim(&worker, 1).await.len(), 0);

    ada.write("user/d.md", "- milk\n").await;
    let mut dreams = 0;
    loop {
        stack.quiet().await;
        let Some(held) = hand::claim(&worker, 1).await.pop() else { break };
        dreams += 1;
        assert!(dreams <= 3, "the worker prolongs the work: it begins with {:?}", held.assignment.begin_with);
        let made_up = format!("user/made-up-{dreams}.md");
        held.leaves(&["user/a.md", &made_up, "user/b.md", "user/a.md"]).await.unwrap();
    }
    assert_eq!((dreams, undreamt(&stack).await), (2, 0), "the second passed nothing that the first had left");
    stack.finish().await;
}

/// The most paths that a worker can name.
const NAMED: usize = 2_000;

#[tokio::test]
async fn files_beyond_those_that_a_worker_can_name_are_walked_too() {
    let stack = Stack::start().await;
    let more = "INSERT INTO mx_config (workspace_id, key, value, updated_by) VALUES (0, 'max_files', '3000', 'test')";
    ask::change(stack.sql(), more, &[]).await;
    let ada = stack.user("ada").await;
    let paths: Vec<String> = (0..NAMED + 10).map(|number| format!("user/{number:04}.md")).collect();
    for some in paths.chunks(67) {
        join_all(some.iter().map(|path| ada.write(path, "- tea\n"))).await;
    }
    let named = |from: usize| paths[from..from + NAMED].iter().map(String::as_str).collect::<Vec<_>>();
    let worker = hand::worker(&stack, 1).await.remove(0);
    stack.quiet().await;
    claim_one(&worker).await.leaves(&named(5)).await.unwrap();
    stack.quiet().await;
    let second = claim_one(&worker).await;
    assert_eq!(second.assignment.begin_with, named(5));
    second.leaves(&named(10)).await.unwrap();
    stack.quiet().await;
    let third = claim_one(&worker).await;
    assert_eq!(third.assignment.begin_with, named(10), "the last ones could not be named before");
    third.leaves(&named(10)).await.unwrap();
    assert_eq!(undreamt(&stack).await, 0, "a dream that passes nothing ends the walk");
    stack.finish().await;
}
