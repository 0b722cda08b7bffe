//! How much a person downloads, and how soon the app is there.

use std::path::Path;

use anyhow::Result;

use super::measure::Measure;
use super::measured;
use crate::project::Project;
use crate::serve::{Port, Serving};
use crate::setup::{Piece, Tools};
use crate::size::{Size, only_file};
use crate::{app, pack};

/// Download sizes that the app may have, compressed, in kB.
const APP_WASM: f64 = 900.0;
const APP_ALL: f64 = 1200.0;

const SCRIPT: &str = "bench/first-light.mjs";

pub fn run(project: &Project) -> Result<Vec<Measure>> {
    let needs = [&Piece::OF_THE_APP[..], &[Piece::NodePackages, Piece::Chromium]].concat();
    let tools = Tools::ready(project, &needs)?;
    let dist = app::build(project, &tools)?;
    let package = pack::build(project, &tools)?;
    let mut measures = Vec::new();
    measures.extend(sizes("app-wasm", &only_file(&dist, ".wasm")?, Some(APP_WASM))?);
    measures.extend(sizes("app-all", &dist, Some(APP_ALL))?);
    measures.extend(sizes("engine-wasm", &package.wasm(), None)?);
    measures.extend(in_browser(project, &tools, &dist, &package.folder)?);
    Ok(measures)
}

/// The target is one for compressed bytes, and a server that knows only gzip
/// has to meet it too.
fn sizes(name: &str, path: &Path, target: Option<f64>) -> Result<[Measure; 3]> {
    let size = Size::of(path)?;
    Ok([
        Measure::size(format!("{name}-raw"), size.raw, None),
        Measure::size(format!("{name}-gzip"), size.gzip, target),
        Measure::size(format!("{name}-brotli"), size.brotli, target),
    ])
}

/// The script's measures, one line of JSON each.
fn in_browser(
    project: &Project,
    tools: &Tools,
    dist: &Path,
    package: &Path,
) -> Result<Vec<Measure>> {
    let app = Serving::start(dist, Port::Free)?;
    let package = Serving::start(package, Port::Free)?;
    let script = tools.program("node").arg(SCRIPT).arg(app.url()).arg(package.url());
    measured(script.folder(project.tests()))
}
