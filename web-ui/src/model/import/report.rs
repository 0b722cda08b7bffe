//! The dry run's report: what becomes of each line, and why.

use std::collections::BTreeMap;
use std::fmt;

use taskloom_domain::TaskError;
use taskloom_domain::id::TaskId;
use taskloom_domain::import::{ImportPlan, ImportProblem};

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
    /// The engine refuses the task; the ids of a loop, if there is one.
    Engine(Box<TaskError>, Vec<String>),
}

/// A change of meaning, or something that could not be carried over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Note {
    /// A blocker or parent that neither the file nor the board has.
    UnknownReference(String),
    /// A blocker or parent whose line is not brought in.
    LeftOutReference(String),
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

/// How many lines end how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Lines that are not blank.
    pub lines: usize,
    /// Tasks without a parent.
    pub tasks: usize,
    /// Children.
    pub children: usize,
    /// Lines left out.
    pub skipped: usize,
    /// Lines that cannot be brought in.
    pub refused: usize,
    /// Dependency edges of the plan.
    pub edges: usize,
    /// References that lead nowhere.
    pub unknown_references: usize,
}

impl Mapping {
    /// How many lines end how.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts {
            lines: self.lines.len(),
            edges: self.plan.tasks.iter().map(|task| task.blockers.len()).sum(),
            ..Counts::default()
        };
        for line in &self.lines {
            match line.outcome {
                Outcome::Task => counts.tasks += 1,
                Outcome::Child(_) => counts.children += 1,
                Outcome::Skipped(_) => counts.skipped += 1,
                Outcome::Refused(_) => counts.refused += 1,
            }
            let unknown = |note: &&Note| matches!(note, Note::UnknownReference(_));
            counts.unknown_references += line.notes.iter().filter(unknown).count();
        }
        counts
    }

    /// Attaches the engine's refusals to their lines. A line keeps its first.
    pub fn take_problems(&mut self, problems: Vec<ImportProblem>) {
        let places: BTreeMap<String, usize> = self
            .lines
            .iter()
            .enumerate()
            .filter(|(_, line)| matches!(line.outcome, Outcome::Task | Outcome::Child(_)))
            .map(|(place, line)| (line.key(), place))
            .collect();
        for problem in problems {
            if let Some(line) =
                places.get(&problem.key).and_then(|place| self.lines.get_mut(*place))
                && !matches!(line.outcome, Outcome::Refused(_))
            {
                line.outcome =
                    Outcome::Refused(Refusal::Engine(Box::new(problem.error), problem.related));
            }
        }
    }

    /// The lines that cannot be brought in.
    pub fn refused_lines(&self) -> impl Iterator<Item = &LineReport> {
        self.lines.iter().filter(|line| matches!(line.outcome, Outcome::Refused(_)))
    }
}

impl LineReport {
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
            Refusal::Engine(error, related) if related.is_empty() => {
                let text =
                    if error.detail().is_empty() { error.kind().text() } else { error.detail() };
                f.write_str(text)
            }
            Refusal::Engine(_, related) => {
                write!(f, "blockers form a loop: {}", related.join(" needs "))?;
                related.first().map_or(Ok(()), |first| write!(f, " needs {first}"))
            }
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::UnknownReference(id) => write!(f, "{id} is not in the file: reference dropped"),
            Note::LeftOutReference(id) => write!(f, "{id} is not imported: reference dropped"),
            Note::FurtherParent(id) => {
                write!(f, "a task has one parent: {id} kept as a source field")
            }
            Note::DroppedEdge(id) => write!(f, "no longer needs {id}: the edge closed a loop"),
            Note::StatusChanged(from, to) => write!(f, "{from} becomes {to}"),
            Note::Unreadable(field) => {
                write!(f, "{field} could not be read: kept as a source field")
            }
            Note::KeptFields(count) => write!(f, "{count} fields kept in the metadata"),
        }
    }
}
