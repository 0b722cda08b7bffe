//! Pausing a task: nothing of it, or of what is below it, is claimed meanwhile.

use serde::{Deserialize, Serialize};

use crate::error::{ErrorKind, Result, TaskError};
use crate::id::TaskId;
use crate::json::{RawJson, SizeClass};
use crate::rule::{join, require_text, trimmed};
use crate::time::Timestamp;

/// The request to pause a task.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
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
#[cfg_attr(test, derive(ts_rs::TS))]
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
#[cfg_attr(test, derive(ts_rs::TS))]
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    fn string_of(bytes: usize) -> Option<RawJson> {
        RawJson::from_text(&format!("\"{}\"", "x".repeat(bytes - 2)))
    }

    #[test]
    fn a_pause_says_why_before_anything_else_counts() {
        let with = |reason: &str, bytes| PauseTaskRequest {
            reason: reason.into(),
            metadata: string_of(bytes),
        };
        assert_eq!(with(" r ", 9).normalize().reason, "r");
        assert_eq!(with("r", 16_384).validate("task_pause"), Ok(()));
        let over = with("r", 16_385).validate("task_pause").unwrap_err();
        assert_eq!((over.kind(), over.path()), (ErrorKind::PayloadTooLarge, "task_pause.metadata"));
        let blank = with(" ", 16_385).validate("task_pause").unwrap_err();
        assert_eq!(
            (blank.kind(), blank.path()),
            (ErrorKind::ForceOpRequiresReason, "task_pause.reason")
        );
    }

    #[test]
    fn a_resumption_may_be_silent() {
        assert_eq!(ResumeTaskRequest::default().validate("task_resume"), Ok(()));
        let over = ResumeTaskRequest { metadata: string_of(16_385) }.validate("task_resume");
        assert_eq!(over.unwrap_err().path(), "task_resume.metadata");
    }

    #[test]
    fn what_is_written_names_task_actor_and_reason() {
        let mutation = |task: &str, actor: &str, reason: &str| PauseMutation {
            task_id: task.into(),
            actor: actor.into(),
            reason: reason.into(),
            paused_at: Timestamp::from_millis(0),
        };
        assert_eq!(mutation("t", "human:ada", "r").validate(), Ok(()));
        let cases = [
            (mutation("", "a", "r"), "task_pause.task_id"),
            (mutation("t", " ", "r"), "task_pause.actor"),
            (mutation("t", "a", " "), "task_pause.reason"),
        ];
        for (mutation, path) in cases {
            assert_eq!(mutation.validate().unwrap_err().path(), path);
        }
        let resumed_at = Timestamp::from_millis(0);
        assert_eq!(ResumeMutation { task_id: "t".into(), resumed_at }.validate(), Ok(()));
        assert!(ResumeMutation { task_id: " ".into(), resumed_at }.validate().is_err());
    }

    #[test]
    fn an_unpaused_state_is_short() {
        let state = PauseState { task_id: "t".into(), ..PauseState::default() };
        let text = serde_json::to_string(&state).unwrap();
        assert_eq!(text, r#"{"task_id":"t","paused":false,"effective_paused":false}"#);
        assert_eq!(serde_json::from_str::<PauseState>(&text).unwrap(), state);
    }
}
