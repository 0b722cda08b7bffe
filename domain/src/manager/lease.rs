//! What the holder of a lease does with it. The token alone counts: whoever has
//! it may call, from any session.

use std::sync::Arc;

use crate::actor::ActorContext;
use crate::autonomy::{AutonomyLeaseHandle, find_active_lease};
use crate::claim_token::ClaimToken;
use crate::error::Result;
use crate::event::{RunLeaseExtended, RunReleased};
use crate::hook::RunHookId;
use crate::id::{RunId, SessionId};
use crate::lease::{LeaseCompletion, LeaseFailure, LeaseHeartbeat, LeaseRelease, check_fence};
use crate::run::Run;
use crate::store::Store;
use crate::task::Task;
use crate::time::Timestamp;

use super::Manager;
use super::terminal::{Ending, Through};
use super::transition::requeued;

impl<S: Store> Manager<S> {
    /// Shows that the worker is alive: the lease ends a duration from now, which
    /// may be earlier than before. A lease that has ended cannot be revived.
    ///
    /// # Errors
    ///
    /// `permission_denied`; `validation` for the request, or for a time before the
    /// claim; `task_run_not_found`; `invalid_claim_token`,
    /// `invalid_status_transition` or `lease_expired`, in this order, where the
    /// token does not open a live lease.
    pub fn heartbeat_run_lease(
        &mut self,
        request: LeaseHeartbeat,
        actor: &ActorContext,
    ) -> Result<Run> {
        actor.authorize_write()?;
        let request = request.normalize(self.now())?;
        let now = request.now.unwrap_or_else(|| self.now());
        let run = self.transact(|manager| {
            let held = manager.fenced_run(&request.run_id, &request.claim_token, now)?;
            let mut extended = Run::clone(&held);
            extended.lease_until = Some(now + request.lease_duration);
            extended.heartbeat_at = Some(now);
            let run = manager.write_run(&held, extended)?;
            // The task is not held on to: the store would have to copy it for the
            // event's number.
            let task_status = manager.require_task(&run.task_id)?.status;
            let payload = RunLeaseExtended {
                status: run.status,
                task_status,
                lease_until: run.lease_until,
                heartbeat_at: run.heartbeat_at,
                claim_token_hash: run.claim_token_hash.clone(),
            };
            manager.log_run(&run, &payload, actor)?;
            let task = manager.require_task(&run.task_id)?;
            manager.announce(RunHookId::LeaseExtended, &run, &task, actor, |_| {});
            Ok(run)
        })?;
        Ok(Run::clone(&run))
    }

    /// Gives a run back: it returns to its old place in the queue, and no attempt
    /// is used up. A session that works on it is not stopped.
    ///
    /// # Errors
    ///
    /// As [`Manager::heartbeat_run_lease`], and `task_not_found`.
    pub fn release_run_lease(
        &mut self,
        request: LeaseRelease,
        actor: &ActorContext,
    ) -> Result<Run> {
        actor.authorize_write()?;
        let request = request.normalize(self.now())?;
        let now = request.now.unwrap_or_else(|| self.now());
        self.load_run(&request.run_id)?;
        let run = self.transact(|manager| {
            let held = manager.fenced_run(&request.run_id, &request.claim_token, now)?;
            manager.release(&held, &request.reason, actor)
        })?;
        Ok(Run::clone(&run))
    }

    /// Completes a run through its lease, from claimed, starting or running.
    ///
    /// # Errors
    ///
    /// As [`Manager::heartbeat_run_lease`], and `payload_too_large` where the
    /// result or the event that carries it is too large.
    pub fn complete_run_lease(
        &mut self,
        request: LeaseCompletion,
        actor: &ActorContext,
    ) -> Result<Run> {
        actor.authorize_write()?;
        let request = request.normalize(self.now())?;
        let ending = Ending::Completed { result: request.result.value };
        self.end_lease(&request.run_id, &request.claim_token, request.now, &ending, actor)
    }

    /// Fails a run through its lease, from claimed, starting or running. Nothing is
    /// queued in its place.
    ///
    /// # Errors
    ///
    /// As [`Manager::heartbeat_run_lease`], and `payload_too_large` where the
    /// metadata or the event that carries them are too large.
    pub fn fail_run_lease(&mut self, request: LeaseFailure, actor: &ActorContext) -> Result<Run> {
        actor.authorize_write()?;
        let request = request.normalize(self.now())?;
        let ending = Ending::failed(request.failure);
        self.end_lease(&request.run_id, &request.claim_token, request.now, &ending, actor)
    }

    fn end_lease(
        &mut self,
        id: &RunId,
        token: &ClaimToken,
        now: Option<Timestamp>,
        ending: &Ending,
        actor: &ActorContext,
    ) -> Result<Run> {
        let now = now.unwrap_or_else(|| self.now());
        let run = self.transact(|manager| {
            let held = manager.fenced_run(id, token, now)?;
            let (run, task) = manager.end_run(&held, ending, now, Through::Lease, actor)?;
            let hook = match ending {
                Ending::Completed { .. } => RunHookId::Completed,
                Ending::Failed { .. } => RunHookId::Failed,
            };
            manager.announce(hook, &run, &task, actor, |_| {});
            Ok(run)
        })?;
        Ok(Run::clone(&run))
    }

    /// The run whose live lease the token opens.
    fn fenced_run(&self, id: &RunId, token: &ClaimToken, now: Timestamp) -> Result<Arc<Run>> {
        let run = self.require_run(id)?;
        check_fence(&run, token, now)?;
        Ok(run)
    }

    /// Puts a run whose worker gave it up back into the queue. Call inside a
    /// transaction.
    pub(super) fn release(
        &mut self,
        held: &Run,
        reason: &str,
        actor: &ActorContext,
    ) -> Result<Arc<Run>> {
        let (run, task) = self.requeue(held, requeued(held))?;
        let payload = RunReleased {
            manual: false,
            actor_kind: None,
            actor_id: String::new(),
            previous_status: held.status,
            status: run.status,
            task_status: task.status,
            reason: reason.to_owned(),
            session_id: held.session_id.clone(),
            previous_session_id: None,
            previous_claim_token_hash_truncated: String::new(),
            previous_lease_until: None,
            queue_generation: 0,
            canceled_queued_inputs: 0,
        };
        self.log_run(&run, &payload, actor)?;
        self.announce_requeue(RunHookId::Released, held, (&run, &task), reason, actor);
        Ok(run)
    }

    /// Writes a requeued run and reconciles its task.
    pub(super) fn requeue(&mut self, held: &Run, after: Run) -> Result<(Arc<Run>, Arc<Task>)> {
        let run = self.write_run(held, after)?;
        let task = self.reconcile_cascade(&run.task_id)?;
        Ok((run, task))
    }

    /// Tells that a run went back to the queue, and what it was before.
    pub(super) fn announce_requeue(
        &mut self,
        hook: RunHookId,
        before: &Run,
        (run, task): (&Run, &Task),
        reason: &str,
        actor: &ActorContext,
    ) {
        self.announce(hook, run, task, actor, |hook| {
            hook.previous_run_status = Some(before.status);
            hook.previous_session_id = before.session_id.clone();
            reason.clone_into(&mut hook.recovery_reason);
            match hook.hook {
                RunHookId::Released => reason.clone_into(&mut hook.context.release_reason),
                RunHookId::LeaseExpired => {
                    reason.clone_into(&mut hook.context.release_reason);
                    hook.context.lease_until = before.lease_until;
                }
                _ => "requeue".clone_into(&mut hook.recovery_action),
            }
        });
    }

    /// The lease by which a session works on a run, with its raw token: the way by
    /// which a session's own host calls the token-fenced operations for it. The
    /// session is the authority; there is no actor.
    ///
    /// # Errors
    ///
    /// See [`find_active_lease`]; the reason is in [`TaskError::reason`](crate::error::TaskError::reason).
    pub fn lookup_active_run_for_session(
        &self,
        session: &SessionId,
        run: &RunId,
    ) -> Result<AutonomyLeaseHandle> {
        let runs = self.store.list_fenced_runs_of_session(&session.trimmed());
        let handles: Vec<_> = runs.iter().map(|run| self.lease_handle(run, session)).collect();
        find_active_lease(&handles, session, run, self.now()).cloned()
    }

    fn lease_handle(&self, run: &Run, session: &SessionId) -> AutonomyLeaseHandle {
        let task = self.store.get_task(&run.task_id);
        let token = self.store.get_claim_token(&run.id);
        AutonomyLeaseHandle {
            run_id: run.id.clone(),
            task_id: run.task_id.clone(),
            workspace_id: task.and_then(|task| task.workspace_id.clone()),
            session_id: session.trimmed(),
            status: run.status,
            claimed_by: run.claimed_by.clone(),
            claim_token: token.map(|token| ClaimToken::clone(&token)),
            claim_token_hash: run.claim_token_hash.clone(),
            lease_until: run.lease_until,
            heartbeat_at: run.heartbeat_at,
        }
    }
}

#[cfg(test)]
mod tests;
