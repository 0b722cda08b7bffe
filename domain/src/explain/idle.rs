//! Why nothing happens to a task.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::line::QueueLine;
use crate::actor::{ActorIdentity, Ownership};
use crate::availability::Situation;
use crate::eligibility::{ClaimBarrier, claim_barriers};
use crate::id::{ReviewId, RunId, TaskId, WorkspaceId};
use crate::insight::{DeadBlocker, dead_blockers};
use crate::lease::ClaimCriteria;
use crate::run::{Run, RunStatus};
use crate::status::approval_blocks;
use crate::step::{Step, next_attempt};
use crate::store::{
    DependencyStore, ExecutionProfileStore, RecordStore, RunReviewStore, RunStore, SchedulerStore,
};
use crate::task::{ApprovalState, Scope, Status};
use crate::time::Timestamp;

/// What is known around the board.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The present instant.
    pub now: Timestamp,
    /// What each known session would claim with, normalized; `None` where nobody
    /// keeps a catalogue.
    pub workers: Option<&'a [ClaimCriteria]>,
}

/// One thing that stands in the way, with a step that leads on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hindrance {
    /// What stands in the way.
    pub what: Obstacle,
    /// What could be done.
    pub step: Option<Step>,
}

/// What can stand in the way of a task. Declared in the order in which an
/// explanation lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// The task is canceled, for good. Nothing else counts then.
    Canceled,
    /// The task is done. Only its reviews count then.
    Completed,
    /// The task is still a draft.
    Draft,
    /// The task, or a task above it, is paused.
    Paused {
        /// The nearest paused task, this one first.
        by: TaskId,
        /// Who paused it: `<actor kind>:<actor ref>`.
        who: String,
        /// Since when.
        since: Option<Timestamp>,
        /// Why.
        reason: String,
    },
    /// The scheduler hands out nothing.
    SchedulerPaused {
        /// Who paused it.
        who: String,
        /// Since when.
        since: Option<Timestamp>,
        /// Why.
        reason: String,
    },
    /// Some blockers will never be completed.
    DeadBlockers(Vec<DeadBlocker>),
    /// Other blockers are not completed yet.
    OpenBlockers(Vec<TaskId>),
    /// An approval is needed and nobody decided.
    ApprovalPending,
    /// The approval was refused.
    ApprovalRejected,
    /// Nobody asked for a run.
    NoRunQueued,
    /// Somebody holds the run.
    Held {
        /// The run.
        run: RunId,
        /// How far it has come.
        status: RunStatus,
        /// Who.
        holder: Option<ActorIdentity>,
        /// When the holder last showed that it is alive.
        heartbeat_at: Option<Timestamp>,
        /// How long it can go on like this.
        lease: Lease,
    },
    /// The run waits in line.
    InLine {
        /// The run.
        run: RunId,
        /// Its place, from 1.
        position: usize,
        /// The run that is handed out next.
        next: Option<RunId>,
    },
    /// No session is known at all.
    NoWorkers,
    /// No known session takes runs of this scope.
    NobodyInScope {
        /// The scope of the task.
        scope: Scope,
        /// Its workspace.
        workspace: Option<WorkspaceId>,
    },
    /// No known session can do all of this.
    NobodyCan {
        /// What none of them offers.
        missing: Vec<String>,
    },
    /// No known session may claim what belongs to this owner.
    OwnerExcludesAll {
        /// The owner.
        owner: Ownership,
    },
    /// The execution profile allows none of the known sessions.
    ProfileExcludesAll,
    /// Each known session is kept out by something else.
    NobodyFits,
    /// No further attempt fits into the budget.
    AttemptsUsed {
        /// The budget.
        max: u32,
    },
    /// The work waits for a verdict.
    AwaitsVerdict {
        /// The review.
        review: ReviewId,
    },
    /// The reviews are halted until somebody decides.
    ReviewsHalted {
        /// Since when.
        since: Timestamp,
        /// Why.
        reason: String,
    },
}

/// How long somebody can hold a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    /// Until this instant, unless it is extended.
    Live(Timestamp),
    /// It has ended, and the run goes back to the queue with the next sweep.
    Expired(Timestamp),
    /// For ever: a claim without a token does not end by itself.
    Endless,
}

/// Everything that stands in the way of a task, in a fixed order; empty where the
/// task could not be further on. `None` for an unknown task.
///
/// Where its run is queued, the whole queue is read.
pub fn why_idle<S>(store: &S, id: &TaskId, known: &Known<'_>) -> Option<Vec<Hindrance>>
where
    S: RecordStore
        + DependencyStore
        + RunStore
        + RunReviewStore
        + ExecutionProfileStore
        + SchedulerStore,
{
    let situation = Situation::of(store, id)?;
    let mut list = List(Vec::new());
    match situation.task.status {
        Status::Canceled => {
            list.add(Obstacle::Canceled, Some(Step::Duplicate));
            return Some(list.0);
        }
        Status::Completed => list.add(Obstacle::Completed, next_attempt(&situation)),
        status => {
            if status == Status::Draft {
                list.add(Obstacle::Draft, Some(Step::Publish));
            }
            list.switches(store, &situation);
            list.graph(store, &situation);
            list.runs(store, &situation, known);
        }
    }
    list.reviews(store, &situation);
    Some(list.0)
}

/// An explanation in the making.
struct List(Vec<Hindrance>);

impl List {
    fn add(&mut self, what: Obstacle, step: Option<Step>) {
        self.0.push(Hindrance { what, step });
    }

    /// Pauses; they keep nobody from work that is under way.
    fn switches<S>(&mut self, store: &S, situation: &Situation)
    where
        S: RecordStore + SchedulerStore,
    {
        if situation.active_run().is_some() {
            return;
        }
        let paused = store.paused_by(&situation.task.id).and_then(|id| store.get_task(&id));
        if let Some(paused) = paused {
            let what = Obstacle::Paused {
                by: paused.id.clone(),
                who: paused.paused_by.clone(),
                since: paused.paused_at,
                reason: paused.paused_reason.clone(),
            };
            self.add(what, Some(Step::Resume(paused.id.clone())));
        }
        let scheduler = store.get_scheduler();
        if scheduler.paused {
            let what = Obstacle::SchedulerPaused {
                who: scheduler.paused_by,
                since: scheduler.paused_at,
                reason: scheduler.reason,
            };
            self.add(what, Some(Step::ResumeScheduler));
        }
    }

    /// Blockers and approval; a run that has started looks at neither.
    fn graph<S>(&mut self, store: &S, situation: &Situation)
    where
        S: RecordStore + DependencyStore + RunStore,
    {
        let started = situation.active_run().is_some_and(|run| run.status != RunStatus::Claimed);
        if started {
            return;
        }
        let dead = dead_blockers(store, &situation.task.id);
        let mut open = situation.open_blockers.clone();
        open.retain(|blocker| !dead.iter().any(|dead| dead.blocker() == Some(blocker)));
        if let Some(cause) = dead.first().and_then(DeadBlocker::cause).cloned() {
            self.add(Obstacle::DeadBlockers(dead), Some(Step::OpenTask(cause)));
        }
        if let Some(first) = open.first().cloned() {
            self.add(Obstacle::OpenBlockers(open), Some(Step::OpenTask(first)));
        }
        if approval_blocks(&situation.task) {
            match situation.task.approval_state {
                ApprovalState::Rejected => {
                    self.add(Obstacle::ApprovalRejected, Some(Step::DecideAgain));
                }
                _ => self.add(Obstacle::ApprovalPending, Some(Step::Approve)),
            }
        }
    }

    fn runs<S>(&mut self, store: &S, situation: &Situation, known: &Known<'_>)
    where
        S: RecordStore + RunStore + ExecutionProfileStore + SchedulerStore,
    {
        let task = &situation.task;
        match situation.open_run() {
            Some(run) if run.status == RunStatus::Queued => self.queued(store, run, known),
            Some(run) => self.held(run, known.now),
            None if task.status == Status::Draft => {}
            None => {
                let step = next_attempt(situation);
                let what = if situation.facts().exhausted(task.max_attempts) {
                    Obstacle::AttemptsUsed { max: task.max_attempts }
                } else {
                    Obstacle::NoRunQueued
                };
                self.add(what, step);
            }
        }
    }

    fn held(&mut self, run: &Run, now: Timestamp) {
        let lease = match (&run.claim_token_hash, run.lease_until) {
            (Some(_), Some(until)) if until <= now => Lease::Expired(until),
            (Some(_), Some(until)) => Lease::Live(until),
            _ => Lease::Endless,
        };
        let step = match lease {
            Lease::Live(until) => Step::WaitUntil(until),
            Lease::Expired(_) => Step::RecoverExpired,
            Lease::Endless if run.status == RunStatus::Claimed => {
                Step::ForceRelease(run.id.clone())
            }
            Lease::Endless => Step::Finish(run.id.clone()),
        };
        let what = Obstacle::Held {
            run: run.id.clone(),
            status: run.status,
            holder: run.claimed_by.clone(),
            heartbeat_at: run.heartbeat_at,
            lease,
        };
        self.add(what, Some(step));
    }

    fn queued<S>(&mut self, store: &S, run: &Arc<Run>, known: &Known<'_>)
    where
        S: RecordStore + RunStore + ExecutionProfileStore + SchedulerStore,
    {
        let line = QueueLine::of(store);
        if let Some(position) = line.position(&run.id) {
            let next = line.ahead_of(&run.id).first().cloned();
            let what = Obstacle::InLine { run: run.id.clone(), position, next };
            self.add(what, Some(Step::Take));
        }
        if let Some(workers) = known.workers {
            self.workers(store, run, workers);
        }
    }

    /// What keeps all known sessions from the run; nothing if one of them fits.
    fn workers<S>(&mut self, store: &S, run: &Run, workers: &[ClaimCriteria])
    where
        S: RecordStore + RunStore + ExecutionProfileStore + SchedulerStore,
    {
        let kept_out: Vec<Vec<ClaimBarrier>> = workers
            .iter()
            .map(|worker| {
                let mut barriers = claim_barriers(store, &run.id, worker).unwrap_or_default();
                barriers.retain(is_about_the_claimer);
                barriers
            })
            .collect();
        let find = || Some(Step::FindWorker(run.id.clone()));
        if kept_out.is_empty() {
            return self.add(Obstacle::NoWorkers, find());
        }
        if kept_out.iter().any(Vec::is_empty) {
            return;
        }
        let before = self.0.len();
        if let Some(ClaimBarrier::OutOfScope { scope, workspace }) =
            common(&kept_out, |barrier| matches!(barrier, ClaimBarrier::OutOfScope { .. }))
        {
            let what = Obstacle::NobodyInScope { scope: *scope, workspace: workspace.clone() };
            self.add(what, find());
        }
        let missing = missing_everywhere(&kept_out);
        if !missing.is_empty() {
            self.add(Obstacle::NobodyCan { missing }, find());
        }
        if let Some(ClaimBarrier::OtherOwner { owner }) =
            common(&kept_out, |barrier| matches!(barrier, ClaimBarrier::OtherOwner { .. }))
        {
            let what = Obstacle::OwnerExcludesAll { owner: owner.clone() };
            self.add(what, Some(Step::ChangeOwner));
        }
        if common(&kept_out, is_about_the_profile).is_some() {
            self.add(Obstacle::ProfileExcludesAll, Some(Step::ChangeProfile));
        }
        if self.0.len() == before {
            self.add(Obstacle::NobodyFits, find());
        }
    }

    fn reviews(&mut self, store: &impl RunReviewStore, situation: &Situation) {
        let open = situation.reviews.iter().filter(|review| review.status.is_open());
        if let Some(review) = open.min_by_key(|review| (review.requested_at, &review.review_id)) {
            let review = review.review_id.clone();
            let step = Step::RecordVerdict(review.clone());
            self.add(Obstacle::AwaitsVerdict { review }, Some(step));
        }
        let gate = store.get_review_gate(&situation.task.id);
        if let Some(since) = gate.as_ref().and_then(|gate| gate.review_circuit_opened_at) {
            let reason = gate.map(|gate| gate.review_circuit_reason.clone()).unwrap_or_default();
            self.add(Obstacle::ReviewsHalted { since, reason }, Some(Step::SettleReviews));
        }
    }
}

/// Whether a barrier is one for some claimers only.
fn is_about_the_claimer(barrier: &ClaimBarrier) -> bool {
    match barrier {
        ClaimBarrier::NotQueued { .. }
        | ClaimBarrier::SchedulerPaused
        | ClaimBarrier::TaskPaused
        | ClaimBarrier::AncestorPaused { .. }
        | ClaimBarrier::TaskHeldBack { .. } => false,
        ClaimBarrier::PriorityTooLow { .. }
        | ClaimBarrier::OutOfScope { .. }
        | ClaimBarrier::CapabilitiesMissing { .. }
        | ClaimBarrier::OtherChannel { .. }
        | ClaimBarrier::ProfileCapabilitiesMissing { .. }
        | ClaimBarrier::OtherWorker { .. }
        | ClaimBarrier::WorkerNotAllowed
        | ClaimBarrier::ParticipantNotAllowed
        | ClaimBarrier::OtherOwner { .. } => true,
    }
}

/// Whether the profile of the task names who may work, and this is another one.
fn is_about_the_profile(barrier: &ClaimBarrier) -> bool {
    matches!(
        barrier,
        ClaimBarrier::OtherWorker { .. }
            | ClaimBarrier::WorkerNotAllowed
            | ClaimBarrier::ParticipantNotAllowed
    )
}

/// A barrier of this kind, if every claimer meets one.
fn common(
    kept_out: &[Vec<ClaimBarrier>],
    kind: impl Fn(&ClaimBarrier) -> bool,
) -> Option<&ClaimBarrier> {
    let everywhere = kept_out.iter().all(|barriers| barriers.iter().any(&kind));
    let first = kept_out.first()?.iter().find(|barrier| kind(barrier));
    first.filter(|_| everywhere)
}

/// The capabilities that every claimer lacks.
fn missing_everywhere(kept_out: &[Vec<ClaimBarrier>]) -> Vec<String> {
    let missing = |barriers: &Vec<ClaimBarrier>| -> BTreeSet<String> {
        let lists = barriers.iter().filter_map(|barrier| match barrier {
            ClaimBarrier::CapabilitiesMissing { missing }
            | ClaimBarrier::ProfileCapabilitiesMissing { missing } => Some(missing),
            _ => None,
        });
        lists.flatten().cloned().collect()
    };
    let everywhere = kept_out.iter().map(missing).reduce(|some, more| &some & &more);
    everywhere.into_iter().flatten().collect()
}
