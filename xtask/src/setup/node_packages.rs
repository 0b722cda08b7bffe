//! The Node packages that tests use, exactly as the lock file says.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use super::search::NPM;
use super::{Found, Step};
use crate::process::Program;
use crate::project::Project;

const OLDEST_NODE: u32 = 20;

pub struct NodePackages;

/// The copy of the lock file that was installed last.
fn installed_lock(project: &Project) -> PathBuf {
    project.tests().join("node_modules").join(".installed-package-lock.json")
}

/// The first number of what `node --version` prints.
fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

impl Step for NodePackages {
    fn plan(&self) -> String {
        "npm ci in tests/, some seconds".into()
    }

    fn probe(&self, project: &Project) -> Result<Option<Found>> {
        let remedy = format!("install Node.js {OLDEST_NODE} or newer and put it on PATH");
        let node = Program::new("node").arg("--version").read().context(remedy.clone())?;
        ensure!(major(&node) >= Some(OLDEST_NODE), "Node.js is {}; {remedy}", node.trim());
        let wanted = std::fs::read(project.tests().join("package-lock.json"))?;
        let fresh = std::fs::read(installed_lock(project)).is_ok_and(|lock| lock == wanted);
        let what = format!("in tests/node_modules, Node.js {}", node.trim());
        Ok(fresh.then_some(Found { what, provides: vec![] }))
    }

    fn install(&self, project: &Project) -> Result<()> {
        Program::new(NPM)
            .args(["ci", "--no-audit", "--no-fund"])
            .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
            .folder(project.tests())
            .read()
            .context("npm cannot install the packages of tests/package-lock.json")?;
        std::fs::copy(project.tests().join("package-lock.json"), installed_lock(project))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_versions_are_understood() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("20"), None);
    }
}
