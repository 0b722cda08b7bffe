//! A board as it was: read-only, for a look back and for comparing two points in
//! time.
//!
//! The past is built from the audit log, event by event, since the log of a board's
//! changes is pruned and the audit log is not. Statuses are not read from events but
//! derived anew, as the engine derives them: a task that became free because its
//! blocker was completed has no event that says so.
//!
//! What events do not tell is shown as it is today, or not at all:
//!
//! - Titles, priorities, owners, approval policies, attempt budgets and metadata are
//!   those of today; an update only names the fields that it changed.
//! - A task that was deleted since took its history with it and does not appear;
//!   nor do edges to it.
//! - The scheduler's switch, triage, snoozes and the trash leave no audit events:
//!   the scheduler runs, and nobody has seen or put away anything.
//! - What a board gives up or halts by itself (reviews that ran out of time or out
//!   of rounds) is told by the verdicts alone.

mod apply;
mod difference;
mod turn;

pub use difference::{Difference, differences};
pub use turn::run_status_after;

use crate::id::Sequence;
use crate::store::{
    DependencyStore, EventStore, ExecutionProfileStore, MemoryStore, RecordStore, RunReviewStore,
    RunStore,
};
use crate::time::Timestamp;

/// A board at a point of its own past.
#[derive(Debug, Clone, Default)]
pub struct Replay {
    board: MemoryStore,
    at: Sequence,
}

impl Replay {
    /// The board before its first event.
    pub fn new() -> Self {
        Self::default()
    }

    /// The board as it was right after the event with this number; numbers may have
    /// gaps. `store` is the board of today.
    ///
    /// Going forward takes the events in between, going back begins anew: a caller
    /// that goes back and forth keeps clones of a few points.
    pub fn go_to<S>(&mut self, store: &S, at: Sequence)
    where
        S: EventStore
            + RecordStore
            + DependencyStore
            + RunStore
            + RunReviewStore
            + ExecutionProfileStore,
    {
        if at < self.at {
            *self = Self::new();
        }
        for event in store.list_board_events(self.at, 0) {
            if event.sequence > at {
                break;
            }
            apply::event(&mut self.board, store, &event);
        }
        self.at = at;
    }

    /// The number up to which events count.
    pub fn at(&self) -> Sequence {
        self.at
    }

    /// The records as they were. Everything that reads a store reads them.
    pub fn board(&self) -> &MemoryStore {
        &self.board
    }
}

/// The number of the newest event at an instant; zero before the first one. The
/// instants of a log are taken to rise with its numbers.
pub fn sequence_at(store: &impl EventStore, instant: Timestamp) -> Sequence {
    let goes_on_after = |number: Sequence| {
        let next = store.list_board_events(number, 1);
        next.first().is_some_and(|event| event.event.timestamp <= instant)
    };
    let (mut from, mut to) = (0, store.latest_sequence().get());
    while from < to {
        let middle = from + (to - from) / 2;
        if goes_on_after(Sequence::new(middle)) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    Sequence::new(from)
}

#[cfg(test)]
mod tests;
