//! The queue as people see it: the switch of the scheduler, the order in which runs
//! are claimed with why not now, and who holds what.

use taskloom_domain::availability::{Reason, Situation};
use taskloom_domain::eligibility::{ClaimBarrier, claim_barriers};
use taskloom_domain::id::{RunId, TaskId};
use taskloom_domain::lease::ClaimCriteria;
use taskloom_domain::run::{Run, RunStatus};
use taskloom_domain::scheduler::{MAX_BACKLOG_LIMIT, SchedulerPauseState};
use taskloom_domain::status::approval_blocks;
use taskloom_domain::store::{
    DependencyStore, ExecutionProfileStore, RecordStore, RunReviewStore, RunStore, SchedulerStore,
    WithPaused,
};
use taskloom_domain::task::{ApprovalState, Priority, Status};
use taskloom_domain::time::{Duration, Timestamp};

use crate::model::card::{full_name, short_name};
use crate::model::filter::{Filter, searchable};
use crate::model::{phrase, reason};

/// How long a drain can wait, the usual one first.
pub const DRAIN_TIMES: [(i64, &str); 5] = [
    (60, "1 minute"),
    (10, "10 seconds"),
    (30, "30 seconds"),
    (300, "5 minutes"),
    (600, "10 minutes"),
];

/// The stores that the page is made of.
pub trait QueueStore:
    RecordStore + DependencyStore + RunStore + RunReviewStore + SchedulerStore + ExecutionProfileStore
{
}

impl<S> QueueStore for S where
    S: RecordStore
        + DependencyStore
        + RunStore
        + RunReviewStore
        + SchedulerStore
        + ExecutionProfileStore
{
}

/// The switch and what stands behind it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Switch {
    /// Whether nothing is handed out, since when, by whom and why.
    pub state: SchedulerPauseState,
    /// How many runs somebody holds.
    pub active: usize,
    /// How many runs wait.
    pub queued: usize,
    /// How many tasks are paused.
    pub paused_tasks: usize,
}

impl Switch {
    /// The switch of a board.
    pub fn of(store: &impl QueueStore) -> Self {
        Self {
            state: store.get_scheduler(),
            active: store.list_runs_by_status(&RunStatus::ACTIVE).len(),
            queued: store.count_runs_by_status(RunStatus::Queued),
            paused_tasks: store.count_paused_tasks(),
        }
    }

    /// Who paused, as people call them.
    pub fn paused_by(&self) -> String {
        let by = &self.state.paused_by;
        let name = by.split_once(':').map_or(by.as_str(), |(_, name)| name);
        if name == phrase::YOU { "you".into() } else { name.to_owned() }
    }
}

/// A run that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The run.
    pub run: RunId,
    /// Its task.
    pub task: TaskId,
    /// The short name of the task.
    pub identifier: String,
    /// Its title.
    pub title: String,
    /// Its place in line, from 1.
    pub position: usize,
    /// The priority of the task.
    pub priority: Priority,
    /// Since when it waits.
    pub queued_at: Timestamp,
    /// Which attempt it is.
    pub attempt: u32,
    /// How many there may be.
    pub max_attempts: u32,
    /// What a claimer has to offer.
    pub required: Vec<String>,
    /// What makes a claimer come first.
    pub preferred: Vec<String>,
    /// Why the acting identity would not get it now; empty if it would.
    pub why_not: Vec<String>,
}

/// The claim order under a filter, with how many runs wait in all. At most
/// [`MAX_BACKLOG_LIMIT`] are listed. `me` are the normalized criteria of the one who
/// looks.
pub fn claim_order(
    store: &impl QueueStore,
    me: &ClaimCriteria,
    paused: WithPaused,
    filter: &Filter,
) -> (Vec<Waiting>, usize) {
    let all = store.list_backlog(None, paused);
    let limit = usize::try_from(MAX_BACKLOG_LIMIT).unwrap_or(usize::MAX);
    let rows = all.iter().enumerate().filter_map(|(at, run)| {
        let task = store.get_task(&run.task_id)?;
        let identifier = short_name(&task);
        filter.matches(&searchable(&identifier, &task.title)).then(|| Waiting {
            run: run.id.clone(),
            task: task.id.clone(),
            identifier,
            title: task.title.clone(),
            position: at + 1,
            priority: task.priority,
            queued_at: run.queued_at,
            attempt: run.attempt,
            max_attempts: task.max_attempts,
            required: run.required_capabilities.clone(),
            preferred: run.preferred_capabilities.clone(),
            why_not: why_not(store, run, me),
        })
    });
    (rows.take(limit).collect(), all.len())
}

fn why_not(store: &impl QueueStore, run: &Run, me: &ClaimCriteria) -> Vec<String> {
    let barriers = claim_barriers(store, &run.id, me).unwrap_or_default();
    barriers.iter().map(|barrier| barrier_text(store, run, barrier)).collect()
}

/// What stands between a claimer and a run, as the end of a sentence.
fn barrier_text(store: &impl QueueStore, run: &Run, barrier: &ClaimBarrier) -> String {
    let name = |id: &TaskId| store.get_task(id).map_or_else(|| id.to_string(), |it| full_name(&it));
    match barrier {
        ClaimBarrier::NotQueued { status } => format!("it is {status}"),
        ClaimBarrier::SchedulerPaused => "the scheduler is paused".into(),
        ClaimBarrier::TaskPaused => "the task is paused".into(),
        ClaimBarrier::AncestorPaused { ancestor } => format!("paused by {}", name(ancestor)),
        ClaimBarrier::TaskHeldBack { status } => held_back(store, run, *status, name),
        ClaimBarrier::PriorityTooLow { .. } => "its priority is too low for you".into(),
        ClaimBarrier::OutOfScope { workspace: Some(workspace), .. } => {
            format!("it belongs to the workspace {workspace}")
        }
        ClaimBarrier::OutOfScope { .. } => "it belongs to no workspace".into(),
        ClaimBarrier::CapabilitiesMissing { missing }
        | ClaimBarrier::ProfileCapabilitiesMissing { missing } => {
            format!("it needs {}", missing.join(", "))
        }
        ClaimBarrier::OtherChannel { .. } => "it belongs to another channel".into(),
        ClaimBarrier::OtherWorker { agent } => format!("its profile names {agent}"),
        ClaimBarrier::WorkerNotAllowed | ClaimBarrier::ParticipantNotAllowed => {
            "its profile does not allow you".into()
        }
        ClaimBarrier::OtherOwner { owner } => {
            format!("owned by {}, whom no claim passes over", phrase::owner(owner))
        }
    }
}

fn held_back(
    store: &impl QueueStore,
    run: &Run,
    status: Status,
    name: impl Fn(&TaskId) -> String,
) -> String {
    let Some(situation) = Situation::of(store, &run.task_id) else {
        return "its task is gone".into();
    };
    let why = match status {
        Status::Draft => Reason::StillDraft,
        Status::Canceled => Reason::IsCanceled,
        _ if !situation.open_blockers.is_empty() => Reason::WaitsFor(situation.open_blockers),
        _ if approval_blocks(&situation.task)
            && situation.task.approval_state == ApprovalState::Rejected =>
        {
            Reason::ApprovalRejected
        }
        _ => Reason::ApprovalPending,
    };
    reason::text(&why, name)
}

/// A run that somebody holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The run.
    pub run: RunId,
    /// Its task.
    pub task: TaskId,
    /// Where it stands.
    pub status: RunStatus,
    /// Who holds it.
    pub holder: String,
    /// Since when.
    pub since: Option<Timestamp>,
    /// When the holder last showed that it is alive.
    pub heartbeat_at: Option<Timestamp>,
    /// When the lease ends; a claim without one never does.
    pub lease_until: Option<Timestamp>,
}

/// Who holds what, the lease that ends first in front, claims without one last.
pub fn held(store: &impl QueueStore) -> Vec<Held> {
    let mut all: Vec<Held> = store
        .list_runs_by_status(&RunStatus::ACTIVE)
        .iter()
        .map(|run| Held {
            run: run.id.clone(),
            task: run.task_id.clone(),
            status: run.status,
            holder: run.claimed_by.as_ref().map_or_else(|| "somebody".into(), phrase::actor),
            since: run.claimed_at,
            heartbeat_at: run.heartbeat_at,
            lease_until: run.lease_until,
        })
        .collect();
    all.sort_by_key(|held| (held.lease_until.is_none(), held.lease_until, held.since));
    all
}

/// How urgent the end of a lease is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// It is far.
    Calm,
    /// A quarter is left, or less.
    Warning,
    /// A tenth is left, or less, or nothing.
    Danger,
}

impl Urgency {
    /// The name for style sheets.
    pub fn name(self) -> &'static str {
        match self {
            Urgency::Calm => "calm",
            Urgency::Warning => "warning",
            Urgency::Danger => "danger",
        }
    }
}

impl Held {
    /// Whether its lease has ended.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.lease_until.is_some_and(|until| until <= now)
    }

    /// What is left of the lease in words, and how urgent that is.
    pub fn lease(&self, now: Timestamp) -> (String, Urgency) {
        match self.lease_until {
            None => {
                let held = self.since.map(|since| phrase::span(now.since(since)));
                let text = format!("no lease, held {}, never expires", held.unwrap_or_default());
                (text, Urgency::Calm)
            }
            Some(until) if until <= now => {
                ("expired, recovers at the next sweep".into(), Urgency::Danger)
            }
            Some(until) => {
                let left = until.since(now);
                let begun = self.heartbeat_at.or(self.since).unwrap_or(now);
                let whole = until.since(begun).as_nanos().max(1);
                let share = left.as_nanos().saturating_mul(100) / whole;
                let urgency = match share {
                    ..=10 => Urgency::Danger,
                    11..=25 => Urgency::Warning,
                    _ => Urgency::Calm,
                };
                (format!("{} left", clock(left)), urgency)
            }
        }
    }
}

/// `04:09`, or `1:04:09` from an hour on.
pub fn clock(left: Duration) -> String {
    let seconds = (left.as_nanos() / 1_000_000_000).max(0);
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use taskloom_domain::scheduler::SchedulerPauseRequest;

    use super::*;
    use crate::model::testing::World;

    fn order(world: &World, filter: &str) -> Vec<(usize, String, Vec<String>)> {
        let me = ClaimCriteria { claimer_session_id: "by-hand".into(), ..ClaimCriteria::default() };
        let me = me.normalize(world.manager.now()).unwrap();
        let filter = Filter::parse(filter);
        let (rows, _) = claim_order(world.manager.store(), &me, WithPaused::Yes, &filter);
        rows.into_iter().map(|row| (row.position, row.title, row.why_not)).collect()
    }

    #[test]
    fn runs_stand_in_claim_order_with_why_not_now() {
        let mut world = World::new();
        let (low, high) = (world.task("low"), world.prioritized("high", Priority::High));
        let blocker = world.task("blocker");
        for task in [&low, &high] {
            world.start(task);
        }
        assert_eq!(order(&world, ""), [(1, "high".into(), vec![]), (2, "low".into(), vec![])]);
        world.depends(&high, &blocker);
        let waits = vec!["waits for T-3 blocker".to_owned()];
        let found = order(&world, "high");
        assert_eq!((&found[0].1, &found[0].2), (&"high".to_owned(), &waits));
        let pause = SchedulerPauseRequest { reason: "maintenance".into() };
        world.manager.pause_scheduler(pause, &world.actor).unwrap();
        assert_eq!(order(&world, "low")[0].2, ["the scheduler is paused"]);
        let switch = Switch::of(world.manager.store());
        assert_eq!((switch.queued, switch.active, switch.paused_by()), (2, 0, "you".into()));
        assert_eq!(switch.state.reason, "maintenance");
    }

    /// The first run without a reason is the one that a claim brings.
    #[test]
    fn the_first_without_a_reason_is_claimed_next() {
        let mut world = World::new();
        let tasks: Vec<TaskId> = ["one", "two", "three"].map(|it| world.task(it)).into();
        for task in &tasks {
            world.start(task);
        }
        world.depends(&tasks[0], &tasks[2]);
        let rows = order(&world, "");
        let free = rows.iter().find(|row| row.2.is_empty()).unwrap();
        let me = ClaimCriteria { claimer_session_id: "by-hand".into(), ..ClaimCriteria::default() };
        let claimed = world.manager.claim_next_run(me, &world.actor).unwrap();
        assert_eq!(claimed.task.title, free.1);
    }

    #[test]
    fn leases_are_told_by_what_is_left() {
        let at = Timestamp::from_millis;
        let run = |until| Held {
            run: "run".into(),
            task: "task".into(),
            status: RunStatus::Claimed,
            holder: "ada".into(),
            since: Some(at(0)),
            heartbeat_at: Some(at(0)),
            lease_until: until,
        };
        let held = run(Some(at(100_000)));
        assert_eq!(held.lease(at(10_000)), ("01:30 left".into(), Urgency::Calm));
        assert_eq!(held.lease(at(75_000)), ("00:25 left".into(), Urgency::Warning));
        assert_eq!(held.lease(at(90_000)), ("00:10 left".into(), Urgency::Danger));
        assert!(held.lease(at(100_000)).0.starts_with("expired"));
        assert!(held.is_expired(at(100_000)) && !held.is_expired(at(99_999)));
        let (text, urgency) = run(None).lease(at(720_000));
        assert_eq!(
            (text.as_str(), urgency),
            ("no lease, held 12 min, never expires", Urgency::Calm)
        );
        assert_eq!(clock(Duration::from_secs(3_849)), "1:04:09");
    }

    #[test]
    fn the_lease_that_ends_first_stands_in_front() {
        let mut world = World::new();
        let (one, two) = (world.task("one"), world.task("two"));
        let first = world.taken(&one);
        world.pass_time(5_000);
        let second = world.taken(&two);
        let found = held(world.manager.store());
        let ids: Vec<&RunId> = found.iter().map(|held| &held.run).collect();
        assert_eq!(ids, [&first, &second]);
    }
}
