//! Queues runs: the reservation that every new run goes through, and the request
//! to queue one.

use std::sync::Arc;

use crate::actor::{ActorContext, ActorKind, Origin};
use crate::channel::{ChannelRecord, TASK_RUN_COORDINATION};
use crate::environment::IdPrefix;
use crate::error::{ErrorKind, Result, TaskError};
use crate::event::RunEnqueued;
use crate::hook::RunHookId;
use crate::id::{RunId, TaskId, WorkspaceId};
use crate::idempotency::RunIdempotency;
use crate::json::RawJson;
use crate::run::{EnqueueRun, Run, RunReviewLineage, RunStatus, derived_coordination_channel};
use crate::status::run_facts;
use crate::store::Store;
use crate::task::{Scope, Status, Task};

use super::Manager;

/// Whether a request to queue a run made one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reservation {
    /// A new run is queued.
    New,
    /// The key was bound before; the run is the one of then, in whatever status.
    Existing,
}

/// A run to be queued. Its id, attempt, time and coordination channel follow from
/// the board.
#[derive(Debug, Default)]
pub(super) struct NewRun {
    pub previous_run_id: Option<RunId>,
    pub idempotency_key: String,
    /// The task's channel where it is blank.
    pub network_channel: String,
    pub review: Option<RunReviewLineage>,
    pub metadata: Option<RawJson>,
}

/// Refuses a blank idempotency key of anybody but a person.
///
/// # Errors
///
/// `validation` at `<operation>.idempotency_key`.
pub(super) fn require_key(actor: &ActorContext, key: &str, operation: &str) -> Result<()> {
    if actor.actor.kind != ActorKind::Human && key.trim().is_empty() {
        return Err(TaskError::required(&format!("{operation}.idempotency_key")));
    }
    Ok(())
}

impl<S: Store> Manager<S> {
    /// Queues a run of a task. A blocked task accepts it; nobody can claim it
    /// until the task is free. Pauses do not matter here.
    ///
    /// A key that was used before under the same origin gives the run of then,
    /// whatever became of it, and changes nothing.
    ///
    /// # Errors
    ///
    /// `permission_denied`; `validation` or `payload_too_large` for the request,
    /// for a missing key of anybody but a person, and for a key or a coordination
    /// channel that belongs elsewhere; `task_not_found`;
    /// `invalid_status_transition` for a draft or canceled task, an open run, or
    /// no attempt left.
    pub fn enqueue_run(&mut self, request: EnqueueRun, actor: &ActorContext) -> Result<Run> {
        actor.authorize_write()?;
        let request = request.normalize();
        request.validate("enqueue_run")?;
        require_key(actor, &request.idempotency_key, "enqueue_run")?;
        self.check_channel(&request.network_channel, "enqueue_run.network_channel")?;
        let (run, _) = self.transact(|manager| manager.enqueue_reserved(&request, actor))?;
        Ok(Run::clone(&run))
    }

    /// Queues a run by a normalized and validated request, with everything that
    /// follows from it, or finds the one that its key is bound to. Call inside a
    /// transaction.
    pub(super) fn enqueue_reserved(
        &mut self,
        request: &EnqueueRun,
        actor: &ActorContext,
    ) -> Result<(Arc<Run>, Reservation)> {
        let task = self.require_task(&request.task_id)?;
        refuse_unqueueable(&task)?;
        let key = &request.idempotency_key;
        if let Some(run) = self.find_by_key(&task.id, key, actor)? {
            return Ok((run, Reservation::Existing));
        }
        let new = NewRun {
            idempotency_key: key.clone(),
            network_channel: request.network_channel.clone(),
            metadata: request.metadata.clone(),
            ..NewRun::default()
        };
        let run = self.queue_run(&task, new, actor)?;
        let task = self.reconcile_cascade(&task.id)?;
        let payload = RunEnqueued {
            attempt: run.attempt,
            status: run.status,
            task_status: task.status,
            network_channel: run.network_channel.clone(),
            coordination_channel_id: run.coordination_channel_id.clone(),
            idempotency_key: run.idempotency_key.clone(),
        };
        self.log_run(&run, &payload, actor)?;
        self.announce(RunHookId::Enqueued, &run, &task, actor, |hook| {
            hook.idempotency_key.clone_from(&run.idempotency_key);
        });
        Ok((run, Reservation::New))
    }

    /// The run that a key is bound to under the actor's origin; none for a blank
    /// key.
    ///
    /// # Errors
    ///
    /// `validation` where the run belongs to another task.
    pub(super) fn find_by_key(
        &self,
        task: &TaskId,
        key: &str,
        actor: &ActorContext,
    ) -> Result<Option<Arc<Run>>> {
        if key.is_empty() {
            return Ok(None);
        }
        let origin = actor.origin.clone().normalize();
        let Some(binding) = self.store.get_idempotency(key, &origin) else { return Ok(None) };
        let run = self.require_run(&binding.run_id)?;
        if run.task_id != *task {
            return Err(TaskError::at(
                ErrorKind::Validation,
                "idempotency_key",
                format!("idempotency_key {key:?} belongs to a run of another task"),
            ));
        }
        Ok(Some(run))
    }

    /// Puts a new run into the queue of a task that accepts one: no other run is
    /// open and an attempt is left. Call inside a transaction.
    ///
    /// # Errors
    ///
    /// `invalid_status_transition`; `validation` where the coordination channel
    /// belongs to another workspace or the record is out of form.
    pub(super) fn queue_run(
        &mut self,
        task: &Task,
        new: NewRun,
        actor: &ActorContext,
    ) -> Result<Arc<Run>> {
        let facts = run_facts(&self.store, task);
        if facts.working || facts.waiting {
            return Err(refused(task, "has an open run"));
        }
        if facts.exhausted(task.max_attempts) {
            return Err(refused(task, "has no attempt left"));
        }
        let id = RunId::from(self.options.ids.new_id(IdPrefix::Run));
        if self.store.get_run(&id).is_some() {
            let detail = format!("task run id {:?} is taken", id.as_str());
            return Err(TaskError::with_detail(ErrorKind::Other, detail));
        }
        let origin = actor.origin.clone().normalize();
        let network_channel = match new.network_channel.as_str() {
            "" => task.network_channel.clone(),
            _ => new.network_channel,
        };
        let coordination_channel_id = match (task.scope, &task.workspace_id) {
            (Scope::Workspace, Some(workspace)) => {
                let channel = match network_channel.as_str() {
                    "" => derived_coordination_channel(&id),
                    given => given.to_owned(),
                };
                self.register_channel(&channel, workspace, &origin)?;
                channel
            }
            _ => String::new(),
        };
        let queued_at = self.now();
        let run = Run {
            id: id.clone(),
            task_id: task.id.clone(),
            status: RunStatus::Queued,
            attempt: facts.highest_attempt + 1,
            previous_run_id: new.previous_run_id,
            failure_kind: String::new(),
            claimed_by: None,
            session_id: None,
            origin: origin.clone(),
            idempotency_key: new.idempotency_key.clone(),
            network_channel,
            claim_token_hash: None,
            lease_until: None,
            heartbeat_at: None,
            coordination_channel_id,
            required_capabilities: Vec::new(),
            preferred_capabilities: Vec::new(),
            review: new.review,
            metadata: new.metadata,
            queued_at,
            claimed_at: None,
            started_at: None,
            ended_at: None,
            error: String::new(),
            result: None,
        };
        run.validate()?;
        self.store.put_run(run);
        if !new.idempotency_key.is_empty() {
            self.store.put_idempotency(RunIdempotency {
                idempotency_key: new.idempotency_key,
                run_id: id.clone(),
                origin,
                created_at: queued_at,
            });
        }
        self.require_run(&id)
    }

    fn register_channel(
        &mut self,
        id: &str,
        workspace: &WorkspaceId,
        origin: &Origin,
    ) -> Result<()> {
        match self.store.get_channel(id) {
            Some(known) if known.workspace_id == *workspace => Ok(()),
            Some(_) => Err(TaskError::at(
                ErrorKind::Validation,
                "coordination_channel_id",
                format!("coordination_channel_id {id:?} belongs to another workspace"),
            )),
            None => {
                let now = self.now();
                self.store.put_channel(ChannelRecord {
                    id: id.to_owned(),
                    workspace_id: workspace.clone(),
                    purpose: TASK_RUN_COORDINATION.to_owned(),
                    created_by: origin.to_string(),
                    created_at: now,
                    updated_at: now,
                });
                Ok(())
            }
        }
    }
}

/// Refuses tasks that take no run at all: by the stored status, drafts and
/// canceled ones.
pub(super) fn refuse_unqueueable(task: &Task) -> Result<()> {
    match task.status {
        Status::Draft | Status::Canceled => Err(refused(task, &format!("is {}", task.status))),
        Status::Pending
        | Status::Blocked
        | Status::Ready
        | Status::InProgress
        | Status::Completed
        | Status::Failed => Ok(()),
    }
}

fn refused(task: &Task, why: &str) -> TaskError {
    TaskError::with_detail(
        ErrorKind::InvalidStatusTransition,
        format!("task {:?} {why}", task.id.as_str()),
    )
}

#[cfg(test)]
mod tests;
