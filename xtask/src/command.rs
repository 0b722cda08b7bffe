//! What the command line asks for.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::{Arg, Error, Parser, ValueExt};

use crate::bench::Group;
use crate::conformance::Through;
use crate::serve::Port;
use crate::setup::Piece;
use crate::stage::Stage;

pub const USAGE: &str = "\
The commands of the project. Each one sets up what it needs by itself.

  cargo xtask serve [--port N]                        build the app and serve it
  cargo xtask test [STAGE...]                         run every check and test, or only these stages:
                                                      format lint native browser package e2e docs
  cargo xtask conformance FOLDER [--through native]   run recorded scenarios against the engine,
                                                      or --through wasm: in Node, npm: the package
                                                      in Node, browser: the package in Chromium
  cargo xtask bench GROUP [--json FILE]               measure; groups: first-light engine storage
                                                      npm
  cargo xtask dataset FILE                            write a board of 10,000 tasks as a bundle
  cargo xtask pack                                    build the npm package into pkg/ and a tarball
  cargo xtask setup [PIECE...]                        only the set-up; pieces: wasm-target wasm-bindgen
                                                      trunk wasm-opt node-packages chromium wasm-pack
  cargo xtask help                                    this text";

/// One command with its arguments.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    Help,
    Setup { pieces: Vec<Piece> },
    Serve { port: Port },
    Test { stages: Vec<Stage> },
    Conformance { folder: PathBuf, through: Through },
    Bench { group: Group, json: Option<PathBuf> },
    Dataset { file: PathBuf },
    Pack,
}

impl Command {
    /// Reads the arguments after the program's name.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, Error> {
        let mut parser = Parser::from_args(arguments);
        let name = match parser.next()? {
            None | Some(Arg::Short('h') | Arg::Long("help")) => return Ok(Self::Help),
            Some(Arg::Value(name)) => name.string()?,
            Some(other) => return Err(other.unexpected()),
        };
        match name.as_str() {
            "help" => nothing_more(parser, Self::Help),
            "pack" => nothing_more(parser, Self::Pack),
            "setup" => Ok(Self::Setup { pieces: names(parser, Piece::named)? }),
            "test" => Ok(Self::Test { stages: names(parser, Stage::named)? }),
            "serve" => serve(parser),
            "conformance" => conformance(parser),
            "bench" => bench(parser),
            "dataset" => dataset(parser),
            unknown => Err(format!("unknown command {unknown:?}").into()),
        }
    }
}

fn nothing_more(mut parser: Parser, command: Command) -> Result<Command, Error> {
    match parser.next()? {
        None => Ok(command),
        Some(argument) => Err(argument.unexpected()),
    }
}

fn names<T>(mut parser: Parser, named: fn(&str) -> Option<T>) -> Result<Vec<T>, Error> {
    let mut found = Vec::new();
    while let Some(argument) = parser.next()? {
        let Arg::Value(value) = argument else { return Err(argument.unexpected()) };
        let name = value.string()?;
        found.push(named(&name).ok_or_else(|| Error::from(format!("unknown name {name:?}")))?);
    }
    Ok(found)
}

fn serve(mut parser: Parser) -> Result<Command, Error> {
    let mut port = Port::Usual;
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("port") | Arg::Short('p') => port = Port::Exactly(parser.value()?.parse()?),
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Command::Serve { port })
}

fn conformance(mut parser: Parser) -> Result<Command, Error> {
    let mut folder = None;
    let mut through = Through::Native;
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("through") => {
                let name = parser.value()?.string()?;
                through = Through::named(&name)
                    .ok_or_else(|| Error::from(format!("unknown way {name:?}")))?;
            }
            Arg::Value(path) if folder.is_none() => folder = Some(PathBuf::from(path)),
            _ => return Err(argument.unexpected()),
        }
    }
    let folder = folder.ok_or("which folder of scenarios?")?;
    Ok(Command::Conformance { folder, through })
}

fn bench(mut parser: Parser) -> Result<Command, Error> {
    let mut group = None;
    let mut json = None;
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("json") => json = Some(PathBuf::from(parser.value()?)),
            Arg::Value(value) if group.is_none() => {
                let name = value.string()?;
                let known = Group::named(&name);
                group = Some(known.ok_or_else(|| Error::from(format!("unknown group {name:?}")))?);
            }
            _ => return Err(argument.unexpected()),
        }
    }
    let group = group.ok_or("which group of measures?")?;
    Ok(Command::Bench { group, json })
}

fn dataset(mut parser: Parser) -> Result<Command, Error> {
    let file = PathBuf::from(parser.value()?);
    nothing_more(parser, Command::Dataset { file })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command, String> {
        Command::parse(line.split_whitespace().map(OsString::from))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn no_argument_shows_the_help() {
        assert_eq!(parse(""), Ok(Command::Help));
        assert_eq!(parse("--help"), Ok(Command::Help));
    }

    #[test]
    fn serve_takes_a_port() {
        assert_eq!(parse("serve"), Ok(Command::Serve { port: Port::Usual }));
        assert_eq!(parse("serve --port 99"), Ok(Command::Serve { port: Port::Exactly(99) }));
        assert!(parse("serve --port 99999").is_err());
        assert!(parse("serve 99").is_err());
    }

    #[test]
    fn test_takes_stages_in_any_number() {
        assert_eq!(parse("test"), Ok(Command::Test { stages: vec![] }));
        let stages = vec![Stage::Lint, Stage::EndToEnd];
        assert_eq!(parse("test lint e2e"), Ok(Command::Test { stages }));
        assert_eq!(parse("test lnt"), Err("unknown name \"lnt\"".into()));
    }

    #[test]
    fn conformance_needs_one_folder() {
        let folder = PathBuf::from("cases");
        let wanted = Command::Conformance { folder, through: Through::Native };
        assert_eq!(parse("conformance cases --through native").as_ref(), Ok(&wanted));
        assert_eq!(parse("conformance cases"), Ok(wanted));
        let folder = PathBuf::from("cases");
        let wanted = Command::Conformance { folder, through: Through::Wasm };
        assert_eq!(parse("conformance --through wasm cases"), Ok(wanted));
        for (name, through) in [("npm", Through::Npm), ("browser", Through::Browser)] {
            let folder = PathBuf::from("cases");
            let wanted = Command::Conformance { folder, through };
            assert_eq!(parse(&format!("conformance cases --through {name}")), Ok(wanted));
        }
        assert!(parse("conformance").is_err());
        assert!(parse("conformance one two").is_err());
        assert!(parse("conformance cases --through magic").is_err());
    }

    #[test]
    fn bench_takes_a_group_and_a_file() {
        let json = Some(PathBuf::from("out.json"));
        let wanted = Command::Bench { group: Group::FirstLight, json };
        assert_eq!(parse("bench first-light --json out.json"), Ok(wanted));
        let wanted = Command::Bench { group: Group::Engine, json: None };
        assert_eq!(parse("bench engine"), Ok(wanted));
        assert!(parse("bench").is_err());
    }

    #[test]
    fn dataset_takes_one_file() {
        let wanted = Command::Dataset { file: PathBuf::from("board.json") };
        assert_eq!(parse("dataset board.json"), Ok(wanted));
        assert!(parse("dataset").is_err());
        assert!(parse("dataset one two").is_err());
    }

    #[test]
    fn every_name_of_the_help_is_known() {
        for stage in Stage::ALL {
            assert!(USAGE.contains(stage.name()), "{}", stage.name());
        }
        for piece in Piece::ALL {
            assert!(USAGE.contains(piece.name()), "{}", piece.name());
        }
    }

    #[test]
    fn unknown_commands_are_refused() {
        assert_eq!(parse("sevre"), Err("unknown command \"sevre\"".into()));
        assert!(parse("pack now").is_err());
    }
}
