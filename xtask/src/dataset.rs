//! Writing the board that benchmarks use.

use std::path::{Path, absolute};

use anyhow::Result;

use crate::process::Program;
use crate::project::Project;

/// Writes the board as a bundle.
pub fn run(project: &Project, file: &Path) -> Result<()> {
    Program::new("cargo")
        .args(["run", "--quiet", "--release", "--package", "taskloom-dataset"])
        .args(["--bin", "dataset", "--"])
        .arg(absolute(file)?)
        .folder(&project.root)
        .run()
}
