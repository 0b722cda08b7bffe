//! Who may claim which queued run, and why not. The selection of the next run
//! and every explanation of it go through the checks in this file.

use crate::actor::{OwnerKind, Ownership};
use crate::id::{RunId, TaskId, WorkspaceId};
use crate::lease::ClaimCriteria;
use crate::profile::ExecutionProfile;
use crate::run::{Run, RunStatus};
use crate::store::{ExecutionProfileStore, RecordStore, RunStore, SchedulerStore};
use crate::task::{Scope, Status, Task};

/// Why a run is not claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimBarrier {
    /// The run is not in the queue.
    NotQueued {
        /// Where it stands.
        status: RunStatus,
    },
    /// The scheduler hands out nothing.
    SchedulerPaused,
    /// The task itself is paused.
    TaskPaused,
    /// A task above is paused.
    AncestorPaused {
        /// The nearest paused one.
        ancestor: TaskId,
    },
    /// The task is a draft, blocked or canceled.
    TaskHeldBack {
        /// Its stored status.
        status: Status,
    },
    /// The task is not urgent enough for the claimer.
    PriorityTooLow {
        /// The rank of its priority.
        rank: i64,
        /// The lowest rank that the claimer takes.
        minimum: i64,
    },
    /// The claimer works elsewhere.
    OutOfScope {
        /// The scope of the task.
        scope: Scope,
        /// The workspace of the task.
        workspace: Option<WorkspaceId>,
    },
    /// The run requires what the claimer does not offer.
    CapabilitiesMissing {
        /// What is not offered.
        missing: Vec<String>,
    },
    /// The claimer only takes runs of another coordination channel.
    OtherChannel {
        /// The channel of the run, empty for none.
        channel: String,
    },
    /// The profile of the task requires what the claimer does not offer.
    ProfileCapabilitiesMissing {
        /// What is not offered.
        missing: Vec<String>,
    },
    /// The profile names one worker, and the claimer is another.
    OtherWorker {
        /// The agent that the profile names.
        agent: String,
    },
    /// The profile does not allow the claimer to work.
    WorkerNotAllowed,
    /// The profile does not allow the claimer to take part.
    ParticipantNotAllowed,
    /// The task belongs to somebody else.
    OtherOwner {
        /// Whom it belongs to.
        owner: Ownership,
    },
}

impl ClaimBarrier {
    /// A stable name of the barrier, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            ClaimBarrier::NotQueued { .. } => "not_queued",
            ClaimBarrier::SchedulerPaused => "scheduler_paused",
            ClaimBarrier::TaskPaused => "task_paused",
            ClaimBarrier::AncestorPaused { .. } => "ancestor_paused",
            ClaimBarrier::TaskHeldBack { .. } => "task_held_back",
            ClaimBarrier::PriorityTooLow { .. } => "priority_too_low",
            ClaimBarrier::OutOfScope { .. } => "out_of_scope",
            ClaimBarrier::CapabilitiesMissing { .. } => "capabilities_missing",
            ClaimBarrier::OtherChannel { .. } => "other_channel",
            ClaimBarrier::ProfileCapabilitiesMissing { .. } => "profile_capabilities_missing",
            ClaimBarrier::OtherWorker { .. } => "other_worker",
            ClaimBarrier::WorkerNotAllowed => "worker_not_allowed",
            ClaimBarrier::ParticipantNotAllowed => "participant_not_allowed",
            ClaimBarrier::OtherOwner { .. } => "other_owner",
        }
    }
}

/// Everything that stands between a claimer and a run, in the order of the
/// checks; empty where a claim would be granted, `None` for an unknown run.
/// `criteria` are normalized. The claimer's own leases are not looked at.
pub fn claim_barriers<S>(
    store: &S,
    run: &RunId,
    criteria: &ClaimCriteria,
) -> Option<Vec<ClaimBarrier>>
where
    S: RunStore + RecordStore + ExecutionProfileStore + SchedulerStore,
{
    let run = store.get_run(run)?;
    let task = store.get_task(&run.task_id)?;
    let profile = store.get_profile(&task.id);
    let candidate = Candidate {
        run: &run,
        task: &task,
        profile: profile.as_deref(),
        paused_by: store.paused_by(&task.id),
    };
    let scheduler = store.get_scheduler().paused.then_some(ClaimBarrier::SchedulerPaused);
    let barriers = candidate.unless_queued().into_iter().chain(scheduler);
    let barriers = barriers.chain(candidate.task_barriers());
    Some(barriers.chain(candidate.barriers_for(criteria)).collect())
}

/// A run with all that a claim looks at.
#[derive(Debug, Clone)]
pub struct Candidate<'a> {
    /// The run.
    pub run: &'a Run,
    /// Its task.
    pub task: &'a Task,
    /// The stored profile of the task.
    pub profile: Option<&'a ExecutionProfile>,
    /// The nearest paused task, the task itself first.
    pub paused_by: Option<TaskId>,
}

impl Candidate<'_> {
    /// What keeps every claimer from the run, the scheduler's switch aside.
    pub fn standing_barriers(&self) -> impl Iterator<Item = ClaimBarrier> {
        self.unless_queued().into_iter().chain(self.task_barriers())
    }

    fn task_barriers(&self) -> impl Iterator<Item = ClaimBarrier> {
        [self.if_paused(), self.if_paused_above(), self.if_held_back()].into_iter().flatten()
    }

    /// What keeps this claimer from the run. `criteria` are normalized.
    pub fn barriers_for(&self, criteria: &ClaimCriteria) -> impl Iterator<Item = ClaimBarrier> {
        let checks = [
            self.unless_urgent(criteria),
            self.unless_in_scope(criteria),
            self.unless_capable(criteria),
            self.unless_in_channel(criteria),
            self.unless_capable_for_profile(criteria),
            self.unless_the_worker(criteria),
            self.unless_allowed_worker(criteria),
            self.unless_allowed_participant(criteria),
            self.unless_owner_agrees(criteria),
        ];
        checks.into_iter().flatten()
    }

    fn unless_queued(&self) -> Option<ClaimBarrier> {
        let status = self.run.status;
        (status != RunStatus::Queued).then_some(ClaimBarrier::NotQueued { status })
    }

    fn if_paused(&self) -> Option<ClaimBarrier> {
        self.task.paused.then_some(ClaimBarrier::TaskPaused)
    }

    fn if_paused_above(&self) -> Option<ClaimBarrier> {
        let ancestor = self.paused_by.as_ref().filter(|id| **id != self.task.id)?.clone();
        Some(ClaimBarrier::AncestorPaused { ancestor })
    }

    fn if_held_back(&self) -> Option<ClaimBarrier> {
        let status = self.task.status;
        match status {
            Status::Draft | Status::Blocked | Status::Canceled => {
                Some(ClaimBarrier::TaskHeldBack { status })
            }
            Status::Pending
            | Status::Ready
            | Status::InProgress
            | Status::Completed
            | Status::Failed => None,
        }
    }

    fn unless_urgent(&self, criteria: &ClaimCriteria) -> Option<ClaimBarrier> {
        let (rank, minimum) = (self.task.priority.rank(), criteria.priority_min);
        (rank < minimum).then_some(ClaimBarrier::PriorityTooLow { rank, minimum })
    }

    fn unless_in_scope(&self, criteria: &ClaimCriteria) -> Option<ClaimBarrier> {
        let (scope, workspace) = (self.task.scope, &self.task.workspace_id);
        let fits = criteria.scope.known() == Some(scope)
            && (scope == Scope::Global || *workspace == criteria.workspace_id);
        (!fits).then(|| ClaimBarrier::OutOfScope { scope, workspace: workspace.clone() })
    }

    fn unless_capable(&self, criteria: &ClaimCriteria) -> Option<ClaimBarrier> {
        let missing = missing(&self.run.required_capabilities, criteria);
        (!missing.is_empty()).then_some(ClaimBarrier::CapabilitiesMissing { missing })
    }

    fn unless_in_channel(&self, criteria: &ClaimCriteria) -> Option<ClaimBarrier> {
        let (channel, wanted) =
            (&self.run.coordination_channel_id, &criteria.coordination_channel_id);
        let fits = wanted.is_empty() || wanted == channel;
        (!fits).then(|| ClaimBarrier::OtherChannel { channel: channel.clone() })
    }

    fn unless_capable_for_profile(&self, criteria: &ClaimCriteria) -> Option<ClaimBarrier> {
        let profile = self.profile?;
        let mut missing = missing(&profile.worker.required_capabilities, criteria);
        missing.extend(self::missing(&profile.participants.required_capabilities, criteria));
        missing.sort_unstable();
        missing.dedup();
        (!missing.is_empty()).then_some(ClaimBarrier::ProfileCapabilitiesMissing { missing })
    }

    fn unless_the_worker(&self, criteria: &ClaimCriteria) -> Option<ClaimBarrier> {
        let agent = &self.profile?.worker.agent_name;
        let fits = agent.is_empty() || *agent == criteria.agent_name;
        (!fits).then(|| ClaimBarrier::OtherWorker { agent: agent.clone() })
    }

    fn unless_allowed_worker(&self, criteria: &ClaimCriteria) -> Option<ClaimBarrier> {
        let allowed = &self.profile?.worker.allowed_agent_names;
        let fits = allowed.is_empty() || allowed.contains(&criteria.agent_name);
        (!fits).then_some(ClaimBarrier::WorkerNotAllowed)
    }

    fn unless_allowed_participant(&self, criteria: &ClaimCriteria) -> Option<ClaimBarrier> {
        let allowed = &self.profile?.participants.allowed_agent_names;
        let fits = allowed.is_empty() || allowed.contains(&criteria.agent_name);
        (!fits).then_some(ClaimBarrier::ParticipantNotAllowed)
    }

    fn unless_owner_agrees(&self, criteria: &ClaimCriteria) -> Option<ClaimBarrier> {
        let owner = self.task.owner.as_ref()?;
        let fits = match owner.kind {
            OwnerKind::Pool => owner.reference == criteria.agent_name,
            OwnerKind::AgentSession => owner.reference == criteria.claimer_session_id.as_str(),
            OwnerKind::Human
            | OwnerKind::Automation
            | OwnerKind::Extension
            | OwnerKind::NetworkPeer => false,
        };
        (!fits).then(|| ClaimBarrier::OtherOwner { owner: owner.clone() })
    }
}

/// What is required and not offered.
fn missing(required: &[String], criteria: &ClaimCriteria) -> Vec<String> {
    let offered = &criteria.required_capabilities;
    required.iter().filter(|capability| !offered.contains(capability)).cloned().collect()
}

#[cfg(test)]
mod tests;
