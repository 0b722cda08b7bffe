//! The compiler's and Clippy's warnings, for the targets that a crate is
//! made for.

use anyhow::Result;

use super::Workplace;
use super::counts::Counts;
use crate::setup::WASM;

pub fn run(workplace: &Workplace) -> Result<Counts> {
    let native = workplace
        .cargo()
        .args(["clippy", "--quiet", "--workspace", "--all-targets"])
        .args(["--exclude", "taskloom-wasm", "--exclude", "taskloom-web"])
        .args(["--", "-D", "warnings"])
        .watch()?;
    let wasm = workplace
        .wasm_cargo()
        .args(["clippy", "--quiet", "--all-targets", "--target", WASM])
        .args(["-p", "taskloom-storage", "-p", "taskloom-wasm", "-p", "taskloom-web"])
        .args(["-p", "taskloom-bench-storage"])
        .args(["--", "-D", "warnings"])
        .watch()?;
    Ok(Counts::check(&native) + Counts::check(&wasm))
}
