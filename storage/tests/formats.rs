//! Boards that earlier versions of the program wrote, byte by byte as they left
//! them in `fixtures`.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod fixture;

use fixture::records;
use fixture::tab::{Tab, version};
use taskloom_storage::{Bundle, ChangeLog, Damage, ImportMode, MemoryLog, Snapshot, Version};

const ENTRIES: [&[u8]; 4] = [
    include_bytes!("fixtures/format-1/entry-1.bin"),
    include_bytes!("fixtures/format-1/entry-2.bin"),
    include_bytes!("fixtures/format-1/entry-3.bin"),
    include_bytes!("fixtures/format-1/entry-4.bin"),
];
const SNAPSHOT: &[u8] = include_bytes!("fixtures/format-1/snapshot-3.bin");
const BUNDLE: &str = include_str!("fixtures/format-1/bundle.json");

/// A log of these entries, which begin after a version.
fn log_of(after: u64, entries: &[&[u8]]) -> MemoryLog {
    let log = MemoryLog::new();
    futures_executor::block_on(async {
        for number in 0..after {
            log.append(version(number), b"pruned").await.unwrap();
        }
        for (number, entry) in (after..).zip(entries) {
            log.append(version(number), entry).await.unwrap();
        }
        log.prune(version(after + 1)).await.unwrap();
    });
    log
}

#[test]
fn the_first_format_opens_and_goes_on_in_the_present_one() {
    let from_entries = Tab::open(log_of(0, &ENTRIES));
    let log = log_of(3, &ENTRIES[3..]);
    let snapshot = Snapshot { version: version(3), bytes: SNAPSHOT.to_vec() };
    futures_executor::block_on(log.put_snapshot(snapshot)).unwrap();
    let mut from_snapshot = Tab::open(log.another());

    assert_eq!(from_snapshot.board.damage(), Damage::default());
    assert_eq!(from_snapshot.board.version(), version(4));
    assert_eq!(records(&from_snapshot.board), records(&from_entries.board));
    assert_eq!(from_snapshot.board.export().to_json().unwrap(), BUNDLE);

    from_snapshot.create("five").unwrap();
    let board = from_snapshot.board.clone();
    from_snapshot.wait(board.snapshot()).unwrap();
    let newest = from_snapshot.wait(log.snapshot(Version::MAX)).unwrap().unwrap();
    assert_eq!(newest.bytes[4..8], 2_u32.to_be_bytes());
    assert_eq!(records(&Tab::open(log).board), records(&from_snapshot.board));
}

#[test]
fn a_bundle_of_the_first_format_is_restored() {
    let mut tab = Tab::open(MemoryLog::new());
    let board = tab.board.clone();
    tab.wait(board.import(&Bundle::from_json(BUNDLE).unwrap(), ImportMode::IntoEmpty)).unwrap();
    assert_eq!(tab.board.export().to_json().unwrap(), BUNDLE);
}
