//! The npm package as its users get it: built, packed, and then installed and
//! used by the tests in tests/npm.

use anyhow::Result;

use super::counts::Counts;
use super::{Workplace, test_files};
use crate::pack;

pub fn run(workplace: &Workplace) -> Result<Counts> {
    let folder = workplace.project.tests().join("npm");
    let files = test_files(&folder, &[".test.mjs", ".test.cjs", ".test.js"])?;
    if files.is_empty() {
        return Ok(Counts::NONE);
    }
    let packed = pack::build(workplace.project, &workplace.tools)?;
    let ended = workplace
        .node()
        .args(["--test", "--test-reporter=spec"])
        .args(files)
        .env("TASKLOOM_PKG", &packed.folder)
        .env("TASKLOOM_TARBALL", &packed.tarball)
        .watch()?;
    Ok(Counts::of_node(&ended))
}
