//! What a worker is given to know about its task: the context bundle.

use serde::{Deserialize, Deserializer, Serialize};

use super::live::TimelineItem;
use super::summary::{Reference, RunSummary};
use crate::id::{ReviewId, RunId, Sequence, SessionId, TaskId};
use crate::profile::ExecutionProfile;
use crate::review::{RunReviewOutcome, RunReviewStatus};
use crate::time::Timestamp;

/// A session asks for the context of the run it works on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContextRequest {
    /// The session.
    pub session_id: SessionId,
    /// The run, where the session names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// When.
    #[serde(with = "crate::time::always")]
    pub now: Option<Timestamp>,
}

/// An operator asks for the context of a task.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OperatorTaskContextRequest {
    /// The task.
    pub task_id: TaskId,
    /// When.
    #[serde(with = "crate::time::always")]
    pub now: Option<Timestamp>,
}

/// How much a worker may take of time and text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuntimeLimits {
    /// The greatest time of a run, in seconds; 0 means any.
    pub max_runtime_seconds: i64,
    /// The greatest size of a summary, in bytes.
    pub summary_max_bytes: i64,
    /// The greatest size of the whole bundle, in bytes; 0 means any.
    pub context_body_max_bytes: i64,
}

/// What a rejecting review left to do, for the worker of the next round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewContinuation {
    /// The review.
    pub review_id: ReviewId,
    /// The run that it rejected.
    pub reviewed_run_id: RunId,
    /// The round that begins now.
    pub review_round: i64,
    /// What the reviewer found.
    pub outcome: RunReviewOutcome,
    /// Why.
    pub reason: String,
    /// What is still to be done.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub missing_work: Vec<String>,
    /// Advice.
    pub next_round_guidance: String,
}

/// A review of the task, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunReviewSummary {
    /// The review.
    pub review_id: ReviewId,
    /// The reviewed run.
    pub run_id: RunId,
    /// Its round, from 1.
    pub review_round: i64,
    /// The reviewer's try within the round, from 1.
    pub attempt: i64,
    /// How far the review has come.
    pub status: RunReviewStatus,
    /// What the reviewer found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<RunReviewOutcome>,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// When the verdict was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewed_at: Option<Timestamp>,
    /// The reviewer: agent, else peer, else session.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reviewer_label: String,
}

/// Everything that a worker is given to know about its task. Its lists are
/// always present in JSON; absent or `null` ones are read as empty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContextBundle {
    /// The task.
    pub task: Reference,
    /// The newest event of the task, 0 if none.
    pub latest_event_seq: Sequence,
    /// The run to work on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_run: Option<RunSummary>,
    /// Earlier tries, newest first.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub prior_attempts: Vec<RunSummary>,
    /// The newest events, oldest first.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub recent_events: Vec<TimelineItem>,
    /// What the last worker or reviewer has to say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub handoff_summary: String,
    /// How much may be taken of time and text.
    pub limits: RuntimeLimits,
    /// How the task wants to be executed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_profile: Option<ExecutionProfile>,
    /// What a rejecting review left to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_continuation: Option<ReviewContinuation>,
    /// Earlier reviews, newest first.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub review_history: Vec<RunReviewSummary>,
}

/// What a session is about: the run that it works on or reviews.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionSituation {
    /// The task of the run.
    pub task: Reference,
    /// The run that the session holds; a reviewer holds none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<RunSummary>,
    /// The channel to talk in.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub coordination_channel_id: String,
    /// What there is to know; left out where it cannot be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<ContextBundle>,
}

/// Reads `null` as the empty list.
fn null_as_empty<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    const TASK: &str = r#""task":{"id":"task-1","title":"Build","status":"ready",
        "priority":"medium","scope":"global","latest_event_seq":0}"#;
    const LIMITS: &str = r#""limits":{"max_runtime_seconds":0,"summary_max_bytes":4096,
        "context_body_max_bytes":8192}"#;

    fn round_trip(json: &str) -> String {
        let bundle: ContextBundle = serde_json::from_str(json).unwrap();
        serde_json::to_string(&bundle).unwrap()
    }

    #[test]
    fn absent_and_null_lists_are_written_as_empty_ones() {
        let absent = format!("{{{TASK},\"latest_event_seq\":0,{LIMITS}}}");
        let null = format!(
            "{{{TASK},\"latest_event_seq\":0,{LIMITS},\"prior_attempts\":null,\
             \"recent_events\":null,\"review_history\":null}}"
        );
        for json in [absent, null] {
            let written = round_trip(&json);
            for list in ["prior_attempts", "recent_events", "review_history"] {
                assert!(written.contains(&format!("\"{list}\":[]")), "{written}");
            }
            assert!(!written.contains("null"), "{written}");
        }
    }

    #[test]
    fn a_continuation_without_missing_work_has_an_empty_list() {
        let json = format!(
            "{{{TASK},\"latest_event_seq\":0,{LIMITS},\"review_continuation\":{{\
             \"review_id\":\"review-1\",\"reviewed_run_id\":\"run-1\",\"review_round\":2,\
             \"outcome\":\"rejected\",\"reason\":\"thin\",\"missing_work\":null,\
             \"next_round_guidance\":\"\"}}}}"
        );
        assert!(round_trip(&json).contains("\"missing_work\":[]"));
    }
}
