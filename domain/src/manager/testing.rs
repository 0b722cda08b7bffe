//! A small board for tests: a clock that the test moves, ids that count up, and
//! a runtime that does what it is told.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

pub(crate) mod reviews;
pub(crate) mod runs;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::actor::{ActorContext, Authority, OriginKind};
use crate::dependency::{AddDependency, DependencyKind};
use crate::environment::{IdGenerator, IdPrefix};
use crate::error::{ErrorKind, Result, TaskError};
use crate::event::EventRecord;
use crate::id::{RunId, SessionId, TaskId};
use crate::query::EventRecordQuery;
use crate::run::{Run, RunStatus};
use crate::session::{SessionExecutor, SessionRef, StartTaskSession, StopReason};
use crate::store::{EventStore, MemoryStore, RecordStore, RunStore, TransactionStore};
use crate::task::{ApprovalPolicy, CreateTask, Scope, Status, Task};
use crate::time::{Duration, Timestamp};

use super::{Manager, ManagerOptions};

/// The instant at which every test board begins.
pub(crate) const START: &str = "2026-01-01T00:00:00Z";

/// Ids of six digits, counted per prefix.
#[derive(Default)]
struct CountingIds(BTreeMap<&'static str, u32>);

impl IdGenerator for CountingIds {
    fn new_id(&mut self, prefix: IdPrefix) -> String {
        let count = self.0.entry(prefix.as_str()).or_default();
        *count += 1;
        format!("{}-{count:06}", prefix.as_str())
    }
}

/// What the runtime was told, and what it refuses.
#[derive(Debug, Default)]
pub(crate) struct Runtime {
    /// Every call that came in, in order: `request_stop sess-1 cancellation`.
    pub(crate) calls: Vec<String>,
    /// Calls that begin like one of these fail.
    pub(crate) failing: Vec<&'static str>,
}

impl Runtime {
    fn call(&mut self, call: String) -> Result<()> {
        let fails = self.failing.iter().any(|start| call.starts_with(start));
        self.calls.push(call);
        if fails {
            return Err(TaskError::with_detail(ErrorKind::Other, "the runtime refuses"));
        }
        Ok(())
    }
}

struct Executor(Rc<RefCell<Runtime>>);

impl SessionExecutor for Executor {
    fn start(&mut self, spec: &StartTaskSession) -> Result<SessionRef> {
        self.0.borrow_mut().call(format!("start {}", spec.run.id))?;
        Ok(SessionRef {
            session_id: SessionId::new(format!("sess-{}", spec.run.id)),
            ..SessionRef::default()
        })
    }

    fn attach(&mut self, run: &RunId, session: &SessionId) -> Result<SessionRef> {
        self.0.borrow_mut().call(format!("attach {run} {session}"))?;
        Ok(SessionRef { session_id: session.clone(), ..SessionRef::default() })
    }

    fn request_stop(&mut self, session: &SessionId, reason: StopReason) -> Result<()> {
        self.0.borrow_mut().call(format!("request_stop {session} {reason}"))
    }

    fn force_stop(&mut self, session: &SessionId, reason: StopReason) -> Result<()> {
        self.0.borrow_mut().call(format!("force_stop {session} {reason}"))
    }
}

/// A board, its clock and its runtime.
pub(crate) struct World {
    pub(crate) manager: Manager,
    pub(crate) runtime: Rc<RefCell<Runtime>>,
    clock: Rc<Cell<Timestamp>>,
}

impl World {
    /// An empty board with a runtime and permissive options.
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// An empty board with options of the test's own.
    pub(crate) fn with(change: impl FnOnce(&mut ManagerOptions)) -> Self {
        let clock = Rc::new(Cell::new(Timestamp::parse_rfc3339(START).unwrap()));
        let runtime = Rc::new(RefCell::new(Runtime::default()));
        let now = Rc::clone(&clock);
        let mut secret = 0;
        let mut options = ManagerOptions::new(
            move || now.get(),
            CountingIds::default(),
            move || {
                secret += 1;
                [secret; 32]
            },
        );
        options.sessions = Some(Box::new(Executor(Rc::clone(&runtime))));
        change(&mut options);
        Self { manager: Manager::new(MemoryStore::default(), options), runtime, clock }
    }

    /// The present instant of the board.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.get()
    }

    /// Moves the clock by seconds, and back for negative ones.
    pub(crate) fn advance(&self, seconds: i64) {
        self.clock.set(self.now() + Duration::from_secs(seconds));
    }

    /// A global task whose id and title are `name`.
    pub(crate) fn task(&mut self, name: &str) -> TaskId {
        self.create(new_task(name))
    }

    /// A global draft.
    pub(crate) fn draft(&mut self, name: &str) -> TaskId {
        self.create(CreateTask { draft: true, ..new_task(name) })
    }

    /// A global task that needs an approval.
    pub(crate) fn manual(&mut self, name: &str) -> TaskId {
        let approval_policy = ApprovalPolicy::Manual.into();
        self.create(CreateTask { approval_policy, ..new_task(name) })
    }

    /// A global task below another one.
    pub(crate) fn child(&mut self, parent: &str, name: &str) -> TaskId {
        self.manager.create_child_task(&parent.into(), new_task(name), &human()).unwrap().id
    }

    /// Any task.
    pub(crate) fn create(&mut self, spec: CreateTask) -> TaskId {
        self.manager.create_task(spec, &human()).unwrap().id
    }

    /// Makes `task` wait for `depends_on`.
    pub(crate) fn depends(&mut self, task: &str, depends_on: &str) {
        self.try_depends(task, depends_on).unwrap();
    }

    /// As [`World::depends`], with its answer.
    pub(crate) fn try_depends(&mut self, task: &str, depends_on: &str) -> Result<()> {
        self.manager.add_dependency(edge(task, depends_on), &human())
    }

    /// Writes a run in some status straight into the store, as the next attempt,
    /// with a session unless it is queued, and reconciles its task.
    pub(crate) fn put_run(&mut self, task: &str, status: RunStatus) -> RunId {
        let task = TaskId::from(task);
        let attempt = self.manager.store.list_runs_of_task(&task).len() as u32 + 1;
        let id = RunId::from(format!("{task}-run-{attempt}"));
        let now = self.now();
        let run: Run = serde_json::from_value(serde_json::json!({
            "id": id,
            "task_id": task,
            "status": status,
            "attempt": attempt,
            "session_id": (status != RunStatus::Queued).then(|| format!("sess-{id}")),
            "origin": { "kind": "cli", "ref": "terminal" },
            "queued_at": now,
            "ended_at": status.is_terminal().then_some(now),
        }))
        .unwrap();
        self.manager
            .transact(|manager| {
                manager.store.put_run(run);
                manager.reconcile_cascade(&task)
            })
            .unwrap();
        id
    }

    /// Moves a run to another status straight in the store, and reconciles.
    pub(crate) fn set_run(&mut self, run: &RunId, status: RunStatus) {
        let run = Run { status, ..self.run(run) };
        self.manager
            .transact(|manager| {
                let task = run.task_id.clone();
                manager.store.put_run(run);
                manager.reconcile_cascade(&task)
            })
            .unwrap();
    }

    /// Writes a task straight into the store: for states that no operation gives.
    pub(crate) fn put_task(&mut self, task: Task) {
        self.manager.store.begin();
        self.manager.store.put_task(task);
        self.manager.store.commit();
    }

    /// The stored record.
    pub(crate) fn record(&self, task: &str) -> Task {
        Task::clone(&*self.manager.store.get_task(&task.into()).unwrap())
    }

    /// The stored status.
    pub(crate) fn status(&self, task: &str) -> Status {
        self.record(task).status
    }

    /// The stored run.
    pub(crate) fn run(&self, run: &RunId) -> Run {
        Run::clone(&*self.manager.store.get_run(run).unwrap())
    }

    /// The stored runs of a task, newest first.
    pub(crate) fn runs(&self, task: &str) -> Vec<Arc<Run>> {
        self.manager.store.list_runs_of_task(&task.into())
    }

    /// The log of a task, oldest first.
    pub(crate) fn log(&self, task: &str) -> Vec<Arc<EventRecord>> {
        let query = EventRecordQuery { task_id: Some(task.into()), ..Default::default() };
        self.manager.store.list_event_records(&query)
    }

    /// The event types in the log of a task, without `task.`, oldest first.
    pub(crate) fn events(&self, task: &str) -> Vec<String> {
        let name = |record: &Arc<EventRecord>| record.event.event_type.to_string();
        self.log(task).iter().map(|record| name(record).replacen("task.", "", 1)).collect()
    }

    /// The payload of the newest event of a task.
    pub(crate) fn newest_payload(&self, task: &str) -> serde_json::Value {
        let newest = self.log(task).pop().unwrap();
        newest.event.payload.as_ref().unwrap().to_value().unwrap()
    }

    /// Checks that an operation is refused with this kind and commits nothing.
    #[track_caller]
    pub(crate) fn refuses<T: std::fmt::Debug>(
        &mut self,
        kind: ErrorKind,
        operation: impl FnOnce(&mut Manager) -> Result<T>,
    ) -> TaskError {
        self.manager.take_changes();
        let refusal = operation(&mut self.manager).unwrap_err();
        assert_eq!(refusal.kind(), kind, "{refusal}");
        assert_eq!(self.manager.take_changes(), [], "a refusal changes nothing");
        refusal
    }
}

/// The request for a global task whose id and title are `name`.
pub(crate) fn new_task(name: &str) -> CreateTask {
    CreateTask {
        id: Some(name.into()),
        scope: Scope::Global.into(),
        title: name.to_owned(),
        ..CreateTask::default()
    }
}

/// The request for an edge.
pub(crate) fn edge(task: &str, depends_on: &str) -> AddDependency {
    AddDependency {
        task_id: task.into(),
        depends_on_task_id: depends_on.into(),
        kind: DependencyKind::Blocks.into(),
    }
}

/// A person at a terminal.
pub(crate) fn human() -> ActorContext {
    ActorContext::derive_human("ada", OriginKind::Cli, "terminal").unwrap()
}

/// A worker session.
pub(crate) fn agent(session: &str) -> ActorContext {
    ActorContext::derive_agent_session(session).unwrap()
}

/// The same identity with less authority.
pub(crate) fn limited(actor: ActorContext, authority: Authority) -> ActorContext {
    ActorContext { authority, ..actor }
}
