//! Acceptance 7: what is read is what was written, byte for byte, whatever text it is; but for NUL, which no text has.

use memex_proto::v1::{ErrorReason, Source, write_file_request::Precondition};
use memex_stack::stack::Stack;
use tests::chance::Chance;
use tests::counts::times;
use tests::refused::reason;

/// The longest text there may be, in bytes.
const MOST: usize = 102_400;

/// What a text is made of: letters in one part and in two, right to left, astral, invisible, and ends of lines of all kinds.
const PIECES: [&str; 24] = [
    "a",
    "Z",
    "0",
    " ",
    "\t",
    "\n",
    "\r\n",
    "\r",
    "\n\n",
    "\u{b}",
    "\u{85}",
    "\u{2028}",
    "é",
    "e\u{301}",
    "ﬁ",
    "日本",
    "שלום",
    "🦀",
    "👩\u{200d}🔬",
    "𝒳",
    "\u{200b}",
    "\u{feff}",
    "\u{10ffff}",
    "\\u0000'\"$1",
];

/// A text of any length, more often a short one; now and then as long as may be.
fn text(chance: &mut Chance) -> String {
    let length = match chance.below(20) {
        0 => 0,
        1 => MOST,
        2..=4 => chance.below(MOST),
        _ => chance.below(400),
    };
    let mut text = String::new();
    while text.len() < length {
        let piece = *chance.pick(&PIECES);
        text.push_str(if text.len() + piece.len() <= length { piece } else { "x" });
    }
    text
}

#[tokio::test]
async fn acceptance_7_what_is_read_is_what_was_written() {
    let texts = times(500, 10_000);
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    let mut chance = Chance::new(7);
    let (mut bytes, mut longest) = (0, 0);
    for number in 0..texts {
        let path = format!("user/{}.md", chance.below(5));
        let written = text(&mut chance);
        ada.write(&path, &written).await;
        assert!(ada.read(&path).await.as_deref() == Some(written.as_str()), "text {number}: {written:?}");
        bytes += written.len();
        longest = longest.max(written.len());
        if number % 10 == 0 {
            let at = chance.below(written.chars().count() + 1);
            let with_nul: String = written.chars().take(at).chain(['\0']).collect();
            let refused = ada.try_write(&path, &with_nul, Some(Precondition::Overwrite(true)), Source::Agent).await;
            assert_eq!(reason(&refused.unwrap_err()), ErrorReason::InvalidText, "text {number}");
        }
    }
    assert_eq!(longest, MOST, "none was as long as may be");
    eprintln!("{texts} texts of {bytes} bytes");
    stack.finish().await;
}
