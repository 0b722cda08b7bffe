//! How quick the npm package is in Node, beside the same work on SQLite.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::measure::Measure;
use super::measured;
use crate::pack::{self, weight};
use crate::process::Program;
use crate::project::Project;
use crate::setup::{NPM, Piece, Tools};

pub fn run(project: &Project) -> Result<Vec<Measure>> {
    let tools = Tools::ready(project, &Piece::OF_THE_PACKAGE)?;
    let packed = pack::build(project, &tools)?;
    let folder = project.tests().join("bench").join("npm");
    install_sqlite(&tools, &folder)?;
    println!("Npm: measuring in Node");
    let script = tools.program("node").arg("bench.mjs").arg(&packed.folder).folder(folder);
    let mut measures = measured(script)?;
    measures.extend(weight::measures(&packed)?);
    Ok(measures)
}

/// SQLite has a package of its own, since only this measure needs it and it may
/// have to be compiled.
fn install_sqlite(tools: &Tools, folder: &Path) -> Result<()> {
    if folder.join("node_modules").join("better-sqlite3").join("build").is_dir() {
        return Ok(());
    }
    println!("Npm: npm installs SQLite, which takes a minute where it has to be compiled");
    let npm = tools.program(NPM).args(["ci", "--no-audit", "--no-fund"]).folder(folder);
    let npm = match node_headers()? {
        // Without them npm downloads Node's headers.
        Some(prefix) => npm.env("npm_config_nodedir", prefix),
        None => npm,
    };
    npm.read().map(drop).context("npm cannot install what the package is compared with")
}

/// The folder whose `include/node` holds the headers of the installed Node, if
/// they came with it.
fn node_headers() -> Result<Option<PathBuf>> {
    let program = Program::new("node").args(["--print", "process.execPath"]).read()?;
    let prefix = Path::new(program.trim()).parent().and_then(Path::parent);
    let has_headers = |prefix: &&Path| prefix.join("include").join("node").join("node.h").is_file();
    Ok(prefix.filter(has_headers).map(Path::to_owned))
}
