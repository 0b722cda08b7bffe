//! What callers ask of a run outside of leases.

use serde::{Deserialize, Serialize};

use crate::enumeration::{Given, enumeration};
use crate::error::Result;
use crate::id::TaskId;
use crate::json::{RawJson, SizeClass, refuse_lease_credentials};
use crate::rule::{join, require_text, trimmed};

/// The request to queue a run of a task.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
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
        #[cfg_attr(test, derive(ts_rs::TS))]
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
#[cfg_attr(test, derive(ts_rs::TS))]
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
#[cfg_attr(test, derive(ts_rs::TS))]
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
#[cfg_attr(test, derive(ts_rs::TS))]
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
#[cfg_attr(test, derive(ts_rs::TS))]
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::enumeration::tests::assert_values;
    use crate::error::ErrorKind;

    fn string_of(bytes: usize) -> Option<RawJson> {
        RawJson::from_text(&format!("\"{}\"", "x".repeat(bytes - 2)))
    }

    fn kind_of(result: Result<()>) -> Option<ErrorKind> {
        result.err().map(|error| error.kind())
    }

    #[test]
    fn queueing_needs_a_task_and_small_metadata() {
        let request = EnqueueRun {
            task_id: " t ".into(),
            idempotency_key: " k ".into(),
            ..Default::default()
        };
        let normal = request.normalize();
        assert_eq!((normal.task_id.as_str(), normal.idempotency_key.as_str()), ("t", "k"));
        assert_eq!(normal.validate("enqueue_run"), Ok(()));
        let blank = EnqueueRun::default().validate("enqueue_run").unwrap_err();
        assert_eq!(blank.detail(), "enqueue_run.task_id is required");
        let with = |bytes| EnqueueRun { metadata: string_of(bytes), ..normal.clone() };
        assert_eq!(with(16_384).validate("enqueue_run"), Ok(()));
        assert_eq!(kind_of(with(16_385).validate("enqueue_run")), Some(ErrorKind::PayloadTooLarge));
    }

    #[test]
    fn claims_and_starts_only_need_a_path() {
        assert_eq!(ClaimRun::default().validate("claim_run"), Ok(()));
        let blank = ClaimRun::default().validate(" ").unwrap_err();
        assert_eq!(blank.detail(), "claim_run path is required");
        assert_eq!(StartRun::default().validate("start_run"), Ok(()));
        let blank = StartRun::default().validate("").unwrap_err();
        assert_eq!(blank.detail(), "start_run path is required");
        let key = StartRun { idempotency_key: " k ".into() }.normalize();
        assert_eq!(key.idempotency_key, "k");
    }

    #[test]
    fn cancel_metadata_may_be_as_large_as_a_payload() {
        let with = |bytes| CancelRun { reason: String::new(), metadata: string_of(bytes) };
        assert_eq!(with(65_536).validate("cancel_run"), Ok(()));
        assert_eq!(kind_of(with(65_537).validate("cancel_run")), Some(ErrorKind::PayloadTooLarge));
    }

    #[test]
    fn results_are_bounded_and_free_of_credentials() {
        let with = |value| RunResult { value };
        assert_eq!(with(None).validate("run_result"), Ok(()));
        assert_eq!(with(string_of(65_536)).validate("run_result"), Ok(()));
        let over = with(string_of(65_537)).validate("run_result");
        assert_eq!(kind_of(over), Some(ErrorKind::PayloadTooLarge));
        let leaked = with(RawJson::from_text(r#"{"claim_token":"x"}"#)).validate("run_result");
        let text = "run_result.value must not contain raw lease credentials";
        assert_eq!(leaked.unwrap_err().detail(), text);
    }

    #[test]
    fn a_failure_says_why() {
        let with = |error: &str, metadata| RunFailure { error: error.into(), metadata };
        let blank = with(" ", string_of(70_000)).validate("run_failure").unwrap_err();
        assert_eq!(blank.detail(), "run_failure.error is required");
        assert_eq!(with("e", string_of(65_536)).validate("run_failure"), Ok(()));
        let over = with("e", string_of(65_537)).validate("run_failure");
        assert_eq!(kind_of(over), Some(ErrorKind::PayloadTooLarge));
        let leaked =
            with("e", RawJson::from_text(r#"[{"CLAIM_TOKEN":1}]"#)).validate("run_failure");
        let text = "run_failure.metadata must not contain raw lease credentials";
        assert_eq!(leaked.unwrap_err().detail(), text);
        assert_eq!(with(" e ", None).normalize(), with("e", None));
    }

    #[test]
    fn a_boot_recovery_names_its_action() {
        assert_values::<RunBootRecoveryAction>(&["requeue", "mark_running", "fail"]);
        let with = |action: &str| RunBootRecovery { action: action.into(), ..Default::default() };
        let check = |action: &str| with(action).validate("run_boot_recovery");
        assert_eq!(check(" Requeue"), Ok(RunBootRecoveryAction::Requeue));
        assert_eq!(check("").unwrap_err().detail(), "run_boot_recovery.action is required");
        assert!(check("restart").is_err());
        let trimmed =
            RunBootRecovery { reason: " r ".into(), detail: " d ".into(), ..with(" FAIL ") };
        let normal = trimmed.normalize();
        assert_eq!(
            (normal.action.raw(), normal.reason.as_str(), normal.detail.as_str()),
            ("fail", "r", "d")
        );
    }
}
