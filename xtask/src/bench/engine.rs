//! How fast the engine is, natively and as WebAssembly in Node, and how large.

use anyhow::Result;

use super::measure::Measure;
use super::measured;
use crate::conformance;
use crate::project::Project;
use crate::setup::{Piece, Tools, WASM};
use crate::size::Size;

const PACKAGE: &str = "taskloom-bench";
const SCRIPT: &str = "bench/engine.mjs";

/// The size that the engine alone may have, compressed by brotli, in kB.
const BROTLI: f64 = 250.0;

pub fn run(project: &Project) -> Result<Vec<Measure>> {
    let tools = Tools::ready(project, &[Piece::WasmTarget, Piece::WasmOpt])?;
    let mut measures = natively(project, &tools)?;
    measures.extend(in_node(project, &tools)?);
    measures.extend(sizes(project, &tools)?);
    Ok(measures)
}

fn natively(project: &Project, tools: &Tools) -> Result<Vec<Measure>> {
    println!("Engine: measuring natively");
    let program = tools
        .program("cargo")
        .args(["run", "--quiet", "--profile", "bench", "--package", PACKAGE])
        .args(["--bin", "bench-engine"])
        .folder(&project.root);
    measured(program)
}

fn in_node(project: &Project, tools: &Tools) -> Result<Vec<Measure>> {
    println!("Engine: measuring as WebAssembly");
    tools
        .wasm_program("cargo")
        .args(["build", "--quiet", "--profile", "bench", "--package", PACKAGE])
        .args(["--lib", "--target", WASM])
        .folder(&project.root)
        .run()?;
    // The profile puts its files where those of a release are.
    let module = project.target.join(WASM).join("release").join("taskloom_bench.wasm");
    measured(tools.program("node").arg(SCRIPT).arg(module).folder(project.tests()))
}

/// Every operation of the engine behind a text interface, which stands for what
/// a binding adds.
fn sizes(project: &Project, tools: &Tools) -> Result<[Measure; 3]> {
    let built = conformance::module(project, tools)?;
    let module = built.with_file_name("taskloom_engine_small.wasm");
    tools
        .program("wasm-opt")
        .args(["-Oz", "--strip-debug", "--strip-producers", "-o"])
        .arg(&module)
        .arg(built)
        .read()?;
    let size = Size::of(&module)?;
    Ok([
        Measure::size("engine-alone-raw", size.raw, None),
        Measure::size("engine-alone-gzip", size.gzip, None),
        Measure::size("engine-alone-brotli", size.brotli, Some(BROTLI)),
    ])
}
