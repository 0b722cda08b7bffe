//! A log that lives as long as its handles: for tests, for programs that need
//! no storage, and as the reference for other backends.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::rc::Rc;

use futures_channel::mpsc::{UnboundedSender, unbounded};
use futures_util::stream::{self, StreamExt};

use crate::error::{CloseReason, StorageError};
use crate::log::{Appended, ChangeLog, LogEntry, Snapshot, Tail, Watch};
use crate::version::Version;

/// A log in memory. [`MemoryLog::another`] gives a second handle on it, as a
/// second tab would have.
///
/// A clone is the same handle: closing one closes the other.
#[derive(Debug, Clone)]
pub struct MemoryLog {
    shared: Rc<RefCell<Shared>>,
    handle: Rc<Handle>,
}

#[derive(Debug, Default)]
struct Handle {
    closed: Cell<bool>,
    watchers: RefCell<Vec<UnboundedSender<Version>>>,
}

#[derive(Debug, Default)]
struct Shared {
    head: Version,
    entries: BTreeMap<Version, Vec<u8>>,
    snapshots: BTreeMap<Version, Vec<u8>>,
    handles: Vec<Rc<Handle>>,
}

impl MemoryLog {
    /// An empty log.
    pub fn new() -> Self {
        Self::on(Rc::default())
    }

    /// Another handle on the same log, open even if this one is closed.
    pub fn another(&self) -> Self {
        Self::on(Rc::clone(&self.shared))
    }

    fn on(shared: Rc<RefCell<Shared>>) -> Self {
        let handle = Rc::new(Handle::default());
        shared.borrow_mut().handles.push(Rc::clone(&handle));
        Self { shared, handle }
    }

    fn check_open(&self) -> Result<(), StorageError> {
        if self.handle.closed.get() {
            return Err(StorageError::Closed { reason: CloseReason::Owner });
        }
        Ok(())
    }

    fn announce(&self, version: Version) {
        for handle in &self.shared.borrow().handles {
            if !Rc::ptr_eq(handle, &self.handle) {
                let mut watchers = handle.watchers.borrow_mut();
                watchers.retain(|watcher| watcher.unbounded_send(version).is_ok());
            }
        }
    }
}

impl Default for MemoryLog {
    fn default() -> Self {
        Self::new()
    }
}

impl ChangeLog for MemoryLog {
    async fn read(&self, after: Version) -> Result<Tail, StorageError> {
        self.check_open()?;
        let shared = self.shared.borrow();
        let newer = shared.entries.range((Bound::Excluded(after), Bound::Unbounded));
        let entries = newer
            .map(|(version, bytes)| LogEntry { version: *version, bytes: bytes.clone() })
            .collect();
        Ok(Tail { head: shared.head, entries })
    }

    async fn append(&self, expected: Version, entry: &[u8]) -> Result<Appended, StorageError> {
        self.check_open()?;
        let version = {
            let mut shared = self.shared.borrow_mut();
            if shared.head != expected {
                return Ok(Appended::Conflict { head: shared.head });
            }
            let version = expected.next();
            shared.head = version;
            shared.entries.insert(version, entry.to_vec());
            version
        };
        self.announce(version);
        Ok(Appended::At(version))
    }

    async fn snapshot(&self, at_or_before: Version) -> Result<Option<Snapshot>, StorageError> {
        self.check_open()?;
        let shared = self.shared.borrow();
        let newest = shared.snapshots.range(..=at_or_before).next_back();
        Ok(newest.map(|(version, bytes)| Snapshot { version: *version, bytes: bytes.clone() }))
    }

    async fn put_snapshot(&self, snapshot: Snapshot) -> Result<(), StorageError> {
        self.check_open()?;
        self.shared.borrow_mut().snapshots.insert(snapshot.version, snapshot.bytes);
        Ok(())
    }

    async fn prune(&self, before: Version) -> Result<(), StorageError> {
        self.check_open()?;
        let mut shared = self.shared.borrow_mut();
        drop_older(&mut shared.entries, before);
        drop_older(&mut shared.snapshots, before);
        Ok(())
    }

    fn watch(&self) -> Watch {
        if self.handle.closed.get() {
            return stream::empty().boxed_local();
        }
        let (sender, receiver) = unbounded();
        self.handle.watchers.borrow_mut().push(sender);
        receiver.map(Ok).boxed_local()
    }

    async fn close(&self) {
        self.handle.closed.set(true);
        self.handle.watchers.borrow_mut().clear();
        self.shared.borrow_mut().handles.retain(|handle| !Rc::ptr_eq(handle, &self.handle));
    }
}

fn drop_older(values: &mut BTreeMap<Version, Vec<u8>>, before: Version) {
    let Some(newest) = values.keys().next_back().copied() else { return };
    *values = values.split_off(&before.min(newest));
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::HashMap;

    use futures_executor::block_on;

    use super::*;

    #[test]
    fn memory_log_conforms() {
        let logs: RefCell<HashMap<String, MemoryLog>> = RefCell::default();
        block_on(crate::conformance::check(async |name: &str| {
            logs.borrow_mut().entry(name.to_owned()).or_default().another()
        }));
    }
}
