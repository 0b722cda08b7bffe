use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::{
    MAX_NEXT_ROUND_GUIDANCE_BYTES, MAX_REVIEW_REASON_BYTES, MAX_REVIEW_TEXT_BYTES, ReviewPolicy,
    RunReviewOutcome, RunReviewStatus, missing_work_elements, normalize_missing_work,
    validate_confidence, validate_selectors,
};
use crate::actor::ActorIdentity;
use crate::error::{Result, TaskError};
use crate::id::{ReviewId, RunId, SessionId, TaskId};
use crate::json::RawJson;
use crate::rule::{require_positive, require_text, require_within, trimmed};
use crate::time::Timestamp;

const PATH: &str = "task_run_review";

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

impl RunReview {
    /// The canonical form of the record: text trimmed, blank ids absent, round and
    /// attempt 0 taken as 1, absent missing work as the empty list.
    ///
    /// # Errors
    ///
    /// As [`RunReview::validate`].
    pub fn normalize(self) -> Result<Self> {
        let first = |number: i64| if number == 0 { 1 } else { number };
        let review = Self {
            review_id: self.review_id.trimmed(),
            task_id: self.task_id.trimmed(),
            run_id: self.run_id.trimmed(),
            parent_review_id: self.parent_review_id.and_then(|id| id.non_blank()),
            review_round: first(self.review_round),
            attempt: first(self.attempt),
            reason: trimmed(self.reason),
            delivery_id: trimmed(self.delivery_id),
            missing_work: Some(normalize_missing_work(self.missing_work)),
            next_round_guidance: trimmed(self.next_round_guidance),
            review_text: trimmed(self.review_text),
            reviewer_session_id: self.reviewer_session_id.and_then(|id| id.non_blank()),
            reviewer_agent_name: trimmed(self.reviewer_agent_name),
            reviewer_peer_id: trimmed(self.reviewer_peer_id),
            reviewer_channel_id: trimmed(self.reviewer_channel_id),
            reviewed_by: self.reviewed_by.map(ActorIdentity::normalize),
            ..self
        };
        review.validate()?;
        Ok(review)
    }

    /// Checks the rules of form of the record. Only a recorded review needs an
    /// outcome; any other may carry one.
    ///
    /// # Errors
    ///
    /// `validation` or `payload_too_large` at the first field at fault, under
    /// `task_run_review`.
    pub fn validate(&self) -> Result<()> {
        require_text(self.review_id.as_str(), PATH, "review_id")?;
        require_text(self.task_id.as_str(), PATH, "task_id")?;
        require_text(self.run_id.as_str(), PATH, "run_id")?;
        if self.policy == ReviewPolicy::None && self.status != RunReviewStatus::Canceled {
            let rest = "cannot be \"none\" for active reviews";
            return Err(TaskError::validation("task_run_review.policy", rest));
        }
        require_positive(self.review_round, PATH, "review_round")?;
        require_positive(self.attempt, PATH, "attempt")?;
        if self.status == RunReviewStatus::Recorded && self.outcome.is_none() {
            return Err(TaskError::required("task_run_review.outcome"));
        }
        if let Some(confidence) = self.confidence {
            validate_confidence(confidence, PATH)?;
        }
        require_within(self.reason.trim(), MAX_REVIEW_REASON_BYTES, PATH, "reason")?;
        missing_work_elements::<IgnoredAny>(
            self.missing_work.as_ref(),
            PATH,
            "must be a JSON array",
        )?;
        require_within(
            self.next_round_guidance.trim(),
            MAX_NEXT_ROUND_GUIDANCE_BYTES,
            PATH,
            "next_round_guidance",
        )?;
        require_within(self.review_text.trim(), MAX_REVIEW_TEXT_BYTES, PATH, "review_text")?;
        let session = self.reviewer_session_id.as_ref().map_or("", SessionId::as_str);
        let parent = self.parent_review_id.as_ref().map_or("", ReviewId::as_str);
        validate_selectors(
            [
                ("reviewer_session_id", session),
                ("reviewer_agent_name", &self.reviewer_agent_name),
                ("reviewer_peer_id", &self.reviewer_peer_id),
                ("reviewer_channel_id", &self.reviewer_channel_id),
                ("parent_review_id", parent),
                ("delivery_id", &self.delivery_id),
            ],
            PATH,
        )?;
        match &self.reviewed_by {
            Some(reviewer) => reviewer.validate("task_run_review.reviewed_by"),
            None => Ok(()),
        }
    }
}
