//! Brings stored statuses in line with what they derive from, and carries a
//! change on to the dependents.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::error::{ErrorKind, Result, TaskError};
use crate::id::{RunId, TaskId};
use crate::run::Run;
use crate::status::derived_status;
use crate::store::Store;
use crate::task::Task;

use super::Manager;

/// Whether reconciling a task changed its stored status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Changed,
    Same,
}

impl<S: Store> Manager<S> {
    /// The task, or `task_not_found`.
    pub(super) fn require_task(&self, id: &TaskId) -> Result<Arc<Task>> {
        self.store.get_task(id).ok_or_else(|| {
            TaskError::with_detail(ErrorKind::TaskNotFound, format!("{:?}", id.as_str()))
        })
    }

    /// The run, or `task_run_not_found`.
    pub(super) fn require_run(&self, id: &RunId) -> Result<Arc<Run>> {
        self.store.get_run(id).ok_or_else(|| {
            TaskError::with_detail(ErrorKind::TaskRunNotFound, format!("{:?}", id.as_str()))
        })
    }

    /// Reconciles a task and, where its status changed, everything downstream
    /// whose status changes with it. Answers the record as it is afterwards.
    pub(super) fn reconcile_cascade(&mut self, id: &TaskId) -> Result<Arc<Task>> {
        if self.reconcile(id)? == Outcome::Changed {
            self.reconcile_dependents(id)?;
        }
        self.require_task(id)
    }

    /// Reconciles the dependents of a task whose status changed or which is gone.
    pub(super) fn reconcile_dependents(&mut self, origin: &TaskId) -> Result<()> {
        let mut visited = BTreeSet::from([origin.clone()]);
        let mut pending = self.dependents_of(origin);
        pending.reverse();
        while let Some(next) = pending.pop() {
            if !visited.insert(next.clone()) {
                continue;
            }
            if self.reconcile(&next)? == Outcome::Changed {
                let mut further = self.dependents_of(&next);
                further.reverse();
                pending.append(&mut further);
            }
        }
        Ok(())
    }

    fn dependents_of(&self, id: &TaskId) -> Vec<TaskId> {
        self.store.list_dependents(id).iter().map(|edge| edge.task_id.clone()).collect()
    }

    fn reconcile(&mut self, id: &TaskId) -> Result<Outcome> {
        let task = self.require_task(id)?;
        let status = derived_status(&self.store, &task);
        if status == task.status {
            return Ok(Outcome::Same);
        }
        let now = self.now();
        let mut next = Task::clone(&task);
        next.status = status;
        next.updated_at = now;
        next.closed_at = status.is_terminal().then_some(now);
        self.store.put_task(next);
        Ok(Outcome::Changed)
    }
}
