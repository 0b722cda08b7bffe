//! An operation that waits for its changes to be kept.

use futures_channel::oneshot;
use taskloom_domain::manager::Manager;
use taskloom_domain::store::ChangeSet;

use super::standing::Damage;
use crate::entry::Extent;
use crate::error::StorageError;

/// What the queue of a board holds: an operation that can be decided again, and
/// the one who waits for its answer.
pub(super) trait Operation {
    /// Decides it on the present state and on what of it is damaged, and says what it
    /// committed.
    fn decide(&mut self, manager: &mut Manager, damage: &Damage) -> Vec<ChangeSet>;

    /// How much of the board it decides.
    fn extent(&self) -> Extent;

    /// Answers with the newest decision, or with why it could not be kept.
    fn answer(self: Box<Self>, kept: Result<(), StorageError>);
}

/// An operation with an outcome of type `T`.
pub(super) struct Queued<T, F> {
    decide: F,
    extent: Extent,
    outcome: Option<T>,
    answer: oneshot::Sender<Result<T, StorageError>>,
}

impl<T, F: FnMut(&mut Manager, &Damage) -> (T, Vec<ChangeSet>)> Queued<T, F> {
    pub(super) fn new(
        extent: Extent,
        decide: F,
    ) -> (Self, oneshot::Receiver<Result<T, StorageError>>) {
        let (answer, receiver) = oneshot::channel();
        (Self { decide, extent, outcome: None, answer }, receiver)
    }
}

impl<T, F: FnMut(&mut Manager, &Damage) -> (T, Vec<ChangeSet>)> Operation for Queued<T, F> {
    fn decide(&mut self, manager: &mut Manager, damage: &Damage) -> Vec<ChangeSet> {
        let (outcome, change_sets) = (self.decide)(manager, damage);
        self.outcome = Some(outcome);
        change_sets
    }

    fn extent(&self) -> Extent {
        self.extent
    }

    fn answer(self: Box<Self>, kept: Result<(), StorageError>) {
        let outcome = self.outcome.expect("an operation is decided before it is answered");
        // The receiver is gone where nobody waits for the answer any more.
        let _ = self.answer.send(kept.map(|()| outcome));
    }
}

/// The answer where the executor dropped the board's work.
pub(super) fn abandoned() -> StorageError {
    StorageError::Failed { cause: "the executor of the board is gone".into() }
}
