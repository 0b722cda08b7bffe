//! Operations that need the outside. The engine never waits: such an operation
//! says what it needs, the caller carries it out in its own time, and gives the
//! answer back.

use std::rc::Rc;

use crate::error::{ErrorKind, Result, TaskError};
use crate::id::{RunId, SessionId};
use crate::session::{SessionExecutor, SessionRef, StartTaskSession, StopReason};
use crate::store::Store;

use super::Manager;

/// One thing that the runtime is asked to do.
#[derive(Debug, Clone, PartialEq)]
pub enum SessionCall {
    /// Start a dedicated session for a run.
    Start(Box<StartTaskSession>),
    /// Give a run to a session that exists already.
    Attach {
        /// The run.
        run: RunId,
        /// The session that is asked for.
        session: SessionId,
    },
    /// Ask a session to stop by itself. The grace period, if any, is waited after
    /// this call and before the stop by force.
    RequestStop {
        /// The session.
        session: SessionId,
        /// Why.
        reason: StopReason,
    },
    /// End a session.
    ForceStop {
        /// The session.
        session: SessionId,
        /// Why.
        reason: StopReason,
    },
}

/// What came of a call: the session of a start or an attachment, nothing of a
/// stop.
pub type SessionAnswer = Result<Option<SessionRef>>;

impl SessionCall {
    /// Makes the call through an executor.
    ///
    /// # Errors
    ///
    /// The executor's.
    pub fn carry_out(&self, executor: &mut dyn SessionExecutor) -> SessionAnswer {
        match self {
            SessionCall::Start(spec) => executor.start(spec).map(Some),
            SessionCall::Attach { run, session } => executor.attach(run, session).map(Some),
            SessionCall::RequestStop { session, reason } => {
                executor.request_stop(session, *reason).map(|()| None)
            }
            SessionCall::ForceStop { session, reason } => {
                executor.force_stop(session, *reason).map(|()| None)
            }
        }
    }
}

/// Stands in the options for a runtime that is called step by step: operations
/// count on sessions, and whoever begins one carries out each [`SessionCall`]
/// itself. An operation that is carried through in one call fails at its first
/// session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SteppedSessions;

impl SteppedSessions {
    fn refuse<T>() -> Result<T> {
        let detail = "sessions are called step by step here";
        Err(TaskError::with_detail(ErrorKind::Other, detail))
    }
}

impl SessionExecutor for SteppedSessions {
    fn start(&mut self, _spec: &StartTaskSession) -> Result<SessionRef> {
        Self::refuse()
    }

    fn attach(&mut self, _run: &RunId, _session: &SessionId) -> Result<SessionRef> {
        Self::refuse()
    }

    fn request_stop(&mut self, _session: &SessionId, _reason: StopReason) -> Result<()> {
        Self::refuse()
    }

    fn force_stop(&mut self, _session: &SessionId, _reason: StopReason) -> Result<()> {
        Self::refuse()
    }
}

/// How far an operation got.
pub enum Progress<S, T> {
    /// It is done.
    Done(T),
    /// It needs the outside to go on.
    Waiting(Waiting<S, T>),
}

impl<S: 'static, T: 'static> Progress<S, T> {
    /// The same operation with another answer, made of its own. Where that fails, so
    /// does the operation; what it stored stays.
    ///
    /// # Errors
    ///
    /// That of `answer`, where the operation is done.
    pub fn map<U>(
        self,
        answer: impl Fn(T) -> Result<U> + Clone + 'static,
    ) -> Result<Progress<S, U>> {
        Ok(match self {
            Progress::Done(value) => Progress::Done(answer(value)?),
            Progress::Waiting(Waiting { call, then }) => Progress::Waiting(Waiting {
                call,
                then: Rc::new(move |manager, outcome| then(manager, outcome)?.map(answer.clone())),
            }),
        })
    }
}

type Then<S, T> = Rc<dyn Fn(&mut Manager<S>, SessionAnswer) -> Result<Progress<S, T>>>;

/// An operation between two steps. What it did so far is stored; dropping it
/// leaves the board as it is. It may be cloned and resumed again where the first
/// attempt was undone.
pub struct Waiting<S, T> {
    call: SessionCall,
    then: Then<S, T>,
}

impl<S, T> Clone for Waiting<S, T> {
    fn clone(&self) -> Self {
        Self { call: self.call.clone(), then: Rc::clone(&self.then) }
    }
}

impl<S, T> Waiting<S, T> {
    /// What has to be done outside.
    pub fn call(&self) -> &SessionCall {
        &self.call
    }

    /// Goes on with the answer of the outside.
    ///
    /// # Errors
    ///
    /// The refusals of the operation, the outside's error among them.
    pub fn resume(self, manager: &mut Manager<S>, answer: SessionAnswer) -> Result<Progress<S, T>> {
        (self.then)(manager, answer)
    }
}

impl<S: Store + 'static> Manager<S> {
    /// Carries an operation through to its end with the executor of the options.
    ///
    /// # Errors
    ///
    /// `validation` where a session is needed and there is no executor; the
    /// refusals of the operation.
    pub fn carry_through<T>(&mut self, first: Progress<S, T>) -> Result<T> {
        let mut progress = first;
        loop {
            match progress {
                Progress::Done(value) => return Ok(value),
                Progress::Waiting(waiting) => {
                    let answer = waiting.call.carry_out(self.executor()?);
                    progress = waiting.resume(self, answer)?;
                }
            }
        }
    }

    /// Asks for a call, and goes on with its answer.
    pub(super) fn ask<T>(
        call: SessionCall,
        then: impl Fn(&mut Self, SessionAnswer) -> Result<Progress<S, T>> + 'static,
    ) -> Progress<S, T> {
        Progress::Waiting(Waiting { call, then: Rc::new(then) })
    }

    /// Stops a session, if there is one, and goes on: a request first, then the
    /// stop by force, even if the session ended by itself. After a failed request
    /// there is no stop by force.
    pub(super) fn stop_then<T: 'static>(
        &mut self,
        session: Option<SessionId>,
        reason: StopReason,
        then: impl Fn(&mut Self, Result<()>) -> Result<T> + 'static,
    ) -> Result<Progress<S, T>> {
        let Some(session) = session else { return then(self, Ok(())).map(Progress::Done) };
        let then = Rc::new(then);
        let request = SessionCall::RequestStop { session: session.clone(), reason };
        Ok(Self::ask(request, move |manager, answer| {
            let then = Rc::clone(&then);
            match answer {
                Err(error) => then(manager, Err(error)).map(Progress::Done),
                Ok(_) => {
                    let force = SessionCall::ForceStop { session: session.clone(), reason };
                    Ok(Self::ask(force, move |manager, answer| {
                        then(manager, answer.map(drop)).map(Progress::Done)
                    }))
                }
            }
        }))
    }
}
