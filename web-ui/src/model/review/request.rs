//! Asking for a review: of which runs, and under which policy.

use std::sync::Arc;

use taskloom_domain::actor::ActorContext;
use taskloom_domain::availability::Situation;
use taskloom_domain::id::{ReviewId, RunId};
use taskloom_domain::review::{ReviewPolicy, RunReview, RunReviewOutcome, RunReviewRequest};
use taskloom_domain::run::{Run, RunStatus};
use taskloom_domain::time::Timestamp;

/// What can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The run.
    pub run: RunId,
    /// The round that the review would belong to.
    pub round: i64,
    /// The reviewer's try within the round.
    pub attempt: i64,
    /// The review of the round before.
    pub parent: Option<ReviewId>,
}

/// Why no review can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The acting identity changes nothing.
    ReadOnly,
    /// The run has not ended.
    NotEnded(RunStatus),
    /// It is asked for already.
    AlreadyRequested(ReviewId),
    /// A review rejected the run, and the work goes on in another one.
    GoesOn(ReviewId),
}

impl Refused {
    /// The reason, as the end of a sentence.
    pub fn text(&self) -> String {
        match self {
            Refused::ReadOnly => "read only: this identity changes nothing".into(),
            Refused::NotEnded(status) => format!("the run is {status}: it has to end first"),
            Refused::AlreadyRequested(_) => "already requested".into(),
            Refused::GoesOn(_) => "it was rejected, and the work goes on in another run".into(),
        }
    }
}

/// What can be asked for about a run of a task. A run whose review ended without a
/// decision, or that a second person shall look at, gets a further one.
///
/// # Errors
///
/// Why nothing.
pub fn offer(situation: &Situation, run: &Run, actor: &ActorContext) -> Result<Offer, Refused> {
    if !actor.authority.write {
        return Err(Refused::ReadOnly);
    }
    if !run.status.is_terminal() {
        return Err(Refused::NotEnded(run.status));
    }
    let of_run = || situation.reviews.iter().filter(|review| review.run_id == run.id);
    if let Some(open) = of_run().find(|review| review.status.is_open()) {
        return Err(Refused::AlreadyRequested(open.review_id.clone()));
    }
    let rejected = |review: &&Arc<RunReview>| review.outcome == Some(RunReviewOutcome::Rejected);
    if let Some(rejected) = of_run().find(rejected) {
        return Err(Refused::GoesOn(rejected.review_id.clone()));
    }
    let lineage = run.review.as_ref();
    let round = lineage.map_or(1, |lineage| lineage.review_round.max(1));
    let last = of_run().filter(|review| review.review_round == round).map(|review| review.attempt);
    Ok(Offer {
        run: run.id.clone(),
        round,
        attempt: last.max().unwrap_or(0).saturating_add(1),
        parent: lineage.and_then(|lineage| lineage.review_id.clone()),
    })
}

/// The run of a task that a review would be about: the one that ended last.
pub fn latest_ended(situation: &Situation) -> Option<&Arc<Run>> {
    let ended = situation.runs.iter().filter(|run| run.status.is_terminal());
    ended.max_by_key(|run| (run.attempt, run.ended_at))
}

/// The policies that a request can name, each with the reason why it does not
/// cover a run that ended so.
pub fn policies(ended: RunStatus) -> [(ReviewPolicy, Option<&'static str>); 3] {
    [ReviewPolicy::Always, ReviewPolicy::OnSuccess, ReviewPolicy::OnFailure].map(|policy| {
        let why = match ended {
            RunStatus::Completed => "the run succeeded",
            RunStatus::Canceled => "the run was canceled",
            _ => "the run failed",
        };
        (policy, (!policy.matches_run_status(ended)).then_some(why))
    })
}

impl Offer {
    /// The request, with what a person adds to it.
    pub fn request(
        &self,
        task: &taskloom_domain::id::TaskId,
        policy: ReviewPolicy,
        reason: &str,
        deadline_at: Option<Timestamp>,
    ) -> RunReviewRequest {
        RunReviewRequest {
            task_id: task.clone(),
            run_id: self.run.clone(),
            review_round: self.round,
            attempt: self.attempt,
            policy: policy.into(),
            parent_review_id: self.parent.clone(),
            reason: reason.trim().to_owned(),
            deadline_at,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use taskloom_domain::Enumeration;
    use taskloom_domain::id::TaskId;

    use super::*;
    use crate::model::testing::World;

    fn look(world: &World, task: &TaskId, run: &RunId) -> Result<Offer, Refused> {
        let situation = Situation::of(world.manager.store(), task).unwrap();
        offer(&situation, &world.run(run), &world.actor)
    }

    /// Sends what was offered, and answers the review.
    fn ask(world: &mut World, task: &TaskId, offer: &Offer) -> ReviewId {
        let request = offer.request(task, ReviewPolicy::Always, " please ", None);
        assert_eq!(request.reason, "please");
        let answer = world.manager.request_run_review(request, &world.actor).unwrap();
        assert!(answer.created);
        answer.review.review_id
    }

    #[test]
    fn a_run_is_reviewed_once_it_ended_and_once_at_a_time() {
        let mut world = World::new();
        let task = world.task("parse");
        let run = world.taken(&task);
        assert_eq!(look(&world, &task, &run), Err(Refused::NotEnded(RunStatus::Claimed)));
        world.finish(&run, "1");
        let offer = look(&world, &task, &run).unwrap();
        assert_eq!((offer.round, offer.attempt, &offer.parent), (1, 1, &None));
        let review = ask(&mut world, &task, &offer);
        let refused = look(&world, &task, &run).unwrap_err();
        assert_eq!(refused, Refused::AlreadyRequested(review.clone()));
        assert_eq!(refused.text(), "already requested");
    }

    #[test]
    fn rejected_work_is_reviewed_in_the_next_round() {
        let mut world = World::new();
        let task = world.task("parse");
        let run = world.completed(&task, "1");
        let review = world.request(&run, 1);
        let next = world.reject(&review, &["tests"], "").unwrap();
        assert_eq!(look(&world, &task, &run), Err(Refused::GoesOn(review.clone())));
        let next = world.claim(&next);
        world.finish(&next, "2");
        let offer = look(&world, &task, &next).unwrap();
        assert_eq!((offer.round, offer.attempt, &offer.parent), (2, 1, &Some(review)));
        ask(&mut world, &task, &offer);
    }

    #[test]
    fn a_further_look_at_approved_work_is_another_try() {
        let mut world = World::new();
        let task = world.task("parse");
        let run = world.completed(&task, "1");
        let review = world.request(&run, 1);
        world.approve(&review);
        let offer = look(&world, &task, &run).unwrap();
        assert_eq!((offer.round, offer.attempt), (1, 2));
        ask(&mut world, &task, &offer);
        assert_eq!(
            latest_ended(&Situation::of(world.manager.store(), &task).unwrap()).unwrap().id,
            run
        );
    }

    #[test]
    fn a_policy_without_the_end_of_the_run_says_why() {
        for status in RunStatus::ALL.iter().filter(|status| status.is_terminal()) {
            for (policy, why) in policies(*status) {
                assert_eq!(why.is_none(), policy.matches_run_status(*status), "{policy} {status}");
            }
        }
        assert_eq!(policies(RunStatus::Completed)[2].1, Some("the run succeeded"));
        assert_eq!(policies(RunStatus::Canceled)[1].1, Some("the run was canceled"));
    }
}
