use serde::{Deserialize, Serialize};

use super::{ReviewPolicy, RunReviewOutcome, RunReviewStatus};
use crate::actor::ActorIdentity;
use crate::id::{ReviewId, RunId, SessionId, TaskId};
use crate::json::RawJson;
use crate::time::Timestamp;

/// One review of a finished run. Unique by run, round and attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunReview {
    /// The review's own id.
    pub review_id: ReviewId,
    /// The task of the reviewed run.
    pub task_id: TaskId,
    /// The reviewed run.
    pub run_id: RunId,
    /// The review of the round before, where the requester named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_review_id: Option<ReviewId>,
    /// The policy under which the review was requested.
    pub policy: ReviewPolicy,
    /// The round of work and review that this belongs to, from 1.
    pub review_round: i64,
    /// The reviewer's try within the round, from 1. Has nothing to do with the
    /// attempts of runs.
    pub attempt: i64,
    /// How far the review has come.
    pub status: RunReviewStatus,
    /// What the reviewer found; set once recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<RunReviewOutcome>,
    /// How sure the reviewer is, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// Why the review was requested; after recording, why the outcome is as it is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The reviewer's own id of the verdict, by which a repeated delivery is
    /// recognized.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub delivery_id: String,
    /// What is still to be done: a JSON array.
    #[serde(
        default,
        deserialize_with = "crate::json::keep_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub missing_work: Option<RawJson>,
    /// Advice to the worker of the next round.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub next_round_guidance: String,
    /// The whole review.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub review_text: String,
    /// The session that reviews.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewer_session_id: Option<SessionId>,
    /// The agent that reviews.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reviewer_agent_name: String,
    /// The network peer that reviews.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reviewer_peer_id: String,
    /// The channel on which the review is held.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reviewer_channel_id: String,
    /// Who recorded the verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewed_by: Option<ActorIdentity>,
    /// When the review was requested.
    pub requested_at: Timestamp,
    /// When the review was offered to a reviewer.
    #[serde(default, with = "crate::time::always")]
    pub routed_at: Option<Timestamp>,
    /// When the first reviewer was bound.
    #[serde(default, with = "crate::time::always")]
    pub started_at: Option<Timestamp>,
    /// When the verdict was recorded.
    #[serde(default, with = "crate::time::always")]
    pub reviewed_at: Option<Timestamp>,
    /// Until when an answer is wanted. Kept only; nothing happens at that time.
    #[serde(default, with = "crate::time::always")]
    pub deadline_at: Option<Timestamp>,
    /// When the record was made.
    pub created_at: Timestamp,
    /// When the record changed last.
    pub updated_at: Timestamp,
}
