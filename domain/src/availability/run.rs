//! What can be done with one run.

use super::{Reason, Situation, attempt_left, free_to_run, owner_allows, published};
use crate::actor::{ActorContext, ActorIdentity};
use crate::enumeration::enumeration;
use crate::force::MAX_RETRY_RUN_CHAIN_DEPTH;
use crate::id::{ReviewId, RunId, SessionId};
use crate::run::{Run, RunStatus};
use crate::task::ApprovalState;
use crate::time::Timestamp;

enumeration! {
    /// What somebody may want to do with a run.
    pub enum RunVerb: listed {
        /// Claim it by hand, without a lease.
        Claim = "claim",
        /// Set its session up and begin the work.
        Start = "start",
        /// Give it to a session that exists already.
        Attach = "attach",
        /// End it with a result, without a token.
        Complete = "complete",
        /// End it with an error, without a token.
        Fail = "fail",
        /// Cancel it, and with it the task, for good.
        Cancel = "cancel",
        /// Take a claim back from its holder.
        ForceRelease = "force_release",
        /// Fail it before work began; the attempt is used up.
        ForceFail = "force_fail",
        /// Queue a new run in its place.
        Retry = "retry",
        /// Have its work reviewed.
        RequestReview = "request_review",
        /// With the token: show a sign of life.
        Heartbeat = "heartbeat",
        /// With the token: give it back to the queue.
        Release = "release",
        /// With the token: end it with a result.
        CompleteLease = "complete_lease",
        /// With the token: end it with an error.
        FailLease = "fail_lease",
    }
}

/// Why something cannot be done with a run, or decided about a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The acting identity, or the task, stands in the way.
    Task(Reason),
    /// The run stands elsewhere.
    RunIs(RunStatus),
    /// A lease is on the run: only its token ends it.
    NeedsToken,
    /// There is no lease on the run.
    NoLease,
    /// Somebody else holds the lease.
    LeaseOf(Option<ActorIdentity>),
    /// The lease has ended.
    LeaseEnded(Timestamp),
    /// A session is bound to the run already.
    SessionBound(SessionId),
    /// No session is bound to the run yet.
    NoSession,
    /// The run was retried already.
    RetriedBy(RunId),
    /// The run has too many predecessors.
    ChainTooDeep(usize),
    /// Another run of the task is open.
    RunOpen(RunId),
    /// The run has a review already.
    ReviewedBy(ReviewId),
    /// Nobody has to approve the task.
    NoApprovalNeeded,
    /// Somebody decided on the approval already.
    ApprovalDecided(ApprovalState),
    /// The task itself is not paused.
    NotPaused,
    /// The task has as many children as it may.
    ChildrenFull(usize),
    /// Below the task there is no level left.
    TooDeep(usize),
    /// The task waits for as many others as it may.
    BlockersFull(usize),
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Refusal::Task(reason)
    }
}

/// Whether something can be done with a run of a task, for an acting identity at
/// this instant. Whoever claimed a run under a lease is taken to hold its token.
///
/// # Errors
///
/// The first reason why not.
pub fn run_availability(
    verb: RunVerb,
    situation: &Situation,
    run: &Run,
    actor: &ActorContext,
    now: Timestamp,
) -> Result<(), Refusal> {
    if !actor.authority.write {
        return Err(Reason::ReadOnly.into());
    }
    match verb {
        RunVerb::Claim => {
            executable(situation, run)?;
            stands(run, &[RunStatus::Queued])?;
            Ok(owner_allows(&situation.task, actor)?)
        }
        RunVerb::Start => {
            executable(situation, run)?;
            stands(run, &[RunStatus::Claimed, RunStatus::Starting])?;
            match (run.status, &run.session_id) {
                (RunStatus::Starting, None) => Err(Refusal::NoSession),
                _ => Ok(()),
            }
        }
        RunVerb::Attach => {
            executable(situation, run)?;
            match &run.session_id {
                Some(session) => Err(Refusal::SessionBound(session.clone())),
                None => stands(run, &[RunStatus::Claimed, RunStatus::Starting]),
            }
        }
        RunVerb::Complete => {
            without_token(run)?;
            stands(run, &[RunStatus::Running])
        }
        RunVerb::Fail => {
            without_token(run)?;
            stands(run, &[RunStatus::Starting, RunStatus::Running])
        }
        RunVerb::Cancel => {
            if run.status.is_open() {
                Ok(())
            } else {
                Err(Refusal::RunIs(run.status))
            }
        }
        RunVerb::ForceRelease => stands(run, &[RunStatus::Claimed]),
        RunVerb::ForceFail => stands(run, &[RunStatus::Queued, RunStatus::Claimed]),
        RunVerb::Retry => retry(situation, run),
        RunVerb::RequestReview => {
            stands(run, &[RunStatus::Completed, RunStatus::Failed, RunStatus::Canceled])?;
            match situation.reviews.iter().find(|review| review.run_id == run.id) {
                Some(review) => Err(Refusal::ReviewedBy(review.review_id.clone())),
                None => Ok(()),
            }
        }
        RunVerb::Heartbeat | RunVerb::Release | RunVerb::CompleteLease | RunVerb::FailLease => {
            with_token(run, actor, now)
        }
    }
}

fn stands(run: &Run, wanted: &[RunStatus]) -> Result<(), Refusal> {
    if wanted.contains(&run.status) { Ok(()) } else { Err(Refusal::RunIs(run.status)) }
}

/// Whether a run of the task may be claimed or started. Blockers do not matter any
/// more once one is under way.
fn executable(situation: &Situation, run: &Run) -> Result<(), Refusal> {
    published(&situation.task)?;
    if matches!(run.status, RunStatus::Queued | RunStatus::Claimed) {
        free_to_run(situation)?;
    }
    Ok(())
}

fn without_token(run: &Run) -> Result<(), Refusal> {
    match run.claim_token_hash {
        Some(_) if run.status.is_active() => Err(Refusal::NeedsToken),
        _ => Ok(()),
    }
}

fn with_token(run: &Run, actor: &ActorContext, now: Timestamp) -> Result<(), Refusal> {
    if !run.status.is_active() {
        return Err(Refusal::RunIs(run.status));
    }
    if run.claim_token_hash.is_none() {
        return Err(Refusal::NoLease);
    }
    let mine = run.claimed_by.as_ref().is_some_and(|holder| holder.is_same(&actor.actor));
    if !mine {
        return Err(Refusal::LeaseOf(run.claimed_by.clone()));
    }
    match run.lease_until {
        Some(until) if until <= now => Err(Refusal::LeaseEnded(until)),
        _ => Ok(()),
    }
}

fn retry(situation: &Situation, run: &Run) -> Result<(), Refusal> {
    stands(run, &[RunStatus::Failed])?;
    let depth = predecessors(situation, run);
    if depth >= MAX_RETRY_RUN_CHAIN_DEPTH {
        return Err(Refusal::ChainTooDeep(depth));
    }
    let follows = |later: &&std::sync::Arc<Run>| later.previous_run_id.as_ref() == Some(&run.id);
    if let Some(later) = situation.runs.iter().find(follows) {
        return Err(Refusal::RetriedBy(later.id.clone()));
    }
    published(&situation.task)?;
    match situation.open_run() {
        Some(open) => Err(Refusal::RunOpen(open.id.clone())),
        None => Ok(attempt_left(situation)?),
    }
}

/// How many runs of the task lie before this one, up to the limit.
fn predecessors(situation: &Situation, run: &Run) -> usize {
    let by_id = |id: &RunId| situation.runs.iter().find(|run| run.id == *id);
    let mut previous = run.previous_run_id.as_ref();
    let mut depth = 0;
    while let Some(earlier) = previous.and_then(by_id)
        && depth < MAX_RETRY_RUN_CHAIN_DEPTH
    {
        depth += 1;
        previous = earlier.previous_run_id.as_ref();
    }
    depth
}

#[cfg(test)]
mod tests;
