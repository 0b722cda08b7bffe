//! The ports of the store, on top of its tables.

use std::sync::Arc;

use super::MemoryStore;
use super::activity::at_most;
use crate::actor::{ActorIdentity, Origin};
use crate::channel::ChannelRecord;
use crate::claim_token::ClaimToken;
use crate::dependency::Dependency;
use crate::event::{Event, EventRecord};
use crate::id::{EventId, ReviewId, RunId, Sequence, SessionId, TaskId, WorkspaceId};
use crate::idempotency::RunIdempotency;
use crate::lease::ClaimCriteria;
use crate::profile::ExecutionProfile;
use crate::query::{EventRecordQuery, Query, RunQuery, RunReviewQuery};
use crate::review::{ReviewGateState, RunReview};
use crate::run::{Run, RunStatus};
use crate::scheduler::SchedulerPauseState;
use crate::snooze::Snooze;
use crate::store::{
    ChannelStore, ClaimTokenStore, DependencyStore, EventStore, ExecutionProfileStore,
    IdempotencyStore, Key, Record, RecordStore, RunReviewStore, RunStore, SchedulerStore,
    SnoozeStore, TrashStore, TriageStore, WithPaused,
};
use crate::task::Task;
use crate::time::Timestamp;
use crate::trash::TrashedTask;
use crate::triage::TriageState;

impl RecordStore for MemoryStore {
    fn get_task(&self, id: &TaskId) -> Option<Arc<Task>> {
        self.state.task(id).cloned()
    }

    fn put_task(&mut self, task: Task) {
        self.put(Record::Task(Arc::new(task)));
    }

    fn delete_task(&mut self, id: &TaskId) {
        self.delete(&Key::Task(id.clone()));
    }

    fn list_tasks(&self, query: &Query) -> Vec<Arc<Task>> {
        self.state.tasks_of(query)
    }

    fn list_children(&self, parent: &TaskId) -> Vec<Arc<Task>> {
        self.state.children_of(parent).cloned().collect()
    }

    fn count_direct_children(&self, parent: &TaskId) -> usize {
        self.state.tasks.get(parent).map_or(0, |entry| entry.children.len())
    }

    fn last_activity_at(&self, id: &TaskId) -> Option<Timestamp> {
        Some(self.state.tasks.get(id)?.activity()?.last_activity_at)
    }
}

impl DependencyStore for MemoryStore {
    fn get_dependency(&self, task: &TaskId, depends_on: &TaskId) -> Option<Arc<Dependency>> {
        self.state.tasks.get(task)?.edge_to(depends_on).cloned()
    }

    fn put_dependency(&mut self, dependency: Dependency) {
        self.put(Record::Dependency(Arc::new(dependency)));
    }

    fn delete_dependency(&mut self, task: &TaskId, depends_on: &TaskId) {
        self.delete(&Key::Dependency(task.clone(), depends_on.clone()));
    }

    fn list_dependencies(&self, task: &TaskId) -> Vec<Arc<Dependency>> {
        let entry = self.state.tasks.get(task);
        entry.map_or_else(Vec::new, |entry| entry.depends_on.values().cloned().collect())
    }

    fn list_dependents(&self, depends_on: &TaskId) -> Vec<Arc<Dependency>> {
        let entry = self.state.tasks.get(depends_on);
        entry.map_or_else(Vec::new, |entry| entry.dependents.values().cloned().collect())
    }

    fn count_dependencies(&self, task: &TaskId) -> usize {
        self.state.tasks.get(task).map_or(0, |entry| entry.depends_on.len())
    }
}

impl RunStore for MemoryStore {
    fn get_run(&self, id: &RunId) -> Option<Arc<Run>> {
        self.state.runs.get(id).cloned()
    }

    fn put_run(&mut self, run: Run) {
        self.put(Record::Run(Arc::new(run)));
    }

    fn delete_run(&mut self, id: &RunId) {
        self.delete(&Key::Run(id.clone()));
    }

    fn list_runs_of_task(&self, task: &TaskId) -> Vec<Arc<Run>> {
        self.runs_of_task(task).iter().rev().cloned().collect()
    }

    fn list_runs(&self, query: &RunQuery) -> Vec<Arc<Run>> {
        let of_task = query.task_id.as_ref().map(|task| self.runs_of_task(task));
        self.state.runs.list(query, of_task)
    }

    fn list_runs_by_status(&self, statuses: &[RunStatus]) -> Vec<Arc<Run>> {
        self.state.runs.in_statuses(statuses)
    }

    fn count_runs_by_status(&self, status: RunStatus) -> usize {
        self.state.runs.count_in(status)
    }

    fn list_active_runs_of_session(&self, session: &SessionId) -> Vec<Arc<Run>> {
        self.state.runs.active_of(session)
    }

    fn list_fenced_runs_of_session(&self, session: &SessionId) -> Vec<Arc<Run>> {
        self.state.runs.fenced_of(session)
    }

    fn list_expired_leases(&self, now: Timestamp, limit: usize) -> Vec<Arc<Run>> {
        self.state.runs.expired(now, all_or(limit))
    }

    fn get_retry_of(&self, source: &RunId) -> Option<Arc<Run>> {
        self.state.runs.retry_of(source)
    }

    fn get_continuation_of(&self, review: &ReviewId) -> Option<Arc<Run>> {
        self.state.runs.continuation_of(review)
    }

    fn select_claimable(&self, criteria: &ClaimCriteria) -> Option<Arc<Run>> {
        let admits = |id: &RunId| {
            let candidate = self.state.runs.get(id).and_then(|run| self.state.candidate(run));
            candidate.is_some_and(|candidate| candidate.barriers_for(criteria).next().is_none())
        };
        let first = self.state.queue.first_for(criteria, admits)?;
        self.state.runs.get(first).cloned()
    }

    fn list_backlog(&self, workspace: Option<&WorkspaceId>, paused: WithPaused) -> Vec<Arc<Run>> {
        let runs = self.state.queue.backlog().filter_map(|id| self.state.runs.get(id));
        let shown = |run: &&Arc<Run>| {
            let task = self.state.task(&run.task_id);
            workspace
                .is_none_or(|id| task.is_some_and(|task| task.workspace_id.as_ref() == Some(id)))
                && (paused == WithPaused::Yes || self.state.paused_by(&run.task_id).is_none())
        };
        runs.filter(shown).cloned().collect()
    }
}

impl ClaimTokenStore for MemoryStore {
    fn get_claim_token(&self, run: &RunId) -> Option<Arc<ClaimToken>> {
        self.state.tokens.get(run).cloned()
    }

    fn put_claim_token(&mut self, run: &RunId, token: ClaimToken) {
        self.put(Record::ClaimToken(run.clone(), Arc::new(token)));
    }

    fn delete_claim_token(&mut self, run: &RunId) {
        self.delete(&Key::ClaimToken(run.clone()));
    }
}

impl EventStore for MemoryStore {
    fn latest_sequence(&self) -> Sequence {
        self.state.latest_sequence()
    }

    fn append_event(&mut self, event: Event) -> Arc<EventRecord> {
        let sequence = self.state.latest_sequence().next();
        let record = Arc::new(EventRecord { sequence, event });
        self.put(Record::LatestSequence(sequence));
        self.put(Record::Event(Arc::clone(&record)));
        record
    }

    fn restore_event(&mut self, event: Arc<EventRecord>) {
        self.put(Record::Event(event));
    }

    fn delete_events_of_task(&mut self, task: &TaskId) {
        let events = self.state.tasks.get(task).map(|entry| &entry.events);
        let newest_first = events.into_iter().flat_map(|events| events.after(Sequence::ZERO).rev());
        let gone: Vec<Key> = newest_first.map(Key::Event).collect();
        for key in gone {
            self.delete(&key);
        }
    }

    fn list_event_records(&self, query: &EventRecordQuery) -> Vec<Arc<EventRecord>> {
        let entry = query.task_id.as_ref().and_then(|task| self.state.tasks.get(task));
        let Some(entry) = entry else { return Vec::new() };
        let numbers = entry.events.after(query.after_sequence);
        let limit = at_most(query.limit);
        let events = &self.state.events;
        if query.descending {
            return numbers.rev().take(limit).filter_map(|number| events.get(number)).collect();
        }
        numbers.take(limit).filter_map(|number| events.get(number)).collect()
    }

    fn get_event_record(&self, id: &EventId) -> Option<Arc<EventRecord>> {
        self.state.events.with_id(id)
    }

    fn list_board_events(&self, after: Sequence, limit: usize) -> Vec<Arc<EventRecord>> {
        self.state.events.after(after).take(all_or(limit)).collect()
    }
}

impl IdempotencyStore for MemoryStore {
    fn get_idempotency(&self, key: &str, origin: &Origin) -> Option<Arc<RunIdempotency>> {
        self.state.idempotency.get(&(key.to_owned(), origin.clone())).cloned()
    }

    fn put_idempotency(&mut self, binding: RunIdempotency) {
        self.put(Record::Idempotency(Arc::new(binding)));
    }

    fn delete_idempotency_of_run(&mut self, run: &RunId) {
        let bindings = self.state.bindings_of_run.members(run).cloned();
        let gone: Vec<Key> = bindings.map(|(key, origin)| Key::Idempotency(key, origin)).collect();
        for key in gone {
            self.delete(&key);
        }
    }
}

impl TriageStore for MemoryStore {
    fn get_triage(&self, task: &TaskId, actor: &ActorIdentity) -> Option<Arc<TriageState>> {
        self.state.tasks.get(task)?.triage.get(actor).cloned()
    }

    fn put_triage(&mut self, state: TriageState) {
        self.put(Record::Triage(Arc::new(state)));
    }

    fn list_triage_of_task(&self, task: &TaskId) -> Vec<Arc<TriageState>> {
        let entry = self.state.tasks.get(task);
        entry.map_or_else(Vec::new, |entry| entry.triage.values().cloned().collect())
    }

    fn list_triage_of_actor(&self, actor: &ActorIdentity) -> Vec<Arc<TriageState>> {
        let tasks = self.state.triaged_by.members(actor);
        tasks.filter_map(|task| self.get_triage(task, actor)).collect()
    }

    fn delete_triage(&mut self, task: &TaskId, actor: &ActorIdentity) {
        self.delete(&Key::Triage(task.clone(), actor.clone()));
    }
}

impl SnoozeStore for MemoryStore {
    fn get_snooze(&self, task: &TaskId, actor: &ActorIdentity) -> Option<Arc<Snooze>> {
        self.state.tasks.get(task)?.snoozes.get(actor).cloned()
    }

    fn put_snooze(&mut self, snooze: Snooze) {
        self.put(Record::Snooze(Arc::new(snooze)));
    }

    fn delete_snooze(&mut self, task: &TaskId, actor: &ActorIdentity) {
        self.delete(&Key::Snooze(task.clone(), actor.clone()));
    }

    fn list_snoozes_of_task(&self, task: &TaskId) -> Vec<Arc<Snooze>> {
        let entry = self.state.tasks.get(task);
        entry.map_or_else(Vec::new, |entry| entry.snoozes.values().cloned().collect())
    }

    fn list_snoozes_of_actor(&self, actor: &ActorIdentity) -> Vec<Arc<Snooze>> {
        let tasks = self.state.snoozed_by.members(actor);
        tasks.filter_map(|task| self.get_snooze(task, actor)).collect()
    }
}

impl TrashStore for MemoryStore {
    fn get_trashed(&self, task: &TaskId) -> Option<Arc<TrashedTask>> {
        self.state.trash.get(task).cloned()
    }

    fn put_trashed(&mut self, trashed: TrashedTask) {
        self.put(Record::Trash(Arc::new(trashed)));
    }

    fn delete_trashed(&mut self, task: &TaskId) {
        self.delete(&Key::Trash(task.clone()));
    }

    fn list_trashed(&self) -> Vec<Arc<TrashedTask>> {
        self.state.trash.values().cloned().collect()
    }
}

impl ExecutionProfileStore for MemoryStore {
    fn get_profile(&self, task: &TaskId) -> Option<Arc<ExecutionProfile>> {
        self.state.tasks.get(task)?.profile.clone()
    }

    fn put_profile(&mut self, profile: ExecutionProfile) {
        self.put(Record::Profile(Arc::new(profile)));
    }

    fn delete_profile(&mut self, task: &TaskId) {
        self.delete(&Key::Profile(task.clone()));
    }
}

impl RunReviewStore for MemoryStore {
    fn get_review(&self, id: &ReviewId) -> Option<Arc<RunReview>> {
        self.state.reviews.get(id).cloned()
    }

    fn find_review(&self, run: &RunId, round: i64, attempt: i64) -> Option<Arc<RunReview>> {
        self.state.reviews.find(run, round, attempt)
    }

    fn put_review(&mut self, review: RunReview) {
        self.put(Record::Review(Arc::new(review)));
    }

    fn delete_review(&mut self, id: &ReviewId) {
        self.delete(&Key::Review(id.clone()));
    }

    fn list_reviews(&self, query: &RunReviewQuery) -> Vec<Arc<RunReview>> {
        self.state.reviews.list(query)
    }

    fn list_active_reviews_of_session(&self, session: &SessionId) -> Vec<Arc<RunReview>> {
        self.state.reviews.active_of(session)
    }

    fn get_review_gate(&self, task: &TaskId) -> Option<Arc<ReviewGateState>> {
        self.state.tasks.get(task)?.gate.clone()
    }

    fn put_review_gate(&mut self, gate: ReviewGateState) {
        self.put(Record::ReviewGate(Arc::new(gate)));
    }

    fn delete_review_gate(&mut self, task: &TaskId) {
        self.delete(&Key::ReviewGate(task.clone()));
    }
}

impl ChannelStore for MemoryStore {
    fn get_channel(&self, id: &str) -> Option<Arc<ChannelRecord>> {
        self.state.channels.get(id).cloned()
    }

    fn put_channel(&mut self, channel: ChannelRecord) {
        self.put(Record::Channel(Arc::new(channel)));
    }
}

impl SchedulerStore for MemoryStore {
    fn get_scheduler(&self) -> SchedulerPauseState {
        self.state.scheduler.as_deref().cloned().unwrap_or_default()
    }

    fn put_scheduler(&mut self, state: SchedulerPauseState) {
        self.put(Record::Scheduler(Arc::new(state)));
    }

    fn count_paused_tasks(&self) -> usize {
        self.state.paused_tasks
    }

    fn paused_by(&self, task: &TaskId) -> Option<TaskId> {
        self.state.paused_by(task).cloned()
    }
}

impl MemoryStore {
    fn runs_of_task(&self, task: &TaskId) -> &[Arc<Run>] {
        self.state.tasks.get(task).map_or(&[], |entry| &entry.runs)
    }
}

/// The limit of a list: 0 means all.
fn all_or(limit: usize) -> usize {
    if limit == 0 { usize::MAX } else { limit }
}
