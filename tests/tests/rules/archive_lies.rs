//! What can be wrong with an archive, and for which line and field it is refused.

use memex_proto::v1::ErrorReason;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tests::archive::{places, sealed};
use uuid::Uuid;

/// An archive that must be refused.
#[derive(Clone)]
pub struct Lie {
    /// What is wrong.
    pub name: &'static str,
    /// The bytes.
    pub archive: Vec<u8>,
    /// Why it is refused.
    pub reason: ErrorReason,
    /// The line and the field, as the refusal names them.
    pub place: String,
}

fn lie(name: &'static str, archive: Vec<u8>, line: usize, field: &str) -> Lie {
    let reason = match field {
        ".path" | ".moved_from" if name.starts_with("a path") => ErrorReason::InvalidPath,
        ".text" if name.starts_with("NUL") => ErrorReason::InvalidText,
        _ => ErrorReason::FieldInvalid,
    };
    Lie { name, archive, reason, place: format!("lines[{line}]{field}") }
}

/// Damage on the way: the last line is that of the whole archive.
pub fn damaged(archive: &[u8]) -> Vec<Lie> {
    let text = std::str::from_utf8(archive).unwrap();
    let raw: Vec<&str> = text.split_inclusive('\n').collect();
    let all: Vec<Value> = raw.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [files, revisions, access] = ["file", "revision", "access"].map(|kind| places(&all, kind));
    let (f, r, a, end) = (files[0], revisions[0], access[0], raw.len());
    let changed = |change: &dyn Fn(&mut Vec<&str>)| {
        let mut raw = raw.clone();
        change(&mut raw);
        raw.concat().into_bytes()
    };
    let swapped = |one: usize| changed(&|raw| raw.swap(one, one + 1));
    let dropped = |one: usize| changed(&|raw| _ = raw.remove(one));
    let doubled = |one: usize| changed(&|raw| raw.insert(one, raw[one]));
    let tampered = |from: &str, to: &str| text.replacen(from, to, 1).into_bytes();
    let told = places(&all, "revision").into_iter().find(|&place| raw[place].contains("green tea")).unwrap();
    let cut = raw[..r + 2].concat().len();
    let sealed = text.rsplit_once("\"sha256\":\"").unwrap();
    let mut lies = vec![
        lie("a changed text", tampered("green tea", "black tea"), told + 1, ".sha256"),
        lie("a changed word of the log", changed(&|raw| raw[a] = raw[a + 1]), end, ".sha256"),
        lie("files in another order", swapped(f), f + 2, ".path"),
        lie("revisions in another order", swapped(r), r + 1, ".sequence"),
        lie("calls in another order", swapped(a), end, ".sha256"),
        lie("another order of kinds", changed(&|raw| raw.swap(r - 1, r)), r + 1, ".kind"),
        lie("a revision less", dropped(r + 1), r + 2, ".sequence"),
        lie("a call less", dropped(a), end - 1, ".sha256"),
        lie("a file less", dropped(f), end - 1, ".sha256"),
        lie("a revision twice", doubled(r), r + 2, ".sequence"),
        lie("a file twice", doubled(f), f + 2, ".path"),
        lie("a call twice", doubled(a), end + 1, ".sha256"),
        lie("the header less", dropped(0), 1, ".archive"),
        lie("the header twice", doubled(0), 2, ""),
        lie("no end", dropped(end - 1), end, ".kind"),
        lie("the end twice", doubled(end - 1), end + 1, ".kind"),
        lie("cut between lines", archive[..cut].to_vec(), r + 3, ".kind"),
        lie("cut within a line", archive[..cut + 20].to_vec(), r + 3, ".kind"),
        lie("cut before the last newline", archive[..archive.len() - 1].to_vec(), end, ".kind"),
        lie("more after the end", [archive, b"\n"].concat(), end + 1, ".kind"),
        lie("another hash at the end", [sealed.0, sealed.1].join("\"sha256\":\"0").into_bytes(), end, ".sha256"),
        lie("nothing", vec![], 1, ".kind"),
        lie("another file", b"# Notes\n\n- likes green tea\n".to_vec(), 1, ".archive"),
        lie("a line without an end", [&archive[..cut], &vec![b'x'; 7 << 20]].concat(), r + 3, ".kind"),
    ];
    for (name, bytes) in [("no UTF-8", &b"\xff\xfe"[..]), ("half a character", b"\xf0\x9f"), ("a raw NUL", b"\0")] {
        let place = text.find("green tea").unwrap();
        lies.push(lie(name, [&archive[..place], bytes, &archive[place..]].concat(), told + 1, ""));
    }
    lies
}

/// Sealed archives with one line that is none of this version's, or that memory cannot keep.
pub fn foreign(lines: &[Value]) -> Vec<Lie> {
    let of = |(name, place, field, with): (&'static str, usize, &str, Value)| {
        lie(name, sealed(&merged(lines, place, &with)), place + 1, field)
    };
    let cases = [framing(lines), files(lines), revisions(lines), told(lines)].concat();
    let mut lies: Vec<Lie> = cases.into_iter().map(of).collect();
    let first = places(lines, "revision")[0];
    let text = "x".repeat(102_401);
    let long = sealed(&merged(lines, first, &json!({"text": text, "size": text.len(), "sha256": hash(&text)})));
    let place = format!("lines[{}]", first + 1);
    lies.push(Lie { name: "a text that is too long", archive: long, reason: ErrorReason::QuotaExceeded, place });
    let mut missing = lines.to_vec();
    missing[first].as_object_mut().unwrap().remove("actor");
    lies.push(lie("a field less", sealed(&missing), first + 1, ""));
    lies
}

/// What is wrong, in which line, for which field, and the fields that make it so.
type Foreign = Vec<(&'static str, usize, &'static str, Value)>;

fn framing(lines: &[Value]) -> Foreign {
    let (revision, access) = (places(lines, "revision")[0], places(lines, "access")[0]);
    vec![
        ("another format", 0, ".archive", json!({"archive": "other"})),
        ("another version", 0, ".version", json!({"version": 2})),
        ("an unknown field of the header", 0, "", json!({"more": 1})),
        ("an unknown kind", access, ".kind", json!({"kind": "thought"})),
        ("no kind", access, "", json!({"kind": null})),
        ("an unknown field", revision, "", json!({"more": 1})),
        ("a field of another type", revision, "", json!({"version": "1"})),
        ("a number out of range", revision, "", json!({"size": 4_294_967_296_i64})),
        ("a line that is too long", access, ".kind", json!({"actor": "x".repeat(7 << 20)})),
    ]
}

fn files(lines: &[Value]) -> Foreign {
    let file = lines.iter().position(|line| line["kind"] == "file" && line["deleted"] == false).unwrap();
    let long = format!("user/{}.md", "x".repeat(1_024));
    vec![
        ("a path with NUL", file, ".path", json!({"path": "user/a\0.md"})),
        ("a path that is too long", file, ".path", json!({"path": long})),
        ("a path of shared memory", file, ".path", json!({"path": "shared/a.md"})),
        ("a file without a hash", file, ".sha256", json!({"sha256": ""})),
        ("a deleted file with a hash", file, ".size", json!({"deleted": true})),
    ]
}

fn revisions(lines: &[Value]) -> Foreign {
    let at = places(lines, "revision")[0];
    vec![
        ("a path of everybody's", at, ".path", json!({"path": "users/bob/a.md"})),
        ("a path that climbs", at, ".path", json!({"path": "user/../shared/a.md"})),
        ("a path in another spelling", at, ".path", json!({"path": "user/e\u{301}.md"})),
        ("a version below 1", at, ".version", json!({"version": 0})),
        ("a time that is none", at, "", json!({"at": "yesterday"})),
        ("a time out of range", at, ".at", json!({"at": "+12345-01-01T00:00:00Z"})),
        ("an unknown operation", at, ".operation", json!({"operation": "read"})),
        ("an unknown source", at, ".source", json!({"source": "hearsay"})),
        ("NUL in a text", at, ".text", json!({"text": "a\0b", "size": 3, "sha256": hash("a\0b")})),
        ("NUL in a reason", at, ".reason", json!({"reason": "a\0b"})),
        ("NUL in an actor", at, ".actor", json!({"actor": "a\0b"})),
        ("a reason that is too long", at, ".reason", json!({"reason": "x".repeat(1_001)})),
        ("an actor that is too long", at, ".actor", json!({"actor": "x".repeat(129)})),
        ("a size that is not the text's", at, ".sha256", json!({"size": 1})),
        ("a hash that is not the text's", at, ".sha256", json!({"sha256": hash("other")})),
        ("a redacted text", at, ".text", json!({"redacted": true})),
        ("a move from nowhere", at, ".moved_from", json!({"operation": "move"})),
        ("a write from elsewhere", at, ".moved_from", json!({"moved_from": "user/z.md"})),
    ]
}

fn told(lines: &[Value]) -> Foreign {
    let [dream, op, access] = ["dream", "dream_op", "access"].map(|kind| places(lines, kind)[0]);
    vec![
        ("a dream's id that is none", dream, ".dream", json!({"dream": "drm_x"})),
        ("a state that is no dream's", dream, ".state", json!({"state": "asleep"})),
        ("an op of no operation", op, ".operation", json!({"operation": "think"})),
        ("an op of no dream", op, ".dream", json!({"dream": ""})),
        ("a call of no operation", access, ".operation", json!({"operation": "think"})),
        ("a call of no outcome", access, ".outcome", json!({"outcome": "maybe"})),
        ("a call of no token", access, ".token", json!({"token": "tok_x"})),
        ("a call refused for nothing known", access, ".reason", json!({"reason": "WHIM"})),
    ]
}

/// The lines with other fields in one of them.
fn merged(lines: &[Value], place: usize, with: &Value) -> Vec<Value> {
    let mut lines = lines.to_vec();
    for (name, value) in with.as_object().unwrap() {
        lines[place][name] = value.clone();
    }
    lines
}

fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// Sealed archives whose every line could be true, but not all of them together.
pub fn untrue(lines: &[Value]) -> Vec<Lie> {
    [untrue_files(lines), untrue_histories(lines), untrue_moves(lines), untrue_dreams(lines)].concat()
}

fn untrue_files(lines: &[Value]) -> Vec<Lie> {
    let (notes, exercise, old) =
        (file(lines, "user/notes.md"), file(lines, "user/übung.md"), file(lines, "user/gone.md"));
    let one = |place: usize, change: Value| with(lines, &[(place, change)]);
    let gone = json!({"deleted": true, "size": 0, "sha256": ""});
    vec![
        lie("a head with another hash", one(notes, json!({"sha256": hash("other")})), notes + 1, ".version"),
        lie("a head of another version", one(notes, json!({"version": 9})), notes + 1, ".version"),
        lie("a head of another file", one(notes, json!({"file": Uuid::new_v4()})), notes + 1, ".version"),
        lie("a file without revisions", one(old, json!({"path": "user/gonf.md"})), old + 1, ".deleted"),
        lie("a deletion that never was", one(exercise, gone), exercise + 1, ".deleted"),
        lie("revisions without their file", without(lines, exercise), at(lines, "user/übung.md", 1), ".path"),
    ]
}

fn untrue_histories(lines: &[Value]) -> Vec<Lie> {
    let [first, second] = [1, 2].map(|version| at(lines, "user/übung.md", version));
    let [written, deleted] = [1, 2].map(|version| at(lines, "user/gone.md", version));
    let one = |place: usize, change: Value| with(lines, &[(place, change)]);
    vec![
        lie("a history without its beginning", without(lines, first), second, ".version"),
        lie("a version twice", one(first, json!({"version": 2})), second + 1, ".version"),
        lie("a deletion that wrote", one(written, json!({"operation": "delete"})), written + 1, ".text"),
        lie("a write that deleted", one(deleted, json!({"operation": "write"})), deleted + 1, ".text"),
    ]
}

fn untrue_moves(lines: &[Value]) -> Vec<Lie> {
    let (old, moved, exercise) =
        (file(lines, "user/gone.md"), file(lines, "user/moved.md"), file(lines, "user/übung.md"));
    let shift = places(lines, "revision").into_iter().find(|&place| lines[place]["operation"] == "move").unwrap();
    let (again, third) = (at(lines, "user/gone.md", 3), at(lines, "user/übung.md", 3));
    let one = |place: usize, change: Value| with(lines, &[(place, change)]);
    let (far, new) = (json!({"version": i64::MAX}), json!({"file": Uuid::new_v4()}));
    let first = json!({"file": lines[at(lines, "user/gone.md", 1)]["file"]});
    let far = [old, moved, shift].map(|place| (place, far.clone()));
    let revived = [again, shift, old, moved].map(|place| (place, first.clone()));
    let taken = [third, exercise].map(|place| (place, new.clone()));
    vec![
        lie("a move far ahead", with(lines, &far), shift + 1, ".version"),
        lie("a move from where the file was not", one(shift, json!({"moved_from": "user/zz.md"})), old + 1, ".deleted"),
        lie("a deleted file that goes on", with(lines, &revived), again + 1, ".path"),
        lie("two files at a path", with(lines, &taken), third + 1, ".path"),
        lie("a move to where it was", one(shift, json!({"moved_from": "user/moved.md"})), shift + 1, ".moved_from"),
    ]
}

fn untrue_dreams(lines: &[Value]) -> Vec<Lie> {
    let twice = |place: usize| {
        let mut lines = lines.to_vec();
        lines.insert(place, lines[place].clone());
        sealed(&lines)
    };
    let (dream, op) = (places(lines, "dream")[0], places(lines, "dream_op")[0]);
    vec![lie("a dream twice", twice(dream), dream + 2, ".dream"), lie("an op twice", twice(op), op + 2, ".number")]
}

/// Where the line of a file stands.
fn file(lines: &[Value], path: &str) -> usize {
    lines.iter().position(|line| line["kind"] == "file" && line["path"] == path).unwrap()
}

/// Where the line of a revision stands.
fn at(lines: &[Value], path: &str, version: i64) -> usize {
    let is = |line: &Value| line["kind"] == "revision" && line["path"] == path && line["version"] == version;
    lines.iter().position(is).unwrap()
}

/// The archive with other fields in some of its lines.
fn with(lines: &[Value], changes: &[(usize, Value)]) -> Vec<u8> {
    sealed(&changes.iter().fold(lines.to_vec(), |lines, (place, with)| merged(&lines, *place, with)))
}

/// The archive without one of its lines.
fn without(lines: &[Value], place: usize) -> Vec<u8> {
    let mut lines = lines.to_vec();
    lines.remove(place);
    sealed(&renumbered(lines))
}

/// The lines with the revisions numbered from 1 again.
fn renumbered(mut lines: Vec<Value>) -> Vec<Value> {
    for (number, place) in (1..).zip(places(&lines, "revision")) {
        lines[place]["sequence"] = json!(number);
    }
    lines
}
