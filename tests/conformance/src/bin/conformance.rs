//! `conformance DIR`: plays every scenario of a folder against the engine,
//! prints each failing one with its first difference, and ends with the counts.

use std::path::Path;
use std::process::ExitCode;

use taskloom_conformance::native::NativeEngine;
use taskloom_conformance::{runner, scenario};

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("usage: conformance DIR");
        return ExitCode::from(2);
    };
    let files = match scenario::files_of(Path::new(&folder)) {
        Ok(files) => files,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    let (mut passed, mut failed) = (0, 0);
    for path in files {
        let outcome = scenario::read(&path).and_then(|file| {
            let mut engine = NativeEngine::new(&file.scenario.options)?;
            match runner::run(&file, &mut engine) {
                None => Ok(()),
                Some(difference) => Err(difference.to_string()),
            }
        });
        match outcome {
            Ok(()) => passed += 1,
            Err(message) => {
                failed += 1;
                let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                println!("FAILED {name}: {message}");
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
