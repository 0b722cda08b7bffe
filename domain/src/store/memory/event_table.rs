//! All events of a board: the archived ones, packed, and those since.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::image::EventsImage;
use crate::event::{EventArchive, EventRecord};
use crate::id::{EventId, Sequence};

/// Events by number. An archived event that is deleted or written anew stays in
/// the archive and is passed over.
#[derive(Debug, Clone, Default)]
pub(super) struct EventTable {
    archive: EventArchive,
    gone: BTreeSet<Sequence>,
    recent: BTreeMap<Sequence, Arc<EventRecord>>,
    recent_ids: FxHashMap<EventId, Sequence>,
}

impl EventTable {
    pub(super) fn of(archive: EventArchive) -> Self {
        Self { archive, ..Self::default() }
    }

    pub(super) fn image(&self) -> EventsImage {
        let recent = self.recent.values().cloned().collect();
        EventsImage::new(self.archive.clone(), self.gone.clone(), recent)
    }

    fn len(&self) -> usize {
        self.archive.len() - self.gone.len() + self.recent.len()
    }

    /// The number of the newest event, zero without events.
    pub(super) fn newest(&self) -> Sequence {
        let recent = self.recent.last_key_value().map(|(sequence, _)| *sequence);
        let rows = (0..self.archive.len()).rev().map(|row| self.archive.sequence(row));
        let archived = rows.into_iter().find(|sequence| !self.gone.contains(sequence));
        recent.max(archived).unwrap_or(Sequence::ZERO)
    }

    pub(super) fn get(&self, sequence: Sequence) -> Option<Arc<EventRecord>> {
        if let Some(event) = self.recent.get(&sequence) {
            return Some(Arc::clone(event));
        }
        self.archived(sequence).map(|row| self.archive.event(row))
    }

    /// The event with an id.
    pub(super) fn with_id(&self, id: &EventId) -> Option<Arc<EventRecord>> {
        if let Some(sequence) = self.recent_ids.get(id) {
            return self.get(*sequence);
        }
        let row = self.archive.find_id(id)?;
        (!self.gone.contains(&self.archive.sequence(row))).then(|| self.archive.event(row))
    }

    /// The events after a number, ascending.
    pub(super) fn after(&self, sequence: Sequence) -> impl Iterator<Item = Arc<EventRecord>> {
        let first = self.archive.find(sequence.next()).unwrap_or_else(|row| row);
        let rows = (first..self.archive.len()).filter(|row| {
            self.gone.is_empty() || !self.gone.contains(&self.archive.sequence(*row))
        });
        let mut archived = rows.peekable();
        let mut recent = self.recent.range(sequence.next()..).peekable();
        std::iter::from_fn(move || {
            let next_archived = archived.peek().map(|row| self.archive.sequence(*row));
            match (next_archived, recent.peek()) {
                (Some(old), Some((new, _))) if old < **new => {}
                (Some(_), None) => {}
                _ => return recent.next().map(|(_, event)| Arc::clone(event)),
            }
            archived.next().map(|row| self.archive.event(row))
        })
    }

    /// Adds an event whose number is free.
    pub(super) fn insert(&mut self, event: Arc<EventRecord>) {
        self.recent_ids.insert(event.event.id.clone(), event.sequence);
        self.recent.insert(event.sequence, event);
    }

    pub(super) fn remove(&mut self, sequence: Sequence) -> Option<Arc<EventRecord>> {
        if sequence > self.newest() {
            return None;
        }
        if let Some(event) = self.recent.remove(&sequence) {
            if self.recent_ids.get(&event.event.id) == Some(&sequence) {
                self.recent_ids.remove(&event.event.id);
            }
            return Some(event);
        }
        let row = self.archived(sequence)?;
        self.gone.insert(sequence);
        Some(self.archive.event(row))
    }

    /// The row of an archived event that still counts.
    fn archived(&self, sequence: Sequence) -> Option<usize> {
        let row = self.archive.find(sequence).ok()?;
        (!self.gone.contains(&sequence)).then_some(row)
    }
}

/// Where an event stands is no difference.
impl PartialEq for EventTable {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.after(Sequence::ZERO).eq(other.after(Sequence::ZERO))
    }
}
