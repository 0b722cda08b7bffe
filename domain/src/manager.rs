//! The authority over a board: every operation checks the actor, normalizes and
//! validates its request, changes the records and writes the audit events, all
//! in one transaction, or refuses and changes nothing.

mod audit;
mod reconcile;

use crate::environment::{Clock, IdGenerator, TokenGenerator};
use crate::error::{Result, TaskError};
use crate::force::{ForceRateLimiter, ForceRecoveryOptions};
use crate::id::WorkspaceId;
use crate::profile::ExecutionProfileValidationOptions;
use crate::session::{InspectStateReader, RuntimeViewReader, SessionExecutor};
use crate::store::{ChangeSet, MemoryStore, Store};
use crate::time::Timestamp;

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
            channel_validator: None,
            workspace_exists: None,
            profile_gates: ExecutionProfileValidationOptions::default(),
            force: ForceRecoveryOptions::default(),
            runtime_reader: None,
            inspect_reader: None,
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
}

impl<S: Store> Manager<S> {
    /// A manager over a store.
    pub fn new(store: S, options: ManagerOptions) -> Self {
        let force_limiter = ForceRateLimiter::new(options.force.clone());
        Self { store, options, force_limiter, committed: Vec::new() }
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
    /// operations, two for those that work in two steps.
    pub fn take_changes(&mut self) -> Vec<ChangeSet> {
        std::mem::take(&mut self.committed)
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
                Ok(value)
            }
            Err(error) => {
                self.store.rollback();
                Err(error)
            }
        }
    }
}
