//! Reviews of runs: when a run is reviewed, what a reviewer answers, and what
//! the answer means for the task.

mod gate;
mod options;
mod record;
mod request;
mod verdict;

pub use gate::ReviewGateState;
pub use options::{AutoReviewGate, AutoReviewOptions, ReviewGateOptions, auto_review};
pub use record::RunReview;
pub use request::{
    BindRunReviewSessionRequest, RunReviewBinding, RunReviewRequest,
    RunReviewRequestedNotification, RunReviewRequestedObserver,
};
pub use verdict::{RecordRunReviewRequest, RunReviewResult, RunReviewVerdict};

use crate::enumeration::enumeration;
use crate::error::{Result, TaskError};
use crate::json::{RawJson, SizeClass};
use crate::rule::{join, require_within};
use crate::run::RunStatus;

/// The greatest size of a review reason, in bytes.
pub const MAX_REVIEW_REASON_BYTES: usize = 4 * 1024;
/// The greatest size of the guidance for the next round, in bytes.
pub const MAX_NEXT_ROUND_GUIDANCE_BYTES: usize = 8 * 1024;
/// The greatest size of a review text, in bytes.
pub const MAX_REVIEW_TEXT_BYTES: usize = 64 * 1024;
/// The greatest size of each field that names a reviewer, a delivery or a
/// parent review, in bytes.
pub const MAX_REVIEW_SELECTOR_BYTES: usize = 256;

enumeration! {
    /// Which finished runs of a task are reviewed.
    pub enum ReviewPolicy: listed {
        /// No run is reviewed.
        None = "none",
        /// Completed runs are reviewed.
        OnSuccess = "on_success",
        /// Failed and canceled runs are reviewed.
        OnFailure = "on_failure",
        /// Every finished run is reviewed.
        Always = "always",
    }
}

impl ReviewPolicy {
    /// Whether a run that stands in `status` is reviewed under this policy.
    /// An unfinished run never is.
    ///
    /// ```
    /// use taskloom_domain::review::ReviewPolicy;
    /// use taskloom_domain::run::RunStatus;
    ///
    /// assert!(ReviewPolicy::OnFailure.matches_run_status(RunStatus::Canceled));
    /// assert!(!ReviewPolicy::Always.matches_run_status(RunStatus::Running));
    /// ```
    pub fn matches_run_status(self, status: RunStatus) -> bool {
        match status {
            RunStatus::Completed => matches!(self, ReviewPolicy::OnSuccess | ReviewPolicy::Always),
            RunStatus::Failed | RunStatus::Canceled => {
                matches!(self, ReviewPolicy::OnFailure | ReviewPolicy::Always)
            }
            RunStatus::Queued | RunStatus::Claimed | RunStatus::Starting | RunStatus::Running => {
                false
            }
        }
    }
}

enumeration! {
    /// How far a review has come.
    pub enum RunReviewStatus: plain {
        /// Asked for; no reviewer is bound yet. Left by binding a reviewer or by
        /// recording a verdict.
        Requested = "requested",
        /// Offered to a reviewer. No operation of the engine writes this.
        Routed = "routed",
        /// A reviewer session is bound. Left by recording a verdict.
        InReview = "in_review",
        /// A verdict is recorded. Final.
        Recorded = "recorded",
        /// Given up after too many rounds. No operation of the engine writes this.
        CircuitOpened = "circuit_opened",
        /// Withdrawn. No operation of the engine writes this.
        Canceled = "canceled",
    }
}

impl RunReviewStatus {
    /// Whether a verdict may still be recorded.
    pub fn is_open(self) -> bool {
        match self {
            RunReviewStatus::Requested | RunReviewStatus::Routed | RunReviewStatus::InReview => {
                true
            }
            RunReviewStatus::Recorded
            | RunReviewStatus::CircuitOpened
            | RunReviewStatus::Canceled => false,
        }
    }

    /// Whether the review occupies its reviewer session: a session has at most
    /// one such review.
    pub fn is_active(self) -> bool {
        match self {
            RunReviewStatus::Routed | RunReviewStatus::InReview => true,
            RunReviewStatus::Requested
            | RunReviewStatus::Recorded
            | RunReviewStatus::CircuitOpened
            | RunReviewStatus::Canceled => false,
        }
    }
}

enumeration! {
    /// What a reviewer found.
    pub enum RunReviewOutcome: plain {
        /// The work is good; nothing is missing.
        Approved = "approved",
        /// Work is missing; a continuation run is queued.
        Rejected = "rejected",
        /// The work cannot go on without a person; the review circuit opens.
        Blocked = "blocked",
        /// The review itself failed.
        Error = "error",
        /// The reviewer did not answer in time.
        Timeout = "timeout",
        /// The reviewer's answer could not be understood.
        InvalidOutput = "invalid_output",
    }
}

/// Refuses a confidence outside 0 to 1, and numbers that are none.
fn validate_confidence(confidence: f64, base: &str) -> Result<()> {
    if (0.0..=1.0).contains(&confidence) {
        return Ok(());
    }
    Err(TaskError::validation(&join(base, "confidence"), "must be between 0 and 1"))
}

/// Missing work in its canonical form: absent is the empty list.
fn normalize_missing_work(missing_work: Option<RawJson>) -> RawJson {
    missing_work.unwrap_or_else(RawJson::empty_list)
}

/// The elements of missing work, whatever they are; `null` stands for none.
fn missing_work_elements<T: serde::de::DeserializeOwned>(
    missing_work: Option<&RawJson>,
    base: &str,
    expected: &str,
) -> Result<Vec<T>> {
    let path = join(base, "missing_work");
    SizeClass::Payload.validate(missing_work, &path)?;
    missing_work
        .and_then(|document| serde_json::from_str::<Option<Vec<T>>>(document.as_str()).ok())
        .map(Option::unwrap_or_default)
        .ok_or_else(|| TaskError::validation(&path, expected))
}

/// Refuses fields that name reviewers, deliveries and reviews and are too long.
fn validate_selectors<'a>(
    fields: impl IntoIterator<Item = (&'static str, &'a str)>,
    base: &str,
) -> Result<()> {
    fields.into_iter().try_for_each(|(field, value)| {
        require_within(value.trim(), MAX_REVIEW_SELECTOR_BYTES, base, field)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::enumeration::{Enumeration, Given};

    #[test]
    fn each_policy_covers_its_own_statuses() {
        use RunStatus::{Canceled, Completed, Failed};
        let covered = |policy: ReviewPolicy| -> Vec<RunStatus> {
            RunStatus::ALL.iter().copied().filter(|s| policy.matches_run_status(*s)).collect()
        };
        for policy in ReviewPolicy::ALL {
            let expected = match policy {
                ReviewPolicy::None => vec![],
                ReviewPolicy::OnSuccess => vec![Completed],
                ReviewPolicy::OnFailure => vec![Failed, Canceled],
                ReviewPolicy::Always => vec![Completed, Failed, Canceled],
            };
            assert_eq!(covered(*policy), expected, "{policy}");
        }
    }

    #[test]
    fn every_status_is_either_open_or_done() {
        for status in RunReviewStatus::ALL {
            let (open, active) = match status {
                RunReviewStatus::Requested => (true, false),
                RunReviewStatus::Routed | RunReviewStatus::InReview => (true, true),
                RunReviewStatus::Recorded
                | RunReviewStatus::CircuitOpened
                | RunReviewStatus::Canceled => (false, false),
            };
            assert_eq!((status.is_open(), status.is_active()), (open, active), "{status}");
        }
    }

    #[test]
    fn spellings_are_canonical_and_folded() {
        fn spellings<T: Enumeration>() -> Vec<&'static str> {
            for value in T::ALL {
                let loud = format!(" {} ", value.as_str().to_uppercase());
                assert_eq!(Given::<T>::from(loud.as_str()).known(), Some(*value));
            }
            T::ALL.iter().map(|value| value.as_str()).collect()
        }
        assert_eq!(spellings::<ReviewPolicy>(), ["none", "on_success", "on_failure", "always"]);
        assert_eq!(
            spellings::<RunReviewStatus>(),
            ["requested", "routed", "in_review", "recorded", "circuit_opened", "canceled"]
        );
        assert_eq!(
            spellings::<RunReviewOutcome>(),
            ["approved", "rejected", "blocked", "error", "timeout", "invalid_output"]
        );
    }

    #[test]
    fn unknown_values_are_refused_with_the_text_of_their_form() {
        let refused = Given::<ReviewPolicy>::from("weekly").require("p").unwrap_err();
        assert_eq!(
            refused.detail(),
            r#"p must be one of "none", "on_success", "on_failure", or "always": "weekly""#
        );
        let refused = Given::<RunReviewStatus>::from("open").require("p").unwrap_err();
        assert_eq!(refused.detail(), r#"p has unsupported value "open""#);
        let refused = Given::<RunReviewOutcome>::from("maybe").require("p").unwrap_err();
        assert_eq!(refused.detail(), r#"p has unsupported value "maybe""#);
    }
}
