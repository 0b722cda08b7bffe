//! The compiler's WebAssembly target.

use std::path::Path;

use anyhow::{Context, Result, bail};

use super::search::on_path;
use super::wasm_target_debian as debian;
use super::{Found, Provides, Step};
use crate::process::Program;
use crate::project::Project;

/// The target of everything that runs in a browser.
pub const WASM: &str = "wasm32-unknown-unknown";

pub struct WasmTarget;

/// Whether the folder holds a compiled standard library.
fn has_std(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with("libstd-") && name.ends_with(".rlib")
    })
}

impl Step for WasmTarget {
    fn plan(&self) -> String {
        format!("rustup target add {WASM}, some seconds")
    }

    fn probe(&self, _: &Project) -> Result<Option<Found>> {
        let folder = Program::new("rustc")
            .args(["--print", "target-libdir", "--target", WASM])
            .read()
            .context("install Rust by rustup and put it on PATH")?;
        if has_std(Path::new(folder.trim())) {
            return Ok(Some(Found { what: WASM.into(), provides: vec![] }));
        }
        Ok(debian::probe()?.map(|version| Found {
            what: format!("{WASM} of {version}"),
            provides: vec![Provides::WasmToolchain(debian::TOOLCHAIN.into())],
        }))
    }

    fn install(&self, project: &Project) -> Result<()> {
        if on_path(&["rustup"]).is_none() {
            bail!(
                "the compiler lacks {WASM}: install Rust by rustup, or your system's package of it"
            );
        }
        let Err(refused) = Program::new("rustup").args(["target", "add", WASM]).read() else {
            return Ok(());
        };
        if !debian::possible() {
            return Err(refused.context(format!("`rustup target add {WASM}` must work")));
        }
        println!("  rustup cannot add it; Debian's compiler is set up instead, about 2 minutes");
        debian::install(project).with_context(|| {
            format!("neither rustup ({refused:#}) nor Debian's packages give {WASM}")
        })
    }
}
