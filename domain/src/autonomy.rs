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
