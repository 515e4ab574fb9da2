//! What a changeset's files and counts are made of.

use memex_proto::v1 as pb;
use prost::Message as _;

use super::*;

fn op(path: &str, base_version: i64, text: &str) -> StagedOp {
    let stored = pb::Treatment {
        kind: pb::TreatmentKind::DropDuplicate.into(),
        before: Some(pb::LineRange { first: 2, last: 2 }),
        after: None,
        sources: vec![pb::TreatmentSource {
            path: "user/food.md".into(),
            version: 1,
            lines: Some(pb::LineRange { first: 1, last: 1 }),
        }],
    };
    StagedOp {
        number: 1,
        operation: 11,
        path: path.into(),
        base_file: None,
        base_version,
        expected_version: base_version,
        text: Some(text.into()),
        inserted_bytes: 0,
        source: 1,
        reason: String::new(),
        treatments: vec![stored.encode_to_vec()],
        adopted_sequence: None,
        redacted: false,
    }
}

fn head(path: &str, text: &str) -> HeadText {
    HeadText { path: path.into(), file_id: Uuid::nil(), version: 1, text: text.into() }
}

fn rules() -> Rules {
    Rules::on(chrono::NaiveDate::from_ymd_opt(2026, 12, 1).unwrap())
}

#[test]
fn a_duplicate_in_a_cited_file_is_ground_and_is_counted() {
    let changes = Changes::of(&[op("user/notes.md", 1, "- Ann has a cat\n")], Guards::default()).unwrap();
    assert_eq!(changes.paths(), ["user/notes.md", "user/food.md"]);
    let heads =
        vec![head("user/food.md", "- Ann likes tea\n"), head("user/notes.md", "- Ann has a cat\n- Ann likes tea\n")];
    let (ledger, counts, changed) = changes.judge(heads, &HashMap::new(), &rules());
    assert_eq!(changed, ["user/notes.md".to_owned()].into());
    assert_eq!((ledger.violations.as_slice(), ledger.duplicate, ledger.kept), ([].as_slice(), 1, 1));
    assert_eq!(counts, DreamLogCounts { files: 1, duplicates: 1, ..DreamLogCounts::default() });
}

#[test]
fn a_base_that_is_not_the_current_version_is_not_accounted_for() {
    let changes = Changes::of(&[op("user/notes.md", 7, "- Ann has a cat\n")], Guards::default()).unwrap();
    let heads = vec![head("user/notes.md", "- Ann has a cat\n- Ann likes tea\n")];
    assert!(!changes.judge(heads, &HashMap::new(), &rules()).0.violations.is_empty());
}
