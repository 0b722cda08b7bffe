//! `cargo xtask bench`: groups of measures, each against its target.

mod engine;
mod first_light;
mod measure;
mod npm;
mod storage;

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::process::Program;
use crate::project::Project;
pub use measure::Measure;

/// Measures that are taken together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// How quickly a person sees the app: download sizes and start.
    FirstLight,
    /// How fast, how frugal and how small the engine is.
    Engine,
    /// What keeping a board costs.
    Storage,
    /// How quick and how light the npm package is.
    Npm,
}

impl Group {
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "first-light" => Some(Self::FirstLight),
            "engine" => Some(Self::Engine),
            "storage" => Some(Self::Storage),
            "npm" => Some(Self::Npm),
            _ => None,
        }
    }
}

/// Takes the measures of a group, prints them, and keeps them in a file.
pub fn run(project: &Project, group: Group, json: Option<&Path>) -> Result<()> {
    let measures = match group {
        Group::FirstLight => first_light::run(project)?,
        Group::Engine => engine::run(project)?,
        Group::Storage => storage::run(project)?,
        Group::Npm => npm::run(project)?,
    };
    println!("\n{}", Measure::HEADING);
    for measure in &measures {
        println!("{measure}");
    }
    if let Some(path) = json {
        let list: serde_json::Value = measures.iter().map(Measure::to_json).collect();
        std::fs::write(path, format!("{list:#}\n"))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// The measures that a program prints, one line of JSON each.
fn measured(program: Program) -> Result<Vec<Measure>> {
    let ended = program.watch()?;
    if !ended.succeeded {
        bail!("the measuring failed");
    }
    let lines = ended.stdout.lines().filter(|line| line.starts_with('{'));
    lines.map(|line| Measure::from_json_line(line).context("a measure")).collect()
}
