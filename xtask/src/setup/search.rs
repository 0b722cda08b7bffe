//! Finding programs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::process::Program;
use crate::project::version_in;

/// Node's package manager, by the name under which it can be started.
pub const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

/// A PATH with these folders before the present ones.
pub fn path_after(folders: &[PathBuf]) -> OsString {
    let present = std::env::var_os("PATH").unwrap_or_default();
    let all = folders.iter().cloned().chain(std::env::split_paths(&present));
    // A folder whose name holds the separator cannot be on a PATH at all.
    std::env::join_paths(all).unwrap_or(present)
}

/// The first of these programs that the PATH leads to.
pub fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let candidates = names.iter().flat_map(|name| {
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        folders.iter().map(move |folder| folder.join(&file))
    });
    candidates.into_iter().find(|path| path.is_file())
}

/// Whether this program is there and says that it has this version.
pub fn has_version(program: &Path, version: &str) -> bool {
    let said = Program::new(program).arg("--version").read().unwrap_or_default();
    version_in(&said) == Some(version)
}

/// Whether system packages can be installed here: as root, by apt.
pub fn can_install_debian_packages() -> bool {
    let is_root = || Program::new("id").arg("-u").read().is_ok_and(|id| id.trim() == "0");
    on_path(&["apt-get"]).is_some() && is_root()
}

/// Installs system packages by apt.
pub fn install_debian_packages(packages: &[&str]) -> anyhow::Result<()> {
    let apt = || Program::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").arg("-qq");
    // A list that is a little old is no reason to stop: the install tells.
    let updated = apt().arg("update").read();
    let installed =
        apt().args(["install", "-y", "--no-install-recommends"]).args(packages).read().map(drop);
    installed.or_else(|error| updated.and(Err(error)))
}
