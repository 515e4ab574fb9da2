//! The lines that memory-api adds to `user/dream-log.md`, made from the real diff and never from a model's story.

use chrono::NaiveDate;

use crate::ids::DreamId;

/// What a dream did, counted from the treatments that were adopted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DreamLogCounts {
    /// Files changed, the dream log itself not counted.
    pub files: u32,
    /// Lines dropped because the same statement stays elsewhere (`drop_duplicate`).
    pub duplicates: u32,
    /// Lines that a newer one replaced (`supersede`).
    pub contradictions: u32,
    /// Lines that went into a joint one (`merge`).
    pub joined: u32,
    /// Lines that changed their place (`move`).
    pub moved: u32,
    /// Lines put in order without a change of meaning (`tidy`).
    pub tidied: u32,
    /// Lines put in other words (`rewrite`).
    pub rewritten: u32,
}

/// The line of an adopted dream, without a line ending:
/// `[2026-11-22] dream-consolidation: touched 2 files - merged 3 duplicates, resolved 1 contradiction`.
/// What is zero is left out.
pub fn line(date: NaiveDate, counts: &DreamLogCounts) -> String {
    let mut line = format!("[{date}] dream-consolidation: touched {}", counted(counts.files, "file"));
    let acts: Vec<String> = [
        ("merged", counts.duplicates, "duplicate"),
        ("resolved", counts.contradictions, "contradiction"),
        ("joined", counts.joined, "line"),
        ("moved", counts.moved, "line"),
        ("tidied", counts.tidied, "line"),
        ("rewrote", counts.rewritten, "line"),
    ]
    .into_iter()
    .filter(|&(_, count, _)| count > 0)
    .map(|(verb, count, noun)| format!("{verb} {}", counted(count, noun)))
    .collect();
    if !acts.is_empty() {
        line.push_str(" - ");
        line.push_str(&acts.join(", "));
    }
    line
}

/// The line of a reverted dream, without a line ending; `files` counts the files that were restored.
pub fn revert_line(date: NaiveDate, files: u32, dream: &DreamId) -> String {
    format!("[{date}] dream-revert: restored {} - undid {dream}", counted(files, "file"))
}

fn counted(count: u32, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn day() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()
    }

    #[test]
    fn the_line_reads_as_designed() {
        let counts = DreamLogCounts { files: 2, duplicates: 3, contradictions: 1, ..Default::default() };
        let expected =
            "[2026-11-22] dream-consolidation: touched 2 files - merged 3 duplicates, resolved 1 contradiction";
        assert_eq!(line(day(), &counts), expected);
    }

    #[test]
    fn one_is_singular_and_every_act_has_its_word() {
        let counts =
            DreamLogCounts { files: 1, duplicates: 1, contradictions: 2, joined: 1, moved: 2, tidied: 1, rewritten: 4 };
        let expected = "[2026-11-22] dream-consolidation: touched 1 file - merged 1 duplicate, resolved 2 contradictions, \
                        joined 1 line, moved 2 lines, tidied 1 line, rewrote 4 lines";
        assert_eq!(line(day(), &counts), expected);
    }

    #[test]
    fn what_is_zero_is_left_out() {
        let counts = DreamLogCounts { files: 1, ..Default::default() };
        assert_eq!(line(day(), &counts), "[2026-11-22] dream-consolidation: touched 1 file");
    }

    #[test]
    fn a_revert_names_the_dream_that_it_undid() {
        let dream = DreamId { scope: 1, id: Uuid::nil() };
        let expected = format!("[2026-11-22] dream-revert: restored 2 files - undid {dream}");
        assert_eq!(revert_line(day(), 2, &dream), expected);
    }
}
