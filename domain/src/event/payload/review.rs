//! Payloads of events about reviews.

use super::payloads;
use crate::event::EventType;
use crate::id::{ReviewId, RunId, SessionId};
use crate::review::{ReviewPolicy, RunReviewOutcome};

payloads! {
    RUN_REVIEW_REQUESTED =>
    /// A review was requested.
    pub struct RunReviewRequested {
        /// The review.
        pub review_id: ReviewId,
        /// The run to review.
        pub run_id: RunId,
        /// Under which policy.
        pub policy: ReviewPolicy,
        /// Which round.
        pub review_round: i64,
        /// Which attempt of the round.
        pub attempt: i64,
        /// Always true: a repeated request writes no event.
        pub created: bool,
    }

    RUN_REVIEW_BOUND =>
    /// A session took the review.
    pub struct RunReviewBound {
        /// The review.
        pub review_id: ReviewId,
        /// The run to review.
        pub run_id: RunId,
        /// The session.
        pub session_id: SessionId,
        /// The agent that reviews.
        #[serde(skip_serializing_if = "String::is_empty")]
        pub reviewer_agent_name: String,
        /// The peer that reviews.
        #[serde(skip_serializing_if = "String::is_empty")]
        pub reviewer_peer_id: String,
        /// The channel that it answers in.
        #[serde(skip_serializing_if = "String::is_empty")]
        pub reviewer_channel_id: String,
    }

    RUN_REVIEW_RECORDED =>
    /// The review got its verdict. The event of the outcome carries the same.
    pub struct RunReviewRecorded {
        /// The review.
        pub review_id: ReviewId,
        /// The reviewed run.
        pub run_id: RunId,
        /// The verdict.
        pub outcome: RunReviewOutcome,
        /// How sure the reviewer is, 0 to 1.
        pub confidence: f64,
        /// The delivery that brought the verdict.
        pub delivery_id: String,
        /// Which round.
        pub review_round: i64,
        /// The run that continues the work.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub continuation_run_id: Option<RunId>,
    }

    RUN_REVIEW_RETRY_ENQUEUED =>
    /// The work is continued; written on the continuation run.
    pub struct RunReviewRetryEnqueued {
        /// The review.
        pub review_id: ReviewId,
        /// The reviewed run.
        pub run_id: RunId,
        /// The run that continues the work.
        pub continuation_run_id: RunId,
        /// The round of the continuation.
        pub review_round: i64,
    }
}

impl EventType {
    /// The type of the event that follows a recorded verdict.
    pub const fn of_outcome(outcome: RunReviewOutcome) -> EventType {
        match outcome {
            RunReviewOutcome::Approved => EventType::RUN_REVIEW_APPROVED,
            RunReviewOutcome::Rejected => EventType::RUN_REVIEW_REJECTED,
            RunReviewOutcome::Blocked => EventType::RUN_REVIEW_BLOCKED,
            RunReviewOutcome::Error => EventType::RUN_REVIEW_ERROR,
            RunReviewOutcome::Timeout => EventType::RUN_REVIEW_TIMEOUT,
            RunReviewOutcome::InvalidOutput => EventType::RUN_REVIEW_INVALID_OUTPUT,
        }
    }
}
