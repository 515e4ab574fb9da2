//! The edits of a patch.

use memex_core::limits;
use memex_core::patch::Edit;
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;
use memex_proto::v1::ErrorReason;
use memex_proto::v1::edit::Kind;

/// The edits, in their order.
///
/// # Errors
/// PATCH_INVALID for none, too many, or one without a kind or with a line below 0.
pub fn edits(edits: Vec<pb::Edit>) -> Result<Vec<Edit>, Refusal> {
    if edits.is_empty() || edits.len() > limits::MAX_EDITS {
        let rule = format!("a patch has 1 to {} edits", limits::MAX_EDITS);
        return Err(Refusal::new(ErrorReason::PatchInvalid, rule.clone()).violation("edits", rule));
    }
    edits.into_iter().enumerate().map(|(at, edit)| one(at, edit)).collect()
}

fn one(at: usize, edit: pb::Edit) -> Result<Edit, Refusal> {
    let line = |name: &str, number: i32| {
        let name = format!("edits[{at}].{name}");
        u32::try_from(number).map_err(|_| invalid(&name, "lines are counted from 1"))
    };
    match edit.kind {
        None => Err(invalid(&format!("edits[{at}]"), "give one of append_lines, replace, insert_lines, delete_lines")),
        Some(Kind::AppendLines(append)) => Ok(Edit::AppendLines {
            lines: append.lines,
            after_heading: Some(append.after_heading).filter(|heading| !heading.is_empty()),
            skip_if_present: append.skip_if_present,
        }),
        Some(Kind::Replace(replace)) => Ok(Edit::Replace { old: replace.old, new: replace.new }),
        Some(Kind::InsertLines(insert)) => Ok(Edit::InsertLines {
            after_line: line("insert_lines.after_line", insert.after_line)?,
            lines: insert.lines,
        }),
        Some(Kind::DeleteLines(delete)) => Ok(Edit::DeleteLines {
            first_line: line("delete_lines.first_line", delete.first_line)?,
            last_line: line("delete_lines.last_line", delete.last_line)?,
            expected: delete.expected,
        }),
    }
}

fn invalid(name: &str, rule: &str) -> Refusal {
    Refusal::new(ErrorReason::PatchInvalid, format!("{name}: {rule}")).violation(name, rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(kind: Kind) -> pb::Edit {
        pb::Edit { kind: Some(kind) }
    }

    #[test]
    fn each_kind_of_edit_is_taken_as_it_is() {
        let given = vec![
            edit(Kind::AppendLines(pb::AppendLines { lines: vec!["- tea".into()], ..Default::default() })),
            edit(Kind::AppendLines(pb::AppendLines {
                lines: vec!["- tea".into()],
                after_heading: "A".into(),
                skip_if_present: true,
            })),
            edit(Kind::Replace(pb::Replace { old: "$&".into(), new: "$$".into() })),
            edit(Kind::InsertLines(pb::InsertLines { after_line: 0, lines: vec!["x".into()] })),
            edit(Kind::DeleteLines(pb::DeleteLines { first_line: 1, last_line: 2, expected: "a\nb".into() })),
        ];
        let expected = vec![
            Edit::AppendLines { lines: vec!["- tea".into()], after_heading: None, skip_if_present: false },
            Edit::AppendLines { lines: vec!["- tea".into()], after_heading: Some("A".into()), skip_if_present: true },
            Edit::Replace { old: "$&".into(), new: "$$".into() },
            Edit::InsertLines { after_line: 0, lines: vec!["x".into()] },
            Edit::DeleteLines { first_line: 1, last_line: 2, expected: "a\nb".into() },
        ];
        assert_eq!(edits(given).unwrap(), expected);
    }

    #[test]
    fn a_patch_has_1_to_100_edits_of_a_known_kind() {
        let replace = || edit(Kind::Replace(pb::Replace { old: "a".into(), new: "b".into() }));
        assert!(edits(vec![replace(); 100]).is_ok());
        let delete = edit(Kind::DeleteLines(pb::DeleteLines { first_line: -1, last_line: 2, expected: String::new() }));
        let insert = edit(Kind::InsertLines(pb::InsertLines { after_line: -1, lines: vec!["a".into()] }));
        for refused in [vec![], vec![replace(); 101], vec![pb::Edit { kind: None }], vec![delete], vec![insert]] {
            assert_eq!(edits(refused).unwrap_err().reason, ErrorReason::PatchInvalid);
        }
    }
}
