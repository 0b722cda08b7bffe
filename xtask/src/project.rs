//! Where things are, and which versions they must have.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::process::Program;

/// The checked-out project and its folders outside of it.
pub struct Project {
    /// The workspace root.
    pub root: PathBuf,
    /// Cargo's target folder.
    pub target: PathBuf,
    /// Installed tools, one folder per tool and version.
    pub tools: PathBuf,
    /// The version of the workspace's packages.
    pub version: String,
}

impl Project {
    /// The project that this program was started from.
    pub fn find() -> Result<Self> {
        let home = std::env::var_os("CARGO_MANIFEST_DIR").context("start me as `cargo xtask`")?;
        let manifest = Path::new(&home).join("Cargo.toml");
        let metadata = Program::new("cargo")
            .args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"])
            .arg(&manifest)
            .read()?;
        let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
        let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
        let root = text(&metadata["workspace_root"]).context("cargo names no workspace root")?;
        let target = text(&metadata["target_directory"]).context("cargo names no target folder")?;
        let version =
            text(&metadata["packages"][0]["version"]).context("cargo names no version")?;
        Ok(Self { root: root.into(), target: target.into(), tools: tools_folder()?, version })
    }

    /// The version of a crate in the lock file.
    pub fn locked(&self, package: &str) -> Result<String> {
        let path = self.root.join("Cargo.lock");
        let lock = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        match locked_version(&lock, package) {
            Some(version) => Ok(version.to_owned()),
            None => bail!("Cargo.lock does not name {package}"),
        }
    }

    /// The folder with the Node packages that the tests use.
    pub fn tests(&self) -> PathBuf {
        self.root.join("tests")
    }

    /// A path as a person in the project's folder would write it.
    pub fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }
}

fn tools_folder() -> Result<PathBuf> {
    let cache = match std::env::var_os("XDG_CACHE_HOME") {
        Some(folder) if Path::new(&folder).is_absolute() => PathBuf::from(folder),
        _ => std::env::home_dir().context("there is no home folder for the tools")?.join(".cache"),
    };
    Ok(cache.join("taskloom").join("tools"))
}

fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let quoted =
        |line: &'a str, key: &str| line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"');
    let mut lines = lock.lines();
    lines.find(|line| quoted(line, "name") == Some(package))?;
    quoted(lines.next()?, "version")
}

/// The version in what a tool prints for `--version`: its first word that
/// starts with a digit.
pub fn version_in(text: &str) -> Option<&str> {
    text.split_whitespace().find(|word| word.starts_with(|first: char| first.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "\
[[package]]
name = \"wasm-bindgen-test\"
version = \"0.3.80\"

[[package]]
name = \"wasm-bindgen\"
version = \"0.2.130\"
source = \"registry\"
";

    #[test]
    fn the_lock_file_gives_the_version_of_exactly_that_package() {
        assert_eq!(locked_version(LOCK, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked_version(LOCK, "wasm-bindgen-test"), Some("0.3.80"));
        assert_eq!(locked_version(LOCK, "wasm"), None);
    }

    #[test]
    fn versions_are_found_in_what_tools_print() {
        assert_eq!(version_in("wasm-bindgen 0.2.130\n"), Some("0.2.130"));
        assert_eq!(version_in("trunk 0.21.14"), Some("0.21.14"));
        assert_eq!(version_in("wasm-opt version 132 (version_132)"), Some("132"));
        assert_eq!(version_in("Chromium 156.0.8078.73 built on Debian"), Some("156.0.8078.73"));
        assert_eq!(version_in("no such tool"), None);
    }
}
