//! Sessions, seen from the engine: starting, attaching and stopping them, and
//! reading what the runtime knows of them.

use serde::{Deserialize, Serialize};

use crate::actor::ActorContext;
use crate::enumeration::enumeration;
use crate::error::{Result, TaskError};
use crate::id::{EventId, RunId, SessionId, TaskId, WorkspaceId};
use crate::profile::{ExecutionProfile, ExecutionProfileValidationOptions};
use crate::rule::require_text;
use crate::run::Run;
use crate::task::Task;
use crate::time::Timestamp;
use crate::view::inspect::InspectEventSummary;
use crate::view::live::RunSessionRef;

enumeration! {
    /// Why a session is stopped.
    pub enum StopReason: plain {
        /// Its run is completed.
        Completed = "completed",
        /// Its run failed.
        Failed = "failed",
        /// Its run is canceled.
        Cancellation = "cancellation",
        /// The runtime shuts down. Never sent by the engine.
        Shutdown = "shutdown",
        /// Its run is gone. Never sent by the engine.
        OrphanedRun = "orphaned_run",
    }
}

/// Everything that is needed to start a session for a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct StartTaskSession {
    /// The task.
    pub task: Task,
    /// The run that the session will work on.
    pub run: Run,
    /// How the task wants to be executed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_profile: Option<ExecutionProfile>,
    /// Who starts the run.
    pub actor: ActorContext,
}

impl StartTaskSession {
    /// Checks the parts and that they belong together.
    ///
    /// # Errors
    ///
    /// That of the first part at fault; `validation` if run or profile belong to
    /// another task.
    pub fn validate(&self) -> Result<()> {
        self.task.validate()?;
        self.run.validate()?;
        self.actor.validate()?;
        if self.run.task_id.trimmed() != self.task.id.trimmed() {
            return mismatch("start_task_session.run.task_id");
        }
        let Some(profile) = &self.execution_profile else { return Ok(()) };
        if profile.task_id.trimmed() != self.task.id.trimmed() {
            return mismatch("start_task_session.execution_profile.task_id");
        }
        profile.validate(&ExecutionProfileValidationOptions::default())
    }
}

fn mismatch(path: &str) -> Result<()> {
    Err(TaskError::validation(path, "must match start_task_session.task.id"))
}

/// A started or attached session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct SessionRef {
    /// The session.
    pub session_id: SessionId,
    /// Its workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    /// When it started.
    #[serde(with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub started_at: Option<Timestamp>,
}

impl SessionRef {
    /// Checks that the session is named.
    ///
    /// # Errors
    ///
    /// `validation` at `session_ref.session_id`.
    pub fn validate(&self) -> Result<()> {
        require_text(self.session_id.as_str(), "session_ref", "session_id")
    }
}

/// Starts and stops sessions on behalf of the engine.
pub trait SessionExecutor {
    /// Starts a dedicated session for a run.
    ///
    /// # Errors
    ///
    /// Whatever keeps the session from starting; the engine then fails the run.
    fn start(&mut self, spec: &StartTaskSession) -> Result<SessionRef>;

    /// Gives a run to a session that exists already.
    ///
    /// # Errors
    ///
    /// Whatever keeps the session from taking the run; the run stays as it is.
    fn attach(&mut self, run: &RunId, session: &SessionId) -> Result<SessionRef>;

    /// Asks a session to stop by itself. An unknown session is no error.
    ///
    /// # Errors
    ///
    /// If the request cannot be delivered; the engine then changes nothing.
    fn request_stop(&mut self, session: &SessionId, reason: StopReason) -> Result<()>;

    /// Ends a session. An unknown session is no error.
    ///
    /// # Errors
    ///
    /// If the session may still be running; the engine then changes nothing.
    fn force_stop(&mut self, session: &SessionId, reason: StopReason) -> Result<()>;
}

/// One thing that a session did, as the runtime recorded it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SessionEvent {
    /// The event.
    pub id: EventId,
    /// Its place among the events of the session.
    pub sequence: i64,
    /// The turn in which it happened.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub turn_id: String,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: String,
    /// The facts; usually JSON text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub content: String,
    /// When.
    #[serde(default, with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub timestamp: Option<Timestamp>,
}

/// What a session used up. Absent numbers are unknown, not zero.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct TokenStats {
    /// How many tokens went in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<i64>,
    /// How many tokens came out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<i64>,
    /// How many tokens in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_tokens: Option<i64>,
    /// What it cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_cost: Option<f64>,
    /// In what currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_currency: Option<String>,
    /// How many turns it took.
    pub turn_count: i64,
    /// When these numbers changed last.
    #[serde(with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub updated_at: Option<Timestamp>,
}

/// What the runtime knows of the session behind a run. Failures leave the run's
/// details empty; they never fail the read.
pub trait RuntimeViewReader {
    /// The session, if it is known.
    ///
    /// # Errors
    ///
    /// If the runtime cannot answer.
    fn get_session(&self, session: &SessionId) -> Result<Option<RunSessionRef>>;

    /// What the session did, in any order.
    ///
    /// # Errors
    ///
    /// If the runtime cannot answer.
    fn list_session_events(&self, session: &SessionId) -> Result<Vec<SessionEvent>>;

    /// What the session used up.
    ///
    /// # Errors
    ///
    /// If the runtime cannot answer.
    fn list_session_token_stats(&self, session: &SessionId) -> Result<Vec<TokenStats>>;
}

/// Which sessions an inspection wants to see.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct SessionListQuery {
    /// Only this session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// Only sessions of this workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    /// The greatest number of sessions; 0 means all.
    #[serde(skip_serializing_if = "crate::json::is_default")]
    pub limit: usize,
}

/// A session of the runtime's catalogue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct SessionInfo {
    /// The session.
    pub id: SessionId,
    /// Its state; `active` makes it eligible for work.
    pub state: String,
    /// Its agent.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub agent_name: String,
    /// Its model provider.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provider_name: String,
    /// Its workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    /// When it was made.
    #[serde(with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub created_at: Option<Timestamp>,
    /// When it changed last.
    #[serde(with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub updated_at: Option<Timestamp>,
    /// Why it stopped.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub stop_reason: String,
    /// How it failed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub failure_kind: String,
}

/// Which of the runtime's events an inspection wants to see.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct EventSummaryQuery {
    /// Only events of this task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<TaskId>,
    /// Only events of this run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// The greatest number of events, newest first; 0 means all.
    #[serde(skip_serializing_if = "crate::json::is_default")]
    pub limit: usize,
}

/// What the runtime knows that an inspection needs. Unlike those of a
/// [`RuntimeViewReader`], its failures fail the inspection.
pub trait InspectStateReader {
    /// The sessions of the catalogue.
    ///
    /// # Errors
    ///
    /// If the runtime cannot answer.
    fn list_sessions(&self, query: &SessionListQuery) -> Result<Vec<SessionInfo>>;

    /// The newest of the runtime's own events, newest first.
    ///
    /// # Errors
    ///
    /// If the runtime cannot answer.
    fn list_event_summaries(&self, query: &EventSummaryQuery) -> Result<Vec<InspectEventSummary>>;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::enumeration::Enumeration;

    const TASK: &str = r#"{"id":"task-1","scope":"global","title":"Build","priority":"medium",
        "max_attempts":3,"status":"ready","approval_policy":"none",
        "approval_state":"not_required","latest_event_seq":0,
        "created_by":{"kind":"human","ref":"ada"},"origin":{"kind":"cli","ref":"cli"},
        "created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z",
        "closed_at":"0001-01-01T00:00:00Z"}"#;
    const RUN: &str = r#"{"id":"run-1","task_id":"task-1","status":"starting","attempt":1,
        "origin":{"kind":"cli","ref":"cli"},"queued_at":"2026-01-01T00:00:00Z"}"#;

    fn start() -> StartTaskSession {
        StartTaskSession {
            task: serde_json::from_str(TASK).unwrap(),
            run: serde_json::from_str(RUN).unwrap(),
            execution_profile: None,
            actor: ActorContext::derive_agent_session("ada").unwrap(),
        }
    }

    fn refusal(start: &StartTaskSession) -> String {
        start.validate().unwrap_err().detail().to_owned()
    }

    #[test]
    fn run_and_profile_belong_to_the_task() {
        let mut start = start();
        assert!(start.validate().is_ok());
        start.execution_profile = Some(ExecutionProfile::default_for(&"task-1".into()));
        assert!(start.validate().is_ok());
        start.execution_profile = Some(ExecutionProfile::default_for(&"task-2".into()));
        assert_eq!(
            refusal(&start),
            "start_task_session.execution_profile.task_id must match start_task_session.task.id"
        );
        start.run.task_id = "task-2".into();
        assert_eq!(
            refusal(&start),
            "start_task_session.run.task_id must match start_task_session.task.id"
        );
    }

    #[test]
    fn the_parts_are_checked_in_order_before_they_are_compared() {
        let mut start = start();
        start.execution_profile =
            Some(ExecutionProfile { task_id: "task-1".into(), ..ExecutionProfile::default() });
        start.actor.actor.reference.clear();
        start.run.attempt = 0;
        start.task.title.clear();
        assert_eq!(refusal(&start), "task.title is required");
        start.task.title = "Build".to_owned();
        assert_eq!(refusal(&start), "task_run.attempt must be positive: 0");
        start.run.attempt = 1;
        assert_eq!(refusal(&start), "actor.ref is required");
        start.actor.actor.reference = "ada".to_owned();
        assert!(refusal(&start).starts_with("task_execution_profile.coordinator.mode"));
    }

    #[test]
    fn a_session_reference_names_its_session() {
        let mut session = SessionRef { session_id: " ".into(), ..SessionRef::default() };
        let refused = session.validate().unwrap_err();
        assert_eq!(refused.detail(), "session_ref.session_id is required");
        session.session_id = "ada".into();
        assert!(session.validate().is_ok());
    }

    #[test]
    fn stop_reasons_have_their_spelling() {
        let spellings: Vec<_> = StopReason::ALL.iter().map(|reason| reason.as_str()).collect();
        assert_eq!(spellings, ["completed", "failed", "cancellation", "shutdown", "orphaned_run"]);
    }
}
