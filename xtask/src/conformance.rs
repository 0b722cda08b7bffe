//! Running recorded scenarios against the engine.

use std::path::Path;

use anyhow::{Context, Result};

use crate::process::Program;
use crate::project::Project;

/// Which face of the engine the scenarios go through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Through {
    Native,
}

impl Through {
    pub fn named(name: &str) -> Option<Self> {
        (name == "native").then_some(Self::Native)
    }
}

/// Runs every scenario of a folder.
pub fn run(project: &Project, folder: &Path, through: Through) -> Result<()> {
    let folder =
        folder.canonicalize().with_context(|| format!("cannot open {}", folder.display()))?;
    match through {
        Through::Native => Program::new("cargo")
            .args(["run", "--quiet", "--package", "taskloom-conformance"])
            .args(["--bin", "conformance", "--"])
            .arg(folder)
            .folder(&project.root)
            .run(),
    }
}
