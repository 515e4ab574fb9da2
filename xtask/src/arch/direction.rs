//! The table "who may use whom" among the workspace's own crates.

use crate::findings::Findings;
use crate::metadata::{Kind, Package};

/// Each crate and the siblings that it may use. A new crate gets its row here first.
const WHO_MAY_USE: [(&str, Siblings); 14] = [
    ("memex-core", Siblings::These(&[])),
    ("memex-proto", Siblings::These(&[])),
    ("memex-runtime", Siblings::These(&[])),
    ("memex-view", Siblings::These(&["memex-proto"])),
    ("memex-curation", Siblings::These(&["memex-core"])),
    ("memex-tools", Siblings::These(&["memex-core", "memex-proto"])),
    ("memex-admin", Siblings::These(&["memex-core", "memex-proto", "memex-view"])),
    ("memex-mcp", Siblings::These(&["memex-core", "memex-proto", "memex-tools", "memex-view"])),
    (
        "memory-api",
        Siblings::These(&[
            "memex-core",
            "memex-curation",
            "memex-proto",
            "memex-runtime",
            "memex-tools",
            "memex-admin",
        ]),
    ),
    ("dream-worker", Siblings::These(&["memex-core", "memex-curation", "memex-proto", "memex-runtime", "memex-tools"])),
    ("memex-stack", Siblings::These(&["memex-core", "memex-proto", "memex-runtime", "memory-api", "dream-worker"])),
    ("memex", Siblings::AllBut(&["tests", "xtask"])),
    ("tests", Siblings::AllBut(&["xtask"])),
    ("xtask", Siblings::These(&[])),
];

/// What tests may use besides: a running pair, and the words of the system tests.
const FOR_TESTS: [&str; 2] = ["memex-stack", "tests"];

/// Siblings that a row of the table permits.
#[derive(Clone, Copy)]
enum Siblings {
    These(&'static [&'static str]),
    AllBut(&'static [&'static str]),
}

impl Siblings {
    fn permit(self, name: &str) -> bool {
        match self {
            Self::These(permitted) => permitted.contains(&name),
            Self::AllBut(refused) => !refused.contains(&name),
        }
    }
}

/// Every dependency of `package` on one of the `members` that the table does not permit.
pub fn findings(package: &Package, members: &[&str]) -> Findings {
    let user = package.name.as_str();
    let Some((_, siblings)) = WHO_MAY_USE.iter().find(|(name, _)| *name == user) else {
        return vec![format!("{user} has no row in the table of directions (xtask/src/arch/direction.rs)")];
    };
    let used = package.dependencies.iter().filter(|dependency| members.contains(&dependency.name.as_str()));
    used.filter(|used| !permitted(*siblings, user, &used.name, used.kind))
        .map(|used| format!("{user} must not use {}{}", used.name, purpose(used.kind)))
        .collect()
}

fn permitted(siblings: Siblings, user: &str, used: &str, kind: Option<Kind>) -> bool {
    // A crate names itself in its dev-dependencies to switch a feature on for its own tests.
    let for_tests = kind == Some(Kind::Dev) && (FOR_TESTS.contains(&used) || used == user);
    for_tests || siblings.permit(used)
}

/// How a finding names the kind of a dependency.
pub fn purpose(kind: Option<Kind>) -> &'static str {
    match kind {
        None => "",
        Some(Kind::Dev) => ", not even in its tests",
        Some(Kind::Build) => ", not even in its build script",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMBERS: [&str; 14] = [
        "memex-core",
        "memex-proto",
        "memex-runtime",
        "memex-view",
        "memex-curation",
        "memex-tools",
        "memex-admin",
        "memex-mcp",
        "memory-api",
        "dream-worker",
        "memex-stack",
        "memex",
        "tests",
        "xtask",
    ];

    fn found(user: &str, used: &str, kind: Option<Kind>) -> usize {
        findings(&Package::made(user, None, &[(used, kind)]), &MEMBERS).len()
    }

    #[test]
    fn each_crate_is_used_by_those_that_the_architecture_names_alone() {
        let users = |used: &str| {
            let others = MEMBERS.into_iter().filter(|user| *user != used);
            others.filter(|user| found(user, used, None) == 0).collect::<Vec<_>>().join(" ")
        };
        let services = "memory-api dream-worker memex-stack memex tests";
        let expected = [
            ("memex-core", format!("memex-curation memex-tools memex-admin memex-mcp {services}")),
            ("memex-proto", format!("memex-view memex-tools memex-admin memex-mcp {services}")),
            ("memex-runtime", services.to_owned()),
            ("memex-view", "memex-admin memex-mcp memex tests".to_owned()),
            ("memex-curation", "memory-api dream-worker memex tests".to_owned()),
            ("memex-tools", "memex-mcp memory-api dream-worker memex tests".to_owned()),
            ("memex-admin", "memory-api memex tests".to_owned()),
            ("memex-mcp", "memex tests".to_owned()),
            ("memory-api", "memex-stack memex tests".to_owned()),
            ("dream-worker", "memex-stack memex tests".to_owned()),
            ("memex-stack", "memex tests".to_owned()),
            ("memex", "tests".to_owned()),
            ("tests", String::new()),
            ("xtask", String::new()),
        ];
        assert_eq!(MEMBERS.map(|used| (used, users(used))), expected);
    }

    #[test]
    fn the_worker_may_not_use_the_service_that_owns_postgres() {
        assert_eq!(found("dream-worker", "memory-api", None), 1);
        assert_eq!(found("dream-worker", "memory-api", Some(Kind::Dev)), 1);
        assert_eq!(found("dream-worker", "memex-curation", None), 0);
    }

    #[test]
    fn a_running_pair_is_for_tests_alone() {
        assert_eq!(found("memory-api", "memex-stack", Some(Kind::Dev)), 0);
        assert_eq!(found("memory-api", "memex-stack", Some(Kind::Build)), 1);
        assert_eq!(found("memory-api", "memex-stack", None), 1);
        assert_eq!(found("memory-api", "memory-api", Some(Kind::Dev)), 0);
    }

    #[test]
    fn a_crate_without_a_row_is_refused() {
        assert_eq!(found("memex-new", "memex-core", None), 1);
    }

    #[test]
    fn crates_of_others_are_not_judged_here() {
        assert_eq!(found("memex-core", "serde", None), 0);
    }
}
