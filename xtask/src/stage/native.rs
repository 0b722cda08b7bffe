//! Unit tests, conformance scenarios and documentation examples, without a
//! browser. The app takes part with what it keeps free of the browser.

use anyhow::Result;

use super::Workplace;
use super::counts::Counts;

pub fn run(workplace: &Workplace) -> Result<Counts> {
    let ended = workplace
        .cargo()
        .args(["test", "--workspace", "--exclude", "taskloom-wasm", "--no-fail-fast"])
        .watch()?;
    Ok(Counts::of_cargo(&ended))
}
