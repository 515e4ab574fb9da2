//! What a recall takes, and how its block reads.

mod properties;

use chrono::DateTime;

use super::*;

/// A file that was changed at this second.
fn file<'t>(path: &'t str, at: i64, text: &'t str) -> CurrentFile<'t> {
    CurrentFile { path, version: 1, updated_at: DateTime::from_timestamp(at, 0).unwrap(), text: Some(text) }
}

/// The paths of some of the files, with their grounds.
fn named<'t>(files: &[CurrentFile<'t>], recalled: &[Recalled]) -> Vec<(&'t str, Ground)> {
    recalled.iter().map(|one| (files[one.file].path, one.ground)).collect()
}

/// The paths that are taken where there is room for all.
fn order<'t>(files: &[CurrentFile<'t>], query: &str) -> Vec<(&'t str, Ground)> {
    named(files, &recall(files, query, 1_000_000).files)
}

#[test]
fn pinned_then_linked_then_relevant_then_recent() {
    use Ground::{Linked, Pinned, Recent, Relevant};
    let files = [
        file("shared/index.md", 1, "- The house.\n"),
        file("user/a.md", 9, "- A piano stands in the hall of the house.\n"),
        file("user/b.md", 2, "- Plays the piano.\n"),
        file("user/bread.md", 4, "- Bakes.\n"),
        file("user/c.md", 3, "- Cycles.\n"),
        file("user/index.md", 1, "- [[user/people/ann|Ann]], [[user/gone]], [[user/z.md]]\n"),
        file("user/people/ann.md", 1, "- [[user/bread]] [[user/index.md]]\n"),
        file("user/pinned.md", 1, "---\npin: true\n---\n- Careful.\n"),
        file("user/profile.md", 8, "- Ada.\n- [[user/people/ann]]\n"),
        file("user/z.md", 1, "- Zebras.\n"),
    ];
    let expected = [
        ("user/profile.md", Pinned),
        ("user/index.md", Pinned),
        ("shared/index.md", Pinned),
        ("user/pinned.md", Pinned),
        ("user/people/ann.md", Linked),
        ("user/z.md", Linked),
        ("user/b.md", Relevant),
        ("user/a.md", Relevant),
        ("user/bread.md", Recent),
        ("user/c.md", Recent),
    ];
    assert_eq!(order(&files, "Which piano does she play?"), expected);
    let recent = ["user/a.md", "user/bread.md", "user/c.md", "user/b.md"].map(|path| (path, Recent));
    for query in ["", "?!", "xylophones"] {
        assert_eq!(order(&files, query), [&expected[..6], &recent].concat(), "{query:?}");
    }
}

#[test]
fn pin_false_unpins_what_is_pinned_by_default() {
    let files = [file("user/a.md", 2, "- A.\n"), file("user/profile.md", 1, "---\npin: false\n---\n- [[user/a]]\n")];
    assert_eq!(order(&files, ""), [("user/a.md", Ground::Recent), ("user/profile.md", Ground::Recent)]);
}

#[test]
fn of_equals_the_later_comes_first_and_then_the_path_decides() {
    let files = [file("user/a.md", 1, "- tea\n"), file("user/b.md", 2, "- tea\n"), file("user/c.md", 2, "- tea\n")];
    for query in ["", "tea"] {
        let paths: Vec<&str> = order(&files, query).into_iter().map(|(path, _)| path).collect();
        assert_eq!(paths, ["user/b.md", "user/c.md", "user/a.md"], "{query:?}");
    }
}

#[test]
fn a_log_comes_only_where_something_asks_for_it() {
    let log = "2026-09-08 09:02 session opened\n";
    let all = |profile| {
        [
            file("user/dream-log.md", 9, "[2026-11-22] dream-consolidation: touched 1 file\n"),
            file("user/log.md", 8, log),
            file("user/profile.md", 1, profile),
        ]
    };
    let plain = all("- Ada.\n");
    let idle = recall(&plain, "", 8_000);
    assert_eq!(named(&plain, &idle.files), [("user/profile.md", Ground::Pinned)]);
    let logs = [("user/dream-log.md", Ground::Recent), ("user/log.md", Ground::Recent)];
    assert_eq!(named(&plain, &idle.left_out), logs);
    assert_eq!(order(&plain, "session")[1], ("user/log.md", Ground::Relevant));
    assert_eq!(order(&all("- [[user/log]]\n"), "")[1], ("user/log.md", Ground::Linked));
}

#[test]
fn a_block_reads_as_one_document() {
    let mut files = [
        file("shared/index.md", 1, "# The house\r\n\r\n- Opens at nine.\r\n"),
        file(
            "user/home.md",
            2,
            "# Home\n\n- Lives in Porto.\n\n## History\n\n- Lived in Tartu, 2019 to 2024.\n\n## Cats\n\n- Pixel",
        ),
        file("user/profile.md", 3, "# Ada\n\n- Likes tea.\n"),
        file("user/was.md", 4, "## History\n- Smoked."),
    ];
    files[1].version = 7;
    let recalled = recall(&files, "", 8_000);
    let expected = "\
# user/profile.md (version 1)

# Ada

- Likes tea.

# shared/index.md (version 1)

# The house\r
\r
- Opens at nine.\r

# user/home.md (version 7)

# Home

- Lives in Porto.

## Cats

- Pixel

# user/was.md (version 1, superseded)

## History
- Smoked.

# user/home.md (version 7, superseded)

## History

- Lived in Tartu, 2019 to 2024.

";
    assert_eq!(recalled.content, expected);
    let taken: Vec<(&str, bool)> = recalled
        .files
        .iter()
        .map(|one| (files[one.file].path, files[one.file].text.unwrap().len() == one.taken_bytes))
        .collect();
    let whole = ["user/profile.md", "shared/index.md", "user/home.md", "user/was.md"].map(|path| (path, true));
    assert_eq!(taken, whole);
}

#[test]
fn what_is_superseded_goes_first_when_room_is_short() {
    let files = [
        file("user/a.md", 2, "- Lives in Porto.\n## History\n- Lived in Tartu for five years, by the river.\n"),
        file("user/b.md", 1, "- Keeps bees behind the house in the summer.\n"),
    ];
    let all = recall(&files, "", 8_000).content.len();
    let less = recall(&files, "", all - 1);
    assert!(less.content.contains("bees") && !less.content.contains("Tartu"), "{}", less.content);
    assert_eq!(less.files[0].taken_bytes, "- Lives in Porto.\n".len());
}

#[test]
fn superseded_lines_never_stand_without_those_that_hold() {
    let long = "and on ".repeat(40);
    let text = format!("- One.\n- Two {long}\n## History\n- Was.\n# History\n- Had been.");
    let files = [file("user/a.md", 1, &text)];
    let cut = recall(&files, "", 256);
    assert_eq!(cut.content, "# user/a.md (version 1, cut)\n\n- One.\n");
    let (holds, held) = text.split_at(text.find("## History").unwrap());
    let whole = format!("# user/a.md (version 1)\n\n{holds}\n# user/a.md (version 1, superseded)\n\n{held}\n");
    assert_eq!(recall(&files, "", 1_000).content, whole);
}

#[test]
fn no_size_is_exceeded_by_a_byte() {
    let files = [
        file("user/a.md", 3, "- One.\n\n## History\n- Was."),
        file("user/b.md", 2, "- Two.\n- Three."),
        file("user/c.md", 1, "- Four."),
    ];
    let whole = recall(&files, "", 8_000).content.len();
    for max_bytes in 0..whole + 10 {
        let recalled = recall(&files, "", max_bytes);
        assert!(recalled.content.len() <= max_bytes, "{} of {max_bytes}", recalled.content.len());
    }
}

#[test]
fn the_last_file_is_cut_between_lines_and_never_after_a_heading() {
    let text = "# Notes\n\n- One.\n- Two.\n\n## More\n\n- Three, and more of it.\n";
    let all = ["user/a.md", "user/b.md", "user/c.md", "user/d.md"].map(|path| file(path, 1, text));
    let whole = recall(&all[..1], "", 8_000).content.len();
    let cut = recall(&all, "", 3 * whole - 8);
    let third = "# user/c.md (version 1, cut)\n\n# Notes\n\n- One.\n- Two.\n";
    assert!(cut.content.ends_with(third), "{}", cut.content);
    assert_eq!(named(&all, &cut.left_out), [("user/d.md", Ground::Recent)]);
    let sizes: Vec<usize> = cut.files.iter().map(|one| one.taken_bytes).collect();
    assert_eq!(sizes, [text.len(), text.len(), "# Notes\n\n- One.\n- Two.\n".len()]);
}

#[test]
fn a_large_file_leaves_half_of_the_block_to_others_and_takes_what_they_leave() {
    let large = "- A line of forty bytes, give or take.\n".repeat(100);
    let small = "- Bees.\n".repeat(10);
    let files = [file("user/profile.md", 1, &large), file("user/b.md", 1, &small)];
    let recalled = recall(&files, "", 2_000);
    let taken: Vec<usize> = recalled.files.iter().map(|one| one.taken_bytes).collect();
    assert_eq!(taken[1], small.len());
    assert!(taken[0] > 1_700 && recalled.content.len() > 1_900, "{taken:?}");
}

#[test]
fn a_file_that_is_there_for_the_query_is_cut_to_what_answers_it() {
    let other = "- A line of forty bytes, give or take.\n".repeat(50);
    let long = format!("# All\n\n{other}## Music\n\n- Plays the piano.\n\n{other}");
    let files = [file("user/a.md", 1, &long), file("user/profile.md", 1, &long)];
    let recalled = recall(&files, "Which piano?", 1_500);
    let (profile, notes) = recalled.content.split_once("# user/a.md (version 1, cut)\n\n").unwrap();
    assert!(profile.contains("(version 1, cut)\n\n# All\n\n- A line") && !profile.contains("piano"), "{profile}");
    assert!(notes.starts_with("- A line") && notes.contains("## Music\n\n- Plays the piano.\n\n- A line"), "{notes}");
    assert!(recalled.content.len() > 1_400, "{}", recalled.content.len());
}

#[test]
fn a_file_whose_text_was_not_read_is_left_out() {
    let mut files = [file("user/profile.md", 1, ""), file("user/b.md", 1, "")];
    files[0].text = None;
    let recalled = recall(&files, "tea", 8_000);
    assert_eq!(recalled.content, "# user/b.md (version 1)\n\n");
    assert_eq!(named(&files, &recalled.left_out), [("user/profile.md", Ground::Pinned)]);
}

#[test]
fn as_many_are_listed_as_left_out_as_there_may_be() {
    let paths: Vec<String> = (0..1_500).map(|n| format!("user/{n:04}.md")).collect();
    let files: Vec<CurrentFile<'_>> = paths.iter().map(|path| file(path, 1, "- A line.\n")).collect();
    let recalled = recall(&files, "", 256);
    assert_eq!(recalled.left_out.len(), crate::limits::MAX_LEFT_OUT);
    assert_eq!(recalled.left_out[0].file, recalled.files.len());
}
