//! A second, small opinion on when one of two equal lines may go. It knows frames and lines only by what is written
//! beside them.

use crate::frame::{Frame, Says};
use crate::line::{Kind, Line};

/// The dimension of the stamps.
const STAMP: usize = 5;

/// What the frame says in all, innermost last.
#[derive(Debug, PartialEq, Eq, Default)]
struct Said {
    barred: bool,
    /// Each part once, with whether it says only what about.
    parts: Vec<(&'static str, bool)>,
    text: Vec<&'static str>,
    day: Option<&'static str>,
    /// The stamp stands within a strike-through or behind a key: it is a date of the text, and no stamp.
    dated_text: bool,
}

fn said(frame: &Frame) -> Said {
    let mut said = Said::default();
    let within = [Says::Text("struck"), Says::Text("zyx")];
    let inside = frame.values().any(|value| within.contains(&value.says));
    for (dimension, value) in frame.values().enumerate() {
        if inside && dimension == STAMP {
            let dated = value.day.is_some() || value.says == Says::Barred;
            said.dated_text = dated;
            said.text.push(value.text);
            continue;
        }
        let parts: &[&str] = match &value.says {
            Says::Nothing => &[],
            Says::About(topic) => std::slice::from_ref(topic),
            Says::Parts(parts) => parts,
            Says::Barred => {
                said.barred = true;
                &[]
            }
            Says::Text(text) => {
                said.text.push(text);
                &[]
            }
        };
        for &part in parts {
            if said.parts.iter().all(|(other, _)| *other != part) {
                said.parts.push((part, matches!(value.says, Says::About(_))));
            }
        }
    }
    said.day = day(if inside { frame.with(STAMP, 0) } else { *frame });
    said
}

/// The nearest day: of the stamp, of heading or title, of front matter, of the path.
fn day(frame: Frame) -> Option<&'static str> {
    let days: Vec<Option<&str>> = frame.values().map(|value| value.day).collect();
    let [path, front, title, heading, _, stamp, _] = days[..] else { unreachable!("seven dimensions") };
    stamp.or(heading).or(title).or(front).or(path)
}

/// Whether one of two equal lines may go, one in each frame.
pub fn may_go(line: &Line, a: &Frame, b: &Frame, one_file: bool) -> bool {
    let (a, b) = (said(a), said(b));
    let two_days = matches!((a.day, b.day), (Some(x), Some(y)) if x != y);
    let topics = |said: &Said| said.parts.iter().all(|(_, about)| *about);
    let names = |said: &Said| said.parts.iter().map(|(part, _)| *part).collect::<Vec<_>>();
    let agree = names(&a) == names(&b) || (a.parts.is_empty() && topics(&b)) || (b.parts.is_empty() && topics(&a));
    let fit = match line.kind {
        Kind::State => true,
        Kind::Action => !two_days,
        Kind::Event => a.dated_text && b.dated_text && !one_file,
        Kind::DatedEvent => !one_file,
    };
    !a.barred && !b.barred && a.text == b.text && agree && fit && line.named
}
