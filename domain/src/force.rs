//! Force operations: an operator takes a run out of a worker's hands, fails it,
//! or tries it again.

mod rate;

pub use rate::ForceRateLimiter;

use serde::{Deserialize, Serialize};

use crate::actor::Origin;
use crate::error::TaskError;
use crate::id::RunId;
use crate::json::RawJson;
use crate::run::Run;
use crate::time::Timestamp;

/// The greatest number of ids in one bulk request, duplicates counted.
pub const MAX_FORCE_RUN_BULK_IDS: usize = 50;
/// A run with this many predecessors cannot be retried.
pub const MAX_RETRY_RUN_CHAIN_DEPTH: usize = 10;
/// The number of force operations that an agent session may apply to one task
/// within a minute, unless the options say otherwise.
pub const DEFAULT_FORCE_RUN_RATE_LIMIT_PER_MINUTE: i64 = 10;

/// Puts a claimed run back into the queue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ForceReleaseRun {
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Checked and not recorded.
    #[serde(deserialize_with = "crate::json::keep_null", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<RawJson>,
}

/// Fails a queued or claimed run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ForceFailRun {
    /// Why; required.
    pub reason: String,
    /// Recorded in the audit event.
    #[serde(deserialize_with = "crate::json::keep_null", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<RawJson>,
}

/// Queues a new run in place of a failed one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RetryRunRequest {
    /// The metadata of the new run.
    #[serde(deserialize_with = "crate::json::keep_null", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<RawJson>,
}

/// The failed run and the one that takes its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RetryRunResult {
    /// The failed run, unchanged.
    pub previous_run: Run,
    /// The new run.
    pub run: Run,
}

/// Applies one force operation to several runs, one by one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BulkForceRunRequest {
    /// The runs.
    pub run_ids: Vec<RunId>,
    /// Why; required to fail runs.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Recorded with failed runs, dropped with released ones.
    #[serde(deserialize_with = "crate::json::keep_null", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<RawJson>,
}

/// What became of one run of a bulk request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BulkForceRunItem {
    /// The run.
    pub run_id: RunId,
    /// Whether the operation was applied.
    pub ok: bool,
    /// The run after the operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Run>,
    /// Why the operation was refused. Has no JSON form.
    #[serde(skip)]
    pub error: Option<TaskError>,
}

/// What became of a bulk request: one item per distinct run, in the order of the
/// request. Refused runs do not undo the others.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BulkForceRunResult {
    /// The items.
    pub items: Vec<BulkForceRunItem>,
}

/// A run before and after a force operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ForceRunMutationResult {
    /// Before.
    pub previous: Run,
    /// After.
    pub run: Run,
}

/// The write behind [`ForceReleaseRun`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForceReleaseRunMutation {
    /// The run.
    pub run_id: RunId,
    /// When.
    pub now: Timestamp,
}

/// The write behind [`ForceFailRun`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForceFailRunMutation {
    /// The run.
    pub run_id: RunId,
    /// Why; becomes the run's error.
    pub reason: String,
    /// When.
    pub now: Timestamp,
}

/// The write behind [`RetryRunRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryRunMutation {
    /// The failed run.
    pub source_run_id: RunId,
    /// The id of the new run.
    pub new_run_id: RunId,
    /// Where the retry came from.
    pub origin: Origin,
    /// The metadata of the new run.
    #[serde(
        default,
        deserialize_with = "crate::json::keep_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub metadata: Option<RawJson>,
    /// When.
    pub queued_at: Timestamp,
}

/// What a board allows its agents by way of force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForceRecoveryOptions {
    /// Whether agent sessions may use force at all.
    #[serde(default)]
    pub allow_agent_force: bool,
    /// How often an agent session may use force on one task within a minute; 0
    /// or less means [`DEFAULT_FORCE_RUN_RATE_LIMIT_PER_MINUTE`].
    #[serde(default, skip_serializing_if = "crate::json::is_default")]
    pub rate_limit_per_minute: i64,
}

impl Default for ForceRecoveryOptions {
    fn default() -> Self {
        Self {
            allow_agent_force: true,
            rate_limit_per_minute: DEFAULT_FORCE_RUN_RATE_LIMIT_PER_MINUTE,
        }
    }
}
