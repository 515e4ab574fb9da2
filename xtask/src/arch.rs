//! Which crate may use which, and what no shipped binary may hold.

use std::path::Path;

use crate::checkout::Checkout;
use crate::command;
use crate::findings::Findings;
use crate::metadata::Metadata;

mod direction;
mod reserved;
mod shipped;

/// The packages whose release builds are shipped.
const SHIPPED: [&str; 3] = ["memex", "memory-api", "dream-worker"];

/// Judges manifests, sources and dependency trees. Fails when cargo cannot tell them.
pub fn check(root: &Path) -> anyhow::Result<Findings> {
    let metadata = Metadata::read(root)?;
    let members: Vec<_> = metadata.members().collect();
    let names: Vec<_> = members.iter().map(|package| package.name.as_str()).collect();
    let mut findings = Vec::new();
    for package in &members {
        findings.extend(direction::findings(package, &names));
        findings.extend(reserved::findings(package));
    }
    for (path, text) in Checkout::open(root)?.texts()? {
        findings.extend(reserved::source_findings(path, &text));
    }
    findings.extend(shipped::banned(metadata.packages.iter().map(|package| package.name.as_str())));
    findings.extend(trees(root)?);
    Ok(findings)
}

fn trees(root: &Path) -> anyhow::Result<Findings> {
    let worker = command::cargo(&["tree", "--package", "dream-worker", "--prefix", "none"]).output(root)?;
    let release = SHIPPED
        .iter()
        .fold(command::cargo(&["tree", "--edges", "normal,build,features", "--prefix", "none"]), |tree, package| {
            tree.and(&["--package", package])
        });
    Ok([shipped::worker_without_sql(&worker), shipped::nothing_for_tests(&release.output(root)?)].concat())
}
