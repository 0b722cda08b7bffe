//! Diagnostics: what is wrong with a run or an operator's request, in a form
//! that people read and programs branch on.

pub mod force;
pub mod inspect;
mod redact;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::enumeration::enumeration;
use crate::error::{ErrorKind, TaskError};
use crate::id::RunId;

enumeration! {
    /// How bad a diagnostic is.
    pub enum DiagnosticSeverity: plain {
        /// Good to know.
        Info = "info",
        /// May become a problem.
        Warn = "warn",
        /// Something has to be done.
        Error = "error",
    }
}

enumeration! {
    /// What a diagnostic is about.
    pub enum DiagnosticCode: plain {
        /// A claimed run has not been heard of for long.
        TaskRunStuck = "task_run_stuck",
        /// A claimed run's lease has ended.
        TaskRunStaleLease = "task_run_stale_lease",
        /// A run's session has ended, the run has not.
        TaskRunOrphan = "task_run_orphan",
        /// A run failed, and nothing came after it.
        TaskRunCrashed = "task_run_crashed",
        /// A run is queued for long, and no session is there for it.
        TaskRunStranded = "task_run_stranded",
        /// The board does not let agents use force.
        ForbiddenOperatorAction = "forbidden_operator_action",
        /// The agent used force on the task too often.
        ForceOpRateLimited = "force_op_rate_limited",
        /// The operation needs a reason.
        ForceOpRequiresReason = "force_op_requires_reason",
        /// Too many runs in one request.
        BulkTooLarge = "bulk_too_large",
        /// The run was retried too often.
        RetryChainTooDeep = "retry_chain_too_deep",
        /// Only claimed runs can be released by force.
        TaskRunNotReleasable = "task_run_not_releasable",
        /// The run is not in a state that allows the operation.
        TaskRunStillActive = "task_run_still_active",
        /// The run, or the task, has ended already.
        TaskRunAlreadyTerminal = "task_run_already_terminal",
    }
}

impl DiagnosticCode {
    /// How bad it is.
    pub const fn severity(self) -> DiagnosticSeverity {
        match self {
            DiagnosticCode::TaskRunStuck
            | DiagnosticCode::TaskRunStranded
            | DiagnosticCode::ForceOpRateLimited => DiagnosticSeverity::Warn,
            DiagnosticCode::TaskRunAlreadyTerminal => DiagnosticSeverity::Info,
            DiagnosticCode::TaskRunStaleLease
            | DiagnosticCode::TaskRunOrphan
            | DiagnosticCode::TaskRunCrashed
            | DiagnosticCode::ForbiddenOperatorAction
            | DiagnosticCode::ForceOpRequiresReason
            | DiagnosticCode::BulkTooLarge
            | DiagnosticCode::RetryChainTooDeep
            | DiagnosticCode::TaskRunNotReleasable
            | DiagnosticCode::TaskRunStillActive => DiagnosticSeverity::Error,
        }
    }

    /// The kind of the refusal that it explains; `None` for findings of an
    /// inspection, which refuse nothing.
    pub const fn error_kind(self) -> Option<ErrorKind> {
        match self {
            DiagnosticCode::TaskRunStuck
            | DiagnosticCode::TaskRunStaleLease
            | DiagnosticCode::TaskRunOrphan
            | DiagnosticCode::TaskRunCrashed
            | DiagnosticCode::TaskRunStranded => None,
            DiagnosticCode::ForbiddenOperatorAction => Some(ErrorKind::ForbiddenOperatorAction),
            DiagnosticCode::ForceOpRateLimited => Some(ErrorKind::ForceOpRateLimited),
            DiagnosticCode::ForceOpRequiresReason => Some(ErrorKind::ForceOpRequiresReason),
            DiagnosticCode::BulkTooLarge => Some(ErrorKind::BulkTooLarge),
            DiagnosticCode::RetryChainTooDeep => Some(ErrorKind::RetryChainTooDeep),
            DiagnosticCode::TaskRunNotReleasable
            | DiagnosticCode::TaskRunStillActive
            | DiagnosticCode::TaskRunAlreadyTerminal => Some(ErrorKind::InvalidStatusTransition),
        }
    }
}

/// Where a diagnostic was raised; becomes the start of its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiagnosticSource {
    /// In the inspection of a run.
    Inspect(RunId),
    /// In a force operation on runs.
    Force,
    /// In the pause of a task.
    Pause,
}

/// One finding. Its texts and evidence hold no secrets: claim tokens, bearer
/// tokens and `key=value` secrets are replaced when it is built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DiagnosticItem {
    /// Names the finding within a view: its source and code.
    pub id: String,
    /// What it is about.
    pub code: DiagnosticCode,
    /// How bad it is.
    pub severity: DiagnosticSeverity,
    /// The part of the product that raised it; `task` for all of the engine's.
    pub category: String,
    /// What it is about, for people.
    pub title: String,
    /// What is the matter, in a sentence.
    pub message: String,
    /// What to do about it: an operation of the engine.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub suggested_command: String,
    /// Where to read on.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc_url: String,
    /// The facts.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[cfg_attr(test, ts(type = "{ [key: string]: JsonValue }"))]
    pub evidence: Map<String, Value>,
    /// How old the facts are; `live` for all of the engine's.
    pub data_freshness: String,
}

impl DiagnosticItem {
    /// A finding without a suggestion and without evidence.
    pub fn new(
        source: &DiagnosticSource,
        code: DiagnosticCode,
        title: &'static str,
        message: impl Into<String>,
    ) -> Self {
        let id = match source {
            DiagnosticSource::Inspect(run) => format!("task.inspect.{code}.{run}"),
            DiagnosticSource::Force => format!("task.force.{code}"),
            DiagnosticSource::Pause => format!("task.pause.{code}"),
        };
        Self {
            id,
            code,
            severity: code.severity(),
            category: "task".to_owned(),
            title: title.to_owned(),
            message: redact::secrets(&message.into()),
            suggested_command: String::new(),
            doc_url: String::new(),
            evidence: Map::new(),
            data_freshness: "live".to_owned(),
        }
    }

    /// Says what to do about it.
    #[must_use]
    pub fn with_command(mut self, command: impl Into<String>) -> Self {
        self.suggested_command = redact::secrets(&command.into());
        self
    }

    /// Adds a fact. Values under keys that name secrets are replaced.
    #[must_use]
    pub fn with_evidence(mut self, key: &str, value: impl Into<Value>) -> Self {
        let value = redact::evidence(key, value.into());
        self.evidence.insert(key.to_owned(), value);
        self
    }
}

/// `<title>: <message>`, and the suggested command in brackets.
impl std::fmt::Display for DiagnosticItem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.title, self.message)?;
        if !self.suggested_command.is_empty() {
            write!(f, " (next: {})", self.suggested_command)?;
        }
        Ok(())
    }
}

/// The refusal that a finding explains.
fn refusal(item: DiagnosticItem) -> TaskError {
    let kind = item.code.error_kind().unwrap_or(ErrorKind::Other);
    TaskError::new(kind).with_diagnostic(item)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::enumeration::Enumeration;

    #[test]
    fn each_code_has_its_spelling_severity_and_kind() {
        use DiagnosticSeverity::{Error, Info, Warn};
        let table: Vec<_> = DiagnosticCode::ALL
            .iter()
            .map(|code| (code.as_str(), code.severity(), code.error_kind().map(ErrorKind::code)))
            .collect();
        assert_eq!(
            table,
            [
                ("task_run_stuck", Warn, None),
                ("task_run_stale_lease", Error, None),
                ("task_run_orphan", Error, None),
                ("task_run_crashed", Error, None),
                ("task_run_stranded", Warn, None),
                ("forbidden_operator_action", Error, Some("forbidden_operator_action")),
                ("force_op_rate_limited", Warn, Some("force_op_rate_limited")),
                ("force_op_requires_reason", Error, Some("force_op_requires_reason")),
                ("bulk_too_large", Error, Some("bulk_too_large")),
                ("retry_chain_too_deep", Error, Some("retry_chain_too_deep")),
                ("task_run_not_releasable", Error, Some("invalid_status_transition")),
                ("task_run_still_active", Error, Some("invalid_status_transition")),
                ("task_run_already_terminal", Info, Some("invalid_status_transition")),
            ]
        );
        let severities: Vec<_> = DiagnosticSeverity::ALL.iter().map(|s| s.as_str()).collect();
        assert_eq!(severities, ["info", "warn", "error"]);
    }

    fn item(source: &DiagnosticSource) -> DiagnosticItem {
        DiagnosticItem::new(source, DiagnosticCode::TaskRunStuck, "Stuck", "token=x holds it.")
    }

    #[test]
    fn the_id_is_made_of_source_and_code() {
        let id = |source| item(&source).id;
        let inspect = DiagnosticSource::Inspect("run-1".into());
        assert_eq!(id(inspect), "task.inspect.task_run_stuck.run-1");
        assert_eq!(id(DiagnosticSource::Force), "task.force.task_run_stuck");
        assert_eq!(id(DiagnosticSource::Pause), "task.pause.task_run_stuck");
    }

    #[test]
    fn nothing_secret_gets_into_an_item() {
        let item = item(&DiagnosticSource::Force)
            .with_command("use agh_claim_abc")
            .with_evidence("claim_token", "abc")
            .with_evidence("run_id", "run-1");
        assert_eq!(
            serde_json::to_string(&item).unwrap(),
            concat!(
                r#"{"id":"task.force.task_run_stuck","code":"task_run_stuck","severity":"warn","#,
                r#""category":"task","title":"Stuck","message":"token=[REDACTED] holds it.","#,
                r#""suggested_command":"use agh_claim_[REDACTED]","#,
                r#""evidence":{"claim_token":"[REDACTED]","run_id":"run-1"},"#,
                r#""data_freshness":"live"}"#
            )
        );
    }

    #[test]
    fn an_error_with_an_item_reads_as_the_item_and_keeps_its_kind() {
        let plain = item(&DiagnosticSource::Force);
        let error = TaskError::new(ErrorKind::Conflict).with_diagnostic(plain.clone());
        assert_eq!(error.to_string(), "Stuck: token=[REDACTED] holds it.");
        assert_eq!((error.kind(), error.diagnostic()), (ErrorKind::Conflict, Some(&plain)));
        let error = TaskError::new(ErrorKind::Conflict).with_diagnostic(plain.with_command("wait"));
        assert_eq!(error.to_string(), "Stuck: token=[REDACTED] holds it. (next: wait)");
    }
}
