//! Pauses and resumes tasks. A pause keeps the runs of the task and of all its
//! descendants from being handed out; nothing else changes.

use crate::actor::ActorContext;
use crate::diagnostic;
use crate::error::{ErrorKind, Result, TaskError};
use crate::event::{EventPayload, TaskPaused, TaskResumed};
use crate::id::TaskId;
use crate::pause::{PauseTaskRequest, ResumeTaskRequest};
use crate::store::Store;
use crate::task::Task;

use super::audit::Subject;
use super::Manager;

impl<S: Store> Manager<S> {
    /// Pauses a task, in any status that is not terminal. Pausing a paused task
    /// replaces who, when and why.
    ///
    /// # Errors
    ///
    /// `permission_denied`, `forbidden_operator_action`, `force_op_requires_reason`,
    /// `validation` or `payload_too_large` for the metadata, `task_not_found`,
    /// `invalid_status_transition` for a task that has ended,
    /// `force_op_rate_limited`.
    pub fn pause_task(
        &mut self,
        id: &TaskId,
        request: PauseTaskRequest,
        actor: &ActorContext,
    ) -> Result<Task> {
        self.force_gate(actor)?;
        let request = request.normalize();
        if request.reason.is_empty() {
            return Err(diagnostic::force::pause_requires_reason());
        }
        request.validate("task_pause")?;
        let stored = self.pause_target(id)?;
        if stored.status.is_terminal() {
            return Err(diagnostic::force::task_already_terminal(&stored));
        }
        self.force_rate(actor, &stored.id)?;

        let now = self.now();
        let mut next = Task::clone(&stored);
        next.paused = true;
        next.paused_by = actor.actor.clone().normalize().to_string();
        next.paused_at = Some(now);
        next.paused_reason = request.reason.clone();
        next.updated_at = now;
        let payload = TaskPaused {
            manual: true,
            actor_kind: actor.actor.kind,
            actor_id: actor.actor.reference.trim().to_owned(),
            previous_paused: stored.paused,
            paused: true,
            reason: request.reason,
            metadata: request.metadata,
        };
        self.write_pause(next, &payload, actor)
    }

    /// Takes the pause of a task back, in any status. The pause of an ancestor
    /// goes on to count.
    ///
    /// # Errors
    ///
    /// `permission_denied`, `forbidden_operator_action`, `validation` or
    /// `payload_too_large` for the metadata, `task_not_found`,
    /// `force_op_rate_limited`.
    pub fn resume_task(
        &mut self,
        id: &TaskId,
        request: ResumeTaskRequest,
        actor: &ActorContext,
    ) -> Result<Task> {
        self.force_gate(actor)?;
        request.validate("task_resume")?;
        let stored = self.pause_target(id)?;
        self.force_rate(actor, &stored.id)?;

        let mut next = Task::clone(&stored);
        next.paused = false;
        next.paused_by = String::new();
        next.paused_at = None;
        next.paused_reason = String::new();
        next.updated_at = self.now();
        let payload = TaskResumed {
            manual: true,
            actor_kind: actor.actor.kind,
            actor_id: actor.actor.reference.trim().to_owned(),
            previous_paused: stored.paused,
            paused: false,
            metadata: request.metadata,
        };
        self.write_pause(next, &payload, actor)
    }

    /// The task to pause or resume. A blank id is a failure outside the taxonomy
    /// here, unlike everywhere else.
    fn pause_target(&self, id: &TaskId) -> Result<std::sync::Arc<Task>> {
        let id = id
            .non_blank()
            .ok_or_else(|| TaskError::with_detail(ErrorKind::Other, "task id is required"))?;
        self.require_task(&id)
    }

    fn write_pause(
        &mut self,
        next: Task,
        payload: &impl EventPayload,
        actor: &ActorContext,
    ) -> Result<Task> {
        let id = next.id.clone();
        self.transact(|manager| {
            manager.store.put_task(next);
            manager.log(Subject::task(&id), payload, actor)
        })?;
        Ok(Task::clone(&*self.require_task(&id)?))
    }
}
