//! The numbers that the events of a bundle get on a board with events of its own.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use taskloom_domain::event::EventRecord;
use taskloom_domain::id::{EventId, Sequence};
use taskloom_domain::store::{EventStore, MemoryStore, Record};
use taskloom_domain::trash::TrashedTask;

use crate::bundle::Bundle;

/// Finds the number of each event by its id.
pub(super) struct Numbering {
    numbers: HashMap<EventId, Sequence>,
    newest: Sequence,
}

impl Numbering {
    /// An event that the board knows has the board's number. Another one keeps its
    /// own if that is free, and comes after the newest event otherwise, in the order
    /// of the bundle. Events of deleted tasks count, for they may come back.
    pub(super) fn of(store: &MemoryStore, bundle: &Bundle) -> Self {
        let mut numbers = HashMap::new();
        let mut taken = HashSet::new();
        let mut newest = store.latest_sequence().max(bundle.latest_sequence);
        for record in store.records() {
            for event in events(&record) {
                taken.insert(event.sequence);
                numbers.insert(event.event.id.clone(), event.sequence);
                newest = newest.max(event.sequence);
            }
        }
        let mut incoming: Vec<Arc<EventRecord>> = Vec::new();
        for record in bundle.records() {
            incoming.extend(events(&record).into_iter().cloned());
        }
        incoming.sort_by_key(|event| event.sequence);
        newest = incoming.last().map_or(newest, |last| newest.max(last.sequence));
        let mut late = Vec::new();
        for event in incoming {
            let id = &event.event.id;
            if numbers.contains_key(id) {
                continue;
            }
            if taken.insert(event.sequence) {
                numbers.insert(id.clone(), event.sequence);
            } else {
                late.push(id.clone());
            }
        }
        for id in late {
            numbers.entry(id).or_insert_with(|| {
                newest = newest.next();
                newest
            });
        }
        Self { numbers, newest }
    }

    /// The number of the newest event afterwards.
    pub(super) fn newest(&self) -> Sequence {
        self.newest
    }

    /// A record of the bundle, as it stands on the board.
    pub(super) fn renumber(&self, record: Record) -> Record {
        match record {
            Record::Event(event) => Record::Event(self.numbered(event)),
            Record::Trash(trashed) => {
                let records = trashed.records.iter().cloned();
                let records = records.map(|record| self.renumber(record)).collect();
                Record::Trash(Arc::new(TrashedTask { records, ..TrashedTask::clone(&trashed) }))
            }
            other => other,
        }
    }

    fn numbered(&self, event: Arc<EventRecord>) -> Arc<EventRecord> {
        match self.numbers.get(&event.event.id) {
            Some(&sequence) if sequence != event.sequence => {
                Arc::new(EventRecord { sequence, ..EventRecord::clone(&event) })
            }
            _ => event,
        }
    }
}

/// The events that a record is or holds.
fn events(record: &Record) -> Vec<&Arc<EventRecord>> {
    match record {
        Record::Event(event) => vec![event],
        Record::Trash(trashed) => trashed.records.iter().flat_map(events).collect(),
        _ => Vec::new(),
    }
}
