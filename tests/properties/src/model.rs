//! A second engine, as small as the rules allow: no indexes, no records, no
//! events, every answer computed anew. It foretells what the engine answers to a
//! command and how the board stands after it.

use std::collections::{BTreeMap, BTreeSet};

use taskloom_domain::error::ErrorKind;
use taskloom_domain::run::RunStatus;
use taskloom_domain::task::Status;
use taskloom_domain::time::Timestamp;

use crate::board::Board;
use crate::script::{Command, LeasePick, NewTask, RunPick, TaskSlot, Worker, place};
use crate::world::{World, id};

#[derive(Debug)]
struct Task {
    parent: Option<TaskSlot>,
    draft: bool,
    canceled: bool,
    manual: bool,
    /// What was decided, if it was.
    approved: Option<bool>,
    paused: bool,
    max_attempts: u8,
}

#[derive(Debug)]
struct Run {
    /// `None` once the task is deleted.
    task: Option<TaskSlot>,
    status: RunStatus,
    attempt: u8,
    queued_at: u32,
    /// The worker that claimed it, as long as its session is bound.
    worker: Option<Worker>,
    /// Which claim's token fits.
    claim: Option<usize>,
    lease_end: Option<u32>,
    retried: bool,
}

/// The board as the model sees it.
#[derive(Debug, Default)]
pub struct Model {
    now: u32,
    tasks: BTreeMap<TaskSlot, Task>,
    edges: BTreeSet<(TaskSlot, TaskSlot)>,
    runs: Vec<Run>,
    /// The run of every claim under a lease.
    claims: Vec<usize>,
    /// The same for every claim of any kind.
    taken: Vec<usize>,
    keys: BTreeMap<String, usize>,
    scheduler_paused: bool,
}

type Verdict = Result<(), ErrorKind>;

const NOT_NOW: Verdict = Err(ErrorKind::InvalidStatusTransition);

fn require(holds: bool, otherwise: ErrorKind) -> Verdict {
    if holds { Ok(()) } else { Err(otherwise) }
}

fn now_only_if(holds: bool) -> Verdict {
    require(holds, ErrorKind::InvalidStatusTransition)
}

impl Model {
    /// Carries out a command of the person, and says how the engine will answer.
    ///
    /// # Errors
    ///
    /// The kind of the refusal.
    pub fn perform(&mut self, command: Command) -> Verdict {
        let answer = self.decide(command);
        let canceled: Vec<TaskSlot> = self
            .tasks
            .keys()
            .copied()
            .filter(|task| self.status(*task) == Status::Canceled)
            .collect();
        for task in canceled {
            // For good: no later run brings the task back.
            self.task_mut(task)?.canceled = true;
        }
        answer
    }

    fn decide(&mut self, command: Command) -> Verdict {
        match command {
            Command::Create(task) => self.create(task),
            Command::Delete(task) => self.delete(task),
            Command::Publish(task) => self.publish(task),
            Command::Start(task) => self.start_task(task),
            Command::Approve(task) => self.approve(task),
            Command::Reject(task) => self.settle(task, false),
            Command::CancelTask(task) => self.cancel_task(task),
            Command::Pause(task) => {
                self.task(task)?;
                now_only_if(!self.status(task).is_terminal())?;
                self.task_mut(task)?.paused = true;
                Ok(())
            }
            Command::Resume(task) => {
                self.task_mut(task)?.paused = false;
                Ok(())
            }
            Command::AddDependency { task, on } => self.add_edge(task, on),
            Command::RemoveDependency { task, on } => {
                require(self.edges.remove(&(task, on)), ErrorKind::TaskDependencyNotFound)
            }
            Command::Enqueue { task, key } => {
                self.enqueue(task, key.map(|key| format!("key-{key}")))
            }
            Command::ClaimNext { worker, seconds } => self.claim_next(worker, seconds),
            Command::ClaimRun(run) => {
                let run = self.executable(run)?;
                now_only_if(self.runs[run].status == RunStatus::Queued)?;
                self.runs[run].status = RunStatus::Claimed;
                self.taken.push(run);
                Ok(())
            }
            Command::StartRun(run) => {
                let run = self.executable(run)?;
                now_only_if(self.runs[run].status == RunStatus::Claimed)?;
                self.runs[run].status = RunStatus::Running;
                self.runs[run].worker = None;
                Ok(())
            }
            Command::Heartbeat { lease, seconds } => {
                let run = self.fenced(lease)?;
                self.runs[run].lease_end = Some(self.now + u32::from(seconds));
                Ok(())
            }
            Command::Release(lease) => self.fenced(lease).map(|run| self.requeue(run)),
            Command::CompleteLease(lease) => {
                self.fenced(lease).map(|run| self.end(run, RunStatus::Completed))
            }
            Command::FailLease(lease) => {
                self.fenced(lease).map(|run| self.end(run, RunStatus::Failed))
            }
            Command::CompleteRun(run) => {
                let run = self.unfenced(run)?;
                now_only_if(self.runs[run].status == RunStatus::Running)?;
                self.end(run, RunStatus::Completed);
                Ok(())
            }
            Command::FailRun(run) => {
                let run = self.unfenced(run)?;
                let status = self.runs[run].status;
                now_only_if(matches!(status, RunStatus::Starting | RunStatus::Running))?;
                self.end(run, RunStatus::Failed);
                Ok(())
            }
            Command::CancelRun(run) => {
                let run = self.run(run)?;
                now_only_if(self.runs[run].status.is_open())?;
                self.end(run, RunStatus::Canceled);
                Ok(())
            }
            Command::Retry(run) => self.retry(run),
            Command::ForceRelease(run) => {
                let run = self.run(run)?;
                now_only_if(self.runs[run].status == RunStatus::Claimed)?;
                self.requeue(run);
                Ok(())
            }
            Command::ForceFail(run) => {
                let run = self.run(run)?;
                let status = self.runs[run].status;
                now_only_if(matches!(status, RunStatus::Queued | RunStatus::Claimed))?;
                self.end(run, RunStatus::Failed);
                self.runs[run].claim = None;
                Ok(())
            }
            Command::RecoverExpired => {
                let now = self.now;
                self.requeue_where(|run| run.lease_end.is_some_and(|end| end <= now));
                Ok(())
            }
            Command::ReleaseSession(worker) => {
                self.requeue_where(|run| run.worker == Some(worker) && run.claim.is_some());
                Ok(())
            }
            Command::PauseScheduler => {
                self.scheduler_paused = true;
                Ok(())
            }
            Command::ResumeScheduler => {
                self.scheduler_paused = false;
                Ok(())
            }
            Command::Wait(seconds) => {
                self.now += u32::from(seconds);
                Ok(())
            }
            other => unreachable!("{other:?} has no model"),
        }
    }

    fn task(&self, slot: TaskSlot) -> Result<&Task, ErrorKind> {
        self.tasks.get(&slot).ok_or(ErrorKind::TaskNotFound)
    }

    fn task_mut(&mut self, slot: TaskSlot) -> Result<&mut Task, ErrorKind> {
        self.tasks.get_mut(&slot).ok_or(ErrorKind::TaskNotFound)
    }

    fn runs_of(&self, task: TaskSlot) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(move |run| run.task == Some(task))
    }

    fn has_open_run(&self, task: TaskSlot) -> bool {
        self.runs_of(task).any(|run| run.status.is_open())
    }

    fn attempts(&self, task: TaskSlot) -> u8 {
        self.runs_of(task).map(|run| run.attempt).max().unwrap_or(0)
    }

    fn is_blocked(&self, slot: TaskSlot) -> bool {
        let undecided = self.tasks[&slot].manual && self.tasks[&slot].approved != Some(true);
        let waits = |(task, on): &(TaskSlot, TaskSlot)| {
            *task == slot && self.status(*on) != Status::Completed
        };
        undecided || self.edges.iter().any(waits)
    }

    fn status(&self, slot: TaskSlot) -> Status {
        let task = &self.tasks[&slot];
        let open = || if self.is_blocked(slot) { Status::Blocked } else { Status::Ready };
        // A task has one open run at most, and it is the last one.
        match self.runs_of(slot).last().map(|run| run.status) {
            _ if task.canceled => Status::Canceled,
            _ if task.draft => Status::Draft,
            Some(RunStatus::Starting | RunStatus::Running) => Status::InProgress,
            Some(RunStatus::Completed) => Status::Completed,
            Some(RunStatus::Canceled) => Status::Canceled,
            Some(RunStatus::Failed) if self.attempts(slot) >= task.max_attempts => Status::Failed,
            None | Some(RunStatus::Queued | RunStatus::Claimed | RunStatus::Failed) => open(),
        }
    }

    fn create(&mut self, new: NewTask) -> Verdict {
        if let Some(parent) = new.parent {
            require(parent != new.slot, ErrorKind::Validation)?;
            self.task(parent)?;
        }
        require(!self.tasks.contains_key(&new.slot), ErrorKind::Other)?;
        let task = Task {
            parent: new.parent,
            draft: new.draft,
            canceled: false,
            manual: new.manual,
            approved: None,
            paused: false,
            max_attempts: new.max_attempts,
        };
        self.tasks.insert(new.slot, task);
        Ok(())
    }

    fn delete(&mut self, slot: TaskSlot) -> Verdict {
        self.task(slot)?;
        let is_parent = self.tasks.values().any(|task| task.parent == Some(slot));
        require(!is_parent && !self.has_open_run(slot), ErrorKind::Validation)?;
        self.tasks.remove(&slot);
        self.edges.retain(|(task, on)| *task != slot && *on != slot);
        let runs = &self.runs;
        self.keys.retain(|_, run| runs[*run].task != Some(slot));
        for run in self.runs.iter_mut().filter(|run| run.task == Some(slot)) {
            run.task = None;
        }
        Ok(())
    }

    fn add_edge(&mut self, task: TaskSlot, on: TaskSlot) -> Verdict {
        require(task != on, ErrorKind::Validation)?;
        self.task(task)?;
        self.task(on)?;
        require(!self.edges.contains(&(task, on)), ErrorKind::Validation)?;
        require(!self.waits_for(on, task), ErrorKind::CycleDetected)?;
        self.edges.insert((task, on));
        Ok(())
    }

    fn waits_for(&self, task: TaskSlot, on: TaskSlot) -> bool {
        let next = self.edges.iter().filter(|edge| edge.0 == task).map(|edge| edge.1);
        next.into_iter().any(|next| next == on || self.waits_for(next, on))
    }

    /// Whether the key stands for a run of this task already.
    fn is_bound(&self, key: &str, task: TaskSlot) -> Result<bool, ErrorKind> {
        match self.keys.get(key) {
            None => Ok(false),
            Some(run) if self.runs[*run].task == Some(task) => Ok(true),
            Some(_) => Err(ErrorKind::Validation),
        }
    }

    fn enqueue(&mut self, slot: TaskSlot, key: Option<String>) -> Verdict {
        let task = self.task(slot)?;
        now_only_if(!task.draft && !task.canceled)?;
        if let Some(key) = &key
            && self.is_bound(key, slot)?
        {
            return Ok(());
        }
        now_only_if(!self.has_open_run(slot) && self.attempts(slot) < task.max_attempts)?;
        if let Some(key) = key {
            self.keys.insert(key, self.runs.len());
        }
        self.runs.push(Run {
            task: Some(slot),
            status: RunStatus::Queued,
            attempt: self.attempts(slot) + 1,
            queued_at: self.now,
            worker: None,
            claim: None,
            lease_end: None,
            retried: false,
        });
        Ok(())
    }

    fn publish(&mut self, slot: TaskSlot) -> Verdict {
        let key = format!("task.publish.{}", id(slot));
        if self.is_bound(&key, slot)? {
            return Ok(());
        }
        now_only_if(self.task(slot)?.draft && !self.is_blocked(slot))?;
        self.task_mut(slot)?.draft = false;
        self.enqueue(slot, Some(key))
    }

    fn start_task(&mut self, slot: TaskSlot) -> Verdict {
        let key = format!("task.start.{}", id(slot));
        if self.is_bound(&key, slot)? {
            return Ok(());
        }
        self.task(slot)?;
        now_only_if(self.is_executable(slot))?;
        self.enqueue(slot, Some(key))
    }

    fn approve(&mut self, slot: TaskSlot) -> Verdict {
        let key = format!("task.approval.{}", id(slot));
        if self.is_bound(&key, slot)? {
            return Ok(());
        }
        self.settle(slot, true)?;
        self.enqueue(slot, Some(key))
    }

    fn settle(&mut self, slot: TaskSlot, approved: bool) -> Verdict {
        let task = self.task_mut(slot)?;
        now_only_if(task.manual && task.approved.is_none())?;
        task.approved = Some(approved);
        Ok(())
    }

    fn cancel_task(&mut self, root: TaskSlot) -> Verdict {
        self.task(root)?;
        let ended = matches!(self.status(root), Status::Completed | Status::Failed);
        now_only_if(!ended)?;
        let mut tree = vec![root];
        let mut place = 0;
        while let Some(above) = tree.get(place).copied() {
            tree.extend(self.tasks.iter().filter(|(_, t)| t.parent == Some(above)).map(|(s, _)| s));
            place += 1;
        }
        for slot in tree {
            if slot != root && self.status(slot).is_terminal() {
                continue;
            }
            self.task_mut(slot)?.canceled = true;
            let open = |run: &Run| run.task == Some(slot) && run.status.is_open();
            for run in (0..self.runs.len()).filter(|run| open(&self.runs[*run])).collect::<Vec<_>>()
            {
                self.end(run, RunStatus::Canceled);
            }
        }
        Ok(())
    }

    fn is_executable(&self, slot: TaskSlot) -> bool {
        !matches!(self.status(slot), Status::Blocked | Status::Draft | Status::Canceled)
    }

    fn is_paused(&self, slot: TaskSlot) -> bool {
        let task = &self.tasks[&slot];
        task.paused || task.parent.is_some_and(|parent| self.is_paused(parent))
    }

    fn claim_next(&mut self, worker: Worker, seconds: u16) -> Verdict {
        let busy = self.runs.iter().any(|run| {
            run.worker == Some(worker)
                && run.task.is_some()
                && run.status.is_active()
                && run.lease_end.is_none_or(|end| end > self.now)
        });
        require(!busy, ErrorKind::ActiveRunLease)?;
        let claimable = |run: &Run| {
            run.status == RunStatus::Queued
                && run.task.is_some_and(|task| self.is_executable(task) && !self.is_paused(task))
        };
        let best = (0..self.runs.len())
            .filter(|run| !self.scheduler_paused && claimable(&self.runs[*run]))
            .min_by_key(|run| (self.runs[*run].queued_at, *run))
            .ok_or(ErrorKind::NoClaimableRun)?;
        let run = &mut self.runs[best];
        run.status = RunStatus::Claimed;
        run.worker = Some(worker);
        run.claim = Some(self.claims.len());
        run.lease_end = Some(self.now + u32::from(seconds));
        self.claims.push(best);
        self.taken.push(best);
        Ok(())
    }

    fn run(&self, pick: RunPick) -> Result<usize, ErrorKind> {
        let run = match pick {
            RunPick::Queued(pick) => place(pick, self.runs.len()),
            RunPick::Taken(pick) => place(pick, self.taken.len()).map(|claim| self.taken[claim]),
        };
        run.filter(|run| self.runs[*run].task.is_some()).ok_or(ErrorKind::TaskRunNotFound)
    }

    /// A run of a task that may be worked on.
    fn executable(&self, pick: RunPick) -> Result<usize, ErrorKind> {
        let run = self.run(pick)?;
        now_only_if(self.runs[run].task.is_some_and(|task| self.is_executable(task)))?;
        Ok(run)
    }

    /// A run that no lease protects, or ever did.
    fn unfenced(&self, pick: RunPick) -> Result<usize, ErrorKind> {
        let run = self.run(pick)?;
        require(self.runs[run].claim.is_none(), ErrorKind::InvalidClaimToken)?;
        Ok(run)
    }

    /// The run whose lease the pick holds.
    fn fenced(&self, pick: LeasePick) -> Result<usize, ErrorKind> {
        let claim = |number: u8| place(number, self.claims.len());
        let index = claim(pick.run).map(|claim| self.claims[claim]);
        let index = index.filter(|run| self.runs[*run].task.is_some());
        let index = index.ok_or(ErrorKind::TaskRunNotFound)?;
        let run = &self.runs[index];
        let fits = run.claim.is_some() && run.claim == claim(pick.token);
        require(fits, ErrorKind::InvalidClaimToken)?;
        now_only_if(run.status.is_active())?;
        require(run.lease_end.is_some_and(|end| end > self.now), ErrorKind::LeaseExpired)?;
        Ok(index)
    }

    fn requeue(&mut self, run: usize) {
        let run = &mut self.runs[run];
        run.status = RunStatus::Queued;
        run.worker = None;
        run.claim = None;
        run.lease_end = None;
    }

    fn requeue_where(&mut self, wanted: impl Fn(&Run) -> bool) {
        let wanted = |run: &Run| run.task.is_some() && run.status.is_active() && wanted(run);
        let runs = (0..self.runs.len()).filter(|run| wanted(&self.runs[*run]));
        for run in runs.collect::<Vec<_>>() {
            self.requeue(run);
        }
    }

    fn end(&mut self, run: usize, status: RunStatus) {
        self.runs[run].status = status;
        self.runs[run].lease_end = None;
    }

    fn retry(&mut self, pick: RunPick) -> Verdict {
        let source = self.run(pick)?;
        now_only_if(self.runs[source].status == RunStatus::Failed && !self.runs[source].retried)?;
        let Some(task) = self.runs[source].task else { return NOT_NOW };
        self.enqueue(task, None)?;
        self.runs[source].retried = true;
        Ok(())
    }

    /// Compares the model with the real board.
    ///
    /// # Panics
    ///
    /// At the first difference.
    pub fn compare(&self, world: &World, start: Timestamp) {
        let board = Board::of(world.store());
        assert_eq!(board.tasks.len(), self.tasks.len(), "the number of tasks");
        for (slot, task) in &self.tasks {
            let real = board.tasks.get(&id(*slot)).expect("the engine has the task");
            assert_eq!(real.status, self.status(*slot), "status of {}", real.id);
            assert_eq!(real.paused, task.paused, "pause of {}", real.id);
        }
        let present = self.runs.iter().filter(|run| run.task.is_some()).count();
        assert_eq!(board.runs.len(), present, "the number of runs");
        for (run, run_id) in self.runs.iter().zip(world.runs()) {
            let Some(task) = run.task else { continue };
            let real = board.runs.get(run_id).expect("the engine has the run");
            assert_eq!(real.task_id, id(task), "task of {run_id}");
            assert_eq!(real.status, run.status, "status of {run_id}");
            assert_eq!(real.attempt, u32::from(run.attempt), "attempt of {run_id}");
            assert_eq!(real.claim_token_hash.is_some(), run.claim.is_some(), "hash of {run_id}");
            if run.status.is_active() {
                let seconds = |end: Timestamp| end.since(start).as_secs();
                let lease_end = real.lease_until.map(seconds);
                assert_eq!(lease_end, run.lease_end.map(i64::from), "lease of {run_id}");
            }
        }
        let edges: usize = board.blockers.values().map(BTreeSet::len).sum();
        assert_eq!(edges, self.edges.len(), "the number of edges");
    }
}
