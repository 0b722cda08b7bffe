//! The in-memory store: tables of records, and an index for every question.
//!
//! Records are shared, so a read costs a reference count and an old answer stays
//! valid. What belongs to one task stands together; the orders that span tasks
//! (activity, queue, leases, statuses) are kept with every write. Nothing scans
//! all tasks, and no answer depends on the order of a hash.

mod activity;
mod event_log;
mod event_table;
mod grouped;
mod image;
mod journal;
mod listing;
mod ports;
mod queue;
mod review_table;
mod run_table;
mod state;
mod task_entry;

pub use image::{EventsImage, StoreImage};
use journal::Journal;
use state::State;

use super::{Change, ChangeSet, Key, Record, TransactionStore};

/// The records of one board, in memory.
///
/// Two stores are equal if they hold the same records and the same event
/// counter; an open transaction does not count. A clone copies the tables and
/// shares the records.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    state: State,
    journal: Option<Journal>,
}

impl PartialEq for MemoryStore {
    fn eq(&self, other: &Self) -> bool {
        self.state == other.state
    }
}

impl MemoryStore {
    /// A store of these records, in any order. The sequence of
    /// [`MemoryStore::records`] is the fastest.
    pub fn from_records(records: impl IntoIterator<Item = Record>) -> Self {
        let mut store = Self::default();
        for record in records {
            store.state.put(record);
        }
        store
    }

    /// Every record, in an order that equal stores share.
    pub fn records(&self) -> impl Iterator<Item = Record> + '_ {
        self.state.records()
    }

    /// Applies changes that were decided elsewhere: the change-set of another
    /// writer, or the inverse of one's own. Checks nothing and never fails.
    ///
    /// Not for use inside a transaction, which would not know of it: debug builds
    /// panic then.
    pub fn apply(&mut self, changes: &[Change]) {
        debug_assert!(self.journal.is_none(), "changes are applied outside of transactions");
        for change in changes {
            match change {
                Change::Put(record) => self.state.put(record.clone()),
                Change::Delete(key) => self.state.delete(key),
            }
        }
    }

    fn put(&mut self, record: Record) {
        self.note(record.key());
        self.state.put(record);
    }

    fn delete(&mut self, key: &Key) {
        self.note(key.clone());
        self.state.delete(key);
    }

    fn note(&mut self, key: Key) {
        debug_assert!(self.journal.is_some(), "a store is written to inside a transaction");
        if let Some(journal) = &mut self.journal {
            journal.note(key, &self.state);
        }
    }
}

impl TransactionStore for MemoryStore {
    fn begin(&mut self) {
        debug_assert!(self.journal.is_none(), "transactions do not nest");
        self.journal.get_or_insert_default();
    }

    fn commit(&mut self) -> ChangeSet {
        debug_assert!(self.journal.is_some(), "there is a transaction to commit");
        self.journal.take().unwrap_or_default().close(&self.state)
    }

    fn rollback(&mut self) {
        debug_assert!(self.journal.is_some(), "there is a transaction to roll back");
        self.journal.take().unwrap_or_default().undo(&mut self.state);
    }
}

#[cfg(test)]
mod tests;
