//! Reads the front matter of a file. No other module knows YAML.

use saphyr_parser::{Event, Parser, ScalarStyle};

use crate::limits::MAX_FRONT_MATTER_BYTES;
use crate::patch::front_matter_bytes;

/// The value of `pin` at the front matter's own level; `None` where it says neither true nor false. Of broken YAML that
/// counts which stands above the break.
pub(crate) fn pin(text: &str) -> Option<bool> {
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

/// A scalar of the front matter and the keys that lead to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrontValue {
    /// The keys from the outermost in, joined by a space; items of a list have the list's.
    pub key: String,
    /// The value as it is written, without quotes.
    pub value: String,
}

/// Every scalar of the front matter, in order; `None` where there is no front matter. Where its YAML is broken or too
/// long to be read, the rest stands at the end as it is, under an empty key, so that no word of it is overlooked.
pub fn values(text: &str) -> Option<Vec<FrontValue>> {
    if !text.starts_with("---") || front_matter_bytes(text) == 0 {
        return None;
    }
    let Some(yaml) = front_matter(text) else {
        let raw = text[..front_matter_bytes(text)].to_owned();
        return Some(vec![FrontValue { key: String::new(), value: raw }]);
    };
    let mut found = Walk::default();
    for event in Parser::new_from_str(yaml) {
        let Ok((event, span)) = event else {
            let rest = yaml.get(found.read..).unwrap_or(yaml).trim();
            found.values.push(FrontValue { key: String::new(), value: rest.to_owned() });
            break;
        };
        found.read = span.end.index().min(yaml.len());
        found.event(&event);
    }
    Some(found.values)
}

/// The state of the reader of [`values`]. An open mapping holds the key that was read; an open list holds none.
#[derive(Default)]
struct Walk {
    open: Vec<Level>,
    values: Vec<FrontValue>,
    read: usize,
}

struct Level {
    mapping: bool,
    key: Option<String>,
}

impl Walk {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::MappingStart(..) => self.open.push(Level { mapping: true, key: None }),
            Event::SequenceStart(..) => self.open.push(Level { mapping: false, key: None }),
            Event::MappingEnd | Event::SequenceEnd => {
                self.open.pop();
                self.ended();
            }
            Event::Scalar(value, ..) => self.scalar(value),
            Event::Alias(_) => self.scalar("*"),
            _ => {}
        }
    }

    fn scalar(&mut self, value: &str) {
        match self.open.last_mut() {
            Some(level) if level.mapping && level.key.is_none() => level.key = Some(value.to_owned()),
            _ => {
                let keys: Vec<&str> = self.open.iter().filter_map(|level| level.key.as_deref()).collect();
                self.values.push(FrontValue { key: keys.join(" "), value: value.to_owned() });
                self.ended();
            }
        }
    }

    /// A whole value ended: its mapping waits for the next key. A mapping or list as a key counts as a key without name.
    fn ended(&mut self) {
        if let Some(level) = self.open.last_mut().filter(|level| level.mapping) {
            level.key = match level.key {
                Some(_) => None,
                None => Some(String::new()),
            };
        }
    }
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
    use super::{pin, values};

    #[test]
    fn every_value_is_found_with_its_keys() {
        let read = |yaml: &str| -> Vec<(String, String)> {
            let found = values(&format!("---\n{yaml}---\n- text\n")).expect("front matter");
            found.into_iter().map(|v| (v.key, v.value)).collect()
        };
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(
            read("title: \"A: b\"\ntags: [x, y]\n"),
            [pair("title", "A: b"), pair("tags", "x"), pair("tags", "y")]
        );
        assert_eq!(
            read("about:\n  who: Ann\n  since: 2024\nz: 1\n"),
            [pair("about who", "Ann"), pair("about since", "2024"), pair("z", "1")]
        );
        assert_eq!(read("a: &x [1]\nb: *x\n"), [pair("a", "1"), pair("b", "*")]);
        assert_eq!(read("plain words\n"), [pair("", "plain words")]);
        let broken = read("a: 1\nb: [\nc: Ann\n");
        assert!(broken.iter().any(|(_, value)| value.contains("Ann")), "{broken:?}");
        assert_eq!(values("# no front matter\n"), None);
    }

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
