//! What a transaction has touched, as it was before.

use rustc_hash::FxHashSet;

use super::State;
use crate::store::{Change, ChangeSet, Key, Record};
use crate::task::Task;

/// Up to so many keys are compared one by one, which is faster than a hash of
/// each. Nearly every transaction touches fewer.
const FEW: usize = 16;

/// The records that an open transaction touched, in the order of the first
/// touch, each as it was before.
#[derive(Debug, Clone, Default)]
pub(super) struct Journal {
    before: Vec<(Key, Option<Record>)>,
    /// The keys, once they are more than a few.
    touched: FxHashSet<Key>,
}

impl Journal {
    /// Notes a record before it is written for the first time.
    pub(super) fn note(&mut self, key: Key, state: &State) {
        if !self.knows(&key) {
            let before = state.get(&key);
            self.before.push((key, before));
        }
    }

    /// Whether the key was met before; from now on it was.
    fn knows(&mut self, key: &Key) -> bool {
        if self.before.len() < FEW {
            return self.before.iter().any(|(known, _)| known == key);
        }
        if self.touched.is_empty() {
            self.touched.extend(self.before.iter().map(|(known, _)| known.clone()));
        }
        !self.touched.insert(key.clone())
    }

    /// What is different now.
    pub(super) fn close(self, state: &State) -> ChangeSet {
        let mut changes = Vec::with_capacity(self.before.len());
        let mut inverse = Vec::with_capacity(self.before.len());
        for (key, before) in self.before {
            let after = state.get(&key);
            if same(before.as_ref(), after.as_ref()) {
                continue;
            }
            inverse.push(before.map_or_else(|| Change::Delete(key.clone()), Change::Put));
            changes.push(after.map_or_else(|| Change::Delete(key), Change::Put));
        }
        inverse.reverse();
        ChangeSet { changes, inverse }
    }

    /// Puts everything back.
    pub(super) fn undo(self, state: &mut State) {
        for (key, before) in self.before.into_iter().rev() {
            match before {
                Some(record) => state.put(record),
                None => state.delete(&key),
            }
        }
    }
}

/// Whether nothing was written. The projections of a task follow from other
/// records, which are written down themselves.
fn same(before: Option<&Record>, after: Option<&Record>) -> bool {
    match (before, after) {
        (Some(Record::Task(before)), Some(Record::Task(after))) => {
            before == after
                || **after
                    == Task {
                        current_run_id: after.current_run_id.clone(),
                        latest_event_seq: after.latest_event_seq,
                        ..Task::clone(before)
                    }
        }
        (before, after) => before == after,
    }
}
