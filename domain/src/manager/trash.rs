//! Deletes tasks so that they can be brought back.

use std::sync::Arc;

use crate::actor::ActorContext;
use crate::dependency::Dependency;
use crate::error::{ErrorKind, Result, TaskError};
use crate::graph::path_between;
use crate::id::TaskId;
use crate::query::{EventRecordQuery, RunReviewQuery};
use crate::run::Run;
use crate::store::{Record, Store};
use crate::task::{Task, validate_dependency_count, validate_direct_child_count};
use crate::trash::{EdgeLoss, LostEdge, Restored, TrashedTask};

use super::{Manager, require_task_id};

impl<S: Store> Manager<S> {
    /// Deletes a task as [`Manager::delete_task`] does, and keeps all that was
    /// deleted for [`Manager::restore_from_trash`].
    ///
    /// # Errors
    ///
    /// As [`Manager::delete_task`].
    pub fn delete_to_trash(&mut self, id: &TaskId, actor: &ActorContext) -> Result<()> {
        let id = self.deletable(id, actor)?;
        let trashed = TrashedTask {
            records: self.all_of(&id)?,
            deleted_at: self.now(),
            deleted_by: actor.actor.clone(),
            task_id: id,
        };
        self.transact(|manager| {
            manager.remove_and_reconcile(&trashed.task_id)?;
            manager.store.put_trashed(trashed);
            Ok(())
        })
    }

    /// Brings a deleted task back as it was: with its runs, reviews, profile,
    /// triage, history (under the old numbers) and edges. An edge whose other end
    /// is gone, that would close a loop, or for which there is no room any more is
    /// left out and reported; an idempotency key that means another run by now
    /// keeps that meaning. Statuses are derived anew. As the deletion, it leaves no
    /// event.
    ///
    /// # Errors
    ///
    /// `permission_denied`; `validation` for a blank id, or where the parent of the
    /// task is gone; `task_not_found` where the trash does not hold it, or holds it
    /// for longer than it may; `conflict` where the id, or that of a run, was given
    /// out again; `graph_limit_exceeded` where the parent has no room any more.
    pub fn restore_from_trash(&mut self, id: &TaskId, actor: &ActorContext) -> Result<Restored> {
        actor.authorize_write()?;
        let id = require_task_id(id)?;
        let now = self.now();
        let trashed = self.store.get_trashed(&id).filter(|trashed| now < trashed.kept_until());
        let Some(trashed) = trashed else {
            let detail = format!("{:?} is not in the trash", id.as_str());
            return Err(TaskError::with_detail(ErrorKind::TaskNotFound, detail));
        };
        self.check_room_for(&trashed)?;
        self.transact(|manager| {
            let mut edges = Vec::new();
            for record in trashed.records.iter().cloned() {
                match record {
                    Record::Dependency(edge) => edges.push(edge),
                    record => manager.put_back(record),
                }
            }
            let (found, lost) = manager.put_edges_back(edges);
            manager.store.delete_trashed(&id);
            for waiting in found {
                manager.reconcile_cascade(&waiting)?;
            }
            let task = manager.reconcile_cascade(&id)?;
            Ok(Restored { task, lost })
        })
    }

    /// Forgets the deleted tasks that can no longer be brought back; how many.
    ///
    /// # Errors
    ///
    /// `permission_denied` without `write`.
    pub fn purge_trash(&mut self, actor: &ActorContext) -> Result<usize> {
        actor.authorize_write()?;
        let now = self.now();
        let mut late = self.store.list_trashed();
        late.retain(|trashed| trashed.kept_until() <= now);
        self.transact(|manager| {
            for trashed in &late {
                manager.store.delete_trashed(&trashed.task_id);
            }
            Ok(late.len())
        })
    }

    /// Every record that a deletion of the task removes.
    fn all_of(&self, id: &TaskId) -> Result<Vec<Record>> {
        let store = &self.store;
        let runs = store.list_runs_of_task(id);
        let reviews = RunReviewQuery { task_id: Some(id.clone()), ..RunReviewQuery::default() };
        let events = EventRecordQuery { task_id: Some(id.clone()), ..EventRecordQuery::default() };
        let bindings = runs.iter().filter_map(|run| {
            let binding = store.get_idempotency(&run.idempotency_key, &run.origin)?;
            (binding.run_id == run.id).then_some(binding)
        });
        let edges = store.list_dependencies(id).into_iter().chain(store.list_dependents(id));
        let task = self.require_task(id)?;
        Ok(std::iter::once(Record::Task(task))
            .chain(edges.map(Record::Dependency))
            .chain(bindings.map(Record::Idempotency))
            .chain(runs.iter().cloned().map(Record::Run))
            .chain(store.list_reviews(&reviews).into_iter().map(Record::Review))
            .chain(store.get_review_gate(id).map(Record::ReviewGate))
            .chain(store.get_profile(id).map(Record::Profile))
            .chain(store.list_triage_of_task(id).into_iter().map(Record::Triage))
            .chain(store.list_snoozes_of_task(id).into_iter().map(Record::Snooze))
            .chain(store.list_event_records(&events).into_iter().map(Record::Event))
            .collect())
    }

    /// Whether the ids are free, and the place below the parent is.
    fn check_room_for(&self, trashed: &TrashedTask) -> Result<()> {
        let taken = |what: &str, id: &str| {
            Err(TaskError::with_detail(ErrorKind::Conflict, format!("{what} {id:?} is taken")))
        };
        for record in &trashed.records {
            match record {
                Record::Task(task) if self.store.get_task(&task.id).is_some() => {
                    return taken("task id", task.id.as_str());
                }
                Record::Task(task) => self.check_parent_of(task)?,
                Record::Run(run) if self.store.get_run(&run.id).is_some() => {
                    return taken("run id", run.id.as_str());
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn check_parent_of(&self, task: &Task) -> Result<()> {
        let Some(parent) = &task.parent_task_id else { return Ok(()) };
        if self.store.get_task(parent).is_none() {
            let rest = format!("is gone: {:?}", parent.as_str());
            return Err(TaskError::validation("task.parent_task_id", &rest));
        }
        validate_direct_child_count(self.store.count_direct_children(parent) as i64 + 1)
    }

    fn put_back(&mut self, record: Record) {
        let store = &mut self.store;
        match record {
            Record::Task(task) => store.put_task(Arc::unwrap_or_clone(task)),
            Record::Run(run) => store.put_run(Run::clone(&run)),
            Record::Idempotency(binding) => {
                if store.get_idempotency(&binding.idempotency_key, &binding.origin).is_none() {
                    store.put_idempotency(Arc::unwrap_or_clone(binding));
                }
            }
            Record::Review(review) => store.put_review(Arc::unwrap_or_clone(review)),
            Record::ReviewGate(gate) => store.put_review_gate(Arc::unwrap_or_clone(gate)),
            Record::Profile(profile) => store.put_profile(Arc::unwrap_or_clone(profile)),
            Record::Triage(state) => store.put_triage(Arc::unwrap_or_clone(state)),
            Record::Snooze(snooze) => store.put_snooze(Arc::unwrap_or_clone(snooze)),
            Record::Event(event) => store.restore_event(event),
            // Edges have rules of their own; the others never belong to a task.
            Record::Dependency(_)
            | Record::ClaimToken(..)
            | Record::LatestSequence(_)
            | Record::Trash(_)
            | Record::Channel(_)
            | Record::Scheduler(_) => {}
        }
    }

    /// Puts edges back one by one, as far as the graph allows: the tasks that wait
    /// again, and the edges that are lost.
    fn put_edges_back(&mut self, edges: Vec<Arc<Dependency>>) -> (Vec<TaskId>, Vec<LostEdge>) {
        let (mut waiting, mut lost) = (Vec::new(), Vec::new());
        for edge in edges {
            match self.loss_of(&edge) {
                Some(why) => lost.push(LostEdge { edge, why }),
                None => {
                    waiting.push(edge.task_id.clone());
                    self.store.put_dependency(Arc::unwrap_or_clone(edge));
                }
            }
        }
        (waiting, lost)
    }

    fn loss_of(&self, edge: &Dependency) -> Option<EdgeLoss> {
        let store = &self.store;
        let gone = |id: &TaskId| store.get_task(id).is_none();
        if gone(&edge.task_id) || gone(&edge.depends_on_task_id) {
            return Some(EdgeLoss::EndGone);
        }
        let count = store.count_dependencies(&edge.task_id) as i64;
        if validate_dependency_count(count + 1).is_err() {
            return Some(EdgeLoss::NoRoom);
        }
        path_between(store, &edge.depends_on_task_id, &edge.task_id).map(|_| EdgeLoss::ClosesLoop)
    }
}

#[cfg(test)]
mod tests;
