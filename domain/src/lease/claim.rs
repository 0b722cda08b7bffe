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
#[cfg_attr(test, derive(ts_rs::TS))]
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
    #[cfg_attr(test, ts(as = "Timestamp"))]
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
#[cfg_attr(test, derive(ts_rs::TS))]
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
    #[cfg_attr(test, ts(as = "Timestamp"))]
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::error::ErrorKind;
    use crate::lease::MAX_RUN_LEASE_DURATION;

    const NOW: Timestamp = Timestamp::from_millis(7);

    fn criteria() -> ClaimCriteria {
        ClaimCriteria { claimer_session_id: " s ".into(), ..ClaimCriteria::default() }
    }

    fn refused(criteria: ClaimCriteria) -> (ErrorKind, String) {
        let error = criteria.normalize(NOW).unwrap_err();
        (error.kind(), error.detail().to_owned())
    }

    #[test]
    fn a_session_is_all_that_a_claim_has_to_name() {
        let normal = criteria().normalize(NOW).unwrap();
        assert_eq!(normal.scope.known(), Some(Scope::Global));
        assert_eq!(normal.claimer_session_id, "s".into());
        assert_eq!(normal.claimed_by, Some(ActorIdentity::new(ActorKind::AgentSession, "s")));
        assert_eq!(normal.lease_duration, Duration::from_secs(300));
        assert_eq!(normal.now, Some(NOW));
        assert_eq!(normal.clone().normalize(Timestamp::from_millis(8)), Ok(normal));
        let text = "claim_criteria.claimer_session_id is required";
        assert_eq!(refused(ClaimCriteria::default()), (ErrorKind::Validation, text.to_owned()));
    }

    #[test]
    fn a_workspace_id_decides_a_blank_scope_and_contradicts_a_global_one() {
        let with = |scope: &str, workspace: &str| ClaimCriteria {
            scope: scope.into(),
            workspace_id: Some(workspace.into()),
            ..criteria()
        };
        let normal = with(" ", " ws ").normalize(NOW).unwrap();
        assert_eq!(
            (normal.scope.known(), normal.workspace_id),
            (Some(Scope::Workspace), Some("ws".into()))
        );
        let normal = with("", " ").normalize(NOW).unwrap();
        assert_eq!((normal.scope.known(), normal.workspace_id), (Some(Scope::Global), None));
        assert_eq!(refused(with("global", "ws")).0, ErrorKind::InvalidScopeBinding);
        assert_eq!(refused(with("workspace", " ")).0, ErrorKind::InvalidScopeBinding);
        assert_eq!(refused(with("tenant", "ws")).0, ErrorKind::Validation);
    }

    #[test]
    fn leases_admit_a_day_and_refuse_a_nanosecond_more() {
        let with = |lease_duration| ClaimCriteria { lease_duration, ..criteria() };
        assert!(with(MAX_RUN_LEASE_DURATION).normalize(NOW).is_ok());
        let longer = Duration::from_nanos(MAX_RUN_LEASE_DURATION.as_nanos() + 1);
        assert_eq!(refused(with(longer)).1, "claim_criteria.lease_duration must be <= 24h0m0s");
        let negative = Duration::from_nanos(-1);
        assert_eq!(refused(with(negative)).1, "claim_criteria.lease_duration must be positive");
    }

    #[test]
    fn offered_capabilities_keep_their_order_and_blanks_are_refused() {
        let with = |values: &[&str]| ClaimCriteria {
            required_capabilities: values.iter().map(|value| (*value).to_owned()).collect(),
            ..criteria()
        };
        let normal = with(&["sql", " go ", "sql"]).normalize(NOW).unwrap();
        assert_eq!(normal.required_capabilities, ["sql", "go"]);
        let text = "claim_criteria.required_capabilities[1] is required";
        assert_eq!(refused(with(&["go", " "])).1, text);
        let rank = ClaimCriteria { priority_min: -1, ..criteria() };
        assert_eq!(refused(rank).1, "claim_criteria.priority_min must be zero or positive: -1");
    }

    #[test]
    fn a_given_claimer_is_complete() {
        let blank = ActorIdentity::new(ActorKind::Human, " ");
        let with = ClaimCriteria { claimed_by: Some(blank), ..criteria() };
        assert_eq!(refused(with).1, "claim_criteria.claimed_by.ref is required");
    }

    #[test]
    fn nothing_of_a_provenance_stands_alone() {
        let soul = |snapshot: &str, digest: &str, agent: &str| ClaimCriteria {
            soul: Some(SoulClaimProvenance {
                snapshot_id: snapshot.into(),
                digest: digest.into(),
                agent_name: agent.into(),
                captured_at: None,
            }),
            ..criteria()
        };
        let normal = soul(" s ", " d ", " a ").normalize(NOW).unwrap().soul.unwrap();
        assert_eq!((normal.snapshot_id.as_str(), normal.digest.as_str()), ("s", "d"));
        assert_eq!(normal.captured_at, Some(NOW));
        assert!(soul("", "", "a").normalize(NOW).is_ok());
        assert!(soul("", " ", "").normalize(NOW).is_ok());
        assert_eq!(
            refused(soul("s", " ", "a")).1,
            "claim_criteria.soul.digest is required when claim_criteria.soul.snapshot_id is set"
        );
        assert_eq!(
            refused(soul("", "d", " ")).1,
            "claim_criteria.soul.agent_name is required when claim_criteria.soul.digest is set"
        );
    }

    #[test]
    fn criteria_without_an_instant_are_not_valid_by_themselves() {
        let normal = criteria().normalize(NOW).unwrap();
        let unset = ClaimCriteria { now: None, ..normal };
        assert_eq!(unset.validate("c").unwrap_err().detail(), "c.now is required");
    }

    #[test]
    fn criteria_have_the_agreed_wire_form() {
        let text =
            r#"{"claimer_session_id":" s ","lease_duration":0,"now":"0001-01-01T00:00:00Z"}"#;
        assert_eq!(serde_json::to_string(&criteria()).unwrap(), text);
        let read: ClaimCriteria = serde_json::from_str(r#"{"claimer_session_id":" s "}"#).unwrap();
        assert_eq!(read, criteria());
    }
}
