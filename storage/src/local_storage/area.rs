//! The keys and values of one board in localStorage.
//!
//! A value counts once the head names it, and the head is written after it: what
//! a crash leaves between the two is nothing, and the next opening sweeps it.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use gloo_storage::errors::StorageError as Refusal;
use gloo_storage::{LocalStorage, Storage};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{CloseReason, Part, StorageError};
use crate::log::{Appended, LogEntry, Snapshot, Tail};
use crate::version::Version;

/// The most UTF-16 code units, keys and values together, that a board may take.
/// Browsers grant about 5 Mi to all programs of an origin.
pub(super) const LIMIT: usize = 4 << 20;

/// The layout that this version writes and reads.
const FORMAT: u32 = 1;

/// Which of the values count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Head {
    format: u32,
    /// The newest entry; zero in an empty log.
    head: Version,
    /// The oldest entry that is left, 1 in an empty log.
    floor: Version,
    snapshots: BTreeSet<Version>,
}

#[derive(Deserialize)]
struct Format {
    format: u32,
}

impl Default for Head {
    fn default() -> Self {
        let floor = Version::ZERO.next();
        Self { format: FORMAT, head: Version::ZERO, floor, snapshots: BTreeSet::new() }
    }
}

/// The part of localStorage that belongs to a board. Whoever has one holds the
/// board's lock.
#[derive(Debug)]
pub(super) struct Area {
    prefix: String,
    head: Head,
    units: usize,
}

impl Area {
    pub(super) fn open(prefix: String) -> Result<Self, StorageError> {
        check_reachable()?;
        let head_key = format!("{prefix}head");
        if let Some(Format { format }) = get(&head_key, Part::Database)?
            && format > FORMAT
        {
            return Err(StorageError::NewerFormat { part: Part::Database, found: Some(format) });
        }
        let head = get(&head_key, Part::Database)?.unwrap_or_default();
        let mut area = Self { prefix, head, units: 0 };
        area.sweep()?;
        Ok(area)
    }

    /// Removes every key of a board.
    pub(super) fn erase(prefix: &str) -> Result<(), StorageError> {
        check_reachable()?;
        // The head goes first: without it nothing else counts.
        LocalStorage::delete(format!("{prefix}head"));
        keys(prefix)?.iter().for_each(LocalStorage::delete);
        Ok(())
    }

    /// How many UTF-16 code units the board takes.
    pub(super) fn units(&self) -> usize {
        self.units
    }

    /// Finds out whether the values are still those that this page wrote: a
    /// person may clear them at any time.
    pub(super) fn check(&self) -> Result<(), StorageError> {
        check_reachable()?;
        let stored: Option<Head> = get(&self.head_key(), Part::Database)?;
        if stored.unwrap_or_default() == self.head {
            return Ok(());
        }
        Err(StorageError::Closed { reason: CloseReason::Platform })
    }

    pub(super) fn read(&self, after: Version) -> Result<Tail, StorageError> {
        let Head { head, floor, .. } = self.head;
        let numbers = floor.get().max(after.get().saturating_add(1))..=head.get();
        let entries = numbers.filter_map(Version::new).map(|version| {
            let bytes = self.value(&self.entry_key(version), Part::Entry(version))?;
            Ok(LogEntry { version, bytes })
        });
        Ok(Tail { head, entries: entries.collect::<Result<_, _>>()? })
    }

    pub(super) fn append(
        &mut self,
        expected: Version,
        entry: &[u8],
    ) -> Result<Appended, StorageError> {
        if self.head.head != expected {
            return Ok(Appended::Conflict { head: self.head.head });
        }
        let version = expected.next();
        let head = Head { head: version, ..self.head.clone() };
        self.write(&self.entry_key(version), entry, head)?;
        Ok(Appended::At(version))
    }

    pub(super) fn snapshot(&self, at_or_before: Version) -> Result<Option<Snapshot>, StorageError> {
        let Some(version) = self.head.snapshots.range(..=at_or_before).next_back().copied() else {
            return Ok(None);
        };
        let bytes = self.value(&self.snapshot_key(version), Part::Snapshot(version))?;
        Ok(Some(Snapshot { version, bytes }))
    }

    pub(super) fn put_snapshot(&mut self, snapshot: &Snapshot) -> Result<(), StorageError> {
        let mut head = self.head.clone();
        head.snapshots.insert(snapshot.version);
        self.write(&self.snapshot_key(snapshot.version), &snapshot.bytes, head)
    }

    pub(super) fn prune(&mut self, before: Version) -> Result<(), StorageError> {
        let mut head = self.head.clone();
        head.floor = head.floor.max(before.min(head.head));
        if let Some(newest) = head.snapshots.last().copied() {
            head.snapshots = head.snapshots.split_off(&before.min(newest));
        }
        if head == self.head {
            return Ok(());
        }
        set(&self.head_key(), &head)?;
        self.head = head;
        self.sweep()
    }

    /// Writes a value, then the head that makes it count.
    fn write(&mut self, key: &str, bytes: &[u8], head: Head) -> Result<(), StorageError> {
        let value = BASE64.encode(bytes);
        let growth = units(key, &value) + units(&self.head_key(), &head);
        let freed = stored_units(key)? + stored_units(&self.head_key())?;
        let after = self.units + growth - freed;
        if after > LIMIT {
            return Err(StorageError::QuotaExceeded {
                cause: format!("a board in localStorage takes at most {LIMIT} characters"),
            });
        }
        set(key, &value)?;
        if head != self.head
            && let Err(error) = set(&self.head_key(), &head)
        {
            LocalStorage::delete(key);
            return Err(error);
        }
        self.head = head;
        self.units = after;
        Ok(())
    }

    fn value(&self, key: &str, part: Part) -> Result<Vec<u8>, StorageError> {
        let text: Option<String> = get(key, part)?;
        let text = text.ok_or_else(|| StorageError::corrupt(part, "it is missing"))?;
        BASE64.decode(text).map_err(|error| StorageError::corrupt(part, error.to_string()))
    }

    /// Removes what does not count, and measures what is left.
    fn sweep(&mut self) -> Result<(), StorageError> {
        self.units = 0;
        for key in keys(&self.prefix)? {
            if self.counts(&key) {
                self.units += stored_units(&key)?;
            } else {
                LocalStorage::delete(key);
            }
        }
        Ok(())
    }

    fn counts(&self, key: &str) -> bool {
        let number = |kind: &str| {
            let name = key.strip_prefix(&self.prefix)?;
            Version::new(name.strip_prefix(kind)?.parse().ok()?)
        };
        let Head { head, floor, snapshots, .. } = &self.head;
        key == self.head_key()
            || number("log/").is_some_and(|it| (*floor..=*head).contains(&it))
            || number("snapshot/").is_some_and(|it| snapshots.contains(&it))
    }

    fn head_key(&self) -> String {
        format!("{}head", self.prefix)
    }

    fn entry_key(&self, version: Version) -> String {
        format!("{}log/{version}", self.prefix)
    }

    fn snapshot_key(&self, version: Version) -> String {
        format!("{}snapshot/{version}", self.prefix)
    }
}

/// The library aborts where there is no localStorage, so this comes before it.
pub(super) fn check_reachable() -> Result<(), StorageError> {
    let unavailable = |cause: &str| StorageError::Unavailable { cause: cause.into() };
    let window = web_sys::window()
        .ok_or_else(|| unavailable("localStorage is offered to pages only, not to workers"))?;
    match window.local_storage() {
        Ok(Some(_)) => Ok(()),
        _ => Err(unavailable("localStorage is switched off")),
    }
}

fn keys(prefix: &str) -> Result<Vec<String>, StorageError> {
    let failed = |_| StorageError::Failed { cause: "localStorage cannot be listed".into() };
    let storage = LocalStorage::raw();
    let mut keys = Vec::new();
    for index in 0..storage.length().map_err(failed)? {
        keys.extend(storage.key(index).map_err(failed)?.filter(|key| key.starts_with(prefix)));
    }
    Ok(keys)
}

fn get<T: DeserializeOwned>(key: &str, part: Part) -> Result<Option<T>, StorageError> {
    match LocalStorage::get(key) {
        Ok(value) => Ok(Some(value)),
        Err(Refusal::KeyNotFound(_)) => Ok(None),
        Err(Refusal::SerdeError(error)) => Err(StorageError::corrupt(part, error.to_string())),
        Err(Refusal::JsError(error)) => Err(StorageError::Failed { cause: error.to_string() }),
    }
}

fn set(key: &str, value: &impl Serialize) -> Result<(), StorageError> {
    match LocalStorage::set(key, value) {
        Ok(()) => Ok(()),
        Err(Refusal::JsError(error)) if error.name == "QuotaExceededError" => {
            Err(StorageError::QuotaExceeded { cause: error.message })
        }
        Err(error) => Err(StorageError::Failed { cause: error.to_string() }),
    }
}

/// What a value takes. Keys and values are ASCII.
fn units(key: &str, value: &impl Serialize) -> usize {
    key.len() + serde_json::to_string(value).map_or(0, |text| text.len())
}

fn stored_units(key: &str) -> Result<usize, StorageError> {
    let stored = LocalStorage::raw().get_item(key);
    let stored =
        stored.map_err(|_| StorageError::Failed { cause: "localStorage cannot be read".into() })?;
    Ok(stored.map_or(0, |text| key.len() + text.encode_utf16().count()))
}
