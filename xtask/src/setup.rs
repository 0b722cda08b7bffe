//! Set-up: every piece of the tool chain is looked for first, and installed
//! only where it is missing. Nothing outside the tool folder, the Rust tool
//! chain and (for Chromium, on Debian as root) the system's packages changes.

mod cargo_tool;
mod chromium;
mod node_packages;
mod search;
mod wasm_opt;
mod wasm_target;
mod wasm_target_debian;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Error, Result, anyhow};

use crate::process::Program;
use crate::project::Project;

pub use search::NPM;
pub use wasm_target::WASM;

/// Something that has to be there before a command can do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    WasmTarget,
    WasmBindgen,
    Trunk,
    WasmOpt,
    NodePackages,
    Chromium,
    WasmPack,
}

impl Piece {
    pub const ALL: [Self; 7] = [
        Self::WasmTarget,
        Self::WasmBindgen,
        Self::Trunk,
        Self::WasmOpt,
        Self::NodePackages,
        Self::Chromium,
        Self::WasmPack,
    ];

    /// What building and serving the app needs.
    pub const OF_THE_APP: [Self; 4] =
        [Self::WasmTarget, Self::WasmBindgen, Self::WasmOpt, Self::Trunk];

    /// What building the npm package needs, which carries the app.
    pub const OF_THE_PACKAGE: [Self; 4] = Self::OF_THE_APP;

    pub fn name(self) -> &'static str {
        match self {
            Self::WasmTarget => "wasm-target",
            Self::WasmBindgen => "wasm-bindgen",
            Self::Trunk => "trunk",
            Self::WasmOpt => "wasm-opt",
            Self::NodePackages => "node-packages",
            Self::Chromium => "chromium",
            Self::WasmPack => "wasm-pack",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|piece| piece.name() == name)
    }

    fn step(self, project: &Project) -> Result<Box<dyn Step>> {
        Ok(match self {
            Self::WasmTarget => Box::new(wasm_target::WasmTarget),
            Self::WasmBindgen => Box::new(cargo_tool::wasm_bindgen(project)?),
            Self::Trunk => Box::new(cargo_tool::trunk()),
            Self::WasmOpt => Box::new(wasm_opt::WasmOpt),
            Self::NodePackages => Box::new(node_packages::NodePackages),
            Self::Chromium => Box::new(chromium::Chromium),
            Self::WasmPack => Box::new(cargo_tool::wasm_pack()),
        })
    }

    /// Looks for the piece, and installs it when it is missing.
    fn set_up(self, project: &Project) -> Result<Vec<Provides>> {
        let started = Instant::now();
        let step = self.step(project)?;
        let name = self.name();
        let (found, verb) = match step.probe(project)? {
            Some(found) => (found, "found"),
            None => {
                println!("  {name:<14} installing: {}", step.plan());
                step.install(project)?;
                let found = step
                    .probe(project)?
                    .with_context(|| format!("{name} is still not found after its set-up"))?;
                (found, "installed")
            }
        };
        println!("  {name:<14} {verb} {} ({})", found.what, seconds(started));
        Ok(found.provides)
    }
}

/// How one piece is recognised and made.
trait Step {
    /// What installing does and how long it takes, said before it starts.
    fn plan(&self) -> String;
    /// The piece, if it is there and right.
    fn probe(&self, project: &Project) -> Result<Option<Found>>;
    /// Gets the piece; an error says what a person can do about it.
    fn install(&self, project: &Project) -> Result<()>;
}

/// A piece that is there.
struct Found {
    what: String,
    provides: Vec<Provides>,
}

/// What a piece adds to the programs started from here.
enum Provides {
    Folder(PathBuf),
    Variable(&'static str, OsString),
    WasmToolchain(String),
}

/// The pieces that were set up, and programs that see them.
#[derive(Default)]
pub struct Tools {
    folders: Vec<PathBuf>,
    variables: Vec<(&'static str, OsString)>,
    wasm_toolchain: Option<String>,
    missing: Vec<(Piece, Error)>,
}

impl Tools {
    /// Sets up the pieces; those that cannot be had are remembered.
    pub fn attempt(project: &Project, pieces: &[Piece]) -> Self {
        let mut tools = Self::default();
        if !pieces.is_empty() {
            println!("Set-up (tools are kept in {})", project.tools.display());
        }
        for piece in Piece::ALL.into_iter().filter(|piece| pieces.contains(piece)) {
            match piece.set_up(project) {
                Ok(provides) => provides.into_iter().for_each(|one| tools.take(one)),
                Err(error) => {
                    println!("  {:<14} MISSING: {error:#}", piece.name());
                    tools.missing.push((piece, error));
                }
            }
        }
        tools
    }

    /// Sets up the pieces, all of which are needed.
    pub fn ready(project: &Project, pieces: &[Piece]) -> Result<Self> {
        let tools = Self::attempt(project, pieces);
        tools.require(pieces)?;
        Ok(tools)
    }

    /// Refuses when one of these pieces could not be set up.
    pub fn require(&self, pieces: &[Piece]) -> Result<()> {
        match self.missing.iter().find(|(piece, _)| pieces.contains(piece)) {
            None => Ok(()),
            Some((piece, error)) => Err(anyhow!("{} is missing: {error:#}", piece.name())),
        }
    }

    fn take(&mut self, provided: Provides) {
        match provided {
            Provides::Folder(folder) => self.folders.push(folder),
            Provides::Variable(key, value) => self.variables.push((key, value)),
            Provides::WasmToolchain(name) => self.wasm_toolchain = Some(name),
        }
    }

    /// A program that finds the tools on its PATH.
    pub fn program(&self, name: &str) -> Program {
        let path = search::path_after(&self.folders);
        let program = Program::new(name).env("PATH", path);
        self.variables.iter().fold(program, |program, (key, value)| program.env(key, value))
    }

    /// The same, for a program that compiles to WebAssembly.
    pub fn wasm_program(&self, name: &str) -> Program {
        let program = self.program(name);
        match &self.wasm_toolchain {
            // The library path is that of the tool chain which runs xtask.
            Some(toolchain) => {
                program.env("RUSTUP_TOOLCHAIN", toolchain).without_env("LD_LIBRARY_PATH")
            }
            None => program,
        }
    }

    /// What a person types to have the same tools in a shell.
    fn by_hand(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.folders.is_empty() {
            let folders: Vec<String> =
                self.folders.iter().map(|folder| folder.display().to_string()).collect();
            lines.push(format!("export PATH=\"{}:$PATH\"", folders.join(":")));
        }
        if let Some(toolchain) = &self.wasm_toolchain {
            lines.push(format!("export RUSTUP_TOOLCHAIN={toolchain}"));
        }
        for (key, value) in &self.variables {
            lines.push(format!("export {key}=\"{}\"", value.display()));
        }
        lines
    }
}

/// Sets up these pieces, or all that the other commands use.
pub fn run(project: &Project, pieces: &[Piece]) -> Result<()> {
    let used_by_commands = Piece::ALL.into_iter().filter(|piece| *piece != Piece::WasmPack);
    let pieces = match pieces {
        [] => used_by_commands.collect(),
        chosen => chosen.to_vec(),
    };
    let tools = Tools::attempt(project, &pieces);
    println!("\nTo use the tools by hand:");
    for line in tools.by_hand() {
        println!("  {line}");
    }
    tools.require(&pieces)
}

/// The time since then, as shown to a person.
pub fn seconds(started: Instant) -> String {
    format!("{:.1} s", started.elapsed().as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_piece_stops_only_those_who_need_it() {
        let mut tools = Tools::default();
        tools.missing.push((Piece::Chromium, anyhow!("no browser")));
        assert!(tools.require(&Piece::OF_THE_APP).is_ok());
        let error = tools.require(&[Piece::Trunk, Piece::Chromium]).unwrap_err();
        assert_eq!(error.to_string(), "chromium is missing: no browser");
    }

    #[test]
    fn by_hand_lines_name_every_provided_thing() {
        let mut tools = Tools::default();
        tools.take(Provides::Folder("/t/trunk/bin".into()));
        tools.take(Provides::Variable("CHROMEDRIVER", "/d".into()));
        tools.take(Provides::WasmToolchain("web".into()));
        let lines = [
            "export PATH=\"/t/trunk/bin:$PATH\"",
            "export RUSTUP_TOOLCHAIN=web",
            "export CHROMEDRIVER=\"/d\"",
        ];
        assert_eq!(tools.by_hand(), lines);
    }
}
