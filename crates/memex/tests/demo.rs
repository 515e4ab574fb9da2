//! `memex demo`, as its users run it: to its end, and broken off.

#![allow(clippy::unwrap_used, reason = "a test")]
#![cfg(target_os = "linux")]

mod processes;

use std::path::Path;

use processes::{memex, place, processes_about, signal, until, wait};
use rustix::process::Signal;
use serde_json::Value;

fn is_empty(dir: &Path) -> bool {
    std::fs::read_dir(dir).unwrap().next().is_none()
}

#[test]
fn it_runs_to_its_end_with_every_expectation_held_and_leaves_nothing_behind() {
    let place = place();
    let ran = memex(place.path(), &["demo", "--json"]).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{}: {said}", ran.status);
    let told: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(told["people"].as_array().unwrap().len(), 3, "{said}");
    for person in told["people"].as_array().unwrap() {
        assert_eq!(person["settled"], true, "{person}");
        assert!(person["ledger"]["duplicate"].as_i64().unwrap() > 0, "{person}");
    }
    assert_eq!((&told["orders"]["given"], &told["orders"]["touched"]), (&3.into(), &Value::Array(Vec::new())));
    assert!(told["revert"]["changed_files"].as_i64().unwrap() > 0, "{said}");
    assert_eq!(told["revert"]["sha256_before"], told["revert"]["sha256_after"]);
    assert!(told["expectations"].as_i64().unwrap() > 20, "{said}");
    assert!(is_empty(place.path()), "a directory was left behind");
    assert_eq!(processes_about(place.path()), Vec::<String>::new());
}

#[test]
fn ctrl_c_in_the_middle_leaves_no_process_and_no_directory() {
    // Before Postgres is there, while the services start, and while it loads and dreams.
    for begun in ["lock", "data/postmaster.pid", "memory-api.address", "dream-worker.address"] {
        let place = place();
        let mut child = memex(place.path(), &["demo"]).spawn().unwrap();
        until(begun, || {
            assert_eq!(child.try_wait().unwrap(), None, "it ended before {begun} came");
            let made = std::fs::read_dir(place.path()).unwrap();
            made.flatten().any(|entry| entry.path().join(begun).exists()).then_some(())
        });
        assert!(!processes_about(place.path()).is_empty());
        signal(&child, Signal::INT);
        assert_eq!(wait(&mut child).code(), Some(130), "at {begun}");
        assert!(is_empty(place.path()), "at {begun} a directory was left behind");
        assert_eq!(processes_about(place.path()), Vec::<String>::new(), "at {begun}");
    }
}

#[test]
fn without_a_postgres_it_says_what_to_set_and_ends_with_69() {
    let place = place();
    let nowhere = place.path().join("nowhere");
    let ran = memex(place.path(), &["demo"]).env("MEMEX_POSTGRES_BIN", nowhere).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(69), "{said}");
    assert!(said.contains("MEMEX_POSTGRES_BIN"), "{said}");
    assert!(is_empty(place.path()), "a directory was left behind");
}
