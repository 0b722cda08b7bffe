//! Tasks and runs in short, and the full view of one task.

use serde::{Deserialize, Serialize};

use crate::actor::{ActorIdentity, Origin, Ownership};
use crate::claim_token::ClaimTokenHash;
use crate::dependency::{Dependency, DependencyKind};
use crate::event::Event;
use crate::id::{RunId, Sequence, SessionId, TaskId, WorkspaceId};
use crate::run::{Run, RunStatus};
use crate::task::{ApprovalPolicy, ApprovalState, Priority, Scope, Status, Task};
use crate::time::Timestamp;

/// A task as lists show it: without description and metadata, with what
/// surrounds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "TaskSummary"))]
pub struct Summary {
    /// The task.
    pub id: TaskId,
    /// Its name in another system.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub identifier: String,
    /// Where it belongs.
    pub scope: Scope,
    /// Its workspace, if it belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    /// The task above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_task_id: Option<TaskId>,
    /// The channel of its runs.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub network_channel: String,
    /// What is to be done, in a line.
    pub title: String,
    /// How urgent it is.
    pub priority: Priority,
    /// Its status, derived at the time of the read; the stored one may lag.
    pub status: Status,
    /// Whether it needs an approval.
    pub approval_policy: ApprovalPolicy,
    /// Where the approval stands.
    pub approval_state: ApprovalState,
    /// The run that is worked on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_run_id: Option<RunId>,
    /// Who paused the task itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub paused_by: String,
    /// Why the task itself is paused.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub paused_reason: String,
    /// The nearest paused task: this one, or an ancestor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_by_task_id: Option<TaskId>,
    /// Who made it.
    pub created_by: ActorIdentity,
    /// Where it came from.
    pub origin: Origin,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Ownership>,
    /// What it waits for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<DependencyReference>,
    /// Its open run, the one furthest on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_run: Option<RunSummary>,
    /// How often it may be tried.
    #[serde(default, skip_serializing_if = "crate::json::is_default")]
    pub max_attempts: u32,
    /// Whether a run is queued by itself once its last blocker is completed.
    #[serde(default, skip_serializing_if = "crate::json::is_default")]
    pub auto_enqueue_on_ready: bool,
    /// Its newest event, 0 if none.
    pub latest_event_seq: Sequence,
    /// How many direct children it has.
    #[serde(default, skip_serializing_if = "crate::json::is_default")]
    pub child_count: usize,
    /// How many tasks it waits for.
    #[serde(default, skip_serializing_if = "crate::json::is_default")]
    pub dependency_count: usize,
    /// Whether it is a draft.
    pub draft: bool,
    /// Whether the task itself is paused.
    #[serde(default, skip_serializing_if = "crate::json::is_default")]
    pub paused: bool,
    /// Whether the task or one of its ancestors is paused.
    #[serde(default, skip_serializing_if = "crate::json::is_default")]
    pub effective_paused: bool,
    /// Since when the task itself is paused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its record changed last.
    pub updated_at: Timestamp,
    /// When it was completed, failed or canceled.
    #[serde(default, with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub closed_at: Option<Timestamp>,
    /// The latest of its own changes, those of its runs, and its newest event.
    pub last_activity_at: Timestamp,
}

/// Just enough of a task to name it elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "TaskReference"))]
pub struct Reference {
    /// The task.
    pub id: TaskId,
    /// Its name in another system.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub identifier: String,
    /// What is to be done, in a line.
    pub title: String,
    /// Its status, derived at the time of the read.
    pub status: Status,
    /// How urgent it is.
    pub priority: Priority,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Ownership>,
    /// Where it belongs.
    pub scope: Scope,
    /// Its workspace, if it belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    /// Its newest event, 0 if none.
    pub latest_event_seq: Sequence,
    /// Whether the task itself is paused.
    #[serde(default, skip_serializing_if = "crate::json::is_default")]
    pub paused: bool,
    /// Whether it counts as paused. References in timelines, trees and run
    /// details know the task's own pause only; those in summaries also that of
    /// its ancestors.
    #[serde(default, skip_serializing_if = "crate::json::is_default")]
    pub effective_paused: bool,
    /// The task whose pause it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_by_task_id: Option<TaskId>,
}

/// A dependency with the task that is waited for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DependencyReference {
    /// The task that waits.
    pub task_id: TaskId,
    /// The task that it waits for.
    pub depends_on_task_id: TaskId,
    /// What kind of waiting.
    pub kind: DependencyKind,
    /// When the edge was made.
    pub created_at: Timestamp,
    /// The task that is waited for.
    pub depends_on: Reference,
}

/// A run in short: without metadata and result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RunSummary {
    /// The run.
    pub id: RunId,
    /// Its task.
    pub task_id: TaskId,
    /// Its status.
    pub status: RunStatus,
    /// The number of this try, from 1.
    pub attempt: u32,
    /// The failed run that it retries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_run_id: Option<RunId>,
    /// How it failed, where that is special.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub failure_kind: String,
    /// How often its task may be tried.
    pub max_attempts: u32,
    /// The session that works on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// Who claimed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_by: Option<ActorIdentity>,
    /// The hash of its claim token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim_token_hash: Option<ClaimTokenHash>,
    /// When its lease ends.
    #[serde(default, with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub lease_until: Option<Timestamp>,
    /// When its worker was heard of last.
    #[serde(default, with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub heartbeat_at: Option<Timestamp>,
    /// The channel on which its workers coordinate.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub coordination_channel_id: String,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// When it was claimed.
    #[serde(default, with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub claimed_at: Option<Timestamp>,
    /// When work on it started.
    #[serde(default, with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default, with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub ended_at: Option<Timestamp>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub error: String,
}

/// Everything about one task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "TaskView"))]
pub struct View {
    /// The task in short.
    pub summary: Summary,
    /// The record, with the derived status.
    pub task: Task,
    /// Its direct children.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Summary>,
    /// What it waits for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<Dependency>,
    /// The same, with the tasks that are waited for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependency_references: Vec<DependencyReference>,
    /// Its runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<Run>,
    /// Its audit events.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Event>,
}
