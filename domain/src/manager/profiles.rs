//! Execution profiles: what a task asks of those who work on it.

use crate::actor::ActorContext;
use crate::error::{ErrorKind, Result, TaskError};
use crate::event::{ExecutionProfileDeleted, ExecutionProfileUpdated};
use crate::id::TaskId;
use crate::profile::ExecutionProfile;
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
        let profile =
            profile.ok_or_else(|| TaskError::required("task_execution_profile"))?;
        if !profile.task_id.is_blank() && profile.task_id.trimmed() != id {
            let rest = format!("must match task id {:?}", id.as_str());
            return Err(TaskError::validation("task_execution_profile.task_id", &rest));
        }
        let task = self.require_task(&id)?;
        refuse_while_active(&task)?;
        let mut profile = ExecutionProfile { task_id: id.clone(), ..profile }
            .normalize(&self.options.profile_gates)?;
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
    pub fn delete_execution_profile(
        &mut self,
        task: &TaskId,
        actor: &ActorContext,
    ) -> Result<()> {
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
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::manager::testing::{World, human};
    use crate::profile::WorkerProfile;

    fn profile(agent: &str) -> Option<ExecutionProfile> {
        let worker = WorkerProfile { agent_name: agent.into(), ..WorkerProfile::default() };
        Some(ExecutionProfile { worker, ..ExecutionProfile::default_for(&"".into()) })
    }

    #[test]
    fn an_unset_profile_inherits_and_is_not_stored() {
        let mut world = World::new();
        let task = world.task("build");
        let got = world.manager.get_execution_profile(&task, &human()).unwrap();
        assert_eq!(got, ExecutionProfile::default_for(&task));
        assert!(world.manager.store().records().all(|record| {
            !matches!(record, crate::store::Record::Profile(_))
        }));
    }

    #[test]
    fn a_second_write_keeps_the_creation_and_moves_the_update() {
        let mut world = World::new();
        let task = world.task("build");
        let first = world.manager.set_execution_profile(&task, profile("a"), &human()).unwrap();
        world.advance(60);
        let second = world.manager.set_execution_profile(&task, profile("b"), &human()).unwrap();
        assert_eq!(second.created_at, first.created_at);
        assert_eq!(second.updated_at, Some(world.now()));
        assert_eq!(second.worker.agent_name, "b");
    }

    #[test]
    fn a_profile_of_another_task_is_refused() {
        let mut world = World::new();
        let task = world.task("build");
        let foreign = Some(ExecutionProfile::default_for(&"other".into()));
        let refused = world.manager.set_execution_profile(&task, foreign, &human()).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Validation);
        assert_eq!(refused.path(), "task_execution_profile.task_id");
    }

    #[test]
    fn deleting_what_is_not_there_is_refused_without_an_event() {
        let mut world = World::new();
        let task = world.task("build");
        let before = world.manager.store().clone();
        let refused = world.manager.delete_execution_profile(&task, &human()).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ExecutionProfileNotFound);
        assert_eq!(*world.manager.store(), before);
    }
}
