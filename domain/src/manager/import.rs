//! Brings whole plans of tasks onto the board, all of it or nothing.

mod removal;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::actor::ActorContext;
use crate::dependency::{Dependency, DependencyKind};
use crate::error::{ErrorKind, Result, TaskError};
use crate::event::TaskDependencyAdded;
use crate::id::TaskId;
use crate::import::{ImportPlan, ImportProblem, ImportTarget, ImportTask, Imported, find_loops};
use crate::status::derived_status;
use crate::store::Store;
use crate::task::{
    Task, validate_dependency_count, validate_direct_child_count, validate_hierarchy_depth,
};

use super::Manager;
use super::audit::Subject;

/// The tasks of a plan by key, with the place of each.
struct Index<'a> {
    places: BTreeMap<&'a str, usize>,
}

impl<'a> Index<'a> {
    fn of(plan: &'a ImportPlan) -> Self {
        let mut places = BTreeMap::new();
        for (place, task) in plan.tasks.iter().enumerate() {
            places.entry(task.key.as_str()).or_insert(place);
        }
        Self { places }
    }

    fn place(&self, key: &str) -> Option<usize> {
        self.places.get(key).copied()
    }

    fn planned(&self, target: &ImportTarget) -> Option<usize> {
        match target {
            ImportTarget::Planned(key) => self.place(key),
            ImportTarget::Existing(_) => None,
        }
    }
}

impl<S: Store> Manager<S> {
    /// Everything that stands against a plan, by task, in the order of the plan.
    /// Nothing is written.
    ///
    /// # Errors
    ///
    /// `permission_denied` or `validation` where the actor may not create the
    /// tasks at all.
    pub fn import_problems(
        &mut self,
        plan: &ImportPlan,
        actor: &ActorContext,
    ) -> Result<Vec<ImportProblem>> {
        actor.authorize_write()?;
        self.judge(plan, actor).map(|(problems, _)| problems)
    }

    /// Creates the tasks of a plan with their tree and their edges. Each gets its
    /// events as if it had been created here; statuses are derived at the end.
    ///
    /// # Errors
    ///
    /// The first of [`Manager::import_problems`], and then nothing is written.
    pub fn import_tasks(&mut self, plan: &ImportPlan, actor: &ActorContext) -> Result<Imported> {
        actor.authorize_write()?;
        let (problems, records) = self.judge(plan, actor)?;
        if let Some(problem) = problems.into_iter().next() {
            return Err(problem.error);
        }
        let index = Index::of(plan);
        let ids: Vec<TaskId> = records.iter().map(|task| task.id.clone()).collect();
        self.transact(|manager| {
            for task in records {
                manager.insert_task(task, actor)?;
            }
            for (task, id) in plan.tasks.iter().zip(&ids) {
                manager.import_edges(task, id, &index, &ids);
            }
            for id in &ids {
                manager.settle_imported(id)?;
            }
            for (task, id) in plan.tasks.iter().zip(&ids) {
                manager.record_imported_edges(task, id, &index, &ids, actor)?;
            }
            Ok(())
        })?;
        let keys = plan.tasks.iter().map(|task| task.key.clone());
        Ok(Imported { created: keys.zip(ids).collect(), last_event: self.store.latest_sequence() })
    }

    fn import_edges(&mut self, task: &ImportTask, id: &TaskId, index: &Index<'_>, ids: &[TaskId]) {
        let now = self.now();
        for blocker in &task.blockers {
            if let Some(blocker) = resolve(blocker, index, ids) {
                self.store.put_dependency(Dependency {
                    task_id: id.clone(),
                    depends_on_task_id: blocker,
                    kind: DependencyKind::Blocks,
                    created_at: task.created_at.unwrap_or(now),
                });
            }
        }
    }

    /// Brings the stored status in line with the edges, without touching times.
    fn settle_imported(&mut self, id: &TaskId) -> Result<()> {
        let task = self.require_task(id)?;
        let status = derived_status(&self.store, &task);
        if status != task.status {
            self.store.put_task(Task { status, ..Task::clone(&task) });
        }
        Ok(())
    }

    fn record_imported_edges(
        &mut self,
        task: &ImportTask,
        id: &TaskId,
        index: &Index<'_>,
        ids: &[TaskId],
        actor: &ActorContext,
    ) -> Result<()> {
        let status = self.require_task(id)?.status;
        for blocker in &task.blockers {
            if let Some(blocker) = resolve(blocker, index, ids) {
                let kind = DependencyKind::Blocks;
                let payload = TaskDependencyAdded { depends_on_task_id: blocker, kind, status };
                self.log(Subject::task(id), &payload, actor)?;
            }
        }
        Ok(())
    }

    /// The problems of a plan, and the records it would create where there are
    /// none.
    fn judge(
        &mut self,
        plan: &ImportPlan,
        actor: &ActorContext,
    ) -> Result<(Vec<ImportProblem>, Vec<Task>)> {
        let index = Index::of(plan);
        let mut problems = Vec::new();
        let mut records = Vec::with_capacity(plan.tasks.len());
        for (place, task) in plan.tasks.iter().enumerate() {
            let record = match index.place(&task.key) {
                Some(first) if first == place => self.imported_record(task, actor),
                _ => Err(TaskError::validation("import.key", "is used by an earlier task")),
            };
            match record {
                Ok(record) => records.push(Some(record)),
                Err(error) if error.kind() == ErrorKind::PermissionDenied => return Err(error),
                Err(error) => {
                    problems.push(problem(task, error));
                    records.push(None);
                }
            }
        }
        self.judge_ids(plan, &records, &mut problems);
        self.judge_tree(plan, &index, &mut records, &mut problems);
        self.judge_edges(plan, &index, &mut problems);
        let order: BTreeMap<&str, usize> = index.places.clone();
        problems.sort_by_key(|problem| order.get(problem.key.as_str()).copied());
        Ok((problems, records.into_iter().flatten().collect()))
    }

    fn imported_record(&mut self, task: &ImportTask, actor: &ActorContext) -> Result<Task> {
        let mut record = self.new_task(task.task.clone(), actor)?;
        record.status = task.status.stored();
        record.created_at = task.created_at.unwrap_or(record.created_at);
        record.updated_at = task.updated_at.unwrap_or(record.created_at);
        record.closed_at =
            task.status.is_terminal().then(|| task.closed_at.unwrap_or(record.updated_at));
        record.validate()?;
        Ok(record)
    }

    fn judge_ids(
        &self,
        plan: &ImportPlan,
        records: &[Option<Task>],
        problems: &mut Vec<ImportProblem>,
    ) {
        let mut seen = BTreeSet::new();
        for (task, record) in plan.tasks.iter().zip(records) {
            if let Some(record) = record
                && !seen.insert(record.id.clone())
            {
                let error = TaskError::validation("create_task.id", "is used by an earlier task");
                problems.push(problem(task, error));
            }
        }
    }

    /// Sets the parents, and checks that they exist, fit, and leave room.
    fn judge_tree(
        &self,
        plan: &ImportPlan,
        index: &Index<'_>,
        records: &mut [Option<Task>],
        problems: &mut Vec<ImportProblem>,
    ) {
        let mut children: BTreeMap<ImportTarget, i64> = BTreeMap::new();
        for (place, task) in plan.tasks.iter().enumerate() {
            let Some(parent) = &task.parent else { continue };
            let count = children.entry(parent.clone()).or_default();
            *count += 1;
            let fits = self
                .check_parent(place, parent, index, records)
                .and_then(|existing| validate_direct_child_count(existing + *count))
                .and_then(|()| validate_hierarchy_depth(self.planned_depth(plan, index, place)?));
            if let Err(error) = fits {
                problems.push(problem(task, error));
            }
        }
    }

    /// Links a task to its parent; answers how many children the parent has on
    /// the board already.
    fn check_parent(
        &self,
        place: usize,
        parent: &ImportTarget,
        index: &Index<'_>,
        records: &mut [Option<Task>],
    ) -> Result<i64> {
        let (parent, existing) = match parent {
            ImportTarget::Existing(id) => {
                let count = self.store.count_direct_children(id);
                (Task::clone(&*self.require_task(id)?), i64::try_from(count).unwrap_or(i64::MAX))
            }
            ImportTarget::Planned(key) => {
                let parent = index.place(key).ok_or_else(|| unknown(key))?;
                // A parent with a problem of its own is reported there.
                let Some(parent) = records[parent].clone() else { return Ok(0) };
                (parent, 0)
            }
        };
        if let Some(record) = &mut records[place] {
            parent.require_child_scope(record.scope, record.workspace_id.as_ref())?;
            record.parent_task_id = Some(parent.id);
        }
        Ok(existing)
    }

    /// How deep a task of the plan would lie.
    fn planned_depth(&self, plan: &ImportPlan, index: &Index<'_>, place: usize) -> Result<i64> {
        let mut seen = BTreeSet::new();
        let mut place = place;
        loop {
            if !seen.insert(place) {
                return Err(TaskError::validation("import.parent", "lies in a loop of parents"));
            }
            let depth = i64::try_from(seen.len()).unwrap_or(i64::MAX);
            match &plan.tasks[place].parent {
                None => return Ok(depth),
                Some(ImportTarget::Existing(id)) => {
                    return Ok(depth + self.depth_of(&*self.require_task(id)?)?);
                }
                Some(ImportTarget::Planned(key)) => match index.place(key) {
                    Some(parent) => place = parent,
                    None => return Ok(depth),
                },
            }
        }
    }

    fn judge_edges(&self, plan: &ImportPlan, index: &Index<'_>, problems: &mut Vec<ImportProblem>) {
        for task in &plan.tasks {
            let count = i64::try_from(task.blockers.len()).unwrap_or(i64::MAX);
            let checked =
                validate_dependency_count(count).and_then(|()| self.check_blockers(task, index));
            if let Err(error) = checked {
                problems.push(problem(task, error));
            }
        }
        let edges: Vec<Vec<usize>> = plan
            .tasks
            .iter()
            .map(|task| task.blockers.iter().filter_map(|to| index.planned(to)).collect())
            .collect();
        for found in find_loops(&edges) {
            let keys: Vec<String> =
                found.iter().map(|place| plan.tasks[*place].key.clone()).collect();
            if let [first, ..] = keys.as_slice() {
                let mut shown = keys.join(" -> ");
                shown.push_str(&format!(" -> {first}"));
                problems.push(ImportProblem {
                    key: first.clone(),
                    error: TaskError::at(ErrorKind::CycleDetected, "import.blockers", shown),
                    related: keys,
                });
            }
        }
    }

    fn check_blockers(&self, task: &ImportTask, index: &Index<'_>) -> Result<()> {
        let mut seen = BTreeSet::new();
        for blocker in &task.blockers {
            match blocker {
                ImportTarget::Existing(id) => {
                    self.require_task(id)?;
                }
                // A task that names itself is a loop, and reported as one.
                ImportTarget::Planned(key) => {
                    index.place(key).ok_or_else(|| unknown(key))?;
                }
            }
            if !seen.insert(blocker) {
                return Err(TaskError::validation("import.blockers", "names a task twice"));
            }
        }
        Ok(())
    }
}

fn problem(task: &ImportTask, error: TaskError) -> ImportProblem {
    ImportProblem { key: task.key.clone(), error, related: Vec::new() }
}

fn unknown(key: &str) -> TaskError {
    TaskError::with_detail(ErrorKind::TaskNotFound, format!("{key:?} is not in the plan"))
}

fn resolve(target: &ImportTarget, index: &Index<'_>, ids: &[TaskId]) -> Option<TaskId> {
    match target {
        ImportTarget::Existing(id) => Some(id.clone()),
        ImportTarget::Planned(key) => index.place(key).map(|place| ids[place].clone()),
    }
}
