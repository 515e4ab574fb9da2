//! The licences under which everything that we build on comes.

use std::path::Path;

use crate::findings::Findings;
use crate::metadata::{Metadata, Package};
use crate::spdx;

/// Licences that let us ship under Apache-2.0: permissive, nothing that reaches over to our own code.
const ALLOWED: [&str; 11] = [
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Unicode-3.0",
    "Zlib",
    "BSL-1.0",
    "CDLA-Permissive-2.0",
    "CC0-1.0",
];

/// Judges every package of the lock file, whatever it is for. Fails when cargo cannot tell them.
pub fn check(root: &Path) -> anyhow::Result<Findings> {
    Ok(Metadata::read(root)?.packages.iter().filter_map(finding).collect())
}

fn finding(package: &Package) -> Option<String> {
    let Package { name, version, license, .. } = package;
    let Some(expression) = license else {
        return Some(format!("{name} {version} declares no licence"));
    };
    match spdx::satisfied(expression, &ALLOWED) {
        Ok(true) => None,
        Ok(false) => Some(format!("{name} {version} is under {expression}, which is not on the list of licences")),
        Err(error) => Some(format!("{name} {version}: {error:#}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_accepted_for_its_licence_alone() {
        let found = |license| finding(&Package::made("a", license, &[]));
        assert_eq!(found(Some("MIT OR LGPL-2.1-or-later")), None);
        assert!(found(Some("LGPL-2.1-or-later")).is_some());
        assert!(found(Some("MIT AND")).is_some());
        assert!(found(None).is_some());
    }
}
