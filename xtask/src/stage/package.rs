//! The npm package as its users get it: built, packed, and then installed and
//! used by the tests in tests/npm, and boards in its hands in tests/storage: many
//! tabs, killed browsers. Then the recorded scenarios, through the package in Node and
//! in Chromium.

use anyhow::Result;

use super::counts::Counts;
use super::{Workplace, test_files};
use crate::conformance::{self, Through};
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
        // Ten minutes for a file: one that hangs ends with its name.
        .arg("--test-timeout=600000")
        .args(files)
        .env("TASKLOOM_PKG", &packed.folder)
        .env("TASKLOOM_TARBALL", &packed.tarball)
        .watch()?;
    let mut counts = Counts::of_node(&ended);
    let Workplace { project, tools } = workplace;
    let folders = conformance::folders(project);
    for through in [Through::Npm, Through::Browser] {
        println!("Conformance: through {through:?}");
        let tarball = Some(packed.tarball.as_path());
        let played = conformance::play(project, tools, &folders, through, tarball)?;
        counts = counts + Counts::of_conformance(&played);
    }
    Ok(counts)
}
