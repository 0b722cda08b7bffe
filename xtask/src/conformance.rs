//! Running recorded scenarios against the engine.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::process::{Ended, Program};
use crate::project::Project;
use crate::setup::{Piece, Tools, WASM};

/// Which face of the engine the scenarios go through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Through {
    /// The engine as a library.
    Native,
    /// The engine as WebAssembly inside Node.
    Wasm,
}

impl Through {
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "native" => Some(Self::Native),
            "wasm" => Some(Self::Wasm),
            _ => None,
        }
    }
}

/// Runs every scenario of a folder.
pub fn run(project: &Project, folder: &Path, through: Through) -> Result<()> {
    let folder =
        folder.canonicalize().with_context(|| format!("cannot open {}", folder.display()))?;
    match through {
        Through::Native => runner(project, &folder).run(),
        Through::Wasm => {
            let tools = Tools::ready(project, &[Piece::WasmTarget])?;
            let ended = through_wasm(project, &tools, &folder)?;
            ensure!(ended.succeeded, "scenarios failed");
            Ok(())
        }
    }
}

/// Runs every scenario of a folder through WebAssembly, and leaves it to the
/// caller what a failure means.
pub fn through_wasm(project: &Project, tools: &Tools, folder: &Path) -> Result<Ended> {
    let module = module(project, tools)?;
    runner(project, folder).arg(module).watch()
}

/// The engine behind the text interface of the scenarios, built for release.
pub fn module(project: &Project, tools: &Tools) -> Result<PathBuf> {
    println!("Conformance: cargo builds the engine as WebAssembly");
    tools
        .wasm_program("cargo")
        .args(["build", "--quiet", "--release", "--package", "taskloom-conformance"])
        .args(["--lib", "--target", WASM])
        .folder(&project.root)
        .run()?;
    Ok(project.target.join(WASM).join("release").join("taskloom_conformance.wasm"))
}

fn runner(project: &Project, folder: &Path) -> Program {
    Program::new("cargo")
        .args(["run", "--quiet", "--package", "taskloom-conformance"])
        .args(["--bin", "conformance", "--"])
        .arg(folder)
        .folder(&project.root)
}
