//! How a run and its reviews hang together: which review it waits for, and which
//! review it continues.

use serde::{Deserialize, Serialize};

use crate::error::{Result, TaskError};
use crate::id::{ReviewId, RunId};
use crate::json::{RawJson, SizeClass};
use crate::review::ReviewPolicy;
use crate::rule::{is_zero, join, require_non_negative, require_text, require_within, trimmed};

/// The greatest size of a continuation reason, in bytes.
const MAX_REASON_BYTES: usize = 4096;
/// The greatest size of guidance for the next round, in bytes.
const MAX_GUIDANCE_BYTES: usize = 8192;

/// The review history that a run carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct RunReviewLineage {
    /// Whether the run ended, is to be reviewed by policy, and waits for the
    /// request. Set only where reviews are asked for automatically.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// The round of the review that was requested for this run.
    #[serde(skip_serializing_if = "is_zero")]
    pub request_round: i64,
    /// The policy when it was requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_snapshot: Option<ReviewPolicy>,
    /// The review that was requested for this run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<ReviewId>,
    /// The reviewed run that this one continues.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_run_id: Option<RunId>,
    /// The review that produced this continuation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review_id: Option<ReviewId>,
    /// The round of that review.
    #[serde(skip_serializing_if = "is_zero")]
    pub review_round: i64,
    /// Why the work goes on.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub continuation_reason: String,
    /// What is missing: a JSON list.
    pub missing_work: RawJson,
    /// What the next round should heed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub next_round_guidance: String,
}

impl Default for RunReviewLineage {
    fn default() -> Self {
        Self {
            required: false,
            request_round: 0,
            policy_snapshot: None,
            request_id: None,
            parent_run_id: None,
            review_id: None,
            review_round: 0,
            continuation_reason: String::new(),
            missing_work: RawJson::empty_list(),
            next_round_guidance: String::new(),
        }
    }
}

impl RunReviewLineage {
    /// The canonical form, or `None` where nothing is said.
    pub fn normalize(self) -> Option<Self> {
        let lineage = Self {
            request_id: self.request_id.and_then(|id| id.non_blank()),
            parent_run_id: self.parent_run_id.and_then(|id| id.non_blank()),
            review_id: self.review_id.and_then(|id| id.non_blank()),
            continuation_reason: trimmed(self.continuation_reason),
            next_round_guidance: trimmed(self.next_round_guidance),
            ..self
        };
        (lineage != Self::default()).then_some(lineage)
    }

    /// Checks the rules of form, with fields named under `path`.
    ///
    /// # Errors
    ///
    /// `validation` or `payload_too_large` at the first field at fault; missing
    /// work is named `task_run_review.missing_work`, as in the review itself.
    pub fn validate(&self, path: &str) -> Result<()> {
        require_non_negative(self.request_round, path, "request_round")?;
        require_non_negative(self.review_round, path, "review_round")?;
        if self.review_id.as_ref().is_some_and(|id| !id.is_blank()) {
            let parent = self.parent_run_id.as_ref().map_or("", RunId::as_str);
            require_text(parent, path, "parent_run_id")?;
            if self.review_round == 0 {
                let rest = format!("must be positive when {} is set", join(path, "review_id"));
                return Err(TaskError::validation(&join(path, "review_round"), &rest));
            }
        }
        let reason = self.continuation_reason.trim();
        require_within(reason, MAX_REASON_BYTES, path, "continuation_reason")?;
        validate_missing_work(&self.missing_work)?;
        let guidance = self.next_round_guidance.trim();
        require_within(guidance, MAX_GUIDANCE_BYTES, path, "next_round_guidance")
    }
}

fn validate_missing_work(missing_work: &RawJson) -> Result<()> {
    const PATH: &str = "task_run_review.missing_work";
    SizeClass::Payload.validate(Some(missing_work), PATH)?;
    let text = missing_work.as_str();
    if text.starts_with('[') || text == "null" {
        return Ok(());
    }
    Err(TaskError::validation(PATH, "must be a JSON array"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::error::ErrorKind;

    fn refused(lineage: RunReviewLineage) -> (ErrorKind, String) {
        let error = lineage.validate("task_run.review").unwrap_err();
        (error.kind(), error.detail().to_owned())
    }

    fn json(text: &str) -> RawJson {
        RawJson::from_text(text).unwrap()
    }

    #[test]
    fn a_lineage_that_says_nothing_is_left_out() {
        assert_eq!(RunReviewLineage::default().normalize(), None);
        let blank = RunReviewLineage {
            review_id: Some(" ".into()),
            continuation_reason: " ".into(),
            ..RunReviewLineage::default()
        };
        assert_eq!(blank.normalize(), None);
        let spaced = RunReviewLineage { missing_work: json("[ ]"), ..RunReviewLineage::default() };
        assert_eq!(spaced.clone().normalize(), Some(spaced));
        let said = RunReviewLineage { request_round: 1, ..RunReviewLineage::default() };
        assert_eq!(said.clone().normalize(), Some(said));
    }

    #[test]
    fn a_present_lineage_always_shows_its_missing_work() {
        let lineage: RunReviewLineage = serde_json::from_str(r#"{"request_round":2}"#).unwrap();
        let text = serde_json::to_string(&lineage).unwrap();
        assert_eq!(text, r#"{"request_round":2,"missing_work":[]}"#);
    }

    #[test]
    fn a_continuation_names_its_parent_and_round() {
        let base = RunReviewLineage { review_id: Some("review-1".into()), ..Default::default() };
        assert_eq!(refused(base.clone()).1, "task_run.review.parent_run_id is required");
        let parent = RunReviewLineage { parent_run_id: Some("run-1".into()), ..base };
        assert!(refused(parent.clone()).1.starts_with("task_run.review.review_round must be"));
        let round = RunReviewLineage { review_round: 1, ..parent };
        assert_eq!(round.validate("task_run.review"), Ok(()));
    }

    #[test]
    fn rounds_are_not_negative() {
        let request =
            RunReviewLineage { request_round: -1, review_round: -1, ..Default::default() };
        let text = "task_run.review.request_round must be zero or positive: -1";
        assert_eq!(refused(request).1, text);
        let review = RunReviewLineage { review_round: -1, ..Default::default() };
        assert!(refused(review).1.starts_with("task_run.review.review_round"));
    }

    #[test]
    fn texts_admit_their_limit_and_refuse_one_byte_more() {
        let reason = |bytes| RunReviewLineage {
            continuation_reason: "x".repeat(bytes),
            ..RunReviewLineage::default()
        };
        assert_eq!(reason(4096).validate("r"), Ok(()));
        assert_eq!(
            refused(reason(4097)).1,
            "task_run.review.continuation_reason exceeds 4096 bytes"
        );
        let guidance = |bytes| RunReviewLineage {
            next_round_guidance: "x".repeat(bytes),
            ..RunReviewLineage::default()
        };
        assert_eq!(guidance(8192).validate("r"), Ok(()));
        assert_eq!(
            refused(guidance(8193)).1,
            "task_run.review.next_round_guidance exceeds 8192 bytes"
        );
    }

    #[test]
    fn missing_work_is_a_list() {
        let with = |text: &str| RunReviewLineage { missing_work: json(text), ..Default::default() };
        for fine in ["[]", "null", "[1]", "[null,{}]"] {
            assert_eq!(with(fine).validate("r"), Ok(()), "{fine}");
        }
        for wrong in ["{}", "\"[\"", "3", "["] {
            let (kind, text) = refused(with(wrong));
            assert_eq!(kind, ErrorKind::Validation);
            assert!(text.starts_with("task_run_review.missing_work must"), "{text}");
        }
        let list_of = |bytes: usize| with(&format!("[\"{}\"]", "x".repeat(bytes - 4)));
        assert_eq!(list_of(65_536).validate("r"), Ok(()));
        assert_eq!(refused(list_of(65_537)).0, ErrorKind::PayloadTooLarge);
    }
}
