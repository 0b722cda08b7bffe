//! What the engine answers when it refuses: one error type, a closed set of
//! kinds, the place in the request that is at fault.

use std::fmt;

use thiserror::Error;

use crate::claim_token::redact_claim_tokens;

use crate::autonomy::AutonomyReasonCode;
use crate::diagnostic::DiagnosticItem;
use crate::id::TaskId;

/// The result of every fallible call of this crate.
pub type Result<T, E = TaskError> = std::result::Result<T, E>;

macro_rules! error_kinds {
    ($($(#[$doc:meta])* $variant:ident => $code:literal, $text:literal;)+) => {
        /// The kind of a refusal. Callers branch on the kind, never on the text.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(test, derive(ts_rs::TS), ts(rename = "RefusalCode"))]
        pub enum ErrorKind {
            $($(#[$doc])* #[cfg_attr(test, ts(rename = $code))] $variant,)+
        }

        impl ErrorKind {
            /// Every kind, in declaration order.
            pub const ALL: &'static [ErrorKind] = &[$(ErrorKind::$variant,)+];

            /// The stable snake_case code, as used in JavaScript and in traces.
            pub const fn code(self) -> &'static str {
                match self { $(ErrorKind::$variant => $code,)+ }
            }

            /// The sentence that opens the rendered error.
            pub const fn text(self) -> &'static str {
                match self { $(ErrorKind::$variant => $text,)+ }
            }
        }
    };
}

error_kinds! {
    /// No task has this id.
    TaskNotFound => "task_not_found", "task: task not found";
    /// No run has this id.
    TaskRunNotFound => "task_run_not_found", "task: task run not found";
    /// No run is bound to this idempotency key and origin.
    TaskRunIdempotencyNotFound => "task_run_idempotency_not_found", "task: task run idempotency not found";
    /// The dependency edge does not exist.
    TaskDependencyNotFound => "task_dependency_not_found", "task: task dependency not found";
    /// No event has this id.
    TaskEventNotFound => "task_event_not_found", "task: task event not found";
    /// The actor has no triage record for this task.
    TaskTriageStateNotFound => "task_triage_state_not_found", "task: task triage state not found";
    /// The task has no stored execution profile.
    ExecutionProfileNotFound => "execution_profile_not_found", "task: task execution profile not found";
    /// No review has this id, or the session has no open review.
    RunReviewNotFound => "run_review_not_found", "task: task run review not found";
    /// The task names a workspace that does not exist.
    WorkspaceNotFound => "workspace_not_found", "workspace: workspace not found";
    /// A request or record breaks a rule of form.
    Validation => "validation", "task: validation failed";
    /// The field is fixed at creation.
    ImmutableField => "immutable_field", "task: immutable field";
    /// Scope and workspace do not fit together.
    InvalidScopeBinding => "invalid_scope_binding", "task: invalid scope binding";
    /// A JSON document is larger than its class allows.
    PayloadTooLarge => "payload_too_large", "task: payload too large";
    /// A limit on depth, children or edges would be passed.
    GraphLimitExceeded => "graph_limit_exceeded", "task: graph limit exceeded";
    /// The edge would close a loop of dependencies.
    CycleDetected => "cycle_detected", "task: dependency cycle detected";
    /// The state of a task, run or review does not allow the operation.
    InvalidStatusTransition => "invalid_status_transition", "task: invalid status transition";
    /// A repeated write differs from what is stored.
    Conflict => "conflict", "task: conflict";
    /// The run, or the session, is bound already.
    SessionAlreadyBound => "session_already_bound", "task: session already bound";
    /// The run cannot take a session in its present state.
    SessionAttachNotAllowed => "session_attach_not_allowed", "task: session attach not allowed";
    /// A stored channel no longer passes the channel validator.
    StaleNetworkChannel => "stale_network_channel", "task: stale network channel";
    /// The actor lacks the authority.
    PermissionDenied => "permission_denied", "task: permission denied";
    /// No queued run fits the claim criteria.
    NoClaimableRun => "no_claimable_run", "task: no claimable run";
    /// The claim token does not fit the run's lease.
    InvalidClaimToken => "invalid_claim_token", "task: invalid claim token";
    /// The lease ended before the call.
    LeaseExpired => "lease_expired", "task: lease expired";
    /// The session holds another live lease.
    ActiveRunLease => "active_run_lease", "task: active run lease exists";
    /// Policy forbids this force operation to the actor.
    ForbiddenOperatorAction => "forbidden_operator_action", "task: forbidden operator action";
    /// The force operation needs a reason.
    ForceOpRequiresReason => "force_op_requires_reason", "task: force operation requires reason";
    /// Too many force operations of this actor on this task within a minute.
    ForceOpRateLimited => "force_op_rate_limited", "task: force operation rate limited";
    /// The run has too many predecessors to be retried.
    RetryChainTooDeep => "retry_chain_too_deep", "task: retry chain too deep";
    /// Too many ids in one bulk request.
    BulkTooLarge => "bulk_too_large", "task: bulk operation too large";
    /// A failure outside the taxonomy: a collaborator of the engine failed.
    Other => "other", "task: operation failed";
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// A refusal: its kind, the field at fault where there is one, and the facts.
///
/// The rendered text never contains a raw claim token: every detail passes
/// [`crate::claim_token::redact_claim_tokens`] when the error is built.
#[derive(Debug, Clone, PartialEq, Error)]
pub struct TaskError {
    kind: ErrorKind,
    path: String,
    detail: String,
    reason: Option<AutonomyReasonCode>,
    diagnostic: Option<Box<DiagnosticItem>>,
    evidence: Vec<TaskId>,
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(diagnostic) = &self.diagnostic {
            return diagnostic.fmt(f);
        }
        if let Some(reason) = self.reason {
            write!(f, "task: autonomy lease rejected: {reason}: ")?;
        }
        f.write_str(self.kind.text())?;
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        Ok(())
    }
}

impl TaskError {
    /// An error of this kind without further detail.
    pub fn new(kind: ErrorKind) -> Self {
        Self::at(kind, "", "")
    }

    /// An error of this kind with a detail text.
    pub fn with_detail(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self::at(kind, "", detail)
    }

    /// An error at a field: `path` names it, `detail` is the whole sentence and
    /// starts with the path.
    pub fn at(kind: ErrorKind, path: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            kind,
            // A field that a caller made up may be named anything.
            path: redact_claim_tokens(&path.into()),
            detail: redact_claim_tokens(&detail.into()),
            reason: None,
            diagnostic: None,
            evidence: Vec::new(),
        }
    }

    /// `<path> is required`.
    pub fn required(path: &str) -> Self {
        Self::validation(path, "is required")
    }

    /// A violation of form at `path`: the text reads `<path> <rest>`.
    pub fn validation(path: &str, rest: &str) -> Self {
        Self::at(ErrorKind::Validation, path, format!("{path} {rest}"))
    }

    /// The refusal of an edge that would close this loop of dependencies. Each
    /// task waits for the next one; the first is also the last.
    pub fn cycle(tasks: Vec<TaskId>) -> Self {
        let names: Vec<&str> = tasks.iter().map(TaskId::as_str).collect();
        let mut error = Self::with_detail(ErrorKind::CycleDetected, names.join(" -> "));
        error.evidence = tasks;
        error
    }

    /// Adds the reason of a refused lease lookup; it opens the text.
    #[must_use]
    pub fn with_reason(mut self, reason: AutonomyReasonCode) -> Self {
        self.reason = Some(reason);
        self
    }

    /// Adds what an operator needs to know; it replaces the text.
    #[must_use]
    pub fn with_diagnostic(mut self, diagnostic: DiagnosticItem) -> Self {
        self.diagnostic = Some(Box::new(diagnostic));
        self
    }

    /// The kind, for branching.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The field at fault (`create_task.title`), or the empty string.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The explanation without the kind's own text.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The tasks that show why, in their order: the loop of a refused dependency.
    pub fn evidence(&self) -> &[TaskId] {
        &self.evidence
    }

    /// Why a lease lookup was refused.
    pub fn reason(&self) -> Option<AutonomyReasonCode> {
        self.reason
    }

    /// What an operator needs to know.
    pub fn diagnostic(&self) -> Option<&DiagnosticItem> {
        self.diagnostic.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_distinct_codes_that_follow_from_their_names() {
        let codes: std::collections::BTreeSet<_> =
            ErrorKind::ALL.iter().map(|kind| kind.code()).collect();
        assert_eq!(codes.len(), ErrorKind::ALL.len());
        for kind in ErrorKind::ALL {
            let name: String = kind
                .code()
                .split('_')
                .flat_map(|word| {
                    let (first, rest) = word.split_at(1);
                    [first.to_uppercase(), rest.to_owned()]
                })
                .collect();
            assert_eq!(name, format!("{kind:?}"));
        }
    }

    #[test]
    fn the_taxonomy_has_its_29_kinds_and_two_for_the_outside() {
        let agreed = [
            ("task_not_found", "task: task not found"),
            ("task_run_not_found", "task: task run not found"),
            ("task_run_idempotency_not_found", "task: task run idempotency not found"),
            ("task_dependency_not_found", "task: task dependency not found"),
            ("task_event_not_found", "task: task event not found"),
            ("task_triage_state_not_found", "task: task triage state not found"),
            ("execution_profile_not_found", "task: task execution profile not found"),
            ("run_review_not_found", "task: task run review not found"),
            ("workspace_not_found", "workspace: workspace not found"),
            ("validation", "task: validation failed"),
            ("immutable_field", "task: immutable field"),
            ("invalid_scope_binding", "task: invalid scope binding"),
            ("payload_too_large", "task: payload too large"),
            ("graph_limit_exceeded", "task: graph limit exceeded"),
            ("cycle_detected", "task: dependency cycle detected"),
            ("invalid_status_transition", "task: invalid status transition"),
            ("conflict", "task: conflict"),
            ("session_already_bound", "task: session already bound"),
            ("session_attach_not_allowed", "task: session attach not allowed"),
            ("stale_network_channel", "task: stale network channel"),
            ("permission_denied", "task: permission denied"),
            ("no_claimable_run", "task: no claimable run"),
            ("invalid_claim_token", "task: invalid claim token"),
            ("lease_expired", "task: lease expired"),
            ("active_run_lease", "task: active run lease exists"),
            ("forbidden_operator_action", "task: forbidden operator action"),
            ("force_op_requires_reason", "task: force operation requires reason"),
            ("force_op_rate_limited", "task: force operation rate limited"),
            ("retry_chain_too_deep", "task: retry chain too deep"),
            ("bulk_too_large", "task: bulk operation too large"),
            ("other", "task: operation failed"),
        ];
        assert_eq!(agreed.len(), 29 + 2);
        let kinds: Vec<_> = ErrorKind::ALL.iter().map(|kind| (kind.code(), kind.text())).collect();
        assert_eq!(kinds, agreed);
    }

    #[test]
    fn texts_open_with_the_kind_and_name_the_path_first() {
        let error = TaskError::required("create_task.title");
        assert_eq!(error.to_string(), "task: validation failed: create_task.title is required");
        assert_eq!(error.path(), "create_task.title");
        assert_eq!(error.detail(), "create_task.title is required");
        assert_eq!(
            TaskError::new(ErrorKind::PermissionDenied).to_string(),
            "task: permission denied"
        );
    }

    #[test]
    fn no_detail_carries_a_raw_claim_token() {
        let error =
            TaskError::with_detail(ErrorKind::Conflict, "held with agh_claim_secret-1 by b");
        assert_eq!(error.detail(), "held with agh_claim_[REDACTED] by b");
        let error = TaskError::validation("x", "is agh_claim_secret");
        assert!(!format!("{error} {error:?}").contains("secret"));
        let error = TaskError::validation("x.agh_claim_secret", "is unknown");
        assert_eq!(error.path(), "x.agh_claim_[REDACTED]");
        assert!(!format!("{error} {error:?}").contains("secret"));
    }
}
