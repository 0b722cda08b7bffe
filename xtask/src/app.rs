//! The release build of the app.

use std::path::{Path, PathBuf};
use std::time::{Instant, UNIX_EPOCH};

use anyhow::{Context, Result};

use crate::process::Program;
use crate::project::Project;
use crate::setup::{Tools, seconds};

/// What the app is made from, beside the sources of its crates.
const INPUTS: [&str; 8] = [
    "index.html",
    "Trunk.toml",
    "Cargo.toml",
    "Cargo.lock",
    ".cargo",
    "domain",
    "storage",
    "web-ui",
];

/// Builds the app, unless nothing changed since the last time, and gives the
/// folder of its files.
pub fn build(project: &Project, tools: &Tools) -> Result<PathBuf> {
    let started = Instant::now();
    let dist = project.root.join("dist");
    let stamp = project.target.join("xtask").join("app.stamp");
    let before = inputs(project)?;
    // The output is part of the stamp, since `trunk serve` by hand puts its
    // own, slower build into the same folder.
    let is_fresh = std::fs::read_to_string(&stamp)
        .is_ok_and(|kept| listing(&dist).is_ok_and(|output| kept == format!("{before}{output}")));
    if is_fresh {
        println!("App: up to date in dist/ ({})", seconds(started));
        return Ok(dist);
    }
    println!("App: trunk builds it for release (about 4 minutes the first time)");
    tools
        .wasm_program("trunk")
        .args(["build", "--release"])
        .env("TRUNK_SKIP_VERSION_CHECK", "true")
        // Trunk takes this for a switch with a value and stops at "1".
        .without_env("NO_COLOR")
        .folder(&project.root)
        .run()?;
    std::fs::create_dir_all(project.target.join("xtask"))?;
    std::fs::write(&stamp, format!("{before}{}", listing(&dist)?))?;
    println!("App: built in dist/ ({})", seconds(started));
    Ok(dist)
}

fn inputs(project: &Project) -> Result<String> {
    let compiler = Program::new("rustc").arg("--version").read()?;
    INPUTS.iter().try_fold(compiler, |all, name| {
        let path = project.root.join(name);
        Ok(if path.exists() { all + &listing(&path)? } else { all })
    })
}

/// All files below a path in a fixed order, each with size and time: equal
/// listings mean unchanged files.
fn listing(path: &Path) -> Result<String> {
    let about = path.metadata().with_context(|| format!("cannot look at {}", path.display()))?;
    if !about.is_dir() {
        let changed = about.modified()?.duration_since(UNIX_EPOCH)?.as_nanos();
        return Ok(format!("{} {} {changed}\n", path.display(), about.len()));
    }
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    entries.sort();
    entries.iter().map(|entry| listing(entry)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_changes_with_any_file_below() {
        let folder = std::env::temp_dir().join(format!("taskloom-listing-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("deep")).unwrap();
        std::fs::write(folder.join("deep").join("a"), "one").unwrap();
        let before = listing(&folder).unwrap();
        assert_eq!(listing(&folder).unwrap(), before);
        std::fs::write(folder.join("deep").join("b"), "").unwrap();
        let after = listing(&folder).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_ne!(after, before);
        assert!(listing(&folder).is_err());
    }
}
