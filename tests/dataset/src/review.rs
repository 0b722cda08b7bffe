//! What reviewers do: approve, or send back with what is missing.

use taskloom_domain::review::{
    BindRunReviewSessionRequest, RecordRunReviewRequest, RunReviewOutcome, RunReviewRequest,
    RunReviewVerdict,
};
use taskloom_domain::{RawJson, Run, TaskId};

use crate::backlog::MAX_ATTEMPTS;
use crate::board::{Board, allowed, planner, session};
use crate::random::Random;

/// Reviews that are still open at the end.
const LEFT_OPEN: usize = 20;

/// The reviews that are still to be made.
pub(crate) struct Reviews {
    missing: usize,
}

impl Reviews {
    pub(crate) fn new(count: usize) -> Self {
        Self { missing: count }
    }

    /// Asks for a review of some runs. Answers the task where a rejection queued
    /// another run.
    pub(crate) fn look_at(
        &mut self,
        board: &mut Board,
        random: &mut Random,
        run: &Run,
    ) -> Option<TaskId> {
        if self.missing == 0 || !random.percent(8) {
            return None;
        }
        board.advance_seconds(5);
        let request = RunReviewRequest {
            task_id: run.task_id.clone(),
            run_id: run.id.clone(),
            reason: "part of the release".to_owned(),
            ..RunReviewRequest::default()
        };
        let review = allowed(board.manager.request_run_review(request, &planner())).review;
        self.missing -= 1;
        if self.missing < LEFT_OPEN / 2 {
            return None;
        }
        let reviewer = format!("reviewer-{}", self.missing);
        let request = BindRunReviewSessionRequest {
            review_id: review.review_id.clone(),
            session_id: reviewer.as_str().into(),
            ..BindRunReviewSessionRequest::default()
        };
        let actor = session(&reviewer);
        allowed(board.manager.bind_run_review_session(request, &actor));
        if self.missing < LEFT_OPEN {
            return None;
        }
        board.advance_seconds(60);
        let rejected = i64::from(run.attempt) < MAX_ATTEMPTS && random.percent(30);
        let verdict = RunReviewVerdict {
            outcome: outcome(rejected).into(),
            confidence: Some(0.9),
            reason: if rejected { "the tests are missing" } else { "does what it says" }.to_owned(),
            delivery_id: format!("delivery-{}", review.review_id),
            missing_work: RawJson::from_text(if rejected { "[\"tests\"]" } else { "[]" }),
            ..RunReviewVerdict::default()
        };
        let request =
            RecordRunReviewRequest { review_id: review.review_id, run_id: run.id.clone(), verdict };
        allowed(board.manager.record_run_review(request, &actor));
        rejected.then(|| run.task_id.clone())
    }
}

fn outcome(rejected: bool) -> RunReviewOutcome {
    if rejected { RunReviewOutcome::Rejected } else { RunReviewOutcome::Approved }
}
