//! All records, in an order of their own.

use std::hash::Hash;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::State;
use super::task_entry::TaskEntry;
use crate::id::Sequence;
use crate::store::Record;

/// In which order the rows of a table are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// By key: equal stores list alike.
    ByKey,
    /// As it comes, which costs no sorting.
    Any,
}

impl State {
    /// Every record, kind by kind, each kind by key. What hangs on a task comes
    /// before it: a store that is built from the sequence files each task once,
    /// in its final place, instead of moving it with each event and run.
    pub(super) fn records(&self) -> impl Iterator<Item = Record> + '_ {
        let events = self.events.after(Sequence::ZERO).map(Record::Event);
        events.chain(self.records_but_events(Order::ByKey))
    }

    /// The records that are no events, in the same sequence of kinds.
    pub(super) fn records_but_events(&self, order: Order) -> impl Iterator<Item = Record> + '_ {
        let latest = Some(self.latest_sequence())
            .filter(|sequence| *sequence != Sequence::ZERO)
            .map(Record::LatestSequence);
        let runs = late(move || rows(self.runs.records(), order))
            .map(|(_, run)| Record::Run(Arc::clone(run)));
        let tokens = late(move || rows(&self.tokens, order))
            .map(|(run, token)| Record::ClaimToken(run.clone(), Arc::clone(token)));
        let bindings = late(move || rows(&self.idempotency, order))
            .map(|(_, binding)| Record::Idempotency(Arc::clone(binding)));
        let reviews = late(move || rows(self.reviews.records(), order))
            .map(|(_, review)| Record::Review(Arc::clone(review)));
        let trash = self.trash.values().cloned().map(Record::Trash);
        let channels = self.channels.values().cloned().map(Record::Channel);
        let beside_tasks =
            late(move || rows(&self.tasks, order)).flat_map(|(_, entry)| beside(entry));
        let tasks = late(move || rows(&self.tasks, order))
            .filter_map(|(_, entry)| entry.record.clone().map(Record::Task));
        let scheduler = self.scheduler.iter().cloned().map(Record::Scheduler);
        (latest.into_iter().chain(runs).chain(tokens).chain(bindings).chain(reviews))
            .chain(channels)
            .chain(trash)
            .chain(beside_tasks)
            .chain(tasks)
            .chain(scheduler)
    }
}

/// The records beside a task that nothing but the task leads to.
fn beside(entry: &TaskEntry) -> impl Iterator<Item = Record> + '_ {
    let mut edges: Vec<_> = entry.depends_on.values().collect();
    edges.sort_unstable_by_key(|edge| &edge.depends_on_task_id);
    (edges.into_iter().cloned().map(Record::Dependency))
        .chain(entry.triage.values().cloned().map(Record::Triage))
        .chain(entry.snoozes.values().cloned().map(Record::Snooze))
        .chain(entry.profile.iter().cloned().map(Record::Profile))
        .chain(entry.gate.iter().cloned().map(Record::ReviewGate))
}

/// The rows of a table; where order counts, that of a hash never shows.
fn rows<K: Ord + Hash, V>(table: &FxHashMap<K, V>, order: Order) -> Vec<(&K, &V)> {
    let mut rows: Vec<_> = table.iter().collect();
    if order == Order::ByKey {
        rows.sort_unstable_by_key(|(key, _)| *key);
    }
    rows
}

/// Makes a list only when it is reached.
fn late<T>(list: impl FnOnce() -> Vec<T>) -> impl Iterator<Item = T> {
    std::iter::once_with(list).flatten()
}
