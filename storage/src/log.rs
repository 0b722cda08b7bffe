//! The port under a board: an append-only log with compare-and-swap.

use std::future::Future;

use futures_core::stream::LocalBoxStream;

use crate::error::StorageError;
use crate::version::Version;

/// An append-only log of opaque entries, numbered from 1 without gaps, plus
/// snapshots of what the entries up to some version amount to.
///
/// Several handles, in this program or in others, may stand on one log: the
/// compare-and-swap of [`ChangeLog::append`] is what keeps their entries in one
/// order. An implementation is finished when it passes
/// [`conformance::check`](crate::conformance::check).
pub trait ChangeLog {
    /// The entries after a version, up to the newest.
    ///
    /// # Errors
    ///
    /// Any [`StorageError`]; nothing changes.
    fn read(&self, after: Version) -> impl Future<Output = Result<Tail, StorageError>>;

    /// Appends `entry` as version `expected + 1`, if the newest entry is still
    /// `expected`; otherwise changes nothing and says where the log stands.
    ///
    /// # Errors
    ///
    /// Any [`StorageError`]. After `failed` the entry may stand in the log or
    /// not, and a reader finds out; after every other kind it does not.
    fn append(
        &self,
        expected: Version,
        entry: &[u8],
    ) -> impl Future<Output = Result<Appended, StorageError>>;

    /// The newest snapshot of this version or an older one. Asking below a
    /// damaged snapshot finds the one before it.
    ///
    /// # Errors
    ///
    /// Any [`StorageError`]; nothing changes.
    fn snapshot(
        &self,
        at_or_before: Version,
    ) -> impl Future<Output = Result<Option<Snapshot>, StorageError>>;

    /// Keeps a snapshot, in the place of one of the same version.
    ///
    /// # Errors
    ///
    /// Any [`StorageError`]; the older snapshots are untouched.
    fn put_snapshot(&self, snapshot: Snapshot) -> impl Future<Output = Result<(), StorageError>>;

    /// Drops entries and snapshots older than a version, but never the newest
    /// entry, which holds the place of the log, nor the newest snapshot.
    ///
    /// # Errors
    ///
    /// Any [`StorageError`]; some or all of them may be left.
    fn prune(&self, before: Version) -> impl Future<Output = Result<(), StorageError>>;

    /// Hints that other handles appended: the version that is known to be there.
    /// A hint may come late, twice or not at all; [`ChangeLog::read`] is the
    /// truth. The stream ends when the handle is closed; closed by somebody
    /// else, it says why in its last item.
    fn watch(&self) -> Watch;

    /// Lets go of the storage. Afterwards everything else answers `closed`.
    fn close(&self) -> impl Future<Output = ()>;
}

/// The hints of [`ChangeLog::watch`].
pub type Watch = LocalBoxStream<'static, Result<Version, StorageError>>;

/// One entry of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// Its place: the version of the board after it.
    pub version: Version,
    /// What was appended.
    pub bytes: Vec<u8>,
}

/// What follows a version in a log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tail {
    /// The version of the newest entry; below the asked-for version only if the
    /// log is not the one it was.
    pub head: Version,
    /// The entries, oldest first, up to the head. Where the first ones were
    /// pruned, the rest is here, and a snapshot stands for what is gone.
    pub entries: Vec<LogEntry>,
}

impl Tail {
    /// Whether the entries lead from `after` to the head, with none missing.
    pub fn follows(&self, after: Version) -> bool {
        let mut last = after;
        for entry in &self.entries {
            if last == Version::MAX || entry.version != last.next() {
                return false;
            }
            last = entry.version;
        }
        last == self.head
    }
}

/// The answer of [`ChangeLog::append`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// The entry stands at this version.
    At(Version),
    /// Nothing was written, since the log stands elsewhere.
    Conflict {
        /// The version of the newest entry.
        head: Version,
    },
}

/// What the entries up to a version amount to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The version of the last entry that it covers.
    pub version: Version,
    /// The sealed state.
    pub bytes: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(number: u64) -> Version {
        Version::new(number).unwrap()
    }

    fn tail(head: u64, entries: &[u64]) -> Tail {
        let entry = |number: &u64| LogEntry { version: version(*number), bytes: Vec::new() };
        Tail { head: version(head), entries: entries.iter().map(entry).collect() }
    }

    #[test]
    fn a_tail_follows_only_without_gaps() {
        assert!(tail(0, &[]).follows(version(0)));
        assert!(tail(5, &[4, 5]).follows(version(3)));
        assert!(!tail(5, &[5]).follows(version(3)), "4 was pruned");
        assert!(!tail(5, &[4]).follows(version(3)), "5 is missing");
        assert!(!tail(6, &[4, 6]).follows(version(3)), "5 is missing");
        assert!(!tail(2, &[]).follows(version(3)), "the log went back");
    }
}
