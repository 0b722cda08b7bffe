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

    /// Removes a run; answers it.
    pub(super) fn remove(&mut self, id: &RunId) -> Option<Arc<Run>> {
        let run = self.records.remove(id)?;
        self.file(Some(&run), None);
        Some(run)
    }

    /// Inserts or replaces a run; answers the one that stood there.
    pub(super) fn put(&mut self, run: Arc<Run>) -> Option<Arc<Run>> {
        let before = self.records.insert(run.id.clone(), Arc::clone(&run));
        self.file(before.as_deref(), Some(&run));
        before
    }

    /// Brings the indexes up to date. Most changes of a run move it in few of them.
    fn file<'a>(&mut self, before: Option<&'a Run>, after: Option<&'a Run>) {
        let change = Moved { before, after };
        let (from, to) = change.places(|run| Some((run.status, slot(run))));
        if let Some((status, slot)) = from {
            self.by_status[status as usize].remove(&owned(slot));
        }
        if let Some((status, slot)) = to {
            self.by_status[status as usize].insert(owned(slot));
        }
        let ends = change.places(|run| Some((lease_end(run)?, &run.id)));
        if let Some(end) = ends.0 {
            self.lease_ends.remove(&owned(end));
        }
        if let Some(end) = ends.1 {
            self.lease_ends.insert(owned(end));
        }
        refile(&mut self.by_session, change, |run| Some((session(run)?, slot(run))), owned);
        let active = |run| active_session(run).map(|session| (session, slot(run)));
        refile(&mut self.active_of_session, change, active, owned);
        refile(&mut self.in_channel, change, |run| Some((channel(run)?, slot(run))), owned);
        let retry = |run: &'a Run| Some((run.previous_run_id.as_ref()?, &run.id));
        refile(&mut self.retries, change, retry, RunId::clone);
        let continuation = |run: &'a Run| Some((continued_review(run)?, &run.id));
        refile(&mut self.continuations, change, continuation, RunId::clone);
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

/// A run before and after a change.
#[derive(Clone, Copy)]
struct Moved<'a> {
    before: Option<&'a Run>,
    after: Option<&'a Run>,
}

impl<'a> Moved<'a> {
    /// The place that the run leaves and the one that it takes; none where it
    /// stays.
    fn places<P: PartialEq>(self, place: impl Fn(&'a Run) -> Option<P>) -> (Option<P>, Option<P>) {
        let (from, to) = (self.before.and_then(&place), self.after.and_then(&place));
        if from == to { (None, None) } else { (from, to) }
    }
}

/// Brings one grouped index up to date.
fn refile<'a, K: Ord + Clone + 'a, T: Ord, M: PartialEq>(
    index: &mut Grouped<K, T>,
    change: Moved<'a>,
    place: impl Fn(&'a Run) -> Option<(&'a K, M)>,
    owned: impl Fn(M) -> T,
) {
    let (from, to) = change.places(place);
    if let Some((group, member)) = from {
        index.remove(group.clone(), owned(member));
    }
    if let Some((group, member)) = to {
        index.insert(group.clone(), owned(member));
    }
}

fn slot(run: &Run) -> (Timestamp, &RunId) {
    (run.queued_at, &run.id)
}

fn owned((at, id): (Timestamp, &RunId)) -> Slot {
    (at, id.clone())
}

fn session(run: &Run) -> Option<&SessionId> {
    run.session_id.as_ref()
}

fn active_session(run: &Run) -> Option<&SessionId> {
    session(run).filter(|_| run.status.is_active())
}

fn channel(run: &Run) -> Option<&String> {
    Some(&run.coordination_channel_id).filter(|channel| !channel.is_empty())
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
