//! Which verbs a task offers right now, and why the others cannot work: one
//! pure function for buttons, menus and drop targets alike, so that all of them
//! give the same answer before anybody tries.
//!
//! The answer is advice. The operation itself decides, on the board as it then
//! is.

mod decision;
mod run;

use std::sync::Arc;

pub use decision::{Decision, decision_availability};
pub use run::{Refusal, RunVerb, run_availability};

pub use crate::insight::frees as would_free;

use crate::actor::{ActorContext, ActorIdentity, ActorKind, OwnerKind};
use crate::enumeration::enumeration;
use crate::id::{RunId, TaskId};
use crate::query::RunReviewQuery;
use crate::review::RunReview;
use crate::run::{Run, RunStatus};
use crate::stage::{Stage, stage};
use crate::status::{RunFacts, approval_blocks, is_completed};
use crate::store::{DependencyStore, RecordStore, RunReviewStore, RunStore};
use crate::task::{ApprovalState, Status, Task};
use crate::time::Timestamp;

enumeration! {
    /// What somebody may want to do with a task.
    pub enum Verb: listed {
        /// Publish a draft, which queues its first run.
        Publish = "publish",
        /// Queue a run.
        Start = "start",
        /// Take the work on by hand: claim the run (queue one first where there is
        /// none) and start it.
        Take = "take",
        /// End the work with success.
        Finish = "finish",
        /// Take the work on and end it at once.
        TakeAndFinish = "take_and_finish",
        /// Cancel the task with everything below it, for good.
        Cancel = "cancel",
        /// Remove the task and its history.
        Delete = "delete",
    }
}

/// Why a verb cannot work now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The acting identity may not write.
    ReadOnly,
    /// The task is still a draft.
    StillDraft,
    /// The task is no draft any more.
    NotDraft,
    /// The task is canceled, which is final.
    IsCanceled,
    /// The task has ended already.
    AlreadyEnded(Status),
    /// These tasks have to be completed first.
    WaitsFor(Vec<TaskId>),
    /// An approval is needed and nobody decided.
    ApprovalPending,
    /// The approval was refused.
    ApprovalRejected,
    /// A run waits in the queue already.
    AlreadyQueued,
    /// Somebody works on it already.
    AlreadyHeld(Option<ActorIdentity>),
    /// No further attempt fits into the task's budget.
    AttemptsUsed(u32),
    /// The task belongs to a pool or to a session; only that one takes it.
    OwnedBy(crate::actor::Ownership),
    /// Nobody works on it.
    NotHeld,
    /// Only the holder of the lease can end it, until the lease ends.
    LeasedByOther {
        /// Who holds it.
        holder: Option<ActorIdentity>,
        /// When the lease ends by itself.
        until: Option<Timestamp>,
    },
    /// The lease ran out; the run goes back to the queue.
    LeaseExpired,
    /// So many tasks hang below it.
    HasChildren(usize),
    /// A run is open.
    HasOpenRun,
}

/// How finishing a run has to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grip {
    /// With the claim token that the acting identity holds.
    Token,
    /// Without a token; the run is running.
    Running,
    /// Without a token; the run has to be started first.
    Claimed,
}

/// One task with everything that its stage and its verbs depend on.
#[derive(Debug, Clone, PartialEq)]
pub struct Situation {
    /// The task.
    pub task: Arc<Task>,
    /// Its runs, newest first.
    pub runs: Vec<Arc<Run>>,
    /// Its reviews, newest first.
    pub reviews: Vec<Arc<RunReview>>,
    /// The blockers that are not completed, oldest edge first.
    pub open_blockers: Vec<TaskId>,
    /// How many tasks hang directly below it.
    pub children: usize,
}

impl Situation {
    /// The situation of a task, or `None` where there is no such task.
    pub fn of<S>(store: &S, id: &TaskId) -> Option<Self>
    where
        S: RecordStore + DependencyStore + RunStore + RunReviewStore,
    {
        let task = store.get_task(id)?;
        let open = |blocker: &TaskId| {
            store.get_task(blocker).is_none_or(|blocker| !is_completed(store, &blocker))
        };
        let edges = store.list_dependencies(id);
        let of_task = RunReviewQuery { task_id: Some(id.clone()), ..RunReviewQuery::default() };
        Some(Self {
            runs: store.list_runs_of_task(id),
            reviews: store.list_reviews(&of_task),
            open_blockers: edges
                .iter()
                .map(|edge| edge.depends_on_task_id.clone())
                .filter(open)
                .collect(),
            children: store.count_direct_children(id),
            task,
        })
    }

    /// The column of the board.
    pub fn stage(&self) -> Stage {
        stage(
            &self.task,
            self.runs.iter().map(AsRef::as_ref),
            self.reviews.iter().map(AsRef::as_ref),
        )
    }

    /// The run that is queued, claimed, starting or running; there is at most
    /// one.
    pub fn open_run(&self) -> Option<&Arc<Run>> {
        self.runs.iter().find(|run| run.status.is_open())
    }

    /// The run that somebody holds.
    pub fn active_run(&self) -> Option<&Arc<Run>> {
        self.open_run().filter(|run| run.status != RunStatus::Queued)
    }

    /// The run that waits in the queue.
    pub fn queued_run(&self) -> Option<&RunId> {
        self.open_run().filter(|run| run.status == RunStatus::Queued).map(|run| &run.id)
    }

    /// What the runs say about attempts.
    pub fn facts(&self) -> RunFacts {
        RunFacts::of(self.runs.iter().map(AsRef::as_ref))
    }
}

/// Whether a verb works on a task for an acting identity at this instant.
///
/// # Errors
///
/// The first reason why not.
pub fn availability(
    verb: Verb,
    situation: &Situation,
    actor: &ActorContext,
    now: Timestamp,
) -> Result<(), Reason> {
    if !actor.authority.write {
        return Err(Reason::ReadOnly);
    }
    match verb {
        Verb::Publish => publish(situation),
        Verb::Start => start(situation),
        Verb::Take | Verb::TakeAndFinish => take(situation, actor),
        Verb::Finish => grip(situation, actor, now).map(|_| ()),
        Verb::Cancel => cancel(situation),
        Verb::Delete => delete(situation),
    }
}

/// How the acting identity can finish the work on a task.
///
/// # Errors
///
/// Why it cannot.
pub fn grip(situation: &Situation, actor: &ActorContext, now: Timestamp) -> Result<Grip, Reason> {
    let Some(run) = situation.active_run() else {
        return Err(ended(&situation.task).unwrap_or(Reason::NotHeld));
    };
    if run.claim_token_hash.is_none() {
        return match run.status {
            RunStatus::Running => Ok(Grip::Running),
            _ => free_to_run(situation).map(|()| Grip::Claimed),
        };
    }
    let mine = run.claimed_by.as_ref().is_some_and(|holder| holder.is_same(&actor.actor));
    if run.lease_until.is_some_and(|until| until <= now) {
        return Err(Reason::LeaseExpired);
    }
    if !mine {
        return Err(Reason::LeasedByOther {
            holder: run.claimed_by.clone(),
            until: run.lease_until,
        });
    }
    Ok(Grip::Token)
}

fn publish(situation: &Situation) -> Result<(), Reason> {
    match situation.task.status {
        Status::Draft => free_to_run(situation),
        Status::Canceled => Err(Reason::IsCanceled),
        _ => Err(Reason::NotDraft),
    }
}

fn start(situation: &Situation) -> Result<(), Reason> {
    published(&situation.task)?;
    match situation.open_run().map(|run| run.status) {
        Some(RunStatus::Queued) => return Err(Reason::AlreadyQueued),
        Some(_) => return Err(held(situation)),
        None => {}
    }
    free_to_run(situation)?;
    attempt_left(situation)
}

fn take(situation: &Situation, actor: &ActorContext) -> Result<(), Reason> {
    published(&situation.task)?;
    if situation.active_run().is_some() {
        return Err(held(situation));
    }
    free_to_run(situation)?;
    if situation.queued_run().is_none() {
        attempt_left(situation)?;
    }
    owner_allows(&situation.task, actor)
}

/// Whether the owner of a task lets somebody claim its runs by hand.
fn owner_allows(task: &Task, actor: &ActorContext) -> Result<(), Reason> {
    match &task.owner {
        Some(owner) if owner.kind == OwnerKind::Pool => Err(Reason::OwnedBy(owner.clone())),
        Some(owner) if owner.kind == OwnerKind::AgentSession => {
            let allowed = match actor.actor.kind {
                ActorKind::Daemon => true,
                ActorKind::AgentSession => actor.actor.reference.trim() == owner.reference.trim(),
                _ => false,
            };
            if allowed { Ok(()) } else { Err(Reason::OwnedBy(owner.clone())) }
        }
        _ => Ok(()),
    }
}

fn cancel(situation: &Situation) -> Result<(), Reason> {
    match situation.task.status {
        Status::Canceled => Err(Reason::IsCanceled),
        Status::Completed | Status::Failed if situation.open_run().is_none() => {
            Err(Reason::AlreadyEnded(situation.task.status))
        }
        _ => Ok(()),
    }
}

fn delete(situation: &Situation) -> Result<(), Reason> {
    match (situation.children, situation.open_run()) {
        (0, None) => Ok(()),
        (0, Some(_)) => Err(Reason::HasOpenRun),
        (children, _) => Err(Reason::HasChildren(children)),
    }
}

fn published(task: &Task) -> Result<(), Reason> {
    match task.status {
        Status::Draft => Err(Reason::StillDraft),
        Status::Canceled => Err(Reason::IsCanceled),
        _ => Ok(()),
    }
}

fn free_to_run(situation: &Situation) -> Result<(), Reason> {
    if !situation.open_blockers.is_empty() {
        return Err(Reason::WaitsFor(situation.open_blockers.clone()));
    }
    if approval_blocks(&situation.task) {
        return Err(match situation.task.approval_state {
            ApprovalState::Rejected => Reason::ApprovalRejected,
            _ => Reason::ApprovalPending,
        });
    }
    Ok(())
}

fn attempt_left(situation: &Situation) -> Result<(), Reason> {
    let max = situation.task.max_attempts;
    if situation.facts().exhausted(max) { Err(Reason::AttemptsUsed(max)) } else { Ok(()) }
}

fn held(situation: &Situation) -> Reason {
    Reason::AlreadyHeld(situation.active_run().and_then(|run| run.claimed_by.clone()))
}

fn ended(task: &Task) -> Option<Reason> {
    match task.status {
        Status::Canceled => Some(Reason::IsCanceled),
        Status::Completed | Status::Failed => Some(Reason::AlreadyEnded(task.status)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
