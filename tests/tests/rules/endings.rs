//! What each ending of a dream means for the next one, as `mx_end_dream_1`, `mx_rearm_1` and `mx_may_dream_1` decide it: one
//! row of a table for each case.

use memex_stack::stack::Stack;
use tests::ask;

const ADA: &str = "SELECT scope_id FROM mx_scope WHERE user_id = 'ada'";

/// Ends a dream of ada's that runs with snapshot 2, two changes after her watermark 0, and tells what stands then:
/// state, watermark, failures, parked, times overtaken, minutes of back-off, and new changes.
async fn ended(stack: &Stack, state: &str, asked: bool, attempts: i32, failures: i32) -> String {
    let set_up = format!(
        "DELETE FROM mx_dream; UPDATE mx_dream_state SET watermark = 0, failures = {failures}, parked = false, not_before = NULL,
           overtaken_in_row = 1, more = false, proposal = NULL, proposal_sequence = NULL, proposal_watermark = NULL;
         UPDATE mx_scope SET new_changes = 3 WHERE user_id = 'ada';
         INSERT INTO mx_dream (scope_id, dream_id, workspace_id, state, mode, curator, requested, max_ops, max_files, max_bytes,
             max_read_bytes, max_seconds, fence, attempts, worker, lease_expires_at, snapshot_sequence, claimed_at)
           SELECT scope_id, gen_random_uuid(), workspace_id, 'running', 'apply', 'builtin', {asked}, 1, 1, 1, 1, 1, 1, {attempts},
             gen_random_uuid(), mx_now() + interval '1 minute', 2, mx_now() FROM mx_scope WHERE user_id = 'ada'"
    );
    for statement in set_up.split(';') {
        ask::change(stack.sql(), statement, &[]).await;
    }
    let end = format!("SELECT mx_end_dream_1(scope_id, dream_id, '{state}', '', false, '{{}}') FROM mx_dream");
    let state = ask::lines(stack.sql(), &end, &[]).await.remove(0);
    let told = "SELECT concat_ws(' ', d.watermark, d.failures, d.parked::text, d.overtaken_in_row,
                  coalesce(round(extract(epoch FROM d.not_before - mx_now()) / 60), 0), s.new_changes)
                FROM mx_dream_state d JOIN mx_scope s USING (scope_id) WHERE s.user_id = 'ada'";
    format!("{state} {}", ask::lines(stack.sql(), told, &[]).await.remove(0))
}

async fn ada_with_three_changes() -> Stack {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    for n in 0..3 {
        ada.write(&format!("user/{n}.md"), "- Ada has a cat.\n").await;
    }
    stack
}

#[tokio::test]
async fn every_ending_moves_watermark_failures_and_back_off_as_the_table_says() {
    let stack = ada_with_three_changes().await;
    // Scheduled: state, then watermark, failures, parked, times overtaken and changes that count afterwards.
    for (state, then) in [
        ("applied", "2 0 false 0 0 1"),
        ("noop", "2 0 false 0 0 1"),
        ("proposed", "2 0 false 0 0 1"),
        ("refused", "2 0 false 0 0 1"),
        ("reported", "2 0 false 0 0 1"),
        ("overtaken", "0 1 false 2 0 3"),
        ("canceled", "0 1 false 1 0 3"),
        ("released", "0 1 false 1 0 3"),
    ] {
        assert_eq!(ended(&stack, state, false, 1, 1).await, format!("{state} {then}"), "scheduled");
    }
    // Asked for: a dry run moves nothing, and what is handed back is requested again.
    assert_eq!(ended(&stack, "reported", true, 1, 1).await, "reported 0 0 false 1 0 3");
    assert_eq!(ended(&stack, "applied", true, 1, 1).await, "applied 2 0 false 0 0 1");
    assert_eq!(ended(&stack, "released", true, 1, 1).await, "requested 0 1 false 1 0 3");
    stack.finish().await;
}

#[tokio::test]
async fn failures_wait_twice_as_long_each_time_up_to_six_hours_and_park_the_user_after_five() {
    let stack = ada_with_three_changes().await;
    for state in ["failed", "lost"] {
        for (failures, minutes, parked) in [(0, 2, false), (1, 4, false), (3, 16, false), (4, 32, true), (9, 360, true)]
        {
            let told = ended(&stack, state, false, 1, failures).await;
            let fields: Vec<&str> = told.split(' ').collect();
            let expected = [state, "0", &(failures + 1).to_string(), &parked.to_string(), "1"].map(str::to_owned);
            assert_eq!(fields[..5], expected, "{told}");
            let waits: f64 = fields[5].parse().unwrap();
            let exact = f64::from(minutes);
            assert!((0.8 * exact - 1.0..=1.2 * exact + 1.0).contains(&waits), "{told}: about {minutes} minutes");
        }
        // One that a person asked for is tried again until its attempts are used up, and parks nobody.
        for (attempts, then) in [(1, "requested"), (4, "requested"), (5, state)] {
            let told = ended(&stack, state, true, attempts, 4).await;
            assert!(told.starts_with(&format!("{then} 0 4 false 1 ")), "{told}");
        }
    }
    stack.finish().await;
}

#[tokio::test]
async fn one_function_says_why_a_user_may_not_be_dreamt_for_now() {
    let stack = ada_with_three_changes().await;
    let state = "UPDATE mx_dream_state SET paused = false, parked = false, proposal = NULL, proposal_sequence = NULL";
    for (change, by_itself, asked) in [
        (state, "", ""),
        ("UPDATE mx_dream_state SET parked = true", "parked", ""),
        ("UPDATE mx_dream_state SET proposal = gen_random_uuid(), proposal_sequence = 3", "proposal", ""),
        ("UPDATE mx_dream_state SET proposal = gen_random_uuid(), proposal_sequence = 2", "", ""),
        ("UPDATE mx_dream_state SET paused = true, parked = true", "paused", "paused"),
        ("UPDATE mx_config SET value = 'false' WHERE key = 'dream_enabled'", "off", "off"),
        ("UPDATE mx_scope SET erasing = true WHERE user_id = 'ada'", "erasing", "erasing"),
    ] {
        ask::change(stack.sql(), state, &[]).await;
        ask::change(stack.sql(), change, &[]).await;
        let said = format!(
            "SELECT coalesce(mx_may_dream_1(({ADA}), false), '') || ' ' || coalesce(mx_may_dream_1(({ADA}), true), '')"
        );
        assert_eq!(ask::lines(stack.sql(), &said, &[]).await, [format!("{by_itself} {asked}")], "{change}");
    }
    ask::change(stack.sql(), "UPDATE mx_scope SET erasing = false", &[]).await;
    stack.finish().await;
}

#[tokio::test]
async fn the_grace_grows_eightfold_at_most_with_dreams_that_writes_overtook() {
    let stack = ada_with_three_changes().await;
    ask::set_key(&stack, "dream_min_changes", "1").await;
    let grace = "SELECT round(extract(epoch FROM mx_rearm_1(scope_id) - qualifying_at) / 60) FROM mx_scope WHERE user_id = 'ada'";
    let minutes = async |times: i32| {
        let set = format!("UPDATE mx_dream_state SET overtaken_in_row = {times}");
        ask::change(stack.sql(), &set, &[]).await;
        ask::number(stack.sql(), &format!("SELECT ({grace})::bigint"), &[]).await
    };
    let once = minutes(0).await;
    assert!(once > 0);
    for (times, factor) in [(1, 2), (2, 4), (3, 8), (4, 8), (30, 8)] {
        assert_eq!(minutes(times).await, once * factor, "{times}");
    }
    stack.finish().await;
}
