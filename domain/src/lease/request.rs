//! What the holder of a lease asks, and those who look after lost leases.

use serde::{Deserialize, Serialize};

use super::{duration_or_default, require_now, validate_duration};
use crate::claim_token::ClaimToken;
use crate::error::{Result, TaskError};
use crate::id::{RunId, SessionId};
use crate::rule::{is_zero, join, require_non_negative, require_text, trimmed};
use crate::run::{RunFailure, RunResult};
use crate::time::{Duration, Timestamp};

fn require_lease(run: &RunId, token: &ClaimToken, path: &str) -> Result<()> {
    require_text(run.as_str(), path, "run_id")?;
    if token.is_blank() {
        return Err(TaskError::required(&join(path, "claim_token")));
    }
    Ok(())
}

/// A sign of life: the lease ends later.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LeaseHeartbeat {
    /// The run.
    pub run_id: RunId,
    /// The token of its lease.
    pub claim_token: ClaimToken,
    /// How long the lease lasts from now; zero stands for five minutes.
    pub lease_duration: Duration,
    /// The instant of the call; the clock's where it is unset.
    #[serde(with = "crate::time::always")]
    pub now: Option<Timestamp>,
}

impl LeaseHeartbeat {
    /// The request with everything filled in and checked, with fields named under
    /// `lease_heartbeat`.
    ///
    /// # Errors
    ///
    /// `validation` at the first field at fault.
    pub fn normalize(self, default_now: Timestamp) -> Result<Self> {
        let request = Self {
            run_id: self.run_id.trimmed(),
            claim_token: self.claim_token.trimmed(),
            lease_duration: duration_or_default(self.lease_duration),
            now: self.now.or(Some(default_now)),
        };
        request.validate("lease_heartbeat")?;
        Ok(request)
    }

    /// Checks the rules of form, with fields named under `path`.
    ///
    /// # Errors
    ///
    /// `validation` at the first field at fault.
    pub fn validate(&self, path: &str) -> Result<()> {
        require_lease(&self.run_id, &self.claim_token, path)?;
        validate_duration(self.lease_duration, path)?;
        require_now(self.now, path)
    }
}

/// The lease is given back: the run returns to the queue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LeaseRelease {
    /// The run.
    pub run_id: RunId,
    /// The token of its lease.
    pub claim_token: ClaimToken,
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The instant of the call; the clock's where it is unset.
    #[serde(with = "crate::time::always")]
    pub now: Option<Timestamp>,
}

impl LeaseRelease {
    /// The request with everything filled in and checked, with fields named under
    /// `lease_release`.
    ///
    /// # Errors
    ///
    /// `validation` at the first field at fault.
    pub fn normalize(self, default_now: Timestamp) -> Result<Self> {
        let request = Self {
            run_id: self.run_id.trimmed(),
            claim_token: self.claim_token.trimmed(),
            reason: trimmed(self.reason),
            now: self.now.or(Some(default_now)),
        };
        request.validate("lease_release")?;
        Ok(request)
    }

    /// Checks the rules of form, with fields named under `path`.
    ///
    /// # Errors
    ///
    /// `validation` at the first field at fault.
    pub fn validate(&self, path: &str) -> Result<()> {
        require_lease(&self.run_id, &self.claim_token, path)
    }
}

/// The work is done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LeaseCompletion {
    /// The run.
    pub run_id: RunId,
    /// The token of its lease.
    pub claim_token: ClaimToken,
    /// What it brought.
    pub result: RunResult,
    /// The instant of the call; the clock's where it is unset.
    #[serde(with = "crate::time::always")]
    pub now: Option<Timestamp>,
}

impl LeaseCompletion {
    /// The request with everything filled in and checked, with fields named under
    /// `lease_completion`.
    ///
    /// # Errors
    ///
    /// `validation` or `payload_too_large` at the first field at fault.
    pub fn normalize(self, default_now: Timestamp) -> Result<Self> {
        let request = Self {
            run_id: self.run_id.trimmed(),
            claim_token: self.claim_token.trimmed(),
            result: self.result,
            now: self.now.or(Some(default_now)),
        };
        request.validate("lease_completion")?;
        Ok(request)
    }

    /// Checks the rules of form, with fields named under `path`.
    ///
    /// # Errors
    ///
    /// `validation` or `payload_too_large` at the first field at fault.
    pub fn validate(&self, path: &str) -> Result<()> {
        require_lease(&self.run_id, &self.claim_token, path)?;
        self.result.validate(&join(path, "result"))
    }
}

/// The work went wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LeaseFailure {
    /// The run.
    pub run_id: RunId,
    /// The token of its lease.
    pub claim_token: ClaimToken,
    /// What went wrong. Kept as given.
    pub failure: RunFailure,
    /// The instant of the call; the clock's where it is unset.
    #[serde(with = "crate::time::always")]
    pub now: Option<Timestamp>,
}

impl LeaseFailure {
    /// The request with everything filled in and checked, with fields named under
    /// `lease_failure`.
    ///
    /// # Errors
    ///
    /// `validation` or `payload_too_large` at the first field at fault.
    pub fn normalize(self, default_now: Timestamp) -> Result<Self> {
        let request = Self {
            run_id: self.run_id.trimmed(),
            claim_token: self.claim_token.trimmed(),
            failure: self.failure,
            now: self.now.or(Some(default_now)),
        };
        request.validate("lease_failure")?;
        Ok(request)
    }

    /// Checks the rules of form, with fields named under `path`.
    ///
    /// # Errors
    ///
    /// `validation` or `payload_too_large` at the first field at fault.
    pub fn validate(&self, path: &str) -> Result<()> {
        require_lease(&self.run_id, &self.claim_token, path)?;
        self.failure.validate(&join(path, "failure"))
    }
}

/// A session is gone: all its leases are given back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionLeaseRelease {
    /// The session.
    pub session_id: SessionId,
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The instant of the call; the clock's where it is unset.
    #[serde(with = "crate::time::always")]
    pub now: Option<Timestamp>,
}

impl SessionLeaseRelease {
    /// The request with everything filled in and checked, with fields named under
    /// `session_lease_release`.
    ///
    /// # Errors
    ///
    /// `validation` at the first field at fault.
    pub fn normalize(self, default_now: Timestamp) -> Result<Self> {
        let request = Self {
            session_id: self.session_id.trimmed(),
            reason: trimmed(self.reason),
            now: self.now.or(Some(default_now)),
        };
        request.validate("session_lease_release")?;
        Ok(request)
    }

    /// Checks the rules of form, with fields named under `path`.
    ///
    /// # Errors
    ///
    /// `validation` at the first field at fault.
    pub fn validate(&self, path: &str) -> Result<()> {
        require_text(self.session_id.as_str(), path, "session_id")?;
        require_now(self.now, path)
    }
}

/// Takes expired leases back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExpiredLeaseRecovery {
    /// The instant of the call; the clock's where it is unset.
    #[serde(with = "crate::time::always")]
    pub now: Option<Timestamp>,
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// How many at most; 0 means all.
    #[serde(skip_serializing_if = "is_zero")]
    pub limit: i64,
}

impl ExpiredLeaseRecovery {
    /// The request with everything filled in and checked, with fields named under
    /// `expired_lease_recovery`.
    ///
    /// # Errors
    ///
    /// `validation` at the first field at fault.
    pub fn normalize(self, default_now: Timestamp) -> Result<Self> {
        let request = Self {
            now: self.now.or(Some(default_now)),
            reason: trimmed(self.reason),
            limit: self.limit,
        };
        request.validate("expired_lease_recovery")?;
        Ok(request)
    }

    /// Checks the rules of form, with fields named under `path`.
    ///
    /// # Errors
    ///
    /// `validation` at the first field at fault.
    pub fn validate(&self, path: &str) -> Result<()> {
        require_now(self.now, path)?;
        require_non_negative(self.limit, path, "limit")
    }
}
