//! Boards over a log in memory: what is kept, what is taken back, who is told.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod fixture;

use std::cell::{Cell, RefCell};
use std::num::NonZeroU64;
use std::rc::Rc;

use fixture::{create, create_as, records, titles, yield_now};
use futures_executor::LocalPool;
use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::task::LocalSpawnExt;
use taskloom_domain::id::TaskId;
use taskloom_domain::manager::Manager;
use taskloom_domain::store::{Change, MemoryStore, Record, RecordStore};
use taskloom_domain::{ErrorKind, TaskError};
use taskloom_storage::conformance::{Step, Unsteady};
use taskloom_storage::{
    Appended, Board, BoardChange, BoardError, ChangeLog, CloseReason, MemoryLog, Snapshot, Source,
    StorageError, Tail, Version, Watch,
};

/// A tab: an executor of its own, so that it does nothing while it has no turn.
struct Tab<L> {
    pool: LocalPool,
    board: Board<L>,
    spawned: usize,
}

impl<L: ChangeLog + 'static> Tab<L> {
    fn open(log: L) -> Self {
        Self::try_open(log, 512).unwrap()
    }

    fn try_open(log: L, snapshot_every: u64) -> Result<Self, StorageError> {
        let mut pool = LocalPool::new();
        let spawner = pool.spawner();
        let (engine, mut options) =
            fixture::options(move |task| spawner.spawn_local(task).unwrap());
        options.snapshot_every = NonZeroU64::new(snapshot_every).unwrap();
        let board = pool.run_until(Board::open(log, engine, options))?;
        Ok(Self { pool, board, spawned: 0 })
    }

    fn wait<T>(&mut self, work: impl Future<Output = T>) -> T {
        self.pool.run_until(work)
    }

    /// Gives the tab time for everything that it can do on its own.
    fn idle(&mut self) {
        self.wait(async {
            for _ in 0..100 {
                yield_now().await;
            }
        });
    }

    /// Runs an operation when its turn comes, a few turns after the one before.
    fn spawn(
        &mut self,
        operation: impl FnMut(&mut Manager) -> Result<TaskId, TaskError> + 'static,
    ) {
        let board = self.board.clone();
        let turns = 5 * self.spawned;
        self.spawned += 1;
        let task = async move {
            for _ in 0..turns {
                yield_now().await;
            }
            board.run(operation).await.unwrap();
        };
        self.pool.spawner().spawn_local(task).unwrap();
    }

    fn create(&mut self, title: &str) -> Result<(), BoardError> {
        let board = self.board.clone();
        self.wait(board.run(create(title))).map(drop)
    }

    fn catch_up(&mut self) {
        let board = self.board.clone();
        self.wait(board.catch_up()).unwrap();
    }
}

fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

/// What a subscriber has been told so far.
fn told(changes: &mut (impl futures_core::Stream<Item = BoardChange> + Unpin)) -> Vec<BoardChange> {
    let mut told = Vec::new();
    let mut pool = LocalPool::new();
    while let Some(Some(change)) =
        pool.run_until(async { futures_util::future::poll_immediate(changes.next()).await })
    {
        told.push(change);
    }
    told
}

/// What the changes amount to on an empty board.
fn replayed(changes: &[BoardChange]) -> Vec<Record> {
    let mut store = MemoryStore::default();
    for change in changes {
        store.apply(&change.changes);
    }
    store.records().collect()
}

fn quota() -> StorageError {
    StorageError::QuotaExceeded { cause: "the test says so".into() }
}

#[test]
fn answered_operation_is_in_the_log() {
    let log = MemoryLog::new();
    let mut tab = Tab::open(log.another());
    tab.create("water the plants").unwrap();
    assert_eq!(tab.board.version(), version(1));
    let reopened = Tab::open(log);
    assert_eq!(records(&reopened.board), records(&tab.board));
    assert_eq!(titles(&reopened.board), ["water the plants"]);
}

#[test]
fn refused_operation_leaves_no_entry() {
    let log = Unsteady::new(MemoryLog::new(), []);
    let mut tab = Tab::open(log.clone());
    let Err(BoardError::Refused(error)) = tab.create(" ") else { panic!("a title is required") };
    assert_eq!(error.kind(), ErrorKind::Validation);
    assert_eq!((log.appends(), tab.board.version()), (0, Version::ZERO));
}

#[test]
fn first_step_of_a_refused_operation_is_kept() {
    let log = MemoryLog::new();
    let mut tab = Tab::open(log.another());
    let (mut first, mut second) = (create("kept"), create(" "));
    let board = tab.board.clone();
    let answer = tab.wait(board.run(move |manager| {
        first(manager)?;
        second(manager)
    }));
    assert!(matches!(answer, Err(BoardError::Refused(_))));
    assert_eq!(tab.board.version(), version(1));
    assert_eq!(titles(&Tab::open(log).board), ["kept"]);
}

#[test]
fn slower_writer_decides_again_on_what_is_new() {
    let log = MemoryLog::new();
    let (mut one, mut other) = (Tab::open(log.another()), Tab::open(log.another()));
    one.create("first").unwrap();
    let seen = Rc::new(Cell::new(Vec::new()));
    let (notes, mut second) = (Rc::clone(&seen), create("second"));
    let board = other.board.clone();
    other
        .wait(board.run(move |manager| {
            let mut counts = notes.take();
            counts.push(manager.store().list_tasks(&Default::default()).len());
            notes.set(counts);
            second(manager)
        }))
        .unwrap();
    assert_eq!(seen.take(), [0, 1], "decided on the empty board, and again after the first task");
    one.idle();
    assert_eq!(titles(&one.board), ["first", "second"]);
    assert_eq!(records(&one.board), records(&other.board));
    assert_eq!((one.board.version(), other.board.version()), (version(2), version(2)));
}

#[test]
fn operation_that_lost_its_ground_is_refused() {
    let log = MemoryLog::new();
    let (mut one, mut other) = (Tab::open(log.another()), Tab::open(log.another()));
    let run = |tab: &mut Tab<MemoryLog>, title: &str| {
        let board = tab.board.clone();
        tab.wait(board.run(create_as(Some("task-1"), title)))
    };
    run(&mut one, "mine").unwrap();
    assert!(matches!(run(&mut other, "mine too"), Err(BoardError::Refused(_))));
    assert_eq!(titles(&other.board), ["mine"]);
    assert_eq!(other.board.version(), version(1), "a refusal appends nothing");
}

#[test]
fn concurrent_operations_share_appends() {
    let log = Unsteady::new(MemoryLog::new(), []);
    let mut tab = Tab::open(log.clone());
    log.plan([Step::Wait(3)]);
    let board = tab.board.clone();
    let operations = (0..50).map(|number| board.run(create(&format!("task {number}"))));
    let answers = tab.wait(join_all(operations));
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(titles(&tab.board).len(), 50);
    assert!(log.appends() < 5, "{} appends", log.appends());
    assert_eq!(tab.board.version().get(), log.appends() as u64);
}

#[test]
fn failed_append_takes_everything_back() {
    let log = Unsteady::new(MemoryLog::new(), []);
    let mut tab = Tab::open(log.clone());
    tab.create("before").unwrap();
    let before = records(&tab.board);
    let mut changes = tab.board.watch();
    log.plan([Step::Fail(quota())]);
    let board = tab.board.clone();
    let answers = tab.wait(join_all((0..3).map(|number| board.run(create(&format!("{number}"))))));
    assert!(answers.into_iter().all(|it| it == Err(BoardError::Storage(quota()))));
    assert_eq!(records(&tab.board), before);
    assert_eq!(told(&mut changes), [], "what is taken back never shows");
    assert_eq!(tab.board.fault(), Some(quota()));
    tab.create("after").unwrap();
    assert_eq!(titles(&tab.board), ["after", "before"]);
    assert_eq!(tab.board.fault(), None);
}

#[test]
fn refusal_is_not_answered_before_its_ground_is_kept() {
    let log = Unsteady::new(MemoryLog::new(), []);
    let mut tab = Tab::open(log.clone());
    log.plan([Step::Fail(quota())]);
    let board = tab.board.clone();
    let answers = tab.wait(join_all([
        board.run(create_as(Some("task-1"), "first")),
        board.run(create_as(Some("task-1"), "refused because of the first")),
    ]));
    assert!(answers.into_iter().all(|it| it == Err(BoardError::Storage(quota()))));
}

#[test]
fn entry_of_a_lost_answer_is_found_again() {
    let log = Unsteady::new(MemoryLog::new(), []);
    let mut tab = Tab::open(log.clone());
    let mut changes = tab.board.watch();
    log.plan([Step::LoseAnswer]);
    tab.create("once").unwrap();
    assert_eq!(titles(&tab.board), ["once"]);
    assert_eq!((log.appends(), tab.board.version()), (1, version(1)));
    assert_eq!(told(&mut changes).len(), 1);
}

#[test]
fn unknown_outcome_is_a_failure_and_shows_up_later() {
    let log = Unsteady::new(MemoryLog::new(), []);
    let mut tab = Tab::open(log.clone());
    let mut changes = tab.board.watch();
    let failed = StorageError::Failed { cause: "no connection".into() };
    log.plan([Step::LoseAnswer, Step::Fail(failed)]);
    assert_eq!(tab.create("maybe").unwrap_err().code(), "failed");
    assert_eq!(titles(&tab.board), [""; 0]);
    tab.catch_up();
    assert_eq!(titles(&tab.board), ["maybe"]);
    assert_eq!(told(&mut changes)[0].source, Source::Own);
}

#[test]
fn subscribers_hear_every_step_once_and_in_order() {
    let log = MemoryLog::new();
    let (mut one, mut other) = (Tab::open(log.another()), Tab::open(log.another()));
    let (mut of_one, mut of_other) = (one.board.watch(), other.board.watch());
    one.create("a").unwrap();
    other.create("b").unwrap();
    one.create("c").unwrap();
    other.idle();
    let steps = |changes: &[BoardChange]| {
        changes.iter().map(|it| (it.version.get(), it.source)).collect::<Vec<_>>()
    };
    let (of_one, of_other) = (told(&mut of_one), told(&mut of_other));
    assert_eq!(steps(&of_one), [(1, Source::Own), (2, Source::Other), (3, Source::Own)]);
    assert_eq!(steps(&of_other), [(1, Source::Other), (2, Source::Own), (3, Source::Other)]);
    for (mine, theirs) in of_one.iter().zip(&of_other) {
        assert_eq!(mine.changes, theirs.changes);
    }
    assert_eq!(replayed(&of_one), records(&one.board));
}

#[test]
fn board_catches_up_by_itself_on_a_hint() {
    let log = MemoryLog::new();
    let (mut one, mut other) = (Tab::open(log.another()), Tab::open(log.another()));
    one.create("hear this").unwrap();
    assert_eq!(titles(&other.board), [""; 0]);
    other.idle();
    assert_eq!(titles(&other.board), ["hear this"]);
}

#[test]
fn snapshot_and_the_entries_after_it_give_the_board() {
    let log = MemoryLog::new();
    let mut tab = Tab::try_open(log.another(), 4).unwrap();
    for number in 0..11 {
        tab.create(&format!("task {number:02}")).unwrap();
        tab.idle();
    }
    let newest = tab.wait(log.snapshot(Version::MAX)).unwrap().unwrap();
    assert_eq!(newest.version, version(8));
    let tail = tab.wait(log.read(Version::ZERO)).unwrap();
    assert_eq!(tail.entries[0].version, version(4), "older entries are pruned");
    let reopened = Tab::open(log);
    assert_eq!(records(&reopened.board), records(&tab.board));
    assert_eq!(reopened.board.version(), version(11));
}

#[test]
fn snapshot_leaves_out_what_is_not_kept() {
    let log = MemoryLog::new();
    let slow = Unsteady::new(log.another(), []);
    let mut tab = Tab::try_open(slow.clone(), 1).unwrap();
    slow.plan([Step::Wait(9), Step::Wait(9)]);
    tab.spawn(create("kept"));
    // Its turn comes when the append of the first one is on its way.
    tab.spawn(create("still on its way"));
    tab.idle();
    assert_eq!(tab.board.version(), version(2));
    let (entries, snapshot) = tab.wait(async {
        (log.read(Version::ZERO).await.unwrap().entries, log.snapshot(version(1)).await.unwrap())
    });
    let first = MemoryLog::new();
    tab.wait(first.append(Version::ZERO, &entries[0].bytes)).unwrap();
    tab.wait(first.put_snapshot(&snapshot.unwrap())).unwrap();
    assert_eq!(titles(&Tab::open(first).board), ["kept"]);
    assert_eq!(titles(&tab.board), ["kept", "still on its way"]);
}

#[test]
fn board_that_is_far_behind_starts_from_the_snapshot() {
    let log = MemoryLog::new();
    let mut behind = Tab::open(log.another());
    let mut changes = behind.board.watch();
    let mut busy = Tab::try_open(log.another(), 2).unwrap();
    for number in 0..9 {
        busy.create(&format!("task {number}")).unwrap();
        busy.idle();
    }
    assert!(behind.wait(log.read(Version::ZERO)).unwrap().entries.len() < 9, "pruned");
    behind.create("late").unwrap();
    busy.idle();
    assert_eq!(records(&behind.board), records(&busy.board));
    assert_eq!(titles(&behind.board).len(), 10);
    let told = told(&mut changes);
    assert_eq!(replayed(&told), records(&behind.board), "subscribers miss nothing");
    assert_eq!(told.last().unwrap().source, Source::Own);
    let first = &told[0].changes;
    assert!(first.iter().all(|it| matches!(it, Change::Put(_))), "nothing unkept shows");
}

#[test]
fn damaged_snapshot_is_passed_over_while_its_entries_are_there() {
    let log = MemoryLog::new();
    let mut tab = Tab::try_open(log.another(), 3).unwrap();
    for number in 0..8 {
        tab.create(&format!("task {number}")).unwrap();
        tab.idle();
    }
    let newest = tab.wait(log.snapshot(Version::MAX)).unwrap().unwrap();
    let mut bytes = newest.bytes.clone();
    bytes[40] ^= 1;
    tab.wait(log.put_snapshot(&Snapshot { bytes, ..newest.clone() })).unwrap();
    assert_eq!(records(&Tab::open(log.another()).board), records(&tab.board));
    tab.wait(log.prune(newest.version)).unwrap();
    let error = Tab::try_open(log, 3).map(drop).unwrap_err();
    assert_eq!(error.code(), "corrupt", "without the entries, nothing stands for it: {error}");
}

#[test]
fn damaged_or_newer_entry_is_an_error_and_nothing_is_touched() {
    let log = MemoryLog::new();
    let mut tab = Tab::open(log.another());
    tab.create("fine").unwrap();
    assert_eq!(
        tab.wait(log.append(version(1), b"TLOG, but what follows is none")),
        Ok(Appended::At(version(2)))
    );
    let mut faults = tab.board.watch_fault();
    let error = tab.create("late").unwrap_err();
    assert_eq!(error.code(), "corrupt", "{error}");
    assert_eq!(titles(&tab.board), ["fine"], "what was readable stays");
    assert!(matches!(tab.wait(faults.next()), Some(Some(StorageError::Corrupt { .. }))));
    assert_eq!(Tab::try_open(log.another(), 512).map(drop).unwrap_err().code(), "corrupt");
    assert_eq!(tab.wait(log.read(Version::ZERO)).unwrap().entries.len(), 2);
}

/// A log that somebody can put another one in the place of.
struct Replaceable(Rc<RefCell<MemoryLog>>);

impl Replaceable {
    fn now(&self) -> MemoryLog {
        self.0.borrow().clone()
    }
}

impl ChangeLog for Replaceable {
    async fn read(&self, after: Version) -> Result<Tail, StorageError> {
        self.now().read(after).await
    }

    async fn append(&self, expected: Version, entry: &[u8]) -> Result<Appended, StorageError> {
        self.now().append(expected, entry).await
    }

    async fn snapshot(&self, at_or_before: Version) -> Result<Option<Snapshot>, StorageError> {
        self.now().snapshot(at_or_before).await
    }

    async fn put_snapshot(&self, snapshot: &Snapshot) -> Result<(), StorageError> {
        self.now().put_snapshot(snapshot).await
    }

    async fn prune(&self, before: Version) -> Result<(), StorageError> {
        self.now().prune(before).await
    }

    fn watch(&self) -> Watch {
        self.now().watch()
    }

    async fn close(&self) {
        self.now().close().await;
    }
}

#[test]
fn log_that_went_back_is_an_error() {
    let log = Rc::new(RefCell::new(MemoryLog::new()));
    let mut tab = Tab::open(Replaceable(Rc::clone(&log)));
    tab.create("one").unwrap();
    tab.create("two").unwrap();
    log.replace(MemoryLog::new());
    let board = tab.board.clone();
    assert_eq!(tab.wait(board.catch_up()).unwrap_err().code(), "corrupt");
    assert_eq!(tab.create("three").unwrap_err().code(), "corrupt");
    assert_eq!(titles(&tab.board), ["one", "two"]);
}

#[test]
fn closing_answers_what_was_submitted_and_then_refuses() {
    let log = MemoryLog::new();
    let slow = Unsteady::new(log.another(), []);
    let mut tab = Tab::open(slow.clone());
    slow.plan([Step::Wait(2)]);
    let mut changes = tab.board.watch();
    let board = tab.board.clone();
    let (answer, ()) =
        tab.wait(futures_util::future::join(board.run(create("in time")), board.close()));
    answer.unwrap();
    let closed = StorageError::Closed { reason: CloseReason::Owner };
    assert_eq!(tab.create("late"), Err(BoardError::Storage(closed.clone())));
    assert_eq!(tab.wait(board.catch_up()), Err(closed));
    tab.wait(board.close());
    assert!(tab.wait(changes.next()).is_some());
    assert_eq!(tab.wait(changes.next()), None);
    assert_eq!(titles(&tab.board), ["in time"], "reads go on");
    assert_eq!(titles(&Tab::open(log).board), ["in time"]);
}

#[test]
fn export_holds_what_is_kept_and_nothing_else() {
    let log = Unsteady::new(MemoryLog::new(), []);
    let mut tab = Tab::open(log.clone());
    tab.create("kept").unwrap();
    log.plan([Step::Wait(9)]);
    let board = tab.board.clone();
    tab.wait(async {
        let mut answer = Box::pin(board.run(create("on its way")));
        assert!(futures_util::future::poll_immediate(&mut answer).await.is_none());
    });
    let exported = |board: &Board<_>| {
        board.export().tasks.iter().map(|task| task.title.clone()).collect::<Vec<_>>()
    };
    assert_eq!((exported(&board), titles(&board).len()), (vec!["kept".to_owned()], 2));
    tab.wait(board.close());
    assert_eq!(exported(&board).len(), 2, "closed, but there");
}

#[test]
fn dropped_answer_does_not_stop_the_operation() {
    let log = MemoryLog::new();
    let slow = Unsteady::new(log.another(), []);
    let mut tab = Tab::open(slow.clone());
    slow.plan([Step::Wait(2)]);
    let board = tab.board.clone();
    tab.wait(async {
        let mut answer = Box::pin(board.run(create("goes on")));
        assert!(futures_util::future::poll_immediate(&mut answer).await.is_none());
    });
    tab.idle();
    assert_eq!(titles(&Tab::open(log).board), ["goes on"]);
}

#[test]
fn changes_carry_whole_records() {
    let mut tab = Tab::open(MemoryLog::new());
    let mut changes = tab.board.watch();
    tab.create("told").unwrap();
    let told = told(&mut changes);
    let tasks = told[0]
        .changes
        .iter()
        .filter(|change| matches!(change, Change::Put(Record::Task(task)) if task.title == "told"));
    assert_eq!(tasks.count(), 1);
}
