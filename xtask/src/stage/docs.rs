//! The documentation builds without a warning, broken links included.

use anyhow::Result;

use super::Workplace;
use super::counts::Counts;
use crate::setup::WASM;

pub fn run(workplace: &Workplace) -> Result<Counts> {
    let native = workplace
        .cargo()
        .args(["doc", "--quiet", "--no-deps", "--workspace"])
        .args(["--exclude", "taskloom-wasm", "--exclude", "taskloom-web"])
        .env("RUSTDOCFLAGS", "-D warnings")
        .watch()?;
    let wasm = workplace
        .wasm_cargo()
        .args(["doc", "--quiet", "--no-deps", "--target", WASM])
        .args(["-p", "taskloom-wasm", "-p", "taskloom-web"])
        .env("RUSTDOCFLAGS", "-D warnings")
        .watch()?;
    Ok(Counts::check(&native) + Counts::check(&wasm))
}
