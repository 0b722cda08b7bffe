//! Reviews of finished runs: requests, reviewers and verdicts.
//!
//! A review changes nothing about the run it looks at. Its verdict may queue a
//! run that continues the work, and then verdict and run are stored together or
//! not at all.

mod verdict;

use std::sync::Arc;

use serde::Serialize;

use crate::actor::ActorContext;
use crate::environment::IdPrefix;
use crate::error::{ErrorKind, Result, TaskError};
use crate::event::{RunReviewBound, RunReviewRequested};
use crate::id::{ReviewId, SessionId};
use crate::json::RawJson;
use crate::query::RunReviewQuery;
use crate::review::{
    BindRunReviewSessionRequest, ReviewPolicy, RunReview, RunReviewBinding, RunReviewRequest,
    RunReviewRequestedNotification, RunReviewStatus,
};
use crate::run::{Run, RunReviewLineage};
use crate::store::Store;
use crate::task::Task;

use super::Manager;

/// A requested review, and whether the request made it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RequestedReview {
    /// The review, as it is stored.
    pub review: RunReview,
    /// Whether it is new; a repeated request finds the first one.
    pub created: bool,
}

impl<S: Store> Manager<S> {
    /// Asks for a review of a finished run. A request with the same run, round and
    /// attempt finds the review of then, whatever became of it, and ignores what
    /// else it says.
    ///
    /// # Errors
    ///
    /// `permission_denied` without `write`; `validation` for the request or a run
    /// of another task; `task_not_found`; `task_run_not_found`;
    /// `invalid_status_transition` for a run that is not finished or that the
    /// policy does not cover, and while an earlier review of the run is open;
    /// `run_review_not_found` for an unknown parent review.
    pub fn request_run_review(
        &mut self,
        request: RunReviewRequest,
        actor: &ActorContext,
    ) -> Result<RequestedReview> {
        actor.authorize_write()?;
        let request = request.normalize();
        request.validate("run_review_request")?;
        let task = self.require_task(&request.task_id)?;
        let run = self.require_run(&request.run_id)?;
        if run.task_id != task.id {
            return Err(TaskError::validation(
                "run_review_request.run_id",
                &format!("belongs to task {:?}", run.task_id.as_str()),
            ));
        }
        require_reviewable(&run, &request)?;
        let review = self.new_review(&request)?;
        let known = self.store.find_review(&run.id, request.review_round, request.attempt);
        if let Some(review) = known {
            return Ok(RequestedReview { review: RunReview::clone(&review), created: false });
        }
        self.require_no_open_review(&run)?;
        if let Some(parent) = &request.parent_review_id {
            self.require_review(parent)?;
        }
        self.transact(|manager| manager.insert_review(&run, &review, actor))?;
        if let Some(observer) = self.options.review_observer.as_deref_mut() {
            observer.review_requested(&RunReviewRequestedNotification {
                review: review.clone(),
                task: Task::clone(&task),
                run: Run::clone(&run),
                actor: actor.clone(),
            });
        }
        Ok(RequestedReview { review, created: true })
    }

    /// Binds a reviewer session to an open review, or hands a review that is under
    /// way to another session.
    ///
    /// # Errors
    ///
    /// `permission_denied` without `write`; `validation` for the request;
    /// `run_review_not_found`; `invalid_status_transition` for a review that is
    /// done or bound elsewhere before it began, and for a session that has another
    /// review under way.
    pub fn bind_run_review_session(
        &mut self,
        request: BindRunReviewSessionRequest,
        actor: &ActorContext,
    ) -> Result<RunReviewBinding> {
        actor.authorize_write()?;
        let request = request.normalize();
        request.validate("run_review_binding")?;
        let stored = self.require_review(&request.review_id)?;
        self.require_bindable(&stored, &request.session_id)?;
        let now = self.now();
        let review = RunReview {
            status: RunReviewStatus::InReview,
            reviewer_session_id: Some(request.session_id),
            reviewer_agent_name: request.reviewer_agent_name,
            reviewer_peer_id: request.reviewer_peer_id,
            reviewer_channel_id: request.reviewer_channel_id,
            started_at: stored.started_at.or(Some(now)),
            updated_at: now,
            ..RunReview::clone(&stored)
        };
        review.validate()?;
        let binding = binding_of(&review);
        self.transact(|manager| {
            let run = manager.require_run(&review.run_id)?;
            let payload = RunReviewBound {
                review_id: review.review_id.clone(),
                run_id: review.run_id.clone(),
                session_id: binding.session_id.clone(),
                reviewer_agent_name: binding.reviewer_agent_name.clone(),
                reviewer_peer_id: binding.reviewer_peer_id.clone(),
                reviewer_channel_id: binding.reviewer_channel_id.clone(),
            };
            manager.store.put_review(review);
            manager.log_run(&run, &payload, actor)
        })?;
        Ok(binding)
    }

    /// The review that a session has under way.
    ///
    /// # Errors
    ///
    /// `permission_denied` without `read`; `validation` for a blank id;
    /// `run_review_not_found`.
    pub fn lookup_run_review_for_session(
        &self,
        session: &SessionId,
        actor: &ActorContext,
    ) -> Result<RunReviewBinding> {
        actor.authorize_read()?;
        let session =
            session.non_blank().ok_or_else(|| TaskError::required("reviewer session id"))?;
        self.store
            .list_active_reviews_of_session(&session)
            .first()
            .map(|review| binding_of(review))
            .ok_or_else(|| TaskError::new(ErrorKind::RunReviewNotFound))
    }

    /// One review.
    ///
    /// # Errors
    ///
    /// `permission_denied` without `read`; `validation` for a blank id;
    /// `run_review_not_found`.
    pub fn get_run_review(&self, review: &ReviewId, actor: &ActorContext) -> Result<RunReview> {
        actor.authorize_read()?;
        let id = review.non_blank().ok_or_else(|| TaskError::required("review_id"))?;
        self.require_review(&id).map(|review| RunReview::clone(&review))
    }

    /// The reviews that pass the filters, the one updated last first.
    ///
    /// # Errors
    ///
    /// `permission_denied` without `read`; `validation` for the query.
    pub fn list_run_reviews(
        &self,
        query: RunReviewQuery,
        actor: &ActorContext,
    ) -> Result<Vec<RunReview>> {
        actor.authorize_read()?;
        let query = query.normalize();
        query.validate("run_review_query")?;
        Ok(self.store.list_reviews(&query).iter().map(|review| RunReview::clone(review)).collect())
    }

    pub(super) fn require_review(&self, id: &ReviewId) -> Result<Arc<RunReview>> {
        self.store.get_review(id).ok_or_else(|| {
            TaskError::with_detail(ErrorKind::RunReviewNotFound, format!("{:?}", id.as_str()))
        })
    }

    /// A further round or attempt waits until the review that the run names has
    /// its verdict.
    fn require_no_open_review(&self, run: &Run) -> Result<()> {
        let linked = run
            .review
            .as_ref()
            .and_then(|lineage| lineage.request_id.as_ref())
            .and_then(|id| self.store.get_review(id));
        match linked {
            Some(review) if review.status.is_open() => Err(transition(format!(
                "task run {:?} has the open review {:?}",
                run.id.as_str(),
                review.review_id.as_str()
            ))),
            _ => Ok(()),
        }
    }

    fn new_review(&mut self, request: &RunReviewRequest) -> Result<RunReview> {
        let now = self.now();
        let review_id = ReviewId::from(self.options.ids.new_id(IdPrefix::Review));
        if self.store.get_review(&review_id).is_some() {
            let detail = format!("run review id {:?} is taken", review_id.as_str());
            return Err(TaskError::with_detail(ErrorKind::Other, detail));
        }
        RunReview {
            review_id,
            task_id: request.task_id.clone(),
            run_id: request.run_id.clone(),
            parent_review_id: request.parent_review_id.clone(),
            policy: request.policy.require("run_review_request.policy")?,
            review_round: request.review_round,
            attempt: request.attempt,
            status: RunReviewStatus::Requested,
            outcome: None,
            confidence: None,
            reason: request.reason.clone(),
            delivery_id: String::new(),
            missing_work: Some(RawJson::empty_list()),
            next_round_guidance: String::new(),
            review_text: String::new(),
            reviewer_session_id: None,
            reviewer_agent_name: String::new(),
            reviewer_peer_id: String::new(),
            reviewer_channel_id: String::new(),
            reviewed_by: None,
            requested_at: now,
            routed_at: None,
            started_at: None,
            reviewed_at: None,
            deadline_at: request.deadline_at,
            created_at: now,
            updated_at: now,
        }
        .normalize()
    }

    /// Stores a new review and links its run to it.
    fn insert_review(&mut self, run: &Run, review: &RunReview, actor: &ActorContext) -> Result<()> {
        self.store.put_review(review.clone());
        let lineage = RunReviewLineage {
            required: false,
            request_round: review.review_round,
            policy_snapshot: Some(review.policy),
            request_id: Some(review.review_id.clone()),
            ..run.review.clone().unwrap_or_default()
        };
        self.write_run(run, Run { review: lineage.normalize(), ..run.clone() })?;
        let payload = RunReviewRequested {
            review_id: review.review_id.clone(),
            run_id: run.id.clone(),
            policy: review.policy,
            review_round: review.review_round,
            attempt: review.attempt,
            created: true,
        };
        self.log_run(run, &payload, actor)
    }

    fn require_bindable(&self, review: &RunReview, session: &SessionId) -> Result<()> {
        let bound_elsewhere =
            review.reviewer_session_id.as_ref().is_some_and(|bound| bound != session);
        if bound_elsewhere && review.status != RunReviewStatus::InReview {
            return Err(transition(format!(
                "review {:?} is bound to another session and is {}",
                review.review_id.as_str(),
                review.status
            )));
        }
        if !review.status.is_open() {
            return Err(transition(format!(
                "review {:?} is {}",
                review.review_id.as_str(),
                review.status
            )));
        }
        let active = self.store.list_active_reviews_of_session(session);
        match active.iter().find(|other| other.review_id != review.review_id) {
            None => Ok(()),
            Some(other) => Err(transition(format!(
                "session {:?} has review {:?} under way",
                session.as_str(),
                other.review_id.as_str()
            ))),
        }
    }
}

/// Passes finished runs that the policy of the request covers.
fn require_reviewable(run: &Run, request: &RunReviewRequest) -> Result<()> {
    let policy: ReviewPolicy = request.policy.require("run_review_request.policy")?;
    if policy.matches_run_status(run.status) {
        return Ok(());
    }
    Err(transition(format!(
        "task run {:?} is {} and review policy {policy} does not cover it",
        run.id.as_str(),
        run.status
    )))
}

fn binding_of(review: &RunReview) -> RunReviewBinding {
    RunReviewBinding {
        review: review.clone(),
        session_id: review.reviewer_session_id.clone().unwrap_or_default(),
        reviewer_agent_name: review.reviewer_agent_name.clone(),
        reviewer_peer_id: review.reviewer_peer_id.clone(),
        reviewer_channel_id: review.reviewer_channel_id.clone(),
    }
}

fn transition(detail: String) -> TaskError {
    TaskError::with_detail(ErrorKind::InvalidStatusTransition, detail)
}

#[cfg(test)]
mod tests;
