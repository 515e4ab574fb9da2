//! What is retried, how often and after which waits, with tokio's time paused.

use super::*;

const POLICY: RetryPolicy = RetryPolicy {
    initial: Duration::from_millis(100),
    max_interval: Duration::from_millis(800),
    max_attempts: 4,
    max_elapsed: Duration::from_secs(60),
};

fn transient<E>(_: &E) -> Classify {
    Classify::Transient { after: None }
}

/// Fails `failures` times, then gives the number of attempts.
async fn attempts(policy: RetryPolicy, failures: u32, classify: impl Fn(&u32) -> Classify) -> Result<u32, u32> {
    let mut attempt = 0;
    let op = || {
        attempt += 1;
        std::future::ready(if attempt > failures { Ok(attempt) } else { Err(attempt) })
    };
    retry(policy, op, classify).await
}

#[tokio::test(start_paused = true)]
async fn a_transient_failure_is_tried_again_until_it_succeeds() {
    assert_eq!(attempts(POLICY, 3, transient).await, Ok(4));
}

#[tokio::test(start_paused = true)]
async fn it_gives_up_after_the_last_attempt_with_the_last_failure() {
    assert_eq!(attempts(POLICY, 99, transient).await, Err(4));
}

#[tokio::test(start_paused = true)]
async fn a_permanent_failure_is_never_tried_again() {
    assert_eq!(attempts(POLICY, 99, |_| Classify::Permanent).await, Err(1));
}

#[tokio::test(start_paused = true)]
async fn no_wait_begins_that_would_end_after_the_time_is_up() {
    let started = Instant::now();
    let policy = RetryPolicy { max_attempts: u32::MAX, max_elapsed: Duration::from_secs(5), ..POLICY };
    let given_up = attempts(policy, u32::MAX, transient).await.unwrap_err();
    assert!(started.elapsed() <= policy.max_elapsed);
    // 800 ms × 1.5 is the longest wait: fewer than five attempts would mean that it gave up far too early.
    assert!(given_up >= 5, "gave up after {given_up} attempts");
}

#[tokio::test(start_paused = true)]
async fn the_servers_hint_is_a_floor_and_is_spread() {
    let hint = Duration::from_secs(7);
    let mut waits = Vec::new();
    for _ in 0..50 {
        let started = Instant::now();
        attempts(POLICY, 1, |_| Classify::Transient { after: Some(hint) }).await.unwrap();
        let waited = started.elapsed();
        assert!(waited >= hint && waited <= hint.mul_f64(1.25) + Duration::from_millis(1), "waited {waited:?}");
        waits.push(waited);
    }
    waits.dedup();
    assert!(waits.len() > 1, "every wait was the same");
}

#[tokio::test(start_paused = true)]
async fn a_hint_beyond_the_time_allowed_ends_it_at_once() {
    let started = Instant::now();
    let hopeless = |_: &u32| Classify::Transient { after: Some(Duration::from_secs(3600)) };
    assert_eq!(attempts(POLICY, 99, hopeless).await, Err(1));
    assert_eq!(started.elapsed(), Duration::ZERO);
}

#[test]
fn waits_double_within_their_jitter_up_to_the_longest() {
    for _ in 0..200 {
        let waits = Backoff::new(POLICY.initial, POLICY.max_interval).take(8);
        for (wait, interval_ms) in waits.zip([100u64, 200, 400, 800, 800, 800, 800, 800]) {
            let interval = Duration::from_millis(interval_ms);
            assert!(
                wait >= interval / 2 && wait <= interval * 3 / 2 + Duration::from_nanos(1),
                "{wait:?} for {interval:?}"
            );
        }
    }
}

#[test]
fn two_clients_do_not_wait_the_same() {
    let waits = || Backoff::new(POLICY.initial, POLICY.max_interval).take(8).collect::<Vec<_>>();
    assert_ne!(waits(), waits());
}

#[test]
fn a_reset_begins_with_the_first_interval_again() {
    let mut backoff = Backoff::new(POLICY.initial, POLICY.max_interval);
    backoff.by_ref().take(10).for_each(drop);
    backoff.reset();
    assert!(backoff.next_wait() <= Duration::from_millis(150) + Duration::from_nanos(1));
}
