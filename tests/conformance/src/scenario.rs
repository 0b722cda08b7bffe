//! Scenario files: options, calls, and the recorded trace.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One file: a scenario and its recorded trace.
#[derive(Debug, Deserialize)]
pub struct ScenarioFile {
    /// What to do.
    pub scenario: Scenario,
    /// What was answered.
    pub trace: Trace,
}

/// A list of calls and their surroundings.
#[derive(Debug, Deserialize)]
pub struct Scenario {
    /// The scenario's name.
    pub name: String,
    /// The surroundings of the engine.
    pub options: Options,
    /// The calls, in order.
    pub steps: Vec<Step>,
}

/// The surroundings of the engine under test.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Options {
    /// The clock's first value.
    pub start: String,
    /// The workspaces that exist.
    #[serde(default)]
    pub workspaces: Vec<String>,
    /// The only channel names that pass, if any are given.
    pub known_channels: Option<Vec<String>>,
    /// Who may force, and how often.
    pub force: Option<Value>,
    /// What execution profiles may say.
    pub profile: Option<Value>,
    /// The session catalogue that inspection reads; absent means there is none.
    pub sessions: Option<Vec<Value>>,
    /// Every session start fails.
    #[serde(default)]
    pub session_start_fails: bool,
    /// There is no session executor.
    #[serde(default)]
    pub no_session_executor: bool,
}

/// One call.
#[derive(Debug, Deserialize)]
pub struct Step {
    /// The operation, in snake case.
    pub op: String,
    /// The request's fields, flat, beside the positional ids.
    #[serde(default)]
    pub args: Map<String, Value>,
    /// Who calls.
    pub actor: Option<Actor>,
    /// The name under which a successful result is kept.
    pub save: Option<String>,
    /// How far the clock moves before the call.
    #[serde(default)]
    pub advance_ms: i64,
}

/// The acting identity of a call.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Actor {
    /// The actor kind; it also picks the actor context.
    pub kind: String,
    /// The actor's ref; blank if absent.
    #[serde(rename = "ref", default)]
    pub reference: String,
    /// The origin kind.
    pub origin: Option<String>,
    /// The origin's ref, where it is not the actor's.
    pub origin_ref: Option<String>,
    /// Replaces the full authority.
    pub authority: Option<Value>,
}

/// What a reference implementation answered.
#[derive(Debug, Deserialize)]
pub struct Trace {
    /// One answer a step: `{"op", "ok"}` or `{"op", "err"}`.
    pub steps: Vec<Value>,
    /// The state at the end.
    #[serde(rename = "final")]
    pub last: Value,
}

/// The scenario files of a folder (not of its subfolders), by name.
///
/// # Errors
///
/// A text that names the folder if it cannot be read.
pub fn files_of(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    Ok(files)
}

/// Reads one scenario file.
///
/// # Errors
///
/// A text that names the file and what is wrong with it.
pub fn read(path: &Path) -> Result<ScenarioFile, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}
