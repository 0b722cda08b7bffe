//! What the package weighs for those who load it, and what it may weigh: sizes are
//! compressed by brotli, in kB of 1000 bytes.

use std::path::PathBuf;

use anyhow::{Result, ensure};

use super::Packed;
use crate::bench::Measure;
use crate::size::Size;

/// What the engine with its bindings should weigh.
const ENGINE_TARGET: f64 = 300.0;
/// What it may weigh until then: a little more than it did last. Lower it with
/// every saving.
const ENGINE_LIMIT: f64 = 565.0;
/// The generated glue.
const GLUE_LIMIT: f64 = 15.0;
/// All JavaScript that the entry for browsers loads, each file by itself.
const JAVASCRIPT_LIMIT: f64 = 22.0;

/// What only other entries and the command of the package load.
const NOT_OF_THE_BROWSER: [&str; 6] =
    ["app_server.js", "cli.js", "inline.js", "inline_wasm.js", "node.js", "slim.js"];

/// Measures the package, against the targets.
pub fn measures(packed: &Packed) -> Result<[Measure; 3]> {
    let engine = Size::of(&packed.wasm())?.brotli;
    let glue = Size::of(&packed.glue())?.brotli;
    let mut javascript = 0;
    for file in javascript_files(packed)? {
        javascript += Size::of(&file)?.brotli;
    }
    Ok([
        Measure::size("npm-engine-brotli", engine, Some(ENGINE_TARGET)),
        Measure::size("npm-glue-brotli", glue, Some(GLUE_LIMIT)),
        Measure::size("npm-javascript-brotli", javascript, Some(JAVASCRIPT_LIMIT)),
    ])
}

/// Says what the package weighs, and fails where that is too much.
pub fn check(packed: &Packed) -> Result<()> {
    let [engine, glue, javascript] = measures(packed)?;
    println!(
        "Package: the engine weighs {:.1} kB by brotli (target {ENGINE_TARGET}, limit \
         {ENGINE_LIMIT}), its glue {:.1} kB, all JavaScript of a page {:.1} kB",
        engine.value, glue.value, javascript.value
    );
    let limits = [ENGINE_LIMIT, GLUE_LIMIT, JAVASCRIPT_LIMIT];
    for (measure, limit) in [engine, glue, javascript].iter().zip(limits) {
        let Measure { name, value, .. } = measure;
        ensure!(*value <= limit, "{name} is {value:.1} kB, more than {limit} kB");
    }
    Ok(())
}

fn javascript_files(packed: &Packed) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&packed.folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".js") && !NOT_OF_THE_BROWSER.contains(&name.as_str()) {
            files.push(path);
        }
    }
    Ok(files)
}
