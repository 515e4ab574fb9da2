//! The help of every command and the main error texts, word for word as people read them.

#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use memex_proto::reason::Refusal;
use memex_proto::v1::ErrorReason;
use support::{Script, connected, memex};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// Compares with the file, or writes it where UPDATE_GOLDEN is set.
fn assert_golden(name: &str, text: &str) {
    let file = golden(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(text, expected, "{name} differs; UPDATE_GOLDEN=1 writes it anew");
}

/// The help of a command and of all below it, by name; the commands are found in the help itself.
async fn helps(command: Vec<String>, home: &Path, found: &mut BTreeMap<String, String>) {
    let args: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
    let ran = memex(home, &[], &args).await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{args:?}");
    let listed = ran.out.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names: Vec<String> = listed
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
        .filter(|name| name != "help")
        .collect();
    for name in names {
        let below = command.iter().cloned().chain([name]).collect();
        Box::pin(helps(below, home, found)).await;
    }
    let name = if command.is_empty() { "memex".to_owned() } else { command.join("-") };
    found.insert(name, ran.out);
}

#[tokio::test]
async fn every_command_has_help_with_examples() {
    let home = tempfile::tempdir().unwrap();
    let mut found = BTreeMap::new();
    helps(Vec::new(), home.path(), &mut found).await;
    assert!(found.len() >= 54, "{:?}", found.keys());
    for (name, help) in &found {
        assert!(help.contains("Examples:"), "{name} has no examples");
        assert_golden(&format!("help/{name}.txt"), help);
    }
    for file in fs::read_dir(golden("help")).unwrap() {
        let name = file.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned();
        assert!(found.contains_key(&name), "{name} is no command any more");
    }
}

/// What people and programs read of one refusal of a write.
async fn refused(name: &str, refusal: Refusal) {
    let (script, home) = (Script::default(), tempfile::tempdir().unwrap());
    let address = script.serve().await;
    let mut read = Vec::new();
    for json in [&["put", "user/a.md", "-"][..], &["put", "user/a.md", "-", "--json"]] {
        script.lines().write_answers.push_back(refusal.clone().into_status());
        let ran = memex(home.path(), &connected(address), json).await;
        assert_eq!(ran.code, 1, "{ran:?}");
        read.push(ran);
    }
    assert_eq!((read[0].out.as_str(), read[1].err.as_str()), ("", ""));
    assert_golden(&format!("error/{name}.txt"), &read[0].err);
    assert_golden(&format!("error/{name}.json"), &read[1].out);
}

#[tokio::test]
async fn a_version_conflict_says_what_is_there_and_what_to_do() {
    let refusal = Refusal::new(ErrorReason::VersionConflict, "user/a.md is at another version than expected");
    refused("version_conflict", refusal.fact("current_version", 7)).await;
}

#[tokio::test]
async fn a_field_is_named_with_its_rule_and_nothing_steers_the_terminal() {
    let refusal = Refusal::new(ErrorReason::FieldInvalid, "the request cannot be read\u{1b}[2J");
    refused("field_invalid", refusal.violation("user_id", "must not be empty")).await;
}

#[tokio::test]
async fn a_token_that_is_not_known_says_where_to_put_one() {
    refused("token_invalid", Refusal::new(ErrorReason::TokenInvalid, "the token is unknown or revoked")).await;
}

#[tokio::test]
async fn bad_settings_are_told_all_at_once_with_64() {
    let home = tempfile::tempdir().unwrap();
    let env = [("MEMEX_ENDPOINT", "nowhere".to_owned()), ("MEMEX_USER", "a\u{200B}".to_owned())];
    let ran = memex(home.path(), &env, &["ls"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (64, ""));
    assert_golden("error/settings.txt", &ran.err);
    let ran = memex(home.path(), &env, &["--json", "ls"]).await;
    assert_eq!((ran.code, ran.err.as_str()), (64, ""));
    assert_golden("error/settings.json", &ran.out);
}

#[tokio::test]
async fn a_service_that_is_not_there_is_69() {
    let home = tempfile::tempdir().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let ran = memex(home.path(), &connected(address), &["ls"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (69, ""));
    assert!(ran.err.starts_with(&format!("error: memory-api at http://{address} cannot be reached")), "{}", ran.err);
    assert!(ran.err.contains("next: start the pair with `memex up`"), "{}", ran.err);
}

#[tokio::test]
async fn a_command_line_that_is_not_understood_is_2() {
    let home = tempfile::tempdir().unwrap();
    let connected = [("MEMEX_TOKEN", "mx_canary".to_owned())];
    for args in [
        &["lss"][..],
        &["put", "user/a.md", "-", "--overwrite", "--expected-version", "1"],
        &["config", "set", "a=1", "b"],
        &["dream", "start", "--wait-seconds", "5"],
        &["dream", "start", "--as-of", "2026-02-30"],
        &["token", "create", "--role", "agent"],
        &["ls", "--user", ""],
        &["cat", "user/a.md", "--version", "0"],
        &["cat", "user/a.md", "--at", "yesterday"],
        &["cat", "user/a.md", "--version", "1", "--at", "2026-11-22"],
        &["patch", "user/a.md"],
        &["patch", "user/a.md", "--delete", "x", "y"],
        &["rm"],
        &["rm", "user/a.md", "user/b.md", "--expected-version", "1"],
        &["mv", "user/a.md"],
        &["restore", "user/a.md"],
        &["restore", "rev_1", "--version", "1"],
        &["restore", "rev_1", "--user", "ada"],
        &["watch", "--all-users", "--user", "ada"],
        &["watch", "--after", "c", "--from-beginning"],
        &["man", "nothing"],
        &["search"],
        &["dream", "approve"],
        &["dream", "watch"],
        &["review", "--all-users", "--user", "ada"],
        &["review"],
        &["recall", "--max-bytes", "255"],
        &["redact", "rev_1"],
        &["redact", "rev_1", "--reason", "why"],
        &["erase"],
        &["erase", "ada"],
        &["erase", "ada", "--status", "--yes"],
        &["users", "set", "ada"],
        &["users", "set", "ada", "dream_mode"],
        &["token", "revoke", "mx_canary"],
        &["export"],
        &["export", "out", "--archive", "ada.jsonl"],
        &["export", "--archive", "ada.jsonl", "--shared"],
        &["import", "notes", "--archive", "ada.jsonl"],
        &["import", "--archive", "ada.jsonl", "--overwrite"],
        &["import", "notes", "--qualifies"],
    ] {
        let ran = memex(home.path(), &connected, args).await;
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}: {ran:?}");
        assert!(ran.err.starts_with("error: "), "{args:?}: {ran:?}");
        let ran = memex(home.path(), &connected, &[&["--json"][..], args].concat()).await;
        let told: serde_json::Value = serde_json::from_str(&ran.out).unwrap_or_default();
        assert_eq!((ran.code, told["error"]["code"].as_str()), (2, Some("USAGE")), "{args:?}: {ran:?}");
        assert_eq!(ran.err, "", "{args:?}");
    }
}

#[tokio::test]
async fn a_tokens_value_that_is_given_for_its_id_is_nowhere_repeated() {
    let home = tempfile::tempdir().unwrap();
    let connected = [("MEMEX_TOKEN", "mx_another".to_owned())];
    for args in [&["token", "revoke", "mx_canary"][..], &["--json", "token", "revoke", "mx_canary"]] {
        let ran = memex(home.path(), &connected, args).await;
        let said = ran.out.clone() + &ran.err;
        assert!(ran.code == 2 && said.contains("its id begins with tok_"), "{ran:?}");
        assert!(!said.contains("canary"), "{ran:?}");
    }
}

#[tokio::test]
async fn a_program_reads_one_json_value_for_a_command_line_that_is_not_understood() {
    let home = tempfile::tempdir().unwrap();
    for (name, args) in [
        ("usage_command", &["lss", "--json"][..]),
        ("usage_none", &["dream", "--json"]),
        ("usage_value", &["cat", "user/a.md", "--version", "0", "--json"]),
    ] {
        let ran = memex(home.path(), &[], args).await;
        assert_eq!((ran.code, ran.err.as_str()), (2, ""), "{args:?}");
        assert_golden(&format!("error/{name}.json"), &ran.out);
    }
    for args in [&["--json", "--version"][..], &["ls", "--json", "--help"]] {
        let ran = memex(home.path(), &[], args).await;
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        assert!(!ran.out.starts_with('{'), "{ran:?}");
    }
    let ran = memex(home.path(), &[], &["lss", "--", "--json"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "what comes after -- is no flag");
}
