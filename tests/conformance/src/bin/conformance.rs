//! `conformance DIR... [--host HOST SERVED]`: plays every scenario of the folders
//! against the engine, natively or in a host, prints each failing one with its first
//! difference, and ends with the counts.

#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    use std::process::ExitCode;

    match play::run(std::env::args_os().skip(1)) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod play {
    use std::ffi::OsString;
    use std::path::Path;

    use taskloom_conformance::native::NativeEngine;
    use taskloom_conformance::node::{Host, NodeEngine};
    use taskloom_conformance::scenario::{self, ScenarioFile};
    use taskloom_conformance::{engine::Engine, runner};

    const USAGE: &str = "usage: conformance DIR... [--host wasm|npm|browser SERVED]";

    /// Answers how many scenarios failed.
    pub(super) fn run(mut arguments: impl Iterator<Item = OsString>) -> Result<usize, String> {
        let mut folders = Vec::new();
        let mut node = None;
        while let Some(argument) = arguments.next() {
            if argument != "--host" {
                folders.push(argument);
                continue;
            }
            let host = arguments.next().and_then(|name| Host::named(name.to_str()?));
            let (Some(host), Some(served)) = (host, arguments.next()) else {
                return Err(USAGE.into());
            };
            node = Some(NodeEngine::start(host, Path::new(&served))?);
        }
        if folders.is_empty() {
            return Err(USAGE.into());
        }
        let (mut passed, mut failed) = (0, 0);
        for folder in folders {
            for path in scenario::files_of(Path::new(&folder))? {
                match scenario::read(&path).and_then(|file| play(&file, node.as_mut())) {
                    Ok(()) => passed += 1,
                    Err(message) => {
                        failed += 1;
                        let name = path.file_stem().unwrap_or_default().to_string_lossy();
                        println!("FAILED {name}: {message}");
                    }
                }
            }
        }
        println!("{passed} passed, {failed} failed");
        Ok(failed)
    }

    fn play(file: &ScenarioFile, node: Option<&mut NodeEngine>) -> Result<(), String> {
        let options = &file.scenario.options;
        let mut native;
        let engine: &mut dyn Engine = match node {
            Some(node) => {
                node.renew(options)?;
                node
            }
            None => {
                native = NativeEngine::new(options)?;
                &mut native
            }
        };
        match runner::run(file, engine) {
            None => Ok(()),
            Some(difference) => Err(difference.to_string()),
        }
    }
}
