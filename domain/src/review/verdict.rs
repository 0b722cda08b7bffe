use serde::{Deserialize, Serialize};

use super::{RunReview, RunReviewOutcome};
use crate::enumeration::Given;
use crate::id::{ReviewId, RunId};
use crate::json::RawJson;
use crate::run::Run;

/// A reviewer's answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunReviewVerdict {
    /// What the reviewer found.
    pub outcome: Given<RunReviewOutcome>,
    /// How sure the reviewer is, from 0 to 1; `null` on the wire when absent.
    pub confidence: Option<f64>,
    /// Why.
    pub reason: String,
    /// The reviewer's own id of this verdict, by which a repeated delivery is
    /// recognized.
    pub delivery_id: String,
    /// What is still to be done: a JSON array of strings.
    #[serde(deserialize_with = "crate::json::keep_null", skip_serializing_if = "Option::is_none")]
    pub missing_work: Option<RawJson>,
    /// Advice to the worker of the next round.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub next_round_guidance: String,
    /// The whole review.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub review_text: String,
}

/// Records a verdict.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RecordRunReviewRequest {
    /// The review.
    pub review_id: ReviewId,
    /// The reviewed run; must be that of the review.
    pub run_id: RunId,
    /// The answer.
    pub verdict: RunReviewVerdict,
}

/// What recording a verdict led to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunReviewResult {
    /// The recorded review.
    pub review: RunReview,
    /// The run that continues the work after a rejection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continuation_run: Option<Run>,
    /// Whether this verdict ended the rounds; always false in this version.
    #[serde(default, skip_serializing_if = "crate::json::is_default")]
    pub circuit_opened: bool,
}
