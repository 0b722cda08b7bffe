//! `cargo xtask test`: every check and test, stage by stage. A failing stage
//! does not stop the ones after it.

mod browser;
mod counts;
mod docs;
mod end_to_end;
mod format;
mod lint;
mod native;
mod package;
mod report;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;

use crate::process::Program;
use crate::project::Project;
use crate::setup::{Piece, Tools, seconds};
use counts::Counts;
use report::{Line, report};

/// One part of the test run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Format,
    Lint,
    Native,
    Browser,
    Package,
    EndToEnd,
    Docs,
}

impl Stage {
    /// All stages, the quickest to tell first.
    pub const ALL: [Self; 7] = [
        Self::Format,
        Self::Lint,
        Self::Native,
        Self::Browser,
        Self::Package,
        Self::EndToEnd,
        Self::Docs,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Lint => "lint",
            Self::Native => "native",
            Self::Browser => "browser",
            Self::Package => "package",
            Self::EndToEnd => "e2e",
            Self::Docs => "docs",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }

    fn needs(self) -> Vec<Piece> {
        match self {
            Self::Format | Self::Native => vec![],
            Self::Lint | Self::Docs => vec![Piece::WasmTarget],
            Self::Browser => vec![Piece::WasmTarget, Piece::WasmBindgen, Piece::Chromium],
            Self::Package => {
                [&Piece::OF_THE_PACKAGE[..], &[Piece::NodePackages, Piece::Chromium]].concat()
            }
            Self::EndToEnd => {
                [&Piece::OF_THE_APP[..], &[Piece::NodePackages, Piece::Chromium]].concat()
            }
        }
    }

    fn run(self, workplace: &Workplace) -> Result<Counts> {
        workplace.tools.require(&self.needs())?;
        match self {
            Self::Format => format::run(workplace),
            Self::Lint => lint::run(workplace),
            Self::Native => native::run(workplace),
            Self::Browser => browser::run(workplace),
            Self::Package => package::run(workplace),
            Self::EndToEnd => end_to_end::run(workplace),
            Self::Docs => docs::run(workplace),
        }
    }
}

/// What every stage works with.
struct Workplace<'a> {
    project: &'a Project,
    tools: Tools,
}

impl Workplace<'_> {
    fn cargo(&self) -> Program {
        self.tools.program("cargo").folder(&self.project.root)
    }

    fn wasm_cargo(&self) -> Program {
        self.tools.wasm_program("cargo").folder(&self.project.root)
    }

    fn node(&self) -> Program {
        self.tools.program("node").folder(self.project.tests())
    }
}

/// Runs these stages, or all.
pub fn run(project: &Project, chosen: &[Stage]) -> Result<ExitCode> {
    let chosen = match chosen {
        [] => &Stage::ALL[..],
        some => some,
    };
    let needs: Vec<Piece> = chosen.iter().flat_map(|stage| stage.needs()).collect();
    let workplace = Workplace { project, tools: Tools::attempt(project, &needs) };
    let mut lines = Vec::new();
    for stage in Stage::ALL.into_iter().filter(|stage| chosen.contains(stage)) {
        lines.push(timed(stage, &workplace));
    }
    println!("\n{}", report(&lines));
    let all_passed = lines.iter().all(|line| line.counts.failed == 0);
    Ok(if all_passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn timed(stage: Stage, workplace: &Workplace) -> Line {
    println!("\n=== {} ===", stage.name());
    let started = Instant::now();
    let counts = stage.run(workplace).unwrap_or_else(|error| {
        println!("error: {error:#}");
        Counts::FAILED
    });
    println!("=== {}: {counts} ({}) ===", stage.name(), seconds(started));
    Line { stage: stage.name(), counts, took: started.elapsed() }
}

/// The files below a folder, if there is one, whose names end like this, in
/// a fixed order and without installed packages.
fn test_files(folder: &Path, endings: &[&str]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if !folder.is_dir() {
        return Ok(files);
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "node_modules" {
            files.extend(test_files(&path, endings)?);
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_named_once() {
        for stage in Stage::ALL {
            assert_eq!(Stage::named(stage.name()), Some(stage));
        }
    }

    #[test]
    fn test_files_are_found_but_not_those_of_installed_packages() {
        let folder = std::env::temp_dir().join(format!("taskloom-files-{}", std::process::id()));
        for file in ["b.test.mjs", "deep/a.test.mjs", "node_modules/c.test.mjs", "notes.md"] {
            let path = folder.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let found = test_files(&folder, &[".test.mjs"]).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(found, [folder.join("b.test.mjs"), folder.join("deep/a.test.mjs")]);
        assert!(test_files(&folder, &[".test.mjs"]).unwrap().is_empty());
    }
}
