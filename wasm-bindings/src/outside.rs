//! What a program hands in when it opens a board: functions that the engine asks.
//!
//! All of them stand behind one function, which the package makes of the options.
//! It takes the name of a question and a JSON text, and answers at once or with a
//! promise. It never throws: a failure is a list of a text and what was thrown.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Function, Promise};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use taskloom_domain::environment::{Clock, HexIds, IdGenerator, IdPrefix};
use taskloom_domain::error::{ErrorKind, Result, TaskError};
use taskloom_domain::hook::{
    PreClaimAnswer, PreClaimCriteria, PreClaimHook, RunHook, RunHookDispatcher,
};
use taskloom_domain::id::SessionId;
use taskloom_domain::manager::{ManagerOptions, SessionAnswer, SessionCall, SteppedSessions};
use taskloom_domain::session::{
    EventSummaryQuery, InspectStateReader, RuntimeViewReader, SessionEvent, SessionInfo,
    SessionListQuery, SessionRef, TokenStats,
};
use taskloom_domain::time::Timestamp;
use taskloom_domain::view::inspect::InspectEventSummary;
use taskloom_domain::view::live::RunSessionRef;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::environment::{now, sure_random};
use crate::fault::Fault;
use crate::operation::reply;

/// The program's side of a board. A clone is the same one.
#[derive(Clone)]
pub struct Outside {
    inner: Rc<Inner>,
}

struct Inner {
    ask: Function,
    /// Which questions have an answer.
    answers: Vec<String>,
    heard: RefCell<Heard>,
}

/// What came from the program during one decision.
#[derive(Default)]
struct Heard {
    /// The first thing that was thrown.
    thrown: Option<JsValue>,
    /// Why the decision is worth nothing: the engine went on with a time or an id
    /// that the program did not give.
    broken: Option<TaskError>,
    /// Told to the program once the decision is kept.
    hooks: Vec<RunHook>,
}

/// A question that failed.
struct Failure {
    error: TaskError,
    thrown: JsValue,
}

impl Outside {
    /// The functions behind `ask`; `answers` names the questions that have one.
    pub fn new(ask: Function, answers: Vec<String>) -> Self {
        Self { inner: Rc::new(Inner { ask, answers, heard: RefCell::default() }) }
    }

    /// Puts what the program gave in the place of the engine's own.
    pub fn equip(&self, options: &mut ManagerOptions) {
        if self.has("now") {
            options.clock = Box::new(ProgramClock(self.clone()));
        }
        if self.has("new_id") {
            options.ids = Box::new(ProgramIds(self.clone(), HexIds::new(sure_random)));
        }
        if self.has("validate_channel") {
            let outside = self.clone();
            options.channel_validator = Some(Box::new(move |channel| {
                let verdict = outside.ask_at_once("validate_channel", channel);
                verdict.map(drop).map_err(|error| error.detail().to_owned())
            }));
        }
        if self.has("workspace_exists") {
            let outside = self.clone();
            options.workspace_exists = Some(Box::new(move |workspace| {
                let answer = outside.ask_at_once("workspace_exists", workspace.as_str());
                answer.is_ok_and(|answer| answer.is_truthy())
            }));
        }
        if self.has("start_session") {
            options.sessions = Some(Box::new(SteppedSessions));
        }
        if self.has("pre_claim") || self.has("run_hook") {
            options.hooks = Some(Box::new(self.clone()));
        }
        if self.has("list_sessions") {
            options.inspect_reader = Some(Box::new(self.clone()));
        }
        if self.has("get_session") {
            options.runtime_reader = Some(Box::new(self.clone()));
        }
    }

    /// Whether claims wait for the program's word.
    pub fn rules_on_claims(&self) -> bool {
        self.has("pre_claim")
    }

    fn has(&self, question: &str) -> bool {
        self.inner.answers.iter().any(|answer| answer == question)
    }

    // Decisions.

    /// Makes a decision. What it says is an error, and takes nothing along, where
    /// the program left the engine without a time or an id.
    pub fn decide<T>(&self, decide: impl FnOnce() -> Result<T>) -> Result<Decided<T>, Fault> {
        self.inner.heard.take();
        let outcome = decide();
        self.check()?;
        let Heard { thrown, hooks, .. } = self.inner.heard.take();
        Ok(Decided {
            outcome: outcome.map_err(|error| Fault::from(error).caused_by(thrown)),
            hooks,
        })
    }

    /// Begins a decision of several steps.
    pub fn begin(&self) {
        self.inner.heard.take();
    }

    /// One step of it.
    pub fn step<T>(&self, outcome: Result<T>) -> Result<T, Fault> {
        self.check()?;
        let thrown = self.inner.heard.borrow_mut().thrown.take();
        outcome.map_err(|error| Fault::from(error).caused_by(thrown))
    }

    /// Ends it, and answers what is to be told.
    ///
    /// # Errors
    ///
    /// Where the engine was left without a time or an id.
    pub fn end(&self) -> Result<Vec<RunHook>, Fault> {
        self.check()?;
        Ok(self.inner.heard.take().hooks)
    }

    fn check(&self) -> Result<(), Fault> {
        let heard = self.inner.heard.borrow();
        match &heard.broken {
            Some(error) => Err(Fault::from(error.clone()).caused_by(heard.thrown.clone())),
            None => Ok(()),
        }
    }

    /// Tells the program what happened to runs, after it is kept.
    pub fn tell(&self, hooks: &[RunHook]) {
        if !self.has("run_hook") {
            return;
        }
        for hook in hooks {
            // Hooks have a JSON form; what the program says to them changes nothing.
            let _ = reply(Ok(hook)).map(|hook| self.ask("run_hook", &hook));
        }
    }

    // Questions.

    fn ask(&self, question: &str, with: &str) -> Result<JsValue, Failure> {
        let answer = self.inner.ask.call2(&JsValue::UNDEFINED, &question.into(), &with.into());
        judge(answer)
    }

    /// An answer within a decision.
    fn ask_at_once(&self, question: &str, with: &str) -> Result<JsValue> {
        self.ask(question, with).map_err(|failure| {
            self.inner.heard.borrow_mut().thrown.get_or_insert(failure.thrown);
            failure.error
        })
    }

    fn read_at_once<T: DeserializeOwned>(&self, question: &str, with: &str) -> Result<T> {
        decode(question, &self.ask_at_once(question, with)?)
    }

    async fn ask_and_wait(&self, question: &str, with: &str) -> Result<JsValue, Failure> {
        match self.ask(question, with)?.dyn_into::<Promise>() {
            Ok(promise) => judge(JsFuture::from(promise).await),
            Err(answer) => Ok(answer),
        }
    }

    /// The program's word on a claim.
    ///
    /// # Errors
    ///
    /// What the program threw, and an answer of the wrong form.
    pub async fn rule_on(&self, hook: &PreClaimHook) -> Result<PreClaimAnswer, Fault> {
        #[derive(Default, Deserialize)]
        #[serde(default, deny_unknown_fields, expecting = "an object")]
        struct Answer {
            deny: Option<String>,
            criteria: Option<PreClaimCriteria>,
        }
        let hook_text = reply(Ok(hook))?;
        let answer = self.ask_and_wait("pre_claim", &hook_text).await;
        let answer = answer.map_err(Failure::into_fault)?;
        let answer: Answer = decode("pre_claim", &answer)?;
        Ok(match answer.deny {
            Some(reason) => PreClaimAnswer::Deny(reason),
            None => {
                PreClaimAnswer::Proceed(answer.criteria.unwrap_or_else(|| hook.criteria.clone()))
            }
        })
    }

    /// Has the program make a call, and answers what came of it and what was
    /// thrown.
    pub async fn carry_out(&self, call: &SessionCall) -> (SessionAnswer, Option<JsValue>) {
        let (question, with) = match call {
            SessionCall::Start(spec) => ("start_session", reply(Ok(spec))),
            SessionCall::Attach { run, session } => ("attach_session", reply(Ok((run, session)))),
            SessionCall::RequestStop { session, reason } => {
                ("request_stop", reply(Ok((session, reason))))
            }
            SessionCall::ForceStop { session, reason } => {
                ("force_stop", reply(Ok((session, reason))))
            }
        };
        let with = match with {
            Ok(with) => with,
            Err(error) => return (Err(error), None),
        };
        match self.ask_and_wait(question, &with).await {
            Err(failure) => (Err(failure.error), Some(failure.thrown)),
            Ok(answer) => match call {
                SessionCall::Start(_) | SessionCall::Attach { .. } => {
                    (decode::<SessionRef>(question, &answer).map(Some), None)
                }
                SessionCall::RequestStop { .. } | SessionCall::ForceStop { .. } => (Ok(None), None),
            },
        }
    }
}

/// A decision that may be kept, with what it has to tell.
pub struct Decided<T> {
    /// Its answer.
    pub outcome: Result<T, Fault>,
    /// What the program is told once it is kept.
    pub hooks: Vec<RunHook>,
}

impl Failure {
    fn into_fault(self) -> Fault {
        Fault::from(self.error).caused_by(Some(self.thrown))
    }
}

/// Tells a failure from an answer.
fn judge(answer: Result<JsValue, JsValue>) -> Result<JsValue, Failure> {
    let (text, thrown) = match answer {
        Ok(answer) => match answer.dyn_into::<Array>() {
            Ok(failure) => (failure.get(0).as_string(), failure.get(1)),
            Err(answer) => return Ok(answer),
        },
        Err(thrown) => (None, thrown),
    };
    let error = TaskError::with_detail(ErrorKind::Other, text.unwrap_or_default());
    Err(Failure { error, thrown })
}

fn decode<T: DeserializeOwned>(question: &str, answer: &JsValue) -> Result<T> {
    let text = answer.as_string().unwrap_or_else(|| "null".into());
    serde_json::from_str(&text).map_err(|error| {
        let detail = format!("{question} answered something of the wrong form: {error}");
        TaskError::at(ErrorKind::Other, question, detail)
    })
}

/// The program's clock.
struct ProgramClock(Outside);

impl Clock for ProgramClock {
    fn now(&self) -> Timestamp {
        /// The last millisecond that fits.
        const LAST: f64 = (i64::MAX / 1_000_000) as f64;

        let answer = self.0.ask_at_once("now", "").map(|answer| answer.as_f64());
        let error = match answer {
            Ok(Some(millis)) if millis.abs() <= LAST => {
                return Timestamp::from_millis(millis as i64);
            }
            Ok(_) => broken("clock", "must answer milliseconds since 1970"),
            Err(error) => broken("clock", &format!("failed: {}", error.detail())),
        };
        self.0.inner.heard.borrow_mut().broken.get_or_insert(error);
        now()
    }
}

/// The program's ids, and others where it fails to give one.
struct ProgramIds<F>(Outside, HexIds<F>);

impl<F: FnMut() -> [u8; 8]> IdGenerator for ProgramIds<F> {
    fn new_id(&mut self, prefix: IdPrefix) -> String {
        let answer = self.0.ask_at_once("new_id", prefix.as_str());
        let error = match answer.map(|answer| answer.as_string()) {
            Ok(Some(id)) if is_id(&id, prefix) => return id,
            Ok(_) => {
                let form = format!("must answer a text that begins with {}-", prefix.as_str());
                broken("idGenerator", &form)
            }
            Err(error) => broken("idGenerator", &format!("failed: {}", error.detail())),
        };
        self.0.inner.heard.borrow_mut().broken.get_or_insert(error);
        self.1.new_id(prefix)
    }
}

fn is_id(text: &str, prefix: IdPrefix) -> bool {
    let rest = text.strip_prefix(prefix.as_str()).and_then(|rest| rest.strip_prefix('-'));
    rest.is_some_and(|rest| !rest.is_empty() && rest.trim() == rest)
}

fn broken(path: &str, rest: &str) -> TaskError {
    TaskError::at(ErrorKind::Other, path, format!("{path} {rest}"))
}

impl RunHookDispatcher for Outside {
    fn pre_claim(&mut self, hook: &PreClaimHook) -> Result<PreClaimAnswer> {
        if self.rules_on_claims() {
            let detail = "a hook rules on claims, which takes time that a transaction has not";
            return Err(TaskError::with_detail(ErrorKind::Other, detail));
        }
        Ok(PreClaimAnswer::Proceed(hook.criteria.clone()))
    }

    fn dispatch(&mut self, hook: &RunHook) -> Result<()> {
        self.inner.heard.borrow_mut().hooks.push(hook.clone());
        Ok(())
    }
}

impl InspectStateReader for Outside {
    fn list_sessions(&self, query: &SessionListQuery) -> Result<Vec<SessionInfo>> {
        self.read_at_once("list_sessions", &reply(Ok(query))?)
    }

    fn list_event_summaries(&self, query: &EventSummaryQuery) -> Result<Vec<InspectEventSummary>> {
        self.read_at_once("list_event_summaries", &reply(Ok(query))?)
    }
}

impl RuntimeViewReader for Outside {
    fn get_session(&self, session: &SessionId) -> Result<Option<RunSessionRef>> {
        self.read_at_once("get_session", session.as_str())
    }

    fn list_session_events(&self, session: &SessionId) -> Result<Vec<SessionEvent>> {
        self.read_at_once("list_session_events", session.as_str())
    }

    fn list_session_token_stats(&self, session: &SessionId) -> Result<Vec<TokenStats>> {
        self.read_at_once("list_session_token_stats", session.as_str())
    }
}
