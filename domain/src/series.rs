//! Numbers over time, from the audit log alone: how long the queue was, how long
//! runs waited and took, and how they ended.
//!
//! What the log does not tell is absent, never zero: the time before the first
//! event, and spans whose beginning is not in the log. A deleted task takes its
//! events along, so its runs do not count.

mod history;
mod spread;

use std::num::NonZeroUsize;

pub use history::RunHistory;
pub use spread::Spread;

use crate::id::RunId;
use crate::time::{Duration, Timestamp};

/// A span of time, cut into pieces of equal length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first instant.
    pub from: Timestamp,
    /// The end; at this very instant it is over. Usually now: what lies in the
    /// future is not known.
    pub until: Timestamp,
    /// How many pieces.
    pub pieces: NonZeroUsize,
}

impl Window {
    /// The pieces as their first instants and ends. A window that ends before it
    /// begins has none.
    fn spans(&self) -> impl Iterator<Item = (Timestamp, Timestamp)> + use<> {
        let (from, whole) = (self.from, i128::from(self.until.since(self.from).as_nanos()));
        let count = if whole > 0 { self.pieces.get() } else { 0 };
        let edge = move |number: usize| {
            let part = whole * number as i128 / count as i128;
            // A part of a duration is no longer than the duration.
            from + Duration::from_nanos(i64::try_from(part).unwrap_or(i64::MAX))
        };
        (0..count).map(move |number| (edge(number), edge(number + 1)))
    }
}

/// What is known of one piece of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// Its first instant.
    pub from: Timestamp,
    /// Its end.
    pub until: Timestamp,
    /// How many runs were queued.
    pub queue_depth: Option<Depth>,
    /// How long the runs that were claimed had waited since they were last queued.
    pub claim_latency: Option<Spread>,
    /// How long the runs that ended had been worked on.
    pub run_duration: Option<Spread>,
    /// How runs ended.
    pub outcomes: Option<Outcomes>,
}

/// How many runs were queued during a piece of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    /// The most at any instant.
    pub most: usize,
    /// At the end.
    pub last: usize,
}

/// The runs that ended, by how they did. Empty lists are known to be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// With a result.
    pub completed: Vec<RunId>,
    /// With an error.
    pub failed: Vec<RunId>,
    /// Because somebody wanted it to.
    pub canceled: Vec<RunId>,
}

impl Outcomes {
    /// Which share of the runs that came to an end by themselves was completed;
    /// `None` where there was none.
    pub fn success_rate(&self) -> Option<f64> {
        let judged = self.completed.len() + self.failed.len();
        (judged > 0).then(|| self.completed.len() as f64 / judged as f64)
    }
}

/// The points of a window, in order.
pub fn series(history: &RunHistory, window: &Window) -> Vec<Point> {
    window.spans().map(|(from, until)| history.point(from, until)).collect()
}

#[cfg(test)]
mod tests;
