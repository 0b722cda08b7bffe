//! What callers look for. Blank filters do not filter; a limit of 0 means all.

use serde::{Deserialize, Serialize};

use crate::actor::OwnerKind;
use crate::enumeration::Given;
use crate::error::Result;
use crate::event::EventType;
use crate::id::{RunId, Sequence, SessionId, TaskId, WorkspaceId};
use crate::review::RunReviewStatus;
use crate::rule::{is_zero, join, require_non_negative, require_text, trimmed};
use crate::run::RunStatus;
use crate::task::{ApprovalState, Priority, Scope, Status, validate_scope_binding};

/// A search for tasks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "TaskQuery"))]
#[serde(default)]
pub struct Query {
    /// The scope. `workspace` needs `workspace_id` beside it.
    #[serde(skip_serializing_if = "Given::is_blank")]
    pub scope: Given<Scope>,
    /// The workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    /// The stored status.
    #[serde(skip_serializing_if = "Given::is_blank")]
    pub status: Given<Status>,
    /// The priority.
    #[serde(skip_serializing_if = "Given::is_blank")]
    pub priority: Given<Priority>,
    /// Where the approval stands.
    #[serde(skip_serializing_if = "Given::is_blank")]
    pub approval_state: Given<ApprovalState>,
    /// The kind of the owner.
    #[serde(skip_serializing_if = "Given::is_blank")]
    pub owner_kind: Given<OwnerKind>,
    /// The ref of the owner, of whatever kind.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub owner_ref: String,
    /// The parent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_task_id: Option<TaskId>,
    /// The network channel.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub network_channel: String,
    /// A part of title or identifier, letter case ignored.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub search: String,
    /// How many at most.
    #[serde(skip_serializing_if = "is_zero")]
    pub limit: i64,
}

impl Query {
    /// The query with its filters trimmed.
    #[must_use]
    pub fn normalize(self) -> Self {
        Self {
            scope: self.scope.folded(),
            workspace_id: self.workspace_id.and_then(|id| id.non_blank()),
            status: self.status.folded(),
            priority: self.priority.folded(),
            approval_state: self.approval_state.folded(),
            owner_kind: self.owner_kind.folded(),
            owner_ref: trimmed(self.owner_ref),
            parent_task_id: self.parent_task_id.and_then(|id| id.non_blank()),
            network_channel: trimmed(self.network_channel),
            search: trimmed(self.search),
            limit: self.limit,
        }
    }

    /// Checks the rules of form, with fields named under `path`.
    ///
    /// # Errors
    ///
    /// `validation` or `invalid_scope_binding` at the first field at fault.
    pub fn validate(&self, path: &str) -> Result<()> {
        if !self.scope.is_blank() {
            validate_scope_binding(&self.scope, self.workspace_id.as_ref(), path)?;
        }
        self.status.optional(&join(path, "status"))?;
        self.priority.optional(&join(path, "priority"))?;
        self.approval_state.optional(&join(path, "approval_state"))?;
        self.owner_kind.optional(&join(path, "owner_kind"))?;
        require_non_negative(self.limit, path, "limit")
    }
}

/// A search for runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct RunQuery {
    /// The task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<TaskId>,
    /// The status.
    #[serde(skip_serializing_if = "Given::is_blank")]
    pub status: Given<RunStatus>,
    /// The session that works on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// The coordination channel.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub coordination_channel_id: String,
    /// How many at most.
    #[serde(skip_serializing_if = "is_zero")]
    pub limit: i64,
}

impl RunQuery {
    /// The query with its filters trimmed.
    #[must_use]
    pub fn normalize(self) -> Self {
        Self {
            task_id: self.task_id.and_then(|id| id.non_blank()),
            status: self.status.folded(),
            session_id: self.session_id.and_then(|id| id.non_blank()),
            coordination_channel_id: trimmed(self.coordination_channel_id),
            limit: self.limit,
        }
    }

    /// Checks the rules of form, with fields named under `path`.
    ///
    /// # Errors
    ///
    /// `validation` at the first field at fault.
    pub fn validate(&self, path: &str) -> Result<()> {
        self.status.optional(&join(path, "status"))?;
        require_non_negative(self.limit, path, "limit")
    }
}

/// A search for events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EventQuery {
    /// The task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<TaskId>,
    /// The run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// The type.
    #[serde(skip_serializing_if = "EventType::is_blank")]
    pub event_type: EventType,
    /// How many at most.
    #[serde(skip_serializing_if = "is_zero")]
    pub limit: i64,
}

impl EventQuery {
    /// The query with its filters trimmed.
    #[must_use]
    pub fn normalize(self) -> Self {
        Self {
            task_id: self.task_id.and_then(|id| id.non_blank()),
            run_id: self.run_id.and_then(|id| id.non_blank()),
            event_type: self.event_type.trimmed(),
            limit: self.limit,
        }
    }

    /// Checks the rules of form, with fields named under `path`.
    ///
    /// # Errors
    ///
    /// `validation` at `<path>.limit`.
    pub fn validate(&self, path: &str) -> Result<()> {
        require_non_negative(self.limit, path, "limit")
    }
}

/// A search for the numbered events of one task.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EventRecordQuery {
    /// The task; required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<TaskId>,
    /// Only events after this number.
    #[serde(skip_serializing_if = "Sequence::is_zero")]
    pub after_sequence: Sequence,
    /// How many at most.
    #[serde(skip_serializing_if = "is_zero")]
    pub limit: i64,
    /// Newest first.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub descending: bool,
}

impl EventRecordQuery {
    /// The query with its filters trimmed.
    #[must_use]
    pub fn normalize(self) -> Self {
        Self { task_id: self.task_id.and_then(|id| id.non_blank()), ..self }
    }

    /// Checks the rules of form, with fields named under `path`.
    ///
    /// # Errors
    ///
    /// `validation` at the first field at fault.
    pub fn validate(&self, path: &str) -> Result<()> {
        require_text(self.task_id.as_ref().map_or("", TaskId::as_str), path, "task_id")?;
        require_non_negative(self.after_sequence.get(), path, "after_sequence")?;
        require_non_negative(self.limit, path, "limit")
    }
}

/// The part of a task's timeline that is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct TimelineQuery {
    /// Only events after this number.
    #[serde(skip_serializing_if = "Sequence::is_zero")]
    pub after_sequence: Sequence,
    /// How many at most.
    #[serde(skip_serializing_if = "is_zero")]
    pub limit: i64,
}

impl TimelineQuery {
    /// Checks the rules of form, with fields named under `path`.
    ///
    /// # Errors
    ///
    /// `validation` at the first field at fault.
    pub fn validate(&self, path: &str) -> Result<()> {
        require_non_negative(self.after_sequence.get(), path, "after_sequence")?;
        require_non_negative(self.limit, path, "limit")
    }
}

/// Where a live stream of a task's events begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct StreamQuery {
    /// Only events after this number.
    #[serde(skip_serializing_if = "Sequence::is_zero")]
    pub after_sequence: Sequence,
}

impl StreamQuery {
    /// Checks the rules of form, with fields named under `path`.
    ///
    /// # Errors
    ///
    /// `validation` at `<path>.after_sequence`.
    pub fn validate(&self, path: &str) -> Result<()> {
        require_non_negative(self.after_sequence.get(), path, "after_sequence")
    }
}

/// A search for reviews.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct RunReviewQuery {
    /// The task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<TaskId>,
    /// The reviewed run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// The status.
    #[serde(skip_serializing_if = "Given::is_blank")]
    pub status: Given<RunReviewStatus>,
    /// The session that reviews.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reviewer_session_id: Option<SessionId>,
    /// How many at most.
    #[serde(skip_serializing_if = "is_zero")]
    pub limit: i64,
}

impl RunReviewQuery {
    /// The query with its filters trimmed.
    #[must_use]
    pub fn normalize(self) -> Self {
        Self {
            task_id: self.task_id.and_then(|id| id.non_blank()),
            run_id: self.run_id.and_then(|id| id.non_blank()),
            status: self.status.folded(),
            reviewer_session_id: self.reviewer_session_id.and_then(|id| id.non_blank()),
            limit: self.limit,
        }
    }

    /// Checks the rules of form, with fields named under `path`.
    ///
    /// # Errors
    ///
    /// `validation` at the first field at fault.
    pub fn validate(&self, path: &str) -> Result<()> {
        self.status.optional(&join(path, "status"))?;
        require_non_negative(self.limit, path, "limit")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::error::ErrorKind;

    fn detail(result: Result<()>) -> String {
        result.unwrap_err().detail().to_owned()
    }

    #[test]
    fn a_query_without_filters_is_fine_and_empty_on_the_wire() {
        assert_eq!(Query::default().validate("task_query"), Ok(()));
        assert_eq!(serde_json::to_string(&Query::default()).unwrap(), "{}");
        assert_eq!(RunQuery::default().validate("task_run_query"), Ok(()));
        assert_eq!(serde_json::to_string(&RunQuery::default()).unwrap(), "{}");
        assert_eq!(EventQuery::default().validate("task_event_query"), Ok(()));
        assert_eq!(serde_json::to_string(&EventQuery::default()).unwrap(), "{}");
        assert_eq!(TimelineQuery::default().validate("task_timeline_query"), Ok(()));
        assert_eq!(StreamQuery::default().validate("task_stream_query"), Ok(()));
        assert_eq!(RunReviewQuery::default().validate("run_review_query"), Ok(()));
        assert_eq!(serde_json::to_string(&RunReviewQuery::default()).unwrap(), "{}");
    }

    #[test]
    fn filters_are_trimmed_and_folded() {
        let query = Query {
            scope: " Global ".into(),
            workspace_id: Some(" ".into()),
            status: " READY ".into(),
            owner_kind: "Pool".into(),
            owner_ref: " p ".into(),
            search: " x ".into(),
            ..Query::default()
        }
        .normalize();
        assert_eq!((query.scope.known(), query.status.raw()), (Some(Scope::Global), "ready"));
        assert_eq!(
            (query.workspace_id.clone(), query.owner_kind.known()),
            (None, Some(OwnerKind::Pool))
        );
        assert_eq!((query.owner_ref.as_str(), query.search.as_str()), ("p", "x"));
        assert_eq!(query.validate("task_query"), Ok(()));
    }

    #[test]
    fn a_scope_filter_has_to_fit_its_workspace() {
        let query = |scope: &str, workspace: Option<&str>| Query {
            scope: scope.into(),
            workspace_id: workspace.map(WorkspaceId::from),
            ..Query::default()
        };
        assert_eq!(query("", Some("ws")).validate("q"), Ok(()));
        assert_eq!(query("workspace", Some("ws")).validate("q"), Ok(()));
        for unfit in [query("workspace", None), query("global", Some("ws"))] {
            assert_eq!(unfit.validate("q").unwrap_err().kind(), ErrorKind::InvalidScopeBinding);
        }
        assert_eq!(query("tenant", None).validate("q").unwrap_err().kind(), ErrorKind::Validation);
    }

    #[test]
    fn unknown_values_and_negative_numbers_are_named() {
        let cases = [
            (Query { status: "x".into(), ..Query::default() }, "q.status must be one of"),
            (Query { priority: "x".into(), ..Query::default() }, "q.priority must be one of"),
            (Query { approval_state: "x".into(), ..Query::default() }, "q.approval_state must be"),
            (Query { owner_kind: "x".into(), ..Query::default() }, "q.owner_kind has unsupported"),
            (Query { limit: -1, ..Query::default() }, "q.limit must be zero or positive: -1"),
        ];
        for (query, text) in cases {
            let refused = detail(query.validate("q"));
            assert!(refused.starts_with(text), "{refused}");
        }
        let run = RunQuery { limit: -1, ..RunQuery::default() };
        assert_eq!(detail(run.validate("q")), "q.limit must be zero or positive: -1");
        let run = RunQuery { status: "ready".into(), ..RunQuery::default() };
        assert!(detail(run.validate("q")).starts_with("q.status"));
        let event = EventQuery { limit: -1, ..EventQuery::default() };
        assert_eq!(detail(event.validate("q")), "q.limit must be zero or positive: -1");
        let review = RunReviewQuery { limit: -1, ..RunReviewQuery::default() };
        assert_eq!(detail(review.validate("q")), "q.limit must be zero or positive: -1");
        let review = RunReviewQuery { status: "x".into(), ..RunReviewQuery::default() };
        assert!(detail(review.validate("q")).starts_with("q.status"));
    }

    #[test]
    fn numbered_events_are_those_of_one_task() {
        let query = EventRecordQuery { task_id: Some(" t ".into()), ..Default::default() };
        assert_eq!(query.validate("q"), Ok(()));
        assert_eq!(query.clone().normalize().task_id, Some("t".into()));
        assert_eq!(detail(EventRecordQuery::default().validate("q")), "q.task_id is required");
        let blank = EventRecordQuery { task_id: Some(" ".into()), ..query.clone() };
        assert_eq!(detail(blank.validate("q")), "q.task_id is required");
        let before =
            EventRecordQuery { after_sequence: Sequence::new(-1), limit: -1, ..query.clone() };
        assert_eq!(detail(before.validate("q")), "q.after_sequence must be zero or positive: -1");
        let limit = EventRecordQuery { limit: -1, ..query };
        assert_eq!(detail(limit.validate("q")), "q.limit must be zero or positive: -1");
    }

    #[test]
    fn timelines_and_streams_begin_at_zero_or_later() {
        let before = Sequence::new(-1);
        let text = "q.after_sequence must be zero or positive: -1";
        let timeline = TimelineQuery { after_sequence: before, limit: -1 };
        assert_eq!(detail(timeline.validate("q")), text);
        let timeline = TimelineQuery { limit: -1, ..Default::default() };
        assert_eq!(detail(timeline.validate("q")), "q.limit must be zero or positive: -1");
        assert_eq!(detail(StreamQuery { after_sequence: before }.validate("q")), text);
    }
}
