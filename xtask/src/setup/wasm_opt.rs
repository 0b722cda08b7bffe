//! Binaryen's `wasm-opt`, which makes WebAssembly smaller.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::search::{NPM, has_version, on_path};
use super::{Found, Provides, Step};
use crate::process::Program;
use crate::project::Project;

/// The same version stands in Trunk.toml: with any other, Trunk would
/// download its own.
const BINARYEN: &str = "132";

pub struct WasmOpt;

fn root(project: &Project) -> PathBuf {
    project.tools.join(format!("binaryen-{BINARYEN}"))
}

impl Step for WasmOpt {
    fn plan(&self) -> String {
        format!("npm package binaryen {BINARYEN}, some seconds")
    }

    fn probe(&self, project: &Project) -> Result<Option<Found>> {
        let own = match cfg!(windows) {
            true => root(project),
            false => root(project).join("bin"),
        };
        let own_program = own.join(if cfg!(windows) { "wasm-opt.cmd" } else { "wasm-opt" });
        let found = match on_path(&["wasm-opt"]) {
            Some(program) if has_version(&program, BINARYEN) => {
                let what = format!("{BINARYEN} at {}", program.display());
                Some(Found { what, provides: vec![] })
            }
            _ if has_version(&own_program, BINARYEN) => {
                Some(Found { what: BINARYEN.into(), provides: vec![Provides::Folder(own)] })
            }
            _ => None,
        };
        Ok(found)
    }

    fn install(&self, project: &Project) -> Result<()> {
        let root = root(project);
        std::fs::create_dir_all(&root)?;
        let installed = Program::new(NPM)
            .args(["install", "--no-audit", "--no-fund", "--global", "--prefix"])
            .arg(&root)
            .arg(format!("binaryen@{BINARYEN}.0.0"))
            .read();
        installed.map(drop).with_context(|| {
            format!(
                "cannot install binaryen {BINARYEN}; Node.js 20 or newer with npm must be on PATH, \
                 or wasm-opt {BINARYEN} itself"
            )
        })
    }
}
