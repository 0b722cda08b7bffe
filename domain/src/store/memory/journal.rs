//! What a transaction has touched, as it was before.

use rustc_hash::FxHashSet;

use super::State;
use crate::store::{Change, ChangeSet, Key, Record};
use crate::task::Task;

/// The records that an open transaction touched, in the order of the first
/// touch, each as it was before.
#[derive(Debug, Clone, Default)]
pub(super) struct Journal {
    before: Vec<(Key, Option<Record>)>,
    touched: FxHashSet<Key>,
}

impl Journal {
    /// Notes a record before it is written for the first time.
    pub(super) fn note(&mut self, key: &Key, state: &State) {
        if self.touched.insert(key.clone()) {
            self.before.push((key.clone(), state.get(key)));
        }
    }

    /// What is different now.
    pub(super) fn close(self, state: &State) -> ChangeSet {
        let mut set = ChangeSet::default();
        for (key, before) in self.before {
            let after = state.get(&key);
            if same(before.as_ref(), after.as_ref()) {
                continue;
            }
            set.inverse.push(step(key.clone(), before));
            set.changes.push(step(key, after));
        }
        set.inverse.reverse();
        set
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

fn step(key: Key, record: Option<Record>) -> Change {
    record.map_or(Change::Delete(key), Change::Put)
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
