//! The in-memory store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::*;
use crate::claim_token::ClaimToken;
use crate::enumeration::Enumeration;
use crate::event::Event;
use crate::id::EventId;
use crate::task::{Scope, Status};

/// The records of one board, in memory.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MemoryStore {
    tasks: BTreeMap<TaskId, Arc<Task>>,
    dependencies: BTreeMap<(TaskId, TaskId), Arc<Dependency>>,
    runs: BTreeMap<RunId, Arc<Run>>,
    tokens: BTreeMap<RunId, Arc<ClaimToken>>,
    events: BTreeMap<Sequence, Arc<EventRecord>>,
    latest: Sequence,
    idempotency: BTreeMap<(String, String, String), Arc<RunIdempotency>>,
    triage: BTreeMap<(TaskId, String, String), Arc<TriageState>>,
    profiles: BTreeMap<TaskId, Arc<ExecutionProfile>>,
    reviews: BTreeMap<ReviewId, Arc<RunReview>>,
    gates: BTreeMap<TaskId, Arc<ReviewGateState>>,
    channels: BTreeMap<String, Arc<ChannelRecord>>,
    scheduler: Option<Arc<SchedulerPauseState>>,
    journal: Option<Vec<(Key, Option<Record>)>>,
}

fn origin_key(key: &str, origin: &Origin) -> (String, String, String) {
    (key.to_owned(), origin.kind.to_string(), origin.reference.clone())
}

fn actor_key(task: &TaskId, actor: &ActorIdentity) -> (TaskId, String, String) {
    (task.clone(), actor.kind.to_string(), actor.reference.clone())
}

fn key_of(record: &Record) -> Key {
    match record {
        Record::Task(task) => Key::Task(task.id.clone()),
        Record::Dependency(edge) => {
            Key::Dependency(edge.task_id.clone(), edge.depends_on_task_id.clone())
        }
        Record::Run(run) => Key::Run(run.id.clone()),
        Record::ClaimToken(run, _) => Key::ClaimToken(run.clone()),
        Record::Event(event) => Key::Event(event.sequence),
        Record::LatestSequence(_) => Key::LatestSequence,
        Record::Idempotency(binding) => {
            Key::Idempotency(binding.idempotency_key.clone(), binding.origin.clone())
        }
        Record::Triage(state) => Key::Triage(state.task_id.clone(), state.actor.clone()),
        Record::Profile(profile) => Key::Profile(profile.task_id.clone()),
        Record::Review(review) => Key::Review(review.review_id.clone()),
        Record::ReviewGate(gate) => Key::ReviewGate(gate.task_id.clone()),
        Record::Channel(channel) => Key::Channel(channel.id.clone()),
        Record::Scheduler(_) => Key::Scheduler,
    }
}

impl MemoryStore {
    /// Applies a change-set of another writer, or an inverse.
    pub fn apply(&mut self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Put(record) => self.set(&key_of(record), Some(record.clone())),
                Change::Delete(key) => self.set(key, None),
            }
        }
    }

    /// A store of these records.
    pub fn from_records(records: impl IntoIterator<Item = Record>) -> Self {
        let mut store = Self::default();
        for record in records {
            store.set(&key_of(&record), Some(record));
        }
        store
    }

    /// Everything, in a canonical order.
    pub fn records(&self) -> impl Iterator<Item = Record> + '_ {
        let tasks = self.tasks.values().map(|task| Record::Task(self.projected(task)));
        let edges = self.dependencies.values().cloned().map(Record::Dependency);
        let runs = self.runs.values().cloned().map(Record::Run);
        let tokens =
            self.tokens.iter().map(|(run, token)| Record::ClaimToken(run.clone(), token.clone()));
        let events = self.events.values().cloned().map(Record::Event);
        let bindings = self.idempotency.values().cloned().map(Record::Idempotency);
        let triage = self.triage.values().cloned().map(Record::Triage);
        let profiles = self.profiles.values().cloned().map(Record::Profile);
        let reviews = self.reviews.values().cloned().map(Record::Review);
        let gates = self.gates.values().cloned().map(Record::ReviewGate);
        let channels = self.channels.values().cloned().map(Record::Channel);
        let scheduler = self.scheduler.iter().cloned().map(Record::Scheduler);
        let latest = std::iter::once(Record::LatestSequence(self.latest));
        tasks
            .chain(edges)
            .chain(runs)
            .chain(tokens)
            .chain(events)
            .chain(latest)
            .chain(bindings)
            .chain(triage)
            .chain(profiles)
            .chain(reviews)
            .chain(gates)
            .chain(channels)
            .chain(scheduler)
    }

    fn get(&self, key: &Key) -> Option<Record> {
        match key {
            Key::Task(id) => self.tasks.get(id).cloned().map(Record::Task),
            Key::Dependency(a, b) => {
                self.dependencies.get(&(a.clone(), b.clone())).cloned().map(Record::Dependency)
            }
            Key::Run(id) => self.runs.get(id).cloned().map(Record::Run),
            Key::ClaimToken(id) => {
                self.tokens.get(id).cloned().map(|token| Record::ClaimToken(id.clone(), token))
            }
            Key::Event(sequence) => self.events.get(sequence).cloned().map(Record::Event),
            Key::LatestSequence => Some(Record::LatestSequence(self.latest)),
            Key::Idempotency(key, origin) => {
                self.idempotency.get(&origin_key(key, origin)).cloned().map(Record::Idempotency)
            }
            Key::Triage(task, actor) => {
                self.triage.get(&actor_key(task, actor)).cloned().map(Record::Triage)
            }
            Key::Profile(id) => self.profiles.get(id).cloned().map(Record::Profile),
            Key::Review(id) => self.reviews.get(id).cloned().map(Record::Review),
            Key::ReviewGate(id) => self.gates.get(id).cloned().map(Record::ReviewGate),
            Key::Channel(id) => self.channels.get(id).cloned().map(Record::Channel),
            Key::Scheduler => self.scheduler.clone().map(Record::Scheduler),
        }
    }

    fn set(&mut self, key: &Key, record: Option<Record>) {
        fn put<K: Ord, V>(table: &mut BTreeMap<K, V>, key: K, value: Option<V>) {
            match value {
                Some(value) => {
                    table.insert(key, value);
                }
                None => {
                    table.remove(&key);
                }
            }
        }
        macro_rules! inner {
            ($kind:ident) => {
                match record {
                    Some(Record::$kind(value)) => Some(value),
                    _ => None,
                }
            };
        }
        match key {
            Key::Task(id) => put(&mut self.tasks, id.clone(), inner!(Task)),
            Key::Dependency(a, b) => {
                put(&mut self.dependencies, (a.clone(), b.clone()), inner!(Dependency))
            }
            Key::Run(id) => put(&mut self.runs, id.clone(), inner!(Run)),
            Key::ClaimToken(id) => {
                let token = match record {
                    Some(Record::ClaimToken(_, token)) => Some(token),
                    _ => None,
                };
                put(&mut self.tokens, id.clone(), token);
            }
            Key::Event(sequence) => put(&mut self.events, *sequence, inner!(Event)),
            Key::LatestSequence => self.latest = inner!(LatestSequence).unwrap_or_default(),
            Key::Idempotency(key, origin) => {
                put(&mut self.idempotency, origin_key(key, origin), inner!(Idempotency))
            }
            Key::Triage(task, actor) => {
                put(&mut self.triage, actor_key(task, actor), inner!(Triage))
            }
            Key::Profile(id) => put(&mut self.profiles, id.clone(), inner!(Profile)),
            Key::Review(id) => put(&mut self.reviews, id.clone(), inner!(Review)),
            Key::ReviewGate(id) => put(&mut self.gates, id.clone(), inner!(ReviewGate)),
            Key::Channel(id) => put(&mut self.channels, id.clone(), inner!(Channel)),
            Key::Scheduler => self.scheduler = inner!(Scheduler),
        }
    }

    fn write(&mut self, key: Key, record: Option<Record>) {
        let before = self.get(&key);
        if let Some(journal) = &mut self.journal
            && !journal.iter().any(|(known, _)| *known == key)
        {
            journal.push((key.clone(), before));
        }
        self.set(&key, record);
    }

    fn put(&mut self, record: Record) {
        self.write(key_of(&record), Some(record));
    }

    fn projected(&self, task: &Arc<Task>) -> Arc<Task> {
        let mut next = Task::clone(task);
        next.current_run_id = self
            .runs
            .values()
            .find(|run| run.task_id == task.id && run.status.is_active())
            .map(|run| run.id.clone());
        next.latest_event_seq = self
            .events
            .values()
            .rev()
            .find(|event| event.event.task_id == task.id)
            .map(|event| event.sequence)
            .unwrap_or_default();
        Arc::new(next)
    }
}

impl TransactionStore for MemoryStore {
    fn begin(&mut self) {
        self.journal = Some(Vec::new());
    }

    fn commit(&mut self) -> ChangeSet {
        let mut set = ChangeSet::default();
        for (key, before) in self.journal.take().unwrap_or_default() {
            let after = self.get(&key);
            if after == before {
                continue;
            }
            set.changes.push(after.map_or(Change::Delete(key.clone()), Change::Put));
            set.inverse.insert(0, before.map_or(Change::Delete(key), Change::Put));
        }
        set
    }

    fn rollback(&mut self) {
        for (key, before) in self.journal.take().unwrap_or_default().into_iter().rev() {
            self.set(&key, before);
        }
    }
}

impl RecordStore for MemoryStore {
    fn get_task(&self, id: &TaskId) -> Option<Arc<Task>> {
        self.tasks.get(id).map(|task| self.projected(task))
    }
    fn put_task(&mut self, mut task: Task) {
        task.current_run_id = None;
        task.latest_event_seq = Sequence::ZERO;
        self.put(Record::Task(Arc::new(task)));
    }
    fn delete_task(&mut self, id: &TaskId) {
        self.write(Key::Task(id.clone()), None);
    }
    fn list_tasks(&self, query: &Query) -> Vec<Arc<Task>> {
        let search = query.search.trim().to_lowercase();
        let mut tasks: Vec<Arc<Task>> = self
            .tasks
            .values()
            .filter(|task| {
                query.scope.known().is_none_or(|scope| scope == task.scope)
                    && query
                        .workspace_id
                        .as_ref()
                        .is_none_or(|id| Some(id) == task.workspace_id.as_ref())
                    && query.status.known().is_none_or(|status| status == task.status)
                    && query.priority.known().is_none_or(|priority| priority == task.priority)
                    && query.approval_state.known().is_none_or(|state| state == task.approval_state)
                    && query.owner_kind.known().is_none_or(|kind| {
                        task.owner.as_ref().is_some_and(|owner| owner.kind == kind)
                    })
                    && (query.owner_ref.is_empty()
                        || task
                            .owner
                            .as_ref()
                            .is_some_and(|owner| owner.reference == query.owner_ref))
                    && query
                        .parent_task_id
                        .as_ref()
                        .is_none_or(|id| Some(id) == task.parent_task_id.as_ref())
                    && (query.network_channel.is_empty()
                        || query.network_channel == task.network_channel)
                    && (search.is_empty()
                        || task.title.to_lowercase().contains(&search)
                        || task.identifier.to_lowercase().contains(&search))
            })
            .map(|task| self.projected(task))
            .collect();
        tasks.sort_by_key(|task| {
            std::cmp::Reverse((
                self.last_activity_at(&task.id),
                task.updated_at,
                task.created_at,
                task.id.clone(),
            ))
        });
        if query.limit > 0 {
            tasks.truncate(query.limit as usize);
        }
        tasks
    }
    fn list_children(&self, parent: &TaskId) -> Vec<Arc<Task>> {
        self.list_tasks(&Query { parent_task_id: Some(parent.clone()), ..Query::default() })
    }
    fn count_direct_children(&self, parent: &TaskId) -> usize {
        self.tasks.values().filter(|task| task.parent_task_id.as_ref() == Some(parent)).count()
    }
    fn last_activity_at(&self, id: &TaskId) -> Option<Timestamp> {
        let task = self.tasks.get(id)?;
        let runs =
            self.runs.values().filter(|run| run.task_id == *id).flat_map(|run| {
                [Some(run.queued_at), run.claimed_at, run.started_at, run.ended_at]
            });
        let events = self
            .events
            .values()
            .filter(|event| event.event.task_id == *id)
            .map(|event| Some(event.event.timestamp));
        runs.chain(events).chain([Some(task.created_at), Some(task.updated_at)]).flatten().max()
    }
}

impl DependencyStore for MemoryStore {
    fn get_dependency(&self, task: &TaskId, depends_on: &TaskId) -> Option<Arc<Dependency>> {
        self.dependencies.get(&(task.clone(), depends_on.clone())).cloned()
    }
    fn put_dependency(&mut self, dependency: Dependency) {
        self.put(Record::Dependency(Arc::new(dependency)));
    }
    fn delete_dependency(&mut self, task: &TaskId, depends_on: &TaskId) {
        self.write(Key::Dependency(task.clone(), depends_on.clone()), None);
    }
    fn list_dependencies(&self, task: &TaskId) -> Vec<Arc<Dependency>> {
        let mut edges: Vec<_> =
            self.dependencies.values().filter(|edge| edge.task_id == *task).cloned().collect();
        edges.sort_by_key(|edge| (edge.created_at, edge.depends_on_task_id.clone()));
        edges
    }
    fn list_dependents(&self, depends_on: &TaskId) -> Vec<Arc<Dependency>> {
        let mut edges: Vec<_> = self
            .dependencies
            .values()
            .filter(|edge| edge.depends_on_task_id == *depends_on)
            .cloned()
            .collect();
        edges.sort_by_key(|edge| (edge.created_at, edge.task_id.clone()));
        edges
    }
    fn count_dependencies(&self, task: &TaskId) -> usize {
        self.list_dependencies(task).len()
    }
}

impl MemoryStore {
    fn runs_desc(&self, filter: impl Fn(&Run) -> bool) -> Vec<Arc<Run>> {
        let mut runs: Vec<_> = self.runs.values().filter(|run| filter(run)).cloned().collect();
        runs.sort_by_key(|run| std::cmp::Reverse((run.queued_at, run.id.clone())));
        runs
    }
}

impl RunStore for MemoryStore {
    fn get_run(&self, id: &RunId) -> Option<Arc<Run>> {
        self.runs.get(id).cloned()
    }
    fn put_run(&mut self, run: Run) {
        self.put(Record::Run(Arc::new(run)));
    }
    fn delete_run(&mut self, id: &RunId) {
        self.write(Key::Run(id.clone()), None);
    }
    fn list_runs_of_task(&self, task: &TaskId) -> Vec<Arc<Run>> {
        self.runs_desc(|run| run.task_id == *task)
    }
    fn list_runs(&self, query: &RunQuery) -> Vec<Arc<Run>> {
        let mut runs = self.runs_desc(|run| {
            query.task_id.as_ref().is_none_or(|id| *id == run.task_id)
                && query.status.known().is_none_or(|status| status == run.status)
                && query.session_id.as_ref().is_none_or(|id| Some(id) == run.session_id.as_ref())
                && (query.coordination_channel_id.is_empty()
                    || query.coordination_channel_id == run.coordination_channel_id)
        });
        if query.limit > 0 {
            runs.truncate(query.limit as usize);
        }
        runs
    }
    fn list_runs_by_status(&self, statuses: &[RunStatus]) -> Vec<Arc<Run>> {
        let mut runs = self.runs_desc(|run| statuses.contains(&run.status));
        runs.reverse();
        runs
    }
    fn count_runs_by_status(&self, status: RunStatus) -> usize {
        self.runs.values().filter(|run| run.status == status).count()
    }
    fn list_active_runs_of_session(&self, session: &SessionId) -> Vec<Arc<Run>> {
        self.runs_desc(|run| run.session_id.as_ref() == Some(session) && run.status.is_active())
    }
    fn list_fenced_runs_of_session(&self, session: &SessionId) -> Vec<Arc<Run>> {
        let mut runs = self.runs_desc(|run| {
            run.session_id.as_ref() == Some(session) && run.claim_token_hash.is_some()
        });
        runs.sort_by_key(|run| (std::cmp::Reverse(run.lease_until), run.id.clone()));
        runs
    }
    fn list_expired_leases(&self, now: Timestamp, limit: usize) -> Vec<Arc<Run>> {
        let mut runs = self.runs_desc(|run| {
            run.status.is_active() && run.lease_until.is_some_and(|end| end <= now)
        });
        runs.sort_by_key(|run| (run.lease_until, run.id.clone()));
        if limit > 0 {
            runs.truncate(limit);
        }
        runs
    }
    fn get_retry_of(&self, source: &RunId) -> Option<Arc<Run>> {
        self.runs.values().find(|run| run.previous_run_id.as_ref() == Some(source)).cloned()
    }
    fn get_continuation_of(&self, review: &ReviewId) -> Option<Arc<Run>> {
        self.runs
            .values()
            .find(|run| {
                run.review
                    .as_ref()
                    .is_some_and(|lineage| lineage.review_id.as_ref() == Some(review))
            })
            .cloned()
    }
    fn select_claimable(&self, criteria: &ClaimCriteria) -> Option<Arc<Run>> {
        let offered = |cap: &String| criteria.required_capabilities.contains(cap);
        let scope = criteria.scope.known()?;
        let mut runs: Vec<(Arc<Run>, i64)> = self
            .runs_desc(|run| run.status == RunStatus::Queued)
            .into_iter()
            .filter_map(|run| {
                let task = self.tasks.get(&run.task_id)?;
                let profile = self.profiles.get(&task.id);
                let agent = criteria.agent_name.as_str();
                let profile_fits = profile.is_none_or(|profile| {
                    profile.worker.required_capabilities.iter().all(offered)
                        && profile.participants.required_capabilities.iter().all(offered)
                        && (profile.worker.agent_name.is_empty()
                            || profile.worker.agent_name == agent)
                        && (profile.worker.allowed_agent_names.is_empty()
                            || profile.worker.allowed_agent_names.iter().any(|name| name == agent))
                        && (profile.participants.allowed_agent_names.is_empty()
                            || profile
                                .participants
                                .allowed_agent_names
                                .iter()
                                .any(|name| name == agent))
                });
                let owner_fits =
                    task.owner.as_ref().is_none_or(|owner| match owner.kind.as_str() {
                        "pool" => owner.reference == agent,
                        "agent_session" => owner.reference == criteria.claimer_session_id.as_str(),
                        _ => false,
                    });
                let rank = task.priority.rank();
                (self.paused_by(&task.id).is_none()
                    && !matches!(task.status, Status::Draft | Status::Blocked | Status::Canceled)
                    && rank >= criteria.priority_min
                    && task.scope == scope
                    && (scope == Scope::Global || task.workspace_id == criteria.workspace_id)
                    && run.required_capabilities.iter().all(offered)
                    && (criteria.coordination_channel_id.is_empty()
                        || criteria.coordination_channel_id == run.coordination_channel_id)
                    && profile_fits
                    && owner_fits)
                    .then_some((run, rank))
            })
            .collect();
        runs.sort_by_key(|(run, rank)| {
            (
                -rank,
                std::cmp::Reverse(
                    run.preferred_capabilities.iter().filter(|cap| offered(cap)).count(),
                ),
                run.queued_at,
                run.id.clone(),
            )
        });
        runs.into_iter().next().map(|(run, _)| run)
    }
    fn list_backlog(&self, workspace: Option<&WorkspaceId>, paused: WithPaused) -> Vec<Arc<Run>> {
        let mut runs: Vec<(Arc<Run>, i64)> = self
            .list_runs_by_status(&[RunStatus::Queued])
            .into_iter()
            .filter_map(|run| {
                let task = self.tasks.get(&run.task_id)?;
                (workspace.is_none_or(|id| Some(id) == task.workspace_id.as_ref())
                    && (paused == WithPaused::Yes || self.paused_by(&task.id).is_none()))
                .then_some((run, task.priority.rank()))
            })
            .collect();
        runs.sort_by_key(|(_, rank)| -rank);
        runs.into_iter().map(|(run, _)| run).collect()
    }
}

impl ClaimTokenStore for MemoryStore {
    fn get_claim_token(&self, run: &RunId) -> Option<Arc<ClaimToken>> {
        self.tokens.get(run).cloned()
    }
    fn put_claim_token(&mut self, run: &RunId, token: ClaimToken) {
        self.put(Record::ClaimToken(run.clone(), Arc::new(token)));
    }
    fn delete_claim_token(&mut self, run: &RunId) {
        self.write(Key::ClaimToken(run.clone()), None);
    }
}

impl EventStore for MemoryStore {
    fn latest_sequence(&self) -> Sequence {
        self.latest
    }
    fn append_event(&mut self, event: Event) -> Arc<EventRecord> {
        let sequence = self.latest.next();
        let record = Arc::new(EventRecord { sequence, event });
        self.put(Record::LatestSequence(sequence));
        self.put(Record::Event(record.clone()));
        record
    }
    fn delete_events_of_task(&mut self, task: &TaskId) {
        let gone: Vec<Sequence> = self
            .events
            .values()
            .filter(|event| event.event.task_id == *task)
            .map(|event| event.sequence)
            .collect();
        for sequence in gone {
            self.write(Key::Event(sequence), None);
        }
    }
    fn list_event_records(&self, query: &EventRecordQuery) -> Vec<Arc<EventRecord>> {
        let mut events: Vec<_> = self
            .events
            .values()
            .filter(|event| {
                Some(&event.event.task_id) == query.task_id.as_ref()
                    && event.sequence > query.after_sequence
            })
            .cloned()
            .collect();
        if query.descending {
            events.reverse();
        }
        if query.limit > 0 {
            events.truncate(query.limit as usize);
        }
        events
    }
    fn get_event_record(&self, id: &EventId) -> Option<Arc<EventRecord>> {
        self.events.values().find(|event| event.event.id == *id).cloned()
    }
    fn list_board_events(&self, after: Sequence, limit: usize) -> Vec<Arc<EventRecord>> {
        let events = self.events.values().filter(|event| event.sequence > after).cloned();
        if limit > 0 { events.take(limit).collect() } else { events.collect() }
    }
}

impl IdempotencyStore for MemoryStore {
    fn get_idempotency(&self, key: &str, origin: &Origin) -> Option<Arc<RunIdempotency>> {
        self.idempotency.get(&origin_key(key, origin)).cloned()
    }
    fn put_idempotency(&mut self, binding: RunIdempotency) {
        self.put(Record::Idempotency(Arc::new(binding)));
    }
    fn delete_idempotency_of_run(&mut self, run: &RunId) {
        let gone: Vec<Key> = self
            .idempotency
            .values()
            .filter(|binding| binding.run_id == *run)
            .map(|binding| {
                Key::Idempotency(binding.idempotency_key.clone(), binding.origin.clone())
            })
            .collect();
        for key in gone {
            self.write(key, None);
        }
    }
}

impl TriageStore for MemoryStore {
    fn get_triage(&self, task: &TaskId, actor: &ActorIdentity) -> Option<Arc<TriageState>> {
        self.triage.get(&actor_key(task, actor)).cloned()
    }
    fn put_triage(&mut self, state: TriageState) {
        self.put(Record::Triage(Arc::new(state)));
    }
    fn list_triage_of_task(&self, task: &TaskId) -> Vec<Arc<TriageState>> {
        self.triage.values().filter(|state| state.task_id == *task).cloned().collect()
    }
    fn delete_triage(&mut self, task: &TaskId, actor: &ActorIdentity) {
        self.write(Key::Triage(task.clone(), actor.clone()), None);
    }
}

impl ExecutionProfileStore for MemoryStore {
    fn get_profile(&self, task: &TaskId) -> Option<Arc<ExecutionProfile>> {
        self.profiles.get(task).cloned()
    }
    fn put_profile(&mut self, profile: ExecutionProfile) {
        self.put(Record::Profile(Arc::new(profile)));
    }
    fn delete_profile(&mut self, task: &TaskId) {
        self.write(Key::Profile(task.clone()), None);
    }
}

impl RunReviewStore for MemoryStore {
    fn get_review(&self, id: &ReviewId) -> Option<Arc<RunReview>> {
        self.reviews.get(id).cloned()
    }
    fn find_review(&self, run: &RunId, round: i64, attempt: i64) -> Option<Arc<RunReview>> {
        self.reviews
            .values()
            .find(|review| {
                review.run_id == *run && review.review_round == round && review.attempt == attempt
            })
            .cloned()
    }
    fn put_review(&mut self, review: RunReview) {
        self.put(Record::Review(Arc::new(review)));
    }
    fn delete_review(&mut self, id: &ReviewId) {
        self.write(Key::Review(id.clone()), None);
    }
    fn list_reviews(&self, query: &RunReviewQuery) -> Vec<Arc<RunReview>> {
        let mut reviews: Vec<_> = self
            .reviews
            .values()
            .filter(|review| {
                query.task_id.as_ref().is_none_or(|id| *id == review.task_id)
                    && query.run_id.as_ref().is_none_or(|id| *id == review.run_id)
                    && query.status.known().is_none_or(|status| status == review.status)
                    && query
                        .reviewer_session_id
                        .as_ref()
                        .is_none_or(|id| Some(id) == review.reviewer_session_id.as_ref())
            })
            .cloned()
            .collect();
        reviews
            .sort_by_key(|review| std::cmp::Reverse((review.updated_at, review.review_id.clone())));
        if query.limit > 0 {
            reviews.truncate(query.limit as usize);
        }
        reviews
    }
    fn list_active_reviews_of_session(&self, session: &SessionId) -> Vec<Arc<RunReview>> {
        let query = RunReviewQuery {
            reviewer_session_id: Some(session.clone()),
            ..RunReviewQuery::default()
        };
        self.list_reviews(&query)
            .into_iter()
            .filter(|review| matches!(review.status.as_str(), "routed" | "in_review"))
            .collect()
    }
    fn get_review_gate(&self, task: &TaskId) -> Option<Arc<ReviewGateState>> {
        self.gates.get(task).cloned()
    }
    fn put_review_gate(&mut self, gate: ReviewGateState) {
        self.put(Record::ReviewGate(Arc::new(gate)));
    }
    fn delete_review_gate(&mut self, task: &TaskId) {
        self.write(Key::ReviewGate(task.clone()), None);
    }
}

impl ChannelStore for MemoryStore {
    fn get_channel(&self, id: &str) -> Option<Arc<ChannelRecord>> {
        self.channels.get(id).cloned()
    }
    fn put_channel(&mut self, channel: ChannelRecord) {
        self.put(Record::Channel(Arc::new(channel)));
    }
}

impl SchedulerStore for MemoryStore {
    fn get_scheduler(&self) -> SchedulerPauseState {
        self.scheduler.as_deref().cloned().unwrap_or_default()
    }
    fn put_scheduler(&mut self, state: SchedulerPauseState) {
        self.put(Record::Scheduler(Arc::new(state)));
    }
    fn count_paused_tasks(&self) -> usize {
        self.tasks.values().filter(|task| task.paused).count()
    }
    fn paused_by(&self, task: &TaskId) -> Option<TaskId> {
        let mut next = Some(task.clone());
        let mut seen = BTreeSet::new();
        while let Some(id) = next {
            let task = self.tasks.get(&id)?;
            if task.paused || !seen.insert(id.clone()) {
                return task.paused.then_some(id);
            }
            next = task.parent_task_id.clone();
        }
        None
    }
}
