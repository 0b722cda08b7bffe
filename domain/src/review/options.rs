//! Rules of reviewing that a board may switch on: when rounds end, when a review
//! is asked for by itself, and until when.

use super::{ReviewPolicy, RunReview, RunReviewRequest};
use crate::run::{Run, RunStatus};
use crate::time::{Duration, Timestamp};

/// Rules of the review gate beyond recording verdicts. All are off by default.
///
/// An open circuit means that a person has to look: automatic requests stop,
/// while explicit ones are still taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReviewGateOptions {
    /// A rejection in this round or a later one queues no further run; it opens
    /// the circuit.
    pub max_rounds: Option<i64>,
    /// A rejection without an attempt left is recorded and opens the circuit,
    /// where it would be refused otherwise.
    pub exhaustion_opens_circuit: bool,
    /// A review that fails (`error`, `timeout`, `invalid_output`) at this attempt
    /// of its round or a later one opens the circuit.
    pub max_review_attempts: Option<i64>,
    /// A review that fails below `max_review_attempts` is asked for again, as the
    /// next attempt of its round. Does nothing without that limit.
    pub repeats_failed_reviews: bool,
    /// An opening circuit takes the reviews of the task that are still `requested`
    /// along, to `circuit_opened`.
    pub withdraws_requests: bool,
    /// A failed review leaves the circuit as it is, where it would close it
    /// otherwise.
    pub failures_keep_circuit: bool,
    /// The answer to a `blocked` verdict says that the circuit opened.
    pub reports_blocked: bool,
    /// Reviews are asked for when runs end.
    pub automatic: Option<AutoReviewOptions>,
}

impl ReviewGateOptions {
    /// Whether a rejection may be recorded without a run that continues the work.
    pub fn ends_rounds(&self) -> bool {
        self.max_rounds.is_some() || self.exhaustion_opens_circuit
    }

    /// Whether a failed review is the last of its round.
    pub fn fails_for_good(&self, review: &RunReview) -> bool {
        self.max_review_attempts.is_some_and(|limit| review.attempt >= limit)
    }

    /// Whether a failed review is asked for again.
    pub fn repeats(&self, review: &RunReview) -> bool {
        self.repeats_failed_reviews
            && self.max_review_attempts.is_some_and(|limit| review.attempt < limit)
    }
}

/// How reviews are asked for when runs end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutoReviewOptions {
    /// The policy of tasks that have none of their own.
    pub policy: ReviewPolicy,
    /// How long a reviewer has; none means for ever.
    pub timeout: Option<Duration>,
}

impl Default for AutoReviewOptions {
    /// No task is reviewed by itself; a reviewer has 20 minutes.
    fn default() -> Self {
        Self { policy: ReviewPolicy::None, timeout: Some(Duration::from_secs(20 * 60)) }
    }
}

/// What decides whether a run that ended is reviewed by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AutoReviewGate {
    /// The policy of the task, else of the board.
    pub policy: ReviewPolicy,
    /// Whether the task's circuit is open.
    pub circuit_open: bool,
    /// Until when an answer is wanted.
    pub deadline_at: Option<Timestamp>,
}

/// The request that follows from the end of a run by itself, if any. It asks for
/// the first attempt, in the round and after the review that the run continues.
pub fn auto_review(gate: &AutoReviewGate, run: &Run) -> Option<RunReviewRequest> {
    if gate.circuit_open || !gate.policy.matches_run_status(run.status) {
        return None;
    }
    let lineage = run.review.as_ref();
    Some(RunReviewRequest {
        task_id: run.task_id.clone(),
        run_id: run.id.clone(),
        review_round: lineage.map_or(1, |lineage| lineage.review_round.max(1)),
        attempt: 1,
        policy: gate.policy.into(),
        parent_review_id: lineage.and_then(|lineage| lineage.review_id.clone()),
        reason: reason(run.status),
        deadline_at: gate.deadline_at,
    })
}

fn reason(status: RunStatus) -> String {
    format!("The run is {status}, and the review policy covers that.")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::enumeration::Enumeration;
    use crate::run::RunReviewLineage;

    fn run(status: RunStatus) -> Run {
        serde_json::from_value(serde_json::json!({
            "id": "run-1", "task_id": "task-1", "status": status, "attempt": 1,
            "origin": { "kind": "cli", "ref": "cli" }, "queued_at": "2026-01-01T00:00:00Z",
        }))
        .unwrap()
    }

    fn gate(policy: ReviewPolicy) -> AutoReviewGate {
        AutoReviewGate { policy, circuit_open: false, deadline_at: None }
    }

    #[test]
    fn a_review_follows_where_the_policy_covers_the_end_and_the_circuit_is_closed() {
        for policy in ReviewPolicy::ALL {
            for status in RunStatus::ALL {
                let covered = policy.matches_run_status(*status);
                let asked = auto_review(&gate(*policy), &run(*status));
                assert_eq!(asked.is_some(), covered, "{policy} {status}");
                let open = AutoReviewGate { circuit_open: true, ..gate(*policy) };
                assert_eq!(auto_review(&open, &run(*status)), None);
            }
        }
    }

    #[test]
    fn the_request_names_the_run_and_the_end() {
        let deadline_at = Some(Timestamp::from_millis(7));
        let gate = AutoReviewGate { deadline_at, ..gate(ReviewPolicy::OnFailure) };
        let asked = auto_review(&gate, &run(RunStatus::Canceled)).unwrap();
        assert_eq!((asked.task_id, asked.run_id), ("task-1".into(), "run-1".into()));
        assert_eq!((asked.review_round, asked.attempt), (1, 1));
        assert_eq!(asked.policy, ReviewPolicy::OnFailure.into());
        assert_eq!((asked.parent_review_id, asked.deadline_at), (None, deadline_at));
        assert!(asked.reason.contains("canceled"));
    }

    #[test]
    fn a_continuation_is_reviewed_in_its_own_round() {
        let lineage = RunReviewLineage {
            review_id: Some("review-1".into()),
            review_round: 2,
            ..RunReviewLineage::default()
        };
        let run = Run { review: Some(lineage), ..run(RunStatus::Completed) };
        let asked = auto_review(&gate(ReviewPolicy::Always), &run).unwrap();
        assert_eq!(asked.review_round, 2);
        assert_eq!(asked.parent_review_id, Some("review-1".into()));
    }
}
