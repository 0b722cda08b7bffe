//! The scheduler's switch: pause, resume and drain, its status, and the queue
//! behind it.

use serde::{Deserialize, Serialize};

use crate::error::{ErrorKind, Result, TaskError};
use crate::id::{TaskId, WorkspaceId};
use crate::rule::trimmed;
use crate::run::Run;
use crate::task::Task;
use crate::time::{Duration, Timestamp};

/// The time to wait that a caller passes to a drain when nobody named one. The
/// drain itself does not apply it: there, no time means a single look.
pub const DEFAULT_SCHEDULER_DRAIN_TIMEOUT: Duration = Duration::from_secs(60);

/// The number of backlog rows when none is asked for.
pub const DEFAULT_BACKLOG_LIMIT: i64 = 50;
/// The greatest number of backlog rows.
pub const MAX_BACKLOG_LIMIT: i64 = 500;

/// Stops the scheduler from handing out runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct SchedulerPauseRequest {
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

impl SchedulerPauseRequest {
    /// The canonical form: the reason trimmed.
    #[must_use]
    pub fn normalize(self) -> Self {
        Self { reason: trimmed(self.reason) }
    }
}

/// Lets the scheduler hand out runs again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct SchedulerResumeRequest {
    /// Accepted and not recorded.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// Pauses the scheduler and waits until no run is claimed any more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct SchedulerDrainRequest {
    /// Why; blank means `scheduler drain`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// How long to wait; 0 means one look.
    #[serde(skip_serializing_if = "crate::json::is_default")]
    pub timeout: Duration,
}

impl SchedulerDrainRequest {
    /// The canonical form: the reason trimmed, a blank one replaced.
    ///
    /// # Errors
    ///
    /// `validation` for a negative timeout.
    pub fn normalize(self) -> Result<Self> {
        if self.timeout < Duration::ZERO {
            return Err(TaskError::with_detail(
                ErrorKind::Validation,
                "scheduler drain timeout must be non-negative",
            ));
        }
        let reason = match trimmed(self.reason) {
            blank if blank.is_empty() => "scheduler drain".to_owned(),
            reason => reason,
        };
        Ok(Self { reason, timeout: self.timeout })
    }
}

/// The switch, one per board. Never written means running.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SchedulerPauseState {
    /// Whether runs are held back.
    pub paused: bool,
    /// Who paused, as `<actor kind>:<actor ref>`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub paused_by: String,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_at: Option<Timestamp>,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// When the switch was thrown last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
}

/// A throw of the switch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchedulerPauseMutation {
    /// The new position.
    pub paused: bool,
    /// Who threw it, as `<actor kind>:<actor ref>`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub actor: String,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// When.
    pub updated_at: Timestamp,
}

/// The switch with what stands behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SchedulerStatus {
    /// Whether runs are held back.
    pub paused: bool,
    /// Who paused, as `<actor kind>:<actor ref>`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub paused_by: String,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_at: Option<Timestamp>,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub paused_reason: String,
    /// How many runs are claimed, starting or running, with a lease or without.
    pub active_claim_count: usize,
    /// How many runs are queued, those of paused tasks included.
    pub queued_run_count: usize,
    /// How many tasks are paused themselves.
    pub paused_task_count: usize,
    /// When this was so.
    pub as_of: Timestamp,
}

/// How a drain ended. The scheduler stays paused in every case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SchedulerDrainResult {
    /// The status at the last look.
    pub status: SchedulerStatus,
    /// Whether no claim was left.
    pub completed: bool,
    /// Whether the time ended while claims were left.
    #[serde(default, skip_serializing_if = "crate::json::is_default")]
    pub timed_out: bool,
    /// How many claims were left.
    pub remaining_claims: usize,
    /// When the drain began.
    pub started_at: Timestamp,
    /// When it ended.
    pub completed_at: Timestamp,
}

/// Asks for the queue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct SchedulerBacklogQuery {
    /// The number of rows; brought into range, never refused.
    #[serde(skip_serializing_if = "crate::json::is_default")]
    pub limit: i64,
    /// Only runs of this workspace's tasks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    /// Whether runs of paused tasks are shown too.
    #[serde(skip_serializing_if = "crate::json::is_default")]
    pub include_paused: bool,
}

impl SchedulerBacklogQuery {
    /// The canonical form: the limit brought into range, blank filters dropped.
    #[must_use]
    pub fn normalize(self) -> Self {
        let limit = match self.limit {
            ..=0 => DEFAULT_BACKLOG_LIMIT,
            limit => limit.min(MAX_BACKLOG_LIMIT),
        };
        let workspace_id = self.workspace_id.and_then(|id| id.non_blank());
        Self { limit, workspace_id, include_paused: self.include_paused }
    }
}

/// A queued run with its task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SchedulerBacklogRun {
    /// The task, as stored.
    pub task: Task,
    /// The queued run.
    pub run: Run,
    /// Whether the task or one of its ancestors is paused.
    pub effective_paused: bool,
    /// The nearest of them that is paused, the task itself first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_by_task_id: Option<TaskId>,
}

/// The queue, in the order in which runs are handed out. It shows what is
/// queued, not what can be claimed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SchedulerBacklog {
    /// The rows.
    pub runs: Vec<SchedulerBacklogRun>,
    /// The number of rows before the limit.
    pub total: usize,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[test]
    fn a_drain_gets_a_reason_and_refuses_negative_time() {
        let drain = SchedulerDrainRequest { reason: "  ".to_owned(), timeout: Duration::ZERO };
        assert_eq!(drain.normalize().unwrap().reason, "scheduler drain");
        let drain = SchedulerDrainRequest { reason: " move ".to_owned(), timeout: Duration::ZERO };
        assert_eq!(drain.normalize().unwrap().reason, "move");
        let timeout = Duration::from_nanos(-1);
        let refused = SchedulerDrainRequest { reason: String::new(), timeout }.normalize();
        let refused = refused.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Validation);
        assert_eq!(refused.detail(), "scheduler drain timeout must be non-negative");
    }

    #[test]
    fn the_backlog_limit_is_brought_into_range() {
        let limit = |limit| {
            SchedulerBacklogQuery { limit, ..SchedulerBacklogQuery::default() }.normalize().limit
        };
        assert_eq!([-1, 0, 1, 499, 500, 501, i64::MAX].map(limit), [50, 50, 1, 499, 500, 500, 500]);
    }

    #[test]
    fn a_blank_workspace_does_not_filter() {
        let query = SchedulerBacklogQuery {
            workspace_id: Some(" ".into()),
            ..SchedulerBacklogQuery::default()
        };
        assert_eq!(query.normalize().workspace_id, None);
    }

    #[test]
    fn an_untouched_switch_has_no_instants_in_json() {
        let json = serde_json::to_string(&SchedulerPauseState::default()).unwrap();
        assert_eq!(json, r#"{"paused":false}"#);
    }

    #[test]
    fn time_to_wait_is_nanoseconds_in_json() {
        let drain: SchedulerDrainRequest =
            serde_json::from_str(r#"{"timeout":1500000000}"#).unwrap();
        assert_eq!(drain.timeout.as_millis(), 1500);
        assert_eq!(DEFAULT_SCHEDULER_DRAIN_TIMEOUT.as_secs(), 60);
    }
}
