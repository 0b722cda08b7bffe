//! The request for a new task.

use serde::{Deserialize, Serialize};

use super::limit::{DEFAULT_TASK_MAX_ATTEMPTS, validate_max_attempts};
use super::{ApprovalPolicy, Priority, Scope, validate_scope_binding};
use crate::actor::OwnerSpec;
use crate::enumeration::Given;
use crate::error::{Result, TaskError};
use crate::id::{TaskId, WorkspaceId};
use crate::json::{RawJson, SizeClass};
use crate::rule::{join, require_text, trimmed};

/// What a new task should be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateTask {
    /// The id; generated where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<TaskId>,
    /// A name for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub identifier: String,
    /// Where the task lives.
    pub scope: Given<Scope>,
    /// The workspace of a workspace task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    /// The task that this one is a part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_task_id: Option<TaskId>,
    /// The network channel that its runs talk in.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub network_channel: String,
    /// What is to be done, in a line.
    pub title: String,
    /// What is to be done, at length.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// How soon; `medium` where it is blank.
    #[serde(skip_serializing_if = "Given::is_blank")]
    pub priority: Given<Priority>,
    /// How many runs may fail; 3 where it is absent, and 0 is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<i64>,
    /// Whether the task waits to be published.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub draft: bool,
    /// Whether it needs an approval; `none` where it is blank.
    #[serde(skip_serializing_if = "Given::is_blank")]
    pub approval_policy: Given<ApprovalPolicy>,
    /// Whom it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerSpec>,
    /// A document of the caller's own.
    #[serde(deserialize_with = "crate::json::keep_null", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<RawJson>,
}

impl CreateTask {
    /// The request with its text trimmed, its defaults filled in and a zero owner
    /// left out. Unknown values stay for [`CreateTask::validate`] to refuse.
    #[must_use]
    pub fn normalize(self) -> Self {
        Self {
            id: self.id.and_then(|id| id.non_blank()),
            identifier: trimmed(self.identifier),
            scope: self.scope.folded(),
            workspace_id: self.workspace_id.and_then(|id| id.non_blank()),
            parent_task_id: self.parent_task_id.and_then(|id| id.non_blank()),
            network_channel: trimmed(self.network_channel),
            title: trimmed(self.title),
            description: trimmed(self.description),
            priority: self.priority.or(Priority::Medium),
            max_attempts: self.max_attempts.or(Some(i64::from(DEFAULT_TASK_MAX_ATTEMPTS))),
            draft: self.draft,
            approval_policy: self.approval_policy.or(ApprovalPolicy::None),
            owner: self.owner.filter(|owner| !owner.is_zero()),
            metadata: self.metadata,
        }
    }

    /// Checks the rules of form, with fields named under `path`.
    ///
    /// # Errors
    ///
    /// `validation`, `invalid_scope_binding` or `payload_too_large` at the first
    /// field at fault.
    pub fn validate(&self, path: &str) -> Result<()> {
        validate_scope_binding(&self.scope, self.workspace_id.as_ref(), path)?;
        require_text(&self.title, path, "title")?;
        if let (Some(id), Some(parent)) = (given(&self.id), given(&self.parent_task_id))
            && id == parent
        {
            let rest = format!("cannot equal {}", join(path, "id"));
            return Err(TaskError::validation(&join(path, "parent_task_id"), &rest));
        }
        if let Some(owner) = &self.owner {
            owner.resolve(&join(path, "owner"))?;
        }
        self.priority.optional(&join(path, "priority"))?;
        if let Some(max_attempts) = self.max_attempts {
            validate_max_attempts(max_attempts, path)?;
        }
        self.approval_policy.optional(&join(path, "approval_policy"))?;
        SizeClass::Metadata.validate(self.metadata.as_ref(), &join(path, "metadata"))
    }
}

fn given(id: &Option<TaskId>) -> Option<TaskId> {
    id.as_ref().and_then(TaskId::non_blank)
}
