//! A small board for tests of what people see of one.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;

use taskloom_domain::actor::{ActorContext, OriginKind};
use taskloom_domain::claim_token::ClaimToken;
use taskloom_domain::dependency::{AddDependency, DependencyKind};
use taskloom_domain::environment::HexIds;
use taskloom_domain::execution::ExecutionRequest;
use taskloom_domain::id::{ReviewId, RunId, TaskId};
use taskloom_domain::json::RawJson;
use taskloom_domain::lease::{ClaimCriteria, LeaseCompletion};
use taskloom_domain::manager::{Manager, ManagerOptions};
use taskloom_domain::review::{
    BindRunReviewSessionRequest, RecordRunReviewRequest, RunReview, RunReviewOutcome,
    RunReviewRequest, RunReviewVerdict,
};
use taskloom_domain::run::{Run, RunResult, RunStatus};
use taskloom_domain::store::{ClaimTokenStore, MemoryStore, RunReviewStore, RunStore};
use taskloom_domain::task::{CreateTask, Patch, Priority, Scope};
use taskloom_domain::time::Timestamp;

use super::board_index::{BoardIndex, Touched, changed_tasks};
use super::phrase::YOU;

/// A board of tasks that are named by their titles. Time moves by a second with
/// every task.
pub struct World {
    pub manager: Manager,
    pub actor: ActorContext,
    pub index: BoardIndex,
    clock: Rc<Cell<i64>>,
}

impl World {
    pub fn new() -> Self {
        let clock = Rc::new(Cell::new(1_000_000));
        let time = Rc::clone(&clock);
        let mut next = 0_u64;
        let ids = HexIds::new(move || {
            next += 1;
            next.to_be_bytes()
        });
        let options =
            ManagerOptions::new(move || Timestamp::from_millis(time.get()), ids, || [7; 32]);
        Self {
            manager: Manager::new(MemoryStore::default(), options),
            actor: ActorContext::derive_human(YOU, OriginKind::Web, "tab").unwrap(),
            index: BoardIndex::default(),
            clock,
        }
    }

    pub fn task(&mut self, title: &str) -> TaskId {
        self.create(CreateTask { title: title.into(), ..CreateTask::default() })
    }

    pub fn prioritized(&mut self, title: &str, priority: Priority) -> TaskId {
        self.create(CreateTask {
            title: title.into(),
            priority: priority.into(),
            ..CreateTask::default()
        })
    }

    pub fn child(&mut self, title: &str, parent: &TaskId) -> TaskId {
        self.create(CreateTask {
            title: title.into(),
            parent_task_id: Some(parent.clone()),
            ..CreateTask::default()
        })
    }

    fn create(&mut self, spec: CreateTask) -> TaskId {
        self.pass_time(1_000);
        let identifier = self.index.next_identifier();
        let spec = CreateTask { scope: Scope::Global.into(), identifier, ..spec };
        let id = self.manager.create_task(spec, &self.actor).unwrap().id;
        self.refresh();
        id
    }

    pub fn depends(&mut self, task: &TaskId, blocker: &TaskId) {
        let edge = AddDependency {
            task_id: task.clone(),
            depends_on_task_id: blocker.clone(),
            kind: DependencyKind::Blocks.into(),
        };
        self.manager.add_dependency(edge, &self.actor).unwrap();
    }

    pub fn start(&mut self, task: &TaskId) {
        self.pass_time(1_000);
        // Without a key of its own, a second start finds the run of the first.
        let key = format!("start-{}", self.clock.get());
        let request = ExecutionRequest { idempotency_key: key, ..ExecutionRequest::default() };
        self.manager.start_task(task, request, &self.actor).unwrap();
    }

    /// Queues a run of a task and claims it, in a session of its own.
    pub fn taken(&mut self, task: &TaskId) -> RunId {
        self.start(task);
        let queued = self.manager.store().list_runs_of_task(task);
        let run = queued.iter().find(|run| run.status == RunStatus::Queued).unwrap().id.clone();
        self.claim(&run)
    }

    /// Claims a queued run that nothing else stands before.
    pub fn claim(&mut self, run: &RunId) -> RunId {
        let session = format!("session-{run}");
        let criteria = ClaimCriteria {
            claimer_session_id: session.as_str().into(),
            ..ClaimCriteria::default()
        };
        let worker = ActorContext::derive_agent_session(&session).unwrap();
        let claim = self.manager.claim_next_run(criteria, &worker).unwrap();
        assert_eq!(claim.run.id, *run);
        run.clone()
    }

    /// Ends a claimed run with a result, which is JSON.
    pub fn finish(&mut self, run: &RunId, result: &str) {
        let token = self.manager.store().get_claim_token(run).unwrap();
        let completion = LeaseCompletion {
            run_id: run.clone(),
            claim_token: ClaimToken::clone(&token),
            result: RunResult { value: RawJson::from_text(result) },
            ..LeaseCompletion::default()
        };
        self.manager.complete_run_lease(completion, &self.actor).unwrap();
    }

    /// A run of a task that ended with a result.
    pub fn completed(&mut self, task: &TaskId, result: &str) -> RunId {
        let run = self.taken(task);
        self.finish(&run, result);
        run
    }

    /// The session that claimed a run.
    pub fn worker_of(&self, run: &RunId) -> String {
        self.run(run).claimed_by.unwrap().reference
    }

    /// Has a run reviewed in a round.
    pub fn request(&mut self, run: &RunId, review_round: i64) -> ReviewId {
        self.ask(RunReviewRequest { review_round, ..self.asking(run) })
    }

    /// Has a run reviewed once more.
    pub fn request_attempt(&mut self, run: &RunId, attempt: i64) -> ReviewId {
        self.ask(RunReviewRequest { attempt, ..self.asking(run) })
    }

    /// Has a run reviewed until some time.
    pub fn request_until(&mut self, run: &RunId, deadline_at: Option<Timestamp>) -> ReviewId {
        self.ask(RunReviewRequest { deadline_at, ..self.asking(run) })
    }

    fn asking(&self, run: &RunId) -> RunReviewRequest {
        let task_id = self.run(run).task_id;
        RunReviewRequest { task_id, run_id: run.clone(), ..RunReviewRequest::default() }
    }

    fn ask(&mut self, request: RunReviewRequest) -> ReviewId {
        self.pass_time(1_000);
        let answer = self.manager.request_run_review(request, &self.actor).unwrap();
        answer.review.review_id
    }

    /// Gives a review to a session.
    pub fn bind(&mut self, review: &ReviewId, session: &str) {
        let binding = BindRunReviewSessionRequest {
            review_id: review.clone(),
            session_id: session.into(),
            ..BindRunReviewSessionRequest::default()
        };
        self.manager.bind_run_review_session(binding, &self.actor).unwrap();
    }

    /// Rejects, and answers the run that continues the work.
    pub fn reject(&mut self, review: &ReviewId, missing: &[&str], guidance: &str) -> Option<RunId> {
        let verdict = RunReviewVerdict {
            missing_work: RawJson::from_value(missing).ok(),
            next_round_guidance: guidance.into(),
            ..verdict(RunReviewOutcome::Rejected)
        };
        self.record(review, verdict)
    }

    /// Approves.
    pub fn approve(&mut self, review: &ReviewId) {
        self.record(review, verdict(RunReviewOutcome::Approved));
    }

    /// Records another outcome.
    pub fn conclude(&mut self, review: &ReviewId, outcome: RunReviewOutcome) {
        self.record(review, verdict(outcome));
    }

    fn record(&mut self, review: &ReviewId, verdict: RunReviewVerdict) -> Option<RunId> {
        self.pass_time(1_000);
        let request = RecordRunReviewRequest {
            review_id: review.clone(),
            run_id: self.review(review).run_id,
            verdict,
        };
        let answer = self.manager.record_run_review(request, &self.actor).unwrap();
        answer.continuation_run.map(|run| run.id)
    }

    /// Sets how many attempts a task may have.
    pub fn limit(&mut self, task: &TaskId, max_attempts: i64) {
        let patch = Patch { max_attempts: Some(max_attempts), ..Patch::default() };
        self.manager.update_task(task, patch, &self.actor).unwrap();
    }

    /// A run as it is stored.
    pub fn run(&self, id: &RunId) -> Run {
        Run::clone(&self.manager.store().get_run(id).unwrap())
    }

    /// A review as it is stored.
    pub fn review(&self, id: &ReviewId) -> RunReview {
        RunReview::clone(&self.manager.store().get_review(id).unwrap())
    }

    /// Moves the clock on.
    pub fn pass_time(&mut self, milliseconds: i64) {
        self.clock.set(self.clock.get() + milliseconds);
    }

    /// Brings the index up to date with what was committed.
    pub fn refresh(&mut self) -> Touched {
        let sets = self.manager.take_changes();
        let changed: BTreeSet<TaskId> =
            sets.iter().flat_map(|set| changed_tasks(&set.changes)).collect();
        let touched = self.index.refresh(self.manager.store(), &changed);
        let fresh = BoardIndex::load(self.manager.store());
        assert_eq!(self.index, fresh, "refreshing gives what loading gives");
        touched
    }

    /// The titles in a column, in order.
    pub fn titles(&self, stage: taskloom_domain::stage::Stage) -> Vec<String> {
        self.index.column(stage).iter().map(|card| card.title.clone()).collect()
    }
}

fn verdict(outcome: RunReviewOutcome) -> RunReviewVerdict {
    RunReviewVerdict {
        outcome: outcome.into(),
        confidence: Some(0.9),
        reason: "seen".into(),
        delivery_id: format!("{outcome}-by-test"),
        ..RunReviewVerdict::default()
    }
}
