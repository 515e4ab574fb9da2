//! The lease: kept while the dream runs, and the end of all work when it is over.

use std::sync::Arc;
use std::time::Duration;

use memex_proto::v1::{ErrorReason, StopReason};
use tokio::time::{Instant, sleep};

use super::fake::FakeApi;
use super::setup::{LEASE, Plans, driver, one_due, refused};

async fn dreamt(api: &FakeApi) {
    let driver = driver(api, 3).with_curator(Arc::new(Plans(&["user/a.md", "user/b.md"])));
    assert_eq!(driver.poll_once().await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_renewed_every_third_of_it_while_the_dream_runs() {
    let api = one_due(&[]);
    api.hold("List");
    let scene = async {
        sleep(LEASE * 3 + Duration::from_secs(1)).await;
        assert_eq!(api.count("Renew"), 9);
        api.release("List", 10);
    };
    tokio::join!(dreamt(&api), scene);
    assert_eq!(api.count("Finish COMPLETE"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_the_work_at_once_and_nothing_is_finished() {
    for stop in [StopReason::Canceled, StopReason::Overtaken, StopReason::LeaseLost, StopReason::Deadline] {
        let api = one_due(&[]);
        api.hold("List");
        api.script(|script| script.stop = stop);
        let started = Instant::now();
        dreamt(&api).await;
        let waited = started.elapsed();
        assert!(waited < LEASE / 3 + Duration::from_secs(1), "{stop:?}: {waited:?}");
        assert_eq!(api.log(), ["Claim 3", "List", "Renew"], "{stop:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_no_renewal_kept_ends_the_work_and_nothing_is_finished() {
    let api = one_due(&[]);
    api.hold("List");
    api.script(|script| script.renewals_down = true);
    let started = Instant::now();
    dreamt(&api).await;
    let waited = started.elapsed();
    assert!(waited >= LEASE && waited < LEASE + Duration::from_secs(1), "{waited:?}");
    assert!(api.count("Renew") > 3, "it goes on asking while the lease may still stand: {:?}", api.log());
    assert_eq!((api.count("Stage"), api.count("Finish")), (0, 0), "{:?}", api.log());
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_comes_through_late_keeps_the_lease() {
    let api = one_due(&[]);
    api.hold("List");
    api.script(|script| script.renewals_down = true);
    let scene = async {
        sleep(LEASE / 2).await;
        api.script(|script| script.renewals_down = false);
        sleep(LEASE).await;
        api.release("List", 10);
    };
    tokio::join!(dreamt(&api), scene);
    assert_eq!(api.count("Finish COMPLETE"), 1, "{:?}", api.log());
}

#[tokio::test(start_paused = true)]
async fn a_dream_that_is_lost_or_overtaken_is_never_finished() {
    for reason in [ErrorReason::LeaseLost, ErrorReason::DreamOvertaken, ErrorReason::UserErased] {
        for call in ["List", "Stage"] {
            let api = one_due(&[]);
            api.refuse(call, refused(reason));
            dreamt(&api).await;
            assert_eq!(api.count("Finish"), 0, "{reason:?} at {call}: {:?}", api.log());
            assert_eq!(api.count(call), 1, "{reason:?} at {call}: {:?}", api.log());
        }
    }
}
