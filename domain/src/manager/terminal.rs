//! Ends runs: completes, fails and cancels them. A session that works on a run is
//! stopped before the run is written, so that a stop that fails leaves the run at
//! work.

use std::sync::Arc;

use crate::actor::ActorContext;
use crate::error::{ErrorKind, Result, TaskError};
use crate::event::{RunCompleted, RunFailed};
use crate::id::RunId;
use crate::json::RawJson;
use crate::run::{CancelRun, Run, RunFailure, RunResult, RunStatus};
use crate::session::StopReason;
use crate::store::Store;
use crate::task::Task;
use crate::time::Timestamp;

use super::Manager;
use super::cancel::{Cancellation, TaskStatusShown};
use super::outside::Progress;
use super::stop::working_session;

/// How a run ends.
#[derive(Debug, Clone)]
pub(super) enum Ending {
    Completed { result: Option<RawJson> },
    Failed { error: String, metadata: Option<RawJson> },
}

impl Ending {
    pub(super) fn failed(failure: RunFailure) -> Self {
        let RunFailure { error, metadata } = failure.normalize();
        Self::Failed { error, metadata }
    }

    fn stop_reason(&self) -> StopReason {
        match self {
            Ending::Completed { .. } => StopReason::Completed,
            Ending::Failed { .. } => StopReason::Failed,
        }
    }
}

/// By what right a run is ended; the lease is named in the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Through {
    Lease,
    Authority,
}

impl<S: Store> Manager<S> {
    /// Writes the end of an active run, with its event. Claimer, session and token
    /// hash stay as history. Call inside a transaction.
    pub(super) fn end_run(
        &mut self,
        active: &Run,
        ending: &Ending,
        at: Timestamp,
        through: Through,
        actor: &ActorContext,
    ) -> Result<(Arc<Run>, Arc<Task>)> {
        let mut ended = active.clone();
        ended.ended_at = Some(at);
        ended.lease_until = None;
        ended.heartbeat_at = None;
        match ending {
            Ending::Completed { result } => {
                ended.status = RunStatus::Completed;
                ended.result.clone_from(result);
                ended.error.clear();
            }
            Ending::Failed { error, .. } => {
                ended.status = RunStatus::Failed;
                ended.error.clone_from(error);
                ended.result = None;
            }
        }
        let run = self.write_run(active, ended)?;
        let task_status = self.reconcile_cascade(&run.task_id)?.status;
        let claim_token_hash = match through {
            Through::Lease => run.claim_token_hash.clone(),
            Through::Authority => None,
        };
        match ending {
            Ending::Completed { result } => {
                let payload = RunCompleted {
                    status: run.status,
                    task_status,
                    result: result.clone(),
                    claim_token_hash,
                };
                self.log_run(&run, &payload, actor)?;
                self.expect_dependents(&run, through, actor);
            }
            Ending::Failed { error, metadata } => {
                let payload = RunFailed {
                    status: run.status,
                    task_status,
                    error: error.clone(),
                    metadata: metadata.clone(),
                    claim_token_hash,
                };
                self.log_run(&run, &payload, actor)?;
            }
        }
        let task = self.require_task(&run.task_id)?;
        Ok((run, task))
    }

    /// As [`Manager::end_run`], now and without regard to a lease.
    pub(super) fn end_by_authority(
        &mut self,
        active: &Run,
        ending: &Ending,
        actor: &ActorContext,
    ) -> Result<(Arc<Run>, Arc<Task>)> {
        let now = self.now();
        self.end_run(active, ending, now, Through::Authority, actor)
    }
}

impl<S: Store + 'static> Manager<S> {
    /// Completes a running run that holds no lease, after stopping its session.
    ///
    /// # Errors
    ///
    /// `permission_denied`; `validation` or `payload_too_large` for the result, or
    /// where a session has to be stopped without an executor; `task_run_not_found`;
    /// `invalid_claim_token` for a run that was claimed under a lease;
    /// `invalid_status_transition` for one that is not running; the executor's
    /// error.
    pub fn complete_run(
        &mut self,
        id: &RunId,
        result: RunResult,
        actor: &ActorContext,
    ) -> Result<Run> {
        let first = self.begin_complete_run(id, result, actor)?;
        self.carry_through(first)
    }

    /// The first step of [`Manager::complete_run`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn begin_complete_run(
        &mut self,
        id: &RunId,
        result: RunResult,
        actor: &ActorContext,
    ) -> Result<Progress<S, Run>> {
        actor.authorize_write()?;
        result.validate("run_result")?;
        let ending = Ending::Completed { result: result.value };
        self.begin_end(id, RunStatus::Completed, ending, actor)
    }

    /// Fails a starting or running run that holds no lease, after stopping its
    /// session. Nothing is queued in its place.
    ///
    /// # Errors
    ///
    /// As [`Manager::complete_run`], with `invalid_status_transition` for a run
    /// that is neither starting nor running.
    pub fn fail_run(
        &mut self,
        id: &RunId,
        failure: RunFailure,
        actor: &ActorContext,
    ) -> Result<Run> {
        let first = self.begin_fail_run(id, failure, actor)?;
        self.carry_through(first)
    }

    /// The first step of [`Manager::fail_run`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn begin_fail_run(
        &mut self,
        id: &RunId,
        failure: RunFailure,
        actor: &ActorContext,
    ) -> Result<Progress<S, Run>> {
        actor.authorize_write()?;
        failure.validate("run_failure")?;
        self.begin_end(id, RunStatus::Failed, Ending::failed(failure), actor)
    }

    fn begin_end(
        &mut self,
        id: &RunId,
        status: RunStatus,
        ending: Ending,
        actor: &ActorContext,
    ) -> Result<Progress<S, Run>> {
        let (run, _) = self.load_run(id)?;
        if run.claim_token_hash.is_some() {
            return Err(TaskError::with_detail(
                ErrorKind::InvalidClaimToken,
                format!("task run {:?} was claimed under a lease", run.id.as_str()),
            ));
        }
        run.require_transition(status)?;
        let reason = ending.stop_reason();
        let seen = Arc::clone(&run);
        let actor = actor.clone();
        let write = move |manager: &mut Self| {
            manager.require_unchanged(&seen)?;
            manager.end_by_authority(&seen, &ending, &actor).map(|(run, _)| Run::clone(&run))
        };
        self.stop_and_write(&run, reason, write)
    }

    /// Cancels an open run. This is the way to take a run from the holder of its
    /// lease: no token is asked for. It cancels the task too, unless an earlier
    /// attempt of another outcome is newer.
    ///
    /// A session that works on the run is stopped; one that merely claimed it is
    /// not told.
    ///
    /// # Errors
    ///
    /// `permission_denied`; `validation` or `payload_too_large` for the metadata;
    /// `task_run_not_found`; `invalid_status_transition` for a run that has ended;
    /// `validation` where a session has to be stopped without an executor; the
    /// executor's error.
    pub fn cancel_run(
        &mut self,
        id: &RunId,
        request: CancelRun,
        actor: &ActorContext,
    ) -> Result<Run> {
        let first = self.begin_cancel_run(id, request, actor)?;
        self.carry_through(first)
    }

    /// The first step of [`Manager::cancel_run`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn begin_cancel_run(
        &mut self,
        id: &RunId,
        request: CancelRun,
        actor: &ActorContext,
    ) -> Result<Progress<S, Run>> {
        actor.authorize_write()?;
        let request = request.normalize();
        request.validate("cancel_run")?;
        let (run, _) = self.load_run(id)?;
        run.require_transition(RunStatus::Canceled)?;
        let seen = Arc::clone(&run);
        let actor = actor.clone();
        let write = move |manager: &mut Self| {
            manager.require_unchanged(&seen)?;
            let words = Cancellation {
                reason: &request.reason,
                metadata: request.metadata.as_ref(),
                propagated_from: None,
            };
            manager
                .cancel_open_run(&seen, words, TaskStatusShown::Reconciled, &actor)
                .map(|run| Run::clone(&run))
        };
        self.stop_and_write(&run, StopReason::Cancellation, write)
    }

    /// Stops the session that works on a run, if any, then writes. A write that
    /// would be refused stops nobody.
    fn stop_and_write<T: 'static>(
        &mut self,
        run: &Run,
        reason: StopReason,
        write: impl Fn(&mut Self) -> Result<T> + 'static,
    ) -> Result<Progress<S, T>> {
        let session = working_session(run).cloned();
        if session.is_some() {
            self.executor()?;
            self.rehearse(&write)?;
        }
        self.stop_then(session, reason, move |manager, stopped| {
            stopped?;
            manager.transact(&write)
        })
    }
}

#[cfg(test)]
mod tests;
