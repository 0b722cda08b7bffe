//! Reads a board from its log. What is damaged is passed over and reported, and
//! the rest is read, alike in all programs that read the log.

use taskloom_domain::store::MemoryStore;

use super::standing::Standing;
use crate::entry::{self, Entry};
use crate::error::{Part, StorageError};
use crate::log::{ChangeLog, LogEntry};
use crate::snapshot;
use crate::version::Version;

/// How often loading starts over when other writers prune under it.
const ATTEMPTS: usize = 5;

/// A board as its log holds it.
pub(super) struct Loaded {
    pub(super) store: MemoryStore,
    pub(super) version: Version,
    /// The version of the snapshot that it was loaded from.
    pub(super) snapshot: Option<Version>,
    /// How many entries there are after it.
    pub(super) entries: usize,
    pub(super) standing: Standing,
}

/// Loads the newest state that can be read.
///
/// # Errors
///
/// Whatever the log answers, but not that parts of it are damaged or of a newer
/// format.
pub(super) async fn load<L: ChangeLog>(log: &L) -> Result<Loaded, StorageError> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        let mut loaded = newest_readable_snapshot(log).await?;
        let tail = log.read(loaded.version).await?;
        if !tail.follows(loaded.version) {
            let passed_over = loaded.standing != Standing::default();
            if !passed_over && attempts < ATTEMPTS {
                continue;
            }
            let cause = "entries are missing after the newest snapshot that can be read";
            loaded.standing.damage.add_lossy(Part::Log, cause.into());
        }
        let read = Readable::of(&tail.entries);
        loaded.entries = read.entries.len();
        for entry in &read.entries {
            if entry.replaces() {
                loaded.standing = Standing::default();
            }
            entry.apply(&mut loaded.store);
        }
        loaded.version = read.reaches.unwrap_or(loaded.version);
        loaded.standing.damage.extend(read.standing.damage);
        loaded.standing.newer = read.standing.newer.or(loaded.standing.newer);
        return Ok(loaded);
    }
}

/// The newest snapshot that can be read, or an empty board.
async fn newest_readable_snapshot<L: ChangeLog>(log: &L) -> Result<Loaded, StorageError> {
    let mut standing = Standing::default();
    let mut at_or_before = Version::MAX;
    loop {
        let read = match log.snapshot(at_or_before).await {
            Ok(None) => Ok(None),
            Ok(Some(found)) => {
                let version = found.version;
                snapshot::decode(found).map(|store| Some((version, store)))
            }
            Err(error) => Err(error),
        };
        let unreadable = match read {
            Ok(found) => {
                let (snapshot, store) =
                    found.map_or_else(Default::default, |(version, store)| (Some(version), store));
                let version = snapshot.unwrap_or(Version::ZERO);
                return Ok(Loaded { store, version, snapshot, entries: 0, standing });
            }
            Err(StorageError::Corrupt { part: Part::Snapshot(version), cause }) => {
                standing.damage.add(Part::Snapshot(version), cause);
                version
            }
            Err(StorageError::NewerFormat { part: Part::Snapshot(version), found }) => {
                let part = Part::Snapshot(version);
                standing.newer.get_or_insert(StorageError::NewerFormat { part, found });
                version
            }
            Err(error) => return Err(error),
        };
        at_or_before = unreadable.previous().unwrap_or(Version::ZERO);
        if unreadable == Version::ZERO {
            let store = MemoryStore::default();
            return Ok(Loaded {
                store,
                version: Version::ZERO,
                snapshot: None,
                entries: 0,
                standing,
            });
        }
    }
}

/// What can be read of some entries that follow one another.
pub(super) struct Readable {
    pub(super) entries: Vec<Entry>,
    /// The version that they lead to, damaged ones passed over. None where nothing
    /// was read.
    pub(super) reaches: Option<Version>,
    pub(super) standing: Standing,
}

impl Readable {
    pub(super) fn of(raw: &[LogEntry]) -> Self {
        let mut read = Self { entries: Vec::new(), reaches: None, standing: Standing::default() };
        for raw in raw {
            match entry::decode(raw) {
                Ok(entry) => {
                    if entry.replaces() {
                        read.standing = Standing::default();
                    }
                    read.entries.push(entry);
                }
                Err(StorageError::Corrupt { part, cause }) => {
                    read.standing.damage.add_lossy(part, cause);
                }
                // Of a newer format. What comes after it was decided on it.
                Err(error) => {
                    read.standing.newer = Some(error);
                    break;
                }
            }
            read.reaches = Some(raw.version);
        }
        read
    }
}
