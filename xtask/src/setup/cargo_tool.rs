//! Tools that Cargo builds: taken from PATH in the right version, else built
//! once into a folder of their own.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::search::{has_version, on_path};
use super::{Found, Provides, Step};
use crate::process::Program;
use crate::project::Project;

const TRUNK: &str = "0.21.14";
const WASM_PACK: &str = "0.15.1";

pub struct CargoTool {
    /// The program, and the name of its folder.
    name: &'static str,
    package: &'static str,
    version: String,
    options: &'static [&'static str],
    minutes: u32,
}

/// The tool must have exactly the version of the crate, since the two share
/// an unstable format.
pub fn wasm_bindgen(project: &Project) -> Result<CargoTool> {
    Ok(CargoTool {
        name: "wasm-bindgen",
        package: "wasm-bindgen-cli",
        version: project.locked("wasm-bindgen")?,
        options: &[],
        minutes: 2,
    })
}

pub fn trunk() -> CargoTool {
    CargoTool {
        name: "trunk",
        package: "trunk",
        version: TRUNK.into(),
        // Without its update check and without C code for TLS.
        options: &["--no-default-features", "--features", "rustls"],
        minutes: 4,
    }
}

pub fn wasm_pack() -> CargoTool {
    CargoTool {
        name: "wasm-pack",
        package: "wasm-pack",
        version: WASM_PACK.into(),
        options: &[],
        minutes: 3,
    }
}

impl CargoTool {
    fn root(&self, project: &Project) -> PathBuf {
        project.tools.join(format!("{}-{}", self.name, self.version))
    }

    fn cargo_install(&self, project: &Project) -> Program {
        Program::new("cargo")
            .args(["install", self.package, "--version", &self.version, "--root"])
            .arg(self.root(project))
            .args(self.options)
            // Built to be used today, not to be fast for years: a third of the time.
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "false")
            .without_env("CARGO_TARGET_DIR")
            .without_env("RUSTFLAGS")
            .folder(&project.tools)
    }
}

impl Step for CargoTool {
    fn plan(&self) -> String {
        let Self { package, version, minutes, .. } = self;
        format!("cargo builds {package} {version}, about {minutes} minutes, once")
    }

    fn probe(&self, project: &Project) -> Result<Option<Found>> {
        let own = self.root(project).join("bin");
        let own_program = own.join(format!("{}{}", self.name, std::env::consts::EXE_SUFFIX));
        let found = match on_path(&[self.name]) {
            Some(program) if has_version(&program, &self.version) => {
                let what = format!("{} at {}", self.version, program.display());
                Some(Found { what, provides: vec![] })
            }
            _ if has_version(&own_program, &self.version) => {
                Some(Found { what: self.version.clone(), provides: vec![Provides::Folder(own)] })
            }
            _ => None,
        };
        Ok(found)
    }

    fn install(&self, project: &Project) -> Result<()> {
        std::fs::create_dir_all(&project.tools)?;
        let Self { package, version, .. } = self;
        // A registry mirror may lack one of the exact versions that the tool
        // was released with; its newer patch releases serve as well.
        let locked = self.cargo_install(project).arg("--locked").run();
        locked.or_else(|_| self.cargo_install(project).run()).with_context(|| {
            format!(
                "cannot build {package} {version}; with a network, \
                 `cargo install {package} --version {version}` must work"
            )
        })
    }
}
