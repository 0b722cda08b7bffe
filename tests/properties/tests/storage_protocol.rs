//! Every order in which two boards on one log can commit, meet conflicts, catch
//! up, keep snapshots, prune and crash.
//!
//! The boards are the real ones. Their log is one whose calls wait at a gate; the
//! search opens one gate after the other, in every order, with one crash at every
//! moment and one lost answer at every call. A state is what the database holds
//! and what each writer has asked and heard, from which everything that a writer
//! knows follows; states that were met before are not gone on from.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "storage_protocol/gate.rs"]
mod gate;

use std::cell::RefCell;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZeroU64;
use std::rc::Rc;

use futures_executor::{LocalPool, LocalSpawner, block_on};
use futures_util::task::LocalSpawnExt;
use gate::{Database, Gate, GatedLog, Hints, Turn};
use taskloom_domain::actor::{ActorContext, OriginKind};
use taskloom_domain::environment::{IdGenerator, IdPrefix};
use taskloom_domain::lease::ClaimCriteria;
use taskloom_domain::manager::{Manager, ManagerOptions};
use taskloom_domain::run::EnqueueRun;
use taskloom_domain::store::{MemoryStore, Record};
use taskloom_domain::task::{CreateTask, Scope};
use taskloom_domain::time::Timestamp;
use taskloom_domain::{ErrorKind, Result};
use taskloom_storage::{
    Board, BoardError, BoardOptions, ChangeLog, Damage, MemoryLog, Snapshot, StorageError, Version,
    WriterId,
};

const WRITERS: usize = 2;

/// What one writer does, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    /// Creates a task of its own.
    Create(&'static str),
    /// Claims the one run that is queued.
    Claim,
}

/// A step of the search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Step {
    /// The writer submits its next operation.
    Submit(usize),
    /// The hints on their way arrive.
    Hear(usize),
    /// One of its calls takes effect and is answered.
    Answer(usize, usize),
    /// One of its appends takes effect, and its answer is lost.
    Lose(usize, usize),
    /// The writer's program ends at once, and is started again.
    Crash(usize),
}

/// How much may happen beside the operations.
#[derive(Debug, Clone, Copy)]
struct Limits {
    crashes: usize,
    lost: usize,
    hints: Hints,
}

/// What became of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Outcome {
    Waiting,
    Done,
    Refused(ErrorKind),
    /// It may show up later.
    Unknown,
    NotKept,
    /// Nobody was there to hear.
    Crashed,
}

type Answers = Rc<RefCell<Vec<(Act, Outcome)>>>;

struct Writer {
    number: usize,
    generation: u32,
    pool: LocalPool,
    gate: Rc<Gate>,
    board: Rc<RefCell<Option<Board<GatedLog>>>>,
    left: Vec<Act>,
    answers: Answers,
}

struct Ids {
    writer: usize,
    generation: u32,
    count: u32,
}

impl IdGenerator for Ids {
    fn new_id(&mut self, prefix: IdPrefix) -> String {
        self.count += 1;
        format!("{}-{}-{}-{}", prefix.as_str(), self.writer, self.generation, self.count)
    }
}

fn engine(writer: usize, generation: u32) -> ManagerOptions {
    let clock = || Timestamp::from_millis(1_767_225_600_000);
    let mut secrets = [writer as u8, generation as u8].repeat(16);
    let tokens = move || {
        secrets[31] = secrets[31].wrapping_add(2);
        secrets.clone().try_into().expect("32 bytes were made")
    };
    ManagerOptions::new(clock, Ids { writer, generation, count: 0 }, tokens)
}

fn options(writer: usize, generation: u32, spawner: LocalSpawner, every: u64) -> BoardOptions {
    let mut name = [0; 16];
    name[0] = writer as u8 + 1;
    name[1] = generation as u8;
    let mut options = BoardOptions::new(WriterId::from_random(name), move |task| {
        spawner.spawn_local(task).expect("the pool outlives its board");
    });
    options.snapshot_every = NonZeroU64::new(every).expect("it is positive");
    options
}

impl Writer {
    fn start(&mut self, database: &Rc<RefCell<Database>>, every: u64) {
        self.pool = LocalPool::new();
        self.gate = Rc::default();
        self.gate.note(("generation", self.generation));
        self.board = Rc::default();
        let log = GatedLog {
            writer: self.number,
            database: Rc::clone(database),
            gate: Rc::clone(&self.gate),
        };
        let engine = engine(self.number, self.generation);
        let options = options(self.number, self.generation, self.pool.spawner(), every);
        let board = Rc::clone(&self.board);
        let opening = async move {
            let opened = Board::open(log, engine, options).await;
            *board.borrow_mut() = Some(opened.expect("nothing keeps a board from opening"));
        };
        self.pool.spawner().spawn_local(opening).unwrap();
        self.rest();
    }

    fn rest(&mut self) {
        self.pool.run_until_stalled();
    }

    fn submit(&mut self) {
        let act = self.left.remove(0);
        self.gate.note(("submit", act));
        let board = self.board.borrow().clone().expect("an open board submits");
        let (answers, number) = (Rc::clone(&self.answers), self.number);
        let place = answers.borrow().len();
        answers.borrow_mut().push((act, Outcome::Waiting));
        let operation = async move {
            let answer = board.run(move |manager| perform(manager, number, act)).await;
            answers.borrow_mut()[place].1 = match answer {
                Ok(()) => Outcome::Done,
                Err(BoardError::Refused(error)) => Outcome::Refused(error.kind()),
                Err(BoardError::Storage(StorageError::Failed { .. })) => Outcome::Unknown,
                Err(BoardError::Storage(_)) => Outcome::NotKept,
            };
        };
        self.pool.spawner().spawn_local(operation).unwrap();
        self.rest();
    }

    fn crash(&mut self) {
        self.pool = LocalPool::new();
        for (_, outcome) in self.answers.borrow_mut().iter_mut() {
            if *outcome == Outcome::Waiting {
                *outcome = Outcome::Crashed;
            }
        }
        self.generation += 1;
    }
}

fn perform(manager: &mut Manager, writer: usize, act: Act) -> Result<()> {
    match act {
        Act::Create(title) => {
            let spec = CreateTask {
                scope: Scope::Global.into(),
                title: title.into(),
                ..CreateTask::default()
            };
            manager.create_task(spec, &ada()).map(drop)
        }
        Act::Claim => {
            let session = ActorContext::derive_agent_session(&format!("worker-{writer}"))?;
            let criteria =
                ClaimCriteria { scope: Scope::Global.into(), ..ClaimCriteria::default() };
            manager.claim_next_run(criteria, &session).map(drop)
        }
    }
}

fn ada() -> ActorContext {
    ActorContext::derive_human("ada", OriginKind::Web, "tab").unwrap()
}

struct World {
    database: Rc<RefCell<Database>>,
    writers: Vec<Writer>,
    every: u64,
    left: Limits,
}

impl World {
    /// Two boards that were opened on a log with one queued run.
    fn new(scripts: &[&[Act]; WRITERS], every: u64, limits: Limits) -> Self {
        let database: Rc<RefCell<Database>> = Rc::default();
        database.borrow_mut().hints = limits.hints;
        let writers = (0..WRITERS).map(|number| Writer {
            number,
            generation: 0,
            pool: LocalPool::new(),
            gate: Rc::default(),
            board: Rc::default(),
            left: scripts[number].to_vec(),
            answers: Rc::default(),
        });
        let mut world = Self { database, writers: writers.collect(), every, left: limits };
        world.queue_a_run();
        for writer in &mut world.writers {
            writer.start(&world.database, every);
            while writer.board.borrow().is_none() {
                writer.gate.open(0, Turn::Answered);
                writer.rest();
            }
        }
        world
    }

    fn queue_a_run(&self) {
        let log = MemoryLog::new();
        let mut pool = LocalPool::new();
        let options = options(8, 0, pool.spawner(), u64::MAX);
        pool.run_until(async {
            let board = Board::open(log.clone(), engine(8, 0), options).await.unwrap();
            let queue = |manager: &mut Manager| {
                let spec = CreateTask {
                    scope: Scope::Global.into(),
                    title: "queued".into(),
                    ..CreateTask::default()
                };
                let task = manager.create_task(spec, &ada())?;
                let request = EnqueueRun { task_id: task.id, ..EnqueueRun::default() };
                manager.enqueue_run(request, &ada()).map(drop)
            };
            board.run(queue).await.unwrap();
            let tail = log.read(Version::ZERO).await.unwrap();
            let mut database = self.database.borrow_mut();
            database.entries.extend(tail.entries.into_iter().map(|it| (it.version, it.bytes)));
        });
    }

    /// The first writer does some operations while the other one hears nothing.
    fn go_ahead(&mut self, operations: usize) {
        for _ in 0..operations {
            self.take(Step::Submit(0));
            while !self.writers[0].gate.calls().is_empty() {
                self.take(Step::Answer(0, 0));
            }
        }
    }

    fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for writer in &self.writers {
            let number = writer.number;
            let is_open = writer.board.borrow().is_some();
            if is_open && !writer.left.is_empty() {
                steps.push(Step::Submit(number));
            }
            if writer.gate.unheard.get() > 0 {
                steps.push(Step::Hear(number));
            }
            let calls = writer.gate.calls();
            for (index, name) in calls.iter().enumerate() {
                steps.push(Step::Answer(number, index));
                if *name == "append" && self.left.lost > 0 {
                    steps.push(Step::Lose(number, index));
                }
            }
            if self.left.crashes > 0 && !calls.is_empty() {
                steps.push(Step::Crash(number));
            }
        }
        steps
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Submit(number) => self.writers[number].submit(),
            Step::Hear(number) => self.writers[number].rest(),
            Step::Answer(number, call) => {
                self.writers[number].gate.open(call, Turn::Answered);
                self.writers[number].rest();
            }
            Step::Lose(number, call) => {
                self.left.lost -= 1;
                self.writers[number].gate.open(call, Turn::Lost);
                self.writers[number].rest();
            }
            Step::Crash(number) => {
                self.left.crashes -= 1;
                self.writers[number].crash();
                self.writers[number].start(&self.database, self.every);
            }
        }
    }

    fn mark(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        let database = self.database.borrow();
        (&database.entries, database.floor, &database.snapshots).hash(&mut hasher);
        (self.left.crashes, self.left.lost).hash(&mut hasher);
        for writer in &self.writers {
            writer.gate.history.borrow().hash(&mut hasher);
            (writer.gate.calls(), writer.gate.unheard.get()).hash(&mut hasher);
            writer.answers.borrow().iter().for_each(|(_, outcome)| outcome.hash(&mut hasher));
        }
        hasher.finish()
    }

    /// What holds at every moment.
    fn check(&self) {
        let database = self.database.borrow();
        let counted = database.counted();
        let numbers: Vec<u64> = counted.iter().map(|(version, _)| version.get()).collect();
        assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "a gap: {numbers:?}");
        let first = numbers.first().copied().unwrap_or_default();
        let newest_snapshot = database.snapshots.keys().next_back().map_or(0, |it| it.get());
        assert!(newest_snapshot + 1 >= first, "entries before {first} are needed and gone");
        assert!(newest_snapshot <= *numbers.last().unwrap(), "a snapshot of the future");
    }

    /// What holds when everything has come to rest.
    fn check_end(&mut self) {
        let fresh = self.fresh();
        let head = self.database.borrow().counted().last().unwrap().0;
        let titles = titles(&fresh);
        for writer in &self.writers {
            for (act, outcome) in writer.answers.borrow().iter() {
                let Act::Create(title) = act else { continue };
                let count = titles.iter().filter(|it| it == title).count();
                let (least, most) = match outcome {
                    Outcome::Done => (1, 1),
                    Outcome::Refused(_) | Outcome::NotKept => (0, 0),
                    Outcome::Unknown | Outcome::Crashed => (0, 1),
                    Outcome::Waiting => panic!("nobody answers {act:?}"),
                };
                assert!((least..=most).contains(&count), "{act:?} is {outcome:?}, {count} times");
            }
            let board = writer.board.borrow().clone().expect("every writer is open in the end");
            let theirs = board.read(|manager| manager.store().clone());
            // Who hears nothing finds out with its next operation.
            let is_behind = self.left.hints == Hints::Missed && board.version() < head;
            assert!(is_behind || theirs == fresh, "a board is another one than the log's");
            assert_eq!(board.damage(), Damage::default());
        }
        let claims = self.writers.iter().flat_map(|it| it.answers.borrow().clone());
        let claimed = claims.filter(|it| *it == (Act::Claim, Outcome::Done)).count();
        assert!(claimed <= 1, "the run was given out {claimed} times");
    }

    /// The board as a program finds it that opens it now.
    fn fresh(&self) -> MemoryStore {
        let log = MemoryLog::new();
        self.copy_to(&log);
        let mut pool = LocalPool::new();
        let options = options(9, 0, pool.spawner(), u64::MAX);
        let board = pool.run_until(Board::open(log, engine(9, 0), options)).unwrap();
        assert_eq!(board.damage(), Damage::default());
        board.read(|manager| manager.store().clone())
    }

    fn copy_to(&self, log: &MemoryLog) {
        let database = self.database.borrow();
        let counted = database.counted();
        let first = counted[0].0;
        for number in 0..first.get() - 1 {
            block_on(log.append(Version::new(number).unwrap(), b"pruned")).unwrap();
        }
        for (version, bytes) in counted {
            block_on(log.append(version.previous().unwrap(), bytes)).unwrap();
        }
        block_on(log.prune(first)).unwrap();
        for (version, bytes) in &database.snapshots {
            let snapshot = Snapshot { version: *version, bytes: bytes.clone() };
            block_on(log.put_snapshot(snapshot)).unwrap();
        }
    }
}

fn titles(store: &MemoryStore) -> Vec<String> {
    let records = store.records();
    records
        .filter_map(|record| match record {
            Record::Task(task) => Some(task.title.clone()),
            _ => None,
        })
        .collect()
}

#[derive(Debug, Default)]
struct Found {
    states: usize,
    ends: usize,
    strays: usize,
    longest: usize,
}

/// Goes through every order of steps, once the first writer has done so many of
/// its operations alone.
fn search(scripts: &[&[Act]; WRITERS], ahead: usize, every: u64, limits: Limits) -> Found {
    let mut found = Found::default();
    let mut met = HashSet::new();
    let mut pending: Vec<Vec<Step>> = vec![Vec::new()];
    while let Some(path) = pending.pop() {
        let mut world = World::new(scripts, every, limits);
        world.go_ahead(ahead);
        for step in &path {
            world.take(*step);
        }
        if !met.insert(world.mark()) {
            continue;
        }
        found.states += 1;
        found.longest = found.longest.max(path.len());
        let clears = world.writers.iter().any(|it| it.gate.calls().contains(&"clear"));
        found.strays += usize::from(clears);
        world.check();
        let steps = world.steps();
        if steps.iter().all(|step| matches!(step, Step::Crash(_))) {
            found.ends += 1;
            world.check_end();
        }
        pending.extend(steps.into_iter().map(|step| {
            let mut next = path.clone();
            next.push(step);
            next
        }));
    }
    found
}

#[test]
fn two_writers_with_a_crash_or_a_lost_answer_at_every_moment() {
    let scripts: [&[Act]; WRITERS] = [&[Act::Create("a"), Act::Claim], &[Act::Claim]];
    for (crashes, lost) in [(1, 0), (0, 1)] {
        let limits = Limits { crashes, lost, hints: Hints::Heard };
        let found = search(&scripts, 0, 2, limits);
        println!("{limits:?}: {found:?}");
        assert!(found.ends > 10, "{found:?}");
    }
}

#[test]
fn a_writer_that_is_far_behind_never_takes_a_pruned_place() {
    let scripts: [&[Act]; WRITERS] = [&["a", "b", "c", "d"].map(Act::Create), &[Act::Create("e")]];
    let limits = Limits { crashes: 1, lost: 0, hints: Hints::Missed };
    let found = search(&scripts, 3, 1, limits);
    println!("{found:?}");
    assert!(found.strays > 10, "{found:?}");
}
