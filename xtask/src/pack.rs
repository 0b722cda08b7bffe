//! The npm package: generated glue, the hand-written files beside it, and the app
//! that `npx taskloom` serves.

mod instances;
pub mod weight;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::app;
use crate::process::Program;
use crate::project::Project;
use crate::setup::{NPM, Piece, Tools, seconds};
use crate::wasm_module::{Found, WasmModule, empty};

/// The entries that have declarations of their own; `records` are all other types.
const DECLARED: [&str; 4] = ["index", "slim", "inline", "records"];

/// Makes a JavaScript module of the engine. Node has the compressor.
const INLINE: &str = include_str!("inline.mjs");

const ENGINE: WasmModule =
    WasmModule { package: "taskloom-wasm", name: "taskloom_wasm", found: Found::WhereTold };

/// A package that was built.
pub struct Packed {
    /// Its files, as installed by a user.
    pub folder: PathBuf,
    /// The file that npm would publish.
    pub tarball: PathBuf,
}

impl Packed {
    /// The engine as a browser downloads it.
    pub fn wasm(&self) -> PathBuf {
        self.folder.join(ENGINE.wasm())
    }

    /// The generated JavaScript around it.
    pub fn glue(&self) -> PathBuf {
        self.folder.join(ENGINE.glue())
    }
}

/// Builds the package and says where it is.
pub fn run(project: &Project) -> Result<Packed> {
    let tools = Tools::ready(project, &Piece::OF_THE_PACKAGE)?;
    build(project, &tools)
}

/// Builds the package with tools that are set up.
pub fn build(project: &Project, tools: &Tools) -> Result<Packed> {
    let started = Instant::now();
    println!("Package: cargo builds the engine for release");
    let folder = project.root.join("pkg");
    ENGINE.build(project, tools, &folder)?;
    wrap_glue(&folder)?;
    add_inline_engine(&folder)?;
    add_files(project, &folder)?;
    copy_all(&app::build(project, tools)?, &folder.join("app"))?;
    let packed = Packed { tarball: pack(project, tools, &folder)?, folder };
    println!(
        "Package: {} in pkg/, packed as {} ({})",
        project.version,
        project.shown(&packed.tarball),
        seconds(started)
    );
    weight::check(&packed)?;
    Ok(packed)
}

/// Makes glue that binds an engine for each board.
fn wrap_glue(folder: &Path) -> Result<()> {
    let path = folder.join(ENGINE.glue());
    let glue = std::fs::read_to_string(&path)?;
    std::fs::write(&path, instances::wrapped(&glue)?)?;
    Ok(())
}

/// The engine as text, for the entry that needs no asset.
fn add_inline_engine(folder: &Path) -> Result<()> {
    Program::new("node")
        .args(["--input-type=module", "--eval", INLINE, "--"])
        .args([folder.join(ENGINE.wasm()), folder.join("inline_wasm.js")])
        .read()
        .map(drop)
}

/// Puts the hand-written files over the generated ones.
fn add_files(project: &Project, folder: &Path) -> Result<()> {
    let written = project.root.join("wasm-bindings").join("npm");
    ensure!(written.join("package.json").is_file(), "wasm-bindings/npm has no package.json");
    copy_all(&written, folder)?;
    declare_for_commonjs(folder)?;
    std::fs::copy(project.root.join("LICENSE"), folder.join("LICENSE"))?;
    let manifest = folder.join("package.json");
    let text = std::fs::read_to_string(&manifest)?;
    std::fs::write(&manifest, with_version(&text, &project.version)?)?;
    Ok(())
}

/// TypeScript reads a CommonJS entry's types from files of its own.
fn declare_for_commonjs(folder: &Path) -> Result<()> {
    for name in DECLARED {
        let mut declarations = std::fs::read_to_string(folder.join(format!("{name}.d.ts")))?;
        for other in DECLARED {
            let (module, common) = (format!("\"./{other}.js\""), format!("\"./{other}.cjs\""));
            declarations = declarations.replace(&module, &common);
        }
        std::fs::write(folder.join(format!("{name}.d.cts")), declarations)?;
    }
    Ok(())
}

fn copy_all(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_all(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// A package.json with this version and otherwise as it was: the order of its
/// entries means something to bundlers.
fn with_version(manifest: &str, version: &str) -> Result<String> {
    let parsed: serde_json::Value = serde_json::from_str(manifest)?;
    let present = parsed["version"].as_str().context("package.json has no version")?;
    let entry = format!("\"version\": \"{present}\"");
    ensure!(manifest.matches(&entry).count() == 1, "package.json must hold {entry} once");
    Ok(manifest.replace(&entry, &format!("\"version\": \"{version}\"")))
}

fn pack(project: &Project, tools: &Tools, folder: &Path) -> Result<PathBuf> {
    let packed = project.target.join("npm");
    empty(&packed)?;
    tools
        .program(NPM)
        .args(["pack", "--silent", "--pack-destination"])
        .arg(&packed)
        .folder(folder)
        .read()?;
    let file = std::fs::read_dir(&packed)?.next().context("npm packed no file")?;
    Ok(file?.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_version_of_the_manifest_changes() {
        let manifest = r#"{ "version": "0.0.0", "exports": { "types": "a", "default": "b" } }"#;
        let set = with_version(manifest, "1.2.3").unwrap();
        assert_eq!(set, manifest.replace("0.0.0", "1.2.3"));
        assert!(with_version("{}", "1.2.3").is_err());
        assert!(with_version(r#"{ "version" : "0.0.0" }"#, "1.2.3").is_err());
    }
}
