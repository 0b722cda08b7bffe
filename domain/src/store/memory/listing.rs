//! All records, in an order of their own.

use std::hash::Hash;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::State;
use super::task_entry::TaskEntry;
use crate::id::Sequence;
use crate::store::Record;

impl State {
    /// Every record, kind by kind, each kind by key. What hangs on a task comes
    /// before it: a store that is built from the sequence files each task once,
    /// in its final place, instead of moving it with each event and run.
    pub(super) fn records(&self) -> impl Iterator<Item = Record> + '_ {
        let events = self.events.values().cloned().map(Record::Event);
        let latest = Some(self.latest_sequence())
            .filter(|sequence| *sequence != Sequence::ZERO)
            .map(Record::LatestSequence);
        let runs =
            late(|| by_key(self.runs.records())).map(|(_, run)| Record::Run(Arc::clone(run)));
        let tokens = late(|| by_key(&self.tokens))
            .map(|(run, token)| Record::ClaimToken(run.clone(), Arc::clone(token)));
        let bindings = late(|| by_key(&self.idempotency))
            .map(|(_, binding)| Record::Idempotency(Arc::clone(binding)));
        let reviews = late(|| by_key(self.reviews.records()))
            .map(|(_, review)| Record::Review(Arc::clone(review)));
        let trash = self.trash.values().cloned().map(Record::Trash);
        let channels = self.channels.values().cloned().map(Record::Channel);
        let beside_tasks = late(|| by_key(&self.tasks)).flat_map(|(_, entry)| beside(entry));
        let tasks = late(|| by_key(&self.tasks))
            .filter_map(|(_, entry)| entry.record.clone().map(Record::Task));
        let scheduler = self.scheduler.iter().cloned().map(Record::Scheduler);
        (events.chain(latest).chain(runs).chain(tokens).chain(bindings).chain(reviews))
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

/// The rows of a table by key; the order of a hash never shows.
fn by_key<K: Ord + Hash, V>(table: &FxHashMap<K, V>) -> Vec<(&K, &V)> {
    let mut rows: Vec<_> = table.iter().collect();
    rows.sort_unstable_by_key(|(key, _)| *key);
    rows
}

/// Makes a list only when it is reached.
fn late<T>(list: impl FnOnce() -> Vec<T>) -> impl Iterator<Item = T> {
    std::iter::once_with(list).flatten()
}
