//! Reviews on a test board, and the usual requests for them.

use super::{World, agent, human};
use crate::error::Result;
use crate::id::{ReviewId, RunId, TaskId};
use crate::json::RawJson;
use crate::manager::RequestedReview;
use crate::review::{
    BindRunReviewSessionRequest, RecordRunReviewRequest, ReviewGateState, RunReview,
    RunReviewOutcome, RunReviewRequest, RunReviewResult, RunReviewVerdict,
};
use crate::run::RunStatus;
use crate::store::RunReviewStore;

impl World {
    /// A task with one run that completed.
    pub(crate) fn completed(&mut self, task: &str) -> RunId {
        self.task(task);
        self.put_run(task, RunStatus::Completed)
    }

    /// A requested review of a run, in the first round.
    pub(crate) fn review(&mut self, run: &RunId) -> ReviewId {
        let request = self.request_for(run);
        self.try_review(request).unwrap().review.review_id
    }

    /// The least request for a review of a run.
    pub(crate) fn request_for(&self, run: &RunId) -> RunReviewRequest {
        RunReviewRequest {
            task_id: self.run(run).task_id,
            run_id: run.clone(),
            ..RunReviewRequest::default()
        }
    }

    /// Requests a review as a person.
    pub(crate) fn try_review(&mut self, request: RunReviewRequest) -> Result<RequestedReview> {
        self.manager.request_run_review(request, &human())
    }

    /// Binds a session to a review.
    pub(crate) fn bind(&mut self, review: &ReviewId, session: &str) -> Result<RunReview> {
        let request = BindRunReviewSessionRequest {
            review_id: review.clone(),
            session_id: session.into(),
            ..BindRunReviewSessionRequest::default()
        };
        self.manager.bind_run_review_session(request, &agent(session)).map(|bound| bound.review)
    }

    /// Records a verdict as a person.
    pub(crate) fn judge(
        &mut self,
        review: &ReviewId,
        verdict: RunReviewVerdict,
    ) -> Result<RunReviewResult> {
        let request = self.recording(review, verdict);
        self.manager.record_run_review(request, &human())
    }

    /// The request to record a verdict.
    pub(crate) fn recording(
        &self,
        review: &ReviewId,
        verdict: RunReviewVerdict,
    ) -> RecordRunReviewRequest {
        let run_id = self.stored_review(review).run_id;
        RecordRunReviewRequest { review_id: review.clone(), run_id, verdict }
    }

    /// The stored review.
    pub(crate) fn stored_review(&self, review: &ReviewId) -> RunReview {
        RunReview::clone(&*self.manager.store.get_review(review).unwrap())
    }

    /// Where the reviews of a task stand.
    pub(crate) fn gate(&self, task: &str) -> Option<ReviewGateState> {
        let task = TaskId::from(task);
        self.manager.store.get_review_gate(&task).map(|gate| ReviewGateState::clone(&gate))
    }
}

/// A valid verdict; a rejection misses `tests`.
pub(crate) fn verdict(outcome: RunReviewOutcome) -> RunReviewVerdict {
    let missing = if outcome == RunReviewOutcome::Rejected { r#"["tests"]"# } else { "[]" };
    RunReviewVerdict {
        outcome: outcome.into(),
        confidence: Some(0.9),
        reason: format!("it is {outcome}"),
        delivery_id: format!("delivery-{outcome}"),
        missing_work: RawJson::from_text(missing),
        ..RunReviewVerdict::default()
    }
}
