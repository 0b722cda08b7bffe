//! Plays the corpus of every fuzz target, so that what a fuzzer found stays
//! found where no fuzzer runs.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};

use taskloom_properties::hostile::TARGETS;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus")
}

#[test]
fn no_input_of_the_corpus_panics() {
    for (target, play) in TARGETS {
        let mut inputs: Vec<PathBuf> =
            fs::read_dir(corpus().join(target)).unwrap().map(|file| file.unwrap().path()).collect();
        inputs.sort();
        assert!(inputs.len() >= 3, "{target} has a corpus");
        for input in inputs {
            println!("{}", input.display());
            play(&fs::read(&input).unwrap());
        }
    }
}

#[test]
fn every_corpus_has_its_target() {
    for folder in fs::read_dir(corpus()).unwrap() {
        let name = folder.unwrap().file_name();
        assert!(TARGETS.iter().any(|(target, _)| *target == name), "{name:?} is no target");
    }
}
