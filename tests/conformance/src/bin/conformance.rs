//! `conformance DIR [MODULE]`: plays every scenario of a folder against the
//! engine, natively or as a WebAssembly module in Node, prints each failing one
//! with its first difference, and ends with the counts.

#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    use std::process::ExitCode;

    let mut arguments = std::env::args_os().skip(1);
    let Some(folder) = arguments.next() else {
        eprintln!("usage: conformance DIR [MODULE]");
        return ExitCode::from(2);
    };
    match play::folder(folder.as_ref(), arguments.next().as_deref().map(AsRef::as_ref)) {
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
    use std::path::Path;

    use taskloom_conformance::native::NativeEngine;
    use taskloom_conformance::node::NodeEngine;
    use taskloom_conformance::scenario::{self, ScenarioFile};
    use taskloom_conformance::{engine::Engine, runner};

    /// Answers how many scenarios failed.
    pub(super) fn folder(folder: &Path, module: Option<&Path>) -> Result<usize, String> {
        let mut node = module.map(NodeEngine::start).transpose()?;
        let (mut passed, mut failed) = (0, 0);
        for path in scenario::files_of(folder)? {
            match scenario::read(&path).and_then(|file| play(&file, node.as_mut())) {
                Ok(()) => passed += 1,
                Err(message) => {
                    failed += 1;
                    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                    println!("FAILED {name}: {message}");
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
