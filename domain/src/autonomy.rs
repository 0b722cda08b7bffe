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
pub enum AutonomyReasonCode {
    /// No session was named.
    SessionRequired,
    /// The session holds no live lease.
    NoActiveLease,
    /// The session holds a live lease, on another run.
    ForeignRun,
    /// The session held the run, and its lease has ended.
    LeaseExpired,
    /// The session holds more than one live lease.
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
