//! Leases: taking a run for a while, showing that one is alive, giving it back,
//! and what proves that one may.

mod channel;
mod claim;
mod credential;
mod request;
mod result;

pub use channel::CoordinationChannelMetadata;
pub use claim::{ClaimCriteria, SoulClaimProvenance};
pub use credential::{without_credentials, without_run_credentials};
pub use request::{
    ExpiredLeaseRecovery, LeaseCompletion, LeaseFailure, LeaseHeartbeat, LeaseRelease,
    SessionLeaseRelease,
};
pub use result::{ClaimResult, ExpiredLeaseRecoveryResult, SessionLeaseReleaseResult};

use crate::claim_token::ClaimToken;
use crate::enumeration::quoted;
use crate::error::{ErrorKind, Result, TaskError};
use crate::rule::join;
use crate::run::Run;
use crate::time::{Duration, Timestamp};

/// The lease of a claim or heartbeat that names no duration.
pub const DEFAULT_RUN_LEASE_DURATION: Duration = Duration::from_secs(5 * 60);
/// The longest lease that one claim or heartbeat may ask for.
pub const MAX_RUN_LEASE_DURATION: Duration = Duration::from_secs(24 * 60 * 60);

/// Checks that a token opens the run's lease at `now`: first the token, then the
/// status, then the end of the lease.
///
/// # Errors
///
/// `invalid_claim_token` if the run carries no hash or another one,
/// `invalid_status_transition` if it is not claimed, starting or running,
/// `lease_expired` if it has no lease or the lease ended at or before `now`.
pub fn check_fence(run: &Run, token: &ClaimToken, now: Timestamp) -> Result<()> {
    let name = quoted(run.id.as_str());
    if !run.claim_token_hash.as_ref().is_some_and(|hash| hash.verify(token)) {
        let detail = format!("claim token does not fit the lease of task run {name}");
        return Err(TaskError::with_detail(ErrorKind::InvalidClaimToken, detail));
    }
    if !run.status.is_active() {
        let detail = format!("task run {name} holds no lease in status \"{}\"", run.status);
        return Err(TaskError::with_detail(ErrorKind::InvalidStatusTransition, detail));
    }
    if run.lease_until.is_none_or(|until| until <= now) {
        let detail = format!("the lease of task run {name} has ended");
        return Err(TaskError::with_detail(ErrorKind::LeaseExpired, detail));
    }
    Ok(())
}

/// Exactly zero stands for the default; anything else stays.
fn duration_or_default(duration: Duration) -> Duration {
    if duration == Duration::ZERO { DEFAULT_RUN_LEASE_DURATION } else { duration }
}

fn validate_duration(duration: Duration, path: &str) -> Result<()> {
    let refuse = |rest| Err(TaskError::validation(&join(path, "lease_duration"), rest));
    if duration <= Duration::ZERO {
        return refuse("must be positive");
    }
    if duration > MAX_RUN_LEASE_DURATION {
        return refuse("must be <= 24h0m0s");
    }
    Ok(())
}

fn require_now(now: Option<Timestamp>, path: &str) -> Result<()> {
    match now {
        Some(_) => Ok(()),
        None => Err(TaskError::required(&join(path, "now"))),
    }
}
