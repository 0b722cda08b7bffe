//! Reviews: asking for them, giving them to somebody, recording verdicts; and
//! handing work in with a result, which is what they look at.

use leptos::prelude::WithValue;
use taskloom_domain::actor::ActorContext;
use taskloom_domain::error::{ErrorKind, Result as EngineResult, TaskError};
use taskloom_domain::id::{ReviewId, RunId, TaskId};
use taskloom_domain::json::RawJson;
use taskloom_domain::lease::LeaseCompletion;
use taskloom_domain::manager::Manager;
use taskloom_domain::review::{
    BindRunReviewSessionRequest, RecordRunReviewRequest, RunReviewOutcome, RunReviewRequest,
};
use taskloom_domain::run::RunResult;
use taskloom_domain::store::RecordStore;
use taskloom_domain::task::Patch;

use super::{Gestures, finish};
use crate::model::refusal::Refusal;
use crate::model::review::outcome_name;
use crate::model::undo::{Inverse, Step};

impl Gestures {
    /// Ends a run of a task with a result. A run that was claimed in this tab is ended
    /// with the token of then, whatever became of it since.
    ///
    /// # Errors
    ///
    /// The refusal; `lease_expired` and `invalid_claim_token` for a claim that was
    /// lost.
    pub async fn finish_with(
        self,
        id: TaskId,
        run: RunId,
        result: Option<RawJson>,
    ) -> Result<(), Refusal> {
        let name = self.short_name(&id);
        let task = id.clone();
        let token = self.tokens.with_value(|tokens| tokens.get(&run).cloned());
        let outcome = self.board.run(move |manager, actor| {
            let result = RunResult { value: result.clone() };
            let Some(token) = &token else { return finish(manager, actor, &task, result) };
            let completion = LeaseCompletion {
                run_id: run.clone(),
                claim_token: token.clone(),
                result,
                ..LeaseCompletion::default()
            };
            manager.complete_run_lease(completion, actor).map(drop)
        });
        let what = format!("{name} was not finished");
        outcome.await.map_err(|error| self.refusal(what, &error))?;
        self.feedback.done(self.told(taskloom_domain::availability::Verb::Finish, &name, &id));
        Ok(())
    }

    /// Asks for a review, or finds the one that was asked for before.
    ///
    /// # Errors
    ///
    /// The refusal.
    pub async fn request_review(self, request: RunReviewRequest) -> Result<ReviewId, Refusal> {
        let name = self.short_name(&request.task_id);
        let answer = self
            .board
            .run(move |manager, actor| manager.request_run_review(request.clone(), actor))
            .await
            .map_err(|error| self.refusal("No review was requested", &error))?;
        self.feedback.done(if answer.created {
            format!("A review of {name} is requested")
        } else {
            format!("A review of {name} was requested already")
        });
        Ok(answer.review.review_id)
    }

    /// Gives a review to a session.
    ///
    /// # Errors
    ///
    /// The refusal.
    pub async fn assign_review(
        self,
        request: BindRunReviewSessionRequest,
        to: String,
    ) -> Result<(), Refusal> {
        self.board
            .run(move |manager, actor| manager.bind_run_review_session(request.clone(), actor))
            .await
            .map_err(|error| self.refusal("The review was not assigned", &error))?;
        self.feedback.done(format!("The review is assigned to {to}"));
        Ok(())
    }

    /// Records a verdict, and answers the run that continues the work.
    ///
    /// # Errors
    ///
    /// The refusal.
    pub async fn record_verdict(
        self,
        request: RecordRunReviewRequest,
        task: &TaskId,
    ) -> Result<Option<RunId>, Refusal> {
        let name = self.short_name(task);
        let answer = self
            .board
            .run(move |manager, actor| manager.record_run_review(request.clone(), actor))
            .await
            .map_err(|error| self.refusal("The verdict was not recorded", &error))?;
        let outcome = answer.review.outcome.unwrap_or(RunReviewOutcome::Error);
        let recorded = format!("Recorded for {name}: {}", outcome_name(outcome).to_lowercase());
        self.feedback.done(match &answer.continuation_run {
            Some(run) => format!("{recorded}. Attempt {} is queued", run.attempt),
            None => recorded,
        });
        Ok(answer.continuation_run.map(|run| run.id))
    }

    /// Lets a task have more attempts.
    ///
    /// # Errors
    ///
    /// The refusal.
    pub async fn raise_attempts(self, task: TaskId, to: u32) -> Result<(), Refusal> {
        let name = self.short_name(&task);
        let id = task.clone();
        let before = self
            .board
            .run(move |manager, actor| {
                let before = manager.store().get_task(&id).map(|task| task.max_attempts);
                set_attempts(manager, actor, &id, to)?;
                before.ok_or_else(|| TaskError::new(ErrorKind::TaskNotFound))
            })
            .await
            .map_err(|error| self.refusal("Max attempts were not raised", &error))?;
        let inverse = Inverse::MaxAttempts { task, before, after: to };
        let text = format!("{name} may have {to} attempts");
        self.feedback.undoable(Step { text, inverse });
        Ok(())
    }
}

/// Puts the number of attempts back, unless it was changed since.
pub(super) fn lower(
    manager: &mut Manager,
    actor: &ActorContext,
    task: &TaskId,
    before: u32,
    after: u32,
) -> EngineResult<()> {
    let now = manager.store().get_task(task).map(|task| task.max_attempts);
    if now != Some(after) {
        let detail = "max attempts were changed since";
        return Err(TaskError::with_detail(ErrorKind::Validation, detail));
    }
    set_attempts(manager, actor, task, before)
}

fn set_attempts(
    manager: &mut Manager,
    actor: &ActorContext,
    task: &TaskId,
    attempts: u32,
) -> EngineResult<()> {
    let patch = Patch { max_attempts: Some(i64::from(attempts)), ..Patch::default() };
    manager.update_task(task, patch, actor).map(drop)
}
