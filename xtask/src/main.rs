//! The project's commands: `cargo xtask help` lists them.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test"))]

mod app;
mod bench;
mod command;
mod conformance;
mod dataset;
mod pack;
mod process;
mod project;
mod serve;
mod setup;
mod size;
mod stage;
mod wasm_module;

use std::process::ExitCode;

use anyhow::Result;

use crate::command::Command;
use crate::project::Project;

fn main() -> ExitCode {
    let command = match Command::parse(std::env::args_os().skip(1)) {
        Ok(command) => command,
        Err(error) => {
            eprintln!("{error}\n\n{}", command::USAGE);
            return ExitCode::from(2);
        }
    };
    match run(command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    if let Command::Help = command {
        println!("{}", command::USAGE);
        return Ok(ExitCode::SUCCESS);
    }
    let project = Project::find()?;
    match command {
        Command::Help => {}
        Command::Setup { pieces } => setup::run(&project, &pieces)?,
        Command::Serve { port } => serve::run(&project, port)?,
        Command::Test { stages } => return stage::run(&project, &stages),
        Command::Conformance { folder, through } => {
            conformance::run(&project, &folder, through)?;
        }
        Command::Bench { group, json } => bench::run(&project, group, json.as_deref())?,
        Command::Dataset { file } => dataset::run(&project, &file)?,
        Command::Pack => {
            pack::run(&project)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
