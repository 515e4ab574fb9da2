//! Real input: memory whose truth is known goes in, dreams clean it through the services, and what comes out is scored:
//! that of twenty people, and that of many in which one line stands in two places. Needs the folder `shared` beside the
//! repository, and python3.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test, whose figures are to be read")]

mod people;
mod scoring;
mod search;
mod set;

use std::io::Write as _;

use memex_stack::stack::Stack;
use tests::command::Memex;
use tests::counts::is_long;
use tokio::time::Instant;

use people::People;
use set::{Set, Shared, Suite};

/// What the dreams may do: the workspace's most, so that one dream suffices.
const KEYS: [&str; 6] = [
    "dream_max_writes=200",
    "dream_max_files=200",
    "dream_max_bytes=4194304",
    "dream_max_read_bytes=67108864",
    "dream_max_seconds=3600",
    "dream_concurrency=4",
];

/// At most so many dreams for one user before there is nothing left to do.
const MOST_DREAMS: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn duplicates_of_twenty_peoples_memory_go_nothing_else_does_and_a_second_dream_changes_nothing() {
    evaluate(Suite::LoCoMo, "dev", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_equal_lines_in_two_places_one_goes_where_the_places_say_the_same_and_none_where_they_do_not() {
    evaluate(Suite::Trust, "dev", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn phrasings_that_nobody_tuned_for_are_scored_the_same() {
    if !is_long() {
        say("skipped: the split `test`, and other seeds, are scored with MEMEX_LONG=1");
        return;
    }
    evaluate(Suite::LoCoMo, "test", 1).await;
    evaluate(Suite::Trust, "test", 1).await;
    evaluate(Suite::Trust, "dev", 2).await;
}

/// Imports, dreams, exports, dreams again, exports again, scores.
async fn evaluate(suite: Suite, split: &str, seed: u32) {
    let Some(shared) = Shared::beside_the_repository(suite) else { return };
    // Printed, never judged.
    let began = Instant::now();
    let set = Set::generate(&shared, suite, split, seed).await;
    let stack = Stack::start().await;
    let memex = Memex::at(&stack.endpoint(), stack.workspace().operator_token()).await;
    memex.json(&[&["config", "set"], &KEYS[..]].concat()).await;
    let people = People { stack: &stack, memex: &memex, set: &set };

    people.import().await;
    let imported = people.revisions().await;
    assert_eq!(imported, set.files(), "an import makes one revision a file");
    if suite == Suite::LoCoMo {
        people.import_again().await;
        assert_eq!(people.revisions().await, imported, "a second import changes nothing");
    }
    let imported_in = began.elapsed();

    let dreams = people.dream_until_nothing_is_left(MOST_DREAMS).await;
    let dreamt_in = began.elapsed() - imported_in;
    people.export("after").await;
    let dreamt = people.revisions().await;
    people.only_their_own_files_were_touched().await;

    people.dream_in_vain().await;
    assert_eq!(people.revisions().await, dreamt, "a second dream changes nothing");
    people.export("second").await;

    let score = scoring::score(&shared, &set).await;
    let seconds = [imported_in, dreamt_in, began.elapsed()].map(|time| format!("{:.1} s", time.as_secs_f64()));
    let [imported_in, dreamt_in, all] = seconds;
    say(&format!("{suite:?}, split {split}, seed {seed}: {}", set.counts()));
    say(&format!("imported in {imported_in}, {dreams} dreams in {dreamt_in}, all in {all}"));
    say(&score.of_all().to_string());
    score.of_notice().iter().for_each(|line| say(line));
    score.holds();
    stack.finish().await;
}

/// Says what people should see of a test that passes as well: what is printed is only shown of one that fails.
fn say(line: &str) {
    // Where standard error is closed nobody looks.
    let _ = writeln!(std::io::stderr(), "{line}");
}
