//! The sessions behind runs, and the bridge to them.

use crate::error::{ErrorKind, Result, TaskError};
use crate::id::SessionId;
use crate::run::{Run, RunStatus};
use crate::session::SessionExecutor;
use crate::store::Store;

use super::Manager;

/// The session that works on a run: that of a run which is starting or running.
/// The session of a run that is merely claimed is not told of its end.
pub(super) fn working_session(run: &Run) -> Option<&SessionId> {
    match run.status {
        RunStatus::Starting | RunStatus::Running => run.session_id.as_ref(),
        RunStatus::Queued
        | RunStatus::Claimed
        | RunStatus::Completed
        | RunStatus::Failed
        | RunStatus::Canceled => None,
    }
}

impl<S: Store> Manager<S> {
    /// The bridge to the runtime.
    ///
    /// # Errors
    ///
    /// `validation` where the manager was built without one.
    pub(super) fn executor(&mut self) -> Result<&mut dyn SessionExecutor> {
        match self.options.sessions.as_deref_mut() {
            Some(executor) => Ok(executor),
            None => {
                Err(TaskError::with_detail(ErrorKind::Validation, "a session executor is required"))
            }
        }
    }
}
