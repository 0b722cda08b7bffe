//! Creates, changes and deletes tasks.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::actor::ActorContext;
use crate::environment::IdPrefix;
use crate::error::{ErrorKind, Result, TaskError};
use crate::event::{TaskChildCreated, TaskCreated, TaskUpdated};
use crate::id::{ReviewId, TaskId};
use crate::query::RunReviewQuery;
use crate::review::RunReview;
use crate::status::derived_status;
use crate::store::Store;
use crate::task::{
    ApprovalPolicy, CreateTask, Patch, Scope, Status, Task, validate_direct_child_count,
    validate_hierarchy_depth,
};

use super::audit::Subject;
use super::{Manager, require_task_id};

impl<S: Store> Manager<S> {
    /// Creates a task. It never gets a run by itself, and its creator does not
    /// become its owner.
    ///
    /// A parent may be named here; only [`Manager::create_child_task`] tells the
    /// parent's log about it.
    ///
    /// # Errors
    ///
    /// `permission_denied` without the create flag of the scope; `validation`,
    /// `invalid_scope_binding` or `payload_too_large` for the request;
    /// `task_not_found` for an unknown parent; `graph_limit_exceeded` where the
    /// parent has 64 children or lies 8 levels deep; `workspace_not_found`; `other`
    /// where the given id is taken.
    pub fn create_task(&mut self, spec: CreateTask, actor: &ActorContext) -> Result<Task> {
        let task = self.new_task(spec, actor)?;
        let id = task.id.clone();
        self.transact(|manager| manager.insert_task(task, actor))?;
        Ok(Task::clone(&*self.require_task(&id)?))
    }

    /// Creates a task below another one and tells the parent's log. Nothing is
    /// inherited: the child states its own scope and workspace.
    ///
    /// # Errors
    ///
    /// `validation` where the parent id is blank or the request names another
    /// parent; then as [`Manager::create_task`].
    pub fn create_child_task(
        &mut self,
        parent: &TaskId,
        spec: CreateTask,
        actor: &ActorContext,
    ) -> Result<Task> {
        let parent =
            parent.non_blank().ok_or_else(|| TaskError::required("child parent task id"))?;
        let named = spec.parent_task_id.as_ref().and_then(TaskId::non_blank);
        if named.is_some_and(|named| named != parent) {
            return Err(TaskError::validation(
                "create_task.parent_task_id",
                "must equal the parent of the child",
            ));
        }
        let spec = CreateTask { parent_task_id: Some(parent.clone()), ..spec };
        let task = self.new_task(spec, actor)?;
        let id = task.id.clone();
        self.transact(|manager| {
            let child = manager.insert_task(task, actor)?;
            let payload = TaskChildCreated {
                child_task_id: child.id.clone(),
                child_scope: child.scope,
                child_workspace_id: child.workspace_id.clone(),
            };
            manager.log(Subject::task(&parent), &payload, actor)
        })?;
        Ok(Task::clone(&*self.require_task(&id)?))
    }

    /// Changes fields of a task, whatever its status. Where nothing differs from
    /// what is stored, nothing happens. A changed approval policy starts the
    /// approval anew, and a changed attempt budget may fail or revive the task.
    ///
    /// # Errors
    ///
    /// `permission_denied`; `validation` or `payload_too_large` for the patch;
    /// `task_not_found`.
    pub fn update_task(&mut self, id: &TaskId, patch: Patch, actor: &ActorContext) -> Result<Task> {
        actor.authorize_write()?;
        let id = require_task_id(id)?;
        let patch = patch.normalize();
        patch.validate("task_patch")?;
        if let Some(channel) = &patch.network_channel {
            self.check_channel(channel, "task_patch.network_channel")?;
        }
        let stored = self.require_task(&id)?;
        let (mut next, changed_fields) = patched(&stored, &patch)?;
        if changed_fields.is_empty() {
            return Ok(next);
        }
        next.status = derived_status(&self.store, &next);
        next.updated_at = self.now();
        next.validate()?;
        next.require_fixed_fields_of(&stored)?;
        self.transact(|manager| {
            let payload = TaskUpdated { changed_fields, status: next.status };
            manager.store.put_task(next);
            manager.log(Subject::task(&id), &payload, actor)
        })?;
        Ok(Task::clone(&*self.require_task(&id)?))
    }

    /// Deletes a task with all that belongs to it: edges in both directions, runs,
    /// reviews, profile, triage records of all actors and its audit log. No event
    /// tells of it. Former dependents are reconciled.
    ///
    /// # Errors
    ///
    /// `permission_denied`; `validation` for a blank id, a task with children or
    /// with an open run; `task_not_found`.
    pub fn delete_task(&mut self, id: &TaskId, actor: &ActorContext) -> Result<()> {
        let id = self.deletable(id, actor)?;
        self.transact(|manager| manager.remove_and_reconcile(&id))
    }

    /// The id of a task that may be deleted.
    pub(super) fn deletable(&self, id: &TaskId, actor: &ActorContext) -> Result<TaskId> {
        actor.authorize_write()?;
        let id = require_task_id(id)?;
        self.require_task(&id)?;
        if self.store.count_direct_children(&id) > 0 {
            return Err(TaskError::validation("task", "has child tasks and cannot be deleted"));
        }
        if self.store.list_runs_of_task(&id).iter().any(|run| run.status.is_open()) {
            return Err(TaskError::validation("task", "has an open run and cannot be deleted"));
        }
        Ok(id)
    }

    /// Removes a task with all that belongs to it; its dependents may become free.
    pub(super) fn remove_and_reconcile(&mut self, id: &TaskId) -> Result<()> {
        let edges = self.store.list_dependents(id);
        let dependents: BTreeSet<TaskId> = edges.iter().map(|edge| edge.task_id.clone()).collect();
        self.remove_all_of(id);
        for dependent in &dependents {
            self.reconcile_cascade(dependent)?;
        }
        Ok(())
    }

    /// The record that a creation would insert, after all its checks.
    pub(super) fn new_task(&mut self, spec: CreateTask, actor: &ActorContext) -> Result<Task> {
        actor.authorize_create(&spec.scope)?;
        let spec = spec.normalize();
        spec.validate("create_task")?;
        let scope = spec.scope.require("create_task.scope")?;
        if let Some(parent) = &spec.parent_task_id {
            let parent = self.require_task(parent)?;
            parent.require_child_scope(scope, spec.workspace_id.as_ref())?;
            self.check_room_below(&parent)?;
        }
        self.check_channel(&spec.network_channel, "create_task.network_channel")?;

        let task = self.record_of(spec, scope, actor)?;
        task.validate()?;
        self.check_workspace(task.workspace_id.as_ref())?;
        if self.store.get_task(&task.id).is_some() {
            let detail = format!("task id {:?} is taken", task.id.as_str());
            return Err(TaskError::with_detail(ErrorKind::Other, detail));
        }
        Ok(task)
    }

    fn record_of(&mut self, spec: CreateTask, scope: Scope, actor: &ActorContext) -> Result<Task> {
        let policy =
            spec.approval_policy.or_default("create_task.approval_policy", ApprovalPolicy::None)?;
        let owner = match &spec.owner {
            Some(owner) => owner.resolve("create_task.owner")?,
            None => None,
        };
        let max_attempts = match spec.max_attempts {
            Some(given) => attempt_budget(given, "create_task.max_attempts")?,
            None => crate::task::DEFAULT_TASK_MAX_ATTEMPTS,
        };
        let now = self.now();
        Ok(Task {
            id: match spec.id {
                Some(id) => id,
                None => TaskId::from(self.options.ids.new_id(IdPrefix::Task)),
            },
            identifier: spec.identifier,
            scope,
            workspace_id: spec.workspace_id,
            parent_task_id: spec.parent_task_id,
            network_channel: spec.network_channel,
            title: spec.title,
            description: spec.description,
            priority: spec.priority.require("create_task.priority")?,
            max_attempts,
            auto_enqueue_on_ready: spec.auto_enqueue_on_ready,
            status: match (spec.draft, policy) {
                (true, _) => Status::Draft,
                (false, ApprovalPolicy::Manual) => Status::Blocked,
                (false, ApprovalPolicy::None) => Status::Ready,
            },
            approval_policy: policy,
            approval_state: policy.initial_state(),
            owner,
            current_run_id: None,
            latest_event_seq: Default::default(),
            paused: false,
            paused_by: String::new(),
            paused_at: None,
            paused_reason: String::new(),
            created_by: actor.actor.clone(),
            origin: actor.origin.clone(),
            created_at: now,
            updated_at: now,
            closed_at: None,
            metadata: spec.metadata,
        }
        .normalize())
    }

    pub(super) fn insert_task(&mut self, task: Task, actor: &ActorContext) -> Result<Arc<Task>> {
        let id = task.id.clone();
        let payload = TaskCreated {
            scope: task.scope,
            workspace_id: task.workspace_id.clone(),
            parent_task_id: task.parent_task_id.clone(),
            status: task.status,
            network_channel: task.network_channel.clone(),
            owner: task.owner.clone(),
        };
        self.store.put_task(task);
        self.log(Subject::task(&id), &payload, actor)?;
        self.require_task(&id)
    }

    /// Whether one more task fits below this one.
    fn check_room_below(&self, parent: &Task) -> Result<()> {
        let children = self.store.count_direct_children(&parent.id);
        validate_direct_child_count(children as i64 + 1)?;
        validate_hierarchy_depth(self.depth_of(parent)? + 1)
    }

    /// How deep a task lies; without a parent it lies 1 deep.
    pub(super) fn depth_of(&self, task: &Task) -> Result<i64> {
        let mut seen = BTreeSet::from([task.id.clone()]);
        let mut above = task.parent_task_id.clone();
        while let Some(id) = above {
            if !seen.insert(id.clone()) {
                return Err(TaskError::validation("create_task.parent_task_id", "lies in a loop"));
            }
            above = self.require_task(&id)?.parent_task_id.clone();
        }
        Ok(seen.len() as i64)
    }

    pub(super) fn remove_all_of(&mut self, id: &TaskId) {
        for edge in self.store.list_dependencies(id) {
            self.store.delete_dependency(id, &edge.depends_on_task_id);
        }
        for edge in self.store.list_dependents(id) {
            self.store.delete_dependency(&edge.task_id, id);
        }
        self.remove_reviews_of(id);
        self.store.delete_review_gate(id);
        for run in self.store.list_runs_of_task(id) {
            self.store.delete_idempotency_of_run(&run.id);
            self.store.delete_claim_token(&run.id);
            self.store.delete_run(&run.id);
        }
        self.store.delete_profile(id);
        for triage in self.store.list_triage_of_task(id) {
            self.store.delete_triage(id, &triage.actor);
        }
        for snooze in self.store.list_snoozes_of_task(id) {
            self.store.delete_snooze(id, &snooze.actor);
        }
        self.store.delete_events_of_task(id);
        self.store.delete_task(id);
    }

    /// Removes the reviews of a task. Those of other tasks that came after one of
    /// them forget it.
    fn remove_reviews_of(&mut self, id: &TaskId) {
        let query = RunReviewQuery { task_id: Some(id.clone()), ..RunReviewQuery::default() };
        let gone: BTreeSet<ReviewId> =
            self.store.list_reviews(&query).iter().map(|review| review.review_id.clone()).collect();
        if gone.is_empty() {
            return;
        }
        for review in &gone {
            self.store.delete_review(review);
        }
        for review in self.store.list_reviews(&RunReviewQuery::default()) {
            if review.parent_review_id.as_ref().is_some_and(|parent| gone.contains(parent)) {
                self.store
                    .put_review(RunReview { parent_review_id: None, ..RunReview::clone(&review) });
            }
        }
    }
}

/// The record with the patch applied, and the names of the fields that differ.
fn patched(stored: &Task, patch: &Patch) -> Result<(Task, Vec<&'static str>)> {
    let mut next = stored.clone();
    let mut changed = Vec::new();
    fn set<T: PartialEq>(
        field: &mut T,
        value: T,
        name: &'static str,
        changed: &mut Vec<&'static str>,
    ) {
        if *field != value {
            *field = value;
            changed.push(name);
        }
    }
    if let Some(title) = &patch.title {
        set(&mut next.title, title.clone(), "title", &mut changed);
    }
    if let Some(description) = &patch.description {
        set(&mut next.description, description.clone(), "description", &mut changed);
    }
    if let Some(priority) = &patch.priority {
        let priority = priority.require("task_patch.priority")?;
        set(&mut next.priority, priority, "priority", &mut changed);
    }
    if let Some(max_attempts) = patch.max_attempts {
        let budget = attempt_budget(max_attempts, "task_patch.max_attempts")?;
        set(&mut next.max_attempts, budget, "max_attempts", &mut changed);
    }
    if let Some(wish) = patch.auto_enqueue_on_ready {
        set(&mut next.auto_enqueue_on_ready, wish, "auto_enqueue_on_ready", &mut changed);
    }
    if let Some(policy) = &patch.approval_policy {
        let policy = policy.require("task_patch.approval_policy")?;
        if policy != stored.approval_policy {
            next.approval_state = policy.initial_state();
        }
        set(&mut next.approval_policy, policy, "approval_policy", &mut changed);
    }
    if let Some(metadata) = &patch.metadata {
        set(&mut next.metadata, metadata.clone(), "metadata", &mut changed);
    }
    if let Some(channel) = &patch.network_channel {
        set(&mut next.network_channel, channel.clone(), "network_channel", &mut changed);
    }
    if patch.clear_owner {
        set(&mut next.owner, None, "owner", &mut changed);
    } else if let Some(owner) = &patch.owner {
        set(&mut next.owner, owner.resolve("task_patch.owner")?, "owner", &mut changed);
    }
    Ok((next, changed))
}

fn attempt_budget(given: i64, path: &str) -> Result<u32> {
    u32::try_from(given)
        .map_err(|_| TaskError::validation(path, &format!("is out of range: {given}")))
}

#[cfg(test)]
mod tests;
