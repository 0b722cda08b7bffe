//! Reviews of runs: when a run is reviewed, what a reviewer answers, and what
//! the answer means for the task.

use crate::enumeration::enumeration;
use crate::run::RunStatus;

enumeration! {
    /// Which finished runs of a task are reviewed.
    pub enum ReviewPolicy: listed {
        /// No run is reviewed.
        None = "none",
        /// Completed runs are reviewed.
        OnSuccess = "on_success",
        /// Failed and canceled runs are reviewed.
        OnFailure = "on_failure",
        /// Every finished run is reviewed.
        Always = "always",
    }
}

impl ReviewPolicy {
    /// Whether a run that stands in `status` is reviewed under this policy.
    /// An unfinished run never is.
    pub fn matches_run_status(self, status: RunStatus) -> bool {
        match status {
            RunStatus::Completed => matches!(self, ReviewPolicy::OnSuccess | ReviewPolicy::Always),
            RunStatus::Failed | RunStatus::Canceled => {
                matches!(self, ReviewPolicy::OnFailure | ReviewPolicy::Always)
            }
            RunStatus::Queued
            | RunStatus::Claimed
            | RunStatus::Starting
            | RunStatus::Running => false,
        }
    }
}
