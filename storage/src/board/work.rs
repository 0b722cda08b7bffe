//! The work that goes on behind a board, one job at a time: appending what was
//! decided, catching up with other writers, keeping snapshots.

mod state;

use std::cell::RefCell;
use std::rc::Rc;

use futures_util::StreamExt;

use self::state::{Job, State};
use super::loading::{self, Readable};
use super::operation::Operation;
use super::options::BoardOptions;
use super::pause::pause;
use super::standing::Standing;
use super::working_copy::WorkingCopy;
use crate::error::{Part, StorageError};
use crate::log::{Appended, ChangeLog, Tail, Watch};
use crate::snapshot::{SnapshotWriter, Step};
use crate::version::Version;

/// What all clones of a board share.
pub(super) struct Shared<L> {
    log: L,
    options: BoardOptions,
    pub(super) state: RefCell<State>,
}

impl<L: ChangeLog + 'static> Shared<L> {
    pub(super) fn new(
        log: L,
        options: BoardOptions,
        copy: WorkingCopy,
        snapshot: Option<Version>,
        standing: Standing,
    ) -> Self {
        let state = RefCell::new(State::new(copy, options.writer, snapshot, standing));
        Self { log, options, state }
    }

    /// Listens to the hints of the log for as long as the board is there.
    pub(super) fn listen(self: &Rc<Self>, mut hints: Watch) {
        let board = Rc::downgrade(self);
        (self.options.spawn)(Box::pin(async move {
            while let Some(hint) = hints.next().await {
                let Some(board) = board.upgrade() else { return };
                match hint {
                    Ok(version) => board.state.borrow_mut().hear(version),
                    Err(error) => board.state.borrow_mut().lose(error),
                }
                board.start();
            }
        }));
    }

    /// Takes a snapshot where opening read more entries than it should have to:
    /// the tabs that were due to take one were closed too early.
    pub(super) fn shorten(self: &Rc<Self>, entries: usize) {
        if entries as u64 >= self.options.snapshot_every.get().saturating_mul(2) {
            self.take_snapshot();
        }
    }

    /// Sees to it that waiting jobs are done.
    pub(super) fn start(self: &Rc<Self>) {
        if self.state.borrow_mut().begin_work() {
            let board = Rc::clone(self);
            (self.options.spawn)(Box::pin(async move { board.work().await }));
        }
    }

    async fn work(self: &Rc<Self>) {
        loop {
            let job = self.state.borrow_mut().next_job();
            match job {
                Job::Rest => return,
                Job::Answer(operations) => answer_all(operations, &Ok(())),
                Job::GiveUp(operations, error) => answer_all(operations, &Err(error)),
                Job::CatchUp => {
                    let result = self.catch_up(None).await.map(drop);
                    self.state.borrow_mut().caught_up(&result);
                }
                Job::Append(expected, bytes) => self.append(expected, &bytes).await,
                Job::Close => {
                    self.log.close().await;
                    self.state.borrow_mut().closed();
                }
            }
        }
    }

    async fn append(self: &Rc<Self>, expected: Version, bytes: &[u8]) {
        match self.log.append(expected, bytes).await {
            Ok(Appended::At(version)) => self.keep(version),
            Ok(Appended::Conflict { head }) if head > expected => {
                // On success the operations were decided anew, and the next job
                // appends them.
                if let Err(error) = self.catch_up(Some(bytes)).await {
                    self.give_up(error);
                }
            }
            Ok(Appended::Conflict { head }) => self.give_up(went_back(expected, head)),
            // The answer may be lost while the entry is there.
            Err(error @ StorageError::Failed { .. }) => match self.catch_up(Some(bytes)).await {
                Ok(Found::Own) => {}
                Ok(Found::Nothing) | Err(_) => self.give_up(error),
            },
            Err(error) => self.give_up(error),
        }
    }

    fn keep(self: &Rc<Self>, version: Version) {
        let operations = self.state.borrow_mut().keep(version);
        answer_all(operations, &Ok(()));
        if version.get() % self.options.snapshot_every == 0 {
            self.take_snapshot();
        }
    }

    fn give_up(&self, error: StorageError) {
        let operations = self.state.borrow_mut().give_up(&error);
        answer_all(operations, &Err(error));
    }

    /// Applies what the log holds beyond the working copy. `attempt` is an entry
    /// whose append was not acknowledged; if it is there all the same, its
    /// operations are kept.
    async fn catch_up(self: &Rc<Self>, attempt: Option<&[u8]>) -> Result<Found, StorageError> {
        let version = self.state.borrow().copy.version();
        let mut tail = self.log.read(version).await?;
        if tail.head < version {
            return Err(went_back(version, tail.head));
        }
        let mut found = Found::Nothing;
        if let (Some(first), Some(attempt)) = (tail.entries.first(), attempt)
            && first.bytes == attempt
        {
            found = Found::Own;
            self.keep(first.version);
            tail.entries.remove(0);
        }
        self.apply(&tail).await?;
        Ok(found)
    }

    async fn apply(&self, tail: &Tail) -> Result<(), StorageError> {
        let version = self.state.borrow().copy.version();
        if tail.follows(version) {
            let read = Readable::of(&tail.entries);
            self.state.borrow_mut().rebase(&read);
            if let Some(newer) = read.standing.newer {
                return Err(newer);
            }
        } else {
            // Entries were pruned while this board was behind.
            let loaded = loading::load(&self.log).await?;
            self.state.borrow_mut().replace(loaded);
        }
        Ok(())
    }

    /// Keeps the present state as a whole, beside the other work. The snapshot
    /// before it stays as a spare, and what is older than that goes.
    pub(super) fn take_snapshot(self: &Rc<Self>) {
        let board = Rc::clone(self);
        (self.options.spawn)(Box::pin(async move {
            let Some((writer, spare)) = board.state.borrow_mut().begin_snapshot() else { return };
            let kept = board.keep_snapshot(writer, spare).await;
            board.state.borrow_mut().end_snapshot(kept);
        }));
    }

    async fn keep_snapshot(
        &self,
        mut writer: SnapshotWriter,
        spare: Option<Version>,
    ) -> Result<Version, StorageError> {
        let snapshot = loop {
            match writer.step()? {
                Step::More(next) => writer = next,
                Step::Done(snapshot) => break snapshot,
            }
            pause().await;
            self.state.borrow().check_snapshot()?;
        };
        let version = snapshot.version;
        self.log.put_snapshot(snapshot).await?;
        if let Some(spare) = spare {
            self.log.prune(spare).await?;
        }
        Ok(version)
    }
}

/// Whether an unacknowledged entry turned out to be in the log.
enum Found {
    Own,
    Nothing,
}

fn answer_all(operations: Vec<Box<dyn Operation>>, kept: &Result<(), StorageError>) {
    for operation in operations {
        operation.answer(kept.clone());
    }
}

fn went_back(known: Version, head: Version) -> StorageError {
    let cause = format!("it ends at version {head}, while this board has seen {known}");
    StorageError::corrupt(Part::Log, cause)
}
