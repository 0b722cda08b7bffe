//! The boundary where a task becomes work: publish, start, approve, and the
//! decision not to.
//!
//! Publish and approve have two steps, each a transaction of its own: the
//! decision, and the run that follows from it. Where the run is refused, the
//! decision stays. A repeated call under the same key and origin answers with the
//! run of the first one, whatever became of it.

use std::sync::Arc;

use crate::actor::ActorContext;
use crate::error::{ErrorKind, Result, TaskError};
use crate::event::{TaskApproved, TaskPublished, TaskRejected};
use crate::execution::{Execution, ExecutionAction, ExecutionRequest};
use crate::id::TaskId;
use crate::run::{EnqueueRun, Run};
use crate::status::derived_status;
use crate::store::Store;
use crate::task::{ApprovalPolicy, ApprovalState, Status, Task};

use super::audit::Subject;
use super::enqueue::Reservation;
use super::{Manager, require_task_id};

/// What somebody says to a task that waits for an approval.
#[derive(Debug, Clone, Copy)]
enum Decision {
    Approve,
    Reject,
}

impl<S: Store> Manager<S> {
    /// Publishes a draft and queues its first run.
    ///
    /// # Errors
    ///
    /// `permission_denied`; `validation` or `payload_too_large` for the request, or
    /// for a key that belongs to another task; `task_not_found`;
    /// `invalid_status_transition` for a task that is no draft or is held back by
    /// a dependency or an approval, and where the run is refused.
    pub fn publish_task(
        &mut self,
        id: &TaskId,
        request: ExecutionRequest,
        actor: &ActorContext,
    ) -> Result<Execution> {
        self.execute(id, request, ExecutionAction::Publish, actor)
    }

    /// Queues a run of a task that nothing holds back.
    ///
    /// # Errors
    ///
    /// As [`Manager::publish_task`], with `invalid_status_transition` for a
    /// blocked, draft or canceled task, an open run, or no attempt left.
    pub fn start_task(
        &mut self,
        id: &TaskId,
        request: ExecutionRequest,
        actor: &ActorContext,
    ) -> Result<Execution> {
        self.execute(id, request, ExecutionAction::Start, actor)
    }

    /// Approves a task that waits for it, in any status, and queues a run.
    ///
    /// # Errors
    ///
    /// As [`Manager::publish_task`], with `invalid_status_transition` for a task
    /// that waits for no approval, and where the run is refused; the approval
    /// stays in the latter case.
    pub fn approve_task(
        &mut self,
        id: &TaskId,
        request: ExecutionRequest,
        actor: &ActorContext,
    ) -> Result<Execution> {
        self.execute(id, request, ExecutionAction::Approval, actor)
    }

    /// Refuses the approval that a task waits for, in any status. A queued run
    /// stays in the queue and cannot be claimed.
    ///
    /// # Errors
    ///
    /// `permission_denied`; `validation` for a blank id; `task_not_found`;
    /// `invalid_status_transition` for a task that waits for no approval.
    pub fn reject_task(&mut self, id: &TaskId, actor: &ActorContext) -> Result<Task> {
        actor.authorize_write()?;
        let id = require_task_id(id)?;
        self.decide(&id, Decision::Reject, actor)?;
        Ok(Task::clone(&*self.require_task(&id)?))
    }

    fn execute(
        &mut self,
        id: &TaskId,
        request: ExecutionRequest,
        action: ExecutionAction,
        actor: &ActorContext,
    ) -> Result<Execution> {
        actor.authorize_write()?;
        let id = require_task_id(id)?;
        let request = request.normalize();
        request.validate("task_execution")?;
        self.check_channel(&request.network_channel, "task_execution.network_channel")?;
        let key = request.key(action, &id);
        if let Some(run) = self.find_by_key(&id, &key, actor)? {
            return self.execution_of(&id, &run, action, Reservation::Existing);
        }

        match action {
            ExecutionAction::Publish => self.publish(&id, actor)?,
            ExecutionAction::Start => self.refuse_held_back(&id)?,
            ExecutionAction::Approval => {
                self.decide(&id, Decision::Approve, actor)?;
            }
        }
        let enqueue = EnqueueRun {
            task_id: id.clone(),
            idempotency_key: key,
            network_channel: request.network_channel,
            metadata: request.metadata,
        };
        let (run, reservation) =
            self.transact(|manager| manager.enqueue_reserved(&enqueue, actor))?;
        self.execution_of(&id, &run, action, reservation)
    }

    fn execution_of(
        &self,
        id: &TaskId,
        run: &Arc<Run>,
        action: ExecutionAction,
        reservation: Reservation,
    ) -> Result<Execution> {
        Ok(Execution {
            task: Task::clone(&*self.require_task(id)?),
            run: Run::clone(run),
            action,
            existing_run: reservation == Reservation::Existing,
        })
    }

    /// The decision to publish: the draft leaves its status for a derived one.
    fn publish(&mut self, id: &TaskId, actor: &ActorContext) -> Result<()> {
        let task = self.require_task(id)?;
        if task.status != Status::Draft {
            return Err(refused(&task, "is no draft"));
        }
        let mut next = Task::clone(&task);
        next.status = Status::Pending;
        if derived_status(&self.store, &next) == Status::Blocked {
            return Err(refused(&task, "is held back by a dependency or an approval"));
        }
        next.closed_at = None;
        next.updated_at = self.now();
        self.transact(|manager| {
            manager.store.put_task(next);
            let task = manager.reconcile_cascade(id)?;
            let payload = TaskPublished {
                previous_status: Status::Draft,
                status: task.status,
                approval_state: task.approval_state,
            };
            manager.log(Subject::task(id), &payload, actor)
        })
    }

    /// The decision about an approval.
    fn decide(&mut self, id: &TaskId, decision: Decision, actor: &ActorContext) -> Result<()> {
        let task = self.require_task(id)?;
        let waits = task.approval_policy == ApprovalPolicy::Manual
            && task.approval_state == ApprovalState::Pending;
        if !waits {
            return Err(refused(&task, "waits for no approval"));
        }
        let mut next = Task::clone(&task);
        let approval_state = match decision {
            Decision::Approve => ApprovalState::Approved,
            Decision::Reject => ApprovalState::Rejected,
        };
        next.approval_state = approval_state;
        next.closed_at = None;
        next.updated_at = self.now();
        self.transact(|manager| {
            manager.store.put_task(next);
            let status = manager.reconcile_cascade(id)?.status;
            let previous_approval_state = ApprovalState::Pending;
            match decision {
                Decision::Approve => {
                    let payload = TaskApproved { previous_approval_state, approval_state, status };
                    manager.log(Subject::task(id), &payload, actor)
                }
                Decision::Reject => {
                    let payload = TaskRejected { previous_approval_state, approval_state, status };
                    manager.log(Subject::task(id), &payload, actor)
                }
            }
        })
    }

    fn refuse_held_back(&self, id: &TaskId) -> Result<()> {
        let task = self.require_task(id)?;
        match derived_status(&self.store, &task) {
            status @ (Status::Blocked | Status::Draft | Status::Canceled) => {
                Err(refused(&task, &format!("is {status}")))
            }
            Status::Pending
            | Status::Ready
            | Status::InProgress
            | Status::Completed
            | Status::Failed => Ok(()),
        }
    }
}

fn refused(task: &Task, why: &str) -> TaskError {
    let detail = format!("task {:?} {why}", task.id.as_str());
    TaskError::with_detail(ErrorKind::InvalidStatusTransition, detail)
}

#[cfg(test)]
mod tests;
