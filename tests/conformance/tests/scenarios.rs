//! Every recorded scenario passes: our own fixtures always, and the reference's
//! where they lie beside the repository.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::path::{Path, PathBuf};

use serde_json::json;
use taskloom_conformance::native::NativeEngine;
use taskloom_conformance::scenario::ScenarioFile;
use taskloom_conformance::{runner, scenario};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn difference(file: &ScenarioFile) -> Option<String> {
    let mut engine = NativeEngine::new(&file.scenario.options).unwrap();
    runner::run(file, &mut engine).map(|difference| difference.to_string())
}

/// Plays a folder; answers how many scenarios passed.
fn play(folder: &Path) -> usize {
    let files = scenario::files_of(folder).unwrap();
    let failures: Vec<String> = files
        .iter()
        .filter_map(|path| {
            let file = scenario::read(path).unwrap();
            difference(&file).map(|what| format!("{}: {what}", file.scenario.name))
        })
        .collect();
    assert!(failures.is_empty(), "{} scenarios fail:\n{}", failures.len(), failures.join("\n"));
    files.len()
}

/// The reference's scenarios, if they are there.
fn reference_scenarios(folder: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(folder);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {} is not there; our own fixtures were played", folder.display());
    None
}

#[test]
fn our_own_scenarios_pass() {
    assert!(play(&fixtures()) >= 2);
}

#[test]
fn the_reference_scenarios_pass() {
    if let Some(folder) = reference_scenarios("conformance") {
        assert!(play(&folder) > 0);
    }
}

#[test]
fn the_corrected_scenarios_pass() {
    if let Some(folder) = reference_scenarios("conformance/corrected") {
        assert!(play(&folder) > 0);
    }
}

#[test]
fn a_wrong_answer_is_named_by_its_step() {
    let mut file = scenario::read(&fixtures().join("worker_finishes_a_blocker.json")).unwrap();
    file.trace.steps[0]["ok"]["title"] = json!("Something else");
    assert_eq!(
        difference(&file).unwrap(),
        "step 1 (create_task): .ok.title: \"Design\" instead of \"Something else\""
    );
}

#[test]
fn a_wrong_state_is_found_at_the_end() {
    let mut file = scenario::read(&fixtures().join("worker_finishes_a_blocker.json")).unwrap();
    file.trace.last["tasks"][0]["status"] = json!("failed");
    assert!(difference(&file).unwrap().starts_with("final: .tasks[0].status"));
}
