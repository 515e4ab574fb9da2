//! Command lines that people are told to type: words as a shell takes them.

/// The flag that says again for whom a command was given, with a blank before it; nothing where it named nobody.
pub fn user_flag(user: Option<&str>) -> String {
    user.map(|user| format!(" --user {}", quoted(user))).unwrap_or_default()
}

/// A word as a shell takes it.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-@%+=:,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_take_apart_is_quoted() {
        assert_eq!(quoted("user/a-1.md"), "user/a-1.md");
        assert_eq!(quoted("user/it's $x.md"), r"'user/it'\''s $x.md'");
        assert_eq!((user_flag(Some("a b")).as_str(), user_flag(None).as_str()), (" --user 'a b'", ""));
    }
}
