//! Reviews as people see them: the queue, the rounds of one piece of work, the
//! verdict form with its rules, whom a review can be given to, and what can be
//! asked for.

pub mod assign;
pub mod queue;
pub mod request;
pub mod thread;
pub mod verdict;

use taskloom_domain::review::{ReviewPolicy, RunReviewOutcome, RunReviewStatus};
use taskloom_domain::stage::Stage;

/// What an outcome is called.
pub fn outcome_name(outcome: RunReviewOutcome) -> &'static str {
    match outcome {
        RunReviewOutcome::Approved => "Approved",
        RunReviewOutcome::Rejected => "Rejected",
        RunReviewOutcome::Blocked => "Blocked",
        RunReviewOutcome::Error => "Error",
        RunReviewOutcome::Timeout => "Timeout",
        RunReviewOutcome::InvalidOutput => "Invalid output",
    }
}

/// What a review without a verdict is called.
pub fn status_name(status: RunReviewStatus) -> &'static str {
    match status {
        RunReviewStatus::Requested => "Requested",
        RunReviewStatus::Routed => "Offered",
        RunReviewStatus::InReview => "In review",
        RunReviewStatus::Recorded => "Recorded",
        RunReviewStatus::CircuitOpened => "Given up",
        RunReviewStatus::Canceled => "Withdrawn",
    }
}

/// The stage whose mark stands for a review.
pub fn tone(status: RunReviewStatus, outcome: Option<RunReviewOutcome>) -> Stage {
    match (status, outcome) {
        (RunReviewStatus::Recorded, Some(RunReviewOutcome::Approved)) => Stage::Done,
        (RunReviewStatus::Recorded, Some(RunReviewOutcome::Rejected)) => Stage::Failed,
        (RunReviewStatus::Recorded, Some(RunReviewOutcome::Blocked)) => Stage::Blocked,
        (RunReviewStatus::Recorded, _) => Stage::Canceled,
        (RunReviewStatus::CircuitOpened | RunReviewStatus::Canceled, _) => Stage::Canceled,
        (RunReviewStatus::Requested | RunReviewStatus::Routed | RunReviewStatus::InReview, _) => {
            Stage::InReview
        }
    }
}

/// What a policy covers, in words.
pub fn policy_name(policy: ReviewPolicy) -> &'static str {
    match policy {
        ReviewPolicy::None => "No review",
        ReviewPolicy::OnSuccess => "When it succeeds",
        ReviewPolicy::OnFailure => "When it fails",
        ReviewPolicy::Always => "Always",
    }
}

/// A confidence in percent, as people read it.
pub fn percent(confidence: f64) -> String {
    format!("{} %", (confidence * 100.0).round())
}
