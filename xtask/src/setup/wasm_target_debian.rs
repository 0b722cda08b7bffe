//! The WebAssembly target without rustup's server: Debian's own compiler
//! beside the present one, with a standard library built from its sources.
//! Debian ships the sources but no compiled library for this target.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::search::{can_install_debian_packages, install_debian_packages, on_path};
use super::wasm_target::WASM;
use crate::process::Program;
use crate::project::Project;

/// The name under which rustup knows Debian's compiler.
pub const TOOLCHAIN: &str = "taskloom-debian";

const PACKAGES: [&str; 6] =
    ["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm", "rust-web-clippy", "lld-22"];

/// Where Debian's compiler looks for the library.
const LIBRARY: &str = "/usr/lib/rustlib/wasm32-unknown-unknown/lib";

/// Left in the library's folder: the compiler that built it. An update of
/// Debian's compiler makes the library useless.
const BUILT_BY: &str = ".built-by";

/// The version of Debian's compiler, if it is set up for WebAssembly.
pub fn probe() -> Result<Option<String>> {
    let Ok(built_by) = std::fs::read_to_string(Path::new(LIBRARY).join(BUILT_BY)) else {
        return Ok(None);
    };
    let toolchains = Program::new("rustup").args(["toolchain", "list"]).read()?;
    let linked = toolchains.lines().any(|line| line.split_whitespace().next() == Some(TOOLCHAIN));
    let right = linked && version()? == built_by;
    Ok(right.then(|| built_by.trim().to_owned()))
}

/// Whether this road can be tried at all.
pub fn possible() -> bool {
    on_path(&["rustup"]).is_some() && can_install_debian_packages()
}

pub fn install(project: &Project) -> Result<()> {
    install_debian_packages(&PACKAGES)?;
    Program::new("rustup").args(["toolchain", "link", TOOLCHAIN, "/usr"]).read()?;
    let libraries = build_std(&project.tools.join("wasm-std"))?;
    let folder = Path::new(LIBRARY);
    // Remains of another version would be found twice.
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder)?;
    for library in libraries {
        let name = library.file_name().context("a library without a name")?;
        std::fs::copy(&library, folder.join(name))?;
    }
    std::fs::write(folder.join(BUILT_BY), version()?)?;
    Ok(())
}

fn version() -> Result<String> {
    of_toolchain("rustc").arg("--version").read()
}

fn of_toolchain(program: &str) -> Program {
    Program::new(program).env("RUSTUP_TOOLCHAIN", TOOLCHAIN).without_env("LD_LIBRARY_PATH")
}

/// Builds the standard library through an empty crate that uses it.
fn build_std(folder: &Path) -> Result<Vec<PathBuf>> {
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder.join("src"))?;
    std::fs::write(folder.join("src").join("lib.rs"), "")?;
    let manifest = "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\n\
                    [lib]\ncrate-type = [\"cdylib\"]\n\n[workspace]\n";
    std::fs::write(folder.join("Cargo.toml"), manifest)?;
    let target = folder.join("target");
    of_toolchain("cargo")
        .args(["build", "--quiet", "-Zbuild-std=std,panic_abort,test", "--release"])
        .args(["--target", WASM, "--target-dir"])
        .arg(&target)
        .env("RUSTC_BOOTSTRAP", "1")
        // Link-time optimisation needs the bitcode of every library.
        .env("RUSTFLAGS", "-Cembed-bitcode=yes")
        .folder(folder)
        .run()?;
    let built = target.join(WASM).join("release").join("deps");
    let files = std::fs::read_dir(built)?.flatten().map(|entry| entry.path());
    let libraries: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|end| end == "rlib")).collect();
    ensure!(!libraries.is_empty(), "building the standard library left no libraries");
    Ok(libraries)
}
