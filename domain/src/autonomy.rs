//! Which lease a session holds: the lookup by which a session proves a claim
//! without showing its token.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::actor::ActorIdentity;
use crate::claim_token::{ClaimToken, ClaimTokenHash};
use crate::error::{ErrorKind, Result, TaskError};
use crate::id::{RunId, SessionId, TaskId, WorkspaceId};
use crate::run::RunStatus;
use crate::time::Timestamp;

/// Why a lookup was refused, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum AutonomyReasonCode {
    /// No session was named.
    #[cfg_attr(test, ts(rename = "AUTONOMY_SESSION_REQUIRED"))]
    SessionRequired,
    /// The session holds no live lease.
    #[cfg_attr(test, ts(rename = "AUTONOMY_NO_ACTIVE_LEASE"))]
    NoActiveLease,
    /// The session holds a live lease, on another run.
    #[cfg_attr(test, ts(rename = "AUTONOMY_FOREIGN_RUN"))]
    ForeignRun,
    /// The session held the run, and its lease has ended.
    #[cfg_attr(test, ts(rename = "AUTONOMY_LEASE_EXPIRED"))]
    LeaseExpired,
    /// The session holds more than one live lease.
    #[cfg_attr(test, ts(rename = "AUTONOMY_LEASE_ALREADY_HELD"))]
    LeaseAlreadyHeld,
}

impl AutonomyReasonCode {
    /// Every code, in declaration order.
    pub const ALL: &'static [AutonomyReasonCode] = &[
        AutonomyReasonCode::SessionRequired,
        AutonomyReasonCode::NoActiveLease,
        AutonomyReasonCode::ForeignRun,
        AutonomyReasonCode::LeaseExpired,
        AutonomyReasonCode::LeaseAlreadyHeld,
    ];

    /// The stable spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            AutonomyReasonCode::SessionRequired => "AUTONOMY_SESSION_REQUIRED",
            AutonomyReasonCode::NoActiveLease => "AUTONOMY_NO_ACTIVE_LEASE",
            AutonomyReasonCode::ForeignRun => "AUTONOMY_FOREIGN_RUN",
            AutonomyReasonCode::LeaseExpired => "AUTONOMY_LEASE_EXPIRED",
            AutonomyReasonCode::LeaseAlreadyHeld => "AUTONOMY_LEASE_ALREADY_HELD",
        }
    }

    /// The kind of the error that carries this code.
    pub const fn error_kind(self) -> ErrorKind {
        match self {
            AutonomyReasonCode::SessionRequired | AutonomyReasonCode::ForeignRun => {
                ErrorKind::PermissionDenied
            }
            AutonomyReasonCode::NoActiveLease => ErrorKind::InvalidClaimToken,
            AutonomyReasonCode::LeaseExpired => ErrorKind::LeaseExpired,
            AutonomyReasonCode::LeaseAlreadyHeld => ErrorKind::ActiveRunLease,
        }
    }
}

impl fmt::Display for AutonomyReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for AutonomyReasonCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A run that a session holds or held, with the raw token of its lease. Stays
/// inside the process: it has no JSON form, and its `Debug` form hides the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutonomyLeaseHandle {
    /// The run.
    pub run_id: RunId,
    /// Its task.
    pub task_id: TaskId,
    /// The workspace of the task.
    pub workspace_id: Option<WorkspaceId>,
    /// The session.
    pub session_id: SessionId,
    /// The status of the run.
    pub status: RunStatus,
    /// Who claimed it.
    pub claimed_by: Option<ActorIdentity>,
    /// The raw token; gone with the lease.
    pub claim_token: Option<ClaimToken>,
    /// The hash of the token.
    pub claim_token_hash: Option<ClaimTokenHash>,
    /// When the lease ends.
    pub lease_until: Option<Timestamp>,
    /// When the session was heard of last.
    pub heartbeat_at: Option<Timestamp>,
}

impl AutonomyLeaseHandle {
    /// Whether the session holds this run at `now`: under a live lease, with the
    /// token at hand.
    pub fn is_active(&self, now: Timestamp) -> bool {
        let has_token = self.claim_token.as_ref().is_some_and(|token| !token.is_blank());
        let has_hash = self.claim_token_hash.as_ref().and_then(ClaimTokenHash::non_blank).is_some();
        self.status.is_active()
            && self.lease_until.is_some_and(|until| until > now)
            && has_token
            && has_hash
    }
}

/// The handle by which a session holds a run at `now`, among the handles of all
/// the runs that it holds or held. Handles of other sessions are passed over.
///
/// # Errors
///
/// In this order, with these reasons: a blank session (`SessionRequired`); a
/// blank run id (`validation`, without a reason); more than one live lease,
/// whatever run was asked for (`LeaseAlreadyHeld`); a run that the session never
/// held, while it holds another (`ForeignRun`) or none (`NoActiveLease`); a run
/// whose lease has ended (`LeaseExpired`).
pub fn find_active_lease<'a>(
    handles: &'a [AutonomyLeaseHandle],
    session: &SessionId,
    run: &RunId,
    now: Timestamp,
) -> Result<&'a AutonomyLeaseHandle> {
    let Some(session) = session.non_blank() else {
        return refuse(
            AutonomyReasonCode::SessionRequired,
            "agent session identity is required".to_owned(),
        );
    };
    let Some(run) = run.non_blank() else {
        return Err(TaskError::required("run_id"));
    };
    let own = || handles.iter().filter(|handle| handle.session_id.trimmed() == session);
    let active = own().filter(|handle| handle.is_active(now)).count();
    if active > 1 {
        let detail = format!("session {session:?} holds {active} active task-run leases");
        return refuse(AutonomyReasonCode::LeaseAlreadyHeld, detail);
    }
    match own().find(|handle| handle.run_id.trimmed() == run) {
        Some(handle) if handle.is_active(now) => Ok(handle),
        Some(_) => {
            let detail = format!("run {run:?} is not an active lease for session {session:?}");
            refuse(AutonomyReasonCode::LeaseExpired, detail)
        }
        None if active == 1 => {
            let detail = format!("run {run:?} is not owned by session {session:?}");
            refuse(AutonomyReasonCode::ForeignRun, detail)
        }
        None => {
            let detail = format!("session {session:?} has no active task-run lease");
            refuse(AutonomyReasonCode::NoActiveLease, detail)
        }
    }
}

fn refuse<T>(reason: AutonomyReasonCode, detail: String) -> Result<T> {
    Err(TaskError::with_detail(reason.error_kind(), detail).with_reason(reason))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::enumeration::Enumeration;

    const NOW: Timestamp = Timestamp::from_millis(1_000);

    fn handle(run: &str) -> AutonomyLeaseHandle {
        AutonomyLeaseHandle {
            run_id: run.into(),
            task_id: "task-1".into(),
            workspace_id: None,
            session_id: "ada".into(),
            status: RunStatus::Running,
            claimed_by: None,
            claim_token: Some("agh_claim_secret".into()),
            claim_token_hash: Some(ClaimTokenHash::new("hash")),
            lease_until: Some(Timestamp::from_millis(1_001)),
            heartbeat_at: None,
        }
    }

    fn ended(run: &str) -> AutonomyLeaseHandle {
        AutonomyLeaseHandle { lease_until: Some(NOW), ..handle(run) }
    }

    #[track_caller]
    fn refused(handles: &[AutonomyLeaseHandle], run: &str, reason: AutonomyReasonCode) {
        let error = find_active_lease(handles, &"ada".into(), &run.into(), NOW).unwrap_err();
        assert_eq!(error.reason(), Some(reason));
        assert_eq!(error.kind(), reason.error_kind());
        assert!(!error.to_string().contains("secret"), "{error}");
    }

    #[test]
    fn the_one_live_lease_is_found() {
        let handles = [ended("run-0"), handle("run-1")];
        let session = " ada ".into();
        let found = find_active_lease(&handles, &session, &" run-1 ".into(), NOW).unwrap();
        assert_eq!(found.run_id, "run-1".into());
    }

    #[test]
    fn a_lease_is_live_only_with_all_it_takes() {
        for status in RunStatus::ALL {
            let active = AutonomyLeaseHandle { status: *status, ..handle("run-1") }.is_active(NOW);
            assert_eq!(active, status.is_active(), "{status}");
        }
        let without = [
            AutonomyLeaseHandle { lease_until: None, ..handle("run-1") },
            AutonomyLeaseHandle { lease_until: Some(NOW), ..handle("run-1") },
            AutonomyLeaseHandle { claim_token: None, ..handle("run-1") },
            AutonomyLeaseHandle { claim_token: Some(" ".into()), ..handle("run-1") },
            AutonomyLeaseHandle { claim_token_hash: None, ..handle("run-1") },
        ];
        for handle in without {
            assert!(!handle.is_active(NOW), "{handle:?}");
        }
    }

    #[test]
    fn session_and_run_have_to_be_named() {
        let look = |session: &str, run: &str| {
            find_active_lease(&[], &session.into(), &run.into(), NOW).unwrap_err()
        };
        let refused = look(" ", " ");
        assert_eq!(refused.reason(), Some(AutonomyReasonCode::SessionRequired));
        assert_eq!(
            refused.to_string(),
            "task: autonomy lease rejected: AUTONOMY_SESSION_REQUIRED: task: permission denied: \
             agent session identity is required"
        );
        let refused = look("ada", " ");
        assert_eq!((refused.kind(), refused.reason()), (ErrorKind::Validation, None));
        assert_eq!(refused.detail(), "run_id is required");
    }

    #[test]
    fn two_live_leases_poison_every_lookup() {
        let handles = [handle("run-1"), handle("run-2")];
        for run in ["run-1", "run-2", "run-3"] {
            refused(&handles, run, AutonomyReasonCode::LeaseAlreadyHeld);
        }
    }

    #[test]
    fn a_strange_run_is_told_apart_by_what_the_session_holds() {
        refused(&[handle("run-1")], "run-2", AutonomyReasonCode::ForeignRun);
        refused(&[ended("run-1")], "run-2", AutonomyReasonCode::NoActiveLease);
        refused(&[], "run-2", AutonomyReasonCode::NoActiveLease);
    }

    #[test]
    fn an_ended_lease_of_ones_own_is_expired_even_while_another_is_held() {
        refused(&[ended("run-1")], "run-1", AutonomyReasonCode::LeaseExpired);
        let handles = [ended("run-1"), handle("run-2")];
        refused(&handles, "run-1", AutonomyReasonCode::LeaseExpired);
    }

    #[test]
    fn handles_of_other_sessions_do_not_count() {
        let other = AutonomyLeaseHandle { session_id: "ben".into(), ..handle("run-1") };
        let handles = [other, handle("run-2")];
        refused(&handles, "run-1", AutonomyReasonCode::ForeignRun);
        assert!(find_active_lease(&handles, &"ada".into(), &"run-2".into(), NOW).is_ok());
    }

    #[test]
    fn each_reason_has_its_spelling_and_kind() {
        let table: Vec<_> =
            AutonomyReasonCode::ALL.iter().map(|code| (code.as_str(), code.error_kind())).collect();
        assert_eq!(
            table,
            [
                ("AUTONOMY_SESSION_REQUIRED", ErrorKind::PermissionDenied),
                ("AUTONOMY_NO_ACTIVE_LEASE", ErrorKind::InvalidClaimToken),
                ("AUTONOMY_FOREIGN_RUN", ErrorKind::PermissionDenied),
                ("AUTONOMY_LEASE_EXPIRED", ErrorKind::LeaseExpired),
                ("AUTONOMY_LEASE_ALREADY_HELD", ErrorKind::ActiveRunLease),
            ]
        );
    }

    #[test]
    fn the_debug_form_hides_the_token() {
        assert!(!format!("{:?}", handle("run-1")).contains("secret"));
    }
}
