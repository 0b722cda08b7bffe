//! Where a board's records stand: the ports that the engine needs of a store,
//! and the in-memory store that every board uses.
//!
//! A store keeps records and the indexes to find them; it knows no rules. What
//! is allowed is decided by [`crate::manager`], which then puts or deletes whole
//! records inside a transaction. So another store (SQL, say) can stand under the
//! same engine.

mod change;
pub mod conformance;
mod memory;

use std::sync::Arc;

pub use change::{Change, ChangeSet, Key, Record};
pub use memory::{EventsImage, MemoryStore, StoreImage};

use crate::actor::{ActorIdentity, Origin};
use crate::channel::ChannelRecord;
use crate::dependency::Dependency;
use crate::event::EventRecord;
use crate::id::{ReviewId, RunId, Sequence, SessionId, TaskId, WorkspaceId};
use crate::idempotency::RunIdempotency;
use crate::lease::ClaimCriteria;
use crate::profile::ExecutionProfile;
use crate::query::{EventRecordQuery, Query, RunQuery, RunReviewQuery};
use crate::review::{ReviewGateState, RunReview};
use crate::run::{Run, RunStatus};
use crate::scheduler::SchedulerPauseState;
use crate::snooze::Snooze;
use crate::task::Task;
use crate::time::Timestamp;
use crate::trash::TrashedTask;
use crate::triage::TriageState;

/// A unit of change: everything between `begin` and `commit` happens together.
///
/// Records are only put and deleted inside a transaction. A write outside is a
/// mistake of the caller: it appears in no change-set, and nothing takes it
/// back. The in-memory store tells so by a panic in debug builds.
pub trait TransactionStore {
    /// Opens a transaction. The engine never nests them.
    fn begin(&mut self);

    /// Keeps everything since `begin`, and says what changed.
    fn commit(&mut self) -> ChangeSet;

    /// Drops everything since `begin`: the store is as it was.
    fn rollback(&mut self);
}

/// Task records.
pub trait RecordStore {
    /// The task, with its projections `current_run_id` and `latest_event_seq`.
    fn get_task(&self, id: &TaskId) -> Option<Arc<Task>>;

    /// Inserts or replaces the record. The projections of the given record are
    /// ignored: the store derives them from runs and events.
    fn put_task(&mut self, task: Task);

    /// Removes the record alone; the caller removes what belongs to it.
    fn delete_task(&mut self, id: &TaskId);

    /// The tasks that pass the filters of a normalized query, latest activity
    /// first (then `updated_at`, `created_at`, id, all descending), cut to its
    /// limit.
    fn list_tasks(&self, query: &Query) -> Vec<Arc<Task>>;

    /// The direct children of a task, in the order of [`RecordStore::list_tasks`].
    fn list_children(&self, parent: &TaskId) -> Vec<Arc<Task>>;

    /// How many direct children a task has.
    fn count_direct_children(&self, parent: &TaskId) -> usize;

    /// The latest of the task's creation and update, the times of its runs, and
    /// its newest event; `None` for an unknown task.
    fn last_activity_at(&self, id: &TaskId) -> Option<Timestamp>;
}

/// Dependency edges.
pub trait DependencyStore {
    /// One edge.
    fn get_dependency(&self, task: &TaskId, depends_on: &TaskId) -> Option<Arc<Dependency>>;

    /// Inserts or replaces an edge.
    fn put_dependency(&mut self, dependency: Dependency);

    /// Removes an edge.
    fn delete_dependency(&mut self, task: &TaskId, depends_on: &TaskId);

    /// What a task waits for, by creation, then by id of the blocker.
    fn list_dependencies(&self, task: &TaskId) -> Vec<Arc<Dependency>>;

    /// The edges that point at a task, by creation, then by id of the dependent.
    fn list_dependents(&self, depends_on: &TaskId) -> Vec<Arc<Dependency>>;

    /// How many edges leave a task.
    fn count_dependencies(&self, task: &TaskId) -> usize;
}

/// Runs, and what a scheduler asks of them.
pub trait RunStore {
    /// One run.
    fn get_run(&self, id: &RunId) -> Option<Arc<Run>>;

    /// Inserts or replaces a run.
    fn put_run(&mut self, run: Run);

    /// Removes a run.
    fn delete_run(&mut self, id: &RunId);

    /// All runs of a task, newest `queued_at` first, then greatest id.
    fn list_runs_of_task(&self, task: &TaskId) -> Vec<Arc<Run>>;

    /// The runs that pass the filters of a normalized query, newest `queued_at`
    /// first, then greatest id, cut to its limit.
    fn list_runs(&self, query: &RunQuery) -> Vec<Arc<Run>>;

    /// The runs in any of these statuses, oldest `queued_at` first, then id.
    fn list_runs_by_status(&self, statuses: &[RunStatus]) -> Vec<Arc<Run>>;

    /// How many runs are in this status.
    fn count_runs_by_status(&self, status: RunStatus) -> usize;

    /// The claimed, starting and running runs bound to a session, newest
    /// `queued_at` first, then greatest id.
    fn list_active_runs_of_session(&self, session: &SessionId) -> Vec<Arc<Run>>;

    /// The runs of a session that carry a token hash, in any status: greatest
    /// `lease_until` first (unset last), then id.
    fn list_fenced_runs_of_session(&self, session: &SessionId) -> Vec<Arc<Run>>;

    /// The active runs whose lease ended at or before `now`: earliest end first,
    /// then id; at most `limit` of them, 0 meaning all.
    fn list_expired_leases(&self, now: Timestamp, limit: usize) -> Vec<Arc<Run>>;

    /// The run that retries this one.
    fn get_retry_of(&self, source: &RunId) -> Option<Arc<Run>>;

    /// The run that continues the work after this review.
    fn get_continuation_of(&self, review: &ReviewId) -> Option<Arc<Run>>;

    /// The first queued run, in claim order, that these normalized criteria may
    /// take. Does not look at the scheduler pause or the claimer's own leases.
    fn select_claimable(&self, criteria: &ClaimCriteria) -> Option<Arc<Run>>;

    /// The queued runs in backlog order: priority descending, `queued_at`, id.
    /// With `WithPaused::No`, runs of effectively paused tasks are left out.
    fn list_backlog(&self, workspace: Option<&WorkspaceId>, paused: WithPaused) -> Vec<Arc<Run>>;
}

/// Whether a backlog shows runs of paused tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithPaused {
    /// Paused tasks and their descendants are left out.
    No,
    /// All queued runs.
    Yes,
}

/// The raw claim tokens of live leases. They never leave the board except to
/// the session that holds the lease.
pub trait ClaimTokenStore {
    /// The raw token of a run's lease.
    fn get_claim_token(&self, run: &RunId) -> Option<Arc<crate::claim_token::ClaimToken>>;

    /// Keeps the raw token of a fresh lease.
    fn put_claim_token(&mut self, run: &RunId, token: crate::claim_token::ClaimToken);

    /// Forgets the token, with its lease.
    fn delete_claim_token(&mut self, run: &RunId);
}

/// Audit events, numbered by one counter that never goes back.
pub trait EventStore {
    /// The number of the newest event that was ever appended.
    fn latest_sequence(&self) -> Sequence;

    /// Appends an event under the next number.
    fn append_event(&mut self, event: crate::event::Event) -> Arc<EventRecord>;

    /// Writes an event back under the number that it had before it was deleted.
    fn restore_event(&mut self, event: Arc<EventRecord>);

    /// Removes all events of a task.
    fn delete_events_of_task(&mut self, task: &TaskId);

    /// The events of a task after a sequence number, ascending, at most `limit`
    /// (0 meaning all); descending from the newest where the query says so.
    fn list_event_records(&self, query: &EventRecordQuery) -> Vec<Arc<EventRecord>>;

    /// One event by id.
    fn get_event_record(&self, id: &crate::id::EventId) -> Option<Arc<EventRecord>>;

    /// The events of the whole board after a sequence number, ascending, at most
    /// `limit` (0 meaning all).
    fn list_board_events(&self, after: Sequence, limit: usize) -> Vec<Arc<EventRecord>>;
}

/// Bindings of idempotency keys to runs.
pub trait IdempotencyStore {
    /// The binding of a key under an origin.
    fn get_idempotency(&self, key: &str, origin: &Origin) -> Option<Arc<RunIdempotency>>;

    /// Binds a key.
    fn put_idempotency(&mut self, binding: RunIdempotency);

    /// Removes the bindings of a run.
    fn delete_idempotency_of_run(&mut self, run: &RunId);
}

/// Triage records, one per task and identity.
pub trait TriageStore {
    /// The record of an identity.
    fn get_triage(&self, task: &TaskId, actor: &ActorIdentity) -> Option<Arc<TriageState>>;

    /// Writes a record.
    fn put_triage(&mut self, state: TriageState);

    /// All records of a task, by identity.
    fn list_triage_of_task(&self, task: &TaskId) -> Vec<Arc<TriageState>>;

    /// All records of an identity, by task.
    fn list_triage_of_actor(&self, actor: &ActorIdentity) -> Vec<Arc<TriageState>>;

    /// Removes one record.
    fn delete_triage(&mut self, task: &TaskId, actor: &ActorIdentity);
}

/// Snoozes, at most one per task and identity.
pub trait SnoozeStore {
    /// The snooze of an identity.
    fn get_snooze(&self, task: &TaskId, actor: &ActorIdentity) -> Option<Arc<Snooze>>;

    /// Writes a snooze.
    fn put_snooze(&mut self, snooze: Snooze);

    /// Removes a snooze.
    fn delete_snooze(&mut self, task: &TaskId, actor: &ActorIdentity);

    /// All snoozes of a task, by identity.
    fn list_snoozes_of_task(&self, task: &TaskId) -> Vec<Arc<Snooze>>;

    /// All snoozes of an identity, by task.
    fn list_snoozes_of_actor(&self, actor: &ActorIdentity) -> Vec<Arc<Snooze>>;
}

/// Deleted tasks, at most one per id.
pub trait TrashStore {
    /// The deleted task of this id.
    fn get_trashed(&self, task: &TaskId) -> Option<Arc<TrashedTask>>;

    /// Writes a deleted task.
    fn put_trashed(&mut self, trashed: TrashedTask);

    /// Forgets a deleted task.
    fn delete_trashed(&mut self, task: &TaskId);

    /// All deleted tasks, by id.
    fn list_trashed(&self) -> Vec<Arc<TrashedTask>>;
}

/// Execution profiles, at most one per task.
pub trait ExecutionProfileStore {
    /// The stored profile of a task.
    fn get_profile(&self, task: &TaskId) -> Option<Arc<ExecutionProfile>>;

    /// Writes a profile.
    fn put_profile(&mut self, profile: ExecutionProfile);

    /// Removes the profile of a task.
    fn delete_profile(&mut self, task: &TaskId);
}

/// Reviews of runs, and the review state kept beside each task.
pub trait RunReviewStore {
    /// One review.
    fn get_review(&self, id: &ReviewId) -> Option<Arc<RunReview>>;

    /// The review of a run in a round and attempt.
    fn find_review(&self, run: &RunId, round: i64, attempt: i64) -> Option<Arc<RunReview>>;

    /// Writes a review.
    fn put_review(&mut self, review: RunReview);

    /// Removes a review.
    fn delete_review(&mut self, id: &ReviewId);

    /// The reviews that pass a normalized query: newest `updated_at` first, then
    /// greatest id, cut to its limit.
    fn list_reviews(&self, query: &RunReviewQuery) -> Vec<Arc<RunReview>>;

    /// The active (`routed` or `in_review`) reviews bound to a session, newest
    /// `updated_at` first, then greatest id.
    fn list_active_reviews_of_session(&self, session: &SessionId) -> Vec<Arc<RunReview>>;

    /// The review state kept beside a task.
    fn get_review_gate(&self, task: &TaskId) -> Option<Arc<ReviewGateState>>;

    /// Writes the review state beside a task.
    fn put_review_gate(&mut self, gate: ReviewGateState);

    /// Removes the review state beside a task.
    fn delete_review_gate(&mut self, task: &TaskId);
}

/// Coordination channels of workspace runs.
pub trait ChannelStore {
    /// A channel by id.
    fn get_channel(&self, id: &str) -> Option<Arc<ChannelRecord>>;

    /// Writes a channel.
    fn put_channel(&mut self, channel: ChannelRecord);
}

/// The scheduler's switch, and counts for its status.
pub trait SchedulerStore {
    /// The switch; never set means running.
    fn get_scheduler(&self) -> SchedulerPauseState;

    /// Writes the switch.
    fn put_scheduler(&mut self, state: SchedulerPauseState);

    /// How many tasks carry the pause flag themselves.
    fn count_paused_tasks(&self) -> usize;

    /// The nearest paused task, looking at the task itself first, then at its
    /// ancestors.
    fn paused_by(&self, task: &TaskId) -> Option<TaskId>;
}

/// Everything the engine needs of a store.
pub trait Store:
    TransactionStore
    + RecordStore
    + DependencyStore
    + RunStore
    + ClaimTokenStore
    + EventStore
    + IdempotencyStore
    + TriageStore
    + SnoozeStore
    + TrashStore
    + ExecutionProfileStore
    + RunReviewStore
    + ChannelStore
    + SchedulerStore
{
}

impl<T> Store for T where
    T: TransactionStore
        + RecordStore
        + DependencyStore
        + RunStore
        + ClaimTokenStore
        + EventStore
        + IdempotencyStore
        + TriageStore
        + SnoozeStore
        + TrashStore
        + ExecutionProfileStore
        + RunReviewStore
        + ChannelStore
        + SchedulerStore
{
}
