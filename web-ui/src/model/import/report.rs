//! The dry run's report: what becomes of each line, and why.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};
use taskloom_domain::id::TaskId;
use taskloom_domain::import::{ImportPlan, ImportProblem, ImportTask};
use taskloom_domain::json::MAX_METADATA_BYTES;
use taskloom_domain::{ErrorKind, RawJson, TaskError};

use crate::model::phrase;

/// A file's plan and the report on its lines.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mapping {
    /// What the engine is asked to create.
    pub plan: ImportPlan,
    /// One report for every line that is not blank, in order.
    pub lines: Vec<LineReport>,
}

/// What becomes of one line.
#[derive(Debug, Clone, PartialEq)]
pub struct LineReport {
    /// The line's number, counted from 1.
    pub line: usize,
    /// The source id, or the empty string where the line has none.
    pub id: String,
    /// The title, or the empty string where the line has none.
    pub title: String,
    /// How the line ends.
    pub outcome: Outcome,
    /// What else a person should know.
    pub notes: Vec<Note>,
}

/// How a line ends.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It becomes a task without a parent.
    Task,
    /// It becomes a child of another task, named by its source id.
    Child(String),
    /// It is left out, as it should be.
    Skipped(Skip),
    /// It cannot be brought in.
    Refused(Refusal),
}

/// Why a line is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Skip {
    /// The record was deleted in its source.
    Tombstone,
    /// The line holds a note of the tool, not a task.
    Memory,
    /// The board has the task already.
    AlreadyImported(TaskId),
    /// The person left it out.
    Excluded,
}

/// Why a line cannot be brought in.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    /// The line is not JSON; the parser's words.
    NotJson(String),
    /// The line is JSON, but not an object.
    NotAnObject,
    /// The object is of an unknown type.
    UnknownType(String),
    /// There is no title.
    TitleMissing,
    /// An earlier line has the same id.
    DuplicateId(usize),
    /// The blockers of these ids form a loop, each waiting for the next and the
    /// last for the first.
    Loop(Vec<String>),
    /// The metadata has so many bytes, too many; its largest fields.
    MetadataTooLarge(usize, Vec<(String, usize)>),
    /// The engine refuses the task for another reason.
    Engine(Box<TaskError>),
}

/// What a record refers to another one as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reference {
    /// A task that has to be done first.
    Blocker,
    /// The task that this one is a part of.
    Parent,
    /// A relation that the board does not know; kept as a source field.
    Other,
}

impl Reference {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Blocker, Self::Parent, Self::Other];

    /// What people call it.
    pub const fn text(self) -> &'static str {
        match self {
            Reference::Blocker => "blocker",
            Reference::Parent => "parent",
            Reference::Other => "related issue",
        }
    }
}

/// A change of meaning, or something that could not be carried over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Note {
    /// A reference to what neither the file nor the board has.
    UnknownReference(Reference, String),
    /// A blocker or parent whose line is not brought in.
    LeftOutReference(Reference, String),
    /// A task has one parent; this further one is kept as a source field.
    FurtherParent(String),
    /// An edge that closes a loop and was dropped.
    DroppedEdge(String),
    /// A status that cannot be stored, and what became of it.
    StatusChanged(String, &'static str),
    /// A value that could not be read; its field.
    Unreadable(&'static str),
    /// Fields without a place of their own, kept in the metadata.
    KeptFields(usize),
}

impl Note {
    /// Whether something was lost or changed in a way that a person may want to
    /// look at; the rest is for the record.
    pub const fn is_warning(&self) -> bool {
        !matches!(self, Note::StatusChanged(..) | Note::KeptFields(_))
    }
}

impl Mapping {
    /// Attaches the engine's refusals to their lines. A line keeps its first.
    pub fn take_problems(&mut self, problems: Vec<ImportProblem>) {
        let tasks: BTreeMap<&str, &ImportTask> =
            self.plan.tasks.iter().map(|task| (task.key.as_str(), task)).collect();
        let places: BTreeMap<String, usize> = self
            .lines
            .iter()
            .enumerate()
            .filter(|(_, line)| matches!(line.outcome, Outcome::Task | Outcome::Child(_)))
            .map(|(place, line)| (line.key(), place))
            .collect();
        for problem in problems {
            let Some(line) = places.get(&problem.key).and_then(|place| self.lines.get_mut(*place))
            else {
                continue;
            };
            if !matches!(line.outcome, Outcome::Refused(_)) {
                let task = tasks.get(problem.key.as_str()).copied();
                line.outcome = Outcome::Refused(Refusal::of(problem, task));
            }
        }
    }

    /// The lines that cannot be brought in.
    pub fn refused_lines(&self) -> impl Iterator<Item = &LineReport> {
        self.lines.iter().filter(|line| matches!(line.outcome, Outcome::Refused(_)))
    }
}

impl Refusal {
    fn of(problem: ImportProblem, task: Option<&ImportTask>) -> Self {
        let metadata = task.and_then(|task| task.task.metadata.as_ref());
        match (problem.error.kind(), metadata) {
            (ErrorKind::CycleDetected, _) => Refusal::Loop(problem.related),
            (ErrorKind::PayloadTooLarge, Some(metadata)) => {
                Refusal::MetadataTooLarge(metadata.as_str().len(), largest_fields(metadata))
            }
            _ => Refusal::Engine(Box::new(problem.error)),
        }
    }

    /// The edges of a loop: who waits, and for whom.
    pub fn loop_edges(&self) -> Vec<(&str, &str)> {
        let Refusal::Loop(ids) = self else { return vec![] };
        let next = ids.iter().cycle().skip(1);
        ids.iter().map(String::as_str).zip(next.map(String::as_str)).collect()
    }
}

/// The largest fields of a document, largest first; those of the source beside
/// the others.
fn largest_fields(metadata: &RawJson) -> Vec<(String, usize)> {
    const SHOWN: usize = 3;
    let value = metadata.to_value().unwrap_or_default();
    let kept = value.pointer("/source/fields").and_then(Value::as_object);
    let own = value.as_object().map(|own| own.iter().filter(|(key, _)| *key != "source"));
    let mut sizes: Vec<(String, usize)> = kept
        .into_iter()
        .flat_map(Map::iter)
        .chain(own.into_iter().flatten())
        .map(|(key, value)| (key.clone(), value.to_string().len()))
        .collect();
    sizes.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    sizes.truncate(SHOWN);
    sizes
}

impl LineReport {
    /// Whether the line is refused or has a warning.
    pub fn is_problem(&self) -> bool {
        matches!(self.outcome, Outcome::Refused(_)) || self.notes.iter().any(Note::is_warning)
    }

    /// The name of the line within the plan.
    pub fn key(&self) -> String {
        key_of(&self.id, self.line)
    }
}

/// The name of a record within the plan: its id, or its line where it has none.
pub(super) fn key_of(id: &str, line: usize) -> String {
    if id.is_empty() { format!("line {line}") } else { id.to_owned() }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Task => f.write_str("task"),
            Outcome::Child(parent) => write!(f, "child of {parent}"),
            Outcome::Skipped(skip) => write!(f, "skipped: {skip}"),
            Outcome::Refused(refusal) => write!(f, "cannot be imported: {refusal}"),
        }
    }
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Skip::Tombstone => f.write_str("deleted in its source"),
            Skip::Memory => f.write_str("a note of the tool, not a task"),
            Skip::AlreadyImported(id) => write!(f, "already on the board as {id}"),
            Skip::Excluded => f.write_str("left out by you"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::NotJson(why) => write!(f, "not JSON ({why})"),
            Refusal::NotAnObject => f.write_str("not a JSON object"),
            Refusal::UnknownType(name) => write!(f, "unknown record type {name:?}"),
            Refusal::TitleMissing => f.write_str("title is missing"),
            Refusal::DuplicateId(line) => write!(f, "same id as line {line}"),
            Refusal::Loop(_) => {
                let edges = self.loop_edges();
                let needs: Vec<String> =
                    edges.iter().map(|(task, blocker)| format!("{task} needs {blocker}")).collect();
                write!(f, "the blockers form a loop: {}", needs.join(", "))
            }
            Refusal::MetadataTooLarge(bytes, largest) => {
                write!(f, "the metadata has {bytes} bytes, {MAX_METADATA_BYTES} are allowed")?;
                let fields: Vec<String> =
                    largest.iter().map(|(key, bytes)| format!("{key} ({bytes})")).collect();
                if fields.is_empty() {
                    return Ok(());
                }
                write!(f, "; largest: {}", fields.join(", "))
            }
            Refusal::Engine(error) => {
                let text =
                    if error.detail().is_empty() { error.kind().text() } else { error.detail() };
                f.write_str(text)
            }
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::UnknownReference(kind, id) => {
                write!(f, "{} {id} is not in the file", kind.text())
            }
            Note::LeftOutReference(kind, id) => {
                write!(f, "{} {id} is not imported", kind.text())
            }
            Note::FurtherParent(id) => write!(f, "second parent {id} kept as a source field"),
            Note::DroppedEdge(id) => write!(f, "does not wait for {id}: left out by you"),
            Note::StatusChanged(from, to) => write!(f, "{from} becomes {to}"),
            Note::Unreadable(field) => {
                write!(f, "{field} cannot be read, kept as a source field")
            }
            Note::KeptFields(count) => {
                write!(f, "{} kept", phrase::count(*count, "further field"))
            }
        }
    }
}
