//! What is going on: the timeline of a task, its stream, its tree, and the
//! details of a run.

use serde::{Deserialize, Serialize};

use super::summary::{Reference, RunSummary};
use crate::actor::{ActorIdentity, Origin};
use crate::id::{EventId, Sequence, SessionId, TaskId, WorkspaceId};
use crate::json::RawJson;
use crate::run::Run;
use crate::time::Timestamp;

/// An audit event with the task and run that it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TimelineItem {
    /// Its place in the audit log.
    pub sequence: Sequence,
    /// The event.
    pub event_id: EventId,
    /// The task, as it is now.
    pub task: Reference,
    /// The run, as it is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunSummary>,
    /// What happened.
    pub event_type: String,
    /// Who did it.
    pub actor: ActorIdentity,
    /// Where it came from.
    pub origin: Origin,
    /// The facts.
    #[serde(
        default,
        deserialize_with = "crate::json::keep_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub payload: Option<RawJson>,
    /// When.
    pub timestamp: Timestamp,
}

/// One message of a task's stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct StreamEvent {
    /// The place of the event in the audit log; where a reader resumes.
    pub sequence: Sequence,
    /// What happened; the event type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The event.
    pub timeline: TimelineItem,
}

/// A task with all that is below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TreeView {
    /// The task that was asked for.
    pub root: TreeNode,
    /// What is below it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub descendants: Vec<TreeNode>,
}

/// One task of a tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TreeNode {
    /// The task.
    pub task: Reference,
    /// The task above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_task_id: Option<TaskId>,
    /// One more than its parent's in the tree; the root has 0, or 1 if it has a
    /// parent itself.
    pub depth: u32,
    /// How many direct children it has.
    #[serde(default, skip_serializing_if = "crate::json::is_default")]
    pub child_count: usize,
    /// Its open run, the one furthest on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_run: Option<RunSummary>,
    /// The latest of its own changes, those of its runs, and its newest event.
    pub last_activity_at: Timestamp,
}

/// A run with its task, its session, and what the session has done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RunDetailView {
    /// The run.
    pub run: Run,
    /// Its task.
    pub task: Reference,
    /// The session that works on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<RunSessionRef>,
    /// What the session has done.
    pub summary: RunOperationalSummary,
}

/// A session, as far as the runtime knows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RunSessionRef {
    /// The session.
    pub session_id: SessionId,
    /// Its workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    /// Its agent.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub agent_name: String,
    /// Its name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its channel.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub channel: String,
    /// Its state, in the runtime's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub state: String,
    /// When it was made.
    #[serde(default, with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub created_at: Option<Timestamp>,
    /// When it changed last.
    #[serde(default, with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub updated_at: Option<Timestamp>,
}

/// What a run's session has done. Absent counts are unknown, not zero.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RunOperationalSummary {
    /// When the session was heard of last.
    #[serde(default, with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub last_activity_at: Option<Timestamp>,
    /// What it did then.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub last_event_type: String,
    /// How many tools it called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_count: Option<i64>,
    /// How many turns it took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn_count: Option<i64>,
    /// How many tokens went in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<i64>,
    /// How many tokens came out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<i64>,
    /// How many tokens in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_tokens: Option<i64>,
    /// What it cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_cost: Option<f64>,
    /// In what currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_currency: Option<String>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[test]
    fn a_known_zero_is_shown_and_an_unknown_number_is_not() {
        let summary = RunOperationalSummary { turn_count: Some(0), ..Default::default() };
        assert_eq!(
            serde_json::to_string(&summary).unwrap(),
            r#"{"last_activity_at":"0001-01-01T00:00:00Z","turn_count":0}"#
        );
    }
}
