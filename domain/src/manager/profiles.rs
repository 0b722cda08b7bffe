//! Execution profiles: what a task asks of those who work on it.

use crate::actor::ActorContext;
use crate::error::{ErrorKind, Result, TaskError};
use crate::event::{ExecutionProfileDeleted, ExecutionProfileUpdated};
use crate::id::TaskId;
use crate::profile::{ExecutionProfile, ExecutionProfileValidationOptions};
use crate::store::Store;
use crate::task::Task;

use super::audit::Subject;
use super::{Manager, require_task_id};

impl<S: Store> Manager<S> {
    /// The profile of a task; one that inherits everything where none is stored.
    ///
    /// # Errors
    ///
    /// `permission_denied` without `read`; `validation` for a blank id;
    /// `task_not_found`.
    pub fn get_execution_profile(
        &self,
        task: &TaskId,
        actor: &ActorContext,
    ) -> Result<ExecutionProfile> {
        actor.authorize_read()?;
        let task = self.require_task(&require_task_id(task)?)?;
        Ok(match self.store.get_profile(&task.id) {
            Some(profile) => ExecutionProfile::clone(&profile),
            None => ExecutionProfile::default_for(&task.id),
        })
    }

    /// Replaces the profile of a task as a whole. Writing what is stored already
    /// is a write like any other.
    ///
    /// # Errors
    ///
    /// `permission_denied` without `write`; `validation` for a blank id, an absent
    /// profile, a profile of another task or one that breaks a rule of form;
    /// `task_not_found`; `invalid_status_transition` while a run of the task is
    /// claimed, starting or running, whatever the profile says.
    pub fn set_execution_profile(
        &mut self,
        task: &TaskId,
        profile: Option<ExecutionProfile>,
        actor: &ActorContext,
    ) -> Result<ExecutionProfile> {
        actor.authorize_write()?;
        let id = require_task_id(task)?;
        let profile = profile.ok_or_else(|| TaskError::required("task_execution_profile"))?;
        if !profile.task_id.is_blank() && profile.task_id.trimmed() != id {
            let rest = format!("must match task id {:?}", id.as_str());
            return Err(TaskError::validation("task_execution_profile.task_id", &rest));
        }
        let task = self.require_task(&id)?;
        refuse_while_active(&task)?;
        let mut profile = ExecutionProfile { task_id: id.clone(), ..profile }
            .normalize(&self.options.profile_gates)?;
        // The gates may forbid more than the built-in rules do, not allow more.
        profile.validate(&ExecutionProfileValidationOptions::default())?;
        let now = self.now();
        profile.updated_at = Some(now);
        profile.created_at = match self.store.get_profile(&id) {
            Some(stored) => stored.created_at,
            None => profile.created_at.or(Some(now)),
        };
        self.transact(|manager| {
            let payload = ExecutionProfileUpdated {
                task_id: id.clone(),
                coordinator_mode: profile.coordinator.mode.known(),
                worker_mode: profile.worker.mode.known(),
                sandbox_mode: profile.sandbox.mode.known(),
            };
            manager.store.put_profile(profile.clone());
            manager.log(Subject::task(&id), &payload, actor)
        })?;
        Ok(profile)
    }

    /// Removes the profile of a task, which then inherits everything.
    ///
    /// # Errors
    ///
    /// `permission_denied` without `write`; `validation` for a blank id;
    /// `task_not_found`; `invalid_status_transition` while a run of the task is
    /// claimed, starting or running; `execution_profile_not_found`.
    pub fn delete_execution_profile(&mut self, task: &TaskId, actor: &ActorContext) -> Result<()> {
        actor.authorize_write()?;
        let id = require_task_id(task)?;
        let task = self.require_task(&id)?;
        refuse_while_active(&task)?;
        if self.store.get_profile(&id).is_none() {
            return Err(TaskError::new(ErrorKind::ExecutionProfileNotFound));
        }
        self.transact(|manager| {
            manager.store.delete_profile(&id);
            let payload = ExecutionProfileDeleted { task_id: id.clone() };
            manager.log(Subject::task(&id), &payload, actor)
        })
    }
}

/// Between claim and end of a run, nothing about its profile may change.
fn refuse_while_active(task: &Task) -> Result<()> {
    match &task.current_run_id {
        None => Ok(()),
        Some(run) => Err(TaskError::with_detail(
            ErrorKind::InvalidStatusTransition,
            format!("execution profile cannot change while run {:?} is current", run.as_str()),
        )),
    }
}

#[cfg(test)]
mod tests;
