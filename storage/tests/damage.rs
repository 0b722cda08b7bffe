//! Boards of which something cannot be read: damaged, or written by a newer
//! version of the program.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod fixture;

use std::cell::RefCell;
use std::rc::Rc;

use fixture::tab::{Replaceable, Tab, told, version};
use fixture::{records, titles};
use futures_util::StreamExt;
use taskloom_domain::store::MemoryStore;
use taskloom_storage::{
    AcceptDamageError, Appended, BoardError, Bundle, ChangeLog, Damage, ImportMode, Loss,
    MemoryLog, Part, Snapshot, StorageError, Version,
};

/// A log of four tasks, whose entry of the second one is damaged.
fn damaged_log() -> MemoryLog {
    let whole = MemoryLog::new();
    let mut tab = Tab::open(whole.another());
    for title in ["one", "two", "three", "four"] {
        tab.create(title).unwrap();
    }
    let log = MemoryLog::new();
    for entry in tab.wait(whole.read(Version::ZERO)).unwrap().entries {
        let mut bytes = entry.bytes;
        if entry.version == version(2) {
            bytes[50] ^= 1;
        }
        tab.wait(log.append(entry.version.previous().unwrap(), &bytes)).unwrap();
    }
    log
}

#[test]
fn the_rest_of_a_damaged_board_opens_and_is_not_written_to() {
    let log = damaged_log();
    let mut tab = Tab::open(log.another());
    assert_eq!(titles(&tab.board), ["four", "one", "three"]);
    assert_eq!(tab.board.version(), version(4));
    let damage = tab.board.damage();
    assert_eq!((damage.parts.len(), damage.loss), (1, Loss::Records));
    assert_eq!(damage.parts[0].part, Part::Entry(version(2)));
    let error = StorageError::Corrupt {
        part: Part::Entry(version(2)),
        cause: "its checksum does not match".into(),
    };
    assert_eq!(tab.board.fault(), Some(error.clone()));
    assert_eq!(tab.create("late"), Err(BoardError::Storage(error.clone())));
    let board = tab.board.clone();
    assert_eq!(tab.wait(board.snapshot()), Err(error));
    assert_eq!(tab.board.export().tasks.len(), 3);
    tab.catch_up();
    let tail = tab.wait(log.read(Version::ZERO)).unwrap();
    assert_eq!(tail.entries.len(), 4, "nothing was touched");
}

#[test]
fn accepted_damage_is_gone_for_every_tab() {
    let log = damaged_log();
    let (mut one, mut other) = (Tab::open(log.another()), Tab::open(log.another()));
    let mut changes = other.board.watch();
    let (board, seen) = (one.board.clone(), one.board.damage());
    assert_eq!(one.wait(board.accept_damage(&seen)), Ok(()));
    assert_eq!((one.board.fault(), one.board.damage()), (None, Damage::default()));
    one.create("goes on").unwrap();
    other.idle();
    assert_eq!((other.board.fault(), other.board.damage()), (None, Damage::default()));
    assert_eq!(records(&other.board), records(&one.board));
    assert!(!told(&mut changes).is_empty());
    other.create("here too").unwrap();
    let reopened = Tab::open(log);
    assert_eq!(reopened.board.damage(), Damage::default());
    assert_eq!(titles(&reopened.board), ["four", "goes on", "here too", "one", "three"]);
}

#[test]
fn damage_that_nobody_has_seen_yet_is_not_given_up() {
    let log = damaged_log();
    let (mut tab, mut late) = (Tab::open(log.another()), Tab::open(log.another()));
    let seen = tab.board.damage();
    tab.wait(log.append(version(4), b"TLOG, but what follows is none")).unwrap();
    // Whether it is told before it asks, or on the way to the log.
    tab.catch_up();
    for tab in [&mut tab, &mut late] {
        let (board, before) = (tab.board.clone(), records(&tab.board));
        let refused = tab.wait(board.accept_damage(&seen)).unwrap_err();
        let now = tab.board.damage();
        assert_eq!(now.parts.len(), 2);
        assert_eq!(refused, AcceptDamageError::Changed { now: now.clone() });
        assert_eq!((refused.code(), records(&tab.board)), ("conflict", before));
        assert_eq!(tab.create("late").unwrap_err().code(), "corrupt");
    }
    assert_eq!(tab.wait(log.read(Version::ZERO)).unwrap().entries.len(), 5);
    let (board, seen) = (tab.board.clone(), tab.board.damage());
    tab.wait(board.accept_damage(&seen)).unwrap();
    late.idle();
    let board = late.board.clone();
    assert_eq!(late.wait(board.accept_damage(&seen)), Ok(()), "another tab did so already");
    assert_eq!(tab.wait(log.read(Version::ZERO)).unwrap().entries.len(), 6);
}

#[test]
fn a_board_of_which_nothing_is_left_can_be_replaced() {
    let log = MemoryLog::new();
    let mut tab = Tab::open(log.another());
    tab.wait(log.append(Version::ZERO, b"TLOG, but what follows is none")).unwrap();
    tab.catch_up();
    assert_eq!(tab.board.damage().loss, Loss::Records);
    let board = tab.board.clone();
    tab.wait(board.import(&Bundle::default(), ImportMode::Replace)).unwrap();
    assert_eq!(tab.board.damage(), Damage::default());
    tab.create("goes on").unwrap();
    assert_eq!(titles(&Tab::open(log).board), ["goes on"]);
}

#[test]
fn a_tab_that_knew_more_takes_what_another_accepted() {
    let log = damaged_log();
    // As a tab that read the entry before it was damaged.
    let whole = MemoryLog::new();
    let mut source = Tab::open(whole.another());
    for title in ["one", "two", "three", "four"] {
        source.create(title).unwrap();
    }
    let shared = Rc::new(RefCell::new(whole));
    let mut knowing = Tab::open(Replaceable(Rc::clone(&shared)));
    let mut changes = knowing.board.watch();
    let before = records(&knowing.board);
    *shared.borrow_mut() = log.another();
    let mut accepting = Tab::open(log);
    let (board, seen) = (accepting.board.clone(), accepting.board.damage());
    accepting.wait(board.accept_damage(&seen)).unwrap();
    knowing.catch_up();
    assert_eq!(titles(&knowing.board), ["four", "one", "three"]);
    let mut store = MemoryStore::from_records(before);
    told(&mut changes).iter().for_each(|change| store.apply(&change.changes));
    assert_eq!(store.records().collect::<Vec<_>>(), records(&knowing.board));
}

#[test]
fn without_what_a_damaged_snapshot_stood_for_the_later_entries_open() {
    let log = MemoryLog::new();
    let mut tab = Tab::open(log.another());
    for title in ["one", "two"] {
        tab.create(title).unwrap();
    }
    let board = tab.board.clone();
    tab.wait(board.snapshot()).unwrap();
    tab.create("three").unwrap();
    let mut snapshot = tab.wait(log.snapshot(Version::MAX)).unwrap().unwrap();
    snapshot.bytes.truncate(30);
    tab.wait(log.put_snapshot(snapshot)).unwrap();
    tab.wait(log.prune(version(3))).unwrap();
    let reopened = Tab::open(log);
    assert_eq!(titles(&reopened.board), ["three"]);
    let parts: Vec<Part> = reopened.board.damage().parts.iter().map(|it| it.part).collect();
    assert_eq!(parts, [Part::Snapshot(version(2)), Part::Log]);
    let error = reopened.board.fault().unwrap();
    assert!(error.to_string().contains("and so is another part"), "{error}");
}

#[test]
fn damage_that_appears_under_an_open_board_ends_its_writing() {
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
    tab.catch_up();
    assert!(tab.board.fault().is_some(), "it does not go away by itself");
    assert_eq!(titles(&Tab::open(log.another()).board), ["fine"]);
    assert_eq!(tab.wait(log.read(Version::ZERO)).unwrap().entries.len(), 2);
}

/// The bytes of a stored value that a newer version of the program would write.
fn newer(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes[4..8].copy_from_slice(&9_u32.to_be_bytes());
    let checksum = crc32fast::hash(&[&bytes[..16], &bytes[20..]].concat());
    bytes[16..20].copy_from_slice(&checksum.to_be_bytes());
    bytes
}

#[test]
fn a_newer_entry_makes_the_board_read_only() {
    let whole = MemoryLog::new();
    let mut tab = Tab::open(whole.another());
    for title in ["one", "two", "three"] {
        tab.create(title).unwrap();
    }
    let entries = tab.wait(whole.read(Version::ZERO)).unwrap().entries;
    let log = MemoryLog::new();
    tab.wait(log.append(Version::ZERO, &entries[0].bytes)).unwrap();
    let mut open = Tab::open(log.another());
    tab.wait(log.append(version(1), &newer(entries[1].bytes.clone()))).unwrap();
    tab.wait(log.append(version(2), &entries[2].bytes)).unwrap();
    let error = StorageError::NewerFormat { part: Part::Entry(version(2)), found: Some(9) };
    let board = open.board.clone();
    assert_eq!(open.wait(board.catch_up()), Err(error.clone()));
    for mut tab in [open, Tab::open(log.another())] {
        assert_eq!(titles(&tab.board), ["one"], "up to there");
        assert_eq!(tab.board.fault(), Some(error.clone()));
        assert_eq!(tab.create("late"), Err(BoardError::Storage(error.clone())));
        let board = tab.board.clone();
        assert_eq!(tab.wait(board.snapshot()), Err(error.clone()));
        assert_eq!(tab.board.export().tasks.len(), 1);
    }
    assert_eq!(tab.wait(log.read(Version::ZERO)).unwrap().entries.len(), 3);
}

#[test]
fn a_newer_snapshot_makes_the_board_read_only() {
    let log = MemoryLog::new();
    let mut tab = Tab::open(log.another());
    tab.create("one").unwrap();
    let board = tab.board.clone();
    tab.wait(board.snapshot()).unwrap();
    tab.create("two").unwrap();
    let kept = tab.wait(log.snapshot(Version::MAX)).unwrap().unwrap();
    let bytes = newer(kept.bytes);
    tab.wait(log.put_snapshot(Snapshot { version: version(2), bytes })).unwrap();
    let mut reopened = Tab::open(log);
    assert_eq!(titles(&reopened.board), ["one", "two"]);
    assert_eq!(reopened.create("late").unwrap_err().code(), "newer_format");
}
