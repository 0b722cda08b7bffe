//! The review gate of a task: its circuit, its policy, and the reviews that the
//! board asks for or gives up by itself. All of it is off unless the options say
//! otherwise.

use crate::actor::ActorContext;
use crate::error::Result;
use crate::event::TaskUpdated;
use crate::id::{ReviewId, RunId, TaskId};
use crate::query::RunReviewQuery;
use crate::review::{
    AutoReviewGate, RecordRunReviewRequest, ReviewGateState, ReviewPolicy, RunReview,
    RunReviewOutcome, RunReviewRequest, RunReviewResult, RunReviewStatus, RunReviewVerdict,
    auto_review,
};
use crate::run::{Run, RunReviewLineage, RunStatus};
use crate::status::run_facts;
use crate::store::Store;
use crate::time::Timestamp;

use super::audit::Subject;
use super::follow_up::FollowUp;
use super::{Manager, require_task_id};

/// In whose name the board acts on reviews. Not the worker's, so that a router
/// does not take the worker for the one who asked.
const GATE: &str = "review-gate";

/// What a verdict does to the circuit of its task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Circuit {
    /// It opens, for a reason: a person has to look.
    Opens(String),
    /// It closes, or stays closed.
    Closes,
    /// It is left as it is.
    Stays,
}

impl<S: Store> Manager<S> {
    /// Where the reviews of a task stand.
    ///
    /// # Errors
    ///
    /// `permission_denied` without `read`; `validation` for a blank id;
    /// `task_not_found`.
    pub fn review_gate(&self, task: &TaskId, actor: &ActorContext) -> Result<ReviewGateState> {
        actor.authorize_read()?;
        let task = self.require_task(&require_task_id(task)?)?;
        Ok(self.review_gate_of(&task.id))
    }

    /// Sets which finished runs of a task are reviewed by themselves, or leaves it
    /// to the board. Does something only where reviews are automatic.
    ///
    /// # Errors
    ///
    /// `permission_denied` without `write`; `validation` for a blank id;
    /// `task_not_found`.
    pub fn set_review_policy(
        &mut self,
        task: &TaskId,
        policy: Option<ReviewPolicy>,
        actor: &ActorContext,
    ) -> Result<ReviewGateState> {
        actor.authorize_write()?;
        let task = self.require_task(&require_task_id(task)?)?;
        let stored = self.review_gate_of(&task.id);
        if stored.policy == policy {
            return Ok(stored);
        }
        let gate = ReviewGateState { policy, ..stored };
        self.transact(|manager| {
            manager.store.put_review_gate(gate.clone());
            let payload =
                TaskUpdated { changed_fields: vec!["review_policy"], status: task.status };
            manager.log(Subject::task(&task.id), &payload, actor)
        })?;
        Ok(gate)
    }

    /// Gives up the open reviews whose deadline has come: each gets the verdict
    /// `timeout`, earliest deadline first. Calling this is up to the host; nothing
    /// happens at a deadline by itself.
    ///
    /// # Errors
    ///
    /// `permission_denied` without `write`. The verdicts before a refused one stay.
    pub fn expire_reviews(&mut self, actor: &ActorContext) -> Result<Vec<RunReviewResult>> {
        actor.authorize_write()?;
        let mut expired = Vec::new();
        for due in self.overdue_reviews(self.now()) {
            // The verdict on another one may have opened the circuit, which takes
            // the requests of the task along.
            if !self.require_review(&due.review_id)?.status.is_open() {
                continue;
            }
            let request = RecordRunReviewRequest {
                verdict: RunReviewVerdict {
                    outcome: RunReviewOutcome::Timeout.into(),
                    confidence: Some(1.0),
                    reason: "The reviewer did not answer in time.".to_owned(),
                    delivery_id: format!("review-deadline:{}", due.review_id),
                    ..RunReviewVerdict::default()
                },
                review_id: due.review_id,
                run_id: due.run_id,
            };
            expired.push(self.record_run_review(request, &gate_actor())?);
        }
        Ok(expired)
    }

    /// Asks again for the reviews of ended runs whose automatic request was not
    /// stored, and answers the new ones. Looks at every run that has ended, so that
    /// it is for the start of a host.
    ///
    /// # Errors
    ///
    /// `permission_denied` without `write`.
    pub fn request_required_reviews(&mut self, actor: &ActorContext) -> Result<Vec<RunReview>> {
        actor.authorize_write()?;
        let ended = [RunStatus::Completed, RunStatus::Failed, RunStatus::Canceled];
        let waiting: Vec<RunId> = self
            .store
            .list_runs_by_status(&ended)
            .iter()
            .filter(|run| run.review.as_ref().is_some_and(|lineage| lineage.required))
            .map(|run| run.id.clone())
            .collect();
        let linked = |manager: &Self, run: &RunId| {
            let lineage = manager.store.get_run(run)?.review.clone()?;
            lineage.request_id.filter(|_| !lineage.required)
        };
        Ok(waiting
            .iter()
            .filter_map(|run| {
                self.request_required_review(run);
                let review = linked(self, run)?;
                self.store.get_review(&review).map(|review| RunReview::clone(&review))
            })
            .collect())
    }

    /// The review state beside a task, which is there even if nothing is stored.
    pub(super) fn review_gate_of(&self, task: &TaskId) -> ReviewGateState {
        match self.store.get_review_gate(task) {
            Some(gate) => ReviewGateState::clone(&gate),
            None => ReviewGateState::untouched(task),
        }
    }

    /// Why a rejection queues no further run, if it does not.
    pub(super) fn end_of_rounds(&self, review: &RunReview) -> Result<Option<String>> {
        let options = &self.options.review_gate;
        if let Some(limit) = options.max_rounds.filter(|limit| review.review_round >= *limit) {
            return Ok(Some(format!(
                "Rejected in review round {} of {limit}.",
                review.review_round
            )));
        }
        let task = self.require_task(&review.task_id)?;
        let facts = run_facts(&self.store, &task);
        let busy = facts.working || facts.waiting;
        let exhausted = facts.exhausted(task.max_attempts);
        Ok((options.exhaustion_opens_circuit && exhausted && !busy)
            .then(|| format!("Rejected with none of {} attempts left.", task.max_attempts)))
    }

    /// What a verdict does to the circuit; `ended` says that the rounds ended with
    /// it.
    pub(super) fn circuit_after(&self, review: &RunReview, ended: bool) -> Circuit {
        let options = &self.options.review_gate;
        match review.outcome {
            Some(RunReviewOutcome::Blocked) => Circuit::Opens(review.reason.clone()),
            Some(RunReviewOutcome::Rejected) if ended => Circuit::Opens(review.reason.clone()),
            Some(
                RunReviewOutcome::Error
                | RunReviewOutcome::Timeout
                | RunReviewOutcome::InvalidOutput,
            ) => match options {
                _ if options.fails_for_good(review) => {
                    Circuit::Opens(format!("Review attempt {} failed.", review.attempt))
                }
                _ if options.failures_keep_circuit => Circuit::Stays,
                _ => Circuit::Closes,
            },
            Some(RunReviewOutcome::Approved | RunReviewOutcome::Rejected) | None => Circuit::Closes,
        }
    }

    /// Whether the answer to a verdict says that the circuit opened.
    pub(super) fn reports_opening(&self, review: &RunReview, circuit: &Circuit) -> bool {
        let blocked = review.outcome == Some(RunReviewOutcome::Blocked);
        let told = !blocked || self.options.review_gate.reports_blocked;
        told && matches!(circuit, Circuit::Opens(_))
    }

    /// Takes the requests that nobody has begun on along with an opening circuit.
    pub(super) fn withdraw_requests(&mut self, task: &TaskId) {
        if !self.options.review_gate.withdraws_requests {
            return;
        }
        let now = self.now();
        let query = RunReviewQuery {
            task_id: Some(task.clone()),
            status: RunReviewStatus::Requested.into(),
            ..RunReviewQuery::default()
        };
        for review in self.store.list_reviews(&query) {
            self.store.put_review(RunReview {
                status: RunReviewStatus::CircuitOpened,
                updated_at: now,
                ..RunReview::clone(&review)
            });
        }
    }

    /// Marks a run that ends and that the policy wants reviewed, in the same write,
    /// so that a crash before the request loses nothing.
    pub(super) fn with_review_required(&mut self, before: &Run, after: Run) -> Run {
        if before.status.is_terminal() || !after.status.is_terminal() {
            return after;
        }
        let Some(request) = self.automatic_request(&after) else { return after };
        self.follow_ups.push(FollowUp::RequestReview { run: after.id.clone() });
        let lineage = RunReviewLineage {
            required: true,
            request_round: request.review_round,
            policy_snapshot: request.policy.known(),
            ..after.review.clone().unwrap_or_default()
        };
        Run { review: Some(lineage), ..after }
    }

    /// Asks for the review that an ended run waits for. A refusal leaves it
    /// waiting.
    pub(super) fn request_required_review(&mut self, run: &RunId) {
        let Some(run) = self.store.get_run(run) else { return };
        if !run.review.as_ref().is_some_and(|lineage| lineage.required) {
            return;
        }
        if let Some(request) = self.automatic_request(&run) {
            let _ = self.request_run_review(request, &gate_actor());
        }
    }

    /// Notes that a review failed which another reviewer shall try. Call inside
    /// its transaction.
    pub(super) fn expect_repetition(&mut self, review: &RunReview) {
        let failed = matches!(
            review.outcome,
            Some(
                RunReviewOutcome::Error
                    | RunReviewOutcome::Timeout
                    | RunReviewOutcome::InvalidOutput
            )
        );
        if failed && self.options.review_gate.repeats(review) {
            self.follow_ups.push(FollowUp::RepeatReview { failed: review.review_id.clone() });
        }
    }

    /// Asks for the next attempt of a failed review.
    pub(super) fn repeat_review(&mut self, failed: &ReviewId) {
        let Some(review) = self.store.get_review(failed) else { return };
        if self.review_gate_of(&review.task_id).review_circuit_opened_at.is_some() {
            return;
        }
        let outcome = review.outcome.map_or_else(String::new, |outcome| outcome.to_string());
        let request = RunReviewRequest {
            task_id: review.task_id.clone(),
            run_id: review.run_id.clone(),
            review_round: review.review_round,
            attempt: review.attempt + 1,
            policy: review.policy.into(),
            parent_review_id: review.parent_review_id.clone(),
            reason: format!("Review attempt {} ended with {outcome}.", review.attempt),
            deadline_at: self.review_deadline(),
        };
        // Somebody else may have asked already, which is as good.
        let _ = self.request_run_review(request, &gate_actor());
    }

    fn automatic_request(&self, run: &Run) -> Option<RunReviewRequest> {
        let automatic = self.options.review_gate.automatic.as_ref()?;
        let state = self.review_gate_of(&run.task_id);
        let gate = AutoReviewGate {
            policy: state.policy.unwrap_or(automatic.policy),
            circuit_open: state.review_circuit_opened_at.is_some(),
            deadline_at: self.review_deadline(),
        };
        auto_review(&gate, run)
    }

    fn review_deadline(&self) -> Option<Timestamp> {
        let timeout = self.options.review_gate.automatic.as_ref()?.timeout?;
        Some(self.now() + timeout)
    }

    /// The open reviews whose deadline has come, earliest first, then by id.
    fn overdue_reviews(&self, now: Timestamp) -> Vec<RunReview> {
        let open = [RunReviewStatus::Requested, RunReviewStatus::Routed, RunReviewStatus::InReview];
        let of_status = |status: RunReviewStatus| {
            let query = RunReviewQuery { status: status.into(), ..RunReviewQuery::default() };
            self.store.list_reviews(&query)
        };
        let takes_verdict = |review: &RunReview| {
            review.deadline_at.is_some_and(|deadline| deadline <= now)
                && self.store.get_run(&review.run_id).is_some_and(|run| run.status.is_terminal())
        };
        let mut due: Vec<RunReview> = open
            .into_iter()
            .flat_map(of_status)
            .filter(|review| takes_verdict(review))
            .map(|review| RunReview::clone(&review))
            .collect();
        due.sort_by_key(|review| (review.deadline_at, review.review_id.clone()));
        due
    }
}

fn gate_actor() -> ActorContext {
    ActorContext::derive_daemon(GATE, None).expect("the name of the gate is not blank")
}

#[cfg(test)]
mod tests;
