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
    let name = || quoted(run.id.as_str());
    if !run.claim_token_hash.as_ref().is_some_and(|hash| hash.verify(token)) {
        let detail = format!("claim token does not fit the lease of task run {}", name());
        return Err(TaskError::with_detail(ErrorKind::InvalidClaimToken, detail));
    }
    if !run.status.is_active() {
        let detail = format!("task run {} holds no lease in status \"{}\"", name(), run.status);
        return Err(TaskError::with_detail(ErrorKind::InvalidStatusTransition, detail));
    }
    if run.lease_until.is_none_or(|until| until <= now) {
        let detail = format!("the lease of task run {} has ended", name());
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::claim_token::ClaimTokenHash;
    use crate::enumeration::Enumeration;
    use crate::run::RunStatus;
    use crate::run::tests::{at, leased, run};

    fn token() -> ClaimToken {
        ClaimToken::from("agh_claim_unit_token")
    }

    fn fenced() -> Run {
        leased(token().hash().unwrap())
    }

    fn kind(run: &Run, token: &ClaimToken, now: Timestamp) -> Option<ErrorKind> {
        check_fence(run, token, now).err().map(|error| error.kind())
    }

    #[test]
    fn the_right_token_opens_an_active_lease() {
        let right = token();
        for status in RunStatus::ALL.iter().copied() {
            let run = Run { status, ..fenced() };
            let expected = (!status.is_active()).then_some(ErrorKind::InvalidStatusTransition);
            assert_eq!(kind(&run, &right, at(19)), expected, "{status}");
        }
        assert_eq!(kind(&fenced(), &ClaimToken::from(" agh_claim_unit_token\n"), at(19)), None);
        let bare = token().hash().unwrap().digits().to_owned();
        let other_form = leased(ClaimTokenHash::new(bare));
        assert_eq!(kind(&other_form, &right, at(19)), None);
    }

    #[test]
    fn a_lease_has_ended_at_the_very_instant_of_its_end() {
        assert_eq!(kind(&fenced(), &token(), at(19)), None);
        assert_eq!(kind(&fenced(), &token(), at(20)), Some(ErrorKind::LeaseExpired));
        let unset = Run { lease_until: None, ..fenced() };
        assert_eq!(kind(&unset, &token(), at(0)), Some(ErrorKind::LeaseExpired));
    }

    #[test]
    fn the_token_counts_before_the_status_and_the_status_before_the_end() {
        let wrong = ClaimToken::from("agh_claim_other");
        let late = at(99);
        let over = Run { status: RunStatus::Completed, ..fenced() };
        assert_eq!(kind(&over, &wrong, late), Some(ErrorKind::InvalidClaimToken));
        assert_eq!(kind(&over, &token(), late), Some(ErrorKind::InvalidStatusTransition));
        assert_eq!(kind(&fenced(), &wrong, at(19)), Some(ErrorKind::InvalidClaimToken));
        assert_eq!(kind(&run(), &token(), late), Some(ErrorKind::InvalidClaimToken));
        assert_eq!(
            kind(&fenced(), &ClaimToken::default(), at(19)),
            Some(ErrorKind::InvalidClaimToken)
        );
    }

    #[test]
    fn a_refusal_never_repeats_the_token() {
        let wrong = ClaimToken::from("agh_claim_other");
        let error = check_fence(&fenced(), &wrong, at(19)).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("agh_claim_other"));
    }

    #[test]
    fn a_lease_lasts_more_than_nothing_and_at_most_a_day() {
        let day = 24 * 60 * 60 * 1_000_000_000;
        let check = |nanos| {
            validate_duration(Duration::from_nanos(nanos), "p").map_err(|e| e.detail().to_owned())
        };
        assert_eq!(check(1), Ok(()));
        assert_eq!(check(day), Ok(()));
        assert_eq!(check(day + 1), Err("p.lease_duration must be <= 24h0m0s".to_owned()));
        assert_eq!(check(-1), Err("p.lease_duration must be positive".to_owned()));
        assert_eq!(check(0), Err("p.lease_duration must be positive".to_owned()));
        assert_eq!(duration_or_default(Duration::ZERO), Duration::from_secs(300));
        assert_eq!(duration_or_default(Duration::from_nanos(-1)), Duration::from_nanos(-1));
    }
}
