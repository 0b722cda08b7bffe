//! Takes runs back from workers that are gone: leases that ended, sessions that
//! ended, hosts that were restarted.

use std::sync::Arc;

use serde::Serialize;

use crate::actor::ActorContext;
use crate::error::{ErrorKind, Result, TaskError};
use crate::event::{RunLeaseExpired, RunRecovered};
use crate::hook::RunHookId;
use crate::id::{RunId, SessionId};
use crate::json::RawJson;
use crate::lease::{
    ExpiredLeaseRecovery, ExpiredLeaseRecoveryResult, SessionLeaseRelease,
    SessionLeaseReleaseResult,
};
use crate::run::{Run, RunBootRecovery, RunBootRecoveryAction, RunStatus};
use crate::session::StopReason;
use crate::store::Store;
use crate::task::Task;

use super::Manager;
use super::outside::{Progress, SessionCall};
use super::terminal::Ending;
use super::transition::requeued;

/// The states in which a session can still hear a request to stop.
const LIVE_SESSION_STATES: [&str; 3] = ["starting", "active", "stopping"];

impl<S: Store> Manager<S> {
    /// Puts runs whose lease has ended back into the queue, the earliest end first.
    /// No attempt is used up, and no session is stopped. Pauses do not matter.
    ///
    /// # Errors
    ///
    /// `permission_denied`; `validation` for a negative limit.
    pub fn recover_expired_run_leases(
        &mut self,
        request: ExpiredLeaseRecovery,
        actor: &ActorContext,
    ) -> Result<Vec<ExpiredLeaseRecoveryResult>> {
        actor.authorize_write()?;
        let request = request.normalize(self.now())?;
        let now = request.now.unwrap_or_else(|| self.now());
        let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
        let expired = self.store.list_expired_leases(now, limit);
        if expired.is_empty() {
            return Ok(Vec::new());
        }
        self.transact(|manager| {
            expired.iter().map(|held| manager.recover(held, &request.reason, actor)).collect()
        })
    }

    fn recover(
        &mut self,
        held: &Run,
        reason: &str,
        actor: &ActorContext,
    ) -> Result<ExpiredLeaseRecoveryResult> {
        let (run, task) = self.requeue(held, requeued(held))?;
        let payload = RunLeaseExpired {
            previous_status: held.status,
            status: run.status,
            task_status: task.status,
            reason: reason.to_owned(),
            session_id: held.session_id.clone(),
            lease_until: held.lease_until,
            previous_claim_token_hash: held.claim_token_hash.clone(),
            coordination_channel_id: held.coordination_channel_id.clone(),
        };
        self.log_run(&run, &payload, actor)?;
        for hook in [RunHookId::LeaseExpired, RunHookId::LeaseRecovered] {
            self.announce_requeue(hook, held, (&run, &task), reason, actor);
        }
        Ok(ExpiredLeaseRecoveryResult {
            run: Run::clone(&run),
            previous_run_status: held.status,
            previous_session_id: held.session_id.clone(),
            previous_lease_until: held.lease_until,
            previous_claim_token_hash: held.claim_token_hash.clone(),
            reason: reason.to_owned(),
        })
    }

    /// Puts the runs that a session holds, or held until their lease ended, back
    /// into the queue: claimed ones first, then starting, then running. Runs that
    /// were bound without a lease are passed over, and the session is not stopped.
    ///
    /// # Errors
    ///
    /// `permission_denied`; `validation` for a blank session.
    pub fn release_session_run_leases(
        &mut self,
        request: SessionLeaseRelease,
        actor: &ActorContext,
    ) -> Result<Vec<SessionLeaseReleaseResult>> {
        actor.authorize_write()?;
        let request = request.normalize(self.now())?;
        let mut held = self.store.list_active_runs_of_session(&request.session_id);
        held.retain(|run| run.claim_token_hash.is_some());
        held.sort_by_key(|run| run.status.rank());
        if held.is_empty() {
            return Ok(Vec::new());
        }
        self.transact(|manager| {
            held.iter()
                .map(|held| {
                    let run = manager.release(held, &request.reason, actor)?;
                    Ok(SessionLeaseReleaseResult {
                        run: Run::clone(&run),
                        previous_run_status: held.status,
                        previous_session_id: held.session_id.clone(),
                        previous_lease_until: held.lease_until,
                        previous_claim_token_hash: held.claim_token_hash.clone(),
                        reason: request.reason.clone(),
                    })
                })
                .collect()
        })
    }

    /// Records what became of a run after a restart, and tells of it.
    fn log_recovery(
        &mut self,
        before: &Run,
        (run, task): (&Run, &Task),
        (action, request): (RunBootRecoveryAction, &RunBootRecovery),
        actor: &ActorContext,
    ) -> Result<()> {
        let payload = RunRecovered {
            action,
            previous_status: before.status,
            status: run.status,
            task_status: task.status,
            reason: request.reason.clone(),
            session_id: before.session_id.clone(),
            session_state: request.session_state.clone(),
            classification: request.classification.clone(),
            detail: request.detail.clone(),
        };
        self.log_run(run, &payload, actor)?;
        self.announce(RunHookId::LeaseRecovered, run, task, actor, |hook| {
            hook.previous_run_status = Some(before.status);
            hook.previous_session_id = before.session_id.clone();
            hook.recovery_reason.clone_from(&request.reason);
            hook.recovery_action = action.to_string();
        });
        Ok(())
    }

    fn boot_requeue(
        &mut self,
        before: &Run,
        request: &RunBootRecovery,
        actor: &ActorContext,
    ) -> Result<Arc<Run>> {
        let (run, task) = self.requeue(before, requeued(before))?;
        let settled = (RunBootRecoveryAction::Requeue, request);
        self.log_recovery(before, (&run, &task), settled, actor)?;
        Ok(run)
    }

    fn boot_mark_running(
        &mut self,
        before: &Run,
        request: &RunBootRecovery,
        actor: &ActorContext,
    ) -> Result<Arc<Run>> {
        let mut running = before.clone();
        running.status = RunStatus::Running;
        running.started_at = before.started_at.or_else(|| Some(self.now()));
        let run = self.write_run(before, running)?;
        let task = self.reconcile_cascade(&run.task_id)?;
        let settled = (RunBootRecoveryAction::MarkRunning, request);
        self.log_recovery(before, (&run, &task), settled, actor)?;
        Ok(run)
    }

    fn boot_fail(
        &mut self,
        before: &Run,
        request: &RunBootRecovery,
        actor: &ActorContext,
    ) -> Result<Arc<Run>> {
        let ending = Ending::Failed {
            error: orphaned(before.session_id.as_ref(), request),
            metadata: Some(RawJson::from_value(&Orphaned::of(before, request))?),
        };
        let (run, task) = self.end_by_authority(before, &ending, actor)?;
        let settled = (RunBootRecoveryAction::Fail, request);
        self.log_recovery(before, (&run, &task), settled, actor)?;
        Ok(run)
    }
}

impl<S: Store + 'static> Manager<S> {
    /// Settles a run that its host had at work when it was restarted: a claimed one
    /// goes back to the queue, one whose session lives on is running, one whose
    /// session is lost has failed. Leases do not matter.
    ///
    /// A failed run is stored before its session is stopped; where that fails, the
    /// call is refused and the run stays failed. Marking a running run changes
    /// nothing.
    ///
    /// # Errors
    ///
    /// `permission_denied`; `validation` for an unknown action, a blank id, or
    /// where a session has to be stopped without an executor;
    /// `task_run_not_found`; `invalid_status_transition` where the action does not
    /// fit the run; the executor's error.
    pub fn recover_run_on_boot(
        &mut self,
        id: &RunId,
        request: RunBootRecovery,
        actor: &ActorContext,
    ) -> Result<Run> {
        let first = self.begin_recover_run_on_boot(id, request, actor)?;
        self.carry_through(first)
    }

    /// The first step of [`Manager::recover_run_on_boot`]: everything but the stop
    /// of a failed run's session.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn begin_recover_run_on_boot(
        &mut self,
        id: &RunId,
        request: RunBootRecovery,
        actor: &ActorContext,
    ) -> Result<Progress<S, Run>> {
        actor.authorize_write()?;
        let request = request.normalize();
        let action = request.validate("run_boot_recovery")?;
        let (before, _) = self.load_run(id)?;
        let has_session = before.session_id.is_some();
        let run = match (action, before.status) {
            (RunBootRecoveryAction::Requeue, RunStatus::Claimed) => {
                self.transact(|manager| manager.boot_requeue(&before, &request, actor))?
            }
            (RunBootRecoveryAction::MarkRunning, RunStatus::Running) if has_session => before,
            (RunBootRecoveryAction::MarkRunning, RunStatus::Claimed | RunStatus::Starting)
                if has_session =>
            {
                self.transact(|manager| manager.boot_mark_running(&before, &request, actor))?
            }
            (RunBootRecoveryAction::Fail, RunStatus::Starting | RunStatus::Running) => {
                let run = self.transact(|manager| manager.boot_fail(&before, &request, actor))?;
                return self.stop_orphan(run, &request.session_state);
            }
            (action, status) => {
                return Err(TaskError::with_detail(
                    ErrorKind::InvalidStatusTransition,
                    format!("task run {:?} is {status}: {action} does not fit", before.id.as_str()),
                ));
            }
        };
        Ok(Progress::Done(Run::clone(&run)))
    }

    /// Stops the session of a run that is failed already: by request and by force
    /// if it can still hear, by force alone otherwise.
    fn stop_orphan(&mut self, failed: Arc<Run>, session_state: &str) -> Result<Progress<S, Run>> {
        let reason = StopReason::Failed;
        let session = failed.session_id.clone();
        if LIVE_SESSION_STATES.contains(&session_state) {
            return self.stop_then(session, reason, move |_, stopped| {
                stopped.map(|()| Run::clone(&failed))
            });
        }
        let Some(session) = session else { return Ok(Progress::Done(Run::clone(&failed))) };
        let force = SessionCall::ForceStop { session, reason };
        Ok(Self::ask(force, move |_, stopped| stopped.map(|_| Progress::Done(Run::clone(&failed)))))
    }
}

/// What is known of a run that lost its session, for the audit log. Every field is
/// present.
#[derive(Serialize)]
struct Orphaned<'a> {
    reason: &'a str,
    previous_status: RunStatus,
    session_id: &'a str,
    session_state: &'a str,
    classification: &'a str,
    detail: &'a str,
}

impl<'a> Orphaned<'a> {
    fn of(before: &'a Run, request: &'a RunBootRecovery) -> Self {
        Self {
            reason: match request.reason.as_str() {
                "" => "orphaned_on_boot",
                given => given,
            },
            previous_status: before.status,
            session_id: before.session_id.as_ref().map_or("", SessionId::as_str),
            session_state: &request.session_state,
            classification: &request.classification,
            detail: &request.detail,
        }
    }
}

/// The error of a run that lost its session.
fn orphaned(session: Option<&SessionId>, request: &RunBootRecovery) -> String {
    let Some(session) = session else {
        return "orphaned on boot: run has no live session".to_owned();
    };
    let session = session.as_str();
    let RunBootRecovery { session_state, classification, detail, .. } = request;
    match (classification.as_str(), detail.as_str(), session_state.as_str()) {
        ("", _, "") => format!("orphaned on boot: session {session:?} is not live"),
        ("", _, state) => format!("orphaned on boot: session {session:?} is {state}"),
        (class, "", _) => format!("orphaned on boot: session {session:?} classified as {class}"),
        (class, detail, _) => {
            format!("orphaned on boot: session {session:?} classified as {class} ({detail})")
        }
    }
}

#[cfg(test)]
mod tests;
