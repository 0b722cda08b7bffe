//! Claims of certain runs, by people and hosts: without criteria, token or lease.

use std::sync::Arc;

use crate::actor::{ActorContext, ActorIdentity, ActorKind, OwnerKind};
use crate::error::{ErrorKind, Result, TaskError};
use crate::hook::{PreClaimAnswer, PreClaimCriteria, PreClaimHook, RunHookId};
use crate::id::{RunId, SessionId};
use crate::manager::Manager;
use crate::manager::enqueue::require_key;
use crate::manager::hooks::{agent_ref, run_context};
use crate::run::{ClaimRun, Run, RunStatus};
use crate::store::Store;
use crate::task::Task;

use super::granted;

impl<S: Store> Manager<S> {
    /// Claims a certain queued run for the actor, without token and lease: it stays
    /// claimed until somebody acts. Pauses, priorities and capabilities do not
    /// matter here.
    ///
    /// # Errors
    ///
    /// `permission_denied`, also for a task of a pool or of another agent session,
    /// and where a hook denies the claim; `validation` for a blank id, or a missing
    /// key of anybody but a person; `task_run_not_found`;
    /// `invalid_status_transition` for a run that is not queued, or a blocked,
    /// draft or canceled task.
    pub fn claim_run(
        &mut self,
        id: &RunId,
        request: ClaimRun,
        actor: &ActorContext,
    ) -> Result<Run> {
        if self.options.hooks.is_none() {
            let (run, _) = self.claimable(id, request, actor)?;
            return self.claim_certain(&run, actor);
        }
        let hook = self.begin_claim_run(id, request.clone(), actor)?;
        let answer = self.ask_host(&hook)?;
        self.finish_claim_run(id, request, answer, actor)
    }

    /// Checks the claim of a certain run, and says what to ask the host before it.
    ///
    /// # Errors
    ///
    /// As [`Manager::claim_run`].
    pub fn begin_claim_run(
        &mut self,
        id: &RunId,
        request: ClaimRun,
        actor: &ActorContext,
    ) -> Result<PreClaimHook> {
        let (run, task) = self.claimable(id, request, actor)?;
        let context = run_context(&run, &task, actor);
        let claimer =
            run.session_id.clone().or_else(|| SessionId::new(agent_ref(actor)).non_blank());
        Ok(PreClaimHook {
            hook: RunHookId::PreClaim,
            timestamp: self.now(),
            criteria: PreClaimCriteria {
                workspace_id: task.workspace_id.clone(),
                claimer_session_id: claimer,
                agent_name: context.agent_name.clone(),
                required_capabilities: run.required_capabilities.clone(),
                priority_min: task.priority.rank(),
                coordination_channel_id: run.coordination_channel_id.clone(),
            },
            context,
        })
    }

    /// Claims a certain run with the host's word. Its criteria do not matter.
    ///
    /// # Errors
    ///
    /// As [`Manager::claim_run`].
    pub fn finish_claim_run(
        &mut self,
        id: &RunId,
        request: ClaimRun,
        answer: PreClaimAnswer,
        actor: &ActorContext,
    ) -> Result<Run> {
        granted(answer)?;
        let (run, _) = self.claimable(id, request, actor)?;
        self.claim_certain(&run, actor)
    }

    fn claimable(
        &self,
        id: &RunId,
        request: ClaimRun,
        actor: &ActorContext,
    ) -> Result<(Arc<Run>, Arc<Task>)> {
        actor.authorize_write()?;
        let request = request.normalize();
        request.validate("claim_run")?;
        require_key(actor, &request.idempotency_key, "claim_run")?;
        let (run, task) = self.load_run(id)?;
        self.require_executable(&task)?;
        run.require_transition(RunStatus::Claimed)?;
        refuse_foreign_owner(&task, &actor.actor)?;
        Ok((run, task))
    }

    fn claim_certain(&mut self, queued: &Run, actor: &ActorContext) -> Result<Run> {
        let run = self.transact(|manager| {
            let claimed = Run {
                status: RunStatus::Claimed,
                claimed_by: Some(actor.actor.clone().normalize()),
                claimed_at: Some(manager.now()),
                ..queued.clone()
            };
            let run = manager.write_run(queued, claimed)?;
            manager.log_claim(&run, actor)?;
            Ok(run)
        })?;
        Ok(Run::clone(&run))
    }
}

/// The runs of a pool are handed out by criteria alone; those of an agent session
/// are claimed by itself, or by the host.
fn refuse_foreign_owner(task: &Task, actor: &ActorIdentity) -> Result<()> {
    let Some(owner) = &task.owner else { return Ok(()) };
    let allowed = match owner.kind {
        OwnerKind::Pool => false,
        OwnerKind::AgentSession => match actor.kind {
            ActorKind::Daemon => true,
            ActorKind::AgentSession => actor.reference.trim() == owner.reference.trim(),
            ActorKind::Human
            | ActorKind::Automation
            | ActorKind::Extension
            | ActorKind::NetworkPeer => false,
        },
        OwnerKind::Human
        | OwnerKind::Automation
        | OwnerKind::Extension
        | OwnerKind::NetworkPeer => true,
    };
    if allowed {
        return Ok(());
    }
    Err(TaskError::with_detail(
        ErrorKind::PermissionDenied,
        format!("task {:?} belongs to {owner}", task.id.as_str()),
    ))
}
