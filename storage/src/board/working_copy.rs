//! The board in memory: what the log holds, and on top of it the operations that
//! are not kept yet. Nothing in here waits.

use std::collections::VecDeque;
use std::rc::Rc;

use taskloom_domain::force::ForceRateLimiter;
use taskloom_domain::manager::Manager;
use taskloom_domain::store::{Change, ChangeSet, MemoryStore};

use super::change;
use super::operation::Operation;
use super::standing::Damage;
use crate::entry::{Entry, Extent, ToKeep};
use crate::version::Version;

/// An engine at a version of the log, plus the operations on top.
pub(super) struct WorkingCopy {
    manager: Manager,
    version: Version,
    pending: VecDeque<Pending>,
}

struct Pending {
    operation: Box<dyn Operation>,
    change_sets: Vec<ChangeSet>,
    /// As they were before it: a decision that is taken back was no use of force.
    force_counts: ForceRateLimiter,
}

impl Pending {
    fn decide(mut operation: Box<dyn Operation>, manager: &mut Manager, damage: &Damage) -> Self {
        let force_counts = manager.force_counts();
        let change_sets = operation.decide(manager, damage);
        Self { operation, change_sets, force_counts }
    }
}

impl WorkingCopy {
    pub(super) fn new(manager: Manager, version: Version) -> Self {
        Self { manager, version, pending: VecDeque::new() }
    }

    pub(super) fn manager(&self) -> &Manager {
        &self.manager
    }

    /// The version that the log is known to hold.
    pub(super) fn version(&self) -> Version {
        self.version
    }

    /// Decides an operation on top of all others, and queues it.
    pub(super) fn submit(&mut self, operation: Box<dyn Operation>, damage: &Damage) {
        self.pending.push_back(Pending::decide(operation, &mut self.manager, damage));
    }

    /// How many operations wait.
    pub(super) fn waiting(&self) -> usize {
        self.pending.len()
    }

    /// What the waiting operations committed, in order.
    pub(super) fn unkept(&self) -> Vec<ToKeep<'_>> {
        let sets = self.pending.iter().flat_map(|pending| {
            let replaces = pending.operation.extent();
            let sets = pending.change_sets.iter();
            sets.map(move |set| ToKeep { changes: &set.changes, replaces })
        });
        sets.collect()
    }

    /// Whether one of the first `count` waiting operations decides the whole board,
    /// and did not refuse to.
    pub(super) fn replaces(&self, count: usize) -> bool {
        let mut first = self.pending.iter().take(count);
        first.any(|it| it.operation.extent() == Extent::Whole && !it.change_sets.is_empty())
    }

    /// The first `count` waiting operations are kept, and led to `version`.
    /// Answers them and what they changed.
    pub(super) fn keep(
        &mut self,
        count: usize,
        version: Version,
    ) -> (Vec<Box<dyn Operation>>, Rc<[Change]>) {
        self.version = version;
        let mut changes = Vec::new();
        let operations = self.pending.drain(..count).map(|pending| {
            changes.extend(pending.change_sets.into_iter().flat_map(|set| set.changes));
            pending.operation
        });
        let operations = operations.collect();
        (operations, changes.into())
    }

    /// Takes everything back that is not kept. Answers the operations.
    pub(super) fn give_up(&mut self) -> Vec<Box<dyn Operation>> {
        self.take_back();
        self.pending.drain(..).map(|pending| pending.operation).collect()
    }

    /// Applies entries of other writers below the waiting operations, which are
    /// decided anew. Answers what each entry changed.
    pub(super) fn rebase(
        &mut self,
        entries: &[Entry],
        version: Version,
        damage: &Damage,
    ) -> Vec<Rc<[Change]>> {
        self.take_back();
        let store = self.manager.store_mut();
        let changes = entries.iter().map(|entry| {
            if entry.replaces() {
                let before = store.clone();
                entry.apply(store);
                return change::between(&before, store).into();
            }
            entry.apply(store);
            entry.changes().cloned().collect()
        });
        let changes = changes.collect();
        self.version = version;
        self.decide_again(damage);
        changes
    }

    /// Puts another state below the waiting operations, which are decided anew.
    /// Answers what is different about it.
    pub(super) fn replace(
        &mut self,
        store: MemoryStore,
        version: Version,
        damage: &Damage,
    ) -> Rc<[Change]> {
        self.take_back();
        let changes = change::between(self.manager.store(), &store);
        *self.manager.store_mut() = store;
        self.version = version;
        self.decide_again(damage);
        changes.into()
    }

    /// Looks at what is kept, without the operations on top.
    pub(super) fn with_kept<T>(&mut self, look: impl FnOnce(&Manager) -> T) -> T {
        self.take_back_records();
        let seen = look(&self.manager);
        for set in self.pending.iter().flat_map(|pending| &pending.change_sets) {
            self.manager.store_mut().apply(&set.changes);
        }
        seen
    }

    /// Takes back what the waiting operations did.
    fn take_back(&mut self) {
        self.take_back_records();
        if let Some(oldest) = self.pending.front() {
            self.manager.restore_force_counts(oldest.force_counts.clone());
        }
    }

    fn take_back_records(&mut self) {
        let newest_first = self.pending.iter().rev().flat_map(|it| it.change_sets.iter().rev());
        for set in newest_first {
            self.manager.store_mut().apply(&set.inverse);
        }
    }

    fn decide_again(&mut self, damage: &Damage) {
        for pending in std::mem::take(&mut self.pending) {
            self.submit(pending.operation, damage);
        }
    }
}
