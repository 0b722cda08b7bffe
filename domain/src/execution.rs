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
