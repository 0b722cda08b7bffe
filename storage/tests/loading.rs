//! Boards that are read back: from snapshots, from what is left of them, from
//! logs that are not what they were.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod fixture;

use std::cell::RefCell;
use std::rc::Rc;

use fixture::tab::{Replaceable, Tab, replayed, told, version};
use fixture::{create, records, titles};
use taskloom_domain::store::Change;
use taskloom_storage::conformance::{Step, Unsteady};
use taskloom_storage::{ChangeLog, Loss, MemoryLog, Part, Snapshot, Source, Version};

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
    let reopened = Tab::open(log.another());
    assert_eq!(records(&reopened.board), records(&tab.board));
    let damage = reopened.board.damage();
    assert_eq!((damage.parts.len(), damage.loss), (1, Loss::Nothing), "reported: {damage:?}");
    assert_eq!(damage.parts[0].part, Part::Snapshot(newest.version));
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
