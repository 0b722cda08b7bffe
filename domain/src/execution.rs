//! Publishing, starting and approving a task: operations that queue a run, and
//! give the same run when they are repeated.

use serde::{Deserialize, Serialize};

use crate::enumeration::enumeration;
use crate::error::Result;
use crate::id::TaskId;
use crate::json::{RawJson, SizeClass};
use crate::rule::{join, trimmed};
use crate::run::Run;
use crate::task::Task;

enumeration! {
    /// Which operation queued the run.
    pub enum ExecutionAction: plain {
        /// The task was started.
        Start = "start",
        /// The draft was published.
        Publish = "publish",
        /// The task was approved.
        Approval = "approval",
    }
}

impl ExecutionAction {
    /// The idempotency key of a request that names none.
    pub fn derived_key(self, task: &TaskId) -> String {
        format!("task.{self}.{task}")
    }
}

/// The request to publish, start or approve a task.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct ExecutionRequest {
    /// The same key from the same origin gives the same run; where it is blank,
    /// one is derived from action and task.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub idempotency_key: String,
    /// The run's network channel; the task's where it is blank.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub network_channel: String,
    /// A document of the caller's own; becomes the run's.
    #[serde(deserialize_with = "crate::json::keep_null", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<RawJson>,
}

impl ExecutionRequest {
    /// The request with its text trimmed.
    #[must_use]
    pub fn normalize(self) -> Self {
        Self {
            idempotency_key: trimmed(self.idempotency_key),
            network_channel: trimmed(self.network_channel),
            metadata: self.metadata,
        }
    }

    /// Checks the rules of form, with fields named under `path`.
    ///
    /// # Errors
    ///
    /// `validation` or `payload_too_large` at `<path>.metadata`.
    pub fn validate(&self, path: &str) -> Result<()> {
        SizeClass::Metadata.validate(self.metadata.as_ref(), &join(path, "metadata"))
    }

    /// The key that counts: the given one, or else the derived one.
    pub fn key(&self, action: ExecutionAction, task: &TaskId) -> String {
        match self.idempotency_key.trim() {
            "" => action.derived_key(task),
            given => given.to_owned(),
        }
    }
}

/// What publishing, starting or approving a task gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Execution {
    /// The task afterwards.
    pub task: Task,
    /// Its run.
    pub run: Run,
    /// Which operation it was.
    pub action: ExecutionAction,
    /// Whether the run was there already, under the same key.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub existing_run: bool,
}

/// The request to cancel a task and everything below it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct CancelTask {
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// A document of the caller's own, for the audit log.
    #[serde(deserialize_with = "crate::json::keep_null", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<RawJson>,
}

impl CancelTask {
    /// The request with its text trimmed.
    #[must_use]
    pub fn normalize(self) -> Self {
        Self { reason: trimmed(self.reason), metadata: self.metadata }
    }

    /// Checks the rules of form, with fields named under `path`.
    ///
    /// # Errors
    ///
    /// `validation` or `payload_too_large` at `<path>.metadata`.
    pub fn validate(&self, path: &str) -> Result<()> {
        SizeClass::Payload.validate(self.metadata.as_ref(), &join(path, "metadata"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::enumeration::tests::assert_values;
    use crate::error::ErrorKind;

    fn string_of(bytes: usize) -> Option<RawJson> {
        RawJson::from_text(&format!("\"{}\"", "x".repeat(bytes - 2)))
    }

    #[test]
    fn actions_are_the_agreed_ones() {
        assert_values::<ExecutionAction>(&["start", "publish", "approval"]);
    }

    #[test]
    fn a_blank_key_is_derived_from_action_and_task() {
        let task = TaskId::new("task-1");
        let blank = ExecutionRequest { idempotency_key: " ".into(), ..Default::default() };
        assert_eq!(blank.key(ExecutionAction::Start, &task), "task.start.task-1");
        assert_eq!(blank.key(ExecutionAction::Publish, &task), "task.publish.task-1");
        assert_eq!(blank.key(ExecutionAction::Approval, &task), "task.approval.task-1");
        let given = ExecutionRequest { idempotency_key: " mine ".into(), ..Default::default() };
        assert_eq!(given.key(ExecutionAction::Start, &task), "mine");
        assert_eq!(given.normalize().idempotency_key, "mine");
    }

    #[test]
    fn metadata_of_an_execution_and_of_a_cancellation_have_their_own_limits() {
        let run = |bytes| ExecutionRequest { metadata: string_of(bytes), ..Default::default() };
        assert_eq!(run(16_384).validate("task_execution"), Ok(()));
        let over = run(16_385).validate("task_execution").unwrap_err();
        assert_eq!(
            (over.kind(), over.path()),
            (ErrorKind::PayloadTooLarge, "task_execution.metadata")
        );
        let cancel = |bytes| CancelTask { reason: " r ".into(), metadata: string_of(bytes) };
        assert_eq!(cancel(65_536).validate("cancel_task"), Ok(()));
        let over = cancel(65_537).validate("cancel_task").unwrap_err();
        assert_eq!(
            (over.kind(), over.path()),
            (ErrorKind::PayloadTooLarge, "cancel_task.metadata")
        );
        assert_eq!(cancel(9).normalize().reason, "r");
    }
}
