//! A board that is kept: the engine in memory over a change log.

mod change;
mod loading;
mod operation;
mod options;
mod pause;
mod standing;
mod work;
mod working_copy;

use std::rc::Rc;

use futures_channel::mpsc::unbounded;
use futures_channel::oneshot;
use futures_core::Stream;
use taskloom_domain::TaskError;
use taskloom_domain::manager::{Manager, ManagerOptions};
use taskloom_domain::store::{Change, ChangeSet};

use self::operation::Queued;
use self::work::Shared;
use self::working_copy::WorkingCopy;
use crate::bundle::{Bundle, ImportError};
use crate::entry::Extent;
use crate::error::{BoardError, StorageError};
use crate::import::{ImportMode, ImportSummary, Plan};
use crate::log::ChangeLog;
use crate::version::Version;

pub use self::change::{BoardChange, Source};
pub use self::options::{BackgroundTask, BoardOptions};
pub use self::standing::{AcceptDamageError, Damage, DamagedPart, Loss};

/// An open board. Cheap to clone; a clone is the same board.
///
/// Reads come from memory and never wait. An operation is applied in memory,
/// appended to the log, and only then answered: what was answered is kept.
/// Operations that arrive while an append is on its way share the next one.
/// Where another writer was faster, the board takes its own operations back,
/// applies what is new, and runs them again on top.
///
/// ```
/// use futures_executor::LocalPool;
/// use futures_util::task::LocalSpawnExt;
/// use taskloom_domain::actor::{ActorContext, OriginKind};
/// use taskloom_domain::environment::HexIds;
/// use taskloom_domain::manager::ManagerOptions;
/// use taskloom_domain::store::RecordStore;
/// use taskloom_domain::task::{CreateTask, Scope};
/// use taskloom_domain::time::Timestamp;
/// use taskloom_storage::{Board, BoardOptions, MemoryLog, WriterId};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // A program takes these from its clock and its source of randomness.
/// let engine = ManagerOptions::new(|| Timestamp::from_millis(0), HexIds::new(|| [7; 8]), || [7; 32]);
///
/// let mut pool = LocalPool::new();
/// let spawner = pool.spawner();
/// let options = BoardOptions::new(WriterId::from_random([7; 16]), move |task| {
///     spawner.spawn_local(task).expect("the pool outlives the board");
/// });
/// pool.run_until(async {
///     let board = Board::open(MemoryLog::new(), engine, options).await?;
///     let ada = ActorContext::derive_human("ada", OriginKind::Web, "tab-1")?;
///     let task = board
///         .run(move |manager| {
///             let spec = CreateTask {
///                 scope: Scope::Global.into(),
///                 title: "Water the plants".into(),
///                 ..CreateTask::default()
///             };
///             manager.create_task(spec, &ada)
///         })
///         .await?;
///     assert_eq!(board.version().get(), 1);
///     assert!(board.read(|manager| manager.store().get_task(&task.id)).is_some());
///     Ok(())
/// })
/// # }
/// ```
pub struct Board<L> {
    shared: Rc<Shared<L>>,
}

impl<L: ChangeLog + 'static> Board<L> {
    /// Opens the board that a log holds: the newest snapshot, and the entries
    /// after it.
    ///
    /// What is damaged is passed over, and [`Board::damage`] names it. Where records
    /// are missing because of it, the board can be read and exported, but every
    /// write answers `corrupt` until [`Board::accept_damage`]. Where a newer version
    /// of Taskloom wrote something, the board is what was readable before it, and
    /// every write answers `newer_format`. Nothing is changed in the log.
    ///
    /// # Errors
    ///
    /// Whatever the log answers.
    pub async fn open(
        log: L,
        engine: ManagerOptions,
        options: BoardOptions,
    ) -> Result<Self, StorageError> {
        let hints = log.watch();
        let loaded = loading::load(&log).await?;
        let copy = WorkingCopy::new(Manager::new(loaded.store, engine), loaded.version);
        let shared = Rc::new(Shared::new(log, options, copy, loaded.snapshot, loaded.standing));
        shared.listen(hints);
        shared.shorten(loaded.entries);
        Ok(Self { shared })
    }

    /// Reads the engine. Never waits; what it shows may include operations whose
    /// append is still on its way.
    ///
    /// # Panics
    ///
    /// Inside of an operation of the same board, which has the engine already.
    pub fn read<T>(&self, read: impl FnOnce(&Manager) -> T) -> T {
        read(self.shared.state.borrow().copy.manager())
    }

    /// Reads the engine as of [`Board::version`], without the operations that are
    /// not kept yet. A [`Board::watch`] that begins beside it goes on from exactly
    /// there. Costs as much as the operations on their way changed; for everything
    /// else there is [`Board::read`].
    ///
    /// # Panics
    ///
    /// As [`Board::read`].
    pub fn read_kept<T>(&self, read: impl FnOnce(&Manager) -> T) -> T {
        self.shared.state.borrow_mut().copy.with_kept(read)
    }

    /// Runs an operation of the engine, and answers once its changes are kept.
    ///
    /// The operation may run more than once: when another writer was faster, it
    /// is taken back and decided anew. So it keeps no state of its own from one
    /// run to the next, reaches nothing outside (the options of an engine on a board
    /// hold no session executor and no hooks), and does not call the board. Dropping
    /// the returned future once it was polled does not stop the operation.
    ///
    /// # Errors
    ///
    /// [`BoardError::Refused`] with the engine's refusal, decided on a state that
    /// is in the log; what the operation committed before it was refused is kept.
    /// [`BoardError::Storage`] if the changes could not be kept; they are taken
    /// back.
    pub async fn run<T: 'static>(
        &self,
        mut operation: impl FnMut(&mut Manager) -> Result<T, TaskError> + 'static,
    ) -> Result<T, BoardError> {
        let decided = self.submit(Extent::Part, move |manager, _| {
            let outcome = operation(manager);
            (outcome, manager.take_changes())
        });
        Ok(decided.await??)
    }

    /// Runs several operations of the engine as one commit: where it fails, nothing
    /// of it is kept, not even what the operations before the failure committed.
    /// Like that of [`Board::run`], the closure may run more than once.
    ///
    /// # Errors
    ///
    /// The closure's, decided on a state that is in the log; a [`StorageError`] if
    /// the changes could not be kept.
    pub async fn transact<T: 'static, E: From<StorageError> + 'static>(
        &self,
        mut operations: impl FnMut(&mut Manager) -> Result<T, E> + 'static,
    ) -> Result<T, E> {
        let decided = self.submit(Extent::Part, move |manager, _| {
            let counts = manager.force_counts();
            let outcome = operations(manager);
            let committed = manager.take_changes();
            if outcome.is_ok() {
                return (outcome, committed);
            }
            for set in committed.iter().rev() {
                manager.store_mut().apply(&set.inverse);
            }
            manager.restore_force_counts(counts);
            (outcome, Vec::new())
        });
        decided.await?
    }

    /// The version up to which everything is applied and kept.
    pub fn version(&self) -> Version {
        self.shared.state.borrow().copy.version()
    }

    /// Every change from now on, of this board and of others on its log, in order:
    /// its own once they are kept, others' once they are applied. What is taken
    /// back never shows. Ends when the board is closed.
    ///
    /// A subscriber that does not read collects changes in memory.
    pub fn watch(&self) -> impl Stream<Item = BoardChange> + use<L> {
        let (sender, receiver) = unbounded();
        self.shared.state.borrow_mut().watch(sender);
        receiver
    }

    /// What stands in the way of storing, as of the last attempt; `None` while
    /// everything works. Includes what fails in the background. Where a write failed,
    /// it stands until one succeeds.
    pub fn fault(&self) -> Option<StorageError> {
        self.shared.state.borrow().fault().cloned()
    }

    /// What of the stored board could not be read.
    pub fn damage(&self) -> Damage {
        self.shared.state.borrow().damage().clone()
    }

    /// Goes on with what could be read of a damaged board: it becomes the board, in
    /// one commit, for all programs that have it open, and can be written to again.
    /// What was damaged is given up for good. Does nothing where nothing is lost.
    ///
    /// `seen` is the damage that the decision was made on, as [`Board::damage`] told
    /// it: what was damaged since is not given up unseen.
    ///
    /// # Errors
    ///
    /// [`AcceptDamageError::Changed`] where the damage is another one by now;
    /// `newer_format`, and whatever the log answers. The board is then as before.
    pub async fn accept_damage(&self, seen: &Damage) -> Result<(), AcceptDamageError> {
        let seen = seen.clone();
        self.submit(Extent::Whole, move |manager, damage| {
            if damage.loss == Loss::Nothing {
                return (Ok(()), Vec::new());
            }
            if *damage != seen {
                return (Err(AcceptDamageError::Changed { now: damage.clone() }), Vec::new());
            }
            let changes = manager.store().records().map(Change::Put).collect();
            (Ok(()), vec![ChangeSet { changes, inverse: Vec::new() }])
        })
        .await?
    }

    /// Every change of [`Board::fault`]. Ends when the board is closed.
    pub fn watch_fault(&self) -> impl Stream<Item = Option<StorageError>> + use<L> {
        let (sender, receiver) = unbounded();
        self.shared.state.borrow_mut().watch_fault(sender);
        receiver
    }

    /// Applies what other writers have appended. Boards do so by themselves when
    /// they hear of it; since a hint can be missed, call this when a page comes
    /// back to the front, and every few seconds.
    ///
    /// # Errors
    ///
    /// Whatever the log answers, `corrupt` or `newer_format`; nothing is applied
    /// then.
    pub async fn catch_up(&self) -> Result<(), StorageError> {
        let (sender, receiver) = oneshot::channel();
        self.shared.state.borrow_mut().ask_to_catch_up(sender)?;
        self.shared.start();
        receiver.await.unwrap_or_else(|_| Err(operation::abandoned()))
    }

    /// Keeps the board's state as a whole, so that opening it has no entries to apply,
    /// and answers the version of that state. Boards do so by themselves from time
    /// to time; this is for the end of something large, like an import. Others have
    /// their turns while it is written. Where a snapshot is being written already,
    /// that one is the answer.
    ///
    /// # Errors
    ///
    /// Whatever the log answers; `closed` also where the board is closed before it
    /// is done. The board itself is kept in either case.
    pub async fn snapshot(&self) -> Result<Version, StorageError> {
        let (sender, receiver) = oneshot::channel();
        self.shared.state.borrow_mut().ask_for_snapshot(sender)?;
        self.shared.take_snapshot();
        receiver.await.unwrap_or_else(|_| Err(operation::abandoned()))
    }

    /// The whole board as one document, as of [`Board::version`]: operations that
    /// are not kept yet are left out, and so are the raw tokens of live leases.
    /// Works on a closed board too, so that nothing is lost with its storage.
    pub fn export(&self) -> Bundle {
        self.read_kept(|manager| Bundle::of(manager.store().records()))
    }

    /// What an import would do now, decided on everything that this board shows.
    /// Nothing is written.
    ///
    /// # Errors
    ///
    /// As of [`Board::import`], without those of the log.
    pub fn preview(&self, bundle: &Bundle, mode: ImportMode) -> Result<ImportSummary, ImportError> {
        bundle.validate()?;
        self.read(|manager| Plan::of(manager.store(), bundle, mode)).map(|plan| plan.summary)
    }

    /// Puts the records of a bundle on this board, in one commit, and answers what
    /// that did. Where others wrote after a preview, it is decided on what they wrote.
    ///
    /// A merge compares record by record. Events that both sides know by their id are
    /// the same; others keep their number if it is free on the board, and follow the
    /// newest event otherwise. Statuses are derived anew where runs or blockers come
    /// from the other side. The board's event counter never goes back.
    ///
    /// # Errors
    ///
    /// [`ImportError::NotEmpty`]; [`ImportError::Invalid`], [`ImportError::Dangling`]
    /// and [`ImportError::Repeated`] for a bundle that is at fault;
    /// [`ImportError::Conflict`] for one that does not go together with the board;
    /// [`ImportError::Storage`]. Nothing is imported then.
    pub async fn import(
        &self,
        bundle: &Bundle,
        mode: ImportMode,
    ) -> Result<ImportSummary, ImportError> {
        bundle.validate()?;
        let bundle = bundle.clone();
        self.submit(mode.extent(), move |manager, damage| {
            let plan = match Plan::of(manager.store(), &bundle, mode) {
                Ok(plan) => plan,
                Err(error) => return (Err(error), Vec::new()),
            };
            // A damaged board of which nothing is left is emptied by saying so.
            let gives_up = mode == ImportMode::Replace && damage.loss == Loss::Records;
            let changes = plan.changes.or_else(|| gives_up.then(ChangeSet::default));
            if let Some(set) = &changes {
                manager.store_mut().apply(&set.changes);
            }
            (Ok(plan.summary), changes.into_iter().collect())
        })
        .await?
    }

    /// Waits until everything that was submitted is answered, and lets go of the
    /// log. Reads and exports go on from memory; everything else answers `closed`.
    pub async fn close(&self) {
        let (sender, receiver) = oneshot::channel();
        self.shared.state.borrow_mut().ask_to_close(sender);
        self.shared.start();
        // Nobody is left to answer only where the executor is gone too.
        let _ = receiver.await;
    }

    async fn submit<T: 'static>(
        &self,
        extent: Extent,
        decide: impl FnMut(&mut Manager, &Damage) -> (T, Vec<ChangeSet>) + 'static,
    ) -> Result<T, StorageError> {
        let (queued, answer) = Queued::new(extent, decide);
        self.shared.state.borrow_mut().submit(Box::new(queued))?;
        self.shared.start();
        answer.await.unwrap_or_else(|_| Err(operation::abandoned()))
    }
}

impl<L> Clone for Board<L> {
    fn clone(&self) -> Self {
        Self { shared: Rc::clone(&self.shared) }
    }
}

impl<L> std::fmt::Debug for Board<L> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Board").finish_non_exhaustive()
    }
}
