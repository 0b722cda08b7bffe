//! Gathers the bundle of a task and the run that was chosen.

use std::cmp::Reverse;
use std::sync::Arc;

use super::{ContextLimits, budget, redact_payload, safe_text};
use crate::error::{ErrorKind, Result, TaskError};
use crate::event::EventRecord;
use crate::json::RawJson;
use crate::manager::projection;
use crate::profile::ExecutionProfile;
use crate::query::{EventRecordQuery, RunReviewQuery};
use crate::review::{RunReview, RunReviewOutcome};
use crate::run::Run;
use crate::store::Store;
use crate::task::Task;
use crate::view::context::{ContextBundle, ReviewContinuation, RunReviewSummary};
use crate::view::live::TimelineItem;
use crate::view::summary::{Reference, RunSummary};

/// How much is shown of a title, an error or a reviewer's name, in bytes.
const LABEL_MAX_BYTES: usize = 2048;

/// The run that is furthest on; among equals the one with the latest activity,
/// then the smallest id.
pub(crate) fn furthest(runs: impl IntoIterator<Item = Arc<Run>>) -> Option<Arc<Run>> {
    runs.into_iter().min_by_key(|run| {
        (Reverse((run.status.rank(), projection::run_activity(run))), run.id.clone())
    })
}

/// What a bundle is made of.
pub(crate) struct Assembly<'a, S> {
    pub store: &'a S,
    pub limits: &'a ContextLimits,
    pub task: &'a Task,
    /// The run to work on; a task without runs has none.
    pub run: Option<&'a Run>,
    /// A profile that stands in for the stored one.
    pub profile: Option<ExecutionProfile>,
}

impl<S: Store> Assembly<'_, S> {
    /// The bundle, within its budget.
    ///
    /// # Errors
    ///
    /// `run_review_not_found` where the run continues after a review that is gone;
    /// `validation` for a stored event whose payload cannot be read;
    /// `payload_too_large` where the bundle does not fit its budget.
    pub(crate) fn bundle(self) -> Result<ContextBundle> {
        let mut bundle = ContextBundle {
            task: self.reference(),
            latest_event_seq: self.task.latest_event_seq,
            current_run: self.run.map(|run| self.run_summary(run)),
            prior_attempts: Vec::new(),
            recent_events: Vec::new(),
            handoff_summary: String::new(),
            limits: self.limits.told(),
            execution_profile: Some(self.profile()),
            review_continuation: None,
            review_history: Vec::new(),
        };
        if let Some(run) = self.run {
            bundle.prior_attempts = self.prior_attempts(run);
            bundle.recent_events = self.recent_events(&bundle.task)?;
            bundle.review_history = self.review_history();
            bundle.review_continuation = self.review_continuation(run)?;
            let words = match &bundle.review_continuation {
                Some(continuation) => &continuation.next_round_guidance,
                None => &run.error,
            };
            bundle.handoff_summary = safe_text(words, self.handoff_max_bytes());
        }
        budget::fit(&mut bundle, self.limits.body_max_bytes)?;
        Ok(bundle)
    }

    fn handoff_max_bytes(&self) -> usize {
        match self.limits.body_max_bytes {
            0 => usize::MAX,
            budget => budget / 2,
        }
    }

    /// The task as a worker names it. Its pauses are the scheduler's business.
    fn reference(&self) -> Reference {
        let reference = projection::direct_reference(self.store, self.task);
        Reference {
            identifier: safe_text(&reference.identifier, LABEL_MAX_BYTES),
            title: safe_text(&reference.title, LABEL_MAX_BYTES),
            paused: false,
            effective_paused: false,
            paused_by_task_id: None,
            ..reference
        }
    }

    fn run_summary(&self, run: &Run) -> RunSummary {
        let summary = projection::run_summary(run, self.task);
        RunSummary { error: safe_text(&summary.error, LABEL_MAX_BYTES), ..summary }
    }

    fn profile(&self) -> ExecutionProfile {
        if let Some(given) = &self.profile {
            return given.clone();
        }
        match self.store.get_profile(&self.task.id) {
            Some(stored) => ExecutionProfile::clone(&stored),
            None => ExecutionProfile::default_for(&self.task.id),
        }
    }

    fn prior_attempts(&self, current: &Run) -> Vec<RunSummary> {
        let mut runs = self.store.list_runs_of_task(&self.task.id);
        runs.retain(|run| {
            let later = run.attempt > 0 && current.attempt > 0 && run.attempt >= current.attempt;
            run.id != current.id && !later
        });
        runs.sort_by_key(|run| {
            (Reverse((run.attempt, projection::run_activity(run))), run.id.clone())
        });
        runs.iter().take(self.limits.prior_attempts).map(|run| self.run_summary(run)).collect()
    }

    /// The newest events, oldest first.
    fn recent_events(&self, task: &Reference) -> Result<Vec<TimelineItem>> {
        // A limit of 0 would ask for all of them.
        if self.limits.recent_events == 0 {
            return Ok(Vec::new());
        }
        let query = EventRecordQuery {
            task_id: Some(self.task.id.clone()),
            limit: i64::try_from(self.limits.recent_events).unwrap_or(i64::MAX),
            descending: true,
            ..EventRecordQuery::default()
        };
        let records = self.store.list_event_records(&query);
        records.iter().rev().map(|record| self.item(record, task)).collect()
    }

    fn item(&self, record: &EventRecord, task: &Reference) -> Result<TimelineItem> {
        let event = &record.event;
        let run = event.run_id.as_ref().and_then(|run| self.store.get_run(run));
        Ok(TimelineItem {
            sequence: record.sequence,
            event_id: event.id.clone(),
            task: task.clone(),
            run: run.filter(|run| run.task_id == self.task.id).map(|run| self.run_summary(&run)),
            event_type: event.event_type.to_string(),
            actor: event.actor.clone(),
            origin: event.origin.clone(),
            payload: event.payload.as_ref().map(redact_payload).transpose()?,
            timestamp: event.timestamp,
        })
    }

    fn review_history(&self) -> Vec<RunReviewSummary> {
        let query =
            RunReviewQuery { task_id: Some(self.task.id.clone()), ..RunReviewQuery::default() };
        let reviews = self.store.list_reviews(&query);
        reviews.iter().take(self.limits.prior_attempts).map(|review| self.summary(review)).collect()
    }

    fn summary(&self, review: &RunReview) -> RunReviewSummary {
        let session = review.reviewer_session_id.as_ref().map_or("", |id| id.as_str());
        let names = [review.reviewer_agent_name.as_str(), &review.reviewer_peer_id, session];
        let label = names.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
        RunReviewSummary {
            review_id: review.review_id.clone(),
            run_id: review.run_id.clone(),
            review_round: review.review_round,
            attempt: review.attempt,
            status: review.status,
            outcome: review.outcome,
            reason: safe_text(&review.reason, self.limits.reason_max_bytes),
            reviewed_at: review.reviewed_at,
            reviewer_label: safe_text(label, LABEL_MAX_BYTES),
        }
    }

    /// What the rejecting review left to do, where the run continues one.
    fn review_continuation(&self, run: &Run) -> Result<Option<ReviewContinuation>> {
        let Some(lineage) = &run.review else { return Ok(None) };
        let Some(id) = &lineage.review_id else { return Ok(None) };
        if lineage.continuation_reason.is_empty() {
            return Ok(None);
        }
        let review = self.store.get_review(id).ok_or_else(|| {
            TaskError::with_detail(ErrorKind::RunReviewNotFound, format!("{:?}", id.as_str()))
        })?;
        let reason = first(&review.reason, &lineage.continuation_reason);
        let guidance = first(&lineage.next_round_guidance, &review.next_round_guidance);
        let limits = self.limits;
        Ok(Some(ReviewContinuation {
            review_id: id.clone(),
            reviewed_run_id: lineage.parent_run_id.clone().unwrap_or_else(|| review.run_id.clone()),
            review_round: match lineage.review_round {
                0 => review.review_round,
                round => round,
            },
            // Only a rejection has a continuation.
            outcome: review.outcome.unwrap_or(RunReviewOutcome::Rejected),
            reason: safe_text(reason, limits.reason_max_bytes),
            missing_work: match self.items(&lineage.missing_work) {
                none if none.is_empty() => {
                    review.missing_work.as_ref().map(|work| self.items(work)).unwrap_or_default()
                }
                items => items,
            },
            next_round_guidance: safe_text(guidance, limits.next_round_guidance_max_bytes),
        }))
    }

    /// The items of missing work that say something.
    fn items(&self, missing_work: &RawJson) -> Vec<String> {
        let items: Vec<serde_json::Value> =
            serde_json::from_str(missing_work.as_str()).unwrap_or_default();
        items
            .iter()
            .filter_map(serde_json::Value::as_str)
            .map(|item| safe_text(item, self.limits.missing_work_item_max_bytes))
            .filter(|item| !item.is_empty())
            .take(self.limits.missing_work_max_items)
            .collect()
    }
}

/// The first text, or the other where it is empty.
fn first<'a>(text: &'a str, other: &'a str) -> &'a str {
    if text.is_empty() { other } else { text }
}
