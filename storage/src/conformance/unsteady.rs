//! A log that is slow, fails and loses answers, in the order that a test says.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use crate::error::StorageError;
use crate::log::{Appended, ChangeLog, Snapshot, Tail, Watch};
use crate::version::Version;

/// What happens to one call of an [`Unsteady`] log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The call waits for this many turns of the executor, and then succeeds as
    /// the log below does.
    Wait(u8),
    /// The call does nothing and answers this error.
    Fail(StorageError),
    /// The call takes effect, but its answer is lost: `failed`.
    LoseAnswer,
    /// The call is made again after it took effect, as by something on the way
    /// that lost the first answer, and the second one is passed on.
    Repeat,
}

/// A test double around a log: each read and append takes the next step of a
/// plan, and succeeds at once when the plan is used up.
#[derive(Debug, Clone)]
pub struct Unsteady<L> {
    log: L,
    plan: Rc<RefCell<VecDeque<Step>>>,
    appends: Rc<Cell<usize>>,
}

impl<L: ChangeLog> Unsteady<L> {
    /// A log that goes through `plan`.
    pub fn new(log: L, plan: impl IntoIterator<Item = Step>) -> Self {
        let plan = Rc::new(RefCell::new(plan.into_iter().collect()));
        Self { log, plan, appends: Rc::default() }
    }

    /// Puts more steps at the end of the plan.
    pub fn plan(&self, steps: impl IntoIterator<Item = Step>) {
        self.plan.borrow_mut().extend(steps);
    }

    /// Drops what is left of the plan: from now on every call succeeds.
    pub fn settle(&self) {
        self.plan.borrow_mut().clear();
    }

    /// How often `append` was called.
    pub fn appends(&self) -> usize {
        self.appends.get()
    }

    async fn step<T>(
        &self,
        call: impl AsyncFn() -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        let step = self.plan.borrow_mut().pop_front();
        match step {
            None => call().await,
            Some(Step::Wait(turns)) => {
                wait(turns).await;
                call().await
            }
            Some(Step::Fail(error)) => Err(error),
            Some(Step::LoseAnswer) => {
                call().await?;
                Err(StorageError::Failed { cause: "the answer was lost".into() })
            }
            Some(Step::Repeat) => {
                call().await?;
                call().await
            }
        }
    }
}

/// Gives everybody else a turn, this many times.
async fn wait(turns: u8) {
    let mut left = turns;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl<L: ChangeLog> ChangeLog for Unsteady<L> {
    async fn read(&self, after: Version) -> Result<Tail, StorageError> {
        self.step(async || self.log.read(after).await).await
    }

    async fn append(&self, expected: Version, entry: &[u8]) -> Result<Appended, StorageError> {
        self.appends.set(self.appends.get() + 1);
        self.step(async || self.log.append(expected, entry).await).await
    }

    async fn snapshot(&self, at_or_before: Version) -> Result<Option<Snapshot>, StorageError> {
        self.log.snapshot(at_or_before).await
    }

    async fn put_snapshot(&self, snapshot: Snapshot) -> Result<(), StorageError> {
        self.log.put_snapshot(snapshot).await
    }

    async fn prune(&self, before: Version) -> Result<(), StorageError> {
        self.log.prune(before).await
    }

    fn watch(&self) -> Watch {
        self.log.watch()
    }

    async fn close(&self) {
        self.log.close().await;
    }
}
