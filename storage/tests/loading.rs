//! Boards that are read back: from snapshots, from what is left of them, from
//! logs that are not what they were.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod fixture;

use std::cell::RefCell;
use std::rc::Rc;

use fixture::tab::{Tab, replayed, told, version};
use fixture::{create, records, titles};
use futures_util::StreamExt;
use taskloom_domain::store::Change;
use taskloom_storage::conformance::{Step, Unsteady};
use taskloom_storage::{
    Appended, ChangeLog, MemoryLog, Snapshot, Source, StorageError, Tail, Version, Watch,
};

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
    tab.wait(first.put_snapshot(snapshot.unwrap())).unwrap();
    assert_eq!(titles(&Tab::open(first).board), ["kept"]);
    assert_eq!(titles(&tab.board), ["kept", "still on its way"]);
}

#[test]
fn snapshot_is_kept_when_somebody_asks() {
    let log = MemoryLog::new();
    let mut tab = Tab::open(log.another());
    tab.create("one").unwrap();
    let board = tab.board.clone();
    assert_eq!(tab.wait(board.snapshot()), Ok(version(1)));
    let kept = tab.wait(log.snapshot(Version::MAX)).unwrap().unwrap();
    assert_eq!(kept.version, version(1));
    tab.wait(board.close());
    assert_eq!(tab.wait(board.snapshot()).unwrap_err().code(), "closed");
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
    tab.wait(log.put_snapshot(Snapshot { bytes, ..newest.clone() })).unwrap();
    assert_eq!(records(&Tab::open(log.another()).board), records(&tab.board));
    tab.wait(log.prune(newest.version)).unwrap();
    let error = Tab::try_open(log, 3).map(drop).unwrap_err();
    assert_eq!(error.code(), "corrupt", "without the entries, nothing stands for it: {error}");
}

#[test]
fn damaged_entry_is_an_error_and_nothing_is_touched() {
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

    async fn put_snapshot(&self, snapshot: Snapshot) -> Result<(), StorageError> {
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
