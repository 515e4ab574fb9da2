//! Puts every word list of `words/` into the library, so that a language is added as a file and without code.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=words");
    let folder = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("words");
    let mut codes: Vec<String> = fs::read_dir(&folder)?
        .filter_map(|entry| Some(entry.ok()?.file_name().to_str()?.strip_suffix(".toml")?.to_owned()))
        .collect();
    codes.sort();
    let mut list = String::from("&[\n");
    for code in codes {
        let file = folder.join(format!("{code}.toml"));
        let _ = writeln!(list, "    ({code:?}, include_str!({:?})),", file.display().to_string());
    }
    list.push_str("]\n");
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("word_files.rs"), list)
}
