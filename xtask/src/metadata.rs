//! What `cargo metadata` says of the workspace, as far as the checks read it.

use std::path::Path;

use anyhow::Context;
use serde::Deserialize;

use crate::command;

/// Every package that the lock file names, on any platform, and which of them are ours.
#[derive(Deserialize)]
pub struct Metadata {
    /// Ours and everyone else's.
    pub packages: Vec<Package>,
    workspace_members: Vec<String>,
}

/// One package and the dependencies that its manifest names.
#[derive(Deserialize, Clone)]
pub struct Package {
    id: String,
    /// Name in its registry.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SPDX expression, where it declares one.
    pub license: Option<String>,
    /// What its manifest names, of every kind and for every platform.
    pub dependencies: Vec<Dependency>,
}

/// One line of a manifest's dependencies.
#[derive(Deserialize, Clone)]
pub struct Dependency {
    /// Name in its registry, whatever the manifest renames it to.
    pub name: String,
    /// None for an ordinary dependency.
    pub kind: Option<Kind>,
}

/// What a dependency is for, where not for the crate itself.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Its tests.
    Dev,
    /// Its build script.
    Build,
}

impl Metadata {
    /// Asks cargo. Fails when a manifest is broken or a dependency is not to be had.
    pub fn read(root: &Path) -> anyhow::Result<Self> {
        let json = command::cargo(&["metadata", "--format-version", "1"]).output(root)?;
        serde_json::from_str(&json).context("reading what `cargo metadata` printed")
    }

    /// The workspace's own packages.
    pub fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| self.workspace_members.contains(&package.id))
    }
}

#[cfg(test)]
impl Package {
    /// A package as a manifest would make it, for tests of the rules.
    pub fn made(name: &str, license: Option<&str>, dependencies: &[(&str, Option<Kind>)]) -> Self {
        Self {
            id: name.to_owned(),
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            license: license.map(str::to_owned),
            dependencies: dependencies.iter().map(|&(name, kind)| Dependency { name: name.to_owned(), kind }).collect(),
        }
    }
}
