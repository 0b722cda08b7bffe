//! What the audit log tells of runs, in the order in which it happened.

use rustc_hash::FxHashMap;

use super::{Depth, Outcomes, Point, Spread};
use crate::event::EventRecord;
use crate::id::{RunId, Sequence};
use crate::replay::run_status_after;
use crate::run::RunStatus;
use crate::store::EventStore;
use crate::time::{Duration, Timestamp};

/// The history of a board's runs. It grows with the log: hand it the new events,
/// and ask it for any window. After a task was deleted, build it anew, or it goes on
/// counting that task's runs.
#[derive(Debug, Clone, Default)]
pub struct RunHistory {
    /// The time of the first event and of the latest one.
    told: Option<(Timestamp, Timestamp)>,
    seen: Sequence,
    runs: FxHashMap<RunId, Stand>,
    queued: usize,
    /// How many runs are queued from each instant on.
    depths: Vec<(Timestamp, usize)>,
    claims: Vec<Claim>,
    ends: Vec<End>,
}

/// Where a run stands, and since when as far as that is known.
#[derive(Debug, Clone, Copy)]
struct Stand {
    status: RunStatus,
    queued_at: Option<Timestamp>,
    started_at: Option<Timestamp>,
}

#[derive(Debug, Clone)]
struct Claim {
    at: Timestamp,
    run: RunId,
    waited: Option<Duration>,
}

#[derive(Debug, Clone)]
struct End {
    at: Timestamp,
    run: RunId,
    status: RunStatus,
    took: Option<Duration>,
}

impl RunHistory {
    /// The history of a whole board.
    pub fn of(store: &impl EventStore) -> Self {
        let mut history = Self::default();
        history.catch_up(store);
        history
    }

    /// Takes in the events that were appended since.
    pub fn catch_up(&mut self, store: &impl EventStore) {
        for event in store.list_board_events(self.seen, 0) {
            self.observe(&event);
        }
    }

    /// Takes in one event; events come in the order of their numbers, and one that
    /// was seen already is passed over.
    pub fn observe(&mut self, record: &EventRecord) {
        if record.sequence <= self.seen {
            return;
        }
        self.seen = record.sequence;
        // A clock that was set back must not turn the order of events around.
        let at = match self.told {
            Some((_, latest)) => latest.max(record.event.timestamp),
            None => record.event.timestamp,
        };
        self.told = Some((self.told.map_or(at, |(first, _)| first), at));
        if let (Some(run), Some(status)) = (&record.event.run_id, run_status_after(&record.event)) {
            self.turn(run, status, at);
        }
    }

    fn turn(&mut self, run: &RunId, status: RunStatus, at: Timestamp) {
        let before = self.runs.get(run).copied();
        if before.is_some_and(|before| before.status == status) {
            return;
        }
        let was_queued = before.is_some_and(|before| before.status == RunStatus::Queued);
        let known = before.filter(|_| status != RunStatus::Queued);
        let mut stand = Stand {
            status,
            queued_at: known.and_then(|known| known.queued_at),
            started_at: known.and_then(|known| known.started_at),
        };
        match status {
            RunStatus::Queued => {
                stand.queued_at = Some(at);
                self.queued += 1;
                self.depths.push((at, self.queued));
            }
            RunStatus::Claimed if was_queued => {
                let waited = stand.queued_at.map(|since| at.since(since));
                self.claims.push(Claim { at, run: run.clone(), waited });
            }
            RunStatus::Claimed | RunStatus::Starting => {}
            RunStatus::Running => stand.started_at = stand.started_at.or(Some(at)),
            RunStatus::Completed | RunStatus::Failed | RunStatus::Canceled => {
                let took = stand.started_at.map(|since| at.since(since));
                self.ends.push(End { at, run: run.clone(), status, took });
            }
        }
        if was_queued {
            self.queued -= 1;
            self.depths.push((at, self.queued));
        }
        self.runs.insert(run.clone(), stand);
    }

    /// What is known of a piece of time.
    pub(super) fn point(&self, from: Timestamp, until: Timestamp) -> Point {
        let known = self.told.is_some_and(|(first, _)| first < until);
        let claims = within(&self.claims, |claim| claim.at, from, until);
        let ends = within(&self.ends, |end| end.at, from, until);
        let waited = claims.iter().filter_map(|claim| Some((claim.waited?, claim.run.clone())));
        let took = ends.iter().filter_map(|end| Some((end.took?, end.run.clone())));
        Point {
            from,
            until,
            queue_depth: known.then(|| self.depth(from, until)),
            claim_latency: Spread::of(waited.collect()),
            run_duration: Spread::of(took.collect()),
            outcomes: known.then(|| outcomes(ends)),
        }
    }

    fn depth(&self, from: Timestamp, until: Timestamp) -> Depth {
        let before = self.depths.partition_point(|(at, _)| *at <= from);
        let at_first = before.checked_sub(1).map_or(0, |place| self.depths[place].1);
        let during = within(&self.depths[before..], |(at, _)| *at, from, until);
        let last = during.last().map_or(at_first, |(_, depth)| *depth);
        let most = during.iter().map(|(_, depth)| *depth).fold(at_first, usize::max);
        Depth { most, last }
    }
}

fn outcomes(ends: &[End]) -> Outcomes {
    let of = |status| {
        let ends = ends.iter().filter(move |end| end.status == status);
        ends.map(|end| end.run.clone()).collect()
    };
    Outcomes {
        completed: of(RunStatus::Completed),
        failed: of(RunStatus::Failed),
        canceled: of(RunStatus::Canceled),
    }
}

/// The part of a list in time order that lies within a piece of time.
fn within<T>(list: &[T], at: impl Fn(&T) -> Timestamp, from: Timestamp, until: Timestamp) -> &[T] {
    let start = list.partition_point(|entry| at(entry) < from);
    let end = list.partition_point(|entry| at(entry) < until);
    &list[start..end.max(start)]
}
