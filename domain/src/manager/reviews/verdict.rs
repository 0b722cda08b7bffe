//! Records verdicts, and queues the run that continues rejected work.

use std::sync::Arc;

use serde::Serialize;

use crate::actor::{ActorContext, ActorKind};
use crate::error::{ErrorKind, Result, TaskError};
use crate::event::{EventType, RunReviewRecorded, RunReviewRetryEnqueued};
use crate::id::{ReviewId, RunId};
use crate::json::RawJson;
use crate::manager::audit::Subject;
use crate::manager::enqueue::NewRun;
use crate::manager::review_gate::Circuit;
use crate::review::{
    RecordRunReviewRequest, RunReview, RunReviewOutcome, RunReviewResult, RunReviewStatus,
    RunReviewVerdict,
};
use crate::run::{Run, RunReviewLineage};
use crate::store::Store;
use crate::task::Task;

use super::{Manager, transition};

/// The provenance that a continuation carries as its metadata.
#[derive(Serialize)]
struct Provenance<'a> {
    source: &'static str,
    review_id: &'a ReviewId,
    outcome: RunReviewOutcome,
    parent_run_id: &'a RunId,
}

impl<S: Store> Manager<S> {
    /// Records the verdict of a review. A rejection queues the run that continues
    /// the work; where that is refused, nothing is recorded. The same verdict sent
    /// again finds the first one and changes nothing.
    ///
    /// # Errors
    ///
    /// `permission_denied` without `write`, and for an agent session where another
    /// session is bound; `validation` or `payload_too_large` for the request and
    /// for a run that is not the reviewed one; `run_review_not_found`;
    /// `task_run_not_found`; `invalid_status_transition` for a review that takes
    /// no verdict, and for a rejection while a run is open or without an attempt
    /// left; `conflict` where another verdict is recorded.
    pub fn record_run_review(
        &mut self,
        request: RecordRunReviewRequest,
        actor: &ActorContext,
    ) -> Result<RunReviewResult> {
        actor.authorize_write()?;
        let request = request.normalize();
        request.validate("record_run_review")?;
        let review = self.require_review(&request.review_id)?;
        if review.run_id != request.run_id {
            return Err(TaskError::validation(
                "record_run_review.run_id",
                &format!("must be the reviewed run {:?}", review.run_id.as_str()),
            ));
        }
        let run = self.require_run(&review.run_id)?;
        if !run.status.is_terminal() {
            return Err(transition(format!("task run {:?} is {}", run.id.as_str(), run.status)));
        }
        let recorded = self.judged(&review, request.verdict, actor)?;
        if review.status == RunReviewStatus::Recorded {
            return self.replayed(&review, &recorded);
        }
        if !review.status.is_open() {
            return Err(transition(format!(
                "review {:?} is {}",
                review.review_id.as_str(),
                review.status
            )));
        }
        require_reviewer(&review, actor)?;
        self.transact(|manager| manager.store_verdict(recorded, &run, actor))
    }

    /// The review as it would be with the verdict.
    fn judged(
        &self,
        review: &RunReview,
        verdict: RunReviewVerdict,
        actor: &ActorContext,
    ) -> Result<RunReview> {
        let now = self.now();
        let recorded = RunReview {
            status: RunReviewStatus::Recorded,
            outcome: Some(verdict.outcome.require("record_run_review.verdict.outcome")?),
            confidence: verdict.confidence,
            reason: verdict.reason,
            delivery_id: verdict.delivery_id,
            missing_work: verdict.missing_work,
            next_round_guidance: verdict.next_round_guidance,
            review_text: verdict.review_text,
            reviewed_by: Some(actor.actor.clone().normalize()),
            reviewed_at: Some(now),
            updated_at: now,
            ..review.clone()
        };
        recorded.validate()?;
        Ok(recorded)
    }

    /// The answer to a verdict that was recorded before.
    fn replayed(&self, stored: &RunReview, sent: &RunReview) -> Result<RunReviewResult> {
        let same = RunReview {
            reviewed_at: stored.reviewed_at,
            updated_at: stored.updated_at,
            ..sent.clone()
        };
        if same != *stored {
            return Err(TaskError::with_detail(
                ErrorKind::Conflict,
                format!("review {:?} has another verdict", stored.review_id.as_str()),
            ));
        }
        let rejected = stored.outcome == Some(RunReviewOutcome::Rejected);
        let continuation_run =
            rejected.then(|| self.store.get_continuation_of(&stored.review_id)).flatten();
        let ended = rejected && continuation_run.is_none();
        if ended && !self.options.review_gate.ends_rounds() {
            return Err(TaskError::new(ErrorKind::TaskRunNotFound));
        }
        Ok(RunReviewResult {
            review: stored.clone(),
            continuation_run: continuation_run.map(|run| Run::clone(&run)),
            circuit_opened: self.reports_opening(stored, &self.circuit_after(stored, ended)),
        })
    }

    fn store_verdict(
        &mut self,
        review: RunReview,
        run: &Run,
        actor: &ActorContext,
    ) -> Result<RunReviewResult> {
        let rejected = review.outcome == Some(RunReviewOutcome::Rejected);
        let end = if rejected { self.end_of_rounds(&review)? } else { None };
        let continuation = match end {
            None if rejected => Some(self.queue_continuation(&review, run, actor)?),
            _ => None,
        };
        let circuit = match end {
            Some(reason) => Circuit::Opens(reason),
            None => self.circuit_after(&review, false),
        };
        let circuit_opened = self.reports_opening(&review, &circuit);
        self.store.put_review(review.clone());
        self.roll_up(&review, circuit)?;
        self.expect_repetition(&review);
        if continuation.is_some() {
            self.reconcile_cascade(&review.task_id)?;
        }
        self.record_verdict_events(&review, run, continuation.as_deref(), actor)?;
        Ok(RunReviewResult {
            review,
            continuation_run: continuation.map(|run| Run::clone(&run)),
            circuit_opened,
        })
    }

    /// Queues the run that carries on where the reviewed one stopped.
    fn queue_continuation(
        &mut self,
        review: &RunReview,
        run: &Run,
        actor: &ActorContext,
    ) -> Result<Arc<Run>> {
        if self.store.get_continuation_of(&review.review_id).is_some() {
            return Err(TaskError::with_detail(
                ErrorKind::Conflict,
                format!("review {:?} has its continuation already", review.review_id.as_str()),
            ));
        }
        let task = self.require_task(&review.task_id)?;
        let lineage = RunReviewLineage {
            parent_run_id: Some(run.id.clone()),
            review_id: Some(review.review_id.clone()),
            review_round: review.review_round + 1,
            continuation_reason: review.reason.clone(),
            missing_work: review.missing_work.clone().unwrap_or_else(RawJson::empty_list),
            next_round_guidance: review.next_round_guidance.clone(),
            ..RunReviewLineage::default()
        };
        let provenance = Provenance {
            source: "task_run_review",
            review_id: &review.review_id,
            outcome: RunReviewOutcome::Rejected,
            parent_run_id: &run.id,
        };
        let new = NewRun {
            network_channel: run.network_channel.clone(),
            review: Some(lineage),
            metadata: Some(RawJson::from_value(&provenance)?),
            ..NewRun::default()
        };
        self.queue_run(&task, new, actor)
    }

    /// Writes the verdict into the task's review state and touches the task.
    fn roll_up(&mut self, review: &RunReview, circuit: Circuit) -> Result<()> {
        let now = self.now();
        let mut gate = self.review_gate_of(&review.task_id);
        gate.review_round = match review.outcome {
            Some(RunReviewOutcome::Rejected) => review.review_round + 1,
            _ => review.review_round,
        };
        gate.last_review_id = Some(review.review_id.clone());
        gate.last_review_outcome = review.outcome;
        match circuit {
            Circuit::Opens(reason) => {
                gate.review_circuit_opened_at = Some(now);
                gate.review_circuit_reason = reason;
                self.withdraw_requests(&review.task_id);
            }
            Circuit::Closes => {
                gate.review_circuit_opened_at = None;
                gate.review_circuit_reason.clear();
            }
            Circuit::Stays => {}
        }
        self.store.put_review_gate(gate);
        let task = self.require_task(&review.task_id)?;
        self.store.put_task(Task { updated_at: now, ..Task::clone(&task) });
        Ok(())
    }

    fn record_verdict_events(
        &mut self,
        review: &RunReview,
        run: &Run,
        continuation: Option<&Run>,
        actor: &ActorContext,
    ) -> Result<()> {
        let Some(outcome) = review.outcome else { return Ok(()) };
        let payload = RunReviewRecorded {
            review_id: review.review_id.clone(),
            run_id: run.id.clone(),
            outcome,
            confidence: review.confidence.unwrap_or_default(),
            delivery_id: review.delivery_id.clone(),
            review_round: review.review_round,
            continuation_run_id: continuation.map(|run| run.id.clone()),
        };
        self.log_run(run, &payload, actor)?;
        let subject = Subject::run(&run.task_id, &run.id);
        self.record(subject, EventType::of_outcome(outcome), &payload, actor)?;
        let Some(continuation) = continuation else { return Ok(()) };
        let payload = RunReviewRetryEnqueued {
            review_id: review.review_id.clone(),
            run_id: run.id.clone(),
            continuation_run_id: continuation.id.clone(),
            review_round: review.review_round + 1,
        };
        self.log_run(continuation, &payload, actor)
    }
}

/// Of agent sessions, only the bound one records the verdict of a bound review.
fn require_reviewer(review: &RunReview, actor: &ActorContext) -> Result<()> {
    let foreign = review
        .reviewer_session_id
        .as_ref()
        .is_some_and(|bound| actor.actor.reference.trim() != bound.as_str());
    if foreign && actor.actor.kind == ActorKind::AgentSession {
        return Err(TaskError::with_detail(
            ErrorKind::PermissionDenied,
            format!("review {:?} is bound to another session", review.review_id.as_str()),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
