//! Dependency edges: one task waits for another.

use serde::{Deserialize, Serialize};

use crate::enumeration::{Given, enumeration};
use crate::error::{Result, TaskError};
use crate::id::TaskId;
use crate::rule::require_text;
use crate::time::Timestamp;

enumeration! {
    /// What an edge means.
    pub enum DependencyKind: plain {
        /// The task is blocked until the other one is completed.
        Blocks = "blocks",
    }
}

/// The base path of the checks that edge and request share.
const BASE: &str = "task_dependency";

/// An edge of the dependency graph. There is at most one between two tasks in
/// each direction, and no loop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dependency {
    /// The task that waits.
    pub task_id: TaskId,
    /// The task that it waits for.
    pub depends_on_task_id: TaskId,
    /// What the edge means.
    pub kind: DependencyKind,
    /// When it was added.
    pub created_at: Timestamp,
}

impl Dependency {
    /// The canonical form: ids trimmed.
    #[must_use]
    pub fn normalize(self) -> Self {
        Self {
            task_id: self.task_id.trimmed(),
            depends_on_task_id: self.depends_on_task_id.trimmed(),
            ..self
        }
    }

    /// Checks that both ends are named and differ.
    ///
    /// # Errors
    ///
    /// `validation` under `task_dependency`.
    pub fn validate(&self) -> Result<()> {
        validate_ends(&self.task_id, &self.depends_on_task_id)
    }
}

fn validate_ends(task: &TaskId, depends_on: &TaskId) -> Result<()> {
    require_text(task.as_str(), BASE, "task_id")?;
    require_text(depends_on.as_str(), BASE, "depends_on_task_id")?;
    if task.trimmed() == depends_on.trimmed() {
        return Err(TaskError::validation(BASE, "cannot depend on itself"));
    }
    Ok(())
}

/// The request for an edge.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AddDependency {
    /// The task that waits.
    pub task_id: TaskId,
    /// The task that it waits for.
    pub depends_on_task_id: TaskId,
    /// What the edge means. Has no default: a blank kind is refused.
    pub kind: Given<DependencyKind>,
}

impl AddDependency {
    /// The request with its ids trimmed.
    #[must_use]
    pub fn normalize(self) -> Self {
        Self {
            task_id: self.task_id.trimmed(),
            depends_on_task_id: self.depends_on_task_id.trimmed(),
            kind: self.kind.folded(),
        }
    }

    /// Checks the ends, then the kind, and answers the kind.
    ///
    /// # Errors
    ///
    /// `validation` with the text that the edge itself would give, followed by
    /// `: <path>`.
    pub fn validate(&self, path: &str) -> Result<DependencyKind> {
        validate_ends(&self.task_id, &self.depends_on_task_id)
            .and_then(|()| self.kind.require("task_dependency.kind"))
            .map_err(|error| {
                let detail = format!("{}: {}", error.detail(), path.trim());
                TaskError::at(error.kind(), error.path(), detail)
            })
    }
}
