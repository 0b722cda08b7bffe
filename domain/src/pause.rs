//! Pausing a task: nothing of it, or of what is below it, is claimed meanwhile.

use serde::{Deserialize, Serialize};

use crate::error::{ErrorKind, Result, TaskError};
use crate::id::TaskId;
use crate::json::{RawJson, SizeClass};
use crate::rule::{join, require_text, trimmed};
use crate::time::Timestamp;

/// The request to pause a task.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PauseTaskRequest {
    /// Why; must not be blank.
    pub reason: String,
    /// A document of the caller's own, for the audit log.
    #[serde(deserialize_with = "crate::json::keep_null", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<RawJson>,
}

impl PauseTaskRequest {
    /// The request with its text trimmed.
    #[must_use]
    pub fn normalize(self) -> Self {
        Self { reason: trimmed(self.reason), metadata: self.metadata }
    }

    /// Checks the rules of form, with fields named under `path`.
    ///
    /// # Errors
    ///
    /// `force_op_requires_reason` for a blank reason; `validation` or
    /// `payload_too_large` at `<path>.metadata`.
    pub fn validate(&self, path: &str) -> Result<()> {
        if self.reason.trim().is_empty() {
            let field = join(path, "reason");
            let detail = format!("{field} is required");
            return Err(TaskError::at(ErrorKind::ForceOpRequiresReason, field, detail));
        }
        SizeClass::Metadata.validate(self.metadata.as_ref(), &join(path, "metadata"))
    }
}

/// The request to let a paused task go on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResumeTaskRequest {
    /// A document of the caller's own, for the audit log.
    #[serde(deserialize_with = "crate::json::keep_null", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<RawJson>,
}

impl ResumeTaskRequest {
    /// Checks the rules of form, with fields named under `path`.
    ///
    /// # Errors
    ///
    /// `validation` or `payload_too_large` at `<path>.metadata`.
    pub fn validate(&self, path: &str) -> Result<()> {
        SizeClass::Metadata.validate(self.metadata.as_ref(), &join(path, "metadata"))
    }
}

/// What a pause writes into a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PauseMutation {
    /// The task.
    pub task_id: TaskId,
    /// Who pauses: `<actor kind>:<actor ref>`.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// When.
    pub paused_at: Timestamp,
}

impl PauseMutation {
    /// Checks that task, actor and reason are given.
    ///
    /// # Errors
    ///
    /// `validation` under `task_pause`.
    pub fn validate(&self) -> Result<()> {
        require_text(self.task_id.as_str(), "task_pause", "task_id")?;
        require_text(&self.actor, "task_pause", "actor")?;
        require_text(&self.reason, "task_pause", "reason")
    }
}

/// What a resumption writes into a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResumeMutation {
    /// The task.
    pub task_id: TaskId,
    /// When.
    pub resumed_at: Timestamp,
}

impl ResumeMutation {
    /// Checks that the task is given.
    ///
    /// # Errors
    ///
    /// `validation` under `task_resume`.
    pub fn validate(&self) -> Result<()> {
        require_text(self.task_id.as_str(), "task_resume", "task_id")
    }
}

/// Whether a task is paused, by itself or from above.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PauseState {
    /// The task.
    pub task_id: TaskId,
    /// Whether the task itself is paused.
    pub paused: bool,
    /// Who paused it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub paused_by: String,
    /// When it was paused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_at: Option<Timestamp>,
    /// Why it was paused.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub paused_reason: String,
    /// Whether the task or one of its ancestors is paused.
    pub effective_paused: bool,
    /// The nearest paused task, the task itself first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_by_task_id: Option<TaskId>,
}
