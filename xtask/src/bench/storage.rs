//! What keeping a board costs, in the browser.

use anyhow::Result;

use super::measure::Measure;
use super::measured;
use crate::project::Project;
use crate::serve::{Port, Serving};
use crate::setup::{Piece, Tools};
use crate::wasm_module::{Found, WasmModule};

const MODULE: WasmModule = WasmModule {
    package: "taskloom-bench-storage",
    name: "taskloom_bench_storage",
    found: Found::Beside,
};
const NEEDS: [Piece; 5] =
    [Piece::WasmTarget, Piece::WasmBindgen, Piece::WasmOpt, Piece::NodePackages, Piece::Chromium];
const SCRIPT: &str = "bench/storage.mjs";

pub fn run(project: &Project) -> Result<Vec<Measure>> {
    let tools = Tools::ready(project, &NEEDS)?;
    println!("Storage: cargo builds the page's module for release");
    let folder = project.target.join("bench-storage");
    MODULE.build(project, &tools, &folder)?;
    std::fs::write(folder.join("index.html"), "<!doctype html><title>Storage</title>")?;
    let page = Serving::start(&folder, Port::Free)?;
    measured(tools.program("node").arg(SCRIPT).arg(page.url()).folder(project.tests()))
}
