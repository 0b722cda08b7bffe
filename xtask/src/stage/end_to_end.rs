//! The release build of the app, used as a person would.

use anyhow::Result;

use super::counts::Counts;
use super::{Workplace, test_files};
use crate::app;
use crate::serve::{Port, Serving};

pub fn run(workplace: &Workplace) -> Result<Counts> {
    let folder = workplace.project.tests().join("e2e");
    if test_files(&folder, &[".spec.mjs", ".spec.js", ".spec.ts"])?.is_empty() {
        return Ok(Counts::NONE);
    }
    let dist = app::build(workplace.project, &workplace.tools)?;
    let serving = Serving::start(&dist, Port::Free)?;
    let ended = workplace
        .node()
        .args(["node_modules/@playwright/test/cli.js", "test"])
        .env("TASKLOOM_URL", serving.url())
        .watch()?;
    Ok(Counts::of_playwright(&ended))
}
