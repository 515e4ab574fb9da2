//! What the dependency trees of shipped binaries must not hold.

use crate::findings::Findings;

/// One TLS library with one provider, ring: no C library to build or to patch.
const BANNED: [&str; 5] = ["openssl", "openssl-sys", "native-tls", "aws-lc-sys", "aws-lc-rs"];

/// What only tests may have: failpoints and guards that can be switched off; both services in one process.
const FOR_TESTS: [&str; 2] = ["feature \"test-doors\"", "feature \"harness\""];

/// Every banned crate among the `packages` of the lock file.
pub fn banned<'a>(packages: impl Iterator<Item = &'a str>) -> Findings {
    packages.filter(|name| BANNED.contains(name)).map(|name| format!("{name} is banned and in Cargo.lock")).collect()
}

/// Every line that names sqlx in dream-worker's tree (`cargo tree --prefix none`).
pub fn worker_without_sql(tree: &str) -> Findings {
    lines_with(tree, "sqlx")
        .map(|line| format!("dream-worker depends on {line}: a worker must not be able to reach the database"))
        .collect()
}

/// Every crate of a release build's tree (`cargo tree --edges …,features`) that has a feature for tests in it.
pub fn nothing_for_tests(tree: &str) -> Findings {
    let held = FOR_TESTS.into_iter().flat_map(|feature| lines_with(tree, feature));
    held.map(|line| format!("a release build would hold {line}")).collect()
}

fn lines_with<'a>(tree: &'a str, word: &'static str) -> impl Iterator<Item = &'a str> {
    let mut seen = std::collections::BTreeSet::new();
    let lines = tree.lines().map(|line| line.trim_end_matches(" (*)"));
    lines.filter(move |line| line.contains(word) && seen.insert(*line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_with_sql_anywhere_below_it_is_refused_once_per_crate() {
        let tree = "dream-worker v0.1.0\nmemex-core v0.1.0\nsqlx v0.9.0\nsqlx-core v0.9.0\nsqlx v0.9.0 (*)\n";
        assert_eq!(worker_without_sql(tree).len(), 2);
        assert!(worker_without_sql("dream-worker v0.1.0\nmemex-core v0.1.0\n").is_empty());
    }

    #[test]
    fn a_release_build_with_a_feature_for_tests_is_refused() {
        let features = [
            "memex-runtime feature \"test-doors\"",
            "memory-api feature \"test-doors\"",
            "memex-stack feature \"harness\"",
        ];
        for feature in features {
            let tree = format!("memex v0.1.0\n{feature}\nmemory-api feature \"default\"\n");
            assert_eq!(nothing_for_tests(&tree), [format!("a release build would hold {feature}")]);
        }
        assert!(nothing_for_tests("memex v0.1.0\nmemory-api feature \"default\"\n").is_empty());
    }

    #[test]
    fn banned_crates_are_named() {
        assert_eq!(banned(["ring", "openssl", "native-tls", "aws-lc-sys", "rustls"].into_iter()).len(), 3);
    }
}
