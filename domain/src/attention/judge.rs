//! In which lane a task stands, and why.

use super::candidates::owner_kind;
use super::recovery::{self, Finding};
use super::{Lane, Row, Sight, Viewer, Why};
use crate::actor::{ActorIdentity, ActorKind};
use crate::availability::Situation;
use crate::id::TaskId;
use crate::insight::dead_blockers;
use crate::review::{RunReview, RunReviewStatus};
use crate::run::RunStatus;
use crate::status::approval_blocks;
use crate::step::{Step, next_attempt};
use crate::store::{
    DependencyStore, RecordStore, RunReviewStore, RunStore, SnoozeStore, TriageStore,
};
use crate::task::{ApprovalState, Status};

/// The row of a task. `may_wait_in_vain` spares the walk over the blockers of a
/// task that certainly does not.
pub(super) fn row<S>(
    store: &S,
    id: &TaskId,
    viewer: &Viewer<'_>,
    may_wait_in_vain: impl Fn(&TaskId) -> bool,
) -> Option<Row>
where
    S: RecordStore + DependencyStore + RunStore + RunReviewStore + TriageStore + SnoozeStore,
{
    let last_activity_at = store.last_activity_at(id)?;
    let state = store.get_triage(id, viewer.identity);
    let sight = Sight::of(state.as_deref(), last_activity_at);
    let of = |task, lane, (why, since, step): Finding| Row {
        task,
        lane,
        why,
        since,
        last_activity_at,
        sight,
        step,
    };
    if let (Sight::Archived, Some(state)) = (sight, &state) {
        let finding = (Why::Archived, state.updated_at, Some(Step::Unarchive));
        return Some(of(store.get_task(id)?, Lane::Archived, finding));
    }
    let snooze = store.get_snooze(id, viewer.identity);
    if let Some(snooze) = snooze.filter(|snooze| snooze.holds(store, viewer.now)) {
        let why = Why::Snoozed { until: snooze.until.clone() };
        let finding = (why, snooze.snoozed_at, Some(Step::Wake));
        return Some(of(store.get_task(id)?, Lane::Snoozed, finding));
    }
    if sight == Sight::Dismissed {
        return None;
    }
    let situation = Situation::of(store, id)?;
    let in_vain = || {
        if !may_wait_in_vain(id) {
            return None;
        }
        dead_blocked(store, &situation)
    };
    let checks: [(Lane, &dyn Fn() -> Option<Finding>); 8] = [
        (Lane::Approvals, &|| awaits_approval(&situation)),
        (Lane::Reviews, &|| awaits_verdict(&situation, viewer)),
        (Lane::Recovery, &|| recovery::of_run(&situation, viewer)),
        (Lane::Recovery, &in_vain),
        (Lane::Recovery, &|| recovery::halted(store, &situation)),
        (Lane::Failed, &|| failed(&situation)),
        (Lane::Blocked, &|| blocked(&situation)),
        (Lane::MyWork, &|| own(&situation, viewer)),
    ];
    let (lane, finding) =
        checks.iter().find_map(|(lane, check)| check().map(|finding| (*lane, finding)))?;
    Some(of(situation.task.clone(), lane, finding))
}

fn awaits_approval(situation: &Situation) -> Option<Finding> {
    let task = &situation.task;
    let waits = task.status == Status::Blocked
        && approval_blocks(task)
        && task.approval_state == ApprovalState::Pending;
    waits.then(|| (Why::AwaitsApproval, task.updated_at, Some(Step::Approve)))
}

fn awaits_verdict(situation: &Situation, viewer: &Viewer<'_>) -> Option<Finding> {
    let mut open: Vec<&RunReview> = situation
        .reviews
        .iter()
        .map(AsRef::as_ref)
        .filter(|review| review.status.is_open() && may_answer(review, viewer.identity))
        .collect();
    open.sort_by_key(|review| (review.requested_at, &review.review_id));
    let review = open.first()?;
    let unbound_for_session = viewer.identity.kind == ActorKind::AgentSession
        && review.status == RunReviewStatus::Requested;
    let step = if unbound_for_session { Step::TakeReview } else { Step::RecordVerdict };
    let why = Why::AwaitsVerdict {
        review: review.review_id.clone(),
        overdue_since: review.deadline_at.filter(|deadline| *deadline <= viewer.now),
    };
    Some((why, review.requested_at, Some(step(review.review_id.clone()))))
}

/// Whether an identity can give the verdict: everybody but an agent session to
/// which the review is not bound.
fn may_answer(review: &RunReview, identity: &ActorIdentity) -> bool {
    let bound = review.reviewer_session_id.as_ref();
    identity.kind != ActorKind::AgentSession
        || bound.is_none_or(|session| session.as_str() == identity.reference)
}

fn dead_blocked<S>(store: &S, situation: &Situation) -> Option<Finding>
where
    S: RecordStore + DependencyStore + RunStore,
{
    let blockers = dead_blockers(store, &situation.task.id);
    let nearest = blockers.first()?;
    let cause = nearest.cause().and_then(|cause| store.get_task(cause))?;
    let since = cause.closed_at.unwrap_or(cause.updated_at);
    let step = Step::OpenTask(cause.id.clone());
    Some((Why::DeadBlocked { blockers }, since, Some(step)))
}

fn failed(situation: &Situation) -> Option<Finding> {
    let done =
        matches!(situation.task.status, Status::Draft | Status::Completed | Status::Canceled);
    let latest = situation.runs.iter().max_by_key(|run| (run.attempt, run.queued_at, &run.id))?;
    if done || latest.status != RunStatus::Failed {
        return None;
    }
    let since = latest.ended_at.unwrap_or(latest.last_activity_at());
    let why = Why::LatestRunFailed { run: latest.id.clone(), error: latest.error.clone() };
    Some((why, since, next_attempt(situation)))
}

fn blocked(situation: &Situation) -> Option<Finding> {
    let task = &situation.task;
    if task.status != Status::Blocked {
        return None;
    }
    let finding = match situation.open_blockers.first() {
        Some(blocker) => {
            let step = Step::OpenTask(blocker.clone());
            (Why::WaitsFor { blockers: situation.open_blockers.clone() }, step)
        }
        None => (Why::ApprovalRejected, Step::DecideAgain),
    };
    Some((finding.0, task.updated_at, Some(finding.1)))
}

fn own(situation: &Situation, viewer: &Viewer<'_>) -> Option<Finding> {
    let task = &situation.task;
    if matches!(task.status, Status::Draft | Status::Completed | Status::Failed | Status::Canceled)
    {
        return None;
    }
    let held = situation.active_run().filter(|run| {
        run.claimed_by.as_ref().is_some_and(|holder| holder.is_same(viewer.identity))
    });
    if let Some(run) = held {
        let since = run.claimed_at.unwrap_or(run.last_activity_at());
        let step = Some(Step::Finish(run.id.clone()));
        return Some((Why::HoldsRun { run: run.id.clone() }, since, step));
    }
    let owner = task.owner.as_ref()?;
    let mine = Some(owner.kind) == owner_kind(viewer)
        && owner.reference.trim() == viewer.identity.reference.trim();
    let step = match situation.active_run() {
        Some(_) => None,
        None => Some(Step::Take),
    };
    mine.then_some((Why::Owned, task.updated_at, step))
}
