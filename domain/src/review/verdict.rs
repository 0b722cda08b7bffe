use serde::{Deserialize, Serialize};

use super::{
    MAX_NEXT_ROUND_GUIDANCE_BYTES, MAX_REVIEW_REASON_BYTES, MAX_REVIEW_SELECTOR_BYTES,
    MAX_REVIEW_TEXT_BYTES, RunReview, RunReviewOutcome, missing_work_elements,
    normalize_missing_work, validate_confidence,
};
use crate::enumeration::{Given, quoted};
use crate::error::{ErrorKind, Result, TaskError};
use crate::id::{ReviewId, RunId};
use crate::json::RawJson;
use crate::rule::{element, join, require_text, require_within, trimmed};
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

impl RunReviewVerdict {
    /// The canonical form: text trimmed, absent or `null` missing work taken as
    /// the empty list. The elements of missing work stay as they are.
    #[must_use]
    pub fn normalize(self) -> Self {
        let missing_work = self.missing_work.filter(|document| document.as_str() != "null");
        Self {
            outcome: self.outcome.folded(),
            confidence: self.confidence,
            reason: trimmed(self.reason),
            delivery_id: trimmed(self.delivery_id),
            missing_work: Some(normalize_missing_work(missing_work)),
            next_round_guidance: trimmed(self.next_round_guidance),
            review_text: trimmed(self.review_text),
        }
    }

    /// Checks the rules of form, and that missing work and outcome fit together.
    ///
    /// # Errors
    ///
    /// `validation` or `payload_too_large` at the first field at fault, under
    /// `path`.
    pub fn validate(&self, path: &str) -> Result<()> {
        let outcome = self.outcome.require(&join(path, "outcome"))?;
        let Some(confidence) = self.confidence else {
            return Err(TaskError::required(&join(path, "confidence")));
        };
        validate_confidence(confidence, path)?;
        require_text(&self.reason, path, "reason")?;
        require_text(&self.delivery_id, path, "delivery_id")?;
        let has_missing_work = self.require_missing_work(path)?;
        match outcome {
            RunReviewOutcome::Approved if has_missing_work => {
                let rest = format!("must be empty when outcome is {}", quoted(self.outcome.raw()));
                return Err(TaskError::validation(&join(path, "missing_work"), &rest));
            }
            RunReviewOutcome::Rejected
                if !has_missing_work && self.next_round_guidance.trim().is_empty() =>
            {
                return Err(TaskError::with_detail(
                    ErrorKind::Validation,
                    "rejected reviews require missing_work or next_round_guidance",
                ));
            }
            RunReviewOutcome::Approved
            | RunReviewOutcome::Rejected
            | RunReviewOutcome::Blocked
            | RunReviewOutcome::Error
            | RunReviewOutcome::Timeout
            | RunReviewOutcome::InvalidOutput => {}
        }
        let lengths = [
            ("reason", &self.reason, MAX_REVIEW_REASON_BYTES),
            ("next_round_guidance", &self.next_round_guidance, MAX_NEXT_ROUND_GUIDANCE_BYTES),
            ("review_text", &self.review_text, MAX_REVIEW_TEXT_BYTES),
            ("delivery_id", &self.delivery_id, MAX_REVIEW_SELECTOR_BYTES),
        ];
        lengths
            .into_iter()
            .try_for_each(|(field, value, limit)| require_within(value.trim(), limit, path, field))
    }

    /// Whether anything is missing, after checking that it is said in strings.
    fn require_missing_work(&self, path: &str) -> Result<bool> {
        let items: Vec<Option<String>> = missing_work_elements(
            self.missing_work.as_ref(),
            path,
            "must be a JSON array of strings",
        )?;
        let blank = |item: &Option<String>| item.as_deref().unwrap_or_default().trim().is_empty();
        if let Some(index) = items.iter().position(blank) {
            let path = element(&join(path, "missing_work"), index);
            return Err(TaskError::validation(&path, "must not be empty"));
        }
        Ok(!items.is_empty())
    }
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

impl RecordRunReviewRequest {
    /// The canonical form of ids and verdict.
    #[must_use]
    pub fn normalize(self) -> Self {
        Self {
            review_id: self.review_id.trimmed(),
            run_id: self.run_id.trimmed(),
            verdict: self.verdict.normalize(),
        }
    }

    /// Checks the ids, then the verdict.
    ///
    /// # Errors
    ///
    /// `validation` or `payload_too_large` at the first field at fault, under
    /// `path`.
    pub fn validate(&self, path: &str) -> Result<()> {
        require_text(self.review_id.as_str(), path, "review_id")?;
        require_text(self.run_id.as_str(), path, "run_id")?;
        self.verdict.validate(&join(path, "verdict"))
    }
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
