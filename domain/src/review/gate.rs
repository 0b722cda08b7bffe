use serde::{Deserialize, Serialize};

use super::{ReviewPolicy, RunReviewOutcome};
use crate::id::{ReviewId, TaskId};
use crate::time::Timestamp;

/// Where the reviews of a task stand, rolled up from its verdicts. Kept beside
/// the task and no part of its public record; absent before the first verdict,
/// unless a policy was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReviewGateState {
    /// The task.
    pub task_id: TaskId,
    /// The policy of the task's own, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<ReviewPolicy>,
    /// The round in which the next review belongs: that of the last verdict, one
    /// more after a rejection.
    pub review_round: i64,
    /// The review whose verdict was recorded last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_review_id: Option<ReviewId>,
    /// The outcome of that verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_review_outcome: Option<RunReviewOutcome>,
    /// When a verdict opened the circuit. Without options, that is a `blocked` one,
    /// and any other closes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_circuit_opened_at: Option<Timestamp>,
    /// Why the circuit is open.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub review_circuit_reason: String,
}

impl ReviewGateState {
    /// The state of a task without any verdict.
    pub fn untouched(task: &TaskId) -> Self {
        Self {
            task_id: task.clone(),
            policy: None,
            review_round: 1,
            last_review_id: None,
            last_review_outcome: None,
            review_circuit_opened_at: None,
            review_circuit_reason: String::new(),
        }
    }
}
