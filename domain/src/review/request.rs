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
