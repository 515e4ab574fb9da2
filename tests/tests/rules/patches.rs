//! Patches: all or nothing, byte for byte, never "the first".

use memex_proto::reason::Refusal;
use memex_proto::v1::{AppendLines, DeleteLines, ErrorReason, Replace, edit};
use memex_stack::stack::Stack;
use tests::ask;
use tests::refused::{reason, refused};
use uuid::Uuid;

fn replace(old: &str, new: &str) -> edit::Kind {
    edit::Kind::Replace(Replace { old: old.into(), new: new.into() })
}

fn append(lines: &[&str], after_heading: &str) -> edit::Kind {
    edit::Kind::AppendLines(AppendLines {
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        after_heading: after_heading.into(),
        skip_if_present: false,
    })
}

fn once(lines: &[&str], after_heading: &str) -> edit::Kind {
    match append(lines, after_heading) {
        edit::Kind::AppendLines(append) => edit::Kind::AppendLines(AppendLines { skip_if_present: true, ..append }),
        other => other,
    }
}

#[tokio::test]
async fn edits_apply_in_order_in_one_revision_and_keep_what_they_do_not_name() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/a.md", "# A\r\n- tea\r\n- $1\r\n# B\r\n- cats").await;
    let edits = vec![
        replace("$1", "$& \\1 $$"),
        append(&["- milk", "- tea"], "A"),
        once(&["- milk", "- tea"], "A"),
        edit::Kind::DeleteLines(DeleteLines { first_line: 2, last_line: 2, expected: "- tea".into() }),
    ];
    let answer = ada.agent().patch("user/a.md", edits).await.unwrap();
    assert_eq!((answer.file.unwrap().version, answer.skipped_lines), (2, 2));
    let text = ada.read("user/a.md").await.unwrap();
    assert_eq!(text, "# A\r\n- $& \\1 $$\r\n- milk\r\n- tea\r\n# B\r\n- cats");
    stack.finish().await;
}

#[tokio::test]
async fn an_appended_block_is_there_as_it_was_given() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    for (text, block) in [
        ("# Ann\n\n- Diet: vegan\n- Lives in Tartu\n", &["", "# Ben", "", "- Diet: vegan", "- Lives in Porto"][..]),
        ("## 26 November\n\n- Ran 5 km\n- Mood: good\n", &["", "## 27 November", "", "- Ran 5 km", "- Mood: good"]),
        ("| a | b |\n| --- | --- |\n| 1 | 2 |\n", &["", "| c | d |", "| --- | --- |", "| 3 | 4 |"]),
        ("- tea\n", &["- tea"]),
        ("- tea\n", &["- tea", "", ""]),
    ] {
        ada.write("user/a.md", text).await;
        ada.agent().patch("user/a.md", [append(block, "")]).await.unwrap();
        let expected = format!("{text}{}\n", block.join("\n"));
        assert_eq!(ada.read("user/a.md").await.unwrap(), expected);
    }
    ada.write("user/a.md", "# A\n- tea\n\n# B\n- tea\n").await;
    ada.agent().patch("user/a.md", [append(&["- tea", "- milk"], "A")]).await.unwrap();
    assert_eq!(ada.read("user/a.md").await.unwrap(), "# A\n- tea\n- tea\n- milk\n\n# B\n- tea\n");
    stack.finish().await;
}

#[tokio::test]
async fn a_block_that_stands_there_is_skipped_where_asked_and_a_repeat_says_the_same() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/a.md", "# A\n- tea\n- milk\n\n# B\n").await;
    let ask = |edits: Vec<edit::Kind>| ada.agent().patch("user/a.md", edits).id(Uuid::now_v7());
    let unchanged = ask(vec![once(&["- tea", "- milk"], "")]);
    let changed = ask(vec![once(&["- tea", "- milk"], "A"), once(&["- tea", "- milk"], "B")]);
    let later = ask(vec![once(&["- tea"], "A"), append(&["- tea"], "A")]);
    for (request, told) in [(unchanged, (2, false)), (changed, (2, true)), (later, (1, true))] {
        let first = request.clone().await.unwrap();
        assert_eq!((first.skipped_lines, first.changed), told);
        // What stands there by now does not count: the repeat tells of the first time.
        ada.write("user/a.md", &format!("# A\n- oats\n# B\n{}", first.revision_id)).await;
        assert_eq!(request.await.unwrap(), first);
        ada.write("user/a.md", "# A\n- tea\n- milk\n\n# B\n").await;
    }
    stack.finish().await;
}

#[tokio::test]
async fn an_edit_that_fits_nowhere_or_twice_changes_nothing_and_says_where() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/a.md", "- tea\n- tea\n- milk\n").await;
    let twice = ada.agent().patch("user/a.md", [replace("milk", "oats"), replace("tea", "coffee")]).await.unwrap_err();
    let refusal = Refusal::of(&twice).unwrap();
    assert_eq!((refusal.reason, refusal.facts["lines"].as_str()), (ErrorReason::PatchAmbiguous, "1,2"), "{refusal:?}");
    assert_eq!(refused(ada.agent().patch("user/a.md", [replace("beer", "x")]).await), ErrorReason::PatchNoMatch);
    let range =
        edit::Kind::DeleteLines(DeleteLines { first_line: 1, last_line: 2, expected: "- tea\n- coffee".into() });
    assert_eq!(refused(ada.agent().patch("user/a.md", [range]).await), ErrorReason::PatchNoMatch);
    assert_eq!(refused(ada.agent().patch("user/a.md", [replace("", "x")]).await), ErrorReason::PatchInvalid);
    assert_eq!(ada.read("user/a.md").await.as_deref(), Some("- tea\n- tea\n- milk\n"));
    stack.finish().await;
}

#[tokio::test]
async fn a_patch_never_creates_and_a_stale_one_is_refused() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    assert_eq!(refused(ada.agent().patch("user/a.md", [append(&["- x"], "")]).await), ErrorReason::FileNotFound);
    ada.write("user/a.md", "- tea\n").await;
    let status = ada.agent().patch("user/a.md", [append(&["- x"], "")]).at(9).await.unwrap_err();
    assert_eq!(reason(&status), ErrorReason::VersionConflict);
    assert_eq!(Refusal::of(&status).unwrap().facts["current_version"], "1");
    stack.finish().await;
}

#[tokio::test]
async fn patches_at_once_without_a_version_all_arrive() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/a.md", "# A\n").await;
    let append = |number: i32| append(&[&format!("- line {number}")], "");
    let calls = (0..32).map(|number| ada.agent().patch("user/a.md", [append(number)]).into_future());
    let answers = futures::future::join_all(calls).await;
    let acknowledged = answers.iter().filter(|answer| answer.is_ok()).count();
    let text = ada.read("user/a.md").await.unwrap();
    assert_eq!(text.lines().filter(|line| line.starts_with("- line")).count(), acknowledged, "{text}");
    for status in answers.into_iter().filter_map(Result::err) {
        assert_eq!(reason(&status), ErrorReason::VersionConflict, "{status}");
    }
    assert!(acknowledged > 0);
    stack.finish().await;
}

/// Lets the first so many changes find that another was quicker.
async fn lose_races(stack: &Stack, races: u32) {
    let lose = "DO $do$ BEGIN
        CREATE SEQUENCE IF NOT EXISTS test_tries;
        PERFORM setval('test_tries', 1, false);
        EXECUTE regexp_replace(pg_get_functiondef('mx_commit_1'::regproc), 'item\\.expected <> (\\(CASE[^\n]*END\\) \\+ )?live',
          'item.expected <> (CASE WHEN nextval(''test_tries'') <= RACES THEN 1 ELSE 0 END) + live');
      END $do$";
    ask::change(stack.sql(), &lose.replace("RACES", &races.to_string()), &[]).await;
}

#[tokio::test]
async fn a_patch_that_names_no_version_is_tried_again_and_never_told_of_one() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/a.md", "- tea\n").await;
    let request = ada.agent().patch("user/a.md", [append(&["- milk"], "")]).id(Uuid::new_v4());
    lose_races(&stack, 1_000_000).await;
    let refusal = Refusal::of(&request.clone().await.unwrap_err()).unwrap();
    assert_eq!((refusal.reason, refusal.retry_after.is_some()), (ErrorReason::Overloaded, true));
    lose_races(&stack, 12).await;
    assert_eq!(request.await.unwrap().file.unwrap().version, 2);
    let rows = "SELECT format('%s %s', outcome, reason) FROM mx_access_log WHERE operation = 11 ORDER BY at, entry_id";
    let overloaded = format!("3 {}", ErrorReason::Overloaded as i32);
    assert_eq!(ask::lines(stack.sql(), rows, &[]).await, [overloaded.as_str(), "1 0"]);
    stack.finish().await;
}
