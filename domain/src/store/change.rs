//! Change-sets: what one transaction did, as whole records.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::actor::{ActorIdentity, Origin};
use crate::channel::ChannelRecord;
use crate::claim_token::ClaimToken;
use crate::dependency::Dependency;
use crate::event::EventRecord;
use crate::id::{ReviewId, RunId, Sequence, TaskId};
use crate::idempotency::RunIdempotency;
use crate::profile::ExecutionProfile;
use crate::review::{ReviewGateState, RunReview};
use crate::run::Run;
use crate::scheduler::SchedulerPauseState;
use crate::snooze::Snooze;
use crate::task::Task;
use crate::trash::TrashedTask;
use crate::triage::TriageState;

/// One record of a board, of any kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// A task; its projections are derived again where it is applied.
    Task(Arc<Task>),
    /// A dependency edge.
    Dependency(Arc<Dependency>),
    /// A run.
    Run(Arc<Run>),
    /// The raw token of a live lease. Part of the board's private state: it
    /// travels in the board's own log and nowhere else.
    ClaimToken(RunId, Arc<ClaimToken>),
    /// An audit event with its number.
    Event(Arc<EventRecord>),
    /// The number of the newest event ever appended.
    LatestSequence(Sequence),
    /// A bound idempotency key.
    Idempotency(Arc<RunIdempotency>),
    /// A triage record.
    Triage(Arc<TriageState>),
    /// A snooze.
    Snooze(Arc<Snooze>),
    /// A deleted task.
    Trash(Arc<TrashedTask>),
    /// An execution profile.
    Profile(Arc<ExecutionProfile>),
    /// A review.
    Review(Arc<RunReview>),
    /// The review state beside a task.
    ReviewGate(Arc<ReviewGateState>),
    /// A coordination channel.
    Channel(Arc<ChannelRecord>),
    /// The scheduler's switch.
    Scheduler(Arc<SchedulerPauseState>),
}

impl Record {
    /// The name under which the record stands.
    pub fn key(&self) -> Key {
        match self {
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
            Record::Snooze(snooze) => Key::Snooze(snooze.task_id.clone(), snooze.actor.clone()),
            Record::Trash(trashed) => Key::Trash(trashed.task_id.clone()),
            Record::Profile(profile) => Key::Profile(profile.task_id.clone()),
            Record::Review(review) => Key::Review(review.review_id.clone()),
            Record::ReviewGate(gate) => Key::ReviewGate(gate.task_id.clone()),
            Record::Channel(channel) => Key::Channel(channel.id.clone()),
            Record::Scheduler(_) => Key::Scheduler,
        }
    }
}

/// The name of one record.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    /// A task.
    Task(TaskId),
    /// The edge by which the first task waits for the second.
    Dependency(TaskId, TaskId),
    /// A run.
    Run(RunId),
    /// The raw token of a run's lease.
    ClaimToken(RunId),
    /// The event with this number.
    Event(Sequence),
    /// The event counter.
    LatestSequence,
    /// An idempotency key under an origin.
    Idempotency(String, Origin),
    /// The triage record of an identity on a task.
    Triage(TaskId, ActorIdentity),
    /// The snooze of an identity on a task.
    Snooze(TaskId, ActorIdentity),
    /// The deleted task of an id.
    Trash(TaskId),
    /// The profile of a task.
    Profile(TaskId),
    /// A review.
    Review(ReviewId),
    /// The review state beside a task.
    ReviewGate(TaskId),
    /// A coordination channel.
    Channel(String),
    /// The scheduler's switch.
    Scheduler,
}

/// One step of a change-set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The record stands now as given, whatever stood there before.
    Put(Record),
    /// The record is gone.
    Delete(Key),
}

/// Everything that one transaction changed.
///
/// Applying `changes` to a store in the state before the transaction gives the
/// state after it; applying `inverse` afterwards gives back the state before,
/// bit by bit. The inverse stays in memory and is not serialized.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ChangeSet {
    /// What to do, in order.
    pub changes: Vec<Change>,
    /// What takes it back, in order.
    #[serde(skip)]
    pub inverse: Vec<Change>,
}

impl ChangeSet {
    /// Whether the transaction changed nothing.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The events that the transaction appended, in order.
    pub fn events(&self) -> impl Iterator<Item = &Arc<EventRecord>> {
        self.changes.iter().filter_map(|change| match change {
            Change::Put(Record::Event(event)) => Some(event),
            _ => None,
        })
    }
}
