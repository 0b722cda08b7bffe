//! `cargo xtask bench`: groups of measures, each against its target.

mod engine;
mod first_light;
mod measure;

use std::path::Path;

use anyhow::{Context, Result};

use crate::project::Project;
use measure::Measure;

/// Measures that are taken together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// How quickly a person sees the app: download sizes and start.
    FirstLight,
    /// How fast, how frugal and how small the engine is.
    Engine,
}

impl Group {
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "first-light" => Some(Self::FirstLight),
            "engine" => Some(Self::Engine),
            _ => None,
        }
    }
}

/// Takes the measures of a group, prints them, and keeps them in a file.
pub fn run(project: &Project, group: Group, json: Option<&Path>) -> Result<()> {
    let measures = match group {
        Group::FirstLight => first_light::run(project)?,
        Group::Engine => engine::run(project)?,
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
