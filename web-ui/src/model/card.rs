//! A card of the board: what a task shows at a glance.

use std::sync::Arc;

use taskloom_domain::actor::{OwnerKind, Ownership};
use taskloom_domain::availability::{Situation, would_free};
use taskloom_domain::id::TaskId;
use taskloom_domain::run::{Run, RunStatus};
use taskloom_domain::stage::Stage;
use taskloom_domain::status::approval_blocks;
use taskloom_domain::store::{
    DependencyStore, RecordStore, RunReviewStore, RunStore, SchedulerStore,
};
use taskloom_domain::task::{ApprovalState, Priority, Task};
use taskloom_domain::time::{Duration, Timestamp};

use super::column_order::OrderKey;
use super::filter::searchable;
use super::phrase;

/// How many characters of an error a card shows.
const ERROR_LENGTH: usize = 80;

/// What a card shows, computed from the records whenever one of them changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    /// The task.
    pub id: TaskId,
    /// Its short name; the id where it has none.
    pub identifier: String,
    /// Its title.
    pub title: String,
    /// The column.
    pub stage: Stage,
    /// How urgent it is.
    pub priority: Priority,
    /// Whose it is, in words.
    pub owner: Option<String>,
    /// Its labels.
    pub labels: Vec<String>,
    /// Whether it, or a task above it, is paused.
    pub paused: bool,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
    /// Where it stands, in more detail than the column.
    pub state: CardState,
    /// The place within the column.
    pub order: OrderKey,
    /// What the filter looks at.
    pub searchable: String,
}

/// Where a task stands, as its card says.
#[derive(Debug, Clone, PartialEq)]
pub enum CardState {
    /// A draft.
    Draft,
    /// Held back by another task.
    WaitsFor {
        /// The oldest open blocker.
        first: TaskId,
        /// Its name.
        name: String,
        /// How many more there are.
        more: usize,
    },
    /// Nobody decided on the approval.
    ApprovalPending,
    /// The approval was refused.
    ApprovalRejected,
    /// Free to run.
    Ready {
        /// Whether the latest run failed.
        failed_before: bool,
        /// How many tasks become ready when this one is done.
        frees: usize,
    },
    /// In the queue.
    Queued {
        /// The owner, where workers pass the task over because of them.
        reserved_for: Option<String>,
    },
    /// Somebody holds it.
    Held {
        /// Who.
        holder: String,
        /// Whether work has begun.
        begun: bool,
        /// When the lease ends; none for a claim that never does.
        lease_until: Option<Timestamp>,
        /// Since when it is held.
        since: Option<Timestamp>,
        /// Which attempt it is.
        attempt: u32,
        /// How many there may be.
        max_attempts: u32,
    },
    /// Waits for a verdict.
    InReview {
        /// The round.
        round: i64,
    },
    /// Done.
    Done {
        /// How long the last run took.
        took: Option<Duration>,
    },
    /// Failed.
    Failed {
        /// The error, cut.
        error: String,
    },
    /// Canceled.
    Canceled,
}

/// The short name of a task: its identifier, or else its id.
pub fn short_name(task: &Task) -> String {
    if task.identifier.is_empty() { task.id.to_string() } else { task.identifier.clone() }
}

/// Short name and title, as lists and sentences call a task.
pub fn full_name(task: &Task) -> String {
    format!("{} {}", short_name(task), phrase::cut(&task.title, 40))
}

/// The labels in a task's metadata.
pub fn labels(task: &Task) -> Vec<String> {
    let value = task.metadata.as_ref().and_then(taskloom_domain::json::RawJson::to_value);
    let listed = value.as_ref().and_then(|value| value.get("labels")?.as_array());
    let texts = listed.into_iter().flatten().filter_map(|label| label.as_str());
    texts.map(str::to_owned).collect()
}

impl Card {
    /// The card of a task, or `None` where there is no such task.
    pub fn of<S>(store: &S, id: &TaskId) -> Option<Arc<Self>>
    where
        S: RecordStore + DependencyStore + RunStore + RunReviewStore + SchedulerStore,
    {
        let situation = Situation::of(store, id)?;
        let stage = situation.stage();
        let frees = would_free(store, id).len();
        let task = &situation.task;
        let identifier = short_name(task);
        Some(Arc::new(Self {
            id: id.clone(),
            title: task.title.clone(),
            stage,
            priority: task.priority,
            owner: task.owner.as_ref().map(phrase::owner),
            labels: labels(task),
            paused: store.paused_by(id).is_some(),
            closed_at: task.closed_at,
            state: CardState::of(store, &situation, stage, frees),
            order: OrderKey::of(&situation, stage, frees),
            searchable: searchable(&identifier, &task.title),
            identifier,
        }))
    }
}

impl CardState {
    fn of(store: &impl RecordStore, situation: &Situation, stage: Stage, frees: usize) -> Self {
        let task = &situation.task;
        let latest = situation.runs.iter().max_by_key(|run| (run.attempt, run.queued_at));
        let latest = latest.map(AsRef::as_ref);
        match stage {
            Stage::Draft => Self::Draft,
            Stage::Blocked => Self::blocked(store, situation),
            Stage::Ready => Self::Ready {
                failed_before: latest.is_some_and(|run| run.status == RunStatus::Failed),
                frees,
            },
            Stage::Queued => Self::Queued {
                reserved_for: task
                    .owner
                    .as_ref()
                    .filter(|owner| never_claimed(owner))
                    .map(phrase::owner),
            },
            Stage::InProgress => Self::held(situation),
            Stage::InReview => Self::InReview {
                round: situation
                    .reviews
                    .iter()
                    .map(|review| review.review_round)
                    .max()
                    .unwrap_or(1),
            },
            Stage::Done => Self::Done { took: latest.and_then(run_time) },
            Stage::Failed => Self::Failed {
                error: latest.map(|run| phrase::cut(&run.error, ERROR_LENGTH)).unwrap_or_default(),
            },
            Stage::Canceled => Self::Canceled,
        }
    }

    fn blocked(store: &impl RecordStore, situation: &Situation) -> Self {
        match situation.open_blockers.as_slice() {
            [first, rest @ ..] => {
                let task = store.get_task(first);
                let name = task.map_or_else(|| first.to_string(), |task| full_name(&task));
                Self::WaitsFor { first: first.clone(), name, more: rest.len() }
            }
            [] if approval_blocks(&situation.task)
                && situation.task.approval_state == ApprovalState::Rejected =>
            {
                Self::ApprovalRejected
            }
            [] => Self::ApprovalPending,
        }
    }

    fn held(situation: &Situation) -> Self {
        let run = situation.active_run();
        Self::Held {
            holder: run
                .and_then(|run| run.claimed_by.as_ref())
                .map_or_else(|| "somebody".into(), phrase::actor),
            begun: run.is_some_and(|run| run.status == RunStatus::Running),
            lease_until: run.and_then(|run| run.lease_until),
            since: run.and_then(|run| run.claimed_at),
            attempt: run.map_or(1, |run| run.attempt),
            max_attempts: situation.task.max_attempts,
        }
    }

    /// The state in words, for a card at this place of its column.
    pub fn text(&self, row: usize, now: Timestamp) -> String {
        match self {
            Self::Draft => "Not published".into(),
            Self::WaitsFor { name, more: 0, .. } => format!("Waits for {name}"),
            Self::WaitsFor { name, more, .. } => format!("Waits for {name}, +{more}"),
            Self::ApprovalPending => "Waits for an approval".into(),
            Self::ApprovalRejected => "Approval rejected".into(),
            Self::Ready { failed_before: true, .. } => "Last run failed, retry possible".into(),
            Self::Ready { frees: 0, .. } => "No open blockers".into(),
            Self::Ready { frees, .. } => format!("Frees {}", phrase::count(*frees, "task")),
            Self::Queued { reserved_for: Some(owner) } => format!("Passed over: owned by {owner}"),
            Self::Queued { reserved_for: None } if row == 0 => "Next in line".into(),
            Self::Queued { reserved_for: None } => format!("{} in line", phrase::ordinal(row + 1)),
            Self::Held { holder, begun, lease_until, since, attempt, max_attempts } => {
                let what = if *begun { "running" } else { "claimed" };
                let time = match (lease_until, since) {
                    (Some(until), _) if *until > now => {
                        format!("lease {}", phrase::span(until.since(now)))
                    }
                    (Some(_), _) => "lease expired".into(),
                    (None, Some(since)) => format!("for {}", phrase::span(now.since(*since))),
                    (None, None) => "no lease".into(),
                };
                let tries = if *attempt > 1 {
                    format!(", {attempt} of {max_attempts}")
                } else {
                    String::new()
                };
                format!("{holder}, {what}, {time}{tries}")
            }
            Self::InReview { round } => format!("Round {round}, waits for a reviewer"),
            Self::Done { took: Some(took) } => format!("Took {}", phrase::span(*took)),
            Self::Done { took: None } => "Done".into(),
            Self::Failed { error } if error.is_empty() => "Failed".into(),
            Self::Failed { error } => error.clone(),
            Self::Canceled => "Canceled for good".into(),
        }
    }
}

/// Whether no worker is ever handed a run of such an owner.
fn never_claimed(owner: &Ownership) -> bool {
    !matches!(owner.kind, OwnerKind::Pool | OwnerKind::AgentSession)
}

fn run_time(run: &Run) -> Option<Duration> {
    Some(run.ended_at?.since(run.started_at.or(run.claimed_at)?))
}
