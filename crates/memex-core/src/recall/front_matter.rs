//! What a file's front matter says of recalling it; the only module that knows YAML.

use saphyr_parser::{Event, Parser, ScalarStyle};

use crate::limits::MAX_FRONT_MATTER_BYTES;
use crate::patch::front_matter_bytes;

/// The value of `pin` at the front matter's own level; `None` where it says neither true nor false. Of broken YAML that
/// counts which stands above the break.
pub(super) fn pin(text: &str) -> Option<bool> {
    let yaml = front_matter(text)?;
    let (mut depth, mut at_key, mut of_pin, mut pinned) = (0_u32, true, false, None);
    // Events are read one by one, so that an alias is never expanded, however often it is said.
    for event in Parser::new_from_str(yaml) {
        let Ok((event, _)) = event else { break };
        match event {
            Event::SequenceStart(..) if depth == 0 => return None,
            Event::MappingStart(..) | Event::SequenceStart(..) => {
                depth += 1;
                continue;
            }
            Event::MappingEnd | Event::SequenceEnd => depth = depth.saturating_sub(1),
            Event::Scalar(value, style, ..) if depth == 1 => {
                if at_key {
                    of_pin = value == "pin";
                } else if of_pin && style == ScalarStyle::Plain {
                    pinned = truth(&value);
                }
                at_key = !at_key;
                continue;
            }
            Event::Alias(_) => {}
            _ => continue,
        }
        // A list, a mapping or an alias ended: a whole key or value, where it stood at the top.
        if depth == 1 {
            of_pin &= !at_key;
            at_key = !at_key;
        }
    }
    pinned
}

/// As YAML's core schema has it.
fn truth(word: &str) -> Option<bool> {
    match word {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// The lines between the marks.
fn front_matter(text: &str) -> Option<&str> {
    if !text.starts_with("---") {
        return None;
    }
    let marked =
        &text[..Some(front_matter_bytes(text)).filter(|bytes| (1..=MAX_FRONT_MATTER_BYTES).contains(bytes))?];
    let (_, inside) = marked.split_once('\n')?;
    Some(inside.trim_end_matches('\n').rsplit_once('\n').map_or("", |(yaml, _)| yaml))
}

#[cfg(test)]
mod tests {
    use super::pin;

    #[test]
    fn pin_is_read_as_yaml_reads_it() {
        for (text, expected) in [
            ("---\npin: true\n---\n# A\n", Some(true)),
            ("---\r\npin: true\r\n---\r\n", Some(true)),
            ("---\npin: true\n...\n", Some(true)),
            ("---\n\"pin\": True # always\n---\n", Some(true)),
            ("---\n{date: 2026-10-05, pin: false}\n---\n", Some(false)),
            ("---\ntags: [a, b]\nabout: {pin: true}\npin: false\n---\n", Some(false)),
            ("---\nabout:\n  pin: true\n---\n", None),
            ("---\n? [pin]\n: true\n---\n", None),
            ("---\nnote: |\n  pin: true\n---\n", None),
            ("---\npin: \"true\"\n---\n", None),
            ("---\npin: [true]\n---\n", None),
            ("---\npin: yes\n---\n", None),
            ("---\npin:\n---\n", None),
            ("---\n- pin\n- true\n---\n", None),
            ("---\na: &x [1]\n*x : 1\npin: true\n---\n", Some(true)),
            ("---\npin: true\nbroken: [\n---\n", Some(true)),
            ("---\n---\npin: true\n", None),
            ("---\npin: true\n", None),
            ("pin: true\n", None),
            ("# A\n\n---\npin: true\n---\n", None),
            ("", None),
        ] {
            assert_eq!(pin(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_long_front_matter_is_none() {
        let long = |bytes: usize| format!("---\npin: true\nnote: {}\n---\n", "x".repeat(bytes));
        assert_eq!((pin(&long(16_000)), pin(&long(17_000))), (Some(true), None));
    }

    #[test]
    fn hostile_front_matter_is_read_to_its_end() {
        let aliases: String = (1..200).map(|n| format!("a{n}: &a{n} [*a{}, *a{}]\n", n - 1, n - 1)).collect();
        for yaml in ["[".repeat(16_000), "- ".repeat(8_000), "? ".repeat(8_000), "{a: ".repeat(4_000), aliases] {
            assert_eq!(pin(&format!("---\npin: true\na0: &a0 x\n{yaml}\n---\n")), Some(true), "{}", &yaml[..8]);
        }
    }
}
