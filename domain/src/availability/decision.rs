//! What can be decided about a task, apart from moving it along.

use super::run::Refusal;
use super::{Reason, Situation, ended};
use crate::actor::ActorContext;
use crate::enumeration::enumeration;
use crate::status::approval_blocks;
use crate::store::{DependencyStore, RecordStore};
use crate::task::{
    ApprovalPolicy, ApprovalState, MAX_DEPENDENCY_COUNT, MAX_DIRECT_CHILDREN, MAX_HIERARCHY_DEPTH,
    Task,
};

enumeration! {
    /// What somebody may want to decide about a task.
    pub enum Decision: listed {
        /// Approve it, which queues a run.
        Approve = "approve",
        /// Refuse the approval.
        Reject = "reject",
        /// Keep its runs, and those of everything below it, from being handed out.
        Pause = "pause",
        /// End its pause.
        Resume = "resume",
        /// Make a task below it.
        AddChild = "add_child",
        /// Make it wait for another task.
        AddBlocker = "add_blocker",
        /// Say how it is to be executed.
        SetProfile = "set_profile",
    }
}

/// Whether something can be decided about a task by an acting identity.
///
/// Approving a draft is possible, but queues no run: it has to be published then.
///
/// # Errors
///
/// The first reason why not.
pub fn decision_availability<S>(
    decision: Decision,
    store: &S,
    situation: &Situation,
    actor: &ActorContext,
) -> Result<(), Refusal>
where
    S: RecordStore + DependencyStore,
{
    if !actor.authority.write {
        return Err(Reason::ReadOnly.into());
    }
    let task = &situation.task;
    match decision {
        Decision::Approve | Decision::Reject => undecided(task),
        Decision::Pause => match ended(task) {
            Some(reason) => Err(reason.into()),
            None => Ok(()),
        },
        Decision::Resume if task.paused => Ok(()),
        Decision::Resume => Err(Refusal::NotPaused),
        Decision::AddChild => room_below(store, situation),
        Decision::AddBlocker => {
            let limit = usize::try_from(MAX_DEPENDENCY_COUNT).unwrap_or(usize::MAX);
            let full = store.count_dependencies(&task.id) >= limit;
            if full { Err(Refusal::BlockersFull(limit)) } else { Ok(()) }
        }
        Decision::SetProfile => match situation.active_run() {
            Some(run) => Err(Refusal::RunOpen(run.id.clone())),
            None => Ok(()),
        },
    }
}

fn undecided(task: &Task) -> Result<(), Refusal> {
    if task.status == crate::task::Status::Canceled {
        return Err(Reason::IsCanceled.into());
    }
    if task.approval_policy == ApprovalPolicy::None {
        return Err(Refusal::NoApprovalNeeded);
    }
    match task.approval_state {
        ApprovalState::Pending if approval_blocks(task) => Ok(()),
        state => Err(Refusal::ApprovalDecided(state)),
    }
}

fn room_below(store: &impl RecordStore, situation: &Situation) -> Result<(), Refusal> {
    let limit = |limit: i64| usize::try_from(limit).unwrap_or(usize::MAX);
    let children = limit(MAX_DIRECT_CHILDREN);
    if situation.children >= children {
        return Err(Refusal::ChildrenFull(children));
    }
    let depth = limit(MAX_HIERARCHY_DEPTH);
    let mut levels = 1;
    let mut above = situation.task.parent_task_id.clone();
    while let Some(parent) = above
        && levels < depth
    {
        levels += 1;
        above = store.get_task(&parent).and_then(|parent| parent.parent_task_id.clone());
    }
    if levels >= depth { Err(Refusal::TooDeep(depth)) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
