//! Reads a board from its log.

use taskloom_domain::store::MemoryStore;

use crate::entry;
use crate::error::{Part, StorageError};
use crate::log::ChangeLog;
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
}

impl Loaded {
    fn at(version: Version, store: MemoryStore, snapshot: Option<Version>) -> Self {
        Self { store, version, snapshot, entries: 0 }
    }
}

/// Loads the newest state.
///
/// # Errors
///
/// `corrupt`, `newer_format`, and whatever the log answers.
pub(super) async fn load<L: ChangeLog>(log: &L) -> Result<Loaded, StorageError> {
    for _ in 0..ATTEMPTS {
        let (mut loaded, damage) = newest_readable_snapshot(log).await?;
        let tail = log.read(loaded.version).await?;
        if tail.follows(loaded.version) {
            loaded.entries = tail.entries.len();
            for raw in &tail.entries {
                let entry = entry::decode(raw)?;
                for set in &entry.change_sets {
                    loaded.store.apply(&set.changes);
                }
                loaded.version = entry.version;
            }
            return Ok(loaded);
        }
        // The entries that a damaged snapshot stood for are gone.
        if let Some(error) = damage {
            return Err(error);
        }
    }
    Err(StorageError::corrupt(Part::Log, "entries are missing after the newest snapshot"))
}

/// The newest snapshot that is whole, or an empty board, and what was wrong with
/// a newer one.
async fn newest_readable_snapshot<L: ChangeLog>(
    log: &L,
) -> Result<(Loaded, Option<StorageError>), StorageError> {
    let mut damage = None;
    let mut at_or_before = Version::MAX;
    loop {
        let read = match log.snapshot(at_or_before).await {
            Ok(None) => {
                let empty = MemoryStore::default();
                return Ok((Loaded::at(Version::ZERO, empty, None), damage));
            }
            Ok(Some(found)) => {
                let version = found.version;
                snapshot::decode(found).map(|store| Loaded::at(version, store, Some(version)))
            }
            Err(error) => Err(error),
        };
        match read {
            Ok(loaded) => return Ok((loaded, damage)),
            Err(StorageError::Corrupt { part: Part::Snapshot(version), cause }) => {
                let part = Part::Snapshot(version);
                damage.get_or_insert(StorageError::Corrupt { part, cause });
                let Some(older) = version.previous() else {
                    return Err(StorageError::corrupt(part, "there is nothing to snapshot"));
                };
                at_or_before = older;
            }
            Err(error) => return Err(error),
        }
    }
}
