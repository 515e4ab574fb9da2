//! The driver: slots, polling, outages, the switch, the drain.

use std::time::Duration;

use memex_runtime::lifecycle::Shutdown;
use tokio::time::{Instant, advance};

use super::fake::FakeApi;
use super::logged::Log;
use super::setup::{DRAIN, POLL, assignment, driver, driver_settings, driver_with, one_due};
use crate::DriverSettings;

/// Runs the driver until `scene` is over, then to the end of its drain.
async fn run_during(driver: &crate::Driver, shutdown: &Shutdown, scene: impl Future<Output = ()>) {
    let scene = async {
        scene.await;
        shutdown.trigger();
    };
    tokio::join!(driver.run(shutdown), scene);
}

#[tokio::test(start_paused = true)]
async fn no_more_dreams_run_than_there_are_slots() {
    let api = FakeApi::default();
    api.script(|script| script.due = (1..=5).map(assignment).collect());
    api.hold("List");
    let scene = async {
        api.until("List", 2).await;
        advance(POLL * 2).await;
        assert_eq!((api.count("Claim"), api.count("List")), (1, 2), "{:?}", api.log());
        api.release("List", 1);
        api.until("List", 3).await;
        assert_eq!(api.count("Claim 1"), 1, "one slot is free, so one dream is asked for: {:?}", api.log());
        api.release("List", 4);
        api.until("Finish COMPLETE", 5).await;
    };
    run_during(&driver(&api, 2), &Shutdown::manual(), scene).await;
    let mut running = 0_i32;
    for line in api.log() {
        running += i32::from(line == "List") - i32::from(line.starts_with("Finish"));
        assert!(running <= 2, "{:?}", api.log());
    }
}

#[tokio::test(start_paused = true)]
async fn where_there_was_work_it_claims_again_at_once() {
    let api = one_due(&[]);
    let started = Instant::now();
    let scene = async {
        api.until("Claim", 2).await;
        assert_eq!(started.elapsed(), Duration::ZERO);
    };
    run_during(&driver(&api, 3), &Shutdown::manual(), scene).await;
}

#[tokio::test(start_paused = true)]
async fn where_nobody_is_due_it_waits_a_jittered_poll() {
    let api = FakeApi::default();
    let mut waits = Vec::new();
    let scene = async {
        for claims in 1..=20 {
            api.until("Claim", claims).await;
            let claimed = Instant::now();
            api.until("Claim", claims + 1).await;
            waits.push(claimed.elapsed());
        }
    };
    run_during(&driver(&api, 3), &Shutdown::manual(), scene).await;
    // tokio's timers have a grain of a millisecond.
    let most = POLL.mul_f64(1.2) + Duration::from_millis(2);
    assert!(waits.iter().all(|wait| (POLL.mul_f64(0.8)..=most).contains(wait)), "{waits:?}");
    waits.dedup();
    assert!(waits.len() > 1, "every wait was the same");
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_is_switched_off_claims_nothing() {
    let api = one_due(&[]);
    let off = driver_with(&api, DriverSettings { enabled: false, ..driver_settings() });
    assert_eq!(off.poll_once().await.unwrap(), 0);
    run_during(&off, &Shutdown::manual(), tokio::time::sleep(Duration::from_secs(3_600))).await;
    assert_eq!(api.log(), [] as [&str; 0]);
    assert_eq!(driver(&api, 3).poll_once().await.unwrap(), 1, "the same dream is claimed by one that is on");
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_said_once_a_minute_and_ends_by_itself() {
    let log = Log::capture();
    let api = one_due(&[]);
    api.script(|script| script.down = true);
    let scene = async {
        tokio::time::sleep(Duration::from_secs(299)).await;
        api.script(|script| script.down = false);
        api.until("Finish COMPLETE", 1).await;
    };
    run_during(&driver(&api, 3), &Shutdown::manual(), scene).await;
    assert!(api.count("Claim") > 20, "{:?}", api.log());
    let said = log.lines_with("cannot be reached; still trying");
    assert!((4..=5).contains(&said.len()), "{said:#?}");
    assert!(said[0].contains("http://pipe"), "{said:#?}");
    assert_eq!(log.lines_with("answers again").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn dreams_that_end_within_the_drain_time_are_finished() {
    let api = one_due(&[]);
    api.hold("List");
    let shutdown = Shutdown::manual();
    let scene = async {
        api.until("List", 1).await;
        shutdown.trigger();
        tokio::time::sleep(DRAIN / 2).await;
        api.release("List", 1);
    };
    run_during(&driver(&api, 3), &shutdown, scene).await;
    assert_eq!((api.count("Finish COMPLETE"), api.count("Finish")), (1, 1), "{:?}", api.log());
}

#[tokio::test(start_paused = true)]
async fn what_outlasts_the_drain_time_is_handed_back_and_nothing_more_is_claimed() {
    let api = FakeApi::default();
    api.script(|script| script.due = (1..=5).map(assignment).collect());
    api.hold("List");
    let shutdown = Shutdown::manual();
    let scene = async {
        api.until("List", 2).await;
        shutdown.trigger();
    };
    let started = Instant::now();
    run_during(&driver(&api, 2), &shutdown, scene).await;
    assert!(started.elapsed() >= DRAIN);
    assert_eq!((api.count("Finish RELEASED"), api.count("Finish")), (2, 2), "{:?}", api.log());
    assert_eq!(api.count("Claim"), 1, "{:?}", api.log());
}

#[tokio::test(start_paused = true)]
async fn what_a_claim_grants_while_the_worker_is_told_to_end_is_dreamt_or_handed_back() {
    let api = one_due(&[]);
    api.hold("Claim");
    let shutdown = Shutdown::manual();
    let scene = async {
        api.until("Claim", 1).await;
        shutdown.trigger();
        api.release("Claim", 1);
    };
    run_during(&driver(&api, 3), &shutdown, scene).await;
    assert_eq!(api.count("Finish"), 1, "{:?}", api.log());
}

#[tokio::test(start_paused = true)]
async fn a_step_runs_what_it_claimed_to_the_end_and_counts_it() {
    let api = FakeApi::default();
    api.script(|script| script.due = (1..=4).map(assignment).collect());
    let driver = driver(&api, 3);
    assert_eq!(driver.poll_once().await.unwrap(), 3);
    assert_eq!(api.count("Finish COMPLETE"), 3);
    assert_eq!(driver.poll_once().await.unwrap(), 1);
    assert_eq!(driver.poll_once().await.unwrap(), 0);
    api.script(|script| script.down = true);
    let failed = driver.poll_once().await.unwrap_err();
    assert!(matches!(failed, crate::WorkerError::Claim(_)), "{failed}");
}
