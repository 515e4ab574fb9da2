//! The rules of paths, by table and by property.

use std::collections::HashMap;

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

use super::spellings::{ACCEPTED, REFUSED};
use super::*;
use crate::limits::{MAX_PATH_BYTES, MAX_PATH_SEGMENTS};

#[test]
fn at_least_300_spellings_are_tried() {
    assert!(ACCEPTED.len() + REFUSED.len() >= 300, "{} + {}", ACCEPTED.len(), REFUSED.len());
}

#[test]
fn good_spellings_become_their_one_canonical_form() {
    for (spelled, canonical) in ACCEPTED {
        let path = MemoryPath::parse(spelled).unwrap_or_else(|refusal| panic!("{spelled:?}: {refusal}"));
        assert_eq!(path.as_str(), *canonical, "{spelled:?}");
        assert_eq!(MemoryPath::parse(path.as_str()).as_ref(), Ok(&path));
    }
}

#[test]
fn odd_spellings_are_refused() {
    for spelled in REFUSED {
        assert!(MemoryPath::parse(spelled).is_err(), "{spelled:?}");
    }
}

#[test]
fn no_file_has_two_spellings_but_by_composition() {
    let mut seen: HashMap<MemoryPath, &str> = HashMap::new();
    for (spelled, _) in ACCEPTED {
        if let Some(other) = seen.insert(MemoryPath::parse(spelled).unwrap(), spelled) {
            assert!(spelled.nfc().eq(other.nfc()), "{spelled:?} and {other:?}");
        }
    }
}

#[test]
fn a_refusal_names_its_rule() {
    use PathRefusal::*;
    let bidi = '\u{202E}';
    for (spelled, refusal) in [
        ("", Empty),
        ("user", NoFile),
        ("shared/", NoFile),
        ("users/a.md", UnknownScope),
        ("/user/a.md", UnknownScope),
        ("User/a.md", UnknownScope),
        ("user//a.md", EmptySegment),
        ("user/a/", TrailingSlash),
        ("user/log.md/", TrailingSlash),
        ("user/../shared/a.md", DotSegment),
        ("user/.", DotSegment),
        ("user\\a.md", Backslash),
        ("user/%2e%2e/a.md", PercentEncoded),
        ("user/a\u{202E}.md", NotPrintable { character: bidi }),
        ("user/．．/a.md", LookAlike { character: '．' }),
        ("user/a b /c.md", OuterSpace),
        ("user/\u{301}a.md", LeadingMark { character: '\u{301}' }),
    ] {
        assert_eq!(MemoryPath::parse(spelled), Err(refusal), "{spelled:?}");
    }
}

#[test]
fn a_path_has_at_most_1024_bytes_once_composed() {
    let name = |bytes: usize| format!("user/{}", "a".repeat(bytes - 5));
    assert!(MemoryPath::parse(&name(MAX_PATH_BYTES)).is_ok());
    let refused = Err(PathRefusal::TooLong { bytes: MAX_PATH_BYTES + 1 });
    assert_eq!(MemoryPath::parse(&name(MAX_PATH_BYTES + 1)), refused);
    // 339 syllables of three bytes, nine when decomposed.
    let longest = format!("user/{}ab", "각".repeat(339));
    let decomposed: String = longest.nfd().collect();
    assert!(decomposed.len() > 3_000);
    assert_eq!(MemoryPath::parse(&decomposed).unwrap().as_str(), longest);
    assert!(matches!(MemoryPath::parse(&"a".repeat(1 << 20)), Err(PathRefusal::TooLong { .. })));
}

#[test]
fn a_path_has_at_most_20_segments() {
    let deep = |segments: usize| format!("user{}", "/a".repeat(segments - 1));
    assert!(MemoryPath::parse(&deep(MAX_PATH_SEGMENTS)).is_ok());
    let refused = Err(PathRefusal::TooManySegments { segments: MAX_PATH_SEGMENTS + 1 });
    assert_eq!(MemoryPath::parse(&deep(MAX_PATH_SEGMENTS + 1)), refused);
}

#[test]
fn logs_are_excluded_and_what_only_looks_like_one_is_not() {
    for text in [
        "user/log.md",
        "user/dream-log.md",
        "user/work-log.md",
        "user/a/b-log.md",
        "user/build.log",
        "user/.log",
        "user/-log.md",
        "user/a/.log",
        "user/Zoe\u{308}-log.md",
        "user/a/log.md",
        "user/Log.md",
        "user/work-LOG.md",
        "user/log.txt",
        "user/log",
        "user/changelog.md",
        "user/worklog.txt",
        "user/DevLog.md",
        "user/dev_log.md",
        "user/my log.md",
        "user/my.log.md",
        "user/logs/2026-11.md",
        "user/Log/cellar/notes.md",
    ] {
        assert!(MemoryPath::parse(text).unwrap().is_excluded(), "{text}");
    }
    for text in [
        "user/catalog.md",
        "user/log.md.md",
        "user/x.log/notes.md",
        "user/dialog.md",
        "user/blog.md",
        "user/logbook/notes.md",
        "shared/log.md",
        "shared/build.log",
        "shared/dream-log.md",
    ] {
        assert!(!MemoryPath::parse(text).unwrap().is_excluded(), "{text}");
    }
}

#[test]
fn the_dream_log_is_one_file() {
    let log = MemoryPath::dream_log();
    assert_eq!(MemoryPath::parse(log.as_str()).as_ref(), Ok(&log));
    assert!(log.is_dream_log() && log.is_excluded());
    assert!(!MemoryPath::parse("user/a/dream-log.md").unwrap().is_dream_log());
}

#[test]
fn a_refusal_does_not_repeat_the_path() {
    for spelled in REFUSED.iter().filter(|spelled| spelled.contains("secret")) {
        let refusal = MemoryPath::parse(spelled).unwrap_err();
        assert!(!refusal.to_string().contains("secret"));
    }
}

proptest! {
    #[test]
    fn whatever_is_accepted_is_canonical(tail in ".{0,40}", odd in "[/.%\\\\ ua\u{301}\u{200B}．2e]{0,12}") {
        for spelled in [format!("user/{tail}"), format!("shared/a{odd}"), format!("user/{odd}{tail}"), tail] {
            let Ok(path) = MemoryPath::parse(&spelled) else { continue };
            prop_assert_eq!(MemoryPath::parse(path.as_str()), Ok(path.clone()));
            prop_assert!(path.as_str().nfc().eq(spelled.nfc()), "only composition changes a spelling");
            prop_assert!(path.as_str().split('/').all(|segment| !matches!(segment, "" | "." | "..")));
            let decomposed: String = path.as_str().nfd().collect();
            prop_assert_eq!(MemoryPath::parse(&decomposed), Ok(path));
        }
    }
}
