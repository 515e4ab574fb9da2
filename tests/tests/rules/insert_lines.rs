//! `insert_lines`, alone and with other edits.

use memex_proto::reason::Refusal;
use memex_proto::v1::edit::Kind;
use memex_proto::v1::{AppendLines, DeleteLines, ErrorReason, InsertLines, Replace};
use memex_stack::stack::Stack;
use tests::ask;
use tests::refused::refused;

fn insert(after_line: i32, lines: &[&str]) -> Kind {
    Kind::InsertLines(InsertLines { after_line, lines: lines.iter().map(ToString::to_string).collect() })
}

fn replace(old: &str, new: &str) -> Kind {
    Kind::Replace(Replace { old: old.into(), new: new.into() })
}

#[tokio::test]
async fn lines_are_inserted_after_a_line_and_endings_and_final_newline_stay() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    for (text, kind, expected) in [
        ("a\nb\n", insert(0, &["x"]), "x\na\nb\n"),
        ("a\r\nb\r\n", insert(1, &["x", "", "y"]), "a\r\nx\r\n\r\ny\r\nb\r\n"),
        ("a\r\nb", insert(2, &["x"]), "a\r\nb\r\nx"),
        ("", insert(0, &["x"]), "x\n"),
    ] {
        ada.write("user/a.md", text).await;
        ada.agent().patch("user/a.md", [kind]).await.unwrap();
        assert_eq!(ada.read("user/a.md").await.as_deref(), Some(expected), "{text:?}");
    }
    stack.finish().await;
}

#[tokio::test]
async fn a_line_that_is_not_there_and_lines_that_are_none_are_refused() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/a.md", "a\nb").await;
    for (kind, reason) in [
        (insert(3, &["x"]), ErrorReason::PatchNoMatch),
        (insert(i32::MAX, &["x"]), ErrorReason::PatchNoMatch),
        (insert(-1, &["x"]), ErrorReason::PatchInvalid),
        (insert(1, &[]), ErrorReason::PatchInvalid),
        (insert(1, &["x\ny"]), ErrorReason::PatchInvalid),
        (insert(2, &["x", ""]), ErrorReason::PatchInvalid),
    ] {
        assert_eq!(refused(ada.agent().patch("user/a.md", [kind.clone()]).await), reason, "{kind:?}");
    }
    assert_eq!(ask::revisions(&stack, "ada").await, 1);
    stack.finish().await;
}

#[tokio::test]
async fn edits_of_every_kind_in_one_call_apply_in_order_or_not_at_all() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    let delete =
        |line, text: &str| Kind::DeleteLines(DeleteLines { first_line: line, last_line: line, expected: text.into() });
    let append = Kind::AppendLines(AppendLines {
        lines: vec!["- last".into()],
        after_heading: "A".into(),
        ..AppendLines::default()
    });
    // Each sees the lines as those before it left them.
    let edits = vec![insert(1, &["- new"]), replace("new", "newer"), delete(3, "- tea"), append];
    for broken in 0..edits.len() {
        ada.write("user/a.md", "# A\n- tea\n# B\n").await;
        let before = ask::everything(&stack).await;
        let mut kinds = edits.clone();
        kinds[broken] = replace("nowhere", "x");
        let refusal = Refusal::of(&ada.agent().patch("user/a.md", kinds).await.unwrap_err()).unwrap();
        assert_eq!((refusal.reason, refusal.facts["edit"].clone()), (ErrorReason::PatchNoMatch, broken.to_string()));
        assert_eq!(ask::everything(&stack).await, before);
    }
    let answer = ada.agent().patch("user/a.md", edits).await.unwrap();
    assert_eq!(answer.file.unwrap().version, 2, "one revision");
    assert_eq!(ada.read("user/a.md").await.as_deref(), Some("# A\n- newer\n- last\n# B\n"));
    stack.finish().await;
}
