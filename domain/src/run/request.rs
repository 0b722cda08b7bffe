//! What callers ask of a run outside of leases.

use serde::{Deserialize, Serialize};

use crate::enumeration::{Given, enumeration};
use crate::error::Result;
use crate::id::TaskId;
use crate::json::{RawJson, SizeClass, refuse_lease_credentials};
use crate::rule::{join, require_text, trimmed};

/// The request to queue a run of a task.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EnqueueRun {
    /// The task to run.
    pub task_id: TaskId,
    /// The same key from the same origin gives the same run. Required of every
    /// actor but a person.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub idempotency_key: String,
    /// The network channel; the task's where it is blank.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub network_channel: String,
    /// A document of the caller's own; becomes the run's.
    #[serde(deserialize_with = "crate::json::keep_null", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<RawJson>,
}

impl EnqueueRun {
    /// The request with its text trimmed.
    #[must_use]
    pub fn normalize(self) -> Self {
        Self {
            task_id: self.task_id.trimmed(),
            idempotency_key: trimmed(self.idempotency_key),
            network_channel: trimmed(self.network_channel),
            metadata: self.metadata,
        }
    }

    /// Checks the rules of form, with fields named under `path`.
    ///
    /// # Errors
    ///
    /// `validation` or `payload_too_large` at the first field at fault.
    pub fn validate(&self, path: &str) -> Result<()> {
        require_text(self.task_id.as_str(), path, "task_id")?;
        SizeClass::Metadata.validate(self.metadata.as_ref(), &join(path, "metadata"))
    }
}

/// Declares a request that carries nothing but an idempotency key.
macro_rules! keyed_request {
    ($(#[$doc:meta])* $name:ident, $label:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct $name {
            /// Required of every actor but a person; neither stored nor compared.
            #[serde(skip_serializing_if = "String::is_empty")]
            pub idempotency_key: String,
        }

        impl $name {
            /// The request with its text trimmed.
            #[must_use]
            pub fn normalize(self) -> Self {
                Self { idempotency_key: trimmed(self.idempotency_key) }
            }

            /// Checks that the caller said where the request stands.
            ///
            /// # Errors
            ///
            /// `validation` for a blank `path`; the request itself cannot be wrong.
            pub fn validate(&self, path: &str) -> Result<()> {
                require_text(path, "", concat!($label, " path"))
            }
        }
    };
}

keyed_request! {
    /// The request to claim a given run, without token and lease.
    ClaimRun, "claim_run"
}

keyed_request! {
    /// The request to start a claimed run.
    StartRun, "start_run"
}

/// The request to cancel a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CancelRun {
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// A document of the caller's own, for the audit log.
    #[serde(deserialize_with = "crate::json::keep_null", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<RawJson>,
}

impl CancelRun {
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

/// What a completed run brought.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunResult {
    /// Any JSON value, or nothing.
    #[serde(deserialize_with = "crate::json::keep_null", skip_serializing_if = "Option::is_none")]
    pub value: Option<RawJson>,
}

impl RunResult {
    /// Checks the rules of form, with fields named under `path`.
    ///
    /// # Errors
    ///
    /// `validation` or `payload_too_large` at `<path>.value`.
    pub fn validate(&self, path: &str) -> Result<()> {
        let field = join(path, "value");
        SizeClass::Result.validate(self.value.as_ref(), &field)?;
        refuse_lease_credentials(self.value.as_ref(), &field)
    }
}

/// Why a run failed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunFailure {
    /// The error, for people.
    pub error: String,
    /// A document of the caller's own, for the audit log.
    #[serde(deserialize_with = "crate::json::keep_null", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<RawJson>,
}

impl RunFailure {
    /// The failure with its text trimmed.
    #[must_use]
    pub fn normalize(self) -> Self {
        Self { error: trimmed(self.error), metadata: self.metadata }
    }

    /// Checks the rules of form, with fields named under `path`.
    ///
    /// # Errors
    ///
    /// `validation` or `payload_too_large` at the first field at fault.
    pub fn validate(&self, path: &str) -> Result<()> {
        require_text(&self.error, path, "error")?;
        let field = join(path, "metadata");
        SizeClass::Payload.validate(self.metadata.as_ref(), &field)?;
        refuse_lease_credentials(self.metadata.as_ref(), &field)
    }
}

enumeration! {
    /// What becomes of a run whose host was restarted.
    pub enum RunBootRecoveryAction: plain {
        /// It goes back to the queue.
        Requeue = "requeue",
        /// Its session lives on.
        MarkRunning = "mark_running",
        /// It is lost.
        Fail = "fail",
    }
}

/// The request to settle a run after its host was restarted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunBootRecovery {
    /// What becomes of the run.
    pub action: Given<RunBootRecoveryAction>,
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// What is known of the run's session.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub session_state: String,
    /// How the host judged the case.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub classification: String,
    /// More about it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

impl RunBootRecovery {
    /// The request with its text trimmed.
    #[must_use]
    pub fn normalize(self) -> Self {
        Self {
            action: self.action.folded(),
            reason: trimmed(self.reason),
            session_state: trimmed(self.session_state),
            classification: trimmed(self.classification),
            detail: trimmed(self.detail),
        }
    }

    /// Checks the action, and answers it.
    ///
    /// # Errors
    ///
    /// `validation` at `<path>.action`.
    pub fn validate(&self, path: &str) -> Result<RunBootRecoveryAction> {
        self.action.require(&join(path, "action"))
    }
}
