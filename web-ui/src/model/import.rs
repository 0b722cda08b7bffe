//! Bringing in tasks from elsewhere: pure functions from a file's text to a plan
//! and a report that says, line by line, what becomes of it.
//!
//! Nothing here writes. The plan is judged and carried out by the engine
//! ([`taskloom_domain::import`]); a refusal of the engine finds its way back to
//! its line with [`Mapping::take_problems`].

pub mod beads;
mod counts;
mod report;
mod source;
mod table;

pub use counts::{Counts, Skipping};
pub use report::{LineReport, Mapping, Note, Outcome, Reference, Refusal, Skip};
pub use source::{
    FileFault, MAX_FILE_BYTES, MAX_LINES_BYTES, check_lines_size, check_size, check_text,
    imported_tasks,
};
pub use table::{Detail, Geometry, LineTable, Row, Shown, Tone};

use std::collections::{BTreeMap, BTreeSet};

use taskloom_domain::Timestamp;
use taskloom_domain::id::TaskId;

/// What a mapping depends on beside the file.
#[derive(Debug, Clone)]
pub struct Context {
    /// The time of the import.
    pub now: Timestamp,
    /// The tasks of the board that came from the same format, by source id.
    pub existing: BTreeMap<String, TaskId>,
    /// What the person decided after a first look.
    pub choices: Choices,
}

/// What a person decides between the dry run and the import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    /// Lines to leave out, by number.
    pub excluded_lines: BTreeSet<usize>,
    /// Edges to leave out: the waiting record and its blocker, by source id.
    pub dropped_edges: BTreeSet<(String, String)>,
}
