//! How large files are, as they are and as a server sends them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::process::Program;

/// Node has both compressors; crates for them would make every command of the
/// project compile longer.
const SCRIPT: &str = include_str!("size.mjs");

/// The size of some files together, each compressed by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub raw: u64,
    pub gzip: u64,
    pub brotli: u64,
}

impl Size {
    /// The size of a file, or of all files below a folder.
    pub fn of(path: &Path) -> Result<Self> {
        let mut files = Vec::new();
        collect(path, &mut files)?;
        let said = Program::new("node")
            .args(["--input-type=module", "--eval", SCRIPT, "--"])
            .args(&files)
            .read()?;
        let sizes: serde_json::Value = serde_json::from_str(&said)?;
        let size = |name: &str| sizes[name].as_u64().with_context(|| format!("no size {name}"));
        Ok(Self { raw: size("raw")?, gzip: size("gzip")?, brotli: size("brotli")? })
    }
}

/// The one file below a folder whose name ends like this.
pub fn only_file(folder: &Path, ending: &str) -> Result<PathBuf> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    let mut matching = files.into_iter().filter(|path| path.to_string_lossy().ends_with(ending));
    let found = matching.next().filter(|_| matching.next().is_none());
    found.with_context(|| format!("not exactly one file *{ending} in {}", folder.display()))
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in std::fs::read_dir(path)? {
        collect(&entry?.path(), files)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_add_up_over_files_and_shrink_when_compressed() {
        let folder = std::env::temp_dir().join(format!("taskloom-size-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("a.txt"), "a".repeat(1000)).unwrap();
        std::fs::write(folder.join("b.wasm"), "b".repeat(500)).unwrap();
        let all = Size::of(&folder).unwrap();
        let one = Size::of(&only_file(&folder, ".wasm").unwrap()).unwrap();
        let none = only_file(&folder, ".css");
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!((all.raw, one.raw), (1500, 500));
        assert!(all.brotli < all.gzip && all.gzip < all.raw, "{all:?}");
        assert!(one.gzip < all.gzip);
        assert!(none.is_err());
    }
}
