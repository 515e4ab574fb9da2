//! Crates of others that only some of ours may name.

use crate::arch::direction::purpose;
use crate::findings::Findings;
use crate::metadata::Package;

/// A family of crates (the name itself, or the name with a `-` after it) and who may name it.
struct Reservation {
    family: &'static str,
    holders: &'static [&'static str],
    because: &'static str,
}

const RESERVED: [Reservation; 5] = [
    Reservation {
        family: "sqlx",
        holders: &["memory-api", "memex-stack"],
        because: "one crate speaks SQL, and the stack makes databases for tests",
    },
    Reservation { family: "genai", holders: &["dream-worker"], because: "only a dream asks a model" },
    Reservation { family: "reqwest", holders: &["dream-worker"], because: "only a dream asks a model" },
    Reservation {
        family: "axum",
        holders: &["memex-admin", "memex-mcp", "memex-runtime"],
        because: "HTTP is served in three places",
    },
    Reservation { family: "backoff", holders: &["memex-runtime"], because: "retry lives in one module" },
];

/// Crates that hold rules alone, and what would tie a rule to a transport, a runtime or a store.
const PURE: [&str; 2] = ["memex-core", "memex-curation"];
const IMPURE: [&str; 4] = ["tonic", "prost", "tokio", "sqlx"];

/// The one file that may call the crate `backoff`, so that its successor changes one file.
const RETRY: &str = "crates/memex-runtime/src/retry.rs";
const BACKOFF_USES: [&str; 2] = [concat!("use back", "off"), concat!("back", "off::")];

/// Every dependency of `package` that is reserved for others, whatever its kind.
pub fn findings(package: &Package) -> Findings {
    let user = package.name.as_str();
    let mut findings = Vec::new();
    for used in &package.dependencies {
        let refusals = RESERVED.iter().filter(|reserved| !reserved.holders.contains(&user));
        for reserved in refusals.filter(|reserved| is_of(&used.name, reserved.family)) {
            let (name, holders) = (&used.name, reserved.holders.join(", "));
            findings.push(format!("{user} must not use {name}: {} (it is for {holders})", reserved.because));
        }
        if PURE.contains(&user) && IMPURE.iter().any(|family| is_of(&used.name, family)) {
            findings.push(format!("{user} holds rules and must not use {}{}", used.name, purpose(used.kind)));
        }
    }
    findings
}

/// Every line of a Rust source that calls `backoff` outside the module for it.
pub fn source_findings(path: &str, text: &str) -> Findings {
    if !path.ends_with(".rs") || path == RETRY {
        return Vec::new();
    }
    let calls = |line: &str| BACKOFF_USES.iter().any(|call| starts_a_word(line, call));
    let lines = text.lines().enumerate().filter(|(_, line)| calls(line));
    lines.map(|(index, _)| format!("{path}:{} uses the crate backoff; only {RETRY} may", index + 1)).collect()
}

fn is_of(name: &str, family: &str) -> bool {
    name.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// Whether `call` stands in `line` as the start of a path, not inside another name (`retry::backoff::x` is ours).
fn starts_a_word(line: &str, call: &str) -> bool {
    let ends_before = |index: usize| !line[..index].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
    let ends_after = |index: usize| !line[index..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
    line.match_indices(call)
        .any(|(index, _)| ends_before(index) && (call.ends_with(':') || ends_after(index + call.len())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Kind;

    fn found(user: &str, used: &str, kind: Option<Kind>) -> usize {
        findings(&Package::made(user, None, &[(used, kind)])).len()
    }

    #[test]
    fn sql_is_for_the_service_that_owns_postgres_and_for_the_stack() {
        assert_eq!(found("memory-api", "sqlx", None), 0);
        assert_eq!(found("memex-stack", "sqlx", None), 0);
        assert_eq!(found("dream-worker", "sqlx", None), 1);
        assert_eq!(found("tests", "sqlx-postgres", Some(Kind::Dev)), 1);
        assert_eq!(found("dream-worker", "sqlxish", None), 0);
    }

    #[test]
    fn each_reserved_family_is_refused_to_the_rest() {
        for family in ["genai", "reqwest", "axum", "backoff", "sqlx"] {
            assert_eq!(found("memex", family, None), 1, "{family}");
        }
    }

    #[test]
    fn rules_know_neither_transport_nor_runtime_nor_store() {
        for used in ["tonic", "tonic-types", "prost", "prost-types", "tokio", "tokio-util"] {
            assert_eq!(found("memex-core", used, Some(Kind::Dev)), 1, "{used}");
            assert_eq!(found("memex-curation", used, None), 1, "{used}");
            assert_eq!(found("memory-api", used, None), 0, "{used}");
        }
    }

    #[test]
    fn the_retry_crate_is_called_from_one_file() {
        let call = format!("let x = {}ExponentialBackoff::default();\n", BACKOFF_USES[1]);
        let import = format!("// one\n{}::Error;\n", BACKOFF_USES[0]);
        assert_eq!(source_findings("crates/memex/src/main.rs", &call).len(), 1);
        assert!(source_findings("crates/memex/src/main.rs", &import)[0].contains("main.rs:2 "));
        assert!(source_findings(RETRY, &call).is_empty());
        assert!(source_findings("crates/memex/README.md", &call).is_empty());
        let ours = format!("retry::{}next(); use {}_ours;", BACKOFF_USES[1], "backoff");
        assert!(source_findings("crates/memex/src/main.rs", &ours).is_empty());
    }
}
