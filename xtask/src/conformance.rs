//! Running recorded scenarios against the engine.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::pack;
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
    /// The packed npm package inside Node, on boards in memory.
    Npm,
    /// The packed npm package inside Chromium, on boards in IndexedDB.
    Browser,
}

impl Through {
    const ALL: [Self; 4] = [Self::Native, Self::Wasm, Self::Npm, Self::Browser];

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|through| through.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Wasm => "wasm",
            Self::Npm => "npm",
            Self::Browser => "browser",
        }
    }

    fn needs(self) -> Vec<Piece> {
        match self {
            Self::Native => vec![],
            Self::Wasm => vec![Piece::WasmTarget],
            Self::Npm => [&Piece::OF_THE_PACKAGE[..], &[Piece::NodePackages]].concat(),
            Self::Browser => [&Self::Npm.needs()[..], &[Piece::Chromium]].concat(),
        }
    }

    /// What the scenarios' host serves; nothing natively.
    fn served(self, project: &Project, tools: &Tools) -> Result<Option<PathBuf>> {
        match self {
            Self::Native => Ok(None),
            Self::Wasm => module(project, tools).map(Some),
            Self::Npm | Self::Browser => Ok(Some(pack::build(project, tools)?.tarball)),
        }
    }
}

/// Runs every scenario of a folder.
pub fn run(project: &Project, folder: &Path, through: Through) -> Result<()> {
    let folder =
        folder.canonicalize().with_context(|| format!("cannot open {}", folder.display()))?;
    let tools = Tools::ready(project, &through.needs())?;
    let served = through.served(project, &tools)?;
    let ended = play(project, &tools, &[folder], through, served.as_deref())?;
    ensure!(ended.succeeded, "scenarios failed");
    Ok(())
}

/// Runs every scenario of some folders through what a host serves, and leaves it to
/// the caller what a failure means.
pub fn play(
    project: &Project,
    tools: &Tools,
    folders: &[PathBuf],
    through: Through,
    served: Option<&Path>,
) -> Result<Ended> {
    let program = runner(project, tools, folders);
    match served {
        Some(served) => program.args(["--host", through.name()]).arg(served).watch(),
        None => program.watch(),
    }
}

/// The scenarios of the project, and those of the reference where they lie beside it.
pub fn folders(project: &Project) -> Vec<PathBuf> {
    let reference = project.root.join("..").join("shared").join("conformance");
    let own = project.tests().join("conformance").join("fixtures");
    let corrected = reference.join("corrected");
    [own, reference, corrected].into_iter().filter(|folder| folder.is_dir()).collect()
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

fn runner(project: &Project, tools: &Tools, folders: &[PathBuf]) -> Program {
    tools
        .program("cargo")
        .args(["run", "--quiet", "--package", "taskloom-conformance"])
        .args(["--bin", "conformance", "--"])
        .args(folders)
        .folder(&project.root)
}
