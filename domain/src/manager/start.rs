//! Brings claimed runs to work: with a session of their own, or with one that
//! exists already.

use std::sync::Arc;

use crate::actor::ActorContext;
use crate::error::{ErrorKind, Result, TaskError};
use crate::event::{
    RejectedOperation, RejectionReason, RunRejected, RunSessionBound, RunStarted, RunStarting,
};
use crate::id::{RunId, SessionId};
use crate::profile::ExecutionProfile;
use crate::run::{Run, RunStatus, StartRun};
use crate::session::{SessionRef, StartTaskSession, StopReason};
use crate::store::Store;
use crate::task::Task;

use super::Manager;
use super::enqueue::require_key;
use super::outside::{Progress, SessionAnswer, SessionCall};
use super::terminal::Ending;

impl<S: Store + 'static> Manager<S> {
    /// Starts a claimed run: a dedicated session is created, bound to the run, and
    /// the run is running. A run that has its session bound already is running at
    /// once. The lease, if any, lives on under its token.
    ///
    /// Where the session cannot be started, the run is failed, its attempt is used
    /// up, and the call is refused with the cause: the failed run is stored.
    ///
    /// # Errors
    ///
    /// `permission_denied`; `validation` for a blank id, a missing key of anybody
    /// but a person, or without an executor; `task_run_not_found`;
    /// `invalid_status_transition` for a run that is neither claimed nor bound and
    /// starting, or a blocked, draft or canceled task; `stale_network_channel`,
    /// which leaves an event; `session_already_bound` where the run belongs to
    /// another session than its claimer's; the executor's error.
    pub fn start_run(
        &mut self,
        id: &RunId,
        request: StartRun,
        actor: &ActorContext,
    ) -> Result<Run> {
        let first = self.begin_start_run(id, request, actor)?;
        self.carry_through(first)
    }

    /// The first step of [`Manager::start_run`]: the run is starting and waits for
    /// its session, or is running already.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn begin_start_run(
        &mut self,
        id: &RunId,
        request: StartRun,
        actor: &ActorContext,
    ) -> Result<Progress<S, Run>> {
        actor.authorize_write()?;
        let request = request.normalize();
        request.validate("start_run")?;
        require_key(actor, &request.idempotency_key, "start_run")?;
        let (run, task) = self.load_run(id)?;
        self.require_executable(&task)?;
        self.refuse_stale_channel(&run, &task, RejectedOperation::Start, actor)?;
        if run.status == RunStatus::Starting && run.session_id.is_some() {
            let run = self.transact(|manager| manager.enter_running(&run, actor))?;
            return Ok(Progress::Done(Run::clone(&run)));
        }
        if run.status != RunStatus::Claimed {
            return Err(TaskError::with_detail(
                ErrorKind::InvalidStatusTransition,
                format!("task run {:?} cannot be started while {}", run.id.as_str(), run.status),
            ));
        }
        self.executor()?;
        let (run, task) = self.transact(|manager| manager.enter_starting(&run, actor))?;
        let profile = self.store.get_profile(&task.id);
        let spec = StartTaskSession {
            execution_profile: Some(match profile {
                Some(stored) => ExecutionProfile::clone(&stored),
                None => ExecutionProfile::default_for(&task.id),
            }),
            task: Task::clone(&task),
            run: Run::clone(&run),
            actor: actor.clone(),
        };
        let actor = actor.clone();
        Ok(Self::ask(SessionCall::Start(Box::new(spec)), move |manager, answer| {
            manager.finish_start(&run, answer, &actor)
        }))
    }

    fn enter_starting(
        &mut self,
        claimed: &Run,
        actor: &ActorContext,
    ) -> Result<(Arc<Run>, Arc<Task>)> {
        let starting = Run { status: RunStatus::Starting, ..claimed.clone() };
        let run = self.write_run(claimed, starting)?;
        let task = self.reconcile_cascade(&run.task_id)?;
        let payload = RunStarting {
            status: run.status,
            task_status: task.status,
            session_id: run.session_id.clone(),
        };
        self.log_run(&run, &payload, actor)?;
        Ok((run, task))
    }

    fn enter_running(&mut self, starting: &Run, actor: &ActorContext) -> Result<Arc<Run>> {
        let mut running = starting.clone();
        running.status = RunStatus::Running;
        running.started_at = Some(self.now());
        let run = self.write_run(starting, running)?;
        let task = self.reconcile_cascade(&run.task_id)?;
        let payload = RunStarted {
            status: run.status,
            task_status: task.status,
            session_id: run.session_id.clone(),
        };
        self.log_run(&run, &payload, actor)?;
        Ok(run)
    }

    /// Binds a session to a claimed or starting run, which is starting then.
    fn bind_session(
        &mut self,
        unbound: &Run,
        session: SessionId,
        actor: &ActorContext,
    ) -> Result<Arc<Run>> {
        self.require_unchanged(unbound)?;
        let mut bound = unbound.clone();
        bound.status = RunStatus::Starting;
        bound.session_id = Some(session);
        let run = self.write_run(unbound, bound)?;
        let task = self.reconcile_cascade(&run.task_id)?;
        let payload = RunSessionBound {
            status: run.status,
            task_status: task.status,
            session_id: run.session_id.clone(),
        };
        self.log_run(&run, &payload, actor)?;
        Ok(run)
    }

    fn finish_start(
        &mut self,
        starting: &Arc<Run>,
        answer: SessionAnswer,
        actor: &ActorContext,
    ) -> Result<Progress<S, Run>> {
        let session = match answer.and_then(named_session) {
            Ok(session) => session,
            Err(cause) => return self.fail_start(starting, cause, actor),
        };
        let started = self.transact(|manager| {
            let run = manager.bind_session(starting, session.clone(), actor)?;
            manager.enter_running(&run, actor)
        });
        match started {
            Ok(run) => Ok(Progress::Done(Run::clone(&run))),
            Err(refusal) => Ok(Self::discard_session(session, refusal)),
        }
    }

    /// Stops the session that was started for a run which does not take it, and
    /// refuses. Both stops are sent, whatever becomes of the first.
    fn discard_session(session: SessionId, refusal: TaskError) -> Progress<S, Run> {
        let reason = StopReason::Failed;
        let request = SessionCall::RequestStop { session: session.clone(), reason };
        Self::ask(request, move |_, asked| {
            let refusal = joined(refusal.clone(), asked);
            let force = SessionCall::ForceStop { session: session.clone(), reason };
            Ok(Self::ask(force, move |_, stopped| Err(joined(refusal.clone(), stopped))))
        })
    }

    /// Fails a run whose session did not start, and refuses with the cause.
    fn fail_start(
        &mut self,
        starting: &Arc<Run>,
        cause: TaskError,
        actor: &ActorContext,
    ) -> Result<Progress<S, Run>> {
        let text = match cause.kind() {
            ErrorKind::Other => cause.detail().to_owned(),
            _ => cause.to_string(),
        };
        let id = starting.id.as_str();
        let refusal = TaskError::with_detail(
            cause.kind(),
            format!("start task session for run {id:?}: {text}"),
        );
        let ending =
            Ending::Failed { error: format!("start task session: {text}"), metadata: None };
        let seen = Arc::clone(starting);
        let actor = actor.clone();
        let session = starting.session_id.clone();
        self.stop_then(session, StopReason::Failed, move |manager, stopped| {
            let failed = stopped.and_then(|()| {
                manager.transact(|manager| {
                    manager.require_unchanged(&seen)?;
                    manager.end_by_authority(&seen, &ending, &actor)
                })
            });
            Err(joined(refusal.clone(), failed))
        })
    }

    /// Gives a claimed or starting run to a session that exists already. The run is
    /// starting then; starting it makes it running.
    ///
    /// # Errors
    ///
    /// `permission_denied`; `validation` without an executor or for a blank id;
    /// `task_run_not_found`; `invalid_status_transition` for a blocked, draft or
    /// canceled task; `stale_network_channel`, which leaves an event;
    /// `session_already_bound` where the run has a session or the session another
    /// active run; `session_attach_not_allowed` for a run that is neither claimed
    /// nor starting; the executor's error.
    pub fn attach_run_session(
        &mut self,
        id: &RunId,
        session: &SessionId,
        actor: &ActorContext,
    ) -> Result<Run> {
        let first = self.begin_attach_run_session(id, session, actor)?;
        self.carry_through(first)
    }

    /// The first step of [`Manager::attach_run_session`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn begin_attach_run_session(
        &mut self,
        id: &RunId,
        session: &SessionId,
        actor: &ActorContext,
    ) -> Result<Progress<S, Run>> {
        actor.authorize_write()?;
        self.executor()?;
        let session = session.non_blank().ok_or_else(|| TaskError::required("session id"))?;
        let (run, task) = self.load_run(id)?;
        self.require_executable(&task)?;
        self.refuse_stale_channel(&run, &task, RejectedOperation::Attach, actor)?;
        if run.session_id.is_some() {
            return Err(TaskError::new(ErrorKind::SessionAlreadyBound));
        }
        if !matches!(run.status, RunStatus::Claimed | RunStatus::Starting) {
            return Err(TaskError::new(ErrorKind::SessionAttachNotAllowed));
        }
        if !self.store.list_active_runs_of_session(&session).is_empty() {
            return Err(TaskError::new(ErrorKind::SessionAlreadyBound));
        }
        let call = SessionCall::Attach { run: run.id.clone(), session };
        let actor = actor.clone();
        Ok(Self::ask(call, move |manager, answer| {
            let session = answer.and_then(named_session)?;
            let bound =
                manager.transact(|manager| manager.bind_session(&run, session.clone(), &actor))?;
            Ok(Progress::Done(Run::clone(&bound)))
        }))
    }

    /// Refuses runs whose channel, else the task's, no longer passes the validator,
    /// and leaves an event of it.
    fn refuse_stale_channel(
        &mut self,
        run: &Run,
        task: &Task,
        operation: RejectedOperation,
        actor: &ActorContext,
    ) -> Result<()> {
        let channel = match run.network_channel.trim() {
            "" => task.network_channel.trim(),
            own => own,
        };
        let Some(fault) = self.channel_fault(channel) else { return Ok(()) };
        let payload = RunRejected {
            operation,
            reason: RejectionReason::StaleNetworkChannel,
            network_channel: channel.to_owned(),
        };
        self.transact(|manager| manager.log_run(run, &payload, actor))?;
        Err(TaskError::with_detail(ErrorKind::StaleNetworkChannel, fault))
    }
}

/// The session of a reference; there has to be one.
fn named_session(reference: Option<SessionRef>) -> Result<SessionId> {
    reference
        .and_then(|reference| reference.session_id.non_blank())
        .ok_or_else(|| TaskError::required("session_ref.session_id"))
}

/// The refusal, with what else went wrong after it.
fn joined<T>(refusal: TaskError, also: Result<T>) -> TaskError {
    match also {
        Ok(_) => refusal,
        Err(error) => {
            TaskError::with_detail(refusal.kind(), format!("{}; {error}", refusal.detail()))
        }
    }
}

#[cfg(test)]
mod tests;
