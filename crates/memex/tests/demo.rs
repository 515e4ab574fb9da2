//! `memex demo`, as its users run it: to its end, and broken off.

#![allow(clippy::unwrap_used, reason = "a test")]
#![cfg(target_os = "linux")]

mod processes;

use std::io::Read as _;
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
        let pairs = person["pairs"].as_array().unwrap();
        assert!(!pairs.is_empty(), "{person}");
        assert_eq!(person["ledger"]["duplicate"].as_i64(), Some(pairs.len() as i64), "{person}");
        for pair in pairs.iter().chain(person["probable"].as_array().unwrap()) {
            assert!(pair["dropped"]["line"].as_i64() > Some(0) && pair["kept"]["line"].as_i64() > Some(0), "{pair}");
            assert!(pair["dropped"]["text"] != "" && pair["kept"]["text"] != "", "{pair}");
        }
    }
    assert_eq!((&told["orders"]["given"], &told["orders"]["touched"]), (&3.into(), &Value::Array(Vec::new())));
    assert!(told["revert"]["changed_files"].as_i64().unwrap() > 0, "{said}");
    assert_eq!(told["revert"]["sha256_before"], told["revert"]["sha256_after"]);
    for decided in ["approved", "rejected"] {
        assert!(!told["decisions"][decided]["pairs"].as_array().unwrap().is_empty(), "{said}");
    }
    assert_eq!(told["decisions"]["next"]["again"], Value::Array(Vec::new()), "what was rejected came again");
    assert!(told["expectations"].as_i64().unwrap() > 20, "{said}");
    assert!(is_empty(place.path()), "a directory was left behind");
    assert_eq!(processes_about(place.path()), Vec::<String>::new());
}

#[test]
fn an_expectation_that_breaks_is_told_as_the_one_json_value() {
    let place = place();
    let mut child = memex(place.path(), &["demo", "--json"]).spawn().unwrap();
    let address = until("memory-api", || {
        assert_eq!(child.try_wait().unwrap(), None, "it ended before memory-api came");
        let made = std::fs::read_dir(place.path()).unwrap().flatten();
        made.map(|entry| entry.path().join("memory-api.address")).find(|file| file.exists())
    });
    // Held, so that the workspace proposes before the demonstration counts on dreams that are applied.
    signal(&child, Signal::STOP);
    let ran = memex(place.path(), &["config", "set", "dream_mode=review"])
        .env("MEMEX_ENDPOINT", format!("http://{}", std::fs::read_to_string(&address).unwrap()))
        .env("MEMEX_TOKEN_FILE", address.with_file_name("operator.token"))
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    signal(&child, Signal::CONT);
    assert_eq!(wait(&mut child).code(), Some(1));
    let mut told = String::new();
    child.stdout.take().unwrap().read_to_string(&mut told).unwrap();
    let told: Value = serde_json::from_str(&told).unwrap_or_else(|error| panic!("{error}: {told:?}"));
    assert_eq!(told["error"]["code"], "INCOMPLETE", "{told}");
    assert!(is_empty(place.path()), "a directory was left behind");
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
