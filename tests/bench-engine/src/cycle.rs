//! Claim, heartbeat, complete: what a worker does with a run, while others wait.

use std::collections::{BTreeSet, HashMap};

use taskloom_dataset::Board;
use taskloom_domain::actor::ActorContext;
use taskloom_domain::lease::{ClaimCriteria, LeaseCompletion, LeaseHeartbeat};
use taskloom_domain::run::{EnqueueRun, RunResult};
use taskloom_domain::store::MemoryStore;
use taskloom_domain::task::CreateTask;
use taskloom_domain::time::Duration;
use taskloom_domain::{RawJson, Scope, TaskId};

use crate::outside::print;
use crate::report::{Measure, Target};
use crate::timing::best;

/// At least 50,000 cycles a second natively, a third of that as WebAssembly.
const TARGET: Target = Target { native: 1_000_000.0 / 50_000.0, wasm: 3_000_000.0 / 50_000.0 };
/// What a queue of 100,000 runs may cost, compared with one of 1,000.
const GROWTH: f64 = 2.0;

pub(crate) fn measure() {
    let times = [1_000, 10_000, 100_000].map(of_queue);
    Measure {
        name: "cycle-growth".to_owned(),
        value: times[2] / times[0],
        unit: "times",
        baseline: None,
        target: Target::same(GROWTH),
    }
    .print();
}

/// Measures one size of the queue; answers microseconds.
fn of_queue(queued: usize) -> f64 {
    let cycles = (queued / 2).min(4_000);
    let store = board_with(queued);
    let prepare = || (Board::of(store.clone()), session("worker"));
    let millis = best(prepare, |(board, actor)| {
        for _ in 0..cycles {
            cycle(board, actor);
        }
    });
    let raw = raw_queue(queued);
    let raw_millis = best(
        || raw.clone(),
        |raw| {
            for _ in 0..cycles {
                raw.cycle();
            }
        },
    );
    let each = |millis: f64| millis * 1000.0 / cycles as f64;
    print(&format!("{queued} queued: {:.0} cycles a second", 1_000_000.0 / each(millis)));
    Measure {
        name: format!("cycle-of-{queued}"),
        value: each(millis),
        unit: "us",
        baseline: Some(each(raw_millis)),
        target: Some(TARGET),
    }
    .print();
    each(millis)
}

fn cycle(board: &mut Board, actor: &ActorContext) {
    board.advance(Duration::from_millis(10));
    let criteria = ClaimCriteria { scope: Scope::Global.into(), ..ClaimCriteria::default() };
    let claim = board.manager.claim_next_run(criteria, actor).expect("runs are queued");
    board.manager.take_changes();
    let heartbeat = LeaseHeartbeat {
        run_id: claim.run.id.clone(),
        claim_token: claim.claim_token.clone(),
        ..LeaseHeartbeat::default()
    };
    board.manager.heartbeat_run_lease(heartbeat, actor).expect("the lease lives");
    board.manager.take_changes();
    let completion = LeaseCompletion {
        run_id: claim.run.id,
        claim_token: claim.claim_token,
        result: RunResult { value: RawJson::from_text("{\"files\":3}") },
        ..LeaseCompletion::default()
    };
    board.manager.complete_run_lease(completion, actor).expect("the lease lives");
    board.manager.take_changes();
}

pub(crate) fn session(name: &str) -> ActorContext {
    ActorContext::derive_agent_session(name).expect("the name is a name")
}

pub(crate) fn person() -> ActorContext {
    ActorContext::derive_human("ada", "web", "board").expect("the name is a name")
}

pub(crate) fn create(board: &mut Board, index: usize) -> TaskId {
    board.advance(Duration::from_millis(10));
    let spec = CreateTask {
        id: Some(TaskId::from(format!("task-{index:016x}"))),
        title: format!("Measure part {index}"),
        scope: Scope::Global.into(),
        ..CreateTask::default()
    };
    board.manager.create_task(spec, &person()).expect("the task is in form").id
}

pub(crate) fn enqueue(board: &mut Board, task: &TaskId) {
    let request = EnqueueRun { task_id: task.clone(), ..EnqueueRun::default() };
    board.manager.enqueue_run(request, &person()).expect("the task takes a run");
    board.manager.take_changes();
}

fn board_with(queued: usize) -> MemoryStore {
    let mut board = Board::new();
    for index in 0..queued {
        let task = create(&mut board, index);
        enqueue(&mut board, &task);
    }
    board.manager.store().clone()
}

/// The look-ups of a cycle without any rule: a queue, the runs, the holder of
/// each session, lease ends, and a log.
#[derive(Clone, Default)]
struct RawQueue {
    queue: BTreeSet<(i64, String)>,
    runs: HashMap<String, RawRun>,
    tasks: HashMap<String, &'static str>,
    held_by: HashMap<String, String>,
    lease_ends: BTreeSet<(i64, String)>,
    log: Vec<(String, String)>,
    now: i64,
}

#[derive(Clone)]
struct RawRun {
    task: String,
    status: &'static str,
    token: String,
    lease_end: i64,
}

fn raw_queue(queued: usize) -> RawQueue {
    let mut raw = RawQueue::default();
    for index in 0..queued {
        let (id, task) = (format!("run-{index:016x}"), format!("task-{index:016x}"));
        raw.queue.insert((index as i64, id.clone()));
        raw.tasks.insert(task.clone(), "ready");
        let run = RawRun { task, status: "queued", token: String::new(), lease_end: 0 };
        raw.runs.insert(id, run);
    }
    raw
}

impl RawQueue {
    fn cycle(&mut self) {
        const LEASE: i64 = 300_000;
        self.now += 10;
        let (_, id) = self.queue.pop_first().expect("runs are queued");
        let run = self.runs.get_mut(&id).expect("queued runs are there");
        run.status = "claimed";
        run.token = format!("secret-{}", self.now);
        run.lease_end = self.now + LEASE;
        self.held_by.insert("worker".to_owned(), id.clone());
        self.lease_ends.insert((run.lease_end, id.clone()));
        self.tasks.insert(run.task.clone(), "in_progress");
        self.log.push((id.clone(), format!("{{\"status\":\"claimed\",\"at\":{}}}", self.now)));

        let run = self.runs.get_mut(&id).expect("claimed runs are there");
        self.lease_ends.remove(&(run.lease_end, id.clone()));
        run.lease_end = self.now + LEASE + 1;
        self.lease_ends.insert((run.lease_end, id.clone()));
        self.log.push((id.clone(), format!("{{\"status\":\"claimed\",\"at\":{}}}", self.now)));

        let run = self.runs.get_mut(&id).expect("claimed runs are there");
        self.lease_ends.remove(&(run.lease_end, id.clone()));
        run.status = "completed";
        self.held_by.remove("worker");
        self.tasks.insert(run.task.clone(), "completed");
        self.log.push((id, format!("{{\"status\":\"completed\",\"at\":{}}}", self.now)));
    }
}
