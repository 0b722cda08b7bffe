//! Run hooks: what the host is told when runs change hands, and its say before
//! a claim.

use serde::{Deserialize, Serialize};

use crate::actor::{ActorKind, OriginKind};
use crate::enumeration::enumeration;
use crate::error::Result;
use crate::id::{RunId, SessionId, TaskId, WorkspaceId};
use crate::run::RunStatus;
use crate::task::Status;
use crate::time::Timestamp;

enumeration! {
    /// The moments at which the host is called. These ids are no event types.
    pub enum RunHookId: plain {
        /// A run was queued by an enqueue.
        Enqueued = "task.run.enqueued",
        /// A run is about to be claimed; the host may refuse or narrow the claim.
        PreClaim = "task.run.pre_claim",
        /// A run was claimed.
        PostClaim = "task.run.post_claim",
        /// A lease was extended by a heartbeat.
        LeaseExtended = "task.run.lease_extended",
        /// A lease ended without its worker.
        LeaseExpired = "task.run.lease_expired",
        /// A run was taken back after its lease ended, or after a restart.
        LeaseRecovered = "task.run.lease_recovered",
        /// A run was given back to the queue.
        Released = "task.run.released",
        /// A run was completed by the holder of its lease.
        Completed = "task.run.completed",
        /// A run was failed by the holder of its lease.
        Failed = "task.run.failed",
    }
}

/// What every hook is told. Fields that do not apply are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct RunHookContext {
    /// The task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<TaskId>,
    /// The run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// The workspace of the task; before a claim, that of the criteria.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    /// The workflow that the run's metadata name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub workflow_id: String,
    /// The channel on which the workers coordinate.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub coordination_channel_id: String,
    /// The channel of the run.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub network_channel: String,
    /// The agent.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub agent_name: String,
    /// The session of the run; before a claim, that of the claimer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// What kind of actor acts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_kind: Option<ActorKind>,
    /// Which actor acts.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub actor_id: String,
    /// What kind of surface the call came through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin_kind: Option<OriginKind>,
    /// Which surface the call came through.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub origin_ref: String,
    /// The status of the task after the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_status: Option<Status>,
    /// The status of the run after the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_status: Option<RunStatus>,
    /// The number of the try, from 1.
    #[serde(skip_serializing_if = "crate::json::is_default")]
    pub attempt: u32,
    /// The snapshot of the claimer's instructions.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub soul_snapshot_id: String,
    /// The digest of the claimer's instructions.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub soul_digest: String,
    /// When the lease ends; for an ended lease, when it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease_until: Option<Timestamp>,
    /// Why the run failed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub error: String,
    /// Why the run was given back or taken back.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub release_reason: String,
}

/// Tells the host what happened to a run. State and audit event are stored by
/// then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RunHook {
    /// What happened.
    pub hook: RunHookId,
    /// When.
    pub timestamp: Timestamp,
    /// To whom and by whom.
    pub context: RunHookContext,
    /// Enqueued only: the key of the request.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub idempotency_key: String,
    /// Claimed only: when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_at: Option<Timestamp>,
    /// Released, expired and recovered only: the status before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_run_status: Option<RunStatus>,
    /// Released, expired and recovered only: the session before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_session_id: Option<SessionId>,
    /// Released, expired and recovered only: why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub recovery_reason: String,
    /// Recovered only: `requeue`, or the action of the boot recovery.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub recovery_action: String,
}

impl RunHook {
    /// A hook without the fields that only some hooks have.
    pub fn new(hook: RunHookId, timestamp: Timestamp, context: RunHookContext) -> Self {
        Self {
            hook,
            timestamp,
            context,
            idempotency_key: String::new(),
            claimed_at: None,
            previous_run_status: None,
            previous_session_id: None,
            recovery_reason: String::new(),
            recovery_action: String::new(),
        }
    }
}

/// What a claimer asks for, as the host sees it before the claim.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct PreClaimCriteria {
    /// The workspace. Changes are ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    /// The claiming session. Changes are ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claimer_session_id: Option<SessionId>,
    /// The claiming agent. Changes are ignored.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub agent_name: String,
    /// What the claimer can do; for a claim of one certain run, what the run
    /// needs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub required_capabilities: Vec<String>,
    /// The lowest rank that is wanted; for a claim of one certain run, the rank
    /// of its task.
    #[serde(skip_serializing_if = "crate::json::is_default")]
    pub priority_min: i64,
    /// The channel on which the claimer coordinates.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub coordination_channel_id: String,
}

/// Asks the host before a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PreClaimHook {
    /// Always [`RunHookId::PreClaim`].
    pub hook: RunHookId,
    /// When.
    pub timestamp: Timestamp,
    /// What is known of the run and the claimer.
    pub context: RunHookContext,
    /// What the claimer asks for.
    pub criteria: PreClaimCriteria,
}

/// The host's answer before a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PreClaimAnswer {
    /// The claim goes on with these criteria. A claim of one certain run does not
    /// look at them.
    Proceed(PreClaimCriteria),
    /// The claim is refused, for this reason; it may be blank.
    Deny(String),
}

/// The host's side of the run hooks.
pub trait RunHookDispatcher {
    /// Asked before every claim, even where nothing turns out to be claimable.
    ///
    /// # Errors
    ///
    /// Whatever the host answers; the claim fails with the same error.
    fn pre_claim(&mut self, hook: &PreClaimHook) -> Result<PreClaimAnswer>;

    /// Told after every other moment.
    ///
    /// # Errors
    ///
    /// Whatever the host answers; the operation succeeds all the same.
    fn dispatch(&mut self, hook: &RunHook) -> Result<()>;
}

/// No hooks: every claim goes on as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NoRunHooks;

impl RunHookDispatcher for NoRunHooks {
    fn pre_claim(&mut self, hook: &PreClaimHook) -> Result<PreClaimAnswer> {
        Ok(PreClaimAnswer::Proceed(hook.criteria.clone()))
    }

    fn dispatch(&mut self, _hook: &RunHook) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::enumeration::Enumeration;

    #[test]
    fn hook_ids_are_spelled_with_dots() {
        let ids: Vec<_> = RunHookId::ALL.iter().map(|id| id.as_str()).collect();
        assert_eq!(
            ids,
            [
                "task.run.enqueued",
                "task.run.pre_claim",
                "task.run.post_claim",
                "task.run.lease_extended",
                "task.run.lease_expired",
                "task.run.lease_recovered",
                "task.run.released",
                "task.run.completed",
                "task.run.failed",
            ]
        );
    }

    #[test]
    fn without_hooks_a_claim_goes_on_as_it_is() {
        let criteria = PreClaimCriteria { priority_min: 30, ..PreClaimCriteria::default() };
        let hook = PreClaimHook {
            hook: RunHookId::PreClaim,
            timestamp: Timestamp::from_millis(0),
            context: RunHookContext::default(),
            criteria: criteria.clone(),
        };
        assert_eq!(NoRunHooks.pre_claim(&hook), Ok(PreClaimAnswer::Proceed(criteria)));
    }

    #[test]
    fn a_hook_shows_only_what_applies() {
        let context = RunHookContext {
            run_id: Some("run-1".into()),
            run_status: Some(RunStatus::Running),
            attempt: 2,
            ..RunHookContext::default()
        };
        let hook = RunHook::new(RunHookId::LeaseExtended, Timestamp::from_millis(0), context);
        assert_eq!(
            serde_json::to_string(&hook).unwrap(),
            concat!(
                r#"{"hook":"task.run.lease_extended","timestamp":"1970-01-01T00:00:00Z","#,
                r#""context":{"run_id":"run-1","run_status":"running","attempt":2}}"#
            )
        );
    }
}
