//! Everything in a store at one moment, for somebody who writes it down slowly.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::ops::Range;
use std::sync::Arc;

use super::listing::Order;
use super::{MemoryStore, State};
use crate::event::{EventArchive, EventArchiveWriter, EventRecord, NewNames};
use crate::id::Sequence;
use crate::store::Record;

/// What a store holds at one moment, while it goes on changing. Taking it costs a
/// reference count a record.
#[derive(Debug)]
pub struct StoreImage {
    /// All records but the events, in no particular order within a kind.
    pub records: Vec<Record>,
    /// The events.
    pub events: EventsImage,
}

/// The events of a store at one moment, to be packed.
#[derive(Debug)]
pub struct EventsImage {
    archive: EventArchive,
    names: NewNames,
    rows: Range<usize>,
    gone: BTreeSet<Sequence>,
    recent: Peekable<std::vec::IntoIter<Arc<EventRecord>>>,
}

impl MemoryStore {
    /// What the store holds now.
    pub fn image(&self) -> StoreImage {
        let records = self.state.records_but_events(Order::Any).collect();
        StoreImage { records, events: self.state.events.image() }
    }

    /// The store of these events and records.
    pub fn from_image(events: EventArchive, records: impl IntoIterator<Item = Record>) -> Self {
        let mut store = Self { state: State::of_events(events), journal: None };
        for record in records {
            store.state.put(record);
        }
        store
    }
}

impl EventsImage {
    pub(super) fn new(
        archive: EventArchive,
        gone: BTreeSet<Sequence>,
        recent: Vec<Arc<EventRecord>>,
    ) -> Self {
        let rows = 0..archive.len();
        Self {
            archive,
            names: NewNames::default(),
            rows,
            gone,
            recent: recent.into_iter().peekable(),
        }
    }

    /// Whether all events are packed.
    pub fn is_done(&mut self) -> bool {
        self.rows.is_empty() && self.recent.peek().is_none()
    }

    /// Packs the next events, at most `count`.
    pub fn pack(&mut self, writer: &mut EventArchiveWriter, count: usize) {
        for _ in 0..count {
            let archived = (!self.rows.is_empty()).then(|| self.archive.sequence(self.rows.start));
            let recent = self.recent.peek().map(|event| event.sequence);
            match (archived, recent) {
                (Some(archived), recent) if recent.is_none_or(|recent| archived < recent) => {
                    if !self.gone.contains(&archived) {
                        writer.push_archived(&self.archive, self.rows.start, &mut self.names);
                    }
                    self.rows.start += 1;
                }
                (archived, Some(recent)) => {
                    if archived == Some(recent) {
                        self.rows.start += 1;
                    }
                    self.recent.next().iter().for_each(|event| writer.push(event));
                }
                (None, None) | (Some(_), None) => return,
            }
        }
    }
}
