//! Every state that a small world can reach: two workers, two tasks with an edge
//! between them, workers that crash, a clock that steps to the last moment of a
//! lease, to its end and beyond.
//!
//! The states are those of the real engine. Two states are one if they differ
//! only in what the future does not depend on: the log, and how far the clock
//! has come.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt::Write;

use taskloom_domain::ClaimToken;
use taskloom_domain::dependency::{AddDependency, DependencyKind};
use taskloom_domain::error::Result;
use taskloom_domain::id::RunId;
use taskloom_domain::lease::{
    ClaimCriteria, ExpiredLeaseRecovery, LeaseCompletion, LeaseFailure, LeaseHeartbeat,
    LeaseRelease,
};
use taskloom_domain::manager::Manager;
use taskloom_domain::run::{EnqueueRun, RunFailure, StartRun};
use taskloom_domain::store::{MemoryStore, Record, RecordStore, RunStore};
use taskloom_domain::task::{CreateTask, Scope, Status};
use taskloom_domain::time::{Duration, Timestamp};
use taskloom_properties::board::Board;
use taskloom_properties::script::{Who, Worker};
use taskloom_properties::surroundings::{CountingIds, Rules, Surroundings};

const TICK: Duration = Duration::from_secs(60);
const LEASE: Duration = Duration::from_secs(120);
const TASKS: [&str; 2] = ["first", "second"];
const MAX_ATTEMPTS: i64 = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Enqueue(&'static str),
    Claim(usize),
    Start(usize),
    Heartbeat(usize),
    Release(usize),
    Complete(usize),
    Fail(usize),
    /// The worker forgets its lease and goes on under the same session.
    Crash(usize),
    Recover,
    Tick,
}

const ACTS: [Act; 18] = [
    Act::Enqueue(TASKS[0]),
    Act::Enqueue(TASKS[1]),
    Act::Claim(0),
    Act::Claim(1),
    Act::Start(0),
    Act::Start(1),
    Act::Heartbeat(0),
    Act::Heartbeat(1),
    Act::Release(0),
    Act::Release(1),
    Act::Complete(0),
    Act::Complete(1),
    Act::Fail(0),
    Act::Fail(1),
    Act::Crash(0),
    Act::Crash(1),
    Act::Recover,
    Act::Tick,
];

impl Act {
    /// Whether this helps to get the work done: what a good worker, somebody who
    /// queues and the clock do.
    fn is_progress(self) -> bool {
        !matches!(self, Act::Fail(_) | Act::Crash(_))
    }
}

/// A board and what the workers remember.
#[derive(Clone)]
struct State {
    store: MemoryStore,
    now: Timestamp,
    claims: u8,
    leases: [Option<(RunId, ClaimToken)>; 2],
}

/// A manager over a copy of the board, which it has to itself.
fn manager(state: &State) -> (Manager, Surroundings) {
    let surroundings = Surroundings::at(state.now, state.claims);
    let runs = TASKS.map(|task| state.store.list_runs_of_task(&task.into()).len());
    let ids = CountingIds::after(runs.iter().sum::<usize>() as u64);
    let options = surroundings.options(Rules::Plain, ids);
    (Manager::new(state.store.clone(), options), surroundings)
}

fn start() -> State {
    let now = Surroundings::default().now();
    let empty =
        State { store: MemoryStore::default(), now, claims: 0, leases: [const { None }; 2] };
    let (mut manager, _) = manager(&empty);
    let person = Who::Person.context();
    for task in TASKS {
        let spec = CreateTask {
            id: Some(task.into()),
            scope: Scope::Global.into(),
            title: task.to_owned(),
            max_attempts: Some(MAX_ATTEMPTS),
            ..CreateTask::default()
        };
        manager.create_task(spec, &person).expect("a task");
    }
    let edge = AddDependency {
        task_id: TASKS[1].into(),
        depends_on_task_id: TASKS[0].into(),
        kind: DependencyKind::Blocks.into(),
    };
    manager.add_dependency(edge, &person).expect("an edge");
    State { store: without_log(manager.store()), ..empty }
}

/// The board without its log, which grows for ever.
fn without_log(store: &MemoryStore) -> MemoryStore {
    MemoryStore::from_records(store.records().filter(|record| !matches!(record, Record::Event(_))))
}

/// The state after an act, or `None` where the act is refused or has no meaning.
fn next(state: &State, act: Act) -> Option<State> {
    let mut next = state.clone();
    match act {
        Act::Tick => {
            next.now = state.now + TICK;
            return Some(next);
        }
        Act::Crash(worker) => {
            next.leases[worker].take()?;
            return Some(next);
        }
        _ => {}
    }
    let (mut manager, surroundings) = manager(state);
    let answer = perform(&mut manager, &mut next, act)?;
    if answer.is_err() {
        assert!(*manager.store() == state.store, "{act:?} is refused, but changes the board");
        return None;
    }
    if let Act::Heartbeat(worker)
    | Act::Release(worker)
    | Act::Complete(worker)
    | Act::Fail(worker) = act
    {
        let (run, token) = state.leases[worker].as_ref().expect("a lease was presented");
        let board = Board::of(&state.store);
        assert!(board.holds(run, token, state.now), "{act:?} is accepted with a stale token");
    }
    next.claims = surroundings.secrets();
    let board = Board::of(manager.store());
    board.check(state.now);
    next.store = without_log(manager.store());
    Some(next)
}

fn perform(manager: &mut Manager, next: &mut State, act: Act) -> Option<Result<()>> {
    let lease = |worker: usize| next.leases[worker].clone();
    let actor = |worker: usize| Worker(worker as u8).context();
    Some(match act {
        Act::Enqueue(task) => {
            let request = EnqueueRun { task_id: task.into(), ..EnqueueRun::default() };
            manager.enqueue_run(request, &Who::Person.context()).map(drop)
        }
        Act::Claim(worker) => {
            let criteria = ClaimCriteria { lease_duration: LEASE, ..ClaimCriteria::default() };
            manager.claim_next_run(criteria, &actor(worker)).map(|claim| {
                next.leases[worker] = Some((claim.run.id, claim.claim_token));
            })
        }
        Act::Start(worker) => {
            let request = StartRun { idempotency_key: "start".to_owned() };
            manager.start_run(&lease(worker)?.0, request, &actor(worker)).map(drop)
        }
        Act::Heartbeat(worker) => {
            let (run_id, claim_token) = lease(worker)?;
            let request = LeaseHeartbeat { run_id, claim_token, lease_duration: LEASE, now: None };
            manager.heartbeat_run_lease(request, &actor(worker)).map(drop)
        }
        Act::Release(worker) => {
            let (run_id, claim_token) = lease(worker)?;
            let request = LeaseRelease { run_id, claim_token, ..LeaseRelease::default() };
            manager.release_run_lease(request, &actor(worker)).map(drop)
        }
        Act::Complete(worker) => {
            let (run_id, claim_token) = lease(worker)?;
            let request = LeaseCompletion { run_id, claim_token, ..LeaseCompletion::default() };
            manager.complete_run_lease(request, &actor(worker)).map(drop)
        }
        Act::Fail(worker) => {
            let (run_id, claim_token) = lease(worker)?;
            let failure = RunFailure { error: "broken".to_owned(), metadata: None };
            let request = LeaseFailure { run_id, claim_token, failure, now: None };
            manager.fail_run_lease(request, &actor(worker)).map(drop)
        }
        Act::Recover => {
            let request = ExpiredLeaseRecovery::default();
            manager.recover_expired_run_leases(request, &Who::Person.context()).map(drop)
        }
        Act::Tick | Act::Crash(_) => return None,
    })
}

/// What the future depends on, as text. Who has done what before, and which of the
/// two workers is which, is no part of it; nor is the order of the queue, since
/// the two tasks can never be claimed at once.
fn canonical(state: &State) -> String {
    let mut text = String::new();
    let mut workers = [String::new(), String::new()];
    for task in TASKS {
        let record = state.store.get_task(&task.into()).expect("tasks stay");
        write!(text, "{}", record.status).expect("a string takes text");
        for run in state.store.list_runs_of_task(&task.into()) {
            write!(text, " {}{}", run.status, run.attempt).expect("a string takes text");
            if !run.status.is_active() {
                continue;
            }
            let ticks = run.lease_until.map(|end| lease_left(end, state.now));
            write!(text, "{ticks:?}").expect("a string takes text");
            for (number, worker) in workers.iter_mut().enumerate() {
                let session = Worker(number as u8).session();
                if run.session_id.as_ref().is_some_and(|bound| bound.as_str() == session) {
                    write!(worker, "at {task} ").expect("a string takes text");
                }
            }
        }
        text.push(';');
    }
    for (worker, lease) in workers.iter_mut().zip(&state.leases) {
        let Some((run, token)) = lease else { continue };
        let run = state.store.get_run(run).expect("runs stay");
        let fits = run.claim_token_hash.as_ref().is_some_and(|hash| hash.verify(token));
        let is_held = fits && run.status.is_active();
        worker.push_str(if is_held { "holds " } else { "remembers" });
        if is_held {
            worker.push_str(run.task_id.as_str());
        }
    }
    workers.sort();
    write!(text, "{workers:?}").expect("a string takes text");
    text
}

/// Ticks to the end of a lease; past it they are all alike.
fn lease_left(end: Timestamp, now: Timestamp) -> i64 {
    (end.since(now).as_secs() / TICK.as_secs()).max(-1)
}

/// Whether everything is done that can be done.
fn is_finished(state: &State) -> bool {
    let status = |task: &str| state.store.get_task(&task.into()).map(|task| task.status);
    match TASKS.map(status) {
        // What waits for it can never be done.
        [Some(Status::Failed), _] => true,
        [Some(Status::Completed), Some(second)] => {
            matches!(second, Status::Completed | Status::Failed)
        }
        _ => false,
    }
}

/// The graph of all states.
#[derive(Default)]
struct Search {
    places: HashMap<String, usize>,
    /// By state: whether everything is done.
    finished: Vec<bool>,
    /// From where an act of progress leads to a state.
    sources: Vec<Vec<usize>>,
    steps: usize,
}

impl Search {
    fn place(&mut self, state: &State) -> (usize, bool) {
        let fresh = self.finished.len();
        let place = *self.places.entry(canonical(state)).or_insert(fresh);
        if place == fresh {
            self.finished.push(is_finished(state));
            self.sources.push(Vec::new());
        }
        (place, place == fresh)
    }

    fn run(first: State) -> Self {
        let mut search = Self::default();
        search.place(&first);
        let mut open = VecDeque::from([(0, first)]);
        while let Some((place, state)) = open.pop_front() {
            for act in ACTS {
                let Some(next) = next(&state, act) else { continue };
                search.steps += 1;
                let (reached, is_new) = search.place(&next);
                if act.is_progress() {
                    search.sources[reached].push(place);
                }
                if is_new {
                    open.push_back((reached, next));
                }
            }
        }
        search
    }

    /// The states from which progress alone leads to an end.
    fn hopeful(&self) -> HashSet<usize> {
        let mut hopeful: HashSet<usize> =
            (0..self.finished.len()).filter(|place| self.finished[*place]).collect();
        let mut open: Vec<usize> = hopeful.iter().copied().collect();
        while let Some(place) = open.pop() {
            for source in &self.sources[place] {
                if hopeful.insert(*source) {
                    open.push(*source);
                }
            }
        }
        hopeful
    }
}

#[test]
fn from_every_state_of_a_small_world_the_work_can_be_finished() {
    let search = Search::run(start());
    let hopeful = search.hopeful();
    let dead: Vec<&String> = (search.places.iter())
        .filter(|(_, place)| !hopeful.contains(place))
        .map(|(text, _)| text)
        .collect();
    println!("{} states, {} steps", search.finished.len(), search.steps);
    assert_eq!(dead, Vec::<&String>::new(), "states that lead nowhere");
    assert!(search.finished.len() > 1_000, "the search stopped early");
}
