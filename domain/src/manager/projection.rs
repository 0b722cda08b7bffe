//! Read models of one task or run, as pure functions over a store: what lists,
//! cards and references show. Statuses are derived, never taken from the record.
//!
//! They check no authority; [`Manager`](super::Manager) does so before it answers
//! with them.

use crate::dependency::Dependency;
use crate::id::TaskId;
use crate::run::Run;
use crate::status::derived_status;
use crate::store::{DependencyStore, RecordStore, RunStore, SchedulerStore, Store};
use crate::task::{Status, Task};
use crate::time::Timestamp;
use crate::view::summary::{DependencyReference, Reference, RunSummary, Summary};

/// A task as lists show it.
pub fn summary(store: &impl Store, task: &Task) -> Summary {
    let status = derived_status(store, task);
    let dependencies = dependency_references(store, &task.id);
    let paused_by_task_id = store.paused_by(&task.id);
    Summary {
        id: task.id.clone(),
        identifier: task.identifier.clone(),
        scope: task.scope,
        workspace_id: task.workspace_id.clone(),
        parent_task_id: task.parent_task_id.clone(),
        network_channel: task.network_channel.clone(),
        title: task.title.clone(),
        priority: task.priority,
        status,
        approval_policy: task.approval_policy,
        approval_state: task.approval_state,
        current_run_id: task.current_run_id.clone(),
        paused_by: task.paused_by.clone(),
        paused_reason: task.paused_reason.clone(),
        created_by: task.created_by.clone(),
        origin: task.origin.clone(),
        owner: task.owner.clone(),
        dependency_count: dependencies.len(),
        dependencies,
        active_run: active_run(store, task),
        max_attempts: task.max_attempts,
        auto_enqueue_on_ready: task.auto_enqueue_on_ready,
        latest_event_seq: task.latest_event_seq,
        child_count: store.count_direct_children(&task.id),
        draft: status == Status::Draft,
        paused: task.paused,
        effective_paused: paused_by_task_id.is_some(),
        paused_by_task_id,
        paused_at: task.paused_at,
        created_at: task.created_at,
        updated_at: task.updated_at,
        closed_at: task.closed_at,
        last_activity_at: last_activity(store, task),
    }
}

/// A task as others name it, with the pauses of its ancestors: the form that
/// summaries use.
pub fn reference<S>(store: &S, task: &Task) -> Reference
where
    S: RecordStore + DependencyStore + RunStore + SchedulerStore,
{
    let paused_by_task_id = store.paused_by(&task.id);
    Reference {
        effective_paused: paused_by_task_id.is_some(),
        paused_by_task_id,
        ..direct_reference(store, task)
    }
}

/// A task as others name it, with its own pause only: the form that timelines,
/// trees and run details use.
pub fn direct_reference<S>(store: &S, task: &Task) -> Reference
where
    S: RecordStore + DependencyStore + RunStore,
{
    Reference {
        id: task.id.clone(),
        identifier: task.identifier.clone(),
        title: task.title.clone(),
        status: derived_status(store, task),
        priority: task.priority,
        owner: task.owner.clone(),
        scope: task.scope,
        workspace_id: task.workspace_id.clone(),
        latest_event_seq: task.latest_event_seq,
        paused: task.paused,
        effective_paused: task.paused,
        paused_by_task_id: task.paused.then(|| task.id.clone()),
    }
}

/// What a task waits for, each edge with a reference of the other task.
pub fn dependency_references<S>(store: &S, task: &TaskId) -> Vec<DependencyReference>
where
    S: RecordStore + DependencyStore + RunStore + SchedulerStore,
{
    store
        .list_dependencies(task)
        .iter()
        .filter_map(|edge| dependency_reference(store, edge))
        .collect()
}

fn dependency_reference<S>(store: &S, edge: &Dependency) -> Option<DependencyReference>
where
    S: RecordStore + DependencyStore + RunStore + SchedulerStore,
{
    let blocker = store.get_task(&edge.depends_on_task_id)?;
    Some(DependencyReference {
        task_id: edge.task_id.clone(),
        depends_on_task_id: edge.depends_on_task_id.clone(),
        kind: edge.kind,
        created_at: edge.created_at,
        depends_on: reference(store, &blocker),
    })
}

/// A run in short, with the attempt budget of its task.
pub fn run_summary(run: &Run, task: &Task) -> RunSummary {
    RunSummary {
        id: run.id.clone(),
        task_id: run.task_id.clone(),
        status: run.status,
        attempt: run.attempt,
        previous_run_id: run.previous_run_id.clone(),
        failure_kind: run.failure_kind.clone(),
        max_attempts: task.max_attempts,
        session_id: run.session_id.clone(),
        claimed_by: run.claimed_by.clone(),
        claim_token_hash: run.claim_token_hash.clone(),
        lease_until: run.lease_until,
        heartbeat_at: run.heartbeat_at,
        coordination_channel_id: run.coordination_channel_id.clone(),
        queued_at: run.queued_at,
        claimed_at: run.claimed_at,
        started_at: run.started_at,
        ended_at: run.ended_at,
        error: run.error.clone(),
    }
}

/// The open run of a task that is furthest on; among equals the one with the
/// latest activity, then the greatest id.
pub fn active_run(store: &impl RunStore, task: &Task) -> Option<RunSummary> {
    store
        .list_runs_of_task(&task.id)
        .iter()
        .filter(|run| run.status.is_open())
        .max_by(|one, other| {
            let rank = |run: &Run| (run.status.rank(), run_activity(run));
            rank(one).cmp(&rank(other)).then_with(|| one.id.cmp(&other.id))
        })
        .map(|run| run_summary(run, task))
}

/// When something last happened to a run. Heartbeats do not count.
pub fn run_activity(run: &Run) -> Timestamp {
    run.last_activity_at()
}

/// When something last happened to a task: to its record, to one of its runs, or
/// in its log.
pub fn last_activity(store: &impl RecordStore, task: &Task) -> Timestamp {
    store.last_activity_at(&task.id).unwrap_or_else(|| task.updated_at.max(task.created_at))
}
