//! The formatting of all Rust code.

use anyhow::Result;

use super::Workplace;
use super::counts::Counts;

pub fn run(workplace: &Workplace) -> Result<Counts> {
    Ok(Counts::check(&workplace.cargo().args(["fmt", "--all", "--check"]).watch()?))
}
