//! All records of a board, with their indexes. Whole records are put and
//! deleted here, whatever stands already; nothing is refused and nothing is
//! written down for undoing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::activity::Activity;
use super::event_log::EventLog;
use super::event_table::EventTable;
use super::grouped::Grouped;
use super::queue::{Place, Queue};
use super::review_table::ReviewTable;
use super::run_table::RunTable;
use super::task_entry::TaskEntry;
use crate::actor::{ActorIdentity, Origin};
use crate::channel::ChannelRecord;
use crate::claim_token::ClaimToken;
use crate::dependency::Dependency;
use crate::eligibility::Candidate;
use crate::event::{EventArchive, EventRecord};
use crate::id::{RunId, Sequence, TaskId};
use crate::idempotency::RunIdempotency;
use crate::run::{Run, RunStatus};
use crate::scheduler::SchedulerPauseState;
use crate::store::{Key, Record};
use crate::task::Task;
use crate::trash::TrashedTask;

/// A key within an origin.
type Binding = (String, Origin);

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct State {
    pub(super) tasks: FxHashMap<TaskId, TaskEntry>,
    pub(super) activity: BTreeSet<Activity>,
    pub(super) paused_tasks: usize,
    pub(super) runs: RunTable,
    pub(super) queue: Queue,
    pub(super) tokens: FxHashMap<RunId, Arc<ClaimToken>>,
    pub(super) events: EventTable,
    /// As it was last written; see [`State::latest_sequence`].
    counter: Sequence,
    pub(super) idempotency: FxHashMap<Binding, Arc<RunIdempotency>>,
    pub(super) bindings_of_run: Grouped<RunId, Binding>,
    pub(super) reviews: ReviewTable,
    /// The tasks that identities have triage records and snoozes of.
    pub(super) triaged_by: Grouped<ActorIdentity, TaskId>,
    pub(super) snoozed_by: Grouped<ActorIdentity, TaskId>,
    pub(super) trash: BTreeMap<TaskId, Arc<TrashedTask>>,
    pub(super) channels: BTreeMap<String, Arc<ChannelRecord>>,
    pub(super) scheduler: Option<Arc<SchedulerPauseState>>,
}

impl State {
    /// Nothing but these events.
    pub(super) fn of_events(archive: EventArchive) -> Self {
        let mut state = Self::default();
        for (task, events) in archive.rows_by_task() {
            state.change(&task, |entry| entry.events = EventLog::of(events));
        }
        state.events = EventTable::of(archive);
        state
    }

    /// Writes a record, whatever stood there before.
    pub(super) fn put(&mut self, record: Record) {
        match record {
            Record::Task(task) => self.put_task(task),
            Record::Dependency(edge) => self.put_dependency(edge),
            Record::Run(run) => self.put_run(run),
            Record::ClaimToken(run, token) => {
                self.tokens.insert(run, token);
            }
            Record::Event(event) => self.put_event(event),
            Record::LatestSequence(sequence) => self.counter = sequence,
            Record::Idempotency(binding) => self.put_idempotency(binding),
            Record::Triage(state) => {
                let (task, actor) = (state.task_id.clone(), state.actor.clone());
                self.triaged_by.insert(actor.clone(), task.clone());
                self.change(&task, |entry| entry.triage.insert(actor, state));
            }
            Record::Snooze(snooze) => {
                let (task, actor) = (snooze.task_id.clone(), snooze.actor.clone());
                self.snoozed_by.insert(actor.clone(), task.clone());
                self.change(&task, |entry| entry.snoozes.insert(actor, snooze));
            }
            Record::Trash(trashed) => {
                self.trash.insert(trashed.task_id.clone(), trashed);
            }
            Record::Profile(profile) => {
                let task = profile.task_id.clone();
                self.change(&task, |entry| entry.profile = Some(profile));
                self.queue_again(&task);
            }
            Record::Review(review) => {
                self.reviews.remove(&review.review_id);
                self.reviews.insert(review);
            }
            Record::ReviewGate(gate) => {
                let task = gate.task_id.clone();
                self.change(&task, |entry| entry.gate = Some(gate));
            }
            Record::Channel(channel) => {
                self.channels.insert(channel.id.clone(), channel);
            }
            Record::Scheduler(state) => self.scheduler = Some(state),
        }
    }

    /// Removes a record, if it is there.
    pub(super) fn delete(&mut self, key: &Key) {
        match key {
            Key::Task(id) => self.set_task(id, None),
            Key::Dependency(task, depends_on) => self.delete_dependency(task, depends_on),
            Key::Run(id) => self.delete_run(id),
            Key::ClaimToken(run) => {
                self.tokens.remove(run);
            }
            Key::Event(sequence) => self.delete_event(*sequence),
            Key::LatestSequence => self.counter = Sequence::ZERO,
            Key::Idempotency(key, origin) => self.delete_idempotency(key, origin),
            Key::Triage(task, actor) => {
                self.triaged_by.remove(actor.clone(), task.clone());
                self.change(task, |entry| entry.triage.remove(actor));
            }
            Key::Snooze(task, actor) => {
                self.snoozed_by.remove(actor.clone(), task.clone());
                self.change(task, |entry| entry.snoozes.remove(actor));
            }
            Key::Trash(task) => {
                self.trash.remove(task);
            }
            Key::Profile(task) => {
                self.change(task, |entry| entry.profile = None);
                self.queue_again(task);
            }
            Key::Review(id) => self.reviews.remove(id),
            Key::ReviewGate(task) => self.change(task, |entry| entry.gate = None),
            Key::Channel(id) => {
                self.channels.remove(id);
            }
            Key::Scheduler => self.scheduler = None,
        }
    }

    /// A record, if it is there.
    pub(super) fn get(&self, key: &Key) -> Option<Record> {
        match key {
            Key::Task(id) => self.task(id).cloned().map(Record::Task),
            Key::Dependency(task, depends_on) => {
                self.tasks.get(task)?.edge_to(depends_on).cloned().map(Record::Dependency)
            }
            Key::Run(id) => self.runs.get(id).cloned().map(Record::Run),
            Key::ClaimToken(run) => {
                let token = self.tokens.get(run)?;
                Some(Record::ClaimToken(run.clone(), Arc::clone(token)))
            }
            Key::Event(sequence) => self.events.get(*sequence).map(Record::Event),
            Key::LatestSequence => {
                (!self.counter.is_zero()).then_some(Record::LatestSequence(self.counter))
            }
            Key::Idempotency(key, origin) => {
                let binding = self.idempotency.get(&(key.clone(), origin.clone()))?;
                Some(Record::Idempotency(Arc::clone(binding)))
            }
            Key::Triage(task, actor) => {
                self.tasks.get(task)?.triage.get(actor).cloned().map(Record::Triage)
            }
            Key::Snooze(task, actor) => {
                self.tasks.get(task)?.snoozes.get(actor).cloned().map(Record::Snooze)
            }
            Key::Trash(task) => self.trash.get(task).cloned().map(Record::Trash),
            Key::Profile(task) => self.tasks.get(task)?.profile.clone().map(Record::Profile),
            Key::Review(id) => self.reviews.get(id).cloned().map(Record::Review),
            Key::ReviewGate(task) => self.tasks.get(task)?.gate.clone().map(Record::ReviewGate),
            Key::Channel(id) => self.channels.get(id).cloned().map(Record::Channel),
            Key::Scheduler => self.scheduler.clone().map(Record::Scheduler),
        }
    }

    pub(super) fn task(&self, id: &TaskId) -> Option<&Arc<Task>> {
        self.tasks.get(id)?.record.as_ref()
    }

    /// The number of the newest event ever: as it was written, and at least that
    /// of the newest event that is there, so that records without a counter
    /// cannot make a number be used twice.
    pub(super) fn latest_sequence(&self) -> Sequence {
        self.counter.max(self.events.newest())
    }

    /// The nearest paused task on the way up, the task itself first. Hierarchies
    /// are shallow; should a loop have come in from outside, it ends the walk.
    pub(super) fn paused_by(&self, task: &TaskId) -> Option<&TaskId> {
        let mut walked: Vec<&TaskId> = Vec::new();
        let mut next = self.task(task)?;
        while !next.paused {
            let parent = next.parent_task_id.as_ref()?;
            if walked.contains(&&next.id) {
                return None;
            }
            walked.push(&next.id);
            next = self.task(parent)?;
        }
        Some(&next.id)
    }

    /// A run with all that a claim looks at.
    pub(super) fn candidate<'a>(&'a self, run: &'a Run) -> Option<Candidate<'a>> {
        let entry = self.tasks.get(&run.task_id)?;
        let task = entry.record.as_ref()?;
        let paused_by = self.paused_by(&task.id).cloned();
        Some(Candidate { run, task, profile: entry.profile.as_deref(), paused_by })
    }

    fn put_task(&mut self, task: Arc<Task>) {
        let id = task.id.clone();
        self.set_task(&id, Some(task));
    }

    fn set_task(&mut self, id: &TaskId, next: Option<Arc<Task>>) {
        let paused_before = self.paused_by(id).is_some();
        let before = self.task(id).cloned();
        let parent = |task: &Option<Arc<Task>>| task.as_ref()?.parent_task_id.clone();
        let (old_parent, new_parent) = (parent(&before), parent(&next));
        if old_parent != new_parent {
            if let Some(parent) = old_parent {
                self.change(&parent, |entry| entry.children.remove(id));
            }
            if let Some(parent) = new_parent {
                self.change(&parent, |entry| entry.children.insert(id.clone()));
            }
        }
        self.paused_tasks -= usize::from(before.is_some_and(|task| task.paused));
        self.paused_tasks += usize::from(next.as_ref().is_some_and(|task| task.paused));
        self.change(id, |entry| entry.record = next);
        self.queue_again(id);
        if self.paused_by(id).is_some() != paused_before {
            self.queue_subtree_again(id);
        }
    }

    fn put_dependency(&mut self, edge: Arc<Dependency>) {
        let (task, depends_on) = (edge.task_id.clone(), edge.depends_on_task_id.clone());
        self.delete_dependency(&task, &depends_on);
        let place = (edge.created_at, task.clone());
        self.change(&depends_on, |entry| entry.dependents.insert(place, Arc::clone(&edge)));
        let place = (edge.created_at, depends_on);
        self.change(&task, |entry| entry.depends_on.insert(place, edge));
    }

    fn delete_dependency(&mut self, task: &TaskId, depends_on: &TaskId) {
        let edge = self.tasks.get(task).and_then(|entry| entry.edge_to(depends_on));
        let Some(created_at) = edge.map(|edge| edge.created_at) else { return };
        self.change(task, |entry| entry.depends_on.remove(&(created_at, depends_on.clone())));
        self.change(depends_on, |entry| entry.dependents.remove(&(created_at, task.clone())));
    }

    fn put_run(&mut self, run: Arc<Run>) {
        if let Some(before) = self.runs.put(Arc::clone(&run))
            && before.task_id != run.task_id
        {
            self.change(&before.task_id, |entry| entry.remove_run(&before.id));
        }
        self.change(&run.task_id, |entry| entry.put_run(Arc::clone(&run)));
        self.queue(&run);
    }

    fn delete_run(&mut self, id: &RunId) {
        let Some(before) = self.runs.remove(id) else { return };
        self.change(&before.task_id, |entry| entry.remove_run(id));
        self.queue.place(id, None);
    }

    fn put_event(&mut self, event: Arc<EventRecord>) {
        self.delete_event(event.sequence);
        let (sequence, timestamp) = (event.sequence, event.event.timestamp);
        self.change(&event.event.task_id, |entry| entry.events.insert(sequence, timestamp));
        self.events.insert(event);
    }

    fn delete_event(&mut self, sequence: Sequence) {
        if let Some(event) = self.events.remove(sequence) {
            self.change(&event.event.task_id, |entry| entry.events.remove(sequence));
        }
    }

    fn put_idempotency(&mut self, binding: Arc<RunIdempotency>) {
        let key = (binding.idempotency_key.clone(), binding.origin.clone());
        self.delete_idempotency(&key.0, &key.1);
        self.bindings_of_run.insert(binding.run_id.clone(), key.clone());
        self.idempotency.insert(key, binding);
    }

    fn delete_idempotency(&mut self, key: &str, origin: &Origin) {
        let key = (key.to_owned(), origin.clone());
        if let Some(binding) = self.idempotency.remove(&key) {
            self.bindings_of_run.remove(binding.run_id.clone(), key);
        }
    }

    /// Changes what is kept of a task, and brings what follows from it up to date.
    fn change<T>(&mut self, task: &TaskId, work: impl FnOnce(&mut TaskEntry) -> T) {
        let entry = self.tasks.entry(task.clone()).or_default();
        let before = entry.activity();
        work(entry);
        entry.project();
        let after = entry.activity();
        if entry.is_empty() {
            self.tasks.remove(task);
        }
        if before != after {
            if let Some(before) = before {
                self.activity.remove(&before);
            }
            self.activity.extend(after);
        }
    }

    /// Puts a run where it belongs in the queue.
    fn queue(&mut self, run: &Run) {
        let candidate = || self.candidate(run).and_then(|candidate| Place::of(&candidate));
        // The others have no place there; no need to look at all that a claim does.
        let place = if run.status == RunStatus::Queued { candidate() } else { None };
        self.queue.place(&run.id, place);
    }

    /// Puts the queued runs of a task where they belong now.
    fn queue_again(&mut self, task: &TaskId) {
        let Some(entry) = self.tasks.get(task) else { return };
        let queued = |run: &&Arc<Run>| run.status == RunStatus::Queued;
        let runs: Vec<Arc<Run>> = entry.runs.iter().filter(queued).cloned().collect();
        for run in runs {
            self.queue(&run);
        }
    }

    /// The same for everything below a task, except below tasks that are paused
    /// themselves: nothing changes there.
    fn queue_subtree_again(&mut self, task: &TaskId) {
        let mut seen = FxHashSet::from_iter([task.clone()]);
        let mut pending = vec![task.clone()];
        while let Some(parent) = pending.pop() {
            let children = self.tasks.get(&parent).map(|entry| entry.children.clone());
            for child in children.into_iter().flatten() {
                let paused = self.task(&child).is_some_and(|child| child.paused);
                if !paused && seen.insert(child.clone()) {
                    self.queue_again(&child);
                    pending.push(child);
                }
            }
        }
    }
}
