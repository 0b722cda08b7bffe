//! Work that stands still and will not go on by itself.

use super::{Viewer, Why};
use crate::availability::Situation;
use crate::diagnostic::inspect::{STRANDED_AFTER_SECONDS, STUCK_AFTER_SECONDS};
use crate::run::{Run, RunStatus};
use crate::session::SessionInfo;
use crate::step::Step;
use crate::store::RunReviewStore;
use crate::task::Scope;
use crate::time::Timestamp;

/// A finding with its beginning and a way out.
pub(super) type Finding = (Why, Timestamp, Option<Step>);

/// What is wrong with the open run, by the rules of an inspection.
pub(super) fn of_run(situation: &Situation, viewer: &Viewer<'_>) -> Option<Finding> {
    let run = situation.open_run()?;
    match run.status {
        RunStatus::Claimed => {
            stuck(run, viewer).or_else(|| stale(run, viewer)).or_else(|| orphaned(run, viewer))
        }
        RunStatus::Starting | RunStatus::Running => orphaned(run, viewer),
        RunStatus::Queued => stranded(situation, run, viewer),
        RunStatus::Completed | RunStatus::Failed | RunStatus::Canceled => None,
    }
}

fn stuck(run: &Run, viewer: &Viewer<'_>) -> Option<Finding> {
    let heard_at = run.heartbeat_at.or(run.claimed_at)?;
    let silent = viewer.now.since(heard_at).as_secs();
    let way_out = match run.lease_until {
        Some(until) if until <= viewer.now => Step::RecoverExpired,
        _ => Step::ForceRelease(run.id.clone()),
    };
    let why = Why::Stuck { run: run.id.clone() };
    (silent > STUCK_AFTER_SECONDS).then_some((why, heard_at, Some(way_out)))
}

fn stale(run: &Run, viewer: &Viewer<'_>) -> Option<Finding> {
    let until = run.lease_until.filter(|until| *until < viewer.now)?;
    Some((Why::StaleLease { run: run.id.clone() }, until, Some(Step::RecoverExpired)))
}

fn orphaned(run: &Run, viewer: &Viewer<'_>) -> Option<Finding> {
    run.claim_token_hash.as_ref()?;
    let (id, known) = (run.session_id.as_ref()?, viewer.sessions?);
    let session = known.iter().find(|session| session.id == *id);
    if session.is_some_and(|session| !has_ended(session)) {
        return None;
    }
    let since = session.and_then(|session| session.updated_at).unwrap_or(run.last_activity_at());
    let why = Why::Orphaned { run: run.id.clone(), session: id.clone() };
    Some((why, since, Some(Step::ReleaseSession(id.clone()))))
}

fn stranded(situation: &Situation, run: &Run, viewer: &Viewer<'_>) -> Option<Finding> {
    let task = &situation.task;
    let in_reach = |session: &&SessionInfo| match task.scope {
        Scope::Workspace => session.workspace_id == task.workspace_id,
        Scope::Global => true,
    };
    if viewer.sessions?.iter().filter(in_reach).any(is_eligible) {
        return None;
    }
    let waited = viewer.now.since(run.queued_at).as_secs();
    let why = Why::Stranded { run: run.id.clone() };
    let step = Some(Step::FindWorker(run.id.clone()));
    (waited >= STRANDED_AFTER_SECONDS).then_some((why, run.queued_at, step))
}

/// Whether the reviews of the task are halted.
pub(super) fn halted(store: &impl RunReviewStore, situation: &Situation) -> Option<Finding> {
    let gate = store.get_review_gate(&situation.task.id)?;
    let since = gate.review_circuit_opened_at?;
    let why = Why::ReviewsHalted { reason: gate.review_circuit_reason.clone() };
    Some((why, since, Some(Step::SettleReviews)))
}

fn is_eligible(session: &SessionInfo) -> bool {
    session.state.trim().eq_ignore_ascii_case("active") && session.failure_kind.trim().is_empty()
}

fn has_ended(session: &SessionInfo) -> bool {
    let state = session.state.trim().to_lowercase();
    matches!(state.as_str(), "missing" | "stopped" | "failed" | "crashed")
        || !session.stop_reason.trim().is_empty()
        || !session.failure_kind.trim().is_empty()
}
