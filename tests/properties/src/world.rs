//! A board under test: plays commands against the real engine, and checks after
//! each what has to hold always.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use taskloom_domain::TaskError;
use taskloom_domain::actor::ActorContext;
use taskloom_domain::claim_token::CLAIM_TOKEN_PREFIX;
use taskloom_domain::dependency::{AddDependency, DependencyKind};
use taskloom_domain::error::{ErrorKind, Result};
use taskloom_domain::event::EventRecord;
use taskloom_domain::execution::{CancelTask, ExecutionRequest};
use taskloom_domain::force::{BulkForceRunRequest, ForceFailRun, ForceReleaseRun, RetryRunRequest};
use taskloom_domain::id::{ReviewId, RunId, Sequence, TaskId};
use taskloom_domain::import::{ImportPlan, ImportStatus, ImportTarget, ImportTask};
use taskloom_domain::lease::{
    ClaimCriteria, ExpiredLeaseRecovery, LeaseCompletion, LeaseFailure, LeaseHeartbeat,
    LeaseRelease, SessionLeaseRelease,
};
use taskloom_domain::manager::Manager;
use taskloom_domain::pause::{PauseTaskRequest, ResumeTaskRequest};
use taskloom_domain::profile::ExecutionProfile;
use taskloom_domain::query::Query;
use taskloom_domain::review::{
    BindRunReviewSessionRequest, RecordRunReviewRequest, ReviewPolicy, RunReviewOutcome,
    RunReviewRequest, RunReviewVerdict,
};
use taskloom_domain::run::{
    CancelRun, ClaimRun, EnqueueRun, RunBootRecovery, RunFailure, RunResult, RunStatus, StartRun,
};
use taskloom_domain::scheduler::{
    SchedulerDrainRequest, SchedulerPauseRequest, SchedulerResumeRequest,
};
use taskloom_domain::snooze::SnoozeUntil;
use taskloom_domain::store::{
    Change as StoreChange, ChangeSet, MemoryStore, Record, RecordStore, RunReviewStore, RunStore,
    WithPaused,
};
use taskloom_domain::task::{ApprovalPolicy, CreateTask, Patch, Priority, Scope};
use taskloom_domain::time::Duration;

use crate::board::Board;
use crate::hostile::exported;
use crate::script::{
    Change, Command, LeasePick, Mark, NewTask, ReviewPick, RunPick, Step, TaskSlot, Who, place,
};
use crate::surroundings::{CHANNEL, CountingIds, Rules, Surroundings, token};

/// A board under test.
pub struct World {
    manager: Manager,
    surroundings: Surroundings,
    /// The same board, made of the change-sets as a log would keep them.
    mirror: MemoryStore,
    /// The change-sets so far, oldest first.
    history: Vec<ChangeSet>,
    /// Every run ever queued, in order.
    runs: Vec<RunId>,
    /// Every claim ever made under a lease: its run.
    claims: Vec<RunId>,
    /// The same for every claim of any kind.
    taken: Vec<RunId>,
    reviews: Vec<ReviewId>,
    newest_event: Sequence,
    events: BTreeMap<Sequence, Arc<EventRecord>>,
}

impl World {
    /// An empty board.
    pub fn new(rules: Rules) -> Self {
        let surroundings = Surroundings::default();
        let options = surroundings.options(rules, CountingIds::default());
        Self {
            manager: Manager::new(MemoryStore::default(), options),
            surroundings,
            mirror: MemoryStore::default(),
            history: Vec::new(),
            runs: Vec::new(),
            claims: Vec::new(),
            taken: Vec::new(),
            reviews: Vec::new(),
            newest_event: Sequence::ZERO,
            events: BTreeMap::new(),
        }
    }

    /// The board as it is.
    pub fn store(&self) -> &MemoryStore {
        self.manager.store()
    }

    /// Every run ever queued, in order.
    pub fn runs(&self) -> &[RunId] {
        &self.runs
    }

    /// Plays one step and checks the board after it.
    ///
    /// # Errors
    ///
    /// The refusal of the engine.
    ///
    /// # Panics
    ///
    /// Where the engine breaks a rule.
    pub fn play(&mut self, step: &Step) -> Result<()> {
        let now = self.surroundings.now();
        let is_stale = step.command.lease().is_some_and(|lease| {
            let (run, token) = self.lease(lease);
            !Board::of(self.store()).holds(&run, &token, now)
        });
        let answer = self.perform(step.command, &step.who.context());
        let change_sets = self.manager.take_changes();
        if let Err(refusal) = &answer {
            let text = format!("{refusal} {refusal:?}");
            assert!(!text.contains(CLAIM_TOKEN_PREFIX), "an error shows a token: {text}");
            let may_keep = step.command.keeps_decisions() && step.who != Who::Onlooker;
            assert!(may_keep || change_sets.is_empty(), "refused, but changed: {refusal}");
        }
        assert!(!is_stale || answer.is_err(), "a stale token is accepted");
        assert!(!is_stale || change_sets.is_empty(), "a stale token changes something");
        for change_set in change_sets {
            self.follow(change_set);
        }
        assert!(*self.store() == self.mirror, "the change-sets lead to another board");
        Board::of(self.store()).check(self.surroundings.now());
        answer
    }

    /// Applies a change-set to the mirror, as it would come out of a log; takes it
    /// back; applies it again.
    fn follow(&mut self, change_set: ChangeSet) {
        self.check_numbers(&change_set);
        let text = serde_json::to_string(&change_set).expect("a change-set has a JSON form");
        let read: ChangeSet = serde_json::from_str(&text).expect("its JSON form is read again");
        assert_eq!(read.changes, change_set.changes, "a change-set and its JSON form");
        check_secrecy(&change_set, &text);
        let before = self.mirror.clone();
        self.mirror.apply(&read.changes);
        self.mirror.apply(&change_set.inverse);
        assert!(self.mirror == before, "the inverse does not lead back");
        self.mirror.apply(&read.changes);
        self.meet(&change_set);
        self.history.push(change_set);
    }

    /// Learns of new runs and reviews.
    fn meet(&mut self, change_set: &ChangeSet) {
        for change in &change_set.changes {
            match change {
                StoreChange::Put(Record::Run(run)) if !self.runs.contains(&run.id) => {
                    self.runs.push(run.id.clone());
                }
                StoreChange::Put(Record::Review(review))
                    if !self.reviews.contains(&review.review_id) =>
                {
                    self.reviews.push(review.review_id.clone());
                }
                _ => {}
            }
        }
    }

    fn check_numbers(&mut self, change_set: &ChangeSet) {
        for event in change_set.events() {
            let (number, newest) = (event.sequence, self.newest_event);
            if self.events.get(&number).is_some_and(|known| known == event) {
                // A deleted task comes back with its log as it was.
                continue;
            }
            assert!(number > newest, "event {number:?} comes after {newest:?}");
            self.newest_event = number;
            self.events.insert(number, event.clone());
        }
    }

    /// Checks what can only be seen when the script is over.
    ///
    /// # Panics
    ///
    /// Where the engine breaks a rule.
    pub fn finish(self) {
        let records: Vec<Record> = self.store().records().collect();
        let rebuilt = MemoryStore::from_records(records.into_iter().rev());
        assert!(*self.store() == rebuilt, "the records make another board");
        for copy in [&rebuilt, &self.mirror] {
            assert_eq!(answers(self.store()), answers(copy), "the lists of equal boards");
        }
        let mut replayed = MemoryStore::default();
        for change_set in &self.history {
            replayed.apply(&change_set.changes);
        }
        assert!(*self.store() == replayed, "all change-sets lead to another board");
        for change_set in self.history.iter().rev() {
            replayed.apply(&change_set.inverse);
        }
        assert!(replayed == MemoryStore::default(), "all inverses leave something behind");
        let document = exported(self.store());
        assert!(!document.contains(CLAIM_TOKEN_PREFIX), "an export shows a token: {document}");
    }

    fn run(&self, pick: RunPick) -> RunId {
        match pick {
            RunPick::Queued(pick) => picked(&self.runs, pick),
            RunPick::Taken(pick) => picked(&self.taken, pick),
        }
        .cloned()
        .unwrap_or_else(|| RunId::new("run-none"))
    }

    fn review(&self, pick: ReviewPick) -> (ReviewId, RunId) {
        let Some(id) = picked(&self.reviews, pick.0) else {
            return (ReviewId::new("review-none"), RunId::new("run-none"));
        };
        let run = self.store().get_review(id).map(|review| review.run_id.clone());
        (id.clone(), run.unwrap_or_else(|| RunId::new("run-none")))
    }

    fn lease(&self, pick: LeasePick) -> (RunId, taskloom_domain::ClaimToken) {
        let run = picked(&self.claims, pick.run).cloned();
        let number = place(pick.token, self.claims.len()).map_or(200, |claim| claim + 1);
        let number = u8::try_from(number).expect("a script makes few claims");
        (run.unwrap_or_else(|| RunId::new("run-none")), token(number))
    }

    fn perform(&mut self, command: Command, actor: &ActorContext) -> Result<()> {
        let key = || "key".to_owned();
        match command {
            Command::Create(task) => self.create(task, actor),
            Command::Delete(task) => self.manager.delete_task(&id(task), actor),
            Command::Publish(task) => {
                let request = ExecutionRequest::default();
                self.manager.publish_task(&id(task), request, actor).map(drop)
            }
            Command::Start(task) => {
                let request = ExecutionRequest::default();
                self.manager.start_task(&id(task), request, actor).map(drop)
            }
            Command::Approve(task) => {
                let request = ExecutionRequest::default();
                self.manager.approve_task(&id(task), request, actor).map(drop)
            }
            Command::Reject(task) => self.manager.reject_task(&id(task), actor).map(drop),
            Command::CancelTask(task) => {
                let request = CancelTask::default();
                self.manager.cancel_task(&id(task), request, actor).map(drop)
            }
            Command::Pause(task) => {
                let request =
                    PauseTaskRequest { reason: "lunch".to_owned(), ..PauseTaskRequest::default() };
                self.manager.pause_task(&id(task), request, actor).map(drop)
            }
            Command::Resume(task) => {
                let request = ResumeTaskRequest::default();
                self.manager.resume_task(&id(task), request, actor).map(drop)
            }
            Command::AddDependency { task, on } => {
                let edge = AddDependency {
                    task_id: id(task),
                    depends_on_task_id: id(on),
                    kind: DependencyKind::Blocks.into(),
                };
                self.manager.add_dependency(edge, actor)
            }
            Command::RemoveDependency { task, on } => {
                self.manager.remove_dependency(&id(task), &id(on), actor)
            }
            Command::Enqueue { task, key } => {
                let request = EnqueueRun {
                    task_id: id(task),
                    idempotency_key: key.map_or_else(String::new, |key| format!("key-{key}")),
                    ..EnqueueRun::default()
                };
                self.manager.enqueue_run(request, actor).map(drop)
            }
            Command::ClaimNext { worker, seconds } => {
                let criteria = ClaimCriteria {
                    claimer_session_id: worker.session().into(),
                    lease_duration: Duration::from_secs(seconds.into()),
                    ..ClaimCriteria::default()
                };
                let actor = if actor.authority.write { &worker.context() } else { actor };
                let claim = self.manager.claim_next_run(criteria, actor)?;
                assert_eq!(
                    claim.claim_token,
                    token(self.surroundings.secrets()),
                    "the newest secret is the token"
                );
                self.taken.push(claim.run.id.clone());
                self.claims.push(claim.run.id);
                // Refused claims may have used secrets up: the claims are counted.
                self.surroundings.set_secrets(
                    u8::try_from(self.claims.len()).expect("a script makes few claims"),
                );
                Ok(())
            }
            Command::ClaimRun(run) => {
                let request = ClaimRun { idempotency_key: key() };
                let run = self.manager.claim_run(&self.run(run), request, actor)?;
                self.taken.push(run.id);
                Ok(())
            }
            Command::StartRun(run) => {
                let request = StartRun { idempotency_key: key() };
                self.manager.start_run(&self.run(run), request, actor).map(drop)
            }
            Command::Heartbeat { lease, seconds } => {
                let (run_id, claim_token) = self.lease(lease);
                let lease_duration = Duration::from_secs(seconds.into());
                let request = LeaseHeartbeat { run_id, claim_token, lease_duration, now: None };
                self.manager.heartbeat_run_lease(request, actor).map(drop)
            }
            Command::Release(lease) => {
                let (run_id, claim_token) = self.lease(lease);
                let request = LeaseRelease { run_id, claim_token, ..LeaseRelease::default() };
                self.manager.release_run_lease(request, actor).map(drop)
            }
            Command::CompleteLease(lease) => {
                let (run_id, claim_token) = self.lease(lease);
                let request = LeaseCompletion { run_id, claim_token, ..LeaseCompletion::default() };
                self.manager.complete_run_lease(request, actor).map(drop)
            }
            Command::FailLease(lease) => {
                let (run_id, claim_token) = self.lease(lease);
                let request = LeaseFailure { run_id, claim_token, failure: failure(), now: None };
                self.manager.fail_run_lease(request, actor).map(drop)
            }
            Command::CompleteRun(run) => {
                let result = RunResult::default();
                self.manager.complete_run(&self.run(run), result, actor).map(drop)
            }
            Command::FailRun(run) => {
                self.manager.fail_run(&self.run(run), failure(), actor).map(drop)
            }
            Command::CancelRun(run) => {
                let request = CancelRun::default();
                self.manager.cancel_run(&self.run(run), request, actor).map(drop)
            }
            Command::Retry(run) => {
                let request = RetryRunRequest::default();
                self.manager.retry_run(&self.run(run), request, actor).map(drop)
            }
            Command::ForceRelease(run) => {
                let request = ForceReleaseRun::default();
                self.manager.force_release_run(&self.run(run), request, actor).map(drop)
            }
            Command::ForceFail(run) => {
                let request = ForceFailRun { reason: "stuck".to_owned(), metadata: None };
                self.manager.force_fail_run(&self.run(run), request, actor).map(drop)
            }
            Command::RecoverExpired => {
                let request = ExpiredLeaseRecovery::default();
                self.manager.recover_expired_run_leases(request, actor).map(drop)
            }
            Command::ReleaseSession(worker) => {
                let session_id = worker.session().into();
                let request = SessionLeaseRelease { session_id, ..SessionLeaseRelease::default() };
                self.manager.release_session_run_leases(request, actor).map(drop)
            }
            Command::PauseScheduler => {
                self.manager.pause_scheduler(SchedulerPauseRequest::default(), actor).map(drop)
            }
            Command::ResumeScheduler => {
                self.manager.resume_scheduler(SchedulerResumeRequest::default(), actor).map(drop)
            }
            Command::Wait(seconds) => {
                self.surroundings.wait(seconds);
                Ok(())
            }
            Command::Break(part) => {
                self.surroundings.breaks(Some(part));
                Ok(())
            }
            Command::Repair => {
                self.surroundings.breaks(None);
                Ok(())
            }
            Command::TurnChannel => {
                self.surroundings.turn_channel();
                Ok(())
            }
            other => self.perform_rare(other, actor),
        }
    }

    /// The commands that the model does not know.
    fn perform_rare(&mut self, command: Command, actor: &ActorContext) -> Result<()> {
        match command {
            Command::Update { task, change } => {
                self.manager.update_task(&id(task), patch(change), actor).map(drop)
            }
            Command::Triage { task, mark } => {
                let task = id(task);
                match mark {
                    Mark::Read => self.manager.mark_task_read(&task, actor).map(drop),
                    Mark::Archived => self.manager.archive_task(&task, actor).map(drop),
                    Mark::Dismissed => self.manager.dismiss_task(&task, actor).map(drop),
                    Mark::Unread => self.manager.mark_task_unread(&task, actor).map(drop),
                }
            }
            Command::Snooze { task, on } => {
                let until = SnoozeUntil::Resolved(id(on));
                self.manager.snooze_task(&id(task), until, actor).map(drop)
            }
            Command::Wake(task) => self.manager.wake_task(&id(task), actor),
            Command::Trash(task) => self.manager.delete_to_trash(&id(task), actor),
            Command::Restore(task) => self.manager.restore_from_trash(&id(task), actor).map(drop),
            Command::PurgeTrash => self.manager.purge_trash(actor).map(drop),
            Command::SetProfile(task) => {
                let profile = ExecutionProfile::default_for(&id(task));
                self.manager.set_execution_profile(&id(task), Some(profile), actor).map(drop)
            }
            Command::DeleteProfile(task) => self.manager.delete_execution_profile(&id(task), actor),
            Command::Attach { run, worker } => {
                let session = worker.session().into();
                self.manager.attach_run_session(&self.run(run), &session, actor).map(drop)
            }
            Command::Boot { run, action } => {
                let request =
                    RunBootRecovery { action: action.into(), ..RunBootRecovery::default() };
                self.manager.recover_run_on_boot(&self.run(run), request, actor).map(drop)
            }
            Command::BulkRelease(one, other) => {
                let request = self.bulk(one, other);
                self.manager.bulk_force_release_runs(request, actor).map(drop)
            }
            Command::BulkFail(one, other) => {
                let request = self.bulk(one, other);
                self.manager.bulk_force_fail_runs(request, actor).map(drop)
            }
            Command::Drain => {
                let request = SchedulerDrainRequest::default();
                self.manager.drain_scheduler(request, actor, |_, _| {}).map(drop)
            }
            Command::RequestReview(run) => {
                let run_id = self.run(run);
                let run = self.store().get_run(&run_id);
                let task_id = run.map_or_else(|| id(TaskSlot(0)), |run| run.task_id.clone());
                let request = RunReviewRequest { task_id, run_id, ..RunReviewRequest::default() };
                self.manager.request_run_review(request, actor).map(drop)
            }
            Command::BindReview { review, worker } => {
                let request = BindRunReviewSessionRequest {
                    review_id: self.review(review).0,
                    session_id: worker.session().into(),
                    ..BindRunReviewSessionRequest::default()
                };
                self.manager.bind_run_review_session(request, actor).map(drop)
            }
            Command::Approved(review) => self.judge(review, RunReviewOutcome::Approved, actor),
            Command::Rejected(review) => self.judge(review, RunReviewOutcome::Rejected, actor),
            Command::Blocked(review) => self.judge(review, RunReviewOutcome::Blocked, actor),
            Command::ReviewFailed(review) => self.judge(review, RunReviewOutcome::Error, actor),
            Command::SetReviewPolicy { task, on } => {
                let policy = on.then_some(ReviewPolicy::Always);
                self.manager.set_review_policy(&id(task), policy, actor).map(drop)
            }
            Command::ExpireReviews => self.manager.expire_reviews(actor).map(drop),
            Command::RequestRequiredReviews => {
                self.manager.request_required_reviews(actor).map(drop)
            }
            Command::Import { finished, dependent } => self.import(finished, dependent, actor),
            modelled => unreachable!("{modelled:?} is performed elsewhere"),
        }
    }

    fn create(&mut self, task: NewTask, actor: &ActorContext) -> Result<()> {
        let spec = CreateTask {
            parent_task_id: None,
            draft: task.draft,
            approval_policy: approval(task.manual).into(),
            max_attempts: Some(task.max_attempts.into()),
            auto_enqueue_on_ready: task.auto_enqueue,
            network_channel: if task.channel { CHANNEL.to_owned() } else { String::new() },
            ..new_task(task.slot)
        };
        match task.parent {
            None => self.manager.create_task(spec, actor),
            Some(parent) => self.manager.create_child_task(&id(parent), spec, actor),
        }
        .map(drop)
    }

    fn bulk(&self, one: RunPick, other: RunPick) -> BulkForceRunRequest {
        let run_ids = vec![self.run(one), self.run(other)];
        BulkForceRunRequest { run_ids, reason: "stuck".to_owned(), metadata: None }
    }

    fn judge(
        &mut self,
        review: ReviewPick,
        outcome: RunReviewOutcome,
        actor: &ActorContext,
    ) -> Result<()> {
        let (review_id, run_id) = self.review(review);
        let missing = match outcome {
            RunReviewOutcome::Rejected => json!(["tests"]),
            _ => json!([]),
        };
        let verdict = RunReviewVerdict {
            outcome: outcome.into(),
            confidence: Some(1.0),
            reason: "read it".to_owned(),
            delivery_id: format!("delivery-{review_id}"),
            missing_work: taskloom_domain::RawJson::from_text(&missing.to_string()),
            next_round_guidance: "go on".to_owned(),
            review_text: String::new(),
        };
        let request = RecordRunReviewRequest { review_id, run_id, verdict };
        self.manager.record_run_review(request, actor).map(drop)
    }

    /// A finished task and one that waits for it and for another.
    fn import(
        &mut self,
        finished: TaskSlot,
        dependent: TaskSlot,
        actor: &ActorContext,
    ) -> Result<()> {
        let line = |slot, status, blockers| ImportTask {
            key: id(slot).to_string(),
            task: new_task(slot),
            parent: None,
            blockers,
            status,
            created_at: None,
            updated_at: None,
            closed_at: None,
        };
        let blocker = ImportTarget::Planned(id(finished).to_string());
        let present = self.store().get_task(&id(TaskSlot(0))).map(|task| task.id.clone());
        let blockers = [blocker].into_iter().chain(present.map(ImportTarget::Existing)).collect();
        let tasks = vec![
            line(finished, ImportStatus::Completed, Vec::new()),
            line(dependent, ImportStatus::Ready, blockers),
        ];
        self.manager.import_tasks(&ImportPlan { tasks }, actor).map(drop)
    }
}

/// The name of a task.
pub fn id(slot: TaskSlot) -> TaskId {
    TaskId::new(format!("task-{}", slot.0))
}

fn new_task(slot: TaskSlot) -> CreateTask {
    CreateTask {
        id: Some(id(slot)),
        scope: Scope::Global.into(),
        title: format!("Task {}", slot.0),
        ..CreateTask::default()
    }
}

fn approval(manual: bool) -> ApprovalPolicy {
    if manual { ApprovalPolicy::Manual } else { ApprovalPolicy::None }
}

fn failure() -> RunFailure {
    RunFailure { error: "broken".to_owned(), metadata: None }
}

fn patch(change: Change) -> Patch {
    let patch = Patch::default();
    match change {
        Change::Title => Patch { title: Some("Another title".to_owned()), ..patch },
        Change::NothingNew => Patch { description: Some(String::new()), ..patch },
        Change::MaxAttempts(count) => Patch { max_attempts: Some(count.into()), ..patch },
        Change::ManualApproval => {
            Patch { approval_policy: Some(ApprovalPolicy::Manual.into()), ..patch }
        }
        Change::NoApproval => Patch { approval_policy: Some(ApprovalPolicy::None.into()), ..patch },
        Change::UrgentPriority => Patch { priority: Some(Priority::Urgent.into()), ..patch },
        Change::AutoEnqueue(wish) => Patch { auto_enqueue_on_ready: Some(wish), ..patch },
        Change::Nothing => patch,
    }
}

fn picked<T>(list: &[T], number: u8) -> Option<&T> {
    list.get(place(number, list.len())?)
}

/// Raw tokens stand in their own records and nowhere else.
fn check_secrecy(change_set: &ChangeSet, text: &str) {
    let is_token =
        |change: &&StoreChange| matches!(change, StoreChange::Put(Record::ClaimToken(..)));
    let tokens = change_set.changes.iter().filter(is_token).count();
    assert_eq!(text.matches(CLAIM_TOKEN_PREFIX).count(), tokens, "a record shows a token: {text}");
}

/// What a store answers out of its indexes.
fn answers(store: &MemoryStore) -> Vec<String> {
    let tasks = store.list_tasks(&Query::default());
    let mut lists = vec![
        names(&tasks, |task| task.id.as_str()),
        names(&store.list_backlog(None, WithPaused::No), |run| run.id.as_str()),
        names(&store.list_backlog(None, WithPaused::Yes), |run| run.id.as_str()),
    ];
    for status in [RunStatus::Queued, RunStatus::Claimed, RunStatus::Running, RunStatus::Failed] {
        lists.push(names(&store.list_runs_by_status(&[status]), |run| run.id.as_str()));
        lists.push(store.count_runs_by_status(status).to_string());
    }
    for task in &tasks {
        lists.push(names(&store.list_runs_of_task(&task.id), |run| run.id.as_str()));
        lists.push(names(&store.list_children(&task.id), |child| child.id.as_str()));
        lists.push(format!("{:?}", store.last_activity_at(&task.id)));
    }
    lists
}

fn names<T>(list: &[T], name: impl Fn(&T) -> &str) -> String {
    list.iter().map(name).collect::<Vec<_>>().join(" ")
}

/// The kind of a refusal, for comparison.
pub fn kind(answer: &Result<(), TaskError>) -> Option<ErrorKind> {
    answer.as_ref().err().map(TaskError::kind)
}
