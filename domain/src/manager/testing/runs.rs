//! Runs on a test board, and the usual requests for them.

use super::{World, agent, human};
use crate::actor::{ActorContext, OwnerKind, OwnerSpec};
use crate::error::Result;
use crate::hook::{PreClaimAnswer, PreClaimHook, RunHook, RunHookDispatcher};
use crate::id::{RunId, SessionId, TaskId};
use crate::json::RawJson;
use crate::lease::{
    ClaimCriteria, ClaimResult, LeaseCompletion, LeaseFailure, LeaseHeartbeat, LeaseRelease,
};
use crate::manager::ManagerOptions;
use crate::run::{ClaimRun, EnqueueRun, Run, RunFailure, RunResult, StartRun};
use crate::store::{RunStore, TransactionStore};
use crate::task::CreateTask;
use crate::time::Duration;

use std::cell::RefCell;
use std::rc::Rc;

/// What a host with hooks was told, and its answer before claims.
#[derive(Default)]
pub(crate) struct Host {
    pub(crate) told: Vec<RunHook>,
    pub(crate) asked: Vec<PreClaimHook>,
    pub(crate) answer: Option<Result<PreClaimAnswer>>,
}

impl Host {
    /// The ids of the hooks so far, without their common start.
    pub(crate) fn hooks(&self) -> Vec<String> {
        self.told.iter().map(|hook| hook.hook.to_string().replace("task.run.", "")).collect()
    }
}

struct Dispatcher(Rc<RefCell<Host>>);

impl RunHookDispatcher for Dispatcher {
    fn pre_claim(&mut self, hook: &PreClaimHook) -> Result<PreClaimAnswer> {
        let mut host = self.0.borrow_mut();
        host.asked.push(hook.clone());
        host.answer.clone().unwrap_or_else(|| Ok(PreClaimAnswer::Proceed(hook.criteria.clone())))
    }

    fn dispatch(&mut self, hook: &RunHook) -> Result<()> {
        self.0.borrow_mut().told.push(hook.clone());
        Err(crate::error::TaskError::new(crate::error::ErrorKind::Other))
    }
}

/// A board whose host hears of runs, and fails every post hook.
pub(crate) fn hooked() -> (World, Rc<RefCell<Host>>) {
    let host = Rc::new(RefCell::new(Host::default()));
    let dispatcher = Dispatcher(Rc::clone(&host));
    let world = World::with(|options: &mut ManagerOptions| {
        options.hooks = Some(Box::new(dispatcher));
    });
    (world, host)
}

impl World {
    /// A task of one attempt fewer or more than the usual three.
    pub(crate) fn task_of_attempts(&mut self, name: &str, max_attempts: i64) -> TaskId {
        let max_attempts = Some(max_attempts);
        self.create(CreateTask { max_attempts, ..super::new_task(name) })
    }

    /// A task that belongs to somebody.
    pub(crate) fn owned(&mut self, name: &str, kind: OwnerKind, reference: &str) -> TaskId {
        let owner = Some(OwnerSpec::new(kind, reference));
        self.create(CreateTask { owner, ..super::new_task(name) })
    }

    /// A queued run of a task.
    pub(crate) fn enqueue(&mut self, task: &str) -> RunId {
        self.try_enqueue(task).unwrap().id
    }

    /// As [`World::enqueue`], with its answer.
    pub(crate) fn try_enqueue(&mut self, task: &str) -> Result<Run> {
        self.manager.enqueue_run(enqueue(task), &human())
    }

    /// The next run, under a lease of five minutes.
    pub(crate) fn claim(&mut self, session: &str) -> ClaimResult {
        self.try_claim(session).unwrap()
    }

    /// As [`World::claim`], with its answer.
    pub(crate) fn try_claim(&mut self, session: &str) -> Result<ClaimResult> {
        self.manager.claim_next_run(ClaimCriteria::default(), &agent(session))
    }

    /// A run that a person claimed, without a lease.
    pub(crate) fn claimed(&mut self, task: &str) -> RunId {
        let run = self.enqueue(task);
        self.manager.claim_run(&run, ClaimRun::default(), &human()).unwrap();
        run
    }

    /// A run at work in a session of its own, without a lease.
    pub(crate) fn running(&mut self, task: &str) -> RunId {
        let run = self.claimed(task);
        self.start(&run).unwrap();
        run
    }

    /// Starts a run for a person.
    pub(crate) fn start(&mut self, run: &RunId) -> Result<Run> {
        self.manager.start_run(run, StartRun::default(), &human())
    }

    /// Changes a stored run without any rule.
    pub(crate) fn change_run(&mut self, run: &RunId, change: impl FnOnce(&mut Run)) {
        let mut run = self.run(run);
        change(&mut run);
        self.manager.store.begin();
        self.manager.store.put_run(run);
        self.manager.store.commit();
    }
}

/// The request to queue a run of a task.
pub(crate) fn enqueue(task: &str) -> EnqueueRun {
    EnqueueRun { task_id: task.into(), ..EnqueueRun::default() }
}

/// A request to queue a run under a key.
pub(crate) fn keyed(task: &str, key: &str) -> EnqueueRun {
    EnqueueRun { idempotency_key: key.to_owned(), ..enqueue(task) }
}

/// The criteria of a worker that offers capabilities.
pub(crate) fn offering(capabilities: &[&str]) -> ClaimCriteria {
    let required_capabilities = capabilities.iter().map(|&name| name.to_owned()).collect();
    ClaimCriteria { required_capabilities, ..ClaimCriteria::default() }
}

/// The criteria of an agent with a name.
pub(crate) fn named(agent_name: &str) -> ClaimCriteria {
    ClaimCriteria { agent_name: agent_name.to_owned(), ..ClaimCriteria::default() }
}

/// A sign of life.
pub(crate) fn heartbeat(claim: &ClaimResult) -> LeaseHeartbeat {
    LeaseHeartbeat {
        run_id: claim.run.id.clone(),
        claim_token: claim.claim_token.clone(),
        ..LeaseHeartbeat::default()
    }
}

/// The lease is given back.
pub(crate) fn release(claim: &ClaimResult) -> LeaseRelease {
    LeaseRelease {
        run_id: claim.run.id.clone(),
        claim_token: claim.claim_token.clone(),
        ..LeaseRelease::default()
    }
}

/// The work is done.
pub(crate) fn completion(claim: &ClaimResult) -> LeaseCompletion {
    LeaseCompletion {
        run_id: claim.run.id.clone(),
        claim_token: claim.claim_token.clone(),
        ..LeaseCompletion::default()
    }
}

/// The work went wrong.
pub(crate) fn failure(claim: &ClaimResult) -> LeaseFailure {
    LeaseFailure {
        run_id: claim.run.id.clone(),
        claim_token: claim.claim_token.clone(),
        failure: failed("boom"),
        now: None,
    }
}

/// Why a run failed.
pub(crate) fn failed(error: &str) -> RunFailure {
    RunFailure { error: error.to_owned(), metadata: None }
}

/// What a run brought.
pub(crate) fn brought(document: &str) -> RunResult {
    RunResult { value: RawJson::from_text(document) }
}

/// A JSON string of exactly this many bytes, quotes included.
pub(crate) fn long_json(bytes: usize) -> RawJson {
    RawJson::from_text(&format!("\"{}\"", "x".repeat(bytes - 2))).unwrap()
}

/// An actor that may not write.
pub(crate) fn reader() -> ActorContext {
    let authority = crate::actor::Authority { read: true, ..Default::default() };
    super::limited(human(), authority)
}

/// A session id.
pub(crate) fn session(id: &str) -> SessionId {
    SessionId::new(id)
}

/// The usual lease.
pub(crate) const LEASE: Duration = crate::lease::DEFAULT_RUN_LEASE_DURATION;
