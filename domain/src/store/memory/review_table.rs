//! Reviews, and the orders in which they are asked for.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::activity::at_most;
use super::grouped::Grouped;
use crate::id::{ReviewId, RunId, SessionId, TaskId};
use crate::query::RunReviewQuery;
use crate::review::RunReview;
use crate::time::Timestamp;

/// `updated_at` and the review that breaks ties.
type Slot = (Timestamp, ReviewId);

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct ReviewTable {
    records: FxHashMap<ReviewId, Arc<RunReview>>,
    by_update: BTreeSet<Slot>,
    of_task: Grouped<TaskId, Slot>,
    of_run: Grouped<RunId, Slot>,
    of_session: Grouped<SessionId, Slot>,
    /// Apart from the ended ones, of which a session collects many.
    active_of_session: Grouped<SessionId, Slot>,
}

impl ReviewTable {
    pub(super) fn get(&self, id: &ReviewId) -> Option<&Arc<RunReview>> {
        self.records.get(id)
    }

    pub(super) fn records(&self) -> &FxHashMap<ReviewId, Arc<RunReview>> {
        &self.records
    }

    pub(super) fn remove(&mut self, id: &ReviewId) {
        let Some(review) = self.records.remove(id) else { return };
        let slot = (review.updated_at, review.review_id.clone());
        self.by_update.remove(&slot);
        self.of_task.remove(review.task_id.clone(), slot.clone());
        self.of_run.remove(review.run_id.clone(), slot.clone());
        if let Some(session) = &review.reviewer_session_id {
            self.of_session.remove(session.clone(), slot.clone());
            if review.status.is_active() {
                self.active_of_session.remove(session.clone(), slot);
            }
        }
    }

    /// Inserts a review that is not there.
    pub(super) fn insert(&mut self, review: Arc<RunReview>) {
        let slot = (review.updated_at, review.review_id.clone());
        self.by_update.insert(slot.clone());
        self.of_task.insert(review.task_id.clone(), slot.clone());
        self.of_run.insert(review.run_id.clone(), slot.clone());
        if let Some(session) = &review.reviewer_session_id {
            self.of_session.insert(session.clone(), slot.clone());
            if review.status.is_active() {
                self.active_of_session.insert(session.clone(), slot);
            }
        }
        self.records.insert(review.review_id.clone(), review);
    }

    /// The review of a run in a round and attempt; a run has few.
    pub(super) fn find(&self, run: &RunId, round: i64, attempt: i64) -> Option<Arc<RunReview>> {
        self.reviews_at(self.of_run.members(run))
            .find(|review| review.review_round == round && review.attempt == attempt)
            .cloned()
    }

    /// The reviews that pass a query, newest update first.
    pub(super) fn list(&self, query: &RunReviewQuery) -> Vec<Arc<RunReview>> {
        let status = query.status.known();
        let admits = |review: &&Arc<RunReview>| {
            status.is_none_or(|status| status == review.status)
                && query.task_id.as_ref().is_none_or(|id| *id == review.task_id)
                && query.run_id.as_ref().is_none_or(|id| *id == review.run_id)
                && (query.reviewer_session_id.is_none()
                    || query.reviewer_session_id == review.reviewer_session_id)
        };
        let newest_first: Box<dyn Iterator<Item = &Slot>> = if let Some(run) = &query.run_id {
            Box::new(self.of_run.members(run).rev())
        } else if let Some(task) = &query.task_id {
            Box::new(self.of_task.members(task).rev())
        } else if let Some(session) = &query.reviewer_session_id {
            Box::new(self.of_session.members(session).rev())
        } else {
            Box::new(self.by_update.iter().rev())
        };
        let limit = at_most(query.limit);
        self.reviews_at(newest_first).filter(admits).take(limit).cloned().collect()
    }

    /// The active reviews of a session, newest update first.
    pub(super) fn active_of(&self, session: &SessionId) -> Vec<Arc<RunReview>> {
        self.reviews_at(self.active_of_session.members(session).rev()).cloned().collect()
    }

    fn reviews_at<'a>(
        &'a self,
        slots: impl Iterator<Item = &'a Slot>,
    ) -> impl Iterator<Item = &'a Arc<RunReview>> {
        slots.filter_map(|(_, id)| self.records.get(id))
    }
}
