//! Bulk import: tasks with their tree and their edges, brought in as one unit.
//!
//! What comes from elsewhere has a past that the engine's operations cannot
//! replay: tasks that are done, with the times at which that happened. A plan
//! says what to create; [`crate::manager::Manager::import_problems`] judges it
//! without writing, and [`crate::manager::Manager::import_tasks`] writes all of
//! it or nothing. [`crate::manager::Manager::remove_imported`] takes it back, as far
//! as nobody built on it.

mod loops;

use crate::error::TaskError;
use crate::id::{Sequence, TaskId};
use crate::task::{CreateTask, Status};
use crate::time::Timestamp;

pub(crate) use loops::find_loops;

/// What to bring in, in the order of the source.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImportPlan {
    /// The tasks.
    pub tasks: Vec<ImportTask>,
}

/// One task to bring in.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportTask {
    /// The name of the task within the plan; problems are reported under it.
    pub key: String,
    /// What to create. Its parent is named by `parent` instead.
    pub task: CreateTask,
    /// The task that this one is a part of.
    pub parent: Option<ImportTarget>,
    /// The tasks that this one waits for.
    pub blockers: Vec<ImportTarget>,
    /// Where the task stood in its source.
    pub status: ImportStatus,
    /// When it was created; now, where the source does not say.
    pub created_at: Option<Timestamp>,
    /// When it was last changed; `created_at`, where the source does not say.
    pub updated_at: Option<Timestamp>,
    /// When it ended; `updated_at`, where the source does not say. Ignored for
    /// tasks that have not ended.
    pub closed_at: Option<Timestamp>,
}

/// A task that an imported task refers to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ImportTarget {
    /// Another task of the plan, by its key.
    Planned(String),
    /// A task that the board already has.
    Existing(TaskId),
}

/// The statuses that an import may store. Everything else is derived: a ready
/// task with an open blocker is blocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ImportStatus {
    /// Not yet published.
    Draft,
    /// To be done.
    Ready,
    /// Done.
    Completed,
    /// Given up after its attempts.
    Failed,
    /// Called off.
    Canceled,
}

impl ImportStatus {
    /// The task status that is stored before anything is derived.
    pub const fn stored(self) -> Status {
        match self {
            ImportStatus::Draft => Status::Draft,
            ImportStatus::Ready => Status::Ready,
            ImportStatus::Completed => Status::Completed,
            ImportStatus::Failed => Status::Failed,
            ImportStatus::Canceled => Status::Canceled,
        }
    }

    /// Whether the task has ended.
    pub const fn is_terminal(self) -> bool {
        matches!(self, ImportStatus::Completed | ImportStatus::Failed | ImportStatus::Canceled)
    }
}

/// Why a task of a plan cannot be brought in.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportProblem {
    /// The task's key.
    pub key: String,
    /// What is wrong.
    pub error: TaskError,
    /// The other tasks of the plan that show why: the loop of a cycle, each
    /// waiting for the next.
    pub related: Vec<String>,
}

/// What an import created.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// The id that each key of the plan got, in the order of the plan.
    pub created: Vec<(String, TaskId)>,
    /// The number of the import's last event: what comes after it was done by
    /// somebody since.
    pub last_event: Sequence,
}

/// What taking an import back did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removed {
    /// The tasks that are gone.
    pub removed: Vec<TaskId>,
    /// The tasks that stayed: somebody did something with them since, or what
    /// stayed rests on them.
    pub stayed: Vec<TaskId>,
}
