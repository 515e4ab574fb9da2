//! The merge of a revert with later edits.

use diffy::MergeOptions;

/// The text with what the dream did taken back and the later edits kept. `left`: as the dream left it; `now`: as it is;
/// `before`: as it was before the dream.
///
/// # Errors
/// The lines of `now` that conflict, such as `3,7-9`.
pub(super) fn merged(left: &str, now: &str, before: &str) -> Result<String, String> {
    // Longer than any run of these characters in the texts: no line of theirs is taken for a marker.
    let longest = [left, now, before].iter().flat_map(|text| text.lines()).map(leading_run).max().unwrap_or(0);
    let mut options = MergeOptions::new();
    options.set_conflict_style(diffy::ConflictStyle::Merge).set_conflict_marker_length(longest + 7);
    options.merge(left, now, before).map_err(|conflicted| lines(&conflicted, now, longest + 7))
}

fn leading_run(line: &str) -> usize {
    let first = line.chars().next();
    line.chars().take_while(|&c| Some(c) == first).count()
}

/// Where the sections of `now` that conflict stand in it.
fn lines(conflicted: &str, now: &str, marker: usize) -> String {
    let [ours, middle] = ["<", "="].map(|mark| mark.repeat(marker));
    let all: Vec<&str> = now.lines().collect();
    let mut found = Vec::new();
    let mut section: Option<Vec<&str>> = None;
    let mut from = 0;
    for line in conflicted.lines() {
        if line.starts_with(&ours) {
            section = Some(Vec::new());
        } else if line.starts_with(&middle) {
            let lines = section.take().unwrap_or_default();
            let at = (from..=all.len().saturating_sub(lines.len())).find(|&at| all[at..].starts_with(&lines));
            let at = at.unwrap_or(from);
            found.push(match lines.len() {
                0 | 1 => (at + 1).to_string(),
                more => format!("{}-{}", at + 1, at + more),
            });
            from = at + lines.len();
        } else if let Some(section) = &mut section {
            section.push(line);
        }
    }
    found.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_edits_stay_and_what_went_comes_back() {
        let (left, before) = ("# A\n\n- a\n- c\n- d\n", "# A\n\n- a\n- b\n- c\n- d\n");
        assert_eq!(merged(left, "# A\n\n- a\n- c\n- d\n- e\n", before).unwrap(), "# A\n\n- a\n- b\n- c\n- d\n- e\n");
        assert_eq!(merged(left, left, before).unwrap(), before);
    }

    #[test]
    fn edits_of_the_same_place_conflict_with_their_lines() {
        let (left, before) = ("# A\n\n- a\n- c\n", "# A\n\n- a\n- b\n- c\n");
        assert_eq!(merged(left, "# A\n\n- a\n- x\n- c\n", before).unwrap_err(), "4");
        let marked = "<<<<<<<<<<\n- a\n- x\n- c\n";
        assert_eq!(merged("<<<<<<<<<<\n- a\n- c\n", marked, "<<<<<<<<<<\n- a\n- b\n- c\n").unwrap_err(), "3");
    }
}
