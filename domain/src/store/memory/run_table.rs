//! Runs, and the orders in which they are asked for.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::activity::{at_most, equal_or_off};
use super::grouped::Grouped;
use crate::enumeration::Enumeration;
use crate::id::{ReviewId, RunId, SessionId};
use crate::query::RunQuery;
use crate::run::{Run, RunStatus};
use crate::time::Timestamp;

/// An instant (mostly `queued_at`) and the run that breaks ties.
type Slot = (Timestamp, RunId);

/// How many run statuses there are.
const STATUSES: usize = RunStatus::ALL.len();

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct RunTable {
    records: FxHashMap<RunId, Arc<Run>>,
    by_status: [BTreeSet<Slot>; STATUSES],
    by_session: Grouped<SessionId, Slot>,
    /// Apart from the ended ones, of which a session collects many.
    active_of_session: Grouped<SessionId, Slot>,
    in_channel: Grouped<String, Slot>,
    /// The leases of active runs, by their end.
    lease_ends: BTreeSet<Slot>,
    retries: Grouped<RunId, RunId>,
    continuations: Grouped<ReviewId, RunId>,
}

impl RunTable {
    pub(super) fn get(&self, id: &RunId) -> Option<&Arc<Run>> {
        self.records.get(id)
    }

    pub(super) fn records(&self) -> &FxHashMap<RunId, Arc<Run>> {
        &self.records
    }

    pub(super) fn remove(&mut self, id: &RunId) -> Option<Arc<Run>> {
        let run = self.records.remove(id)?;
        let slot = (run.queued_at, run.id.clone());
        self.by_status[run.status as usize].remove(&slot);
        if let Some(session) = &run.session_id {
            self.by_session.remove(session.clone(), slot.clone());
            if run.status.is_active() {
                self.active_of_session.remove(session.clone(), slot.clone());
            }
        }
        if !run.coordination_channel_id.is_empty() {
            self.in_channel.remove(run.coordination_channel_id.clone(), slot);
        }
        if let Some(end) = lease_end(&run) {
            self.lease_ends.remove(&(end, run.id.clone()));
        }
        if let Some(source) = &run.previous_run_id {
            self.retries.remove(source.clone(), run.id.clone());
        }
        if let Some(review) = continued_review(&run) {
            self.continuations.remove(review.clone(), run.id.clone());
        }
        Some(run)
    }

    /// Inserts a run that is not there.
    pub(super) fn insert(&mut self, run: Arc<Run>) {
        let slot = (run.queued_at, run.id.clone());
        self.by_status[run.status as usize].insert(slot.clone());
        if let Some(session) = &run.session_id {
            self.by_session.insert(session.clone(), slot.clone());
            if run.status.is_active() {
                self.active_of_session.insert(session.clone(), slot.clone());
            }
        }
        if !run.coordination_channel_id.is_empty() {
            self.in_channel.insert(run.coordination_channel_id.clone(), slot);
        }
        if let Some(end) = lease_end(&run) {
            self.lease_ends.insert((end, run.id.clone()));
        }
        if let Some(source) = &run.previous_run_id {
            self.retries.insert(source.clone(), run.id.clone());
        }
        if let Some(review) = continued_review(&run) {
            self.continuations.insert(review.clone(), run.id.clone());
        }
        self.records.insert(run.id.clone(), run);
    }

    /// The runs that pass a query, newest first. `of_task` are those of its task,
    /// oldest first, where it names one.
    pub(super) fn list(&self, query: &RunQuery, of_task: Option<&[Arc<Run>]>) -> Vec<Arc<Run>> {
        let status = query.status.known();
        let admits = |run: &&Arc<Run>| {
            status.is_none_or(|status| status == run.status)
                && (query.session_id.is_none() || query.session_id == run.session_id)
                && equal_or_off(&query.coordination_channel_id, &run.coordination_channel_id)
        };
        let limit = at_most(query.limit);
        if let Some(runs) = of_task {
            return runs.iter().rev().filter(admits).take(limit).cloned().collect();
        }
        let newest_first: Box<dyn Iterator<Item = &Slot>> = if let Some(id) = &query.session_id {
            Box::new(self.by_session.members(id).rev())
        } else if !query.coordination_channel_id.is_empty() {
            Box::new(self.in_channel.members(&query.coordination_channel_id).rev())
        } else {
            let sets = RunStatus::ALL.iter().filter(|it| status.is_none_or(|one| one == **it));
            Box::new(greatest_first(sets.map(|status| &self.by_status[*status as usize])))
        };
        self.runs_at(newest_first).filter(admits).take(limit).cloned().collect()
    }

    /// The runs in any of these statuses, oldest first.
    pub(super) fn in_statuses(&self, statuses: &[RunStatus]) -> Vec<Arc<Run>> {
        let sets = RunStatus::ALL.iter().filter(|status| statuses.contains(status));
        let slots = greatest_first(sets.map(|status| &self.by_status[*status as usize]));
        let mut runs: Vec<_> = self.runs_at(slots).cloned().collect();
        runs.reverse();
        runs
    }

    pub(super) fn count_in(&self, status: RunStatus) -> usize {
        self.by_status[status as usize].len()
    }

    /// The active runs of a session, newest first.
    pub(super) fn active_of(&self, session: &SessionId) -> Vec<Arc<Run>> {
        self.runs_at(self.active_of_session.members(session).rev()).cloned().collect()
    }

    /// The runs of a session with a token hash: longest lease first, then id.
    pub(super) fn fenced_of(&self, session: &SessionId) -> Vec<Arc<Run>> {
        let runs = self.runs_at(self.by_session.members(session));
        let mut fenced: Vec<_> =
            runs.filter(|run| run.claim_token_hash.is_some()).cloned().collect();
        fenced.sort_by(|one, other| {
            other.lease_until.cmp(&one.lease_until).then_with(|| one.id.cmp(&other.id))
        });
        fenced
    }

    /// The active runs whose lease has ended, earliest end first.
    pub(super) fn expired(&self, now: Timestamp, limit: usize) -> Vec<Arc<Run>> {
        let ended = self.lease_ends.iter().take_while(|(end, _)| *end <= now);
        self.runs_at(ended.take(limit)).cloned().collect()
    }

    /// The first run, by id, that retries another one.
    pub(super) fn retry_of(&self, source: &RunId) -> Option<Arc<Run>> {
        self.retries.members(source).find_map(|id| self.records.get(id)).cloned()
    }

    /// The first run, by id, that continues after a review.
    pub(super) fn continuation_of(&self, review: &ReviewId) -> Option<Arc<Run>> {
        self.continuations.members(review).find_map(|id| self.records.get(id)).cloned()
    }

    fn runs_at<'a>(
        &'a self,
        slots: impl Iterator<Item = &'a Slot>,
    ) -> impl Iterator<Item = &'a Arc<Run>> {
        slots.filter_map(|(_, id)| self.records.get(id))
    }
}

fn lease_end(run: &Run) -> Option<Timestamp> {
    run.lease_until.filter(|_| run.status.is_active())
}

fn continued_review(run: &Run) -> Option<&ReviewId> {
    run.review.as_ref().and_then(|lineage| lineage.review_id.as_ref())
}

/// The elements of several sets, greatest first.
fn greatest_first<'a, T: Ord + 'a>(
    sets: impl Iterator<Item = &'a BTreeSet<T>>,
) -> impl Iterator<Item = &'a T> {
    let mut sets: Vec<_> = sets.map(|set| set.iter().rev().peekable()).collect();
    std::iter::from_fn(move || {
        let next = (0..sets.len()).max_by_key(|index| sets[*index].peek().copied())?;
        sets[next].next()
    })
}
