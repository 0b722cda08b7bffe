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
#[cfg_attr(test, derive(ts_rs::TS))]
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
    /// Whether a run is queued by itself once the last blocker is completed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub auto_enqueue_on_ready: bool,
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
            auto_enqueue_on_ready: self.auto_enqueue_on_ready,
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::actor::OwnerKind;
    use crate::error::ErrorKind;

    fn request() -> CreateTask {
        CreateTask { scope: Scope::Global.into(), title: "write".into(), ..CreateTask::default() }
    }

    fn refused(request: CreateTask) -> (ErrorKind, String) {
        let error = request.normalize().validate("create_task").unwrap_err();
        (error.kind(), error.detail().to_owned())
    }

    #[test]
    fn defaults_are_filled_in() {
        let normal = request().normalize();
        assert_eq!(normal.priority, Priority::Medium.into());
        assert_eq!(normal.approval_policy, ApprovalPolicy::None.into());
        assert_eq!(normal.max_attempts, Some(3));
        assert_eq!(normal.validate("create_task"), Ok(()));
    }

    #[test]
    fn text_is_trimmed_and_blank_ids_are_absent() {
        let normal = CreateTask {
            id: Some(" t ".into()),
            workspace_id: Some(" ".into()),
            parent_task_id: Some("\t".into()),
            identifier: " APP-1 ".into(),
            title: " write ".into(),
            description: " it ".into(),
            network_channel: " dev ".into(),
            scope: " GLOBAL".into(),
            priority: " High ".into(),
            owner: Some(OwnerSpec::new(" ", "")),
            ..CreateTask::default()
        }
        .normalize();
        assert_eq!(normal.id, Some("t".into()));
        assert_eq!((normal.workspace_id.clone(), normal.parent_task_id.clone()), (None, None));
        assert_eq!((normal.identifier.as_str(), normal.title.as_str()), ("APP-1", "write"));
        assert_eq!((normal.description.as_str(), normal.network_channel.as_str()), ("it", "dev"));
        assert_eq!((normal.scope.raw(), normal.priority.raw()), ("global", "high"));
        assert_eq!(normal.owner, None);
        assert_eq!(normal.validate("create_task"), Ok(()));
    }

    #[test]
    fn an_explicit_budget_of_zero_is_refused() {
        let with = |max_attempts| CreateTask { max_attempts: Some(max_attempts), ..request() };
        for fine in [1, 10] {
            assert_eq!(with(fine).validate("create_task"), Ok(()));
        }
        for wrong in [-1, 0, 11] {
            assert_eq!(refused(with(wrong)).0, ErrorKind::Validation);
        }
    }

    #[test]
    fn each_field_is_named_when_it_is_at_fault() {
        let cases = [
            (CreateTask { scope: "".into(), ..request() }, "create_task.scope is required"),
            (CreateTask { title: " ".into(), ..request() }, "create_task.title is required"),
            (
                CreateTask { id: Some("t".into()), parent_task_id: Some(" t".into()), ..request() },
                "create_task.parent_task_id cannot equal create_task.id",
            ),
            (
                CreateTask { owner: Some(OwnerSpec::new(OwnerKind::Human, " ")), ..request() },
                "create_task.owner.ref is required",
            ),
            (
                CreateTask { priority: "soon".into(), ..request() },
                r#"create_task.priority must be one of "low", "medium", "high", or "urgent": "soon""#,
            ),
            (
                CreateTask { approval_policy: "maybe".into(), ..request() },
                r#"create_task.approval_policy must be "none" or "manual": "maybe""#,
            ),
            (
                CreateTask { metadata: RawJson::from_text("{"), ..request() },
                "create_task.metadata must contain valid JSON",
            ),
        ];
        for (request, text) in cases {
            assert_eq!(refused(request), (ErrorKind::Validation, text.to_owned()));
        }
        let unbound = CreateTask { scope: Scope::Workspace.into(), ..request() };
        assert_eq!(refused(unbound).0, ErrorKind::InvalidScopeBinding);
    }

    #[test]
    fn the_first_violation_is_the_one_that_is_told() {
        let wrong =
            CreateTask { max_attempts: Some(0), priority: "x".into(), ..CreateTask::default() };
        assert_eq!(refused(wrong.clone()).1, "create_task.scope is required");
        let wrong = CreateTask { scope: Scope::Global.into(), ..wrong };
        assert_eq!(refused(wrong.clone()).1, "create_task.title is required");
        let wrong = CreateTask { title: "t".into(), ..wrong };
        assert!(refused(wrong).1.starts_with("create_task.priority"));
    }

    #[test]
    fn a_null_document_is_a_document() {
        let request: CreateTask = serde_json::from_str(r#"{"metadata":null}"#).unwrap();
        assert_eq!(request.metadata, RawJson::from_text("null"));
        let request: CreateTask = serde_json::from_str("{}").unwrap();
        assert_eq!(request, CreateTask::default());
        assert_eq!(serde_json::to_string(&request).unwrap(), r#"{"scope":"","title":""}"#);
    }
}
