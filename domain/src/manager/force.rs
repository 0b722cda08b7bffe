//! Takes, fails and retries runs over their workers' heads: the operator's tools
//! for work that hangs.

use std::sync::Arc;

use crate::actor::ActorContext;
use crate::diagnostic;
use crate::error::{ErrorKind, Result, TaskError};
use crate::event::{RunOperatorForcedFail, RunOperatorRetry, RunReleased};
use crate::force::{
    BulkForceRunItem, BulkForceRunRequest, BulkForceRunResult, ForceFailRun, ForceReleaseRun,
    MAX_RETRY_RUN_CHAIN_DEPTH, RetryRunRequest, RetryRunResult,
};
use crate::hook::RunHookId;
use crate::id::RunId;
use crate::run::{FAILURE_KIND_OPERATOR_FORCED, Run, RunStatus};
use crate::store::Store;

use super::Manager;
use super::enqueue::{NewRun, refuse_unqueueable};
use super::transition::requeued;

impl<S: Store> Manager<S> {
    /// Puts a claimed run back into the queue, whoever holds it. The worker's
    /// session is not stopped; its token opens nothing any more.
    ///
    /// # Errors
    ///
    /// `permission_denied`, `forbidden_operator_action`, `force_op_rate_limited`;
    /// `validation` or `payload_too_large` for the request; `task_run_not_found`;
    /// `invalid_status_transition` for a run that is not claimed.
    pub fn force_release_run(
        &mut self,
        id: &RunId,
        request: ForceReleaseRun,
        actor: &ActorContext,
    ) -> Result<Run> {
        self.force_gate(actor)?;
        let request = request.normalize()?;
        let (held, task) = self.load_run(id)?;
        self.force_rate(actor, &task.id)?;
        if held.status != RunStatus::Claimed {
            return Err(diagnostic::force::not_releasable(&held));
        }
        let run = self.transact(|manager| manager.take_back(&held, &request.reason, actor))?;
        Ok(Run::clone(&run))
    }

    fn take_back(&mut self, held: &Run, reason: &str, actor: &ActorContext) -> Result<Arc<Run>> {
        let after = Run { failure_kind: String::new(), ..requeued(held) };
        let (run, task) = self.requeue(held, after)?;
        let hash = held.claim_token_hash.as_ref();
        let payload = RunReleased {
            manual: true,
            actor_kind: Some(actor.actor.kind),
            actor_id: actor.actor.reference.clone(),
            previous_status: held.status,
            status: run.status,
            task_status: task.status,
            reason: reason.to_owned(),
            session_id: held.session_id.clone(),
            previous_session_id: held.session_id.clone(),
            previous_claim_token_hash_truncated: hash
                .map(|hash| hash.truncated().to_owned())
                .unwrap_or_default(),
            previous_lease_until: held.lease_until,
            queue_generation: 0,
            canceled_queued_inputs: 0,
        };
        self.log_run(&run, &payload, actor)?;
        self.announce_requeue(RunHookId::Released, held, (&run, &task), reason, actor);
        Ok(run)
    }

    /// Fails a queued or claimed run, whoever holds it. Its attempt is used up; a
    /// retry may take its place.
    ///
    /// # Errors
    ///
    /// `permission_denied`, `forbidden_operator_action`, `force_op_rate_limited`;
    /// `force_op_requires_reason`; `validation` or `payload_too_large` for the
    /// metadata; `task_run_not_found`; `invalid_status_transition` for a run that
    /// is at work or has ended.
    pub fn force_fail_run(
        &mut self,
        id: &RunId,
        request: ForceFailRun,
        actor: &ActorContext,
    ) -> Result<Run> {
        self.force_gate(actor)?;
        let request = request.normalize()?;
        let (before, task) = self.load_run(id)?;
        self.force_rate(actor, &task.id)?;
        match before.status {
            RunStatus::Queued | RunStatus::Claimed => {}
            RunStatus::Starting | RunStatus::Running => {
                return Err(diagnostic::force::still_active(&before));
            }
            RunStatus::Completed | RunStatus::Failed | RunStatus::Canceled => {
                return Err(diagnostic::force::already_terminal(&before));
            }
        }
        let run = self.transact(|manager| manager.strike_down(&before, &request, actor))?;
        Ok(Run::clone(&run))
    }

    fn strike_down(
        &mut self,
        before: &Run,
        request: &ForceFailRun,
        actor: &ActorContext,
    ) -> Result<Arc<Run>> {
        let mut failed = before.clone();
        failed.status = RunStatus::Failed;
        failed.failure_kind = FAILURE_KIND_OPERATOR_FORCED.to_owned();
        failed.claim_token_hash = None;
        failed.lease_until = None;
        failed.heartbeat_at = None;
        failed.ended_at = Some(self.now());
        failed.error.clone_from(&request.reason);
        failed.result = None;
        let run = self.write_run(before, failed)?;
        let task = self.reconcile_cascade(&run.task_id)?;
        let payload = RunOperatorForcedFail {
            manual: true,
            actor_kind: actor.actor.kind,
            actor_id: actor.actor.reference.clone(),
            previous_status: before.status,
            status: run.status,
            task_status: task.status,
            reason: request.reason.clone(),
            session_id: before.session_id.clone(),
            queue_generation: 0,
            canceled_queued_inputs: 0,
            metadata: request.metadata.clone(),
        };
        self.log_run(&run, &payload, actor)?;
        Ok(run)
    }

    /// Queues a new run in place of a failed one, which stays as it is. Every
    /// failed run can be retried once.
    ///
    /// # Errors
    ///
    /// `permission_denied`, `forbidden_operator_action`, `force_op_rate_limited`;
    /// `validation` or `payload_too_large` for the metadata; `task_run_not_found`;
    /// `invalid_status_transition` for a run that has not failed or was retried, a
    /// draft or canceled task, an open run, or no attempt left;
    /// `retry_chain_too_deep`.
    pub fn retry_run(
        &mut self,
        id: &RunId,
        request: RetryRunRequest,
        actor: &ActorContext,
    ) -> Result<RetryRunResult> {
        self.force_gate(actor)?;
        request.validate()?;
        let (source, task) = self.load_run(id)?;
        self.force_rate(actor, &task.id)?;
        if source.status != RunStatus::Failed {
            return Err(diagnostic::force::not_retryable(&source));
        }
        let depth = self.predecessors(&source);
        if depth >= MAX_RETRY_RUN_CHAIN_DEPTH {
            return Err(diagnostic::force::retry_chain_too_deep(&source, depth));
        }
        let run = self.transact(|manager| manager.queue_retry(&source, request, actor))?;
        Ok(RetryRunResult { previous_run: Run::clone(&source), run: Run::clone(&run) })
    }

    fn queue_retry(
        &mut self,
        source: &Run,
        request: RetryRunRequest,
        actor: &ActorContext,
    ) -> Result<Arc<Run>> {
        if let Some(retry) = self.store.get_retry_of(&source.id) {
            return Err(TaskError::with_detail(
                ErrorKind::InvalidStatusTransition,
                format!("task run {:?} was retried by {:?}", source.id.as_str(), retry.id.as_str()),
            ));
        }
        let task = self.require_task(&source.task_id)?;
        refuse_unqueueable(&task)?;
        let new = NewRun {
            previous_run_id: Some(source.id.clone()),
            network_channel: source.network_channel.clone(),
            metadata: request.metadata,
            ..NewRun::default()
        };
        let run = self.queue_run(&task, new, actor)?;
        let task = self.reconcile_cascade(&task.id)?;
        let payload = RunOperatorRetry {
            manual: true,
            actor_kind: actor.actor.kind,
            actor_id: actor.actor.reference.clone(),
            source_run_id: source.id.clone(),
            new_run_id: run.id.clone(),
            task_status: task.status,
        };
        self.log_run(&run, &payload, actor)?;
        Ok(run)
    }

    /// How many runs of the same task lie before this one in its chain of retries.
    /// Stops counting at the limit.
    fn predecessors(&self, run: &Run) -> usize {
        let mut depth = 0;
        let mut previous = run.previous_run_id.clone();
        while let Some(id) = previous
            && depth < MAX_RETRY_RUN_CHAIN_DEPTH
        {
            let Some(earlier) = self.store.get_run(&id) else { break };
            if earlier.task_id != run.task_id {
                break;
            }
            depth += 1;
            previous = earlier.previous_run_id.clone();
        }
        depth
    }

    /// Applies [`Manager::force_release_run`] to several runs, one by one. What is
    /// refused is said in its item and does not stop the others.
    ///
    /// # Errors
    ///
    /// `validation`, `bulk_too_large` or `payload_too_large` for the request as a
    /// whole; nothing is done then.
    pub fn bulk_force_release_runs(
        &mut self,
        request: BulkForceRunRequest,
        actor: &ActorContext,
    ) -> Result<BulkForceRunResult> {
        let request = request.normalize_release()?;
        let single = ForceReleaseRun { reason: request.reason, metadata: None };
        Ok(bulk(request.run_ids, |id| self.force_release_run(id, single.clone(), actor)))
    }

    /// Applies [`Manager::force_fail_run`] to several runs, one by one. What is
    /// refused is said in its item and does not stop the others.
    ///
    /// # Errors
    ///
    /// `validation`, `bulk_too_large`, `force_op_requires_reason` or
    /// `payload_too_large` for the request as a whole; nothing is done then.
    pub fn bulk_force_fail_runs(
        &mut self,
        request: BulkForceRunRequest,
        actor: &ActorContext,
    ) -> Result<BulkForceRunResult> {
        let request = request.normalize_fail()?;
        let single = ForceFailRun { reason: request.reason, metadata: request.metadata };
        Ok(bulk(request.run_ids, |id| self.force_fail_run(id, single.clone(), actor)))
    }
}

/// One item per run, in order.
fn bulk(ids: Vec<RunId>, mut single: impl FnMut(&RunId) -> Result<Run>) -> BulkForceRunResult {
    let items = ids
        .into_iter()
        .map(|run_id| match single(&run_id) {
            Ok(run) => BulkForceRunItem { run_id, ok: true, run: Some(run), error: None },
            Err(error) => BulkForceRunItem { run_id, ok: false, run: None, error: Some(error) },
        })
        .collect();
    BulkForceRunResult { items }
}

#[cfg(test)]
mod tests;
