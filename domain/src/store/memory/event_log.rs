//! The events of one task.

use std::sync::Arc;

use crate::event::EventRecord;
use crate::id::Sequence;
use crate::time::Timestamp;

/// Events in the order of their numbers, each with the latest timestamp up to
/// it: a clock may go back between two events, and the latest of all has to be
/// known at once.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct EventLog(Vec<(Arc<EventRecord>, Timestamp)>);

impl EventLog {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of the newest event, zero without events.
    pub(super) fn latest_sequence(&self) -> Sequence {
        self.0.last().map_or(Sequence::ZERO, |(event, _)| event.sequence)
    }

    /// The latest timestamp of any event.
    pub(super) fn latest_timestamp(&self) -> Option<Timestamp> {
        self.0.last().map(|(_, latest)| *latest)
    }

    /// All events after a number, ascending.
    pub(super) fn after(
        &self,
        sequence: Sequence,
    ) -> impl DoubleEndedIterator<Item = &Arc<EventRecord>> {
        let start = self.0.partition_point(|(event, _)| event.sequence <= sequence);
        self.0[start..].iter().map(|(event, _)| event)
    }

    pub(super) fn insert(&mut self, event: Arc<EventRecord>) {
        let place = self.place_of(event.sequence);
        if self.0.get(place).is_some_and(|(known, _)| known.sequence == event.sequence) {
            self.0.remove(place);
        }
        let timestamp = event.event.timestamp;
        self.0.insert(place, (event, timestamp));
        self.settle(place);
    }

    pub(super) fn remove(&mut self, sequence: Sequence) {
        let place = self.place_of(sequence);
        if self.0.get(place).is_some_and(|(event, _)| event.sequence == sequence) {
            self.0.remove(place);
            self.settle(place);
        }
    }

    fn place_of(&self, sequence: Sequence) -> usize {
        match self.0.last() {
            Some((event, _)) if event.sequence < sequence => self.0.len(),
            _ => self.0.partition_point(|(event, _)| event.sequence < sequence),
        }
    }

    /// Computes the latest timestamps anew from a place on.
    fn settle(&mut self, from: usize) {
        let mut latest = from.checked_sub(1).map(|before| self.0[before].1);
        for (event, up_to) in &mut self.0[from..] {
            *up_to = latest.map_or(event.event.timestamp, |time| time.max(event.event.timestamp));
            latest = Some(*up_to);
        }
    }
}
