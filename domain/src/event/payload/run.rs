//! Payloads of events about runs. `status` is the run's status afterwards,
//! `task_status` the task's.

use serde::Serialize;

use super::payloads;
use crate::actor::{ActorIdentity, ActorKind};
use crate::claim_token::ClaimTokenHash;
use crate::enumeration::enumeration;
use crate::id::{RunId, SessionId, TaskId};
use crate::json::RawJson;
use crate::rule::is_zero;
use crate::run::{RunBootRecoveryAction, RunStatus};
use crate::task::Status;
use crate::time::Timestamp;

enumeration! {
    /// Which operation a stale channel kept from happening.
    pub enum RejectedOperation: plain {
        /// Starting the run.
        Start = "start",
        /// Attaching a session to it.
        Attach = "attach",
    }
}

payloads! {
    RUN_ENQUEUED =>
    /// The run was queued.
    pub struct RunEnqueued {
        /// Which attempt it is.
        pub attempt: u32,
        /// The run's status.
        pub status: RunStatus,
        /// The task's status.
        pub task_status: Status,
        /// The network channel.
        #[serde(skip_serializing_if = "String::is_empty")]
        pub network_channel: String,
        /// The coordination channel.
        #[serde(skip_serializing_if = "String::is_empty")]
        pub coordination_channel_id: String,
        /// The key under which it was queued.
        #[serde(skip_serializing_if = "String::is_empty")]
        pub idempotency_key: String,
    }

    RUN_CLAIMED =>
    /// The run was claimed.
    pub struct RunClaimed {
        /// The run's status.
        pub status: RunStatus,
        /// The task's status.
        pub task_status: Status,
        /// Who acted.
        pub claimed_by: ActorIdentity,
        /// The hash of the token; none for a claim without lease.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub claim_token_hash: Option<ClaimTokenHash>,
        /// When the lease ends; unset for a claim without lease.
        #[serde(with = "crate::time::always")]
        pub lease_until: Option<Timestamp>,
    }

    RUN_STARTING =>
    /// The session of the run is being set up.
    pub struct RunStarting {
        /// The run's status.
        pub status: RunStatus,
        /// The task's status.
        pub task_status: Status,
        /// The session.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub session_id: Option<SessionId>,
    }

    RUN_SESSION_BOUND =>
    /// A session was bound to the run.
    pub struct RunSessionBound {
        /// The run's status.
        pub status: RunStatus,
        /// The task's status.
        pub task_status: Status,
        /// The session.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub session_id: Option<SessionId>,
    }

    RUN_STARTED =>
    /// Work on the run began.
    pub struct RunStarted {
        /// The run's status.
        pub status: RunStatus,
        /// The task's status.
        pub task_status: Status,
        /// The session.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub session_id: Option<SessionId>,
    }

    RUN_COMPLETED =>
    /// The run ended with a result.
    pub struct RunCompleted {
        /// The run's status.
        pub status: RunStatus,
        /// The task's status.
        pub task_status: Status,
        /// The result.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub result: Option<RawJson>,
        /// The hash of the token, where it was completed through its lease.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub claim_token_hash: Option<ClaimTokenHash>,
    }

    RUN_FAILED =>
    /// The run ended with an error.
    pub struct RunFailed {
        /// The run's status.
        pub status: RunStatus,
        /// The task's status.
        pub task_status: Status,
        /// The error.
        pub error: String,
        /// The caller's document.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub metadata: Option<RawJson>,
        /// The hash of the token, where it failed through its lease.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub claim_token_hash: Option<ClaimTokenHash>,
    }

    RUN_CANCELED =>
    /// The run was canceled.
    pub struct RunCanceled {
        /// The run's status.
        pub status: RunStatus,
        /// The task's status; before the cancellation, where the task was canceled.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub task_status: Option<Status>,
        /// Why.
        #[serde(skip_serializing_if = "String::is_empty")]
        pub reason: String,
        /// The caller's document.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub metadata: Option<RawJson>,
        /// The session that worked on it.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub session_id: Option<SessionId>,
        /// The ancestor that was canceled, where it was not the run's own task.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub propagated_from_task_id: Option<TaskId>,
        /// Whether the session was asked to stop.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        pub cooperative_stop_requested: bool,
    }

    RUN_FORCE_STOPPED =>
    /// The session of the canceled run was stopped.
    pub struct RunForceStopped {
        /// The session.
        pub session_id: SessionId,
        /// How long it was given.
        pub grace_timeout_ms: i64,
        /// The ancestor that was canceled, where it was not the run's own task.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub propagated_from_task_id: Option<TaskId>,
    }

    RUN_RECOVERED =>
    /// The run was settled after a restart of its host.
    pub struct RunRecovered {
        /// What became of it.
        pub action: RunBootRecoveryAction,
        /// The run's status before.
        pub previous_status: RunStatus,
        /// The run's status.
        pub status: RunStatus,
        /// The task's status.
        pub task_status: Status,
        /// Why.
        #[serde(skip_serializing_if = "String::is_empty")]
        pub reason: String,
        /// The session before.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub session_id: Option<SessionId>,
        /// What was known of it.
        #[serde(skip_serializing_if = "String::is_empty")]
        pub session_state: String,
        /// How the host judged the case.
        #[serde(skip_serializing_if = "String::is_empty")]
        pub classification: String,
        /// More about it.
        #[serde(skip_serializing_if = "String::is_empty")]
        pub detail: String,
    }

    RUN_REJECTED =>
    /// The run was not started or attached.
    pub struct RunRejected {
        /// What was tried.
        pub operation: RejectedOperation,
        /// Why not.
        pub reason: RejectionReason,
        /// The channel that no longer passes.
        #[serde(skip_serializing_if = "String::is_empty")]
        pub network_channel: String,
    }

    RUN_LEASE_EXTENDED =>
    /// The holder of the lease showed that it is alive.
    pub struct RunLeaseExtended {
        /// The run's status.
        pub status: RunStatus,
        /// The task's stored status.
        pub task_status: Status,
        /// When the lease ends now.
        #[serde(with = "crate::time::always")]
        pub lease_until: Option<Timestamp>,
        /// When the sign came.
        #[serde(with = "crate::time::always")]
        pub heartbeat_at: Option<Timestamp>,
        /// The hash of the token.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub claim_token_hash: Option<ClaimTokenHash>,
    }

    RUN_LEASE_EXPIRED =>
    /// The expired lease was taken back.
    pub struct RunLeaseExpired {
        /// The run's status before.
        pub previous_status: RunStatus,
        /// The run's status.
        pub status: RunStatus,
        /// The task's status.
        pub task_status: Status,
        /// Why.
        #[serde(skip_serializing_if = "String::is_empty")]
        pub reason: String,
        /// The session before.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub session_id: Option<SessionId>,
        /// When the lease ended.
        #[serde(with = "crate::time::always")]
        pub lease_until: Option<Timestamp>,
        /// The hash of its token.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub previous_claim_token_hash: Option<ClaimTokenHash>,
        /// The coordination channel.
        #[serde(skip_serializing_if = "String::is_empty")]
        pub coordination_channel_id: String,
    }

    RUN_RELEASED =>
    /// The lease was given back, or taken by an operator; only then are the
    /// manual fields set.
    pub struct RunReleased {
        /// Whether an operator did it.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        pub manual: bool,
        /// What kind of identity the operator is.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub actor_kind: Option<ActorKind>,
        /// Its ref.
        #[serde(skip_serializing_if = "String::is_empty")]
        pub actor_id: String,
        /// The run's status before.
        pub previous_status: RunStatus,
        /// The run's status.
        pub status: RunStatus,
        /// The task's status.
        pub task_status: Status,
        /// Why.
        #[serde(skip_serializing_if = "String::is_empty")]
        pub reason: String,
        /// The session before.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub session_id: Option<SessionId>,
        /// The session before, where an operator did it.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub previous_session_id: Option<SessionId>,
        /// The first eight digits of the hash of its token.
        #[serde(skip_serializing_if = "String::is_empty")]
        pub previous_claim_token_hash_truncated: String,
        /// When its lease would have ended.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub previous_lease_until: Option<Timestamp>,
        /// The generation of the session's input queue afterwards.
        #[serde(skip_serializing_if = "is_zero")]
        pub queue_generation: i64,
        /// How many of its waiting inputs were dropped.
        #[serde(skip_serializing_if = "is_zero")]
        pub canceled_queued_inputs: i64,
    }

    RUN_OPERATOR_FORCED_FAIL =>
    /// An operator failed the run by force.
    pub struct RunOperatorForcedFail {
        /// Always true.
        pub manual: bool,
        /// What kind of identity the operator is.
        pub actor_kind: ActorKind,
        /// Its ref.
        pub actor_id: String,
        /// The run's status before.
        pub previous_status: RunStatus,
        /// The run's status.
        pub status: RunStatus,
        /// The task's status.
        pub task_status: Status,
        /// Why.
        pub reason: String,
        /// The session before.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub session_id: Option<SessionId>,
        /// The generation of the session's input queue afterwards.
        #[serde(skip_serializing_if = "is_zero")]
        pub queue_generation: i64,
        /// How many of its waiting inputs were dropped.
        #[serde(skip_serializing_if = "is_zero")]
        pub canceled_queued_inputs: i64,
        /// The caller's document.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub metadata: Option<RawJson>,
    }

    RUN_OPERATOR_RETRY =>
    /// An operator queued the run anew; written on the new run.
    pub struct RunOperatorRetry {
        /// Always true.
        pub manual: bool,
        /// What kind of identity the operator is.
        pub actor_kind: ActorKind,
        /// Its ref.
        pub actor_id: String,
        /// The failed run.
        pub source_run_id: RunId,
        /// The new run.
        pub new_run_id: RunId,
        /// The task's status.
        pub task_status: Status,
    }
}

/// Why a run was not started or attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectionReason {
    /// The channel validator no longer accepts its channel.
    StaleNetworkChannel,
}
