//! The one door through which stored runs change: whatever an operation decided,
//! the session binding, the record's form and the task's current run are checked
//! here, and the raw token goes with the lease.

use std::sync::Arc;

use crate::actor::{ActorContext, ActorKind};
use crate::error::{ErrorKind, Result, TaskError};
use crate::event::EventPayload;
use crate::id::{RunId, SessionId};
use crate::run::{Run, RunStatus};
use crate::status::derived_status;
use crate::store::Store;
use crate::task::{Status, Task};

use super::Manager;
use super::audit::Subject;

/// The run as it goes back to the queue: whoever held it is forgotten, its place
/// in the queue and its attempt number stay.
pub(super) fn requeued(run: &Run) -> Run {
    Run {
        status: RunStatus::Queued,
        claimed_by: None,
        session_id: None,
        claim_token_hash: None,
        lease_until: None,
        heartbeat_at: None,
        claimed_at: None,
        started_at: None,
        ended_at: None,
        error: String::new(),
        result: None,
        ..run.clone()
    }
}

/// Whether a run keeps its session binding rule when it changes: a bound session
/// stays, except that a requeue lets go of it, and that an agent session may hand
/// the run that it claimed over to a dedicated session once.
fn binding_allowed(before: &Run, after: &Run) -> bool {
    match (&before.session_id, &after.session_id) {
        (None, _) => true,
        (Some(bound), Some(next)) => bound == next || hand_over_allowed(before, after, bound),
        (Some(_), None) => after.status == RunStatus::Queued,
    }
}

/// After the hand-over the bound session is no longer the claimer, so that there
/// is no second one.
fn hand_over_allowed(before: &Run, after: &Run, bound: &SessionId) -> bool {
    let claimed_by_bound = before.claimed_by.as_ref().is_some_and(|claimer| {
        claimer.kind == ActorKind::AgentSession && claimer.reference == bound.as_str()
    });
    let setting_up = match (before.status, after.status) {
        (RunStatus::Claimed, RunStatus::Starting) => true,
        (RunStatus::Starting, RunStatus::Starting) => {
            before.started_at.is_none() && after.started_at.is_none()
        }
        _ => false,
    };
    claimed_by_bound && setting_up
}

/// Whether the record still is what a decision was made on.
fn is_same_state(seen: &Run, stored: &Run) -> bool {
    seen.status == stored.status
        && seen.session_id == stored.session_id
        && seen.claim_token_hash == stored.claim_token_hash
        && seen.lease_until == stored.lease_until
}

impl<S: Store> Manager<S> {
    /// The run and its task, by an id as a caller gave it.
    ///
    /// # Errors
    ///
    /// `validation` for a blank id; `task_run_not_found`; `task_not_found`.
    pub(super) fn load_run(&self, id: &RunId) -> Result<(Arc<Run>, Arc<Task>)> {
        let id = id.non_blank().ok_or_else(|| TaskError::required("task run id"))?;
        let run = self.require_run(&id)?;
        let task = self.require_task(&run.task_id)?;
        Ok((run, task))
    }

    /// Passes tasks whose work may go on: not blocked, draft or canceled.
    ///
    /// # Errors
    ///
    /// `invalid_status_transition`.
    pub(super) fn require_executable(&self, task: &Task) -> Result<()> {
        let status = derived_status(&self.store, task);
        match status {
            Status::Blocked | Status::Draft | Status::Canceled => Err(TaskError::with_detail(
                ErrorKind::InvalidStatusTransition,
                format!("task {:?} is {status}", task.id.as_str()),
            )),
            Status::Pending
            | Status::Ready
            | Status::InProgress
            | Status::Completed
            | Status::Failed => Ok(()),
        }
    }

    /// Refuses where the run changed since `seen` was read.
    ///
    /// # Errors
    ///
    /// `task_run_not_found`, `invalid_status_transition`.
    pub(super) fn require_unchanged(&self, seen: &Run) -> Result<()> {
        let stored = self.require_run(&seen.id)?;
        if is_same_state(seen, &stored) {
            return Ok(());
        }
        Err(TaskError::with_detail(
            ErrorKind::InvalidStatusTransition,
            format!("task run {:?} changed meanwhile and is {}", seen.id.as_str(), stored.status),
        ))
    }

    /// Writes a run that was `before`, and forgets its raw token where the lease
    /// ended. Call inside a transaction.
    ///
    /// # Errors
    ///
    /// `session_already_bound` for a forbidden change of session; `validation` or
    /// `payload_too_large` for a record out of form; `invalid_status_transition`
    /// where another run is the current one of the task.
    pub(super) fn write_run(&mut self, before: &Run, after: Run) -> Result<Arc<Run>> {
        let after = self.with_review_required(before, after);
        if !binding_allowed(before, &after) {
            return Err(TaskError::new(ErrorKind::SessionAlreadyBound));
        }
        after.validate()?;
        if before.status != after.status {
            let task = self.require_task(&after.task_id)?;
            if let Some(current) = &task.current_run_id
                && *current != after.id
            {
                return Err(TaskError::with_detail(
                    ErrorKind::InvalidStatusTransition,
                    format!(
                        "task {:?} has the current run {:?}",
                        task.id.as_str(),
                        current.as_str()
                    ),
                ));
            }
        }
        let id = after.id.clone();
        let lease_ended = before.claim_token_hash.is_some()
            && !(after.status.is_active() && after.claim_token_hash.is_some());
        self.store.put_run(after);
        if lease_ended {
            self.store.delete_claim_token(&id);
        }
        self.require_run(&id)
    }

    /// Records an event of a run.
    ///
    /// # Errors
    ///
    /// `payload_too_large`.
    pub(super) fn log_run<P: EventPayload>(
        &mut self,
        run: &Run,
        payload: &P,
        actor: &ActorContext,
    ) -> Result<()> {
        self.log(Subject::run(&run.task_id, &run.id), payload, actor)
    }

    /// Runs a unit of change for its refusals alone: nothing is kept. Operations
    /// that stop sessions rehearse their write first, so that a write which would
    /// be refused stops nobody.
    ///
    /// # Errors
    ///
    /// Those of `work`.
    pub(super) fn rehearse<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<()> {
        self.store.begin();
        let outcome = work(self);
        self.store.rollback();
        self.hooks.clear();
        self.follow_ups.clear();
        outcome.map(drop)
    }
}

#[cfg(test)]
mod tests;
