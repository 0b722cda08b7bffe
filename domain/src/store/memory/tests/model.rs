//! What a store means, said as plainly as possible: a list of records, searched
//! from end to end for every question.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::actor::{ActorIdentity, Origin};
use crate::channel::ChannelRecord;
use crate::claim_token::ClaimToken;
use crate::dependency::Dependency;
use crate::enumeration::Enumeration;
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
use crate::store::*;
use crate::task::{Scope, Status, Task};
use crate::time::Timestamp;
use crate::trash::TrashedTask;
use crate::triage::TriageState;

#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    records: Vec<Record>,
    before: Option<Vec<Record>>,
}

/// All records of a kind, in no particular order.
macro_rules! all {
    ($model:expr, $kind:ident) => {
        $model.records.iter().filter_map(|record| match record {
            Record::$kind(value) => Some(Arc::clone(value)),
            _ => None,
        })
    };
}

fn sorted<T, K: Ord>(all: impl Iterator<Item = T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut list: Vec<T> = all.collect();
    list.sort_by_key(key);
    list
}

fn cut<T>(mut list: Vec<T>, limit: i64) -> Vec<T> {
    if limit > 0 {
        list.truncate(limit as usize);
    }
    list
}

impl Model {
    fn put(&mut self, record: Record) {
        self.drop_all(|key| *key == record.key());
        self.records.push(record);
    }

    fn drop_all(&mut self, gone: impl Fn(&Key) -> bool) {
        self.records.retain(|record| !gone(&record.key()));
    }

    fn stored(&self, id: &TaskId) -> Option<Arc<Task>> {
        all!(self, Task).find(|task| task.id == *id)
    }

    fn with_projections(&self, task: Arc<Task>) -> Arc<Task> {
        let active = all!(self, Run).filter(|run| run.task_id == task.id && run.status.is_active());
        let current = active.max_by_key(|run| (run.status.rank(), activity(run), run.id.clone()));
        let events = all!(self, Event).filter(|event| event.event.task_id == task.id);
        Arc::new(Task {
            current_run_id: current.map(|run| run.id.clone()),
            latest_event_seq: events.map(|event| event.sequence).max().unwrap_or_default(),
            ..Task::clone(&task)
        })
    }

    fn runs_newest_first(&self, admits: impl Fn(&Run) -> bool) -> Vec<Arc<Run>> {
        sorted(all!(self, Run).filter(|run| admits(run)), |run| {
            Reverse((run.queued_at, run.id.clone()))
        })
    }

    fn queued(&self) -> Vec<(Arc<Run>, Arc<Task>)> {
        let queued = all!(self, Run).filter(|run| run.status == RunStatus::Queued);
        let pairs = queued.filter_map(|run| Some((run.clone(), self.stored(&run.task_id)?)));
        sorted(pairs, |(run, task)| (Reverse(task.priority.rank()), run.queued_at, run.id.clone()))
    }

    /// Whether the criteria may take the run, by the letter of every rule.
    pub(super) fn admits(&self, run: &Run, task: &Task, criteria: &ClaimCriteria) -> bool {
        let offered = |needed: &[String]| {
            needed.iter().all(|one| criteria.required_capabilities.contains(one))
        };
        let named = |names: &[String]| names.is_empty() || names.contains(&criteria.agent_name);
        let profile = self.get_profile(&task.id);
        let profile_fits = profile.is_none_or(|profile| {
            offered(&profile.worker.required_capabilities)
                && offered(&profile.participants.required_capabilities)
                && [String::new(), criteria.agent_name.clone()].contains(&profile.worker.agent_name)
                && named(&profile.worker.allowed_agent_names)
                && named(&profile.participants.allowed_agent_names)
        });
        let owner_fits = task.owner.as_ref().is_none_or(|owner| match owner.kind.as_str() {
            "pool" => owner.reference == criteria.agent_name,
            "agent_session" => owner.reference == criteria.claimer_session_id.as_str(),
            _ => false,
        });
        run.status == RunStatus::Queued
            && self.paused_by(&task.id).is_none()
            && !matches!(task.status, Status::Draft | Status::Blocked | Status::Canceled)
            && task.priority.rank() >= criteria.priority_min
            && criteria.scope == task.scope.into()
            && (task.scope == Scope::Global || task.workspace_id == criteria.workspace_id)
            && offered(&run.required_capabilities)
            && (criteria.coordination_channel_id.is_empty()
                || criteria.coordination_channel_id == run.coordination_channel_id)
            && profile_fits
            && owner_fits
    }
}

fn activity(run: &Run) -> Timestamp {
    let times = [Some(run.queued_at), run.claimed_at, run.started_at, run.ended_at];
    times.into_iter().flatten().max().unwrap()
}

impl TransactionStore for Model {
    fn begin(&mut self) {
        self.before = Some(self.records.clone());
    }

    fn commit(&mut self) -> ChangeSet {
        let before = self.before.take().unwrap();
        let task = |record: &Record| match record {
            Record::Task(task) => Record::Task(Arc::new(Task {
                current_run_id: None,
                latest_event_seq: Sequence::ZERO,
                ..Task::clone(task)
            })),
            other => other.clone(),
        };
        let find =
            |list: &[Record], key: &Key| list.iter().find(|record| record.key() == *key).map(task);
        let step = |record: Option<Record>, key: &Key| match record {
            Some(record) => Change::Put(record),
            None => Change::Delete(key.clone()),
        };
        let mut set = ChangeSet::default();
        let gone = before.iter().map(Record::key).filter(|key| find(&self.records, key).is_none());
        for key in gone.chain(self.records.iter().map(Record::key)) {
            let (old, new) = (find(&before, &key), find(&self.records, &key));
            if old != new {
                set.changes.push(step(new, &key));
                set.inverse.insert(0, step(old, &key));
            }
        }
        set
    }

    fn rollback(&mut self) {
        self.records = self.before.take().unwrap();
    }
}

impl RecordStore for Model {
    fn get_task(&self, id: &TaskId) -> Option<Arc<Task>> {
        self.stored(id).map(|task| self.with_projections(task))
    }

    fn put_task(&mut self, task: Task) {
        self.put(Record::Task(Arc::new(task)));
    }

    fn delete_task(&mut self, id: &TaskId) {
        self.drop_all(|key| *key == Key::Task(id.clone()));
    }

    fn list_tasks(&self, query: &Query) -> Vec<Arc<Task>> {
        let search = query.search.trim().to_lowercase();
        let equal = |filter: &str, text: &str| filter.is_empty() || filter == text;
        let admits = |task: &Arc<Task>| {
            let owner = |part: fn(&crate::actor::Ownership) -> &str| {
                task.owner.as_ref().map_or("", part).to_owned()
            };
            equal(query.scope.raw(), task.scope.as_str())
                && (query.workspace_id.is_none() || query.workspace_id == task.workspace_id)
                && equal(query.status.raw(), task.status.as_str())
                && equal(query.priority.raw(), task.priority.as_str())
                && equal(query.approval_state.raw(), task.approval_state.as_str())
                && equal(query.owner_kind.raw(), &owner(|owner| owner.kind.as_str()))
                && equal(&query.owner_ref, &owner(|owner| &owner.reference))
                && (query.parent_task_id.is_none() || query.parent_task_id == task.parent_task_id)
                && equal(&query.network_channel, &task.network_channel)
                && [&task.title, &task.identifier]
                    .iter()
                    .any(|text| text.to_lowercase().contains(&search))
        };
        let list = sorted(all!(self, Task).filter(admits), |task| {
            let last_activity = self.last_activity_at(&task.id);
            Reverse((last_activity, task.updated_at, task.created_at, task.id.clone()))
        });
        cut(list, query.limit).into_iter().map(|task| self.with_projections(task)).collect()
    }

    fn list_children(&self, parent: &TaskId) -> Vec<Arc<Task>> {
        self.list_tasks(&Query { parent_task_id: Some(parent.clone()), ..Query::default() })
    }

    fn count_direct_children(&self, parent: &TaskId) -> usize {
        self.list_children(parent).len()
    }

    fn last_activity_at(&self, id: &TaskId) -> Option<Timestamp> {
        let task = self.stored(id)?;
        let runs = all!(self, Run).filter(|run| run.task_id == *id).map(|run| activity(&run));
        let events = all!(self, Event).filter(|event| event.event.task_id == *id);
        let times = runs.chain(events.map(|event| event.event.timestamp));
        times.chain([task.created_at, task.updated_at]).max()
    }
}

impl DependencyStore for Model {
    fn get_dependency(&self, task: &TaskId, depends_on: &TaskId) -> Option<Arc<Dependency>> {
        self.list_dependencies(task).into_iter().find(|edge| edge.depends_on_task_id == *depends_on)
    }

    fn put_dependency(&mut self, dependency: Dependency) {
        self.put(Record::Dependency(Arc::new(dependency)));
    }

    fn delete_dependency(&mut self, task: &TaskId, depends_on: &TaskId) {
        self.drop_all(|key| *key == Key::Dependency(task.clone(), depends_on.clone()));
    }

    fn list_dependencies(&self, task: &TaskId) -> Vec<Arc<Dependency>> {
        sorted(all!(self, Dependency).filter(|edge| edge.task_id == *task), |edge| {
            (edge.created_at, edge.depends_on_task_id.clone())
        })
    }

    fn list_dependents(&self, depends_on: &TaskId) -> Vec<Arc<Dependency>> {
        sorted(
            all!(self, Dependency).filter(|edge| edge.depends_on_task_id == *depends_on),
            |edge| (edge.created_at, edge.task_id.clone()),
        )
    }

    fn count_dependencies(&self, task: &TaskId) -> usize {
        self.list_dependencies(task).len()
    }
}

impl RunStore for Model {
    fn get_run(&self, id: &RunId) -> Option<Arc<Run>> {
        all!(self, Run).find(|run| run.id == *id)
    }

    fn put_run(&mut self, run: Run) {
        self.put(Record::Run(Arc::new(run)));
    }

    fn delete_run(&mut self, id: &RunId) {
        self.drop_all(|key| *key == Key::Run(id.clone()));
    }

    fn list_runs_of_task(&self, task: &TaskId) -> Vec<Arc<Run>> {
        self.runs_newest_first(|run| run.task_id == *task)
    }

    fn list_runs(&self, query: &RunQuery) -> Vec<Arc<Run>> {
        let list = self.runs_newest_first(|run| {
            query.task_id.as_ref().is_none_or(|id| *id == run.task_id)
                && query.status.known().is_none_or(|status| status == run.status)
                && (query.session_id.is_none() || query.session_id == run.session_id)
                && (query.coordination_channel_id.is_empty()
                    || query.coordination_channel_id == run.coordination_channel_id)
        });
        cut(list, query.limit)
    }

    fn list_runs_by_status(&self, statuses: &[RunStatus]) -> Vec<Arc<Run>> {
        let mut list = self.runs_newest_first(|run| statuses.contains(&run.status));
        list.reverse();
        list
    }

    fn count_runs_by_status(&self, status: RunStatus) -> usize {
        self.list_runs_by_status(&[status]).len()
    }

    fn list_active_runs_of_session(&self, session: &SessionId) -> Vec<Arc<Run>> {
        self.runs_newest_first(|run| {
            run.session_id.as_ref() == Some(session) && run.status.is_active()
        })
    }

    fn list_fenced_runs_of_session(&self, session: &SessionId) -> Vec<Arc<Run>> {
        let fenced = self.runs_newest_first(|run| {
            run.session_id.as_ref() == Some(session) && run.claim_token_hash.is_some()
        });
        sorted(fenced.into_iter(), |run| (Reverse(run.lease_until), run.id.clone()))
    }

    fn list_expired_leases(&self, now: Timestamp, limit: usize) -> Vec<Arc<Run>> {
        let expired = self.runs_newest_first(|run| {
            run.status.is_active() && run.lease_until.is_some_and(|end| end <= now)
        });
        cut(sorted(expired.into_iter(), |run| (run.lease_until, run.id.clone())), limit as i64)
    }

    fn get_retry_of(&self, source: &RunId) -> Option<Arc<Run>> {
        let retries = all!(self, Run).filter(|run| run.previous_run_id.as_ref() == Some(source));
        retries.min_by_key(|run| run.id.clone())
    }

    fn get_continuation_of(&self, review: &ReviewId) -> Option<Arc<Run>> {
        let continues = |run: &Arc<Run>| run.review.as_ref()?.review_id.clone();
        let runs = all!(self, Run).filter(|run| continues(run).as_ref() == Some(review));
        runs.min_by_key(|run| run.id.clone())
    }

    fn select_claimable(&self, criteria: &ClaimCriteria) -> Option<Arc<Run>> {
        let queued = self.queued().into_iter();
        let (run, _) = queued.filter(|(run, task)| self.admits(run, task, criteria)).min_by_key(
            |(run, task)| {
                let matches = run.preferred_capabilities.iter();
                let score = matches.filter(|one| criteria.required_capabilities.contains(one));
                let rank = Reverse(task.priority.rank());
                (rank, Reverse(score.count()), run.queued_at, run.id.clone())
            },
        )?;
        Some(run)
    }

    fn list_backlog(&self, workspace: Option<&WorkspaceId>, paused: WithPaused) -> Vec<Arc<Run>> {
        let shown = self.queued().into_iter().filter(|(_, task)| {
            (workspace.is_none() || task.workspace_id.as_ref() == workspace)
                && (paused == WithPaused::Yes || self.paused_by(&task.id).is_none())
        });
        shown.map(|(run, _)| run).collect()
    }
}

impl ClaimTokenStore for Model {
    fn get_claim_token(&self, run: &RunId) -> Option<Arc<ClaimToken>> {
        self.records.iter().find_map(|record| match record {
            Record::ClaimToken(id, token) if id == run => Some(Arc::clone(token)),
            _ => None,
        })
    }

    fn put_claim_token(&mut self, run: &RunId, token: ClaimToken) {
        self.put(Record::ClaimToken(run.clone(), Arc::new(token)));
    }

    fn delete_claim_token(&mut self, run: &RunId) {
        self.drop_all(|key| *key == Key::ClaimToken(run.clone()));
    }
}

impl EventStore for Model {
    fn latest_sequence(&self) -> Sequence {
        let counter = self.records.iter().find_map(|record| match record {
            Record::LatestSequence(sequence) => Some(*sequence),
            _ => None,
        });
        counter.unwrap_or_default()
    }

    fn append_event(&mut self, event: Event) -> Arc<EventRecord> {
        let sequence = self.latest_sequence().next();
        let record = Arc::new(EventRecord { sequence, event });
        self.put(Record::LatestSequence(sequence));
        self.put(Record::Event(record.clone()));
        record
    }

    fn restore_event(&mut self, event: Arc<EventRecord>) {
        self.put(Record::Event(event));
    }

    fn delete_events_of_task(&mut self, task: &TaskId) {
        self.records.retain(
            |record| !matches!(record, Record::Event(event) if event.event.task_id == *task),
        );
    }

    fn list_event_records(&self, query: &EventRecordQuery) -> Vec<Arc<EventRecord>> {
        let mut list = self.list_board_events(query.after_sequence, 0);
        list.retain(|event| Some(&event.event.task_id) == query.task_id.as_ref());
        if query.descending {
            list.reverse();
        }
        cut(list, query.limit)
    }

    fn get_event_record(&self, id: &EventId) -> Option<Arc<EventRecord>> {
        all!(self, Event).find(|event| event.event.id == *id)
    }

    fn list_board_events(&self, after: Sequence, limit: usize) -> Vec<Arc<EventRecord>> {
        let list = sorted(all!(self, Event), |event| event.sequence).into_iter();
        cut(list.filter(|event| event.sequence > after).collect(), limit as i64)
    }
}

impl IdempotencyStore for Model {
    fn get_idempotency(&self, key: &str, origin: &Origin) -> Option<Arc<RunIdempotency>> {
        all!(self, Idempotency)
            .find(|binding| binding.idempotency_key == key && binding.origin == *origin)
    }

    fn put_idempotency(&mut self, binding: RunIdempotency) {
        self.put(Record::Idempotency(Arc::new(binding)));
    }

    fn delete_idempotency_of_run(&mut self, run: &RunId) {
        self.records.retain(
            |record| !matches!(record, Record::Idempotency(binding) if binding.run_id == *run),
        );
    }
}

impl TriageStore for Model {
    fn get_triage(&self, task: &TaskId, actor: &ActorIdentity) -> Option<Arc<TriageState>> {
        all!(self, Triage).find(|state| state.task_id == *task && state.actor == *actor)
    }

    fn put_triage(&mut self, state: TriageState) {
        self.put(Record::Triage(Arc::new(state)));
    }

    fn list_triage_of_task(&self, task: &TaskId) -> Vec<Arc<TriageState>> {
        sorted(all!(self, Triage).filter(|state| state.task_id == *task), |state| {
            state.actor.clone()
        })
    }

    fn list_triage_of_actor(&self, actor: &ActorIdentity) -> Vec<Arc<TriageState>> {
        sorted(all!(self, Triage).filter(|state| state.actor == *actor), |state| {
            state.task_id.clone()
        })
    }

    fn delete_triage(&mut self, task: &TaskId, actor: &ActorIdentity) {
        self.drop_all(|key| *key == Key::Triage(task.clone(), actor.clone()));
    }
}

impl SnoozeStore for Model {
    fn get_snooze(&self, task: &TaskId, actor: &ActorIdentity) -> Option<Arc<Snooze>> {
        all!(self, Snooze).find(|snooze| snooze.task_id == *task && snooze.actor == *actor)
    }

    fn put_snooze(&mut self, snooze: Snooze) {
        self.put(Record::Snooze(Arc::new(snooze)));
    }

    fn delete_snooze(&mut self, task: &TaskId, actor: &ActorIdentity) {
        self.drop_all(|key| *key == Key::Snooze(task.clone(), actor.clone()));
    }

    fn list_snoozes_of_task(&self, task: &TaskId) -> Vec<Arc<Snooze>> {
        sorted(all!(self, Snooze).filter(|snooze| snooze.task_id == *task), |snooze| {
            snooze.actor.clone()
        })
    }

    fn list_snoozes_of_actor(&self, actor: &ActorIdentity) -> Vec<Arc<Snooze>> {
        sorted(all!(self, Snooze).filter(|snooze| snooze.actor == *actor), |snooze| {
            snooze.task_id.clone()
        })
    }
}

impl TrashStore for Model {
    fn get_trashed(&self, task: &TaskId) -> Option<Arc<TrashedTask>> {
        all!(self, Trash).find(|trashed| trashed.task_id == *task)
    }

    fn put_trashed(&mut self, trashed: TrashedTask) {
        self.put(Record::Trash(Arc::new(trashed)));
    }

    fn delete_trashed(&mut self, task: &TaskId) {
        self.drop_all(|key| *key == Key::Trash(task.clone()));
    }

    fn list_trashed(&self) -> Vec<Arc<TrashedTask>> {
        sorted(all!(self, Trash), |trashed| trashed.task_id.clone())
    }
}

impl ExecutionProfileStore for Model {
    fn get_profile(&self, task: &TaskId) -> Option<Arc<ExecutionProfile>> {
        all!(self, Profile).find(|profile| profile.task_id == *task)
    }

    fn put_profile(&mut self, profile: ExecutionProfile) {
        self.put(Record::Profile(Arc::new(profile)));
    }

    fn delete_profile(&mut self, task: &TaskId) {
        self.drop_all(|key| *key == Key::Profile(task.clone()));
    }
}

impl RunReviewStore for Model {
    fn get_review(&self, id: &ReviewId) -> Option<Arc<RunReview>> {
        all!(self, Review).find(|review| review.review_id == *id)
    }

    fn find_review(&self, run: &RunId, round: i64, attempt: i64) -> Option<Arc<RunReview>> {
        all!(self, Review).find(|review| {
            review.run_id == *run && review.review_round == round && review.attempt == attempt
        })
    }

    fn put_review(&mut self, review: RunReview) {
        self.put(Record::Review(Arc::new(review)));
    }

    fn delete_review(&mut self, id: &ReviewId) {
        self.drop_all(|key| *key == Key::Review(id.clone()));
    }

    fn list_reviews(&self, query: &RunReviewQuery) -> Vec<Arc<RunReview>> {
        let admits = |review: &Arc<RunReview>| {
            query.task_id.as_ref().is_none_or(|id| *id == review.task_id)
                && query.run_id.as_ref().is_none_or(|id| *id == review.run_id)
                && query.status.known().is_none_or(|status| status == review.status)
                && (query.reviewer_session_id.is_none()
                    || query.reviewer_session_id == review.reviewer_session_id)
        };
        let list = sorted(all!(self, Review).filter(admits), |review| {
            Reverse((review.updated_at, review.review_id.clone()))
        });
        cut(list, query.limit)
    }

    fn list_active_reviews_of_session(&self, session: &SessionId) -> Vec<Arc<RunReview>> {
        let query =
            RunReviewQuery { reviewer_session_id: Some(session.clone()), ..Default::default() };
        let active = BTreeSet::from(["routed", "in_review"]);
        let mut list = self.list_reviews(&query);
        list.retain(|review| active.contains(review.status.as_str()));
        list
    }

    fn get_review_gate(&self, task: &TaskId) -> Option<Arc<ReviewGateState>> {
        all!(self, ReviewGate).find(|gate| gate.task_id == *task)
    }

    fn put_review_gate(&mut self, gate: ReviewGateState) {
        self.put(Record::ReviewGate(Arc::new(gate)));
    }

    fn delete_review_gate(&mut self, task: &TaskId) {
        self.drop_all(|key| *key == Key::ReviewGate(task.clone()));
    }
}

impl ChannelStore for Model {
    fn get_channel(&self, id: &str) -> Option<Arc<ChannelRecord>> {
        all!(self, Channel).find(|channel| channel.id == id)
    }

    fn put_channel(&mut self, channel: ChannelRecord) {
        self.put(Record::Channel(Arc::new(channel)));
    }
}

impl SchedulerStore for Model {
    fn get_scheduler(&self) -> SchedulerPauseState {
        all!(self, Scheduler).next().as_deref().cloned().unwrap_or_default()
    }

    fn put_scheduler(&mut self, state: SchedulerPauseState) {
        self.put(Record::Scheduler(Arc::new(state)));
    }

    fn count_paused_tasks(&self) -> usize {
        all!(self, Task).filter(|task| task.paused).count()
    }

    fn paused_by(&self, task: &TaskId) -> Option<TaskId> {
        let mut next = self.stored(task)?;
        for _ in 0..=self.records.len() {
            if next.paused {
                return Some(next.id.clone());
            }
            next = self.stored(next.parent_task_id.as_ref()?)?;
        }
        None
    }
}
