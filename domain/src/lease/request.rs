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
#[cfg_attr(test, derive(ts_rs::TS))]
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
    #[cfg_attr(test, ts(as = "Timestamp"))]
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
#[cfg_attr(test, derive(ts_rs::TS))]
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
    #[cfg_attr(test, ts(as = "Timestamp"))]
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
#[cfg_attr(test, derive(ts_rs::TS))]
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
    #[cfg_attr(test, ts(as = "Timestamp"))]
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
#[cfg_attr(test, derive(ts_rs::TS))]
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
    #[cfg_attr(test, ts(as = "Timestamp"))]
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
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct SessionLeaseRelease {
    /// The session.
    pub session_id: SessionId,
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The instant of the call; the clock's where it is unset.
    #[serde(with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
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
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct ExpiredLeaseRecovery {
    /// The instant of the call; the clock's where it is unset.
    #[serde(with = "crate::time::always")]
    #[cfg_attr(test, ts(as = "Timestamp"))]
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::error::ErrorKind;
    use crate::json::RawJson;
    use crate::lease::MAX_RUN_LEASE_DURATION;

    const NOW: Timestamp = Timestamp::from_millis(7);

    fn detail<T: std::fmt::Debug>(result: Result<T>) -> String {
        result.unwrap_err().detail().to_owned()
    }

    #[test]
    fn every_request_of_a_holder_names_run_then_token() {
        type Check = fn(RunId, ClaimToken) -> Result<()>;
        let checks: [(Check, &str); 4] = [
            (
                |run_id, claim_token| {
                    let request = LeaseHeartbeat { run_id, claim_token, ..Default::default() };
                    request.normalize(NOW).map(drop)
                },
                "lease_heartbeat",
            ),
            (
                |run_id, claim_token| {
                    let request = LeaseRelease { run_id, claim_token, ..Default::default() };
                    request.normalize(NOW).map(drop)
                },
                "lease_release",
            ),
            (
                |run_id, claim_token| {
                    let request = LeaseCompletion { run_id, claim_token, ..Default::default() };
                    request.normalize(NOW).map(drop)
                },
                "lease_completion",
            ),
            (
                |run_id, claim_token| {
                    let failure = RunFailure { error: "e".into(), metadata: None };
                    LeaseFailure { run_id, claim_token, failure, now: None }
                        .normalize(NOW)
                        .map(drop)
                },
                "lease_failure",
            ),
        ];
        for (check, path) in checks {
            assert_eq!(check("r".into(), "t".into()), Ok(()), "{path}");
            assert_eq!(detail(check(" ".into(), " ".into())), format!("{path}.run_id is required"));
            assert_eq!(
                detail(check("r".into(), " ".into())),
                format!("{path}.claim_token is required")
            );
        }
    }

    #[test]
    fn requests_are_trimmed_and_get_the_present_instant() {
        let beat = LeaseHeartbeat {
            run_id: " r ".into(),
            claim_token: " t ".into(),
            ..LeaseHeartbeat::default()
        }
        .normalize(NOW)
        .unwrap();
        assert_eq!((beat.run_id.as_str(), beat.claim_token.expose()), ("r", "t"));
        assert_eq!((beat.lease_duration, beat.now), (Duration::from_secs(300), Some(NOW)));
        let own = Some(Timestamp::from_millis(1));
        let release = LeaseRelease {
            run_id: "r".into(),
            claim_token: "t".into(),
            reason: " why ".into(),
            now: own,
        };
        let release = release.normalize(NOW).unwrap();
        assert_eq!((release.reason.as_str(), release.now), ("why", own));
    }

    #[test]
    fn a_heartbeat_asks_for_a_day_at_most() {
        let with = |lease_duration| {
            let request = LeaseHeartbeat {
                run_id: "r".into(),
                claim_token: "t".into(),
                lease_duration,
                now: None,
            };
            request.normalize(NOW)
        };
        assert!(with(MAX_RUN_LEASE_DURATION).is_ok());
        let longer = Duration::from_nanos(MAX_RUN_LEASE_DURATION.as_nanos() + 1);
        assert_eq!(detail(with(longer)), "lease_heartbeat.lease_duration must be <= 24h0m0s");
        let negative = Duration::from_nanos(-1);
        assert_eq!(detail(with(negative)), "lease_heartbeat.lease_duration must be positive");
    }

    #[test]
    fn results_and_failures_are_checked_under_their_request() {
        let complete = |value: &str| {
            let request = LeaseCompletion {
                run_id: "r".into(),
                claim_token: "t".into(),
                result: RunResult { value: RawJson::from_text(value) },
                now: None,
            };
            request.normalize(NOW)
        };
        assert!(complete("").is_ok());
        assert!(complete("{}").is_ok());
        assert_eq!(detail(complete("{")), "lease_completion.result.value must contain valid JSON");
        let long = format!("\"{}\"", "x".repeat(65_535));
        assert_eq!(complete(&long).unwrap_err().kind(), ErrorKind::PayloadTooLarge);
        assert_eq!(
            detail(complete(r#"{"claim_token":"x"}"#)),
            "lease_completion.result.value must not contain raw lease credentials"
        );
        let silent =
            LeaseFailure { run_id: "r".into(), claim_token: "t".into(), ..Default::default() };
        assert_eq!(detail(silent.normalize(NOW)), "lease_failure.failure.error is required");
        let padded = LeaseFailure {
            run_id: "r".into(),
            claim_token: "t".into(),
            failure: RunFailure { error: " e ".into(), metadata: None },
            now: None,
        };
        assert_eq!(padded.normalize(NOW).unwrap().failure.error, " e ");
    }

    #[test]
    fn lost_leases_are_given_back_by_session_or_by_time() {
        let session = SessionLeaseRelease { session_id: " s ".into(), ..Default::default() };
        let normal = session.normalize(NOW).unwrap();
        assert_eq!((normal.session_id.as_str(), normal.now), ("s", Some(NOW)));
        let blank = SessionLeaseRelease::default().normalize(NOW);
        assert_eq!(detail(blank), "session_lease_release.session_id is required");
        let unset = SessionLeaseRelease { now: None, ..normal };
        assert_eq!(detail(unset.validate("p")), "p.now is required");

        let all = ExpiredLeaseRecovery { reason: " r ".into(), ..Default::default() };
        let normal = all.normalize(NOW).unwrap();
        assert_eq!((normal.limit, normal.reason.as_str(), normal.now), (0, "r", Some(NOW)));
        let negative = ExpiredLeaseRecovery { limit: -1, ..Default::default() }.normalize(NOW);
        let text = "expired_lease_recovery.limit must be zero or positive: -1";
        assert_eq!(detail(negative), text);
        assert_eq!(detail(ExpiredLeaseRecovery::default().validate("p")), "p.now is required");
    }

    #[test]
    fn the_debug_form_of_a_request_hides_the_token() {
        let beat = LeaseHeartbeat { claim_token: "agh_claim_secret".into(), ..Default::default() };
        assert!(!format!("{beat:?}").contains("secret"));
    }

    #[test]
    fn requests_are_read_from_what_callers_usually_send() {
        let text = r#"{"run_id":"r","claim_token":"t","result":{"value":null}}"#;
        let read: LeaseCompletion = serde_json::from_str(text).unwrap();
        assert_eq!(read.result.value, RawJson::from_text("null"));
        assert_eq!(read.now, None);
    }
}
