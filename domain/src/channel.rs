//! Coordination channels: the named places where the workers of a workspace run
//! talk. The engine only registers them; it sends nothing.

use serde::{Deserialize, Serialize};

use crate::id::WorkspaceId;
use crate::time::Timestamp;

/// A coordination channel that a queued run registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ChannelRecord {
    /// The channel's id, which is its name too.
    pub id: String,
    /// The workspace that the channel belongs to, for good.
    pub workspace_id: WorkspaceId,
    /// What the channel is for.
    pub purpose: String,
    /// Who registered it: `<origin kind>:<origin ref>`.
    pub created_by: String,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
}

/// The purpose of channels that are registered by queued runs.
pub const TASK_RUN_COORDINATION: &str = "task_run_coordination";
