//! Change-sets: what one transaction did, as whole records.

use std::fmt;
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

/// As people name the record: `task t-1`, `the dependency of t-2 on t-1`.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Task(id) => write!(f, "task {id}"),
            Key::Dependency(task, on) => write!(f, "the dependency of {task} on {on}"),
            Key::Run(id) => write!(f, "run {id}"),
            Key::ClaimToken(run) => write!(f, "the claim token of run {run}"),
            Key::Event(sequence) => write!(f, "event {sequence}"),
            Key::LatestSequence => f.write_str("the event counter"),
            Key::Idempotency(key, origin) => {
                // What programs send as a key is theirs to choose, white space too.
                write!(f, "the idempotency key {key:?} of {origin}")
            }
            Key::Triage(task, actor) => write!(f, "the triage record of {actor} on task {task}"),
            Key::Snooze(task, actor) => write!(f, "the snooze of {actor} on task {task}"),
            Key::Trash(task) => write!(f, "the deleted task {task}"),
            Key::Profile(task) => write!(f, "the execution profile of task {task}"),
            Key::Review(id) => write!(f, "review {id}"),
            Key::ReviewGate(task) => write!(f, "the review state of task {task}"),
            Key::Channel(id) => write!(f, "channel {id}"),
            Key::Scheduler => f.write_str("the scheduler's switch"),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::{ActorKind, OriginKind};

    #[test]
    fn keys_read_as_people_name_records() {
        let ada = ActorIdentity { kind: ActorKind::Human, reference: "ada".into() };
        let cli = Origin { kind: OriginKind::Cli, reference: "t".into() };
        let (task, other) = (TaskId::from("t-1"), TaskId::from("t-2"));
        let texts = [
            (Key::Task(task.clone()), "task t-1"),
            (Key::Dependency(other, task.clone()), "the dependency of t-2 on t-1"),
            (Key::Run("run-1".into()), "run run-1"),
            (Key::ClaimToken("run-1".into()), "the claim token of run run-1"),
            (Key::Event(Sequence::new(7)), "event 7"),
            (Key::LatestSequence, "the event counter"),
            (Key::Idempotency("k 1".into(), cli), "the idempotency key \"k 1\" of cli:t"),
            (Key::Triage(task.clone(), ada.clone()), "the triage record of human:ada on task t-1"),
            (Key::Snooze(task.clone(), ada), "the snooze of human:ada on task t-1"),
            (Key::Trash(task.clone()), "the deleted task t-1"),
            (Key::Profile(task.clone()), "the execution profile of task t-1"),
            (Key::Review("review-1".into()), "review review-1"),
            (Key::ReviewGate(task), "the review state of task t-1"),
            (Key::Channel("c".into()), "channel c"),
            (Key::Scheduler, "the scheduler's switch"),
        ];
        for (key, text) in texts {
            assert_eq!(key.to_string(), text);
        }
    }
}
