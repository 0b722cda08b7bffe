//! What subscribers of a board are told.

use std::collections::HashMap;
use std::rc::Rc;

use taskloom_domain::store::{Change, Key, MemoryStore, Record};

use crate::version::Version;

/// One step of a board, after it was applied.
#[derive(Debug, Clone, PartialEq)]
pub struct BoardChange {
    /// The version that the step led to.
    pub version: Version,
    /// What changed, in order.
    pub changes: Rc<[Change]>,
    /// Who made it.
    pub source: Source,
}

/// Who made a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// This board.
    Own,
    /// Another writer of the same log.
    Other,
}

/// The changes that lead from one store to another.
pub(super) fn between(before: &MemoryStore, after: &MemoryStore) -> Vec<Change> {
    let mut gone: HashMap<Key, Record> =
        before.records().map(|record| (record.key(), record)).collect();
    let mut changes = Vec::new();
    for record in after.records() {
        if gone.remove(&record.key()).as_ref() != Some(&record) {
            changes.push(Change::Put(record));
        }
    }
    let gone = before.records().map(|record| record.key()).filter(|key| gone.contains_key(key));
    changes.extend(gone.map(Change::Delete));
    changes
}
