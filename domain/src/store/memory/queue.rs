//! The queue: which run a claimer gets next, without walking past the others.
//!
//! Queued runs that a claimer treats alike stand in one lane: same home, same
//! owner, same demands on the claimer, same preferences. So the first run of a
//! lane answers for the whole lane, and a claim costs a look at the head of each
//! lane that is open to the claimer, however many runs wait.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::actor::{OwnerKind, Ownership};
use crate::eligibility::Candidate;
use crate::id::{RunId, WorkspaceId};
use crate::lease::ClaimCriteria;
use crate::profile::ExecutionProfile;
use crate::run::{Run, RunStatus};
use crate::task::{Priority, Scope, Task};
use crate::time::Timestamp;

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Queue {
    /// Every queued run of a known task, claimable or not.
    backlog: BTreeSet<Ticket>,
    /// The claimable ones.
    lanes: BTreeMap<Arc<Lane>, BTreeSet<Ticket>>,
    /// The claimable ones with a coordination channel, once more.
    in_channel: BTreeSet<(Arc<str>, Arc<Lane>, Ticket)>,
    places: FxHashMap<RunId, Place>,
}

/// The place of a run among others that are alike to the claimer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket {
    rank: Reverse<i64>,
    queued_at: Timestamp,
    run: RunId,
}

impl Ticket {
    fn of(run: &Run, priority: Priority) -> Self {
        Self { rank: Reverse(priority.rank()), queued_at: run.queued_at, run: run.id.clone() }
    }

    /// Before every other ticket.
    fn least() -> Self {
        Self {
            rank: Reverse(i64::MAX),
            queued_at: Timestamp::from_nanos(i64::MIN),
            run: RunId::default(),
        }
    }
}

/// Where a queued run stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    ticket: Ticket,
    /// The lane and channel of a claimable run.
    claimable: Option<(Arc<Lane>, Arc<str>)>,
}

impl Place {
    /// The place of a run, none unless it is queued.
    pub(super) fn of(candidate: &Candidate<'_>) -> Option<Self> {
        if candidate.run.status != RunStatus::Queued {
            return None;
        }
        let lane = match candidate.standing_barriers().next() {
            Some(_) => None,
            None => Lane::of(candidate),
        };
        let channel = || Arc::from(candidate.run.coordination_channel_id.as_str());
        Some(Self {
            ticket: Ticket::of(candidate.run, candidate.task.priority),
            claimable: lane.map(|lane| (Arc::new(lane), channel())),
        })
    }
}

/// What the runs of a lane have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Lane {
    desk: Desk,
    demand: Demand,
}

/// Who is served here at all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Desk {
    scope: Scope,
    workspace: Option<WorkspaceId>,
    door: Door,
}

/// Which owners leave a run to which claimers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Door {
    Anyone,
    Agent(String),
    Session(String),
}

impl Door {
    /// None for owners who leave their runs to nobody.
    fn of(owner: Option<&Ownership>) -> Option<Self> {
        let Some(owner) = owner else { return Some(Door::Anyone) };
        match owner.kind {
            OwnerKind::Pool => Some(Door::Agent(owner.reference.clone())),
            OwnerKind::AgentSession => Some(Door::Session(owner.reference.clone())),
            OwnerKind::Human
            | OwnerKind::Automation
            | OwnerKind::Extension
            | OwnerKind::NetworkPeer => None,
        }
    }
}

/// What is asked of the claimer, and what brings it forward. The default asks
/// nothing, and comes before all others.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Demand {
    /// The capabilities that run and profile require.
    required: BTreeSet<String>,
    /// The agents that the profile leaves, where it restricts them.
    agents: Option<BTreeSet<String>>,
    preferred: Vec<String>,
}

impl Demand {
    fn of(run: &Run, profile: Option<&ExecutionProfile>) -> Self {
        let mut demand = Self {
            required: run.required_capabilities.iter().cloned().collect(),
            agents: None,
            preferred: run.preferred_capabilities.clone(),
        };
        let Some(profile) = profile else { return demand };
        let (worker, participants) = (&profile.worker, &profile.participants);
        demand.required.extend(worker.required_capabilities.iter().cloned());
        demand.required.extend(participants.required_capabilities.iter().cloned());
        if !worker.agent_name.is_empty() {
            demand.admit_only(std::slice::from_ref(&worker.agent_name));
        }
        demand.admit_only(&worker.allowed_agent_names);
        demand.admit_only(&participants.allowed_agent_names);
        demand
    }

    /// Restricts the agents to those named as well; naming none restricts nothing.
    fn admit_only(&mut self, names: &[String]) {
        if names.is_empty() {
            return;
        }
        match &mut self.agents {
            Some(agents) => agents.retain(|agent| names.contains(agent)),
            None => self.agents = Some(names.iter().cloned().collect()),
        }
    }
}

impl Lane {
    fn of(candidate: &Candidate<'_>) -> Option<Self> {
        let Task { scope, workspace_id, owner, .. } = candidate.task;
        let workspace = match scope {
            Scope::Global => None,
            Scope::Workspace => workspace_id.clone(),
        };
        let desk = Desk { scope: *scope, workspace, door: Door::of(owner.as_ref())? };
        Some(Self { desk, demand: Demand::of(candidate.run, candidate.profile) })
    }

    /// How many of the preferred capabilities are offered.
    fn score(&self, criteria: &ClaimCriteria) -> usize {
        let offered = &criteria.required_capabilities;
        self.demand.preferred.iter().filter(|capability| offered.contains(capability)).count()
    }
}

impl Queue {
    /// Puts a run in its place, or takes it out of the queue.
    pub(super) fn place(&mut self, run: &RunId, place: Option<Place>) {
        if self.places.get(run) == place.as_ref() {
            return;
        }
        if let Some(Place { ticket, claimable }) = self.places.remove(run) {
            self.backlog.remove(&ticket);
            if let Some((lane, channel)) = claimable {
                self.leave(lane, channel, ticket);
            }
        }
        if let Some(Place { ticket, claimable }) = place {
            self.backlog.insert(ticket.clone());
            let claimable = claimable.map(|(lane, channel)| {
                let lane = self.enter(lane, &channel, ticket.clone());
                (lane, channel)
            });
            self.places.insert(run.clone(), Place { ticket, claimable });
        }
    }

    fn leave(&mut self, lane: Arc<Lane>, channel: Arc<str>, ticket: Ticket) {
        if let Some(tickets) = self.lanes.get_mut(&lane) {
            tickets.remove(&ticket);
            if tickets.is_empty() {
                self.lanes.remove(&lane);
            }
        }
        if !channel.is_empty() {
            self.in_channel.remove(&(channel, lane, ticket));
        }
    }

    /// Answers the lane as it is shared by all that stand in it.
    fn enter(&mut self, lane: Arc<Lane>, channel: &Arc<str>, ticket: Ticket) -> Arc<Lane> {
        let lane = match self.lanes.get_key_value(&lane) {
            Some((shared, _)) => Arc::clone(shared),
            None => lane,
        };
        if !channel.is_empty() {
            self.in_channel.insert((Arc::clone(channel), Arc::clone(&lane), ticket.clone()));
        }
        self.lanes.entry(Arc::clone(&lane)).or_default().insert(ticket);
        lane
    }

    /// The first run, in claim order, that a claimer may take. `admits` judges
    /// the head of each lane that serves the claimer.
    pub(super) fn first_for(
        &self,
        criteria: &ClaimCriteria,
        admits: impl Fn(&RunId) -> bool,
    ) -> Option<&RunId> {
        let desks = desks_for(criteria)?;
        let heads = desks.into_iter().flat_map(|desk| self.heads(desk, criteria));
        heads
            .filter(|(_, head)| admits(&head.run))
            .min_by_key(|(lane, head)| {
                (head.rank, Reverse(lane.score(criteria)), head.queued_at, &head.run)
            })
            .map(|(_, head)| &head.run)
    }

    /// The first run of each lane at a desk, within the claimer's channel if it
    /// names one.
    fn heads(
        &self,
        desk: Desk,
        criteria: &ClaimCriteria,
    ) -> impl Iterator<Item = (&Arc<Lane>, &Ticket)> {
        let channel: Option<Arc<str>> = match criteria.coordination_channel_id.as_str() {
            "" => None,
            channel => Some(Arc::from(channel)),
        };
        let first = Lane { desk, demand: Demand::default() };
        let desk = first.desk.clone();
        let lanes = self.lanes.range::<Lane, _>(&first..);
        lanes.take_while(move |(lane, _)| lane.desk == desk).filter_map(move |(lane, tickets)| {
            let head = match &channel {
                None => tickets.first(),
                Some(channel) => self.first_in_channel(channel, lane),
            };
            head.map(|head| (lane, head))
        })
    }

    fn first_in_channel(&self, channel: &Arc<str>, lane: &Arc<Lane>) -> Option<&Ticket> {
        let start = (Arc::clone(channel), Arc::clone(lane), Ticket::least());
        let (in_channel, in_lane, head) = self.in_channel.range(start..).next()?;
        (in_channel == channel && in_lane == lane).then_some(head)
    }

    /// All queued runs: priority descending, then oldest, then id.
    pub(super) fn backlog(&self) -> impl Iterator<Item = &RunId> {
        self.backlog.iter().map(|ticket| &ticket.run)
    }
}

/// The desks that serve a claimer; none for criteria without a scope.
fn desks_for(criteria: &ClaimCriteria) -> Option<[Desk; 3]> {
    let scope = criteria.scope.known()?;
    let workspace = match scope {
        Scope::Global => None,
        Scope::Workspace => criteria.workspace_id.clone(),
    };
    let doors = [
        Door::Anyone,
        Door::Agent(criteria.agent_name.clone()),
        Door::Session(criteria.claimer_session_id.as_str().to_owned()),
    ];
    Some(doors.map(|door| Desk { scope, workspace: workspace.clone(), door }))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::store::conformance::fixture::{at, claimer, run, task, texts};

    fn put(queue: &mut Queue, run: &Run, task: &Task) {
        let candidate = Candidate { run, task, profile: None, paused_by: None };
        queue.place(&run.id, Place::of(&candidate));
    }

    #[test]
    fn a_claim_looks_at_one_run_of_each_lane() {
        let mut queue = Queue::default();
        let in_channel = |second: i64| Run {
            queued_at: at(second),
            coordination_channel_id: "ops".into(),
            ..run(&format!("run-{second}"), "t")
        };
        for second in 0..300 {
            let (required, preferred): (&[&str], &[&str]) = match second % 3 {
                0 => (&["rust"], &[]),
                1 => (&[], &["go"]),
                _ => (&[], &[]),
            };
            let run = Run {
                required_capabilities: texts(required),
                preferred_capabilities: texts(preferred),
                ..in_channel(second)
            };
            put(&mut queue, &run, &task("t"));
        }
        let any = claimer("s", &[]);
        let channel = ClaimCriteria { coordination_channel_id: "ops".into(), ..any.clone() };
        for criteria in [any, channel] {
            let looks = Cell::new(0);
            let able = |id: &RunId| {
                looks.set(looks.get() + 1);
                id.as_str() != "run-0"
            };
            let first = queue.first_for(&criteria, able);
            assert_eq!(first.map(RunId::as_str), Some("run-1"));
            assert_eq!(looks.get(), 3);
        }
    }

    #[test]
    fn a_lane_that_is_empty_in_a_channel_lends_its_score_to_no_other() {
        let mut queue = Queue::default();
        let rows =
            [("a", 0, "lobby", &["go"][..]), ("b", 2, "ops", &["sql"]), ("c", 1, "ops", &[])];
        for (id, second, channel, preferred) in rows {
            let run = Run {
                queued_at: at(second),
                coordination_channel_id: channel.into(),
                preferred_capabilities: texts(preferred),
                ..run(id, "t")
            };
            put(&mut queue, &run, &task("t"));
        }
        let coordination_channel_id = "ops".into();
        let criteria = ClaimCriteria { coordination_channel_id, ..claimer("s", &["go"]) };
        assert_eq!(queue.first_for(&criteria, |_| true).map(RunId::as_str), Some("c"));
    }

    #[test]
    fn profiles_that_leave_the_same_agents_share_a_lane() {
        let profile = |agent: &str, workers: &[&str], participants: &[&str]| {
            let mut profile = ExecutionProfile::default();
            profile.worker.agent_name = agent.to_owned();
            profile.worker.allowed_agent_names = texts(workers);
            profile.participants.allowed_agent_names = texts(participants);
            profile
        };
        let agents = |profile: &ExecutionProfile| Demand::of(&run("r", "t"), Some(profile)).agents;
        assert_eq!(agents(&profile("", &[], &[])), None);
        let ada = Some(BTreeSet::from(["ada".to_owned()]));
        assert_eq!(agents(&profile("ada", &[], &[])), ada);
        assert_eq!(agents(&profile("", &["eve", "ada"], &["ada", "bob"])), ada);
        assert_eq!(agents(&profile("ada", &["eve"], &[])), Some(BTreeSet::new()));
    }

    #[test]
    fn an_emptied_queue_keeps_nothing() {
        let mut queue = Queue::default();
        let channel = Run { coordination_channel_id: "ops".into(), ..run("r", "t") };
        put(&mut queue, &channel, &task("t"));
        put(&mut queue, &Run { queued_at: at(5), ..channel.clone() }, &task("t"));
        assert_ne!(queue, Queue::default());
        put(&mut queue, &Run { status: RunStatus::Claimed, ..channel }, &task("t"));
        assert_eq!(queue, Queue::default());
    }
}
