//! What readers see of tasks. Every read asks for the `read` flag, derives
//! statuses and writes nothing.

mod live;
mod run_detail;

use std::sync::Arc;

use crate::actor::ActorContext;
use crate::error::Result;
use crate::event::{Event, EventRecord};
use crate::id::TaskId;
use crate::query::{EventRecordQuery, Query, RunQuery};
use crate::run::Run;
use crate::status::derived_status;
use crate::store::Store;
use crate::task::Task;
use crate::view::summary::{Summary, View};

use super::{Manager, projection, require_task_id};

impl<S: Store> Manager<S> {
    /// Everything about one task: the record, its children, dependencies, runs,
    /// and its whole log, newest first.
    ///
    /// # Errors
    ///
    /// `permission_denied`; `validation` for a blank id; `task_not_found`.
    pub fn get_task(&self, id: &TaskId, actor: &ActorContext) -> Result<View> {
        actor.authorize_read()?;
        let id = require_task_id(id)?;
        let task = self.require_task(&id)?;
        let children = self.store.list_children(&id);
        let dependencies = self.store.list_dependencies(&id);
        Ok(View {
            summary: projection::summary(&self.store, &task),
            children: children
                .iter()
                .map(|child| projection::summary(&self.store, child))
                .collect(),
            dependency_references: projection::dependency_references(&self.store, &id),
            dependencies: dependencies.iter().map(|edge| edge.as_ref().clone()).collect(),
            runs: cloned(self.store.list_runs_of_task(&id)),
            events: self.newest_events(&id),
            task: Task { status: derived_status(&self.store, &task), ..Task::clone(&task) },
        })
    }

    /// The tasks that pass a query, latest activity first. The status filter looks
    /// at the stored status, which may lag behind the one that is shown.
    ///
    /// # Errors
    ///
    /// `permission_denied`; `validation` or `invalid_scope_binding` for the query.
    pub fn list_tasks(&self, query: Query, actor: &ActorContext) -> Result<Vec<Summary>> {
        actor.authorize_read()?;
        let query = query.normalize();
        query.validate("task_query")?;
        let tasks = self.store.list_tasks(&query);
        Ok(tasks.iter().map(|task| projection::summary(&self.store, task)).collect())
    }

    /// The runs of a task that pass a query, newest first. The query's own task id
    /// does not count.
    ///
    /// # Errors
    ///
    /// `permission_denied`; `validation` for a blank id; `task_not_found`;
    /// `validation` for the query.
    pub fn list_task_runs(
        &self,
        id: &TaskId,
        query: RunQuery,
        actor: &ActorContext,
    ) -> Result<Vec<Run>> {
        actor.authorize_read()?;
        let id = require_task_id(id)?;
        self.require_task(&id)?;
        let query = RunQuery { task_id: Some(id), ..query }.normalize();
        query.validate("task_run_query")?;
        Ok(cloned(self.store.list_runs(&query)))
    }

    /// The log of a task by time, newest first; equal times by number.
    fn newest_events(&self, id: &TaskId) -> Vec<Event> {
        let query = EventRecordQuery {
            task_id: Some(id.clone()),
            descending: true,
            ..EventRecordQuery::default()
        };
        let mut records = self.store.list_event_records(&query);
        sort_by_time(&mut records);
        records.iter().rev().map(|record| record.event.clone()).collect()
    }
}

/// Oldest first; equal times by number.
fn sort_by_time(records: &mut [Arc<EventRecord>]) {
    records.sort_unstable_by_key(|record| (record.event.timestamp, record.sequence));
}

fn cloned(runs: Vec<Arc<Run>>) -> Vec<Run> {
    runs.iter().map(|run| Run::clone(run)).collect()
}

#[cfg(test)]
mod tests;
