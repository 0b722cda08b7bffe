//! Tests of the crates that talk to a browser, inside headless Chromium, and of
//! the engine as WebAssembly, inside Node.

use anyhow::Result;

use super::Workplace;
use super::counts::Counts;
use crate::conformance::{self, Through};
use crate::setup::WASM;

/// Seconds that one test binary may take; on a busy machine the runner's own
/// 20 pass before the browser is up.
const PATIENCE: &str = "180";

pub fn run(workplace: &Workplace) -> Result<Counts> {
    let ended = workplace
        .wasm_cargo()
        .args(["test", "--target", WASM, "--lib", "--tests", "--no-fail-fast"])
        .args(["-p", "taskloom-storage", "-p", "taskloom-wasm"])
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner")
        .env("WASM_BINDGEN_TEST_TIMEOUT", PATIENCE)
        .watch()?;
    let Workplace { project, tools } = workplace;
    let folders = conformance::folders(project);
    let module = conformance::module(project, tools)?;
    let played = conformance::play(project, tools, &folders, Through::Wasm, Some(&module))?;
    Ok(Counts::of_cargo(&ended) + Counts::of_conformance(&played))
}
