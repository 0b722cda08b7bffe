//! Which run a claimer would take.

use serde::{Deserialize, Serialize};

use super::{duration_or_default, require_now, validate_duration};
use crate::actor::{ActorIdentity, ActorKind};
use crate::capability::{distinct_in_order, validate_capability_ids};
use crate::enumeration::Given;
use crate::error::{Result, TaskError};
use crate::id::{SessionId, WorkspaceId};
use crate::rule::{is_zero, join, require_non_negative, require_text, trimmed};
use crate::task::{Scope, validate_scope_binding};
use crate::time::{Duration, Timestamp};

/// The request for the next run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimCriteria {
    /// Which tasks: global ones or those of a workspace. Where it is blank, the
    /// workspace id decides.
    #[serde(skip_serializing_if = "Given::is_blank")]
    pub scope: Given<Scope>,
    /// The workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    /// The session that will hold the lease.
    pub claimer_session_id: SessionId,
    /// Who is written down as claimer; the session where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claimed_by: Option<ActorIdentity>,
    /// The name of the agent in the session.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub agent_name: String,
    /// What the claimer *offers*: a run is taken only if everything it requires is
    /// among these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub required_capabilities: Vec<String>,
    /// The lowest priority rank that is taken, see [`crate::task::Priority::rank`].
    #[serde(skip_serializing_if = "is_zero")]
    pub priority_min: i64,
    /// Only runs of this coordination channel.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub coordination_channel_id: String,
    /// What the claimer was made from; written into the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soul: Option<SoulClaimProvenance>,
    /// How long the lease lasts; zero stands for five minutes.
    pub lease_duration: Duration,
    /// The instant of the claim; the clock's where it is unset.
    #[serde(with = "crate::time::always")]
    pub now: Option<Timestamp>,
}

impl ClaimCriteria {
    /// The criteria with everything filled in and checked, with fields named under
    /// `claim_criteria`.
    ///
    /// # Errors
    ///
    /// As [`ClaimCriteria::validate`].
    pub fn normalize(self, default_now: Timestamp) -> Result<Self> {
        let workspace_id = self.workspace_id.and_then(|id| id.non_blank());
        let default_scope = if workspace_id.is_some() { Scope::Workspace } else { Scope::Global };
        let claimer_session_id = self.claimer_session_id.trimmed();
        let now = self.now.unwrap_or(default_now);
        let claimed_by = self.claimed_by.map(ActorIdentity::normalize).unwrap_or_else(|| {
            ActorIdentity::new(ActorKind::AgentSession, claimer_session_id.as_str())
        });
        let criteria = Self {
            scope: self.scope.or(default_scope),
            workspace_id,
            claimer_session_id,
            claimed_by: Some(claimed_by),
            agent_name: trimmed(self.agent_name),
            required_capabilities: distinct_in_order(self.required_capabilities),
            priority_min: self.priority_min,
            coordination_channel_id: trimmed(self.coordination_channel_id),
            soul: self.soul.map(|soul| soul.normalize(now)),
            lease_duration: duration_or_default(self.lease_duration),
            now: Some(now),
        };
        criteria.validate("claim_criteria")?;
        Ok(criteria)
    }

    /// Checks the rules of form, with fields named under `path`.
    ///
    /// # Errors
    ///
    /// `validation` or `invalid_scope_binding` at the first field at fault.
    pub fn validate(&self, path: &str) -> Result<()> {
        validate_scope_binding(&self.scope, self.workspace_id.as_ref(), path)?;
        require_text(self.claimer_session_id.as_str(), path, "claimer_session_id")?;
        if let Some(claimed_by) = &self.claimed_by {
            claimed_by.validate(&join(path, "claimed_by"))?;
        }
        validate_capability_ids(&self.required_capabilities, &join(path, "required_capabilities"))?;
        require_non_negative(self.priority_min, path, "priority_min")?;
        validate_duration(self.lease_duration, path)?;
        if let Some(soul) = &self.soul {
            soul.validate(&join(path, "soul"))?;
        }
        require_now(self.now, path)
    }
}

/// What the claimer was made from: a snapshot of its persona. Ignored without a
/// digest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SoulClaimProvenance {
    /// The snapshot; needs a digest.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub snapshot_id: String,
    /// The digest of the persona; needs an agent name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub digest: String,
    /// The agent.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub agent_name: String,
    /// When the snapshot was taken.
    #[serde(with = "crate::time::always")]
    pub captured_at: Option<Timestamp>,
}

impl SoulClaimProvenance {
    /// The provenance with its text trimmed and the instant filled in.
    #[must_use]
    pub fn normalize(self, now: Timestamp) -> Self {
        Self {
            snapshot_id: trimmed(self.snapshot_id),
            digest: trimmed(self.digest),
            agent_name: trimmed(self.agent_name),
            captured_at: self.captured_at.or(Some(now)),
        }
    }

    /// Checks that nothing stands without what it needs.
    ///
    /// # Errors
    ///
    /// `validation` at `<path>.digest` or `<path>.agent_name`.
    pub fn validate(&self, path: &str) -> Result<()> {
        let needs = |field: &str, what: &str| {
            let rest = format!("is required when {} is set", join(path, what));
            Err(TaskError::validation(&join(path, field), &rest))
        };
        let blank = |text: &str| text.trim().is_empty();
        if !blank(&self.snapshot_id) && blank(&self.digest) {
            return needs("digest", "snapshot_id");
        }
        if !blank(&self.digest) && blank(&self.agent_name) {
            return needs("agent_name", "digest");
        }
        Ok(())
    }
}
