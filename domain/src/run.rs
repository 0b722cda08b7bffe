//! Runs: one attempt at a task each, from the queue to its end.

mod channel;
mod lineage;
mod request;

use serde::{Deserialize, Serialize};

pub use channel::derived_coordination_channel;
pub use lineage::RunReviewLineage;
pub use request::{
    CancelRun, ClaimRun, EnqueueRun, RunBootRecovery, RunBootRecoveryAction, RunFailure, RunResult,
    StartRun,
};

use crate::actor::{ActorIdentity, Origin};
use crate::capability::{normalize_capabilities, validate_capability_ids};
use crate::claim_token::ClaimTokenHash;
use crate::enumeration::{enumeration, quoted};
use crate::error::{ErrorKind, Result, TaskError};
use crate::id::{RunId, SessionId, TaskId};
use crate::json::{RawJson, SizeClass, refuse_lease_credentials};
use crate::rule::{require_positive, require_text, trimmed};
use crate::time::Timestamp;

enumeration! {
    /// Where a run stands.
    pub enum RunStatus: listed {
        /// Waits to be claimed. Has no session.
        Queued = "queued",
        /// Somebody took it; the work has not begun.
        Claimed = "claimed",
        /// Its session is being set up. A crash leaves it here until recovery.
        Starting = "starting",
        /// Work is going on.
        Running = "running",
        /// Ended with a result.
        Completed = "completed",
        /// Ended with an error.
        Failed = "failed",
        /// Ended because somebody wanted it to.
        Canceled = "canceled",
    }
}

impl RunStatus {
    /// The statuses in which a run can hold a lease and is the current one of its
    /// task.
    pub const ACTIVE: [RunStatus; 3] =
        [RunStatus::Claimed, RunStatus::Starting, RunStatus::Running];

    /// Whether the run has ended: completed, failed or canceled.
    pub const fn is_terminal(self) -> bool {
        match self {
            RunStatus::Completed | RunStatus::Failed | RunStatus::Canceled => true,
            RunStatus::Queued | RunStatus::Claimed | RunStatus::Starting | RunStatus::Running => {
                false
            }
        }
    }

    /// Whether the run has not ended.
    pub const fn is_open(self) -> bool {
        !self.is_terminal()
    }

    /// Whether the run can hold a lease: claimed, starting or running.
    pub const fn is_active(self) -> bool {
        matches!(self, RunStatus::Claimed | RunStatus::Starting | RunStatus::Running)
    }

    /// How far an open run has come: running 4, starting 3, claimed 2, queued 1,
    /// ended 0.
    pub const fn rank(self) -> u8 {
        match self {
            RunStatus::Running => 4,
            RunStatus::Starting => 3,
            RunStatus::Claimed => 2,
            RunStatus::Queued => 1,
            RunStatus::Completed | RunStatus::Failed | RunStatus::Canceled => 0,
        }
    }

    /// The statuses that the direct lifecycle may move on to. Lease and force
    /// operations have conditions of their own.
    pub const fn next(self) -> &'static [RunStatus] {
        match self {
            RunStatus::Queued => &[RunStatus::Claimed, RunStatus::Canceled],
            RunStatus::Claimed => &[RunStatus::Starting, RunStatus::Canceled],
            RunStatus::Starting => &[RunStatus::Running, RunStatus::Failed, RunStatus::Canceled],
            RunStatus::Running => &[RunStatus::Completed, RunStatus::Failed, RunStatus::Canceled],
            RunStatus::Completed | RunStatus::Failed | RunStatus::Canceled => &[],
        }
    }
}

/// The one failure kind: an operator ended the run by force.
pub const FAILURE_KIND_OPERATOR_FORCED: &str = "operator_forced";

/// A run as it is stored. The raw token of its lease is not a part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Run {
    /// The run's id.
    pub id: RunId,
    /// The task that it attempts.
    pub task_id: TaskId,
    /// Where it stands.
    pub status: RunStatus,
    /// Which attempt at the task it is, from 1.
    pub attempt: u32,
    /// The run that it retries or continues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_run_id: Option<RunId>,
    /// Empty, or [`FAILURE_KIND_OPERATOR_FORCED`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub failure_kind: String,
    /// Who claimed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_by: Option<ActorIdentity>,
    /// The session that works on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// Through which door it was queued.
    pub origin: Origin,
    /// The key under which it was queued.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub idempotency_key: String,
    /// The network channel that the work talks in.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub network_channel: String,
    /// The hash of its claim token. Stays after completion and failure, so that a
    /// late call with the old token is told that the run has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim_token_hash: Option<ClaimTokenHash>,
    /// When its lease ends; at this very instant it has ended.
    #[serde(default, with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub lease_until: Option<Timestamp>,
    /// When the holder last showed that it is alive.
    #[serde(default, with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub heartbeat_at: Option<Timestamp>,
    /// The coordination channel of a workspace run.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub coordination_channel_id: String,
    /// What a claimer has to offer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required_capabilities: Vec<String>,
    /// What makes a claimer come first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preferred_capabilities: Vec<String>,
    /// How the run and its reviews hang together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<RunReviewLineage>,
    /// A document of the caller's own, kept byte for byte.
    #[serde(
        default,
        deserialize_with = "crate::json::keep_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub metadata: Option<RawJson>,
    /// When it was queued; kept when it is queued again.
    pub queued_at: Timestamp,
    /// When it was claimed.
    #[serde(default, with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub claimed_at: Option<Timestamp>,
    /// When work began.
    #[serde(default, with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default, with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
    pub ended_at: Option<Timestamp>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub error: String,
    /// What it brought.
    #[serde(
        default,
        deserialize_with = "crate::json::keep_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub result: Option<RawJson>,
}

impl Run {
    /// The canonical form of the record: text trimmed, blank ids and hashes
    /// absent, capabilities sorted and distinct, an empty lineage left out.
    #[must_use]
    pub fn normalize(self) -> Self {
        Self {
            id: self.id.trimmed(),
            task_id: self.task_id.trimmed(),
            previous_run_id: self.previous_run_id.and_then(|id| id.non_blank()),
            failure_kind: trimmed(self.failure_kind),
            claimed_by: self.claimed_by.map(ActorIdentity::normalize),
            session_id: self.session_id.and_then(|id| id.non_blank()),
            origin: self.origin.normalize(),
            idempotency_key: trimmed(self.idempotency_key),
            network_channel: trimmed(self.network_channel),
            claim_token_hash: self.claim_token_hash.and_then(|hash| hash.non_blank()),
            coordination_channel_id: trimmed(self.coordination_channel_id),
            required_capabilities: normalize_capabilities(self.required_capabilities),
            preferred_capabilities: normalize_capabilities(self.preferred_capabilities),
            review: self.review.and_then(RunReviewLineage::normalize),
            error: trimmed(self.error),
            ..self
        }
    }

    /// Checks the rules of form of the record.
    ///
    /// # Errors
    ///
    /// `validation` or `payload_too_large` at the first field at fault, under
    /// `task_run`.
    pub fn validate(&self) -> Result<()> {
        require_text(self.id.as_str(), "task_run", "id")?;
        require_text(self.task_id.as_str(), "task_run", "task_id")?;
        require_positive(i64::from(self.attempt), "task_run", "attempt")?;
        let previous = self.previous_run_id.as_ref().and_then(RunId::non_blank);
        if previous.is_some_and(|previous| previous == self.id.trimmed()) {
            return Err(TaskError::validation(
                "task_run.previous_run_id",
                "must not equal task_run.id",
            ));
        }
        if !matches!(self.failure_kind.trim(), "" | FAILURE_KIND_OPERATOR_FORCED) {
            let rest = format!(
                "must be \"{FAILURE_KIND_OPERATOR_FORCED}\" when set: {}",
                quoted(&self.failure_kind)
            );
            return Err(TaskError::validation("task_run.failure_kind", &rest));
        }
        if let Some(claimed_by) = &self.claimed_by {
            claimed_by.validate("task_run.claimed_by")?;
        }
        self.origin.validate("task_run.origin")?;
        let session = self.session_id.as_ref().and_then(SessionId::non_blank);
        if self.status == RunStatus::Queued && session.is_some() {
            let rest = "must be empty while task_run.status is \"queued\"";
            return Err(TaskError::validation("task_run.session_id", rest));
        }
        self.validate_lease()?;
        validate_capability_ids(&self.required_capabilities, "task_run.required_capabilities")?;
        validate_capability_ids(&self.preferred_capabilities, "task_run.preferred_capabilities")?;
        if let Some(review) = &self.review {
            review.validate("task_run.review")?;
        }
        SizeClass::Metadata.validate(self.metadata.as_ref(), "task_run.metadata")?;
        refuse_lease_credentials(self.metadata.as_ref(), "task_run.metadata")?;
        SizeClass::Result.validate(self.result.as_ref(), "task_run.result")?;
        refuse_lease_credentials(self.result.as_ref(), "task_run.result")
    }

    fn validate_lease(&self) -> Result<()> {
        let refuse = |field: &str, rest: &str| {
            Err(TaskError::validation(&format!("task_run.{field}"), rest))
        };
        match self.claim_token_hash.as_ref().and_then(ClaimTokenHash::non_blank) {
            Some(hash) if !hash.is_canonical() => {
                return refuse("claim_token_hash", "must be a lowercase sha256 hex hash");
            }
            None if self.lease_until.is_some() => {
                return refuse("claim_token_hash", "is required when lease_until is set");
            }
            None if self.heartbeat_at.is_some() => {
                return refuse("claim_token_hash", "is required when heartbeat_at is set");
            }
            Some(_) | None => {}
        }
        if let (Some(claimed), Some(until)) = (self.claimed_at, self.lease_until)
            && until <= claimed
        {
            return refuse("lease_until", "must be after claimed_at");
        }
        if let (Some(heartbeat), Some(until)) = (self.heartbeat_at, self.lease_until)
            && heartbeat > until
        {
            return refuse("heartbeat_at", "must not be after lease_until");
        }
        if let (Some(claimed), Some(heartbeat)) = (self.claimed_at, self.heartbeat_at)
            && heartbeat < claimed
        {
            return refuse("heartbeat_at", "must not be before claimed_at");
        }
        Ok(())
    }

    /// When something last happened to the run. Heartbeats do not count.
    pub fn last_activity_at(&self) -> Timestamp {
        let times = [self.claimed_at, self.started_at, self.ended_at];
        times.into_iter().flatten().fold(self.queued_at, Timestamp::max)
    }

    /// Checks that the direct lifecycle may move the run on to `next`.
    ///
    /// # Errors
    ///
    /// `invalid_status_transition`.
    pub fn require_transition(&self, next: RunStatus) -> Result<()> {
        if self.status.next().contains(&next) {
            return Ok(());
        }
        let detail = format!(
            "task run {} cannot transition from \"{}\" to \"{next}\"",
            quoted(self.id.as_str()),
            self.status
        );
        Err(TaskError::with_detail(ErrorKind::InvalidStatusTransition, detail))
    }
}

#[cfg(test)]
pub(crate) mod tests;
