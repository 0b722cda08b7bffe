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
#[cfg_attr(test, derive(ts_rs::TS))]
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
#[cfg_attr(test, derive(ts_rs::TS))]
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
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RunReviewResult {
    /// The recorded review.
    pub review: RunReview,
    /// The run that continues the work after a rejection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continuation_run: Option<Run>,
    /// Whether this verdict opened the circuit: a person has to look. Always false
    /// unless the options of the review gate say otherwise.
    #[serde(default, skip_serializing_if = "crate::json::is_default")]
    pub circuit_opened: bool,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::enumeration::Enumeration;

    fn verdict(outcome: &str, missing_work: &str) -> RunReviewVerdict {
        RunReviewVerdict {
            outcome: outcome.into(),
            confidence: Some(0.5),
            reason: " because ".to_owned(),
            delivery_id: "delivery-1".to_owned(),
            missing_work: RawJson::from_text(missing_work),
            ..RunReviewVerdict::default()
        }
        .normalize()
    }

    #[track_caller]
    fn refused(verdict: &RunReviewVerdict, detail: &str) {
        let request = RecordRunReviewRequest {
            review_id: "review-1".into(),
            run_id: "run-1".into(),
            verdict: verdict.clone(),
        };
        let error = request.validate("record_run_review").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Validation);
        assert_eq!(error.detail().replace("record_run_review.verdict.", ""), detail);
    }

    #[test]
    fn each_outcome_has_its_rule_of_missing_work() {
        for outcome in RunReviewOutcome::ALL {
            let accepts = |missing_work: &str, guidance: &str| {
                let verdict = RunReviewVerdict {
                    next_round_guidance: guidance.to_owned(),
                    ..verdict(outcome.as_str(), missing_work)
                };
                verdict.validate("p").is_ok()
            };
            let accepted = (
                accepts("[]", ""),
                accepts("[\"x\"]", ""),
                accepts("[]", "try"),
                accepts("[]", " "),
            );
            let expected = match outcome {
                RunReviewOutcome::Approved => (true, false, true, true),
                RunReviewOutcome::Rejected => (false, true, true, false),
                RunReviewOutcome::Blocked
                | RunReviewOutcome::Error
                | RunReviewOutcome::Timeout
                | RunReviewOutcome::InvalidOutput => (true, true, true, true),
            };
            assert_eq!(accepted, expected, "{outcome}");
        }
        refused(
            &verdict("approved", "[\"x\"]"),
            "missing_work must be empty when outcome is \"approved\"",
        );
        refused(
            &verdict("rejected", "[]"),
            "rejected reviews require missing_work or next_round_guidance",
        );
    }

    #[test]
    fn null_and_absent_missing_work_become_the_empty_list() {
        for text in ["null", "", "  "] {
            assert_eq!(verdict("approved", text).missing_work, Some(RawJson::empty_list()));
        }
        let untouched = "[ \" x \" ]";
        assert_eq!(verdict("rejected", untouched).missing_work, RawJson::from_text(untouched));
    }

    #[test]
    fn missing_work_is_made_of_strings_that_say_something() {
        refused(&verdict("blocked", "[1]"), "missing_work must be a JSON array of strings");
        refused(&verdict("blocked", "{}"), "missing_work must be a JSON array of strings");
        refused(&verdict("blocked", "[\"x\",\" \"]"), "missing_work[1] must not be empty");
        refused(&verdict("blocked", "[null]"), "missing_work[0] must not be empty");
        refused(&verdict("blocked", "["), "missing_work must contain valid JSON");
        let raw = RunReviewVerdict { missing_work: None, ..verdict("blocked", "[]") };
        refused(&raw, "missing_work must be a JSON array of strings");
    }

    #[test]
    fn confidence_is_required_and_runs_from_zero_to_one() {
        let with = |confidence| RunReviewVerdict { confidence, ..verdict("approved", "[]") };
        assert!(with(Some(0.0)).validate("p").is_ok());
        assert!(with(Some(1.0)).validate("p").is_ok());
        refused(&with(None), "confidence is required");
        for confidence in [-0.1, 1.1, f64::NAN] {
            refused(&with(Some(confidence)), "confidence must be between 0 and 1");
        }
    }

    #[test]
    fn checks_come_in_order() {
        let verdict = RunReviewVerdict {
            missing_work: RawJson::from_text("[\"x\"]"),
            next_round_guidance: "x".repeat(8193),
            review_text: "x".repeat(65537),
            ..RunReviewVerdict::default()
        };
        refused(&verdict, "outcome is required");
        let verdict = RunReviewVerdict { outcome: "maybe".into(), ..verdict };
        refused(&verdict, "outcome has unsupported value \"maybe\"");
        let verdict = RunReviewVerdict { outcome: " Approved".into(), ..verdict };
        refused(&verdict, "confidence is required");
        let verdict = RunReviewVerdict { confidence: Some(1.0), ..verdict };
        refused(&verdict, "reason is required");
        let verdict = RunReviewVerdict { reason: "x".repeat(4097), ..verdict };
        refused(&verdict, "delivery_id is required");
        let verdict = RunReviewVerdict { delivery_id: "x".repeat(257), ..verdict };
        refused(&verdict, "missing_work must be empty when outcome is \" Approved\"");
        let verdict = RunReviewVerdict { outcome: "rejected".into(), ..verdict };
        refused(&verdict, "reason exceeds 4096 bytes");
        let verdict = RunReviewVerdict { reason: "x".repeat(4096), ..verdict };
        refused(&verdict, "next_round_guidance exceeds 8192 bytes");
        let verdict = RunReviewVerdict { next_round_guidance: "x".repeat(8192), ..verdict };
        refused(&verdict, "review_text exceeds 65536 bytes");
        let verdict = RunReviewVerdict { review_text: "x".repeat(65536), ..verdict };
        refused(&verdict, "delivery_id exceeds 256 bytes");
        let verdict = RunReviewVerdict { delivery_id: "x".repeat(256), ..verdict };
        assert!(verdict.validate("p").is_ok());
    }

    #[test]
    fn review_and_run_are_named_before_the_verdict_is_looked_at() {
        let request = RecordRunReviewRequest::default().normalize();
        let refused = request.validate("record_run_review").unwrap_err();
        assert_eq!(refused.detail(), "record_run_review.review_id is required");
        let request = RecordRunReviewRequest { review_id: "review-1".into(), ..request };
        let refused = request.validate("record_run_review").unwrap_err();
        assert_eq!(refused.detail(), "record_run_review.run_id is required");
    }

    #[test]
    fn absent_confidence_is_null_in_json() {
        let json = serde_json::to_string(&RunReviewVerdict::default()).unwrap();
        assert_eq!(json, r#"{"outcome":"","confidence":null,"reason":"","delivery_id":""}"#);
        let back: RunReviewVerdict = serde_json::from_str(&json).unwrap();
        assert_eq!(back, RunReviewVerdict::default());
    }
}
