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
            .args(["--target", "web", "--out-name", self.name, "--out-dir"])
            .arg(folder)
            .arg(built)
            .read()?;
        let wasm = folder.join(self.wasm());
        tools
            .program("wasm-opt")
            .args(["-Os", "--strip-debug", "--strip-producers", "-o"])
            .args([&wasm, &wasm])
            .read()
            .map(drop)
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
