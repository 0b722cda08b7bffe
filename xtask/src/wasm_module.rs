//! A crate as a WebAssembly module with its JavaScript glue.

use std::path::Path;

use anyhow::{Context, Result};

use crate::project::Project;
use crate::setup::{Tools, WASM};

/// A crate that is bound to JavaScript.
pub struct WasmModule {
    /// The crate.
    pub package: &'static str,
    /// The name of its files: `NAME.js` and `NAME_bg.wasm`.
    pub name: &'static str,
    /// Where its glue looks for the module when it is told nothing.
    pub found: Found,
}

/// Whether glue knows where its module is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It looks beside itself.
    Beside,
    /// It has to be told. Bundlers follow any address in the glue: they would copy
    /// the module even for programs that have it from somewhere else.
    WhereTold,
}

impl WasmModule {
    /// Builds the module for release, as small as it gets, into an emptied folder.
    pub fn build(&self, project: &Project, tools: &Tools, folder: &Path) -> Result<()> {
        tools
            .wasm_program("cargo")
            .args(["build", "--release", "--package", self.package, "--lib", "--target", WASM])
            .folder(&project.root)
            .run()?;
        empty(folder)?;
        let built = project.target.join(WASM).join("release").join(format!("{}.wasm", self.name));
        tools
            .program("wasm-bindgen")
            .args(["--target", "web", "--out-name", self.name])
            .args((self.found == Found::WhereTold).then_some("--omit-default-module-path"))
            .arg("--out-dir")
            .arg(folder)
            .arg(built)
            .read()?;
        let wasm = folder.join(self.wasm());
        tools
            .program("wasm-opt")
            // Functions with one caller stay apart once they are large: a module that
            // is compiled function by function, as it is used, starts sooner, and
            // compresses better.
            .args(["-Os", "--one-caller-inline-max-function-size", "1000"])
            .args(["--strip-debug", "--strip-producers", "-o"])
            .args([&wasm, &wasm])
            .read()
            .map(drop)
    }

    /// The name of the glue's file.
    pub fn glue(&self) -> String {
        format!("{}.js", self.name)
    }

    /// The name of the module's file.
    pub fn wasm(&self) -> String {
        format!("{}_bg.wasm", self.name)
    }
}

/// Makes a folder that has nothing in it.
pub fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)
            .with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    std::fs::create_dir_all(folder)?;
    Ok(())
}
