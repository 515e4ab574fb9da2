//! A planted word, and every form in which it could leak.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

/// Bytes of a hash that are looked for: hashes are often cut, and so many do not meet by chance.
const HASH_BYTES: usize = 6;

/// A word that stands nowhere else, and the values that it was planted in.
pub struct Canary {
    what: &'static str,
    word: String,
    values: Vec<String>,
}

/// What is looked through.
pub struct Haystack {
    name: &'static str,
    bytes: Vec<u8>,
    lower: Vec<u8>,
}

impl Canary {
    /// A new word for something that must not be told.
    pub fn new(what: &'static str) -> Self {
        let random = uuid::Uuid::new_v4().simple().to_string();
        let word = format!("Canary{}{}", what.replace(' ', ""), &random[..12]);
        Self { what, values: vec![word.clone()], word }
    }

    /// A word that is there already.
    pub fn known(what: &'static str, word: &str) -> Self {
        Self { what, word: word.to_owned(), values: vec![word.to_owned()] }
    }

    /// The word.
    pub fn word(&self) -> &str {
        &self.word
    }

    /// A value with the word in it, whose hash must not be told either.
    pub fn value(&mut self, value: impl Into<String>) -> String {
        let value = value.into();
        assert!(value.contains(&self.word), "{value} has no canary");
        self.values.push(value.clone());
        value
    }

    /// Every form of it that stands there.
    pub fn found_in(&self, haystack: &Haystack) -> Vec<String> {
        let found = self.forms().into_iter().filter(|form| haystack.contains(form));
        found.map(|form| format!("the {} ({}) stands in {}", self.what, form.name, haystack.name)).collect()
    }

    fn forms(&self) -> Vec<Form> {
        let word = self.word.as_bytes();
        let mut forms = vec![
            Form::of("as it is", self.word.to_lowercase(), true),
            Form::of("in hexadecimal", hex::encode(word), true),
            Form::of("as a list of bytes", listed(word), true),
        ];
        for before in 0..3 {
            forms.push(Form::of("in base64", inner_base64(&STANDARD_NO_PAD, word, before), false));
            forms.push(Form::of("in base64 for URLs", inner_base64(&URL_SAFE_NO_PAD, word, before), false));
        }
        for value in &self.values {
            let hash = &Sha256::digest(value.as_bytes())[..HASH_BYTES];
            forms.push(Form { name: "as its hash's bytes", needle: hash.to_vec(), any_case: false });
            forms.push(Form::of("as its hash", hex::encode(hash), true));
            forms.push(Form::of("as its hash in base64", STANDARD_NO_PAD.encode(hash), false));
            forms.push(Form::of("as its hash in base64 for URLs", URL_SAFE_NO_PAD.encode(hash), false));
            forms.push(Form::of("as its hash's list of bytes", listed(hash), true));
        }
        forms
    }
}

struct Form {
    name: &'static str,
    needle: Vec<u8>,
    any_case: bool,
}

impl Form {
    fn of(name: &'static str, needle: String, any_case: bool) -> Self {
        Self { name, needle: needle.into_bytes(), any_case }
    }
}

fn listed(bytes: &[u8]) -> String {
    bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(", ")
}

/// What of a word's base64 does not depend on what stands before and after it, with so many bytes before, modulo 3.
fn inner_base64(engine: &impl base64::Engine, word: &[u8], before: usize) -> String {
    let all = [&[0; 2][..before], word].concat();
    let (from, to) = ((before * 8).div_ceil(6), all.len() * 8 / 6);
    engine.encode(&all)[from..to].to_owned()
}

impl Haystack {
    /// What is looked through, and how it is called.
    pub fn new(name: &'static str, bytes: Vec<u8>) -> Self {
        Self { name, lower: bytes.to_ascii_lowercase(), bytes }
    }

    /// How many bytes there are to look through.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    fn contains(&self, form: &Form) -> bool {
        let within = if form.any_case { &self.lower } else { &self.bytes };
        within.windows(form.needle.len()).any(|window| window == form.needle)
    }
}

#[test]
fn a_canary_is_found_in_every_form_and_nowhere_else() {
    let mut canary = Canary::new("user id");
    let value = canary.value(format!("{}@example.org", canary.word()));
    let hash = Sha256::digest(value.as_bytes());
    let told: Vec<Vec<u8>> = vec![
        format!("user {value} wrote").into_bytes(),
        canary.word().to_uppercase().into_bytes(),
        hex::encode(value.as_bytes()).to_uppercase().into_bytes(),
        format!("{:?}", value.as_bytes()).into_bytes(),
        STANDARD_NO_PAD.encode(&value).into_bytes(),
        STANDARD_NO_PAD.encode(format!("a{value}")).into_bytes(),
        URL_SAFE_NO_PAD.encode(format!("user={value}&more")).into_bytes(),
        hex::encode(hash).into_bytes(),
        hex::encode(hash)[..16].to_owned().into_bytes(),
        STANDARD_NO_PAD.encode(hash).into_bytes(),
        hash.to_vec(),
        format!("{:?}", hash.as_slice()).into_bytes(),
    ];
    for told in told {
        let haystack = Haystack::new("what was told", [b"before \xff ", told.as_slice(), b" after"].concat());
        assert!(!canary.found_in(&haystack).is_empty(), "{:?}", String::from_utf8_lossy(&told));
    }
    let other = Canary::new("user id");
    let clean = Haystack::new(
        "what was told",
        format!("{0} {1} 12 bytes", other.word(), hex::encode(other.word().as_bytes())).into_bytes(),
    );
    assert_eq!(canary.found_in(&clean), Vec::<String>::new());
}
