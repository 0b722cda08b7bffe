//! The payload of summaries about the scheduler.

use serde::Serialize;

use crate::actor::ActorKind;
use crate::rule::is_zero;
use crate::time::Timestamp;

/// The scheduler's switch was used: the payload of the four `scheduler.*` types.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SchedulerChanged {
    /// Whether somebody asked for it.
    pub manual: bool,
    /// What kind of identity.
    pub actor_kind: ActorKind,
    /// Its ref.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub actor_id: String,
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Whether the scheduler was paused before.
    pub previous_paused: bool,
    /// Whether it is paused.
    pub paused: bool,
    /// How many runs were active when a drain began.
    #[serde(skip_serializing_if = "is_zero")]
    pub active_claims: i64,
    /// How many were when it ended.
    #[serde(skip_serializing_if = "is_zero")]
    pub remaining_claims: i64,
    /// Whether its time ran out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub timed_out: bool,
    /// When the drain began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
}
