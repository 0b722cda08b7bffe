//! What lease operations answer.

use serde::{Deserialize, Serialize};

use super::CoordinationChannelMetadata;
use crate::claim_token::{ClaimToken, ClaimTokenHash};
use crate::id::SessionId;
use crate::run::{Run, RunStatus};
use crate::task::Task;
use crate::time::Timestamp;

/// A claimed run with its lease. The only answer that carries a raw token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ClaimResult {
    /// The task.
    pub task: Task,
    /// The run.
    pub run: Run,
    /// The raw token: whoever has it holds the lease.
    pub claim_token: ClaimToken,
    /// When the lease ends.
    pub lease_until: Timestamp,
    /// The coordination channel of a workspace run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coordination_channel: Option<CoordinationChannelMetadata>,
}

/// Declares an answer that tells of a run put back into the queue.
macro_rules! requeued {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(test, derive(ts_rs::TS))]
        pub struct $name {
            /// The run, queued again.
            pub run: Run,
            /// Where it stood.
            pub previous_run_status: RunStatus,
            /// The session that worked on it.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub previous_session_id: Option<SessionId>,
            /// When its lease ended, or would have.
            #[serde(default, with = "crate::time::always")]
            #[cfg_attr(test, ts(as = "Timestamp"))]
            pub previous_lease_until: Option<Timestamp>,
            /// The hash of the token of its lease.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub previous_claim_token_hash: Option<ClaimTokenHash>,
            /// Why.
            #[serde(default, skip_serializing_if = "String::is_empty")]
            pub reason: String,
        }
    };
}

requeued! {
    /// A run whose expired lease was taken back.
    ExpiredLeaseRecoveryResult
}

requeued! {
    /// A run whose lease was given back with its session.
    SessionLeaseReleaseResult
}
