//! What holds on every board at every moment, read from its records alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use taskloom_domain::claim_token::ClaimToken;
use taskloom_domain::event::EventRecord;
use taskloom_domain::id::{RunId, Sequence, SessionId, TaskId};
use taskloom_domain::run::{Run, RunStatus};
use taskloom_domain::store::{MemoryStore, Record};
use taskloom_domain::task::{ApprovalPolicy, ApprovalState, Status, Task};
use taskloom_domain::time::Timestamp;

/// The records of a board, by kind.
#[derive(Debug, Default)]
pub struct Board {
    /// Tasks.
    pub tasks: BTreeMap<TaskId, Arc<Task>>,
    /// Runs.
    pub runs: BTreeMap<RunId, Arc<Run>>,
    /// What each task waits for.
    pub blockers: BTreeMap<TaskId, BTreeSet<TaskId>>,
    /// Raw tokens.
    pub tokens: BTreeMap<RunId, Arc<ClaimToken>>,
    /// The log, in the store's order.
    pub events: Vec<Arc<EventRecord>>,
    /// The event counter.
    pub latest_sequence: Sequence,
    /// The tasks that other records belong to.
    owners: BTreeSet<TaskId>,
}

impl Board {
    /// Reads a store.
    pub fn of(store: &MemoryStore) -> Self {
        let mut board = Self::default();
        for record in store.records() {
            board.add(record);
        }
        board
    }

    fn add(&mut self, record: Record) {
        match record {
            Record::Task(task) => {
                self.tasks.insert(task.id.clone(), task);
            }
            Record::Run(run) => {
                self.runs.insert(run.id.clone(), run);
            }
            Record::Dependency(edge) => {
                let blockers = self.blockers.entry(edge.task_id.clone()).or_default();
                blockers.insert(edge.depends_on_task_id.clone());
            }
            Record::ClaimToken(run, token) => {
                self.tokens.insert(run, token);
            }
            Record::Event(event) => self.events.push(event),
            Record::LatestSequence(sequence) => self.latest_sequence = sequence,
            Record::Triage(state) => {
                self.owners.insert(state.task_id.clone());
            }
            Record::Profile(profile) => {
                self.owners.insert(profile.task_id.clone());
            }
            Record::Review(review) => {
                self.owners.insert(review.task_id.clone());
            }
            Record::ReviewGate(gate) => {
                self.owners.insert(gate.task_id.clone());
            }
            Record::Snooze(snooze) => {
                self.owners.insert(snooze.task_id.clone());
            }
            Record::Trash(_)
            | Record::Idempotency(_)
            | Record::Channel(_)
            | Record::Scheduler(_) => {}
        }
    }

    /// Checks everything.
    ///
    /// # Panics
    ///
    /// At the first rule that is broken, naming it.
    pub fn check(&self, now: Timestamp) {
        self.check_records();
        self.check_leases(now);
    }

    /// Checks everything but leases, which callers may bend by naming instants of
    /// their own.
    ///
    /// # Panics
    ///
    /// At the first rule that is broken, naming it.
    pub fn check_records(&self) {
        self.check_owners();
        self.check_graphs();
        self.check_tasks();
        self.check_runs();
        self.check_log();
    }

    fn check_owners(&self) {
        let of_edges = self.blockers.iter().flat_map(|(task, on)| on.iter().chain([task]));
        let of_runs = self.runs.values().map(|run| &run.task_id);
        let of_events = self.events.iter().map(|record| &record.event.task_id);
        for task in of_edges.chain(of_runs).chain(of_events).chain(&self.owners) {
            assert!(self.tasks.contains_key(task), "a record belongs to {task}, which is gone");
        }
    }

    fn check_graphs(&self) {
        for task in self.tasks.values() {
            assert!(!self.waits_for(&task.id, &task.id), "{} waits for itself", task.id);
            let mut above = BTreeSet::new();
            let mut next = task.parent_task_id.as_ref();
            while let Some(parent) = next {
                assert!(above.insert(parent), "{} lies under itself", task.id);
                let parent = self.tasks.get(parent).expect("a parent exists");
                next = parent.parent_task_id.as_ref();
            }
        }
    }

    /// Whether there is a path of at least one edge.
    pub fn waits_for(&self, task: &TaskId, blocker: &TaskId) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![task];
        while let Some(task) = open.pop() {
            for next in self.blockers.get(task).into_iter().flatten() {
                if next == blocker {
                    return true;
                }
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
        false
    }

    fn runs_of(&self, task: &TaskId) -> impl Iterator<Item = &Run> {
        self.runs.values().map(AsRef::as_ref).filter(move |run| run.task_id == *task)
    }

    fn check_tasks(&self) {
        for task in self.tasks.values() {
            task.validate().expect("a stored task is valid");
            assert_eq!(task.status, self.derived_status(task), "the status of {}", task.id);
            let active = self.runs_of(&task.id).find(|run| run.status.is_active());
            assert_eq!(
                task.current_run_id.as_ref(),
                active.map(|run| &run.id),
                "the current run of {}",
                task.id
            );
        }
    }

    /// The status that a task has to have, from its own record, its runs and its
    /// blockers.
    fn derived_status(&self, task: &Task) -> Status {
        if matches!(task.status, Status::Canceled | Status::Draft) {
            return task.status;
        }
        let runs: Vec<&Run> = self.runs_of(&task.id).collect();
        let undecided = task.approval_policy == ApprovalPolicy::Manual
            && task.approval_state != ApprovalState::Approved;
        let waits = self
            .blockers
            .get(&task.id)
            .into_iter()
            .flatten()
            .any(|blocker| self.derived_status(&self.tasks[blocker]) != Status::Completed);
        let open = if undecided || waits { Status::Blocked } else { Status::Ready };
        let any = |statuses: &[RunStatus]| runs.iter().any(|run| statuses.contains(&run.status));
        if any(&[RunStatus::Starting, RunStatus::Running]) {
            return Status::InProgress;
        }
        if any(&[RunStatus::Queued, RunStatus::Claimed]) {
            return open;
        }
        let spent = runs.iter().map(|run| run.attempt).max().unwrap_or(0) >= task.max_attempts;
        match runs.iter().max_by_key(|run| (run.attempt, run.queued_at, &run.id)) {
            None if task.status.is_terminal() => task.status,
            None => open,
            Some(run) => match run.status {
                RunStatus::Completed => Status::Completed,
                RunStatus::Canceled => Status::Canceled,
                RunStatus::Failed if spent => Status::Failed,
                _ => open,
            },
        }
    }

    fn check_runs(&self) {
        let mut attempts = BTreeSet::new();
        for run in self.runs.values() {
            run.validate().expect("a stored run is valid");
            assert!(attempts.insert((&run.task_id, run.attempt)), "{} repeats an attempt", run.id);
        }
        for task in self.tasks.keys() {
            let open = self.runs_of(task).filter(|run| run.status.is_open()).count();
            assert!(open <= 1, "{task} has {open} open runs");
        }
    }

    /// Whether a run is held under a lease that has not ended.
    pub fn has_live_lease(run: &Run, now: Timestamp) -> bool {
        run.status.is_active()
            && run.claim_token_hash.is_some()
            && run.lease_until.is_some_and(|end| end > now)
    }

    /// Whether this token holds the live lease of this run.
    pub fn holds(&self, run: &RunId, token: &ClaimToken, now: Timestamp) -> bool {
        self.runs.get(run).is_some_and(|run| {
            Self::has_live_lease(run, now)
                && run.claim_token_hash.as_ref().is_some_and(|hash| hash.verify(token))
        })
    }

    fn check_leases(&self, now: Timestamp) {
        let mut sessions: BTreeSet<&SessionId> = BTreeSet::new();
        for run in self.runs.values() {
            let id = &run.id;
            if Self::has_live_lease(run, now) {
                let session = run.session_id.as_ref().expect("a lease is held by a session");
                assert!(sessions.insert(session), "{session} holds two live leases");
            }
            let leased = run.status.is_active() && run.lease_until.is_some();
            let token = self.tokens.get(id);
            assert_eq!(leased, token.is_some(), "the raw token of {id} lives with its lease");
            if let (Some(token), Some(hash)) = (token, &run.claim_token_hash) {
                assert_eq!(hash.digits(), token.hash().expect("a token").digits(), "hash of {id}");
            }
            if run.status == RunStatus::Queued {
                assert!(run.claim_token_hash.is_none() && run.session_id.is_none(), "queued {id}");
            }
        }
        let stray = self.tokens.keys().find(|run| !self.runs.contains_key(*run));
        assert_eq!(stray, None, "a raw token outlives its run");
    }

    fn check_log(&self) {
        let numbers: Vec<Sequence> = self.events.iter().map(|record| record.sequence).collect();
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "event numbers: {numbers:?}");
        assert!(numbers.last().is_none_or(|last| *last <= self.latest_sequence), "event counter");
        let mut newest: BTreeMap<&TaskId, Sequence> = BTreeMap::new();
        for record in &self.events {
            newest.insert(&record.event.task_id, record.sequence);
        }
        for task in self.tasks.values() {
            let expected = newest.get(&task.id).copied().unwrap_or(Sequence::ZERO);
            assert_eq!(task.latest_event_seq, expected, "the newest event of {}", task.id);
        }
    }
}
