//! The operator's look at one task: what it does, whether something is wrong,
//! and what to do next.

use serde::{Deserialize, Serialize};

use super::summary::Summary;
use crate::diagnostic::DiagnosticItem;
use crate::enumeration::enumeration;
use crate::id::{EventId, RunId, SessionId, TaskId, WorkspaceId};
use crate::run::RunStatus;
use crate::time::Timestamp;

enumeration! {
    /// What an inspection was asked about.
    pub enum InspectTarget: plain {
        /// A task.
        Task = "task",
        /// A run.
        Run = "run",
    }
}

enumeration! {
    /// What should happen next.
    pub enum InspectNextAction: plain {
        /// A session is there that may claim the queued run.
        ClaimAvailable = "claim_available",
        /// Nothing to do until a session turns up.
        WaitingForSession = "waiting_for_session",
        /// The run has been queued for long, and no session is there for it.
        Stranded = "stranded",
        /// Somebody works on it.
        Running = "running",
        /// Something is wrong that an operator has to put right.
        RecoveryRequired = "recovery_required",
        /// Nothing more will happen.
        Terminal = "terminal",
    }
}

/// The state of one task at one instant, with diagnostics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct InspectView {
    /// What was asked about.
    pub target: InspectTarget,
    /// The task.
    pub task: Summary,
    /// The run that matters now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_run: Option<InspectRunSummary>,
    /// The session of that run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound_session: Option<InspectSessionSummary>,
    /// The newest runs of the task.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recent_runs: Vec<InspectRunSummary>,
    /// The newest of the runtime's events about the task, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recent_events: Vec<InspectEventSummary>,
    /// The scheduler's switch.
    pub scheduler: InspectSchedulerState,
    /// What is wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<DiagnosticItem>,
    /// What should happen next.
    pub next_action: InspectNextAction,
    /// When this was so.
    pub as_of: Timestamp,
    /// How many sessions could claim the run. Has no JSON form.
    #[serde(skip)]
    pub eligible_session_count: usize,
    /// Whether the sessions are known at all. Has no JSON form.
    #[serde(skip)]
    pub session_catalog_present: bool,
}

/// The scheduler's switch, as an inspection shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct InspectSchedulerState {
    /// Whether runs are held back.
    pub paused: bool,
    /// Who paused.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub paused_by: String,
    /// Since when.
    #[serde(default, with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub paused_at: Option<Timestamp>,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// When the switch was thrown last.
    #[serde(default, with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub updated_at: Option<Timestamp>,
}

/// A run, as an inspection shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct InspectRunSummary {
    /// The run.
    pub run_id: RunId,
    /// Its task.
    pub task_id: TaskId,
    /// Its status.
    pub status: RunStatus,
    /// The first 8 hex digits of its token hash.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub claim_token_hash_truncated: String,
    /// When its lease ends.
    #[serde(default, with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub lease_until: Option<Timestamp>,
    /// When its worker was heard of last.
    #[serde(default, with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub heartbeat_at: Option<Timestamp>,
    /// Whole seconds since then; since the claim where a claimed run was never
    /// heard of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heartbeat_age_seconds: Option<i64>,
    /// How many tries came before.
    #[serde(default, skip_serializing_if = "crate::json::is_default")]
    pub retries: u32,
    /// The start of its error text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub last_error_summary: String,
    /// How it failed; `error` for a failed run without a special kind.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub failure_kind: String,
    /// The session that works on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound_session_id: Option<SessionId>,
    /// When work on it started.
    #[serde(default, with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default, with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub ended_at: Option<Timestamp>,
    /// The run that it retries or continues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_run_id: Option<RunId>,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// The number of this try, from 1.
    pub attempt: u32,
}

/// A session, as an inspection shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct InspectSessionSummary {
    /// The session.
    pub session_id: SessionId,
    /// Its state; `missing` where nobody knows the session.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub state: String,
    /// Its agent.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub agent_name: String,
    /// Its model provider.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub provider_name: String,
    /// Its workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    /// When it started.
    #[serde(default, with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub started_at: Option<Timestamp>,
    /// When it was heard of last.
    #[serde(default, with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub last_activity_at: Option<Timestamp>,
    /// Why it stopped.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stop_reason: String,
    /// How it failed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub failure_kind: String,
}

/// An event of the runtime, in short. Not an audit event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct InspectEventSummary {
    /// The event.
    pub id: EventId,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: String,
    /// In which session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// For which task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_id: Option<TaskId>,
    /// For which run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub outcome: String,
    /// What happened, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// When.
    pub timestamp: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enumeration::Enumeration;

    #[test]
    fn targets_and_next_actions_have_their_spelling() {
        let targets: Vec<_> = InspectTarget::ALL.iter().map(|target| target.as_str()).collect();
        assert_eq!(targets, ["task", "run"]);
        let actions: Vec<_> = InspectNextAction::ALL.iter().map(|next| next.as_str()).collect();
        assert_eq!(
            actions,
            [
                "claim_available",
                "waiting_for_session",
                "stranded",
                "running",
                "recovery_required",
                "terminal",
            ]
        );
    }
}
