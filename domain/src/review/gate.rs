use serde::{Deserialize, Serialize};

use super::RunReviewOutcome;
use crate::id::{ReviewId, TaskId};
use crate::time::Timestamp;

/// Where the reviews of a task stand, rolled up from its verdicts. Kept beside
/// the task and no part of its public record; absent before the first verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReviewGateState {
    /// The task.
    pub task_id: TaskId,
    /// The round in which the next review belongs: that of the last verdict, one
    /// more after a rejection.
    pub review_round: i64,
    /// The review whose verdict was recorded last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_review_id: Option<ReviewId>,
    /// The outcome of that verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_review_outcome: Option<RunReviewOutcome>,
    /// When a `blocked` verdict opened the circuit; any other verdict closes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_circuit_opened_at: Option<Timestamp>,
    /// The reason of the verdict that opened the circuit.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub review_circuit_reason: String,
}
