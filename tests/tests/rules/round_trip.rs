//! Acceptance 7: what is read is what was written, byte for byte, and what cannot be kept is refused.

use futures::StreamExt as _;
use memex_proto::v1::batch_read_files_result::Result as Read;
use memex_proto::v1::edit::Kind;
use memex_proto::v1::{
    AppendLines, BatchReadFilesRequest, DeleteLines, ErrorReason, FileContent, InsertLines, Replace,
};
use memex_stack::stack::{Clients, Stack};
use sha2::{Digest as _, Sha256};
use tests::ask;
use tests::chance::Chance;
use tests::counts::times;
use tests::refused::refused;

/// `max_text_bytes`.
const LARGEST: usize = 102_400;

/// Files at once.
const TOGETHER: usize = 8;

/// What texts are made of: combining marks in both orders and forms, letters beyond the basic plane, emoji sequences,
/// every way to end a line, byte order marks, what is invisible, controls, noncharacters, and plain words.
const PIECES: [&str; 40] = [
    "e\u{301}",
    "é",
    "a\u{323}\u{307}",
    "a\u{307}\u{323}",
    "\u{301}",
    "ﬁ",
    "Å",
    "\u{212B}",
    "각",
    "\u{1100}\u{1161}\u{11A8}",
    "🦀",
    "👩\u{200D}👩\u{200D}👧",
    "🇦🇹",
    "𝔪",
    "\u{10FFFF}",
    "\u{FFFE}",
    "\u{1F3F4}\u{E0067}\u{E007F}",
    "日本語",
    "\r\n",
    "\r",
    "\n",
    "\n\n",
    "\n\r",
    "\u{85}",
    "\u{2028}",
    "\u{FEFF}",
    "\u{200B}",
    "\u{202E}",
    "\u{AD}",
    "\t",
    "\u{1}",
    "\u{1B}[31m",
    "\u{7F}",
    "\\u0000",
    "%00",
    "$& \\1",
    "'; --",
    " ",
    "word",
    "- a line\n",
];

/// A text of a random length: mostly short, some long, some of the largest size to the byte, some empty.
fn text(chance: &mut Chance) -> String {
    let bytes = match chance.below(20) {
        0 => 0,
        1 => LARGEST,
        2 => LARGEST - 1 - chance.below(3),
        3 => chance.below(LARGEST),
        4..=7 => chance.below(5_000),
        _ => chance.below(200),
    };
    // A byte order mark at the beginning, where files have it.
    let mut text = ["", "\u{FEFF}"][usize::from(bytes > 3 && chance.below(10) == 0)].to_owned();
    loop {
        let piece = *chance.pick(&PIECES);
        if text.len() + piece.len() > bytes {
            break;
        }
        text.push_str(piece);
    }
    let rest = bytes.saturating_sub(text.len());
    text + &"x".repeat(rest)
}

/// A file's text, size and hash, by whichever call.
fn is(found: FileContent, text: &str, version: i64, case: usize) {
    let head = found.file.unwrap();
    // Without the texts, which may be long.
    assert!(found.content == text, "case {case}: {} bytes became {}", text.len(), found.content.len());
    let told = (head.version, head.size_bytes, head.sha256.as_slice());
    assert_eq!(told, (version, text.len() as i64, &Sha256::digest(text)[..]), "case {case}");
}

/// One text on its way in and out by every call that has texts.
async fn case(user: &Clients, case: usize) {
    let mut chance = Chance::new(case as u64);
    // The paths come again, so that a user stays within what a scope may hold.
    let path = format!("user/{}.md", case % 100);
    let first = text(&mut chance);
    let version = user.write(&path, &first).overwrite().await.unwrap().file.unwrap().version;
    is(user.read(&path).await.unwrap(), &first, version, case);
    let paths = vec![path.clone()];
    let batch = BatchReadFilesRequest { paths, ..Default::default() };
    let mut batch = user.memory.clone().batch_read_files(batch).await.unwrap().into_inner().results;
    let Some(Read::File(found)) = batch.remove(0).result else { panic!("case {case} cannot be read") };
    is(found, &first, version, case);
    if !first.is_empty() && first.len() < 4_000 {
        let mut second = text(&mut chance);
        second.truncate(second.floor_char_boundary(4_000));
        let replace = Kind::Replace(Replace { old: first.clone(), new: second.clone() });
        let patched = user.patch(&path, [replace]).await.unwrap().file.unwrap().version;
        is(user.read(&path).await.unwrap(), &second, patched, case);
        is(user.read(&path).at(patched).await.unwrap(), &second, patched, case);
    }
    is(user.read(&path).at(version).await.unwrap(), &first, version, case);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acceptance_7_what_is_read_is_what_was_written_byte_for_byte() {
    let stack = Stack::start().await;
    let mut people = Vec::new();
    for user in 0..TOGETHER {
        people.push(stack.agent(&format!("user {user}")).await);
    }
    let cases = times(500, 10_000);
    // Whoever has the same path waits: the cases of a person are one after another.
    let work = people.iter().enumerate().map(|(first, person)| async move {
        for number in (first..cases).step_by(TOGETHER) {
            case(person, number).await;
        }
    });
    futures::stream::iter(work).buffer_unordered(TOGETHER).collect::<()>().await;
    stack.finish().await;
}

#[tokio::test]
async fn a_text_with_nul_or_over_the_limit_is_refused_wherever_it_comes_in() {
    let stack = Stack::start().await;
    let ada = stack.agent("ada").await;
    let whole = "x".repeat(LARGEST);
    for (path, text) in [("user/a.md", "- tea\n- milk\n"), ("user/whole.md", &whole)] {
        ada.write(path, text).overwrite().await.unwrap();
    }
    let before = ask::everything(&stack).await;
    for text in ["\0", "\0tea", "te\0a", "tea\0", "🦀\0\0🦀", "\r\n\0"] {
        for path in ["user/a.md", "user/new.md"] {
            assert_eq!(refused(ada.write(path, text).overwrite().await), ErrorReason::InvalidText, "{text:?}");
        }
        let edits = [
            Kind::AppendLines(AppendLines { lines: vec![text.into()], ..AppendLines::default() }),
            Kind::InsertLines(InsertLines { after_line: 0, lines: vec![text.into()] }),
            Kind::Replace(Replace { old: "tea".into(), new: text.into() }),
        ];
        for edit in edits {
            let reason = refused(ada.patch("user/a.md", [edit.clone()]).await);
            assert!([ErrorReason::InvalidText, ErrorReason::PatchInvalid].contains(&reason), "{edit:?}: {reason:?}");
        }
        // What is only looked for is not found; it never becomes part of a text.
        for edit in [
            Kind::Replace(Replace { old: text.into(), new: "x".into() }),
            Kind::DeleteLines(DeleteLines { first_line: 1, last_line: 1, expected: text.into() }),
        ] {
            assert!(ada.patch("user/a.md", [edit.clone()]).await.is_err(), "{edit:?}");
        }
    }
    for longer in [format!("{whole}x"), "x".repeat(2 * LARGEST), "🦀".repeat(LARGEST / 4 + 1)] {
        assert_eq!(refused(ada.write("user/new.md", &longer).overwrite().await), ErrorReason::InvalidText);
    }
    let append = Kind::AppendLines(AppendLines { lines: vec!["y".into()], ..AppendLines::default() });
    assert_eq!(refused(ada.patch("user/whole.md", [append]).await), ErrorReason::InvalidText);
    assert_eq!(ask::everything(&stack).await, before);
    stack.finish().await;
}
