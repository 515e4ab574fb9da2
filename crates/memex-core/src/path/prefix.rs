//! Prefixes for lists, which become ranges and never patterns.

use super::{MemoryPath, PathRefusal, ScopeKind, rules};

/// The beginning of the paths that a list asks for: empty (all), a scope (`user`, `user/`), a folder (`user/notes/`)
/// or a folder with the beginning of a name (`user/notes/2026-`). Characters follow the rules of [`MemoryPath`], so
/// that `_` and `%` mean themselves.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PathPrefix(String);

impl PathPrefix {
    /// Takes a prefix as a caller spelled it.
    ///
    /// # Errors
    /// The first rule of paths that it breaks; only its last name may be incomplete or missing.
    pub fn parse(text: &str) -> Result<PathPrefix, PathRefusal> {
        rules::canonical_prefix(text).map(PathPrefix)
    }

    /// The canonical spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The scope that it names; `None` for the empty prefix, which means both.
    pub fn scope_kind(&self) -> Option<ScopeKind> {
        self.0.split('/').next().and_then(ScopeKind::parse)
    }

    /// Whether `path` begins with it.
    pub fn contains(&self, path: &MemoryPath) -> bool {
        path.as_str().starts_with(&self.0)
    }

    /// The smallest text above every text that begins with the prefix, in byte order (`COLLATE "C"`):
    /// `path >= prefix AND path < upper_bound` is "begins with". `None`: there is no upper end.
    pub fn upper_bound(&self) -> Option<String> {
        upper_bound(&self.0)
    }
}

/// UTF-8 orders as its code points do, so the bound is the prefix with its last character that has a successor
/// replaced by it; what follows that character is dropped.
fn upper_bound(prefix: &str) -> Option<String> {
    let mut rest = prefix.chars();
    while let Some(last) = rest.next_back() {
        if let Some(next) = successor(last) {
            return Some(format!("{}{next}", rest.as_str()));
        }
    }
    None
}

fn successor(c: char) -> Option<char> {
    // The range steps over the surrogates, which are no characters.
    (c..=char::MAX).nth(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn prefixes_name_scopes_folders_and_beginnings() {
        for (text, scope) in [
            ("", None),
            ("user", Some(ScopeKind::User)),
            ("user/", Some(ScopeKind::User)),
            ("shared/", Some(ScopeKind::Shared)),
            ("user/notes/2026-", Some(ScopeKind::User)),
            ("user/my ", Some(ScopeKind::User)),
            ("user/_%", Some(ScopeKind::User)),
        ] {
            let prefix = PathPrefix::parse(text).unwrap();
            assert_eq!((prefix.as_str(), prefix.scope_kind()), (text, scope));
        }
    }

    #[test]
    fn prefixes_follow_the_rules_of_paths() {
        for text in [
            "use",
            "users",
            "/",
            "/user",
            "user//",
            "user/..",
            "user/../",
            "user/./",
            "user\\",
            "user/%2e",
            "user/\u{202E}",
            "USER/",
            "user/ a",
            "user/a /",
            "user/\u{301}",
            "user/  ",
            ".",
            "user/．",
            "share",
        ] {
            assert!(PathPrefix::parse(text).is_err(), "{text:?}");
        }
        assert!(PathPrefix::parse(&format!("user/{}", "a/".repeat(19))).is_ok());
        assert!(PathPrefix::parse(&format!("user/{}", "a/".repeat(20))).is_err());
    }

    #[test]
    fn a_prefix_is_composed_as_its_paths_are() {
        let decomposed = PathPrefix::parse("user/Zoe\u{308}").unwrap();
        assert_eq!(decomposed.as_str(), "user/Zo\u{EB}");
        assert!(decomposed.contains(&MemoryPath::parse("user/Zoe\u{308}.md").unwrap()));
    }

    #[test]
    fn the_upper_bound_steps_over_what_has_no_successor() {
        assert_eq!(upper_bound(""), None);
        assert_eq!(upper_bound("user/").as_deref(), Some("user0"));
        assert_eq!(upper_bound("a\u{D7FF}").as_deref(), Some("a\u{E000}"));
        assert_eq!(upper_bound("a\u{10FFFF}\u{10FFFF}").as_deref(), Some("b"));
        assert_eq!(upper_bound("\u{10FFFF}"), None);
    }

    /// Strings in which a prefix is often hit or just missed.
    fn near() -> impl Strategy<Value = String> {
        proptest::collection::vec(
            prop_oneof!["[a-b/]", "\u{7F}|\u{80}|\u{7FF}|\u{D7FF}|\u{E000}|\u{FFFF}|\u{10FFFF}"],
            0..5,
        )
        .prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn a_range_is_the_same_as_begins_with(prefix in near(), text in near(), any_text in ".*") {
            for text in [&text, &any_text, &format!("{prefix}{text}")] {
                let above = text.as_bytes() >= prefix.as_bytes();
                let below = upper_bound(&prefix).is_none_or(|bound| text.as_bytes() < bound.as_bytes());
                prop_assert_eq!(above && below, text.starts_with(&prefix), "{:?} in {:?}", text, prefix);
            }
        }
    }
}
