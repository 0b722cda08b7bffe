//! Tasks: what is to be done, in which scope, under whose name, and where it
//! stands.

mod approval;
mod create;
mod limit;
mod patch;
mod scope;

use serde::{Deserialize, Serialize};

pub use approval::{ApprovalPolicy, ApprovalState, validate_approval_semantics};
pub use create::CreateTask;
pub use limit::{
    DEFAULT_TASK_MAX_ATTEMPTS, MAX_DEPENDENCY_COUNT, MAX_DIRECT_CHILDREN, MAX_HIERARCHY_DEPTH,
    MAX_TASK_MAX_ATTEMPTS, validate_dependency_count, validate_direct_child_count,
    validate_hierarchy_depth,
};
pub use patch::Patch;
pub use scope::{Scope, validate_scope_binding};

use crate::actor::{ActorIdentity, Origin, Ownership};
use crate::enumeration::enumeration;
use crate::error::{ErrorKind, Result, TaskError};
use crate::id::{RunId, Sequence, TaskId, WorkspaceId};
use crate::json::{RawJson, SizeClass};
use crate::rule::{require_text, trimmed};
use crate::time::Timestamp;

enumeration! {
    /// Where a task stands. Derived by the engine from approval, dependencies and
    /// runs; nobody sets it.
    #[cfg_attr(test, ts(rename = "TaskStatus"))]
    pub enum Status: listed {
        /// Written down, not yet published. Left by publishing or canceling.
        Draft = "draft",
        /// On its way from draft to a derived status.
        Pending = "pending",
        /// Held back by a dependency or an approval.
        Blocked = "blocked",
        /// Free to run.
        Ready = "ready",
        /// A run is starting or running.
        InProgress = "in_progress",
        /// Its latest run completed.
        Completed = "completed",
        /// Its latest run failed and no attempt is left.
        Failed = "failed",
        /// Canceled, itself or by its latest run.
        Canceled = "canceled",
    }
}

impl Status {
    /// Whether the task has ended: completed, failed or canceled.
    pub const fn is_terminal(self) -> bool {
        match self {
            Status::Completed | Status::Failed | Status::Canceled => true,
            Status::Draft
            | Status::Pending
            | Status::Blocked
            | Status::Ready
            | Status::InProgress => false,
        }
    }
}

enumeration! {
    /// How soon a task should be done, compared with others.
    pub enum Priority: listed {
        /// After everything else.
        Low = "low",
        /// The default.
        Medium = "medium",
        /// Before medium.
        High = "high",
        /// Before everything else.
        Urgent = "urgent",
    }
}

impl Priority {
    /// The number that claim criteria compare with `priority_min`.
    pub const fn rank(self) -> i64 {
        match self {
            Priority::Low => 10,
            Priority::Medium => 20,
            Priority::High => 30,
            Priority::Urgent => 40,
        }
    }
}

/// A task as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Task {
    /// The task's id.
    pub id: TaskId,
    /// A name for people (`APP-12`), not necessarily unique.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub identifier: String,
    /// Where the task lives. Fixed at creation.
    pub scope: Scope,
    /// The workspace of a workspace task. Fixed at creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    /// The task that this one is a part of. Fixed at creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_task_id: Option<TaskId>,
    /// The network channel that its runs talk in.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub network_channel: String,
    /// What is to be done, in a line.
    pub title: String,
    /// What is to be done, at length.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// How soon it should be done.
    #[serde(default = "medium")]
    pub priority: Priority,
    /// How many runs may fail before the task does.
    #[serde(default = "default_max_attempts")]
    pub max_attempts: u32,
    /// Whether a run is queued by itself once the last task that this one waits
    /// for is completed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub auto_enqueue_on_ready: bool,
    /// Where the task stands.
    pub status: Status,
    /// Whether it needs an approval.
    #[serde(default = "no_approval")]
    pub approval_policy: ApprovalPolicy,
    /// Where the approval stands.
    #[serde(default = "not_required")]
    pub approval_state: ApprovalState,
    /// Whom it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Ownership>,
    /// Its claimed, starting or running run: a projection that the store keeps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_run_id: Option<RunId>,
    /// The number of its newest event: a projection that the store keeps.
    #[serde(default)]
    pub latest_event_seq: Sequence,
    /// Whether the task itself is paused; its ancestors may be too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub paused: bool,
    /// Who paused it: `<actor kind>:<actor ref>`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub paused_by: String,
    /// When it was paused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_at: Option<Timestamp>,
    /// Why it was paused.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub paused_reason: String,
    /// Who created it. Fixed at creation.
    pub created_by: ActorIdentity,
    /// Through which door it was created. Fixed at creation.
    pub origin: Origin,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its record last changed.
    pub updated_at: Timestamp,
    /// When it ended.
    #[serde(default, with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub closed_at: Option<Timestamp>,
    /// A document of the caller's own, kept byte for byte.
    #[serde(
        default,
        deserialize_with = "crate::json::keep_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub metadata: Option<RawJson>,
}

fn medium() -> Priority {
    Priority::Medium
}

fn default_max_attempts() -> u32 {
    DEFAULT_TASK_MAX_ATTEMPTS
}

fn no_approval() -> ApprovalPolicy {
    ApprovalPolicy::None
}

fn not_required() -> ApprovalState {
    ApprovalState::NotRequired
}

/// The fields that are fixed at creation, in the order in which a difference is
/// reported.
pub const IMMUTABLE_TASK_FIELDS: [&str; 5] =
    ["created_by", "origin", "scope", "workspace_id", "parent_task_id"];

/// The fields that a patch may change, in the order of `changed_fields`.
pub const MUTABLE_TASK_FIELDS: [&str; 9] = [
    "title",
    "description",
    "priority",
    "max_attempts",
    "auto_enqueue_on_ready",
    "approval_policy",
    "metadata",
    "network_channel",
    "owner",
];

/// Whether the field is fixed at creation. The name is compared exactly.
pub fn is_immutable_task_field(field: &str) -> bool {
    IMMUTABLE_TASK_FIELDS.contains(&field)
}

/// Whether a patch may change the field. The name is compared exactly.
pub fn is_mutable_task_field(field: &str) -> bool {
    MUTABLE_TASK_FIELDS.contains(&field)
}

impl Task {
    /// The canonical form of the record: text trimmed, blank ids and owners
    /// absent, an attempt budget of 0 replaced by the default.
    #[must_use]
    pub fn normalize(self) -> Self {
        let owner = self.owner.map(Ownership::normalize);
        Self {
            id: self.id.trimmed(),
            identifier: trimmed(self.identifier),
            workspace_id: self.workspace_id.and_then(|id| id.non_blank()),
            parent_task_id: self.parent_task_id.and_then(|id| id.non_blank()),
            network_channel: trimmed(self.network_channel),
            title: trimmed(self.title),
            description: trimmed(self.description),
            max_attempts: match self.max_attempts {
                0 => DEFAULT_TASK_MAX_ATTEMPTS,
                given => given,
            },
            owner,
            current_run_id: self.current_run_id.and_then(|id| id.non_blank()),
            paused_by: trimmed(self.paused_by),
            paused_reason: trimmed(self.paused_reason),
            created_by: self.created_by.normalize(),
            origin: self.origin.normalize(),
            ..self
        }
    }

    /// Checks the rules of form of the record.
    ///
    /// # Errors
    ///
    /// `validation`, `invalid_scope_binding` or `payload_too_large` at the first
    /// field at fault, under `task`.
    pub fn validate(&self) -> Result<()> {
        require_text(self.id.as_str(), "task", "id")?;
        scope::bind(self.scope, self.workspace_id.as_ref(), "task")?;
        let parent = self.parent_task_id.as_ref().and_then(TaskId::non_blank);
        if parent.is_some_and(|parent| parent == self.id.trimmed()) {
            return Err(TaskError::validation("task.parent_task_id", "cannot equal task.id"));
        }
        require_text(&self.title, "task", "title")?;
        if self.status == Status::Draft && self.closed_at.is_some() {
            let rest = "must be empty while task.status is \"draft\"";
            return Err(TaskError::validation("task.closed_at", rest));
        }
        if self.max_attempts != 0 {
            limit::validate_max_attempts(i64::from(self.max_attempts), "task")?;
        }
        validate_approval_semantics(
            &self.approval_policy.into(),
            &self.approval_state.into(),
            "task",
        )?;
        self.created_by.validate("task.created_by")?;
        self.origin.validate("task.origin")?;
        if let Some(owner) = &self.owner {
            owner.validate("task.owner")?;
        }
        SizeClass::Metadata.validate(self.metadata.as_ref(), "task.metadata")
    }

    /// Checks that a changed record keeps the fields that are fixed at creation.
    ///
    /// # Errors
    ///
    /// `immutable_field`, naming the first field that differs from `stored`.
    pub fn require_fixed_fields_of(&self, stored: &Task) -> Result<()> {
        let workspace = |task: &Task| task.workspace_id.as_ref().and_then(WorkspaceId::non_blank);
        let parent = |task: &Task| task.parent_task_id.as_ref().and_then(TaskId::non_blank);
        let same = [
            self.created_by.is_same(&stored.created_by),
            self.origin.is_same(&stored.origin),
            self.scope == stored.scope,
            workspace(self) == workspace(stored),
            parent(self) == parent(stored),
        ];
        match IMMUTABLE_TASK_FIELDS.iter().zip(same).find(|(_, same)| !same) {
            Some((field, _)) => Err(TaskError::at(ErrorKind::ImmutableField, *field, *field)),
            None => Ok(()),
        }
    }

    /// Checks that a child of this task may live in the given scope. A workspace
    /// task only has children in its own workspace; a global one has no rule.
    ///
    /// # Errors
    ///
    /// `validation` at `create_task.scope` or `create_task.workspace_id`.
    pub fn require_child_scope(&self, scope: Scope, workspace: Option<&WorkspaceId>) -> Result<()> {
        if self.scope == Scope::Global {
            return Ok(());
        }
        if scope != Scope::Workspace {
            let rest = "must be \"workspace\" under a parent with scope \"workspace\"";
            return Err(TaskError::validation("create_task.scope", rest));
        }
        if workspace.map(WorkspaceId::trimmed) != self.workspace_id {
            let rest = "must equal the workspace of the parent task";
            return Err(TaskError::validation("create_task.workspace_id", rest));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
