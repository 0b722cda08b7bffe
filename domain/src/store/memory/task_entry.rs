//! Everything that belongs to one task.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::activity::Activity;
use super::event_log::EventLog;
use crate::actor::ActorIdentity;
use crate::dependency::Dependency;
use crate::id::{RunId, TaskId};
use crate::profile::ExecutionProfile;
use crate::review::ReviewGateState;
use crate::run::Run;
use crate::snooze::Snooze;
use crate::task::Task;
use crate::time::Timestamp;
use crate::triage::TriageState;

/// Edges in list order: by creation, then by the task at the other end.
pub(super) type Edges = BTreeMap<(Timestamp, TaskId), Arc<Dependency>>;

/// A task with what hangs on it. Stands also for a task whose own record is not
/// there (yet): records may arrive in any order.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct TaskEntry {
    /// The record, its projections kept by [`TaskEntry::project`].
    pub(super) record: Option<Arc<Task>>,
    pub(super) children: BTreeSet<TaskId>,
    pub(super) depends_on: Edges,
    pub(super) dependents: Edges,
    /// By `queued_at`, then id.
    pub(super) runs: Vec<Arc<Run>>,
    pub(super) events: EventLog,
    pub(super) triage: BTreeMap<ActorIdentity, Arc<TriageState>>,
    pub(super) snoozes: BTreeMap<ActorIdentity, Arc<Snooze>>,
    pub(super) profile: Option<Arc<ExecutionProfile>>,
    pub(super) gate: Option<Arc<ReviewGateState>>,
}

impl TaskEntry {
    /// Whether nothing is left to keep.
    pub(super) fn is_empty(&self) -> bool {
        self.record.is_none()
            && self.children.is_empty()
            && self.depends_on.is_empty()
            && self.dependents.is_empty()
            && self.runs.is_empty()
            && self.events.is_empty()
            && self.triage.is_empty()
            && self.snoozes.is_empty()
            && self.profile.is_none()
            && self.gate.is_none()
    }

    /// The edge to a task; a task has few.
    pub(super) fn edge_to(&self, depends_on: &TaskId) -> Option<&Arc<Dependency>> {
        self.depends_on.values().find(|edge| edge.depends_on_task_id == *depends_on)
    }

    /// Inserts or replaces a run.
    pub(super) fn put_run(&mut self, run: Arc<Run>) {
        if let Some(known) = self.runs.iter_mut().find(|known| known.id == run.id)
            && known.queued_at == run.queued_at
        {
            *known = run;
            return;
        }
        self.remove_run(&run.id);
        let slot = |run: &Run| (run.queued_at, run.id.clone());
        let place = self.runs.partition_point(|known| slot(known) < slot(&run));
        self.runs.insert(place, run);
    }

    pub(super) fn remove_run(&mut self, id: &RunId) {
        self.runs.retain(|run| run.id != *id);
    }

    /// The run that the task projects. There is at most one active run by rule;
    /// were there more, the one that is furthest on stands for them.
    fn current_run(&self) -> Option<&RunId> {
        let active = self.runs.iter().filter(|run| run.status.is_active());
        let furthest = |run: &&Arc<Run>| (run.status.rank(), run.last_activity_at());
        active
            .max_by(|one, other| furthest(one).cmp(&furthest(other)).then(one.id.cmp(&other.id)))
            .map(|run| &run.id)
    }

    /// Brings the projections of the record up to date.
    pub(super) fn project(&mut self) {
        let Some(record) = &self.record else { return };
        let latest = self.events.latest_sequence();
        let current = self.current_run();
        if record.current_run_id.as_ref() == current && record.latest_event_seq == latest {
            return;
        }
        let current = current.cloned();
        if let Some(record) = &mut self.record {
            let record = Arc::make_mut(record);
            record.current_run_id = current;
            record.latest_event_seq = latest;
        }
    }

    /// Where the task stands in the order of activity.
    pub(super) fn activity(&self) -> Option<Activity> {
        let task = self.record.as_ref()?;
        let runs = self.runs.iter().map(|run| run.last_activity_at());
        let last_activity_at = runs
            .chain(self.events.latest_timestamp())
            .fold(task.updated_at.max(task.created_at), Timestamp::max);
        Some(Activity {
            last_activity_at,
            updated_at: task.updated_at,
            created_at: task.created_at,
            task: task.id.clone(),
        })
    }
}
