//! The npm package as its users get it: built, packed, and then installed and
//! used by the tests in tests/npm, and boards in its hands in tests/storage: many
//! tabs, killed browsers.

use anyhow::Result;

use super::counts::Counts;
use super::{Workplace, test_files};
use crate::pack;

pub fn run(workplace: &Workplace) -> Result<Counts> {
    let mut files = Vec::new();
    for folder in ["npm", "storage"] {
        let folder = workplace.project.tests().join(folder);
        files.extend(test_files(&folder, &[".test.mjs", ".test.cjs", ".test.js"])?);
    }
    if files.is_empty() {
        return Ok(Counts::NONE);
    }
    let packed = pack::build(workplace.project, &workplace.tools)?;
    let ended = workplace
        .node()
        .args(["--test", "--test-reporter=spec"])
        // Some of them start several browsers; more at a time only wait.
        .arg("--test-concurrency=2")
        .args(files)
        .env("TASKLOOM_PKG", &packed.folder)
        .env("TASKLOOM_TARBALL", &packed.tarball)
        .watch()?;
    Ok(Counts::of_node(&ended))
}
