//! Characters that nobody sees: paths refuse them, texts keep them and say so, and emoji are not among them.

use std::collections::BTreeMap;

use memex_proto::v1::{ErrorReason, ListRevisionsRequest};
use memex_stack::stack::{Stack, User};
use tests::refused::refused;

/// Tags, variation selectors, marks of direction, and widths of zero.
fn hidden() -> Vec<char> {
    let ranges = [
        ('\u{e0020}', '\u{e007f}'),
        ('\u{e0100}', '\u{e013f}'),
        ('\u{fe00}', '\u{fe0f}'),
        ('\u{202a}', '\u{202e}'),
        ('\u{2066}', '\u{2069}'),
        ('\u{200b}', '\u{200f}'),
        ('\u{2060}', '\u{2064}'),
        ('\u{206a}', '\u{206f}'),
        ('\u{feff}', '\u{feff}'),
        ('\u{ad}', '\u{ad}'),
        ('\u{61c}', '\u{61c}'),
        ('\u{180e}', '\u{180e}'),
    ];
    ranges.into_iter().flat_map(|(first, last)| first..=last).collect()
}

/// Emoji that are written with joiners, styles and skin tones.
fn emoji() -> Vec<String> {
    let mut all = Vec::new();
    for person in ['👨', '👩', '🧑'] {
        for tone in ["", "🏻", "🏼", "🏽", "🏾", "🏿"] {
            for thing in ["💻", "🎓", "🎨", "🏫", "🏭", "🔧", "🔬", "🚀", "🚒", "🌾", "⚕️", "✈️"]
            {
                all.push(format!("{person}{tone}\u{200d}{thing}"));
            }
        }
    }
    all.extend(["❤️", "🏳️‍🌈", "👨‍👩‍👧‍👦", "1️⃣", "🇩🇪", "🐻‍❄️", "👍🏽"].map(str::to_owned));
    all
}

/// Writes each text as a version of one file; gives what each version's revision says of hidden characters.
async fn flags(user: &User, path: &str, texts: &[String]) -> BTreeMap<i64, bool> {
    for text in texts {
        user.write(path, text).await;
        assert_eq!(user.read(path).await.as_deref(), Some(text.as_str()), "its bytes are kept");
    }
    let request = ListRevisionsRequest { path: path.into(), page_size: 1_000, ..ListRevisionsRequest::default() };
    let listed = user.agent().history.clone().list_revisions(request).await.unwrap().into_inner();
    listed.revisions.into_iter().map(|revision| (revision.version, revision.hidden_unicode)).collect()
}

#[tokio::test]
async fn a_path_refuses_what_nobody_sees() {
    let stack = Stack::start().await;
    let ada = stack.agent("ada").await;
    let hidden = hidden();
    assert!(hidden.len() >= 200, "{}", hidden.len());
    for character in hidden {
        let path = format!("user/a{character}b.md");
        assert_eq!(refused(ada.write(&path, "x").await), ErrorReason::InvalidPath, "{character:?}");
    }
    stack.finish().await;
}

#[tokio::test]
async fn a_text_keeps_what_nobody_sees_and_its_revision_says_so() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    let texts: Vec<String> = hidden().into_iter().map(|character| format!("- Likes{character} tea.\n")).collect();
    let flags = flags(&ada, "user/hidden.md", &texts).await;
    assert_eq!(flags.len(), texts.len());
    for (version, text) in (1..).zip(&texts) {
        assert!(flags[&version], "{text:?} is not flagged");
    }
    stack.finish().await;
}

#[tokio::test]
async fn emoji_are_seen() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    let texts: Vec<String> = emoji().into_iter().map(|emoji| format!("- Likes {emoji} a lot.\n")).collect();
    assert!(texts.len() >= 200, "{}", texts.len());
    let flags = flags(&ada, "user/emoji.md", &texts).await;
    assert_eq!(flags.len(), texts.len());
    for (version, text) in (1..).zip(&texts) {
        assert!(!flags[&version], "{text:?} is flagged");
    }
    stack.finish().await;
}
