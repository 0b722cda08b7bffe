//! The reads by which workers, reviewers and operators get the context of a task.

use std::cmp::Reverse;
use std::sync::Arc;

use crate::actor::ActorContext;
use crate::context::{Assembly, furthest};
use crate::error::{ErrorKind, Result, TaskError};
use crate::id::{RunId, SessionId, TaskId};
use crate::profile::ExecutionProfile;
use crate::run::Run;
use crate::store::Store;
use crate::task::Task;
use crate::view::context::{
    ContextBundle, ContextRequest, OperatorTaskContextRequest, SessionSituation,
};

use super::{Manager, projection, require_task_id};

impl<S: Store> Manager<S> {
    /// The context of the run that a session works on, or none where it works on
    /// no run. The session is the authority; there is no actor. Whether its lease
    /// has ended is not looked at.
    ///
    /// # Errors
    ///
    /// `permission_denied` for a blank session, and where the request names
    /// another run; `task_not_found`; the refusals of the bundle itself:
    /// `run_review_not_found`, `validation` and `payload_too_large`.
    pub fn agent_context(&self, request: &ContextRequest) -> Result<Option<ContextBundle>> {
        let session = require_session(&request.session_id)?;
        let Some(run) = self.run_of_session(&session) else { return Ok(None) };
        let named = request.run_id.as_ref().and_then(RunId::non_blank);
        if named.is_some_and(|named| named != run.id) {
            return Err(TaskError::with_detail(
                ErrorKind::PermissionDenied,
                format!("session {:?} works on another run", session.as_str()),
            ));
        }
        let task = self.require_task(&run.task_id)?;
        self.bundle(&task, Some(&run), None).map(Some)
    }

    /// The context of a task for an operator: that of its current run, else of its
    /// liveliest, else of its latest. Without any run there is neither history nor
    /// log in it.
    ///
    /// # Errors
    ///
    /// `permission_denied` without `read`; `validation` for a blank id;
    /// `task_not_found`; the refusals of the bundle itself.
    pub fn operator_task_context(
        &self,
        request: &OperatorTaskContextRequest,
        actor: &ActorContext,
    ) -> Result<ContextBundle> {
        actor.authorize_read()?;
        let task = self.require_task(&require_task_id(&request.task_id)?)?;
        let run = self.run_of_interest(&task);
        self.bundle(&task, run.as_deref(), None)
    }

    /// The context of one run, for the prompt of a session that is about to start.
    /// A given profile stands in for the stored one.
    ///
    /// # Errors
    ///
    /// `validation` for a blank id and for a run of another task;
    /// `task_not_found`; `task_run_not_found`; the refusals of the bundle itself.
    pub fn run_context(
        &self,
        task: &TaskId,
        run: &RunId,
        profile: Option<ExecutionProfile>,
    ) -> Result<ContextBundle> {
        let task = self.require_task(&require_task_id(task)?)?;
        let (run, _) = self.load_run(run)?;
        if run.task_id != task.id {
            let rest = format!("belongs to task {:?}", run.task_id.as_str());
            return Err(TaskError::validation("task_run.task_id", &rest));
        }
        self.bundle(&task, Some(&run), profile)
    }

    /// What a session is about: the run that it works on, else the run that it
    /// reviews, else nothing. The session is the authority; there is no actor. A
    /// bundle that cannot be made is left out, and the rest stays.
    ///
    /// # Errors
    ///
    /// `permission_denied` for a blank session.
    pub fn session_situation(&self, session: &SessionId) -> Result<Option<SessionSituation>> {
        let session = require_session(session)?;
        if let Some(run) = self.run_of_session(&session) {
            let Some(task) = self.store.get_task(&run.task_id) else { return Ok(None) };
            return Ok(Some(SessionSituation {
                lease: Some(projection::run_summary(&run, &task)),
                coordination_channel_id: run.coordination_channel_id.clone(),
                ..self.situation(&task, &run)
            }));
        }
        Ok(self.reviewed_by(&session))
    }

    /// The situation of a reviewer. A review whose run belongs to another task
    /// gives none.
    fn reviewed_by(&self, session: &SessionId) -> Option<SessionSituation> {
        let reviews = self.store.list_active_reviews_of_session(session);
        let review = reviews.first()?;
        let run = self.store.get_run(&review.run_id).filter(|run| run.task_id == review.task_id)?;
        let task = self.store.get_task(&review.task_id)?;
        let channel = match review.reviewer_channel_id.as_str() {
            "" => run.coordination_channel_id.as_str(),
            own => own,
        };
        Some(SessionSituation {
            coordination_channel_id: channel.to_owned(),
            ..self.situation(&task, &run)
        })
    }

    fn situation(&self, task: &Task, run: &Run) -> SessionSituation {
        SessionSituation {
            task: projection::direct_reference(&self.store, task),
            lease: None,
            coordination_channel_id: String::new(),
            bundle: self.bundle(task, Some(run), None).ok(),
        }
    }

    fn bundle(
        &self,
        task: &Task,
        run: Option<&Run>,
        profile: Option<ExecutionProfile>,
    ) -> Result<ContextBundle> {
        let limits = &self.options.context_limits;
        Assembly { store: &self.store, limits, task, run, profile }.bundle()
    }

    fn run_of_session(&self, session: &SessionId) -> Option<Arc<Run>> {
        furthest(self.store.list_active_runs_of_session(session))
    }

    fn run_of_interest(&self, task: &Task) -> Option<Arc<Run>> {
        let runs = self.store.list_runs_of_task(&task.id);
        let current = task.current_run_id.as_ref();
        let projected = runs.iter().find(|run| Some(&run.id) == current).cloned();
        let open = || furthest(runs.iter().filter(|run| run.status.is_open()).cloned());
        let latest = || {
            runs.iter()
                .min_by_key(|run| {
                    (Reverse((run.attempt, projection::run_activity(run))), run.id.clone())
                })
                .cloned()
        };
        projected.or_else(open).or_else(latest)
    }
}

fn require_session(session: &SessionId) -> Result<SessionId> {
    session.non_blank().ok_or_else(|| {
        TaskError::with_detail(ErrorKind::PermissionDenied, "session id is required")
    })
}

#[cfg(test)]
mod tests;
