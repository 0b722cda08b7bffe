//! Takes runs out of the queue: the next one that fits a worker, under a lease,
//! or a certain one, without.

mod certain;

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::actor::{ActorContext, ActorKind};
use crate::channel::ChannelRecord;
use crate::claim_token::ClaimToken;
use crate::error::{ErrorKind, Result, TaskError};
use crate::event::RunClaimed;
use crate::hook::{PreClaimAnswer, PreClaimCriteria, PreClaimHook, RunHookContext, RunHookId};
use crate::id::SessionId;
use crate::json::{RawJson, SizeClass};
use crate::lease::{
    ClaimCriteria, ClaimResult, CoordinationChannelMetadata, SoulClaimProvenance,
    without_run_credentials,
};
use crate::run::{Run, RunStatus};
use crate::store::Store;
use crate::task::Task;
use crate::time::Timestamp;

use super::Manager;

/// A claim that waits for the host's word.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedClaim {
    criteria: ClaimCriteria,
    /// What to ask the host.
    pub hook: PreClaimHook,
}

impl<S: Store> Manager<S> {
    /// Claims the first queued run that fits the criteria, under a lease: highest
    /// priority first, then the best match of preferred capabilities, then the
    /// oldest.
    ///
    /// The answer carries the raw token of the lease. It leaves the engine here and
    /// nowhere else; every later call for the run needs it.
    ///
    /// # Errors
    ///
    /// `permission_denied`, also where a hook denies the claim; `validation` or
    /// `invalid_scope_binding` for the criteria; `active_run_lease` where the
    /// session works on a run already; `no_claimable_run` where nothing fits or
    /// the scheduler is paused; `validation` or `payload_too_large` where the
    /// claimer's provenance does not fit into the run's metadata.
    pub fn claim_next_run(
        &mut self,
        criteria: ClaimCriteria,
        actor: &ActorContext,
    ) -> Result<ClaimResult> {
        if self.options.hooks.is_none() {
            let criteria = self.claim_criteria(criteria, actor)?;
            return self.claim_by(&criteria, actor);
        }
        let planned = self.begin_claim_next_run(criteria, actor)?;
        let answer = self.ask_host(&planned.hook)?;
        self.finish_claim_next_run(planned, answer, actor)
    }

    /// Checks a claim, and says what to ask the host before it.
    ///
    /// # Errors
    ///
    /// As [`Manager::claim_next_run`], as far as the criteria alone decide.
    pub fn begin_claim_next_run(
        &mut self,
        criteria: ClaimCriteria,
        actor: &ActorContext,
    ) -> Result<PlannedClaim> {
        let criteria = self.claim_criteria(criteria, actor)?;
        let soul = criteria.soul.clone().unwrap_or_default();
        let context = RunHookContext {
            workspace_id: criteria.workspace_id.clone(),
            coordination_channel_id: criteria.coordination_channel_id.clone(),
            agent_name: criteria.agent_name.clone(),
            session_id: Some(criteria.claimer_session_id.clone()),
            actor_kind: Some(actor.actor.kind),
            actor_id: actor.actor.reference.clone(),
            soul_snapshot_id: soul.snapshot_id,
            soul_digest: soul.digest,
            ..RunHookContext::default()
        };
        let hook = PreClaimHook {
            hook: RunHookId::PreClaim,
            timestamp: self.now(),
            context,
            criteria: PreClaimCriteria {
                workspace_id: criteria.workspace_id.clone(),
                claimer_session_id: Some(criteria.claimer_session_id.clone()),
                agent_name: criteria.agent_name.clone(),
                required_capabilities: criteria.required_capabilities.clone(),
                priority_min: criteria.priority_min,
                coordination_channel_id: criteria.coordination_channel_id.clone(),
            },
        };
        Ok(PlannedClaim { criteria, hook })
    }

    /// Claims with the host's word: what it put in place of capabilities, lowest
    /// rank and channel counts; a channel cannot be taken away.
    ///
    /// # Errors
    ///
    /// As [`Manager::claim_next_run`].
    pub fn finish_claim_next_run(
        &mut self,
        planned: PlannedClaim,
        answer: PreClaimAnswer,
        actor: &ActorContext,
    ) -> Result<ClaimResult> {
        let patch = granted(answer)?;
        let mut criteria = planned.criteria;
        criteria.required_capabilities = patch.required_capabilities;
        criteria.priority_min = patch.priority_min;
        if !patch.coordination_channel_id.trim().is_empty() {
            criteria.coordination_channel_id = patch.coordination_channel_id;
        }
        let criteria = criteria.normalize(self.now())?;
        self.claim_by(&criteria, actor)
    }

    fn ask_host(&mut self, hook: &PreClaimHook) -> Result<PreClaimAnswer> {
        match self.options.hooks.as_deref_mut() {
            Some(dispatcher) => dispatcher.pre_claim(hook),
            None => Ok(PreClaimAnswer::Proceed(hook.criteria.clone())),
        }
    }

    /// The criteria with what the actor stands for filled in, checked.
    fn claim_criteria(
        &self,
        mut criteria: ClaimCriteria,
        actor: &ActorContext,
    ) -> Result<ClaimCriteria> {
        actor.authorize_write()?;
        if actor.actor.kind == ActorKind::AgentSession {
            if criteria.claimer_session_id.is_blank() {
                criteria.claimer_session_id = SessionId::new(&actor.actor.reference);
            }
            if criteria.agent_name.trim().is_empty() {
                criteria.agent_name.clone_from(&actor.actor.reference);
            }
        }
        if criteria.claimed_by.is_none() {
            criteria.claimed_by = Some(actor.actor.clone());
        }
        criteria.normalize(self.now())
    }

    fn claim_by(&mut self, criteria: &ClaimCriteria, actor: &ActorContext) -> Result<ClaimResult> {
        let (run, claim_token) = self.transact(|manager| manager.take_next(criteria, actor))?;
        let task = self.require_task(&run.task_id)?;
        Ok(ClaimResult {
            coordination_channel: self.coordination_channel(&run, &task),
            lease_until: run.lease_until.unwrap_or(run.queued_at),
            task: Task::clone(&task),
            run: without_run_credentials(Run::clone(&run)),
            claim_token,
        })
    }

    fn take_next(
        &mut self,
        criteria: &ClaimCriteria,
        actor: &ActorContext,
    ) -> Result<(Arc<Run>, ClaimToken)> {
        let now = criteria.now.unwrap_or_else(|| self.now());
        self.refuse_busy(&criteria.claimer_session_id, now)?;
        let nothing = || TaskError::new(ErrorKind::NoClaimableRun);
        if self.store.get_scheduler().paused {
            return Err(nothing());
        }
        let queued = self.store.select_claimable(criteria).ok_or_else(nothing)?;
        let token = ClaimToken::from_bytes(self.options.tokens.new_token_bytes());
        let mut claimed = Run::clone(&queued);
        claimed.metadata = with_soul(claimed.metadata, criteria.soul.as_ref())?;
        claimed.status = RunStatus::Claimed;
        claimed.claimed_by = criteria.claimed_by.clone();
        claimed.claimed_at = Some(now);
        claimed.session_id = Some(criteria.claimer_session_id.clone());
        claimed.claim_token_hash = Some(token.hash()?);
        claimed.lease_until = Some(now + criteria.lease_duration);
        claimed.heartbeat_at = Some(now);
        claimed.started_at = None;
        claimed.ended_at = None;
        claimed.error.clear();
        claimed.result = None;
        let run = self.write_run(&queued, claimed)?;
        self.store.put_claim_token(&run.id, token.clone());
        self.log_claim(&run, actor)?;
        Ok((run, token))
    }

    /// Reconciles the task of a run that was just claimed, and tells of it.
    fn log_claim(&mut self, run: &Run, actor: &ActorContext) -> Result<()> {
        let task_status = self.reconcile_cascade(&run.task_id)?.status;
        let payload = RunClaimed {
            status: run.status,
            task_status,
            claimed_by: actor.actor.clone(),
            claim_token_hash: run.claim_token_hash.clone(),
            lease_until: run.lease_until,
        };
        self.log_run(run, &payload, actor)?;
        let task = self.require_task(&run.task_id)?;
        self.announce(RunHookId::PostClaim, run, &task, actor, |hook| {
            hook.claimed_at = run.claimed_at;
        });
        Ok(())
    }

    /// Refuses sessions that work on a run. One whose lease has ended, though
    /// nobody took it back yet, does not count.
    fn refuse_busy(&self, session: &SessionId, now: Timestamp) -> Result<()> {
        let runs = self.store.list_active_runs_of_session(session);
        match runs.iter().find(|run| run.lease_until.is_none_or(|until| until > now)) {
            Some(run) => Err(TaskError::with_detail(
                ErrorKind::ActiveRunLease,
                format!("session {session:?} works on task run {:?}", run.id.as_str()),
            )),
            None => Ok(()),
        }
    }

    /// What the claimer is told about the run's channel.
    fn coordination_channel(&self, run: &Run, task: &Task) -> Option<CoordinationChannelMetadata> {
        let id = &run.coordination_channel_id;
        if id.is_empty() {
            return None;
        }
        let known = self.store.get_channel(id);
        let known: Option<&ChannelRecord> = known.as_deref();
        let metadata = CoordinationChannelMetadata {
            id: id.clone(),
            channel: id.clone(),
            display_name: id.clone(),
            purpose: known.map(|channel| channel.purpose.clone()).unwrap_or_default(),
            workspace_id: match known {
                Some(channel) => Some(channel.workspace_id.clone()),
                None => task.workspace_id.clone(),
            },
            task_id: Some(task.id.clone()),
            run_id: Some(run.id.clone()),
            workflow_id: CoordinationChannelMetadata::workflow_of(run.metadata.as_ref()),
            allowed_message_kinds: Vec::new(),
            last_activity_at: known.map(|channel| channel.updated_at),
        };
        Some(metadata.sanitize())
    }
}

/// The criteria of a host that lets the claim go on.
fn granted(answer: PreClaimAnswer) -> Result<PreClaimCriteria> {
    match answer {
        PreClaimAnswer::Proceed(criteria) => Ok(criteria),
        PreClaimAnswer::Deny(reason) => {
            let reason = match reason.trim() {
                "" => "task run claim denied by hook",
                given => given,
            };
            Err(TaskError::with_detail(ErrorKind::PermissionDenied, reason))
        }
    }
}

/// The run's metadata with the claimer's provenance under `soul`; unchanged
/// without a digest.
fn with_soul(
    metadata: Option<RawJson>,
    soul: Option<&SoulClaimProvenance>,
) -> Result<Option<RawJson>> {
    let Some(soul) = soul.filter(|soul| !soul.digest.is_empty()) else { return Ok(metadata) };
    let mut fields = match metadata.as_ref().map(RawJson::to_value) {
        None | Some(Some(Value::Null)) => Map::new(),
        Some(Some(Value::Object(fields))) => fields,
        Some(_) => {
            return Err(TaskError::validation(
                "task_run.metadata",
                "must be an object to take the claimer's soul",
            ));
        }
    };
    let value = RawJson::from_value(soul)?.to_value().unwrap_or_default();
    fields.insert("soul".to_owned(), value);
    let merged = RawJson::from_value(&Value::Object(fields))?;
    SizeClass::Metadata.validate(Some(&merged), "task_run.metadata")?;
    Ok(Some(merged))
}

#[cfg(test)]
mod tests;
