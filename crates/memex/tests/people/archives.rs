//! `export --archive` and `import --archive`: files that are whole or not there, and imports that are whole or cancelled.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use memex_proto::reason::Refusal;
use memex_proto::v1::{ErrorReason, File};
use serde_json::json;
use tonic::Status;

use crate::scene::Scene;

const PART: usize = 64 * 1024;

/// The shortest line that ends an archive.
const END: &str = "{\"kind\":\"end\"}\n";

#[tokio::test]
async fn an_archive_is_written_as_it_came_for_its_owner_alone_and_over_nothing() {
    let scene = Scene::new().await;
    scene.script.lines().admin.archive = vec![Ok(END.as_bytes()[..5].to_vec()), Ok(END.as_bytes()[5..].to_vec())];
    let ran = scene.run(&["export", "--archive", "ada.jsonl"]).await;
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "15 bytes written to ada.jsonl\n", ""));
    assert_eq!(
        (fs::read(scene.at("ada.jsonl")).unwrap(), scene.names()),
        (END.as_bytes().to_vec(), vec!["ada.jsonl".into()])
    );
    assert_eq!(fs::metadata(scene.at("ada.jsonl")).unwrap().permissions().mode() & 0o777, 0o600);

    let ran = scene.run(&["export", "--archive", "ada.jsonl"]).await;
    assert!(ran.code == 1 && ran.err.contains("is there already; name another file, or --force"), "{ran:?}");
    let told = scene.json(&["export", "--archive", "ada.jsonl", "--force"]).await;
    assert_eq!(told, json!({"archive": "ada.jsonl", "size_bytes": 15}));
}

#[tokio::test]
async fn an_archive_that_breaks_off_leaves_no_file_and_what_was_there() {
    let scene = Scene::new().await;
    let broken = Refusal::new(ErrorReason::UserErased, "the user is being erased").into_status();
    scene.script.lines().admin.archive = vec![Ok(b"{\"a\":1}\n".to_vec()), Err(broken)];
    let ran = scene.run(&["export", "--archive", "ada.jsonl"]).await;
    assert_eq!((ran.code, ran.out.as_str(), scene.names()), (1, "", vec![]));
    assert!(ran.err.contains("memex erase USER --status"), "{}", ran.err);
    fs::write(scene.at("ada.jsonl"), "older").unwrap();
    assert_eq!(scene.run(&["export", "--archive", "ada.jsonl", "--force"]).await.code, 1);
    assert_eq!(fs::read_to_string(scene.at("ada.jsonl")).unwrap(), "older");
}

#[tokio::test]
async fn an_archive_without_its_last_line_leaves_no_file_and_is_no_success() {
    let scene = Scene::new().await;
    for broken in ["", "{\"kind\":\"file\"}\n", &END[..END.len() - 1], "{\"kind\":\"end\"}\n{\"kind\":\"file\"}\n"] {
        scene.script.lines().admin.archive = vec![Ok(broken.into())];
        let ran = scene.run(&["export", "--archive", "ada.jsonl"]).await;
        assert_eq!((ran.code, ran.out.as_str(), scene.names()), (1, "", vec![]), "{broken:?}");
        assert!(ran.err.contains("broke off before its last line"), "{}", ran.err);
        assert_eq!(scene.run(&["export", "--archive", "-"]).await.code, 1, "{broken:?}");
    }
}

#[tokio::test]
async fn an_archive_on_standard_output_is_alone_there() {
    let scene = Scene::new().await;
    scene.script.lines().admin.archive = vec![Ok(END.into())];
    let ran = scene.run(&["export", "--archive", "-"]).await;
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, END, "15 bytes written\n"));
    let ran = scene.run(&["export", "--archive", "-", "--json"]).await;
    assert!(ran.code == 2 && ran.out.contains("both take standard output"), "{ran:?}");
    scene.script.lines().admin.archive.push(Err(Status::data_loss("x")));
    assert_eq!(scene.run(&["export", "--archive", "-"]).await.code, 1, "a part is no success");
}

#[tokio::test]
async fn an_archive_whose_reader_has_gone_is_a_failure_and_a_listing_is_not() {
    let scene = Scene::new().await;
    scene.script.lines().admin.archive = vec![Ok(b"{}\n".to_vec())];
    let (code, told) = scene.unread(&["export", "--archive", "-"]).await;
    assert_eq!(code, Some(1), "{told}");
    assert!(told.starts_with("error: standard output: the archive is cut off: "), "{told}");
    scene.script.lines().files.push(File { path: "user/a.md".to_owned(), ..File::default() });
    assert_eq!(scene.unread(&["ls"]).await, (Some(0), String::new()));
}

#[tokio::test]
async fn an_import_sends_the_header_and_then_the_file_in_parts() {
    let scene = Scene::new().await;
    let archive: Vec<u8> = (0..PART + 10).map(|byte| byte as u8).collect();
    fs::write(scene.at("ada.jsonl"), &archive).unwrap();
    let ran = scene.run(&["import", "--archive", "ada.jsonl", "--user", "bob", "--qualifies"]).await;
    let told = "1 file, 2 revisions, 3 dreams and 4 rows of the access log imported\n";
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, told, ""));
    let told = scene.json(&["import", "--archive", "ada.jsonl"]).await;
    assert_eq!(told, json!({"files": 1, "revisions": 2, "dreams": 3, "access_log_rows": 4}));
    let imports = std::mem::take(&mut scene.script.lines().admin.imports);
    let headers: Vec<_> = imports.iter().map(|(header, _)| (header.user_id.as_str(), header.qualifies)).collect();
    assert_eq!(headers, [("bob", true), ("ada", false)]);
    assert_eq!(imports[0].1.iter().map(Vec::len).collect::<Vec<_>>(), [PART, 10]);
    assert_eq!(imports[0].1.concat(), archive);
}

#[tokio::test]
async fn a_file_is_sent_again_whole_with_its_request_id_and_standard_input_is_sent_once() {
    let scene = Scene::new().await;
    fs::write(scene.at("ada.jsonl"), "text").unwrap();
    let passing = Refusal::new(ErrorReason::DatabaseUnavailable, "in a moment").into_status();
    scene.script.lines().admin.import_answers.push_back(passing.clone());
    assert_eq!(scene.run(&["import", "--archive", "ada.jsonl"]).await.code, 0);
    let imports = std::mem::take(&mut scene.script.lines().admin.imports);
    assert!(imports.len() == 2 && imports[0] == imports[1], "{imports:?}");
    assert!(imports[0].0.request_id.len() == 36 && imports[0].1.concat() == b"text", "{imports:?}");

    scene.script.lines().admin.import_answers.push_back(passing);
    assert_eq!(scene.run(&["import", "--archive", "-"]).await.code, 69);
    assert_eq!(scene.script.lines().admin.imports.len(), 1);
}

/// The seconds of a timeout as gRPC says it: a number and its unit.
fn seconds(timeout: &str) -> u64 {
    let (number, unit) = timeout.split_at(timeout.len() - 1);
    let in_a_second = match unit {
        "S" => 1,
        "m" => 1_000,
        "u" => 1_000_000,
        unit => panic!("{unit} is no unit that is expected here"),
    };
    number.parse::<u64>().unwrap() / in_a_second
}

#[tokio::test]
async fn an_import_is_waited_for_longer_than_the_service_gives_it() {
    let scene = Scene::new().await;
    fs::write(scene.at("ada.jsonl"), "text").unwrap();
    assert_eq!(scene.run(&["import", "--archive", "ada.jsonl"]).await.code, 0);
    let timeouts = std::mem::take(&mut scene.script.lines().admin.import_timeouts);
    assert!(matches!(&timeouts[..], [only] if seconds(only) > 900), "{timeouts:?}");
}

#[tokio::test]
async fn an_import_that_is_not_answered_in_time_is_no_memory_api_that_is_not_there() {
    let scene = Scene::new().await;
    fs::write(scene.at("ada.jsonl"), "text").unwrap();
    for args in [&["import", "--archive", "ada.jsonl"][..], &["import", "--archive", "ada.jsonl", "--json"]] {
        let late = Status::deadline_exceeded("the call's deadline passed");
        scene.script.lines().admin.import_answers.push_back(late);
        let ran = scene.run(args).await;
        let told = ran.out.clone() + &ran.err;
        assert!(ran.code == 69 && told.contains("has not answered in time"), "{ran:?}");
        assert!(told.contains("comes in whole or not at all; see which it is: memex users show ada"), "{ran:?}");
        assert!(!told.contains("cannot be reached") && !told.contains("memex up"), "{ran:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_an_error_of_this_machine() {
    let scene = Scene::new().await;
    fs::create_dir(scene.at("folder")).unwrap();
    for (file, why) in [("folder", "Is a directory"), ("missing.jsonl", "No such file")] {
        let ran = scene.run(&["import", "--archive", file]).await;
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{ran:?}");
        assert!(ran.err.starts_with(&format!("error: {file}: {why}")), "{}", ran.err);
    }
}

#[tokio::test]
async fn an_import_over_memory_is_refused_with_what_to_do() {
    let scene = Scene::new().await;
    fs::write(scene.at("ada.jsonl"), "text").unwrap();
    let refusal = Refusal::new(ErrorReason::WrongState, "the user has memory already").into_status();
    scene.script.lines().admin.import_answers.push_back(refusal);
    let ran = scene.run(&["import", "--archive", "ada.jsonl"]).await;
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("next: an archive is brought in only where no memory is"), "{}", ran.err);
}
