//! Payloads of events about tasks.

use super::payloads;
use crate::actor::{ActorKind, Ownership};
use crate::dependency::DependencyKind;
use crate::id::{RunId, TaskId, WorkspaceId};
use crate::json::RawJson;
use crate::profile::{CoordinatorMode, SandboxMode, WorkerMode};
use crate::task::{ApprovalState, Scope, Status};

payloads! {
    TASK_CREATED =>
    /// A task came into being.
    pub struct TaskCreated {
        /// Where it lives.
        pub scope: Scope,
        /// Its workspace.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub workspace_id: Option<WorkspaceId>,
        /// Its parent.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub parent_task_id: Option<TaskId>,
        /// Where it stands at first.
        pub status: Status,
        /// Its network channel.
        #[serde(skip_serializing_if = "String::is_empty")]
        pub network_channel: String,
        /// Its owner.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub owner: Option<Ownership>,
    }

    TASK_UPDATED =>
    /// Mutable fields changed.
    pub struct TaskUpdated {
        /// Which, in the order of [`crate::task::MUTABLE_TASK_FIELDS`].
        pub changed_fields: Vec<&'static str>,
        /// Where the task stands afterwards.
        pub status: Status,
    }

    TASK_PUBLISHED =>
    /// A draft was published.
    pub struct TaskPublished {
        /// Where the task stood.
        pub previous_status: Status,
        /// Where it stands.
        pub status: Status,
        /// Where its approval stands.
        pub approval_state: ApprovalState,
    }

    TASK_APPROVED =>
    /// Somebody approved.
    pub struct TaskApproved {
        /// Where the approval stood.
        pub previous_approval_state: ApprovalState,
        /// Where it stands.
        pub approval_state: ApprovalState,
        /// Where the task stands.
        pub status: Status,
    }

    TASK_REJECTED =>
    /// Somebody rejected.
    pub struct TaskRejected {
        /// Where the approval stood.
        pub previous_approval_state: ApprovalState,
        /// Where it stands.
        pub approval_state: ApprovalState,
        /// Where the task stands.
        pub status: Status,
    }

    TASK_CHILD_CREATED =>
    /// The task got a child.
    pub struct TaskChildCreated {
        /// The child.
        pub child_task_id: TaskId,
        /// Where it lives.
        pub child_scope: Scope,
        /// Its workspace.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub child_workspace_id: Option<WorkspaceId>,
    }

    TASK_DEPENDENCY_ADDED =>
    /// The task waits for another one.
    pub struct TaskDependencyAdded {
        /// The other one.
        pub depends_on_task_id: TaskId,
        /// What the edge means.
        pub kind: DependencyKind,
        /// Where the task stands afterwards.
        pub status: Status,
    }

    TASK_DEPENDENCY_REMOVED =>
    /// The task no longer waits for another one.
    pub struct TaskDependencyRemoved {
        /// The other one.
        pub depends_on_task_id: TaskId,
        /// What the edge meant.
        pub kind: DependencyKind,
        /// Where the task stands afterwards.
        pub status: Status,
    }

    TASK_CANCELED =>
    /// The task was canceled.
    pub struct TaskCanceled {
        /// Why.
        #[serde(skip_serializing_if = "String::is_empty")]
        pub reason: String,
        /// The caller's document.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub metadata: Option<RawJson>,
        /// Where the task stands afterwards.
        pub status: Status,
        /// The ancestor that was canceled, where it was not the task itself.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub propagated_from_task_id: Option<TaskId>,
        /// The open runs that were canceled with it.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        pub canceled_run_ids: Vec<RunId>,
    }

    TASK_PAUSED =>
    /// The task was paused.
    pub struct TaskPaused {
        /// Whether somebody asked for it.
        pub manual: bool,
        /// What kind of identity.
        pub actor_kind: ActorKind,
        /// Its ref.
        #[serde(skip_serializing_if = "String::is_empty")]
        pub actor_id: String,
        /// Whether it was paused before.
        pub previous_paused: bool,
        /// Whether it is paused.
        pub paused: bool,
        /// Why.
        #[serde(skip_serializing_if = "String::is_empty")]
        pub reason: String,
        /// The caller's document.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub metadata: Option<RawJson>,
    }

    TASK_RESUMED =>
    /// The paused task goes on.
    pub struct TaskResumed {
        /// Whether somebody asked for it.
        pub manual: bool,
        /// What kind of identity.
        pub actor_kind: ActorKind,
        /// Its ref.
        #[serde(skip_serializing_if = "String::is_empty")]
        pub actor_id: String,
        /// Whether it was paused before.
        pub previous_paused: bool,
        /// Whether it is paused.
        pub paused: bool,
        /// The caller's document.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub metadata: Option<RawJson>,
    }

    EXECUTION_PROFILE_UPDATED =>
    /// The execution profile was written.
    pub struct ExecutionProfileUpdated {
        /// The task.
        pub task_id: TaskId,
        /// How the coordinator is chosen.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub coordinator_mode: Option<CoordinatorMode>,
        /// How the worker is chosen.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub worker_mode: Option<WorkerMode>,
        /// How the sandbox is chosen.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub sandbox_mode: Option<SandboxMode>,
    }

    EXECUTION_PROFILE_DELETED =>
    /// The execution profile was removed.
    pub struct ExecutionProfileDeleted {
        /// The task.
        pub task_id: TaskId,
    }
}
