use serde::{Deserialize, Serialize};

use super::{MAX_REVIEW_REASON_BYTES, ReviewPolicy, RunReview, validate_selectors};
use crate::actor::ActorContext;
use crate::enumeration::Given;
use crate::error::{Result, TaskError};
use crate::id::{ReviewId, RunId, SessionId, TaskId};
use crate::rule::{join, require_positive, require_text, require_within, trimmed};
use crate::run::Run;
use crate::task::Task;
use crate::time::Timestamp;

/// Asks for a review of a finished run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct RunReviewRequest {
    /// The task of the run.
    pub task_id: TaskId,
    /// The finished run.
    pub run_id: RunId,
    /// The round; 0 means the first.
    #[serde(skip_serializing_if = "crate::json::is_default")]
    pub review_round: i64,
    /// The reviewer's try within the round; 0 means the first.
    #[serde(skip_serializing_if = "crate::json::is_default")]
    pub attempt: i64,
    /// The policy that must cover the run's status; blank means `always`.
    #[serde(skip_serializing_if = "Given::is_blank")]
    pub policy: Given<ReviewPolicy>,
    /// The review of the round before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_review_id: Option<ReviewId>,
    /// Why a review is wanted.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Until when an answer is wanted.
    #[serde(with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub deadline_at: Option<Timestamp>,
}

impl RunReviewRequest {
    /// The canonical form: text trimmed, a blank policy taken as `always`, round
    /// and attempt 0 as 1.
    #[must_use]
    pub fn normalize(self) -> Self {
        let first = |number: i64| if number == 0 { 1 } else { number };
        Self {
            task_id: self.task_id.trimmed(),
            run_id: self.run_id.trimmed(),
            review_round: first(self.review_round),
            attempt: first(self.attempt),
            policy: self.policy.or(ReviewPolicy::Always),
            parent_review_id: self.parent_review_id.and_then(|id| id.non_blank()),
            reason: trimmed(self.reason),
            deadline_at: self.deadline_at,
        }
    }

    /// Checks the rules of form of a normalized request.
    ///
    /// # Errors
    ///
    /// `validation` at the first field at fault, under `path`.
    pub fn validate(&self, path: &str) -> Result<()> {
        require_text(self.task_id.as_str(), path, "task_id")?;
        require_text(self.run_id.as_str(), path, "run_id")?;
        let policy_path = join(path, "policy");
        if self.policy.require(&policy_path)? == ReviewPolicy::None {
            return Err(TaskError::validation(&policy_path, "cannot be \"none\""));
        }
        require_positive(self.review_round, path, "review_round")?;
        require_positive(self.attempt, path, "attempt")?;
        require_within(self.reason.trim(), MAX_REVIEW_REASON_BYTES, path, "reason")
    }
}

/// Binds a reviewer session to an open review.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct BindRunReviewSessionRequest {
    /// The review.
    pub review_id: ReviewId,
    /// The session that will review.
    pub session_id: SessionId,
    /// The agent behind the session.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reviewer_agent_name: String,
    /// The network peer behind the session.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reviewer_peer_id: String,
    /// The channel on which the review is held.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reviewer_channel_id: String,
}

impl BindRunReviewSessionRequest {
    /// The canonical form: text trimmed.
    #[must_use]
    pub fn normalize(self) -> Self {
        Self {
            review_id: self.review_id.trimmed(),
            session_id: self.session_id.trimmed(),
            reviewer_agent_name: trimmed(self.reviewer_agent_name),
            reviewer_peer_id: trimmed(self.reviewer_peer_id),
            reviewer_channel_id: trimmed(self.reviewer_channel_id),
        }
    }

    /// Checks the rules of form of the request. The length of the session id is
    /// checked with the review that is stored.
    ///
    /// # Errors
    ///
    /// `validation` at the first field at fault, under `path`.
    pub fn validate(&self, path: &str) -> Result<()> {
        require_text(self.review_id.as_str(), path, "review_id")?;
        require_text(self.session_id.as_str(), path, "session_id")?;
        validate_selectors(
            [
                ("reviewer_agent_name", self.reviewer_agent_name.as_str()),
                ("reviewer_peer_id", &self.reviewer_peer_id),
                ("reviewer_channel_id", &self.reviewer_channel_id),
            ],
            path,
        )
    }
}

/// A review and the session that is bound to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RunReviewBinding {
    /// The review.
    pub review: RunReview,
    /// The session that reviews.
    pub session_id: SessionId,
    /// The agent behind the session.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reviewer_agent_name: String,
    /// The network peer behind the session.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reviewer_peer_id: String,
    /// The channel on which the review is held.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reviewer_channel_id: String,
}

/// What an observer of review requests is told, once per new review, after the
/// audit event is stored. Has no JSON form.
#[derive(Debug, Clone, PartialEq)]
pub struct RunReviewRequestedNotification {
    /// The new review.
    pub review: RunReview,
    /// The task of the run.
    pub task: Task,
    /// The run to review.
    pub run: Run,
    /// Who asked.
    pub actor: ActorContext,
}

/// Hears of new reviews, so that a router need not watch the audit log.
///
/// It is called once per new review, after the commit; a repeated request calls
/// nobody. What it does changes nothing about the request's answer.
pub trait RunReviewRequestedObserver {
    /// A review was requested. The run is as it was before the request linked it
    /// to the review.
    fn review_requested(&mut self, notification: &RunReviewRequestedNotification);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::enumeration::Enumeration;

    fn request() -> RunReviewRequest {
        RunReviewRequest {
            task_id: " task-1 ".into(),
            run_id: "run-1".into(),
            ..RunReviewRequest::default()
        }
        .normalize()
    }

    #[track_caller]
    fn refused(request: &RunReviewRequest, detail: &str) {
        assert_eq!(request.validate("run_review_request").unwrap_err().detail(), detail);
    }

    #[test]
    fn normalizing_fills_policy_round_and_attempt() {
        let request = request();
        assert_eq!(request.task_id, "task-1".into());
        assert_eq!(request.policy, ReviewPolicy::Always.into());
        assert_eq!((request.review_round, request.attempt), (1, 1));
        assert!(request.validate("run_review_request").is_ok());
    }

    #[test]
    fn every_policy_but_none_can_be_requested() {
        for policy in ReviewPolicy::ALL {
            let request = RunReviewRequest { policy: (*policy).into(), ..request() };
            let allowed = *policy != ReviewPolicy::None;
            assert_eq!(request.validate("p").is_ok(), allowed, "{policy}");
        }
    }

    #[test]
    fn checks_come_in_order() {
        let request = RunReviewRequest {
            policy: "none".into(),
            review_round: -1,
            attempt: -1,
            reason: "x".repeat(4097),
            ..RunReviewRequest::default()
        };
        refused(&request, "run_review_request.task_id is required");
        let request = RunReviewRequest { task_id: "task-1".into(), ..request };
        refused(&request, "run_review_request.run_id is required");
        let request = RunReviewRequest { run_id: "run-1".into(), ..request };
        refused(&request, "run_review_request.policy cannot be \"none\"");
        let request = RunReviewRequest { policy: "sometimes".into(), ..request };
        refused(
            &request,
            "run_review_request.policy must be one of \"none\", \"on_success\", \"on_failure\", \
             or \"always\": \"sometimes\"",
        );
        let request = RunReviewRequest { policy: "on_failure".into(), ..request };
        refused(&request, "run_review_request.review_round must be positive: -1");
        let request = RunReviewRequest { review_round: 2, ..request };
        refused(&request, "run_review_request.attempt must be positive: -1");
        let request = RunReviewRequest { attempt: 3, ..request };
        refused(&request, "run_review_request.reason exceeds 4096 bytes");
        let request = RunReviewRequest { reason: "x".repeat(4096), ..request };
        assert!(request.validate("run_review_request").is_ok());
    }

    #[test]
    fn a_request_may_leave_fields_out() {
        let request: RunReviewRequest = serde_json::from_str(r#"{"run_id":"run-1"}"#).unwrap();
        refused(&request, "run_review_request.task_id is required");
    }

    #[test]
    fn a_binding_names_review_and_session_and_bounds_the_reviewer() {
        let binding = BindRunReviewSessionRequest::default();
        let detail = |binding: &BindRunReviewSessionRequest| {
            binding.validate("run_review_binding").unwrap_err().detail().to_owned()
        };
        assert_eq!(detail(&binding), "run_review_binding.review_id is required");
        let binding = BindRunReviewSessionRequest { review_id: "review-1".into(), ..binding };
        assert_eq!(detail(&binding), "run_review_binding.session_id is required");
        let binding = BindRunReviewSessionRequest {
            session_id: "x".repeat(257).into(),
            reviewer_agent_name: format!(" {} ", "x".repeat(256)),
            ..binding
        }
        .normalize();
        assert!(binding.validate("run_review_binding").is_ok());
        assert_eq!(binding.reviewer_agent_name.len(), 256);
        let binding = BindRunReviewSessionRequest { reviewer_peer_id: "x".repeat(257), ..binding };
        assert_eq!(detail(&binding), "run_review_binding.reviewer_peer_id exceeds 256 bytes");
        let binding = BindRunReviewSessionRequest {
            reviewer_peer_id: String::new(),
            reviewer_channel_id: "x".repeat(257),
            ..binding
        };
        assert_eq!(detail(&binding), "run_review_binding.reviewer_channel_id exceeds 256 bytes");
    }
}
