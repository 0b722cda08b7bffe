//! What every [`ChangeLog`] has to do, as a suite that an implementation's tests
//! run, and a log that misbehaves on purpose for the tests of what stands above.
//!
//! ```
//! # use std::{cell::RefCell, collections::HashMap};
//! use taskloom_storage::{MemoryLog, conformance};
//!
//! let logs: RefCell<HashMap<String, MemoryLog>> = RefCell::default();
//! # futures_executor::block_on(
//! conformance::check(async |name: &str| {
//!     logs.borrow_mut().entry(name.to_owned()).or_default().another()
//! })
//! # );
//! ```

mod unsteady;

use futures_util::StreamExt;
use futures_util::future::{join, join_all};

pub use unsteady::{Step, Unsteady};

use crate::error::StorageError;
use crate::log::{Appended, ChangeLog, LogEntry, Snapshot, Tail};
use crate::version::Version;

/// Runs the whole suite. `open` gives a fresh handle on the log of a name; a name
/// that it has not seen before is an empty log.
///
/// # Panics
///
/// At the first expectation that the log does not meet, or if it answers an
/// error where none is due.
pub async fn check<L: ChangeLog>(open: impl AsyncFn(&str) -> L) {
    fresh_log_is_empty(&open("fresh_log_is_empty").await).await;
    entries_are_numbered_without_gaps(&open("entries_are_numbered").await).await;
    bytes_are_kept_exactly(&open("bytes_are_kept").await).await;
    stale_append_changes_nothing(&open("stale_append").await).await;
    newest_snapshot_at_or_before_is_found(&open("newest_snapshot").await).await;
    pruning_spares_what_is_needed(&open("pruning").await).await;
    pruned_place_is_not_free(&open("pruned_place").await).await;
    let pair = async |name: &str| (open(name).await, open(name).await);
    let (one, other) = pair("one_of_two_racers_wins").await;
    one_of_two_racers_wins(&one, &other).await;
    let (one, other) = pair("racing_appends").await;
    racing_appends_keep_one_order(&one, &other).await;
    let (one, other) = pair("watch").await;
    watchers_hear_of_other_handles(&one, &other).await;
    let (one, other) = pair("close").await;
    closed_handle_is_closed_alone(one, &other).await;
    reopened_log_is_as_it_was(open).await;
}

fn version(number: u64) -> Version {
    Version::new(number).expect("the suite uses small versions")
}

async fn read<L: ChangeLog>(log: &L, after: u64) -> Tail {
    log.read(version(after)).await.expect("reading succeeds")
}

async fn append<L: ChangeLog>(log: &L, expected: u64, entry: &[u8]) -> Appended {
    log.append(version(expected), entry).await.expect("appending succeeds")
}

async fn fill<L: ChangeLog>(log: &L, count: u64) {
    for number in 0..count {
        append(log, number, format!("entry {}", number + 1).as_bytes()).await;
    }
}

async fn put_snapshot<L: ChangeLog>(log: &L, at: u64, bytes: &[u8]) {
    let snapshot = Snapshot { version: version(at), bytes: bytes.to_vec() };
    log.put_snapshot(snapshot).await.expect("keeping a snapshot succeeds");
}

async fn snapshot_version<L: ChangeLog>(log: &L, at_or_before: Version) -> Option<u64> {
    let found = log.snapshot(at_or_before).await.expect("reading a snapshot succeeds");
    found.map(|snapshot| snapshot.version.get())
}

fn numbers(tail: &Tail) -> Vec<u64> {
    tail.entries.iter().map(|entry| entry.version.get()).collect()
}

async fn fresh_log_is_empty<L: ChangeLog>(log: &L) {
    assert_eq!(read(log, 0).await, Tail::default(), "a fresh log is empty");
    assert_eq!(snapshot_version(log, Version::MAX).await, None, "and has no snapshot");
    log.prune(Version::MAX).await.expect("pruning nothing succeeds");
}

async fn entries_are_numbered_without_gaps<L: ChangeLog>(log: &L) {
    assert_eq!(append(log, 0, b"a").await, Appended::At(version(1)));
    assert_eq!(append(log, 1, b"b").await, Appended::At(version(2)));
    assert_eq!(append(log, 2, b"c").await, Appended::At(version(3)));
    assert_eq!(numbers(&read(log, 0).await), [1, 2, 3]);
    let tail = read(log, 1).await;
    assert_eq!(tail.head, version(3));
    assert_eq!(
        tail.entries,
        [
            LogEntry { version: version(2), bytes: b"b".to_vec() },
            LogEntry { version: version(3), bytes: b"c".to_vec() },
        ],
        "reading starts after the given version"
    );
    assert_eq!(read(log, 3).await, Tail { head: version(3), entries: Vec::new() });
    assert_eq!(
        read(log, 9).await,
        Tail { head: version(3), entries: Vec::new() },
        "a reader that is ahead learns where the log stands"
    );
}

async fn bytes_are_kept_exactly<L: ChangeLog>(log: &L) {
    let every_byte: Vec<u8> = (0..=255).collect();
    let large: Vec<u8> = (0..1_000_000_u32).map(|number| (number % 251) as u8).collect();
    append(log, 0, &[]).await;
    append(log, 1, &every_byte).await;
    append(log, 2, &large).await;
    put_snapshot(log, 3, &large).await;
    let entries = read(log, 0).await.entries;
    assert!(entries[0].bytes.is_empty(), "an empty entry is an entry");
    assert_eq!(entries[1].bytes, every_byte);
    assert!(entries[2].bytes == large, "a large entry is kept whole");
    let snapshot = log.snapshot(Version::MAX).await.expect("reading a snapshot succeeds");
    assert!(snapshot.is_some_and(|it| it.bytes == large), "a large snapshot is kept whole");
}

async fn stale_append_changes_nothing<L: ChangeLog>(log: &L) {
    fill(log, 2).await;
    let before = read(log, 0).await;
    for expected in [0, 1, 3, 10] {
        assert_eq!(
            append(log, expected, b"late").await,
            Appended::Conflict { head: version(2) },
            "appending after {expected} where 2 is the newest"
        );
    }
    assert_eq!(read(log, 0).await, before);
}

async fn newest_snapshot_at_or_before_is_found<L: ChangeLog>(log: &L) {
    fill(log, 6).await;
    put_snapshot(log, 2, b"two").await;
    put_snapshot(log, 5, b"five").await;
    assert_eq!(snapshot_version(log, Version::MAX).await, Some(5));
    assert_eq!(snapshot_version(log, version(5)).await, Some(5));
    assert_eq!(snapshot_version(log, version(4)).await, Some(2));
    assert_eq!(snapshot_version(log, version(1)).await, None);
    put_snapshot(log, 5, b"five again").await;
    let newest = log.snapshot(Version::MAX).await.expect("reading a snapshot succeeds");
    assert_eq!(newest.map(|it| it.bytes), Some(b"five again".to_vec()), "it is replaced");
}

async fn pruning_spares_what_is_needed<L: ChangeLog>(log: &L) {
    fill(log, 6).await;
    for at in [2, 4, 5] {
        put_snapshot(log, at, b"state").await;
    }
    log.prune(version(4)).await.expect("pruning succeeds");
    assert_eq!(numbers(&read(log, 0).await), [4, 5, 6], "older entries are gone");
    assert_eq!(snapshot_version(log, version(3)).await, None, "older snapshots are gone");
    assert_eq!(snapshot_version(log, version(4)).await, Some(4));
    log.prune(version(4)).await.expect("pruning twice succeeds");
    log.prune(Version::MAX).await.expect("pruning far ahead succeeds");
    let tail = read(log, 0).await;
    assert_eq!((numbers(&tail), tail.head), (vec![6], version(6)), "the newest entry stays");
    assert_eq!(snapshot_version(log, Version::MAX).await, Some(5), "the newest snapshot stays");
    assert_eq!(append(log, 6, b"next").await, Appended::At(version(7)));
}

async fn pruned_place_is_not_free<L: ChangeLog>(log: &L) {
    fill(log, 5).await;
    log.prune(version(5)).await.expect("pruning succeeds");
    for expected in 0..5 {
        assert_eq!(
            append(log, expected, b"stale").await,
            Appended::Conflict { head: version(5) },
            "the place after {expected} is taken for ever"
        );
    }
}

async fn one_of_two_racers_wins<L: ChangeLog>(one: &L, other: &L) {
    for round in 0..20 {
        let (first, second) =
            join(append(one, round, b"first"), append(other, round, b"second")).await;
        let won = Appended::At(version(round + 1));
        let lost = Appended::Conflict { head: version(round + 1) };
        let winner: &[u8] = match (first == won && second == lost, first == lost && second == won) {
            (true, _) => b"first",
            (_, true) => b"second",
            _ => panic!("round {round}: {first:?} and {second:?}"),
        };
        let tail = read(one, round).await;
        assert_eq!(tail.entries.len(), 1, "round {round} leaves one entry");
        assert_eq!(tail.entries[0].bytes, winner, "round {round} keeps what it acknowledged");
    }
}

async fn racing_appends_keep_one_order<L: ChangeLog>(one: &L, other: &L) {
    const EACH: u64 = 25;
    let writer = async |log: &L, name: &str| {
        let mut acknowledged = Vec::new();
        let mut known = 0;
        for number in 0..EACH {
            let entry = format!("{name} {number}").into_bytes();
            loop {
                match append(log, known, &entry).await {
                    Appended::At(version) => {
                        known = version.get();
                        break acknowledged.push(LogEntry { version, bytes: entry });
                    }
                    Appended::Conflict { head } => {
                        assert!(head > version(known), "a conflict means that somebody was faster");
                        known = head.get();
                    }
                }
            }
        }
        acknowledged
    };
    let mut acknowledged = join_all([writer(one, "one"), writer(other, "other")]).await.concat();
    acknowledged.sort_by_key(|entry| entry.version);
    let tail = read(one, 0).await;
    assert!(tail.follows(Version::ZERO), "racing leaves no gaps");
    assert!(tail.entries == acknowledged, "every acknowledged entry stands once, in its place");
    assert_eq!(read(other, 0).await, tail, "both handles read the same");
}

async fn watchers_hear_of_other_handles<L: ChangeLog>(one: &L, other: &L) {
    let mut hints = one.watch();
    append(other, 0, b"a").await;
    append(other, 1, b"b").await;
    loop {
        let hint = hints.next().await.expect("the stream goes on while the handle is open");
        let hint = hint.expect("nobody closed the handle");
        assert!(hint <= version(2), "a hint names a version that is there");
        if hint == version(2) {
            break;
        }
    }
    one.close().await;
    loop {
        match hints.next().await {
            Some(Ok(_)) => {}
            Some(Err(error)) => panic!("the owner's own close is no news, got {error}"),
            None => break,
        }
    }
}

async fn closed_handle_is_closed_alone<L: ChangeLog>(one: L, other: &L) {
    fill(&one, 1).await;
    one.close().await;
    one.close().await;
    let is_closed = |error: &StorageError| matches!(error, StorageError::Closed { .. });
    assert!(one.read(Version::ZERO).await.is_err_and(|error| is_closed(&error)));
    assert!(one.append(version(1), b"late").await.is_err_and(|error| is_closed(&error)));
    assert!(one.snapshot(Version::MAX).await.is_err_and(|error| is_closed(&error)));
    let snapshot = Snapshot { version: version(1), bytes: Vec::new() };
    assert!(one.put_snapshot(snapshot).await.is_err_and(|error| is_closed(&error)));
    assert!(one.prune(version(1)).await.is_err_and(|error| is_closed(&error)));
    assert!(one.watch().next().await.is_none());
    assert_eq!(numbers(&read(other, 0).await), [1]);
    assert_eq!(append(other, 1, b"on").await, Appended::At(version(2)));
}

async fn reopened_log_is_as_it_was<L: ChangeLog>(open: impl AsyncFn(&str) -> L) {
    let log = open("reopened").await;
    fill(&log, 3).await;
    put_snapshot(&log, 2, b"state").await;
    log.prune(version(2)).await.expect("pruning succeeds");
    let before = read(&log, 0).await;
    // Another handle keeps a log in memory alive while the first is closed.
    let again = open("reopened").await;
    log.close().await;
    assert_eq!(read(&again, 0).await, before);
    assert_eq!(snapshot_version(&again, Version::MAX).await, Some(2));
    assert_eq!(append(&again, 3, b"four").await, Appended::At(version(4)));
}
