use serde::{Deserialize, Serialize};

use super::{ReviewPolicy, RunReview};
use crate::actor::ActorContext;
use crate::enumeration::Given;
use crate::id::{ReviewId, RunId, SessionId, TaskId};
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
