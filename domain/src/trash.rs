//! The trash: deleted tasks, with everything that was deleted with them, kept for
//! a while so that a deletion can be taken back.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::actor::ActorIdentity;
use crate::dependency::Dependency;
use crate::error::Result;
use crate::id::TaskId;
use crate::rule::require_text;
use crate::store::Record;
use crate::task::Task;
use crate::time::{Duration, Timestamp};

/// How long a deleted task can be brought back.
pub const TRASH_RETENTION: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A deleted task. There is at most one for each id: where an id was given out
/// again and that task deleted too, the later one replaces the earlier one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrashedTask {
    /// The task.
    pub task_id: TaskId,
    /// When it was deleted.
    pub deleted_at: Timestamp,
    /// Who deleted it.
    pub deleted_by: ActorIdentity,
    /// The records that went with it, as they were: the task, its edges in both
    /// directions, runs, idempotency keys, reviews, review state, profile, triage,
    /// snoozes and events.
    pub records: Vec<Record>,
}

impl TrashedTask {
    /// The task as it was.
    pub fn task(&self) -> Option<&Arc<Task>> {
        self.records.iter().find_map(|record| match record {
            Record::Task(task) => Some(task),
            _ => None,
        })
    }

    /// The first instant at which it is too late to bring it back.
    pub fn kept_until(&self) -> Timestamp {
        self.deleted_at + TRASH_RETENTION
    }

    /// Checks that the record is about somebody's deletion of some task.
    ///
    /// # Errors
    ///
    /// `validation` at the first field at fault, under `task_trash`.
    pub fn validate(&self) -> Result<()> {
        require_text(self.task_id.as_str(), "task_trash", "task_id")?;
        self.deleted_by.validate("task_trash.deleted_by")
    }
}

/// A task that is back.
#[derive(Debug, Clone, PartialEq)]
pub struct Restored {
    /// The task, its status derived anew.
    pub task: Arc<Task>,
    /// The edges that could not come back.
    pub lost: Vec<LostEdge>,
}

/// An edge of a deleted task that could not come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostEdge {
    /// The edge as it was.
    pub edge: Arc<Dependency>,
    /// Why it could not.
    pub why: EdgeLoss,
}

/// Why an edge could not come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EdgeLoss {
    /// The task at its other end is gone.
    EndGone,
    /// It would close a loop with edges that were added meanwhile.
    ClosesLoop,
    /// The task that waits waits for as many others already as it may.
    NoRoom,
}
