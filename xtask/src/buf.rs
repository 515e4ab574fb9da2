//! The protocol's own checks, which buf makes: lints, format, and what would break a client.

use std::path::Path;

use crate::command::Invocation;
use crate::findings::Findings;

/// The published protocol that a change must not break; there is one from version 0.1.0 on.
const BASELINE: &str = "proto/baseline.binpb";

/// Runs buf over the folder proto. A machine without buf is a finding that says how to get it.
pub fn check(root: &Path) -> anyhow::Result<Findings> {
    let Some(buf) = found(root) else {
        return Ok(vec![
            "buf is missing: run `npm install --no-save @bufbuild/buf`, or leave this out with `--skip buf`".to_owned(),
        ]);
    };
    let mut findings = buf.and(&["lint"]).passes(root, "mend what buf names above")?;
    findings.extend(buf.and(&["format", "--diff", "--exit-code"]).passes(root, "run `buf format --write`")?);
    if root.join(BASELINE).exists() {
        let breaking = buf.and(&["breaking", "--against", BASELINE]);
        findings.extend(breaking.passes(root, "fields are added or reserved, never changed: see proto/README.md")?);
    }
    Ok(findings)
}

/// buf on `PATH`, in the checkout's node_modules, or in npx's cache (which is not asked to download it).
fn found(root: &Path) -> Option<Invocation> {
    let local = root.join("node_modules/.bin/buf");
    let candidates = [
        Invocation::new("buf", &[]),
        Invocation::new(local, &[]),
        Invocation::new("npx", &["--no-install", "@bufbuild/buf"]),
    ];
    candidates.into_iter().find(|buf| buf.and(&["--version"]).works(root))
}
