//! Adds and removes the edges by which tasks wait for one another.

use crate::actor::ActorContext;
use crate::dependency::{AddDependency, Dependency, DependencyKind};
use crate::error::{ErrorKind, Result, TaskError};
use crate::event::{TaskDependencyAdded, TaskDependencyRemoved};
use crate::graph::path_between;
use crate::id::TaskId;
use crate::store::Store;
use crate::task::validate_dependency_count;

use super::audit::Subject;
use super::{Manager, require_task_id};

impl<S: Store> Manager<S> {
    /// Makes a task wait for another one, of any scope and in any status.
    ///
    /// # Errors
    ///
    /// `permission_denied`; `validation` for blank or equal ids, a kind other than
    /// `blocks`, or an edge that exists; `task_not_found`; `graph_limit_exceeded`
    /// where the task waits for 32 others; `cycle_detected` where the other one
    /// already waits for it, with the loop as [`TaskError::evidence`].
    pub fn add_dependency(&mut self, spec: AddDependency, actor: &ActorContext) -> Result<()> {
        actor.authorize_write()?;
        let spec = spec.normalize();
        let kind = spec.validate("add_dependency")?;
        let (task, depends_on) = (spec.task_id, spec.depends_on_task_id);
        self.require_task(&task)?;
        self.require_task(&depends_on)?;
        if self.store.get_dependency(&task, &depends_on).is_some() {
            return Err(TaskError::validation("task_dependency", "exists already"));
        }
        validate_dependency_count(self.store.count_dependencies(&task) as i64 + 1)?;
        self.refuse_cycle(&task, &depends_on)?;

        self.transact(|manager| {
            manager.store.put_dependency(Dependency {
                task_id: task.clone(),
                depends_on_task_id: depends_on.clone(),
                kind,
                created_at: manager.now(),
            });
            let status = manager.reconcile_cascade(&task)?.status;
            let payload = TaskDependencyAdded { depends_on_task_id: depends_on, kind, status };
            manager.log(Subject::task(&task), &payload, actor)
        })
    }

    /// Makes a task no longer wait for another one.
    ///
    /// # Errors
    ///
    /// `permission_denied`; `validation` for blank ids; `task_dependency_not_found`
    /// where there is no such edge, or no such task.
    pub fn remove_dependency(
        &mut self,
        task: &TaskId,
        depends_on: &TaskId,
        actor: &ActorContext,
    ) -> Result<()> {
        actor.authorize_write()?;
        let task = require_task_id(task)?;
        let depends_on = depends_on
            .non_blank()
            .ok_or_else(|| TaskError::required("depends_on_task_id"))?;
        if self.store.get_dependency(&task, &depends_on).is_none() {
            let detail = format!("{:?} on {:?}", task.as_str(), depends_on.as_str());
            return Err(TaskError::with_detail(ErrorKind::TaskDependencyNotFound, detail));
        }
        self.transact(|manager| {
            manager.store.delete_dependency(&task, &depends_on);
            let payload = TaskDependencyRemoved {
                depends_on_task_id: depends_on,
                kind: DependencyKind::Blocks,
                status: manager.reconcile_cascade(&task)?.status,
            };
            manager.log(Subject::task(&task), &payload, actor)
        })
    }

    /// Refuses an edge from `task` to `depends_on` that would close a loop.
    fn refuse_cycle(&self, task: &TaskId, depends_on: &TaskId) -> Result<()> {
        let Some(path) = path_between(&self.store, depends_on, task) else { return Ok(()) };
        let mut cycle = vec![task.clone()];
        cycle.extend(path);
        Err(TaskError::cycle(cycle))
    }
}
