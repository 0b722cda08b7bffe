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
#[cfg_attr(test, derive(ts_rs::TS))]
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
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub routed_at: Option<Timestamp>,
    /// When the first reviewer was bound.
    #[serde(default, with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub started_at: Option<Timestamp>,
    /// When the verdict was recorded.
    #[serde(default, with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub reviewed_at: Option<Timestamp>,
    /// Until when an answer is wanted. Kept only; nothing happens at that time.
    #[serde(default, with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::actor::ActorKind;
    use crate::enumeration::Enumeration;
    use crate::error::ErrorKind;
    use crate::json::MAX_PAYLOAD_BYTES;
    use crate::review::MAX_REVIEW_SELECTOR_BYTES;

    fn bare() -> RunReview {
        let at = Timestamp::from_millis(0);
        RunReview {
            review_id: " review-1 ".into(),
            task_id: "task-1".into(),
            run_id: "run-1".into(),
            parent_review_id: None,
            policy: ReviewPolicy::Always,
            review_round: 0,
            attempt: 0,
            status: RunReviewStatus::Requested,
            outcome: None,
            confidence: None,
            reason: String::new(),
            delivery_id: String::new(),
            missing_work: None,
            next_round_guidance: String::new(),
            review_text: String::new(),
            reviewer_session_id: Some(" ".into()),
            reviewer_agent_name: String::new(),
            reviewer_peer_id: String::new(),
            reviewer_channel_id: String::new(),
            reviewed_by: None,
            requested_at: at,
            routed_at: None,
            started_at: None,
            reviewed_at: None,
            deadline_at: None,
            created_at: at,
            updated_at: at,
        }
    }

    fn review() -> RunReview {
        bare().normalize().unwrap()
    }

    #[track_caller]
    fn refused(review: &RunReview, detail: &str) {
        let error = review.validate().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Validation);
        assert_eq!(error.detail(), detail);
    }

    #[test]
    fn normalizing_fills_round_attempt_and_missing_work() {
        let review = review();
        assert_eq!(review.review_id, "review-1".into());
        assert_eq!((review.review_round, review.attempt), (1, 1));
        assert_eq!(review.missing_work, Some(RawJson::empty_list()));
        assert_eq!(review.reviewer_session_id, None);
    }

    #[test]
    fn ids_are_required_in_order() {
        for (field, expected) in [(0, "review_id"), (1, "task_id"), (2, "run_id")] {
            let mut review = review();
            let blank =
                [&mut review.review_id as &mut dyn Blank, &mut review.task_id, &mut review.run_id];
            for id in blank.into_iter().skip(field) {
                id.blank();
            }
            refused(&review, &format!("task_run_review.{expected} is required"));
        }
    }

    trait Blank {
        fn blank(&mut self);
    }

    impl<T: From<&'static str>> Blank for T {
        fn blank(&mut self) {
            *self = " ".into();
        }
    }

    #[test]
    fn policy_none_is_for_canceled_reviews_only() {
        for status in RunReviewStatus::ALL {
            let review = RunReview {
                policy: ReviewPolicy::None,
                status: *status,
                outcome: Some(RunReviewOutcome::Approved),
                ..review()
            };
            let allowed = *status == RunReviewStatus::Canceled;
            assert_eq!(review.validate().is_ok(), allowed, "{status}");
        }
        let review = RunReview { policy: ReviewPolicy::None, ..review() };
        refused(&review, "task_run_review.policy cannot be \"none\" for active reviews");
    }

    #[test]
    fn only_a_recorded_review_needs_an_outcome() {
        for status in RunReviewStatus::ALL {
            let silent = RunReview { status: *status, ..review() };
            let needs = *status == RunReviewStatus::Recorded;
            assert_eq!(silent.validate().is_err(), needs, "{status}");
            let outcome = Some(RunReviewOutcome::Rejected);
            assert!(RunReview { outcome, ..silent }.validate().is_ok(), "{status}");
        }
        let recorded = RunReview { status: RunReviewStatus::Recorded, ..review() };
        refused(&recorded, "task_run_review.outcome is required");
    }

    #[test]
    fn round_and_attempt_start_at_one() {
        refused(
            &RunReview { review_round: 0, attempt: 0, ..review() },
            "task_run_review.review_round must be positive: 0",
        );
        refused(
            &RunReview { attempt: -1, ..review() },
            "task_run_review.attempt must be positive: -1",
        );
    }

    #[test]
    fn confidence_runs_from_zero_to_one() {
        for confidence in [0.0, 0.5, 1.0] {
            let confidence = Some(confidence);
            assert!(RunReview { confidence, ..review() }.validate().is_ok());
        }
        for confidence in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            let confidence = Some(confidence);
            refused(
                &RunReview { confidence, ..review() },
                "task_run_review.confidence must be between 0 and 1",
            );
        }
    }

    #[test]
    fn text_is_accepted_up_to_its_limit() {
        type Set = fn(&mut RunReview, String);
        let fields: [(&str, usize, Set); 9] = [
            ("reason", 4096, |r, text| r.reason = text),
            ("next_round_guidance", 8192, |r, text| r.next_round_guidance = text),
            ("review_text", 65536, |r, text| r.review_text = text),
            ("reviewer_session_id", 256, |r, text| r.reviewer_session_id = Some(text.into())),
            ("reviewer_agent_name", 256, |r, text| r.reviewer_agent_name = text),
            ("reviewer_peer_id", 256, |r, text| r.reviewer_peer_id = text),
            ("reviewer_channel_id", 256, |r, text| r.reviewer_channel_id = text),
            ("parent_review_id", 256, |r, text| r.parent_review_id = Some(text.into())),
            ("delivery_id", 256, |r, text| r.delivery_id = text),
        ];
        assert_eq!(MAX_REVIEW_SELECTOR_BYTES, 256);
        for (field, limit, set) in fields {
            let mut review = review();
            set(&mut review, format!(" {} ", "x".repeat(limit)));
            assert!(review.validate().is_ok(), "{field}");
            set(&mut review, "x".repeat(limit + 1));
            refused(&review, &format!("task_run_review.{field} exceeds {limit} bytes"));
        }
    }

    #[test]
    fn missing_work_is_an_array_of_anything_or_null() {
        for accepted in ["[]", "[1,null,{\"a\":[]}]", "null"] {
            let missing_work = RawJson::from_text(accepted);
            assert!(RunReview { missing_work, ..review() }.validate().is_ok(), "{accepted}");
        }
        for text in ["{}", "3", "\"x\"", ""] {
            let missing_work = RawJson::from_text(text);
            refused(
                &RunReview { missing_work, ..review() },
                "task_run_review.missing_work must be a JSON array",
            );
        }
        let missing_work = RawJson::from_text("[");
        refused(
            &RunReview { missing_work, ..review() },
            "task_run_review.missing_work must contain valid JSON",
        );
    }

    #[test]
    fn missing_work_is_accepted_up_to_its_limit() {
        let of_size =
            |bytes: usize| RawJson::from_text(&format!("[\"{}\"]", "x".repeat(bytes - 4)));
        let missing_work = of_size(MAX_PAYLOAD_BYTES);
        assert!(RunReview { missing_work, ..review() }.validate().is_ok());
        let missing_work = of_size(MAX_PAYLOAD_BYTES + 1);
        let error = RunReview { missing_work, ..review() }.validate().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PayloadTooLarge);
    }

    #[test]
    fn a_named_reviewer_is_complete() {
        let reviewed_by = Some(ActorIdentity::new(ActorKind::Human, " "));
        refused(
            &RunReview { reviewed_by, ..review() },
            "task_run_review.reviewed_by.ref is required",
        );
    }

    #[test]
    fn json_omits_what_is_absent_and_keeps_the_unset_instants() {
        let json = serde_json::to_string(&review()).unwrap();
        assert_eq!(
            json,
            concat!(
                r#"{"review_id":"review-1","task_id":"task-1","run_id":"run-1","policy":"always","#,
                r#""review_round":1,"attempt":1,"status":"requested","missing_work":[],"#,
                r#""requested_at":"1970-01-01T00:00:00Z","routed_at":"0001-01-01T00:00:00Z","#,
                r#""started_at":"0001-01-01T00:00:00Z","reviewed_at":"0001-01-01T00:00:00Z","#,
                r#""deadline_at":"0001-01-01T00:00:00Z","created_at":"1970-01-01T00:00:00Z","#,
                r#""updated_at":"1970-01-01T00:00:00Z"}"#
            )
        );
        assert_eq!(serde_json::from_str::<RunReview>(&json).unwrap(), review());
    }
}
