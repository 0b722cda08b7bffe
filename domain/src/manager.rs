//! The authority over a board: every operation checks the actor, normalizes and
//! validates its request, changes the records and writes the audit events, all
//! in one transaction, or refuses and changes nothing.

mod audit;
mod auto_enqueue;
mod cancel;
mod claim;
mod context;
mod dependencies;
mod enqueue;
mod execution;
mod follow_up;
mod force;
mod force_gate;
mod hooks;
mod import;
mod inspect;
mod lease;
mod outside;
mod pause;
mod profiles;
pub mod projection;
mod reads;
mod reconcile;
mod recovery;
mod review_gate;
mod reviews;
mod scheduler;
mod snooze;
mod start;
mod stop;
mod tasks;
mod terminal;
mod transition;
mod trash;
mod triage;

#[cfg(test)]
pub(crate) mod testing;

pub use auto_enqueue::AutoEnqueueAfter;
pub use claim::PlannedClaim;
pub use outside::{Progress, SessionAnswer, SessionCall, SteppedSessions, Waiting};
pub use reviews::RequestedReview;
pub use scheduler::{Drain, DrainLook, SchedulerEvent};

use crate::context::ContextLimits;
use crate::environment::{Clock, IdGenerator, TokenGenerator};
use crate::error::{ErrorKind, Result, TaskError};
use crate::force::{ForceRateLimiter, ForceRecoveryOptions};
use crate::hook::{RunHook, RunHookDispatcher};
use crate::id::{TaskId, WorkspaceId};
use crate::profile::ExecutionProfileValidationOptions;
use crate::review::{ReviewGateOptions, RunReviewRequestedObserver};
use crate::session::{InspectStateReader, RuntimeViewReader, SessionExecutor};
use crate::store::{ChangeSet, MemoryStore, Store};
use crate::time::Timestamp;

use follow_up::FollowUp;

/// Decides whether a network channel may be used; the error text says why not.
pub type ChannelValidator = Box<dyn Fn(&str) -> std::result::Result<(), String>>;

/// Decides whether a workspace exists.
pub type WorkspaceCheck = Box<dyn Fn(&WorkspaceId) -> bool>;

/// What a manager is built with. Everything but the environment is optional.
pub struct ManagerOptions {
    /// The source of "now".
    pub clock: Box<dyn Clock>,
    /// The source of fresh ids.
    pub ids: Box<dyn IdGenerator>,
    /// The source of claim secrets.
    pub tokens: Box<dyn TokenGenerator>,
    /// Starts and stops worker sessions; without it, no run can be started.
    pub sessions: Option<Box<dyn SessionExecutor>>,
    /// How long a session is given to stop by itself. The engine only reports it:
    /// the executor waits between the request and the stop by force.
    pub cancel_grace: std::time::Duration,
    /// Hears of runs that change hands, and has a say before a claim.
    pub hooks: Option<Box<dyn RunHookDispatcher>>,
    /// Hears of new reviews.
    pub review_observer: Option<Box<dyn RunReviewRequestedObserver>>,
    /// Rules on channel names; without it every name passes.
    pub channel_validator: Option<ChannelValidator>,
    /// Which workspaces exist; without it every workspace does.
    pub workspace_exists: Option<WorkspaceCheck>,
    /// What execution profiles may say.
    pub profile_gates: ExecutionProfileValidationOptions,
    /// Who may force, and how often.
    pub force: ForceRecoveryOptions,
    /// Session facts for run details.
    pub runtime_reader: Option<Box<dyn RuntimeViewReader>>,
    /// Session facts for inspection.
    pub inspect_reader: Option<Box<dyn InspectStateReader>>,
    /// How much a context bundle holds.
    pub context_limits: ContextLimits,
    /// Rules of reviewing beyond recording verdicts; all off by default.
    pub review_gate: ReviewGateOptions,
    /// After which completions the tasks that ask for it get their run.
    pub auto_enqueue_after: AutoEnqueueAfter,
}

impl ManagerOptions {
    /// The defaults around an environment: no sessions, permissive gates.
    pub fn new(
        clock: impl Clock + 'static,
        ids: impl IdGenerator + 'static,
        tokens: impl TokenGenerator + 'static,
    ) -> Self {
        Self {
            clock: Box::new(clock),
            ids: Box::new(ids),
            tokens: Box::new(tokens),
            sessions: None,
            cancel_grace: std::time::Duration::ZERO,
            hooks: None,
            review_observer: None,
            channel_validator: None,
            workspace_exists: None,
            profile_gates: ExecutionProfileValidationOptions::default(),
            force: ForceRecoveryOptions::default(),
            runtime_reader: None,
            inspect_reader: None,
            context_limits: ContextLimits::default(),
            review_gate: ReviewGateOptions::default(),
            auto_enqueue_after: AutoEnqueueAfter::default(),
        }
    }
}

/// The engine of one board.
///
/// Operations take `&mut self`, a request and the acting identity. A refused
/// operation leaves the store as it was; a few operations store a decision and
/// then refuse what follows it, and say so in their docs. What was committed is
/// handed out by [`Manager::take_changes`], for a log to append.
pub struct Manager<S = MemoryStore> {
    store: S,
    options: ManagerOptions,
    force_limiter: ForceRateLimiter,
    committed: Vec<ChangeSet>,
    /// Composed with a change, handed over after its commit.
    hooks: Vec<RunHook>,
    /// What the board does by itself after the commit.
    follow_ups: Vec<FollowUp>,
    /// For the host to take; no part of the board's records.
    scheduler_events: Vec<SchedulerEvent>,
}

impl<S: Store> Manager<S> {
    /// A manager over a store.
    pub fn new(store: S, options: ManagerOptions) -> Self {
        let force_limiter = ForceRateLimiter::new(&options.force);
        Self {
            store,
            options,
            force_limiter,
            committed: Vec::new(),
            hooks: Vec::new(),
            follow_ups: Vec::new(),
            scheduler_events: Vec::new(),
        }
    }

    /// The store, for reads. It does not check authority.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// The store itself, for a log that applies change-sets of other writers.
    pub fn store_mut(&mut self) -> &mut S {
        &mut self.store
    }

    /// What was committed since the last call, in order: one change-set for most
    /// operations, several for those that work in steps. Ask after refusals too:
    /// the steps before the refused one stay.
    pub fn take_changes(&mut self) -> Vec<ChangeSet> {
        std::mem::take(&mut self.committed)
    }

    /// How often force was used lately. It is no part of the store: whoever takes
    /// operations back by their change-sets puts it back too.
    pub fn force_counts(&self) -> ForceRateLimiter {
        self.force_limiter.clone()
    }

    /// Puts back what [`Manager::force_counts`] answered before operations that
    /// are now taken back.
    pub fn restore_force_counts(&mut self, counts: ForceRateLimiter) {
        self.force_limiter = counts;
    }

    /// The present instant of the manager's clock.
    pub fn now(&self) -> Timestamp {
        self.options.clock.now()
    }

    /// Runs one unit of change: all of it is kept, or none.
    fn transact<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T, TaskError> {
        self.store.begin();
        match work(self) {
            Ok(value) => {
                let changes = self.store.commit();
                if !changes.is_empty() {
                    self.committed.push(changes);
                }
                self.dispatch_hooks();
                self.follow_up();
                Ok(value)
            }
            Err(error) => {
                self.store.rollback();
                self.hooks.clear();
                self.follow_ups.clear();
                Err(error)
            }
        }
    }

    /// Passes a channel name that is blank or that the validator accepts.
    ///
    /// # Errors
    ///
    /// `validation` at `path`, with the validator's text.
    fn check_channel(&self, channel: &str, path: &str) -> Result<()> {
        match self.channel_fault(channel) {
            Some(fault) => {
                Err(TaskError::at(ErrorKind::Validation, path, format!("{path}: {fault}")))
            }
            None => Ok(()),
        }
    }

    /// What the validator has against a channel name; nothing against a blank one.
    fn channel_fault(&self, channel: &str) -> Option<String> {
        let channel = channel.trim();
        let validator = self.options.channel_validator.as_ref()?;
        if channel.is_empty() { None } else { validator(channel).err() }
    }

    fn check_workspace(&self, workspace: Option<&WorkspaceId>) -> Result<()> {
        match (workspace, &self.options.workspace_exists) {
            (Some(id), Some(exists)) if !exists(id) => Err(TaskError::with_detail(
                ErrorKind::WorkspaceNotFound,
                format!("{:?}", id.as_str()),
            )),
            _ => Ok(()),
        }
    }
}

/// The trimmed id of a task, or `validation` where it is blank.
fn require_task_id(id: &TaskId) -> Result<TaskId> {
    id.non_blank().ok_or_else(|| TaskError::required("task id"))
}
