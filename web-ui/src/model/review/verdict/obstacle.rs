//! What keeps a verdict from being recorded, whatever the form says.

use taskloom_domain::actor::{ActorContext, ActorKind};
use taskloom_domain::availability::Situation;
use taskloom_domain::id::{RunId, SessionId};
use taskloom_domain::review::{RunReview, RunReviewOutcome, RunReviewStatus};
use taskloom_domain::task::{MAX_TASK_MAX_ATTEMPTS, Status};

use crate::model::phrase::count;

/// Why a verdict would be refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// The acting identity changes nothing.
    ReadOnly,
    /// The review takes no verdict any more.
    Closed(RunReviewStatus),
    /// Another session is bound to it.
    BoundElsewhere(SessionId),
    /// A rejection queues a run, and one is open.
    RunOpen(RunId),
    /// A rejection queues a run, and no attempt is left.
    AttemptsUsed {
        /// How many there may be.
        max: u32,
        /// How many there would have to be.
        needed: u32,
    },
    /// A rejection queues a run, and the task is canceled.
    TaskCanceled,
    /// A rejection queues a run, and the task is a draft.
    TaskIsDraft,
}

impl Obstacle {
    /// The reason, as the end of a sentence.
    pub fn text(&self) -> String {
        match self {
            Obstacle::ReadOnly => "read only: this identity changes nothing".into(),
            Obstacle::Closed(RunReviewStatus::Recorded) => "a verdict is recorded already".into(),
            Obstacle::Closed(_) => "the review was given up".into(),
            Obstacle::BoundElsewhere(session) => {
                format!("the review is assigned to {session}, another session cannot record it")
            }
            Obstacle::RunOpen(_) => {
                "a run of the task is open: wait until it ends, or cancel it".into()
            }
            Obstacle::AttemptsUsed { max, needed } if *needed > MAX_TASK_MAX_ATTEMPTS => {
                format!(
                    "{} used up, and {MAX_TASK_MAX_ATTEMPTS} is the most",
                    count(*max as usize, "attempt")
                )
            }
            Obstacle::AttemptsUsed { max, needed } => {
                format!(
                    "{} used up: raise max attempts to {needed}",
                    count(*max as usize, "attempt")
                )
            }
            Obstacle::TaskCanceled => "the task is canceled, and no run can be queued".into(),
            Obstacle::TaskIsDraft => "the task is a draft, and no run can be queued".into(),
        }
    }

    /// The number of attempts that would take the obstacle away.
    pub fn raise_to(&self) -> Option<u32> {
        match self {
            Obstacle::AttemptsUsed { needed, .. } if *needed <= MAX_TASK_MAX_ATTEMPTS => {
                Some(*needed)
            }
            _ => None,
        }
    }
}

/// What keeps a verdict from being recorded by an acting identity; an absent
/// outcome is looked at as one that queues nothing.
pub fn obstacle(
    situation: &Situation,
    review: &RunReview,
    outcome: Option<RunReviewOutcome>,
    actor: &ActorContext,
) -> Option<Obstacle> {
    if !actor.authority.write {
        return Some(Obstacle::ReadOnly);
    }
    if !review.status.is_open() {
        return Some(Obstacle::Closed(review.status));
    }
    if let Some(bound) = &review.reviewer_session_id
        && actor.actor.kind == ActorKind::AgentSession
        && actor.actor.reference.trim() != bound.as_str()
    {
        return Some(Obstacle::BoundElsewhere(bound.clone()));
    }
    if outcome != Some(RunReviewOutcome::Rejected) {
        return None;
    }
    match situation.task.status {
        Status::Canceled => return Some(Obstacle::TaskCanceled),
        Status::Draft => return Some(Obstacle::TaskIsDraft),
        _ => {}
    }
    if let Some(open) = situation.open_run() {
        return Some(Obstacle::RunOpen(open.id.clone()));
    }
    let (facts, max) = (situation.facts(), situation.task.max_attempts);
    facts.exhausted(max).then(|| Obstacle::AttemptsUsed { max, needed: facts.highest_attempt + 1 })
}
