//! Which events a task has.

use crate::id::Sequence;
use crate::time::Timestamp;

/// One event of a task.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Place {
    sequence: Sequence,
    timestamp: Timestamp,
    /// The latest timestamp up to here: a clock may go back between two events,
    /// and the latest of all has to be known at once.
    latest: Timestamp,
}

/// The numbers of a task's events, ascending.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct EventLog(Vec<Place>);

impl EventLog {
    /// Of events in the order of their numbers.
    pub(super) fn of(events: impl IntoIterator<Item = (Sequence, Timestamp)>) -> Self {
        let mut log = Self::default();
        for (sequence, timestamp) in events {
            log.insert(sequence, timestamp);
        }
        log
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of the newest event, zero without events.
    pub(super) fn latest_sequence(&self) -> Sequence {
        self.0.last().map_or(Sequence::ZERO, |place| place.sequence)
    }

    /// The latest timestamp of any event.
    pub(super) fn latest_timestamp(&self) -> Option<Timestamp> {
        self.0.last().map(|place| place.latest)
    }

    /// The numbers after a number, ascending.
    pub(super) fn after(&self, sequence: Sequence) -> impl DoubleEndedIterator<Item = Sequence> {
        let start = self.0.partition_point(|place| place.sequence <= sequence);
        self.0[start..].iter().map(|place| place.sequence)
    }

    pub(super) fn insert(&mut self, sequence: Sequence, timestamp: Timestamp) {
        let at = self.place_of(sequence);
        if self.0.get(at).is_some_and(|known| known.sequence == sequence) {
            self.0.remove(at);
        }
        self.0.insert(at, Place { sequence, timestamp, latest: timestamp });
        self.settle(at);
    }

    pub(super) fn remove(&mut self, sequence: Sequence) {
        let at = self.place_of(sequence);
        if self.0.get(at).is_some_and(|place| place.sequence == sequence) {
            self.0.remove(at);
            self.settle(at);
        }
    }

    fn place_of(&self, sequence: Sequence) -> usize {
        match self.0.last() {
            Some(newest) if newest.sequence < sequence => self.0.len(),
            _ => self.0.partition_point(|place| place.sequence < sequence),
        }
    }

    /// Computes the latest timestamps anew from a place on.
    fn settle(&mut self, from: usize) {
        let mut latest = from.checked_sub(1).map(|before| self.0[before].latest);
        for place in &mut self.0[from..] {
            place.latest = latest.map_or(place.timestamp, |time| time.max(place.timestamp));
            latest = Some(place.latest);
        }
    }
}
