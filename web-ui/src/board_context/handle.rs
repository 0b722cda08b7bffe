//! The open board on either of its logs.

use std::pin::Pin;

use futures_util::{Stream, StreamExt};
use taskloom_domain::TaskError;
use taskloom_domain::actor::ActorContext;
use taskloom_domain::manager::Manager;
use taskloom_storage::{
    AcceptDamageError, Board, BoardChange, BoardError, Bundle, Damage, ImportError, ImportMode,
    ImportSummary, IndexedDbLog, Leader, LeaseRecovery, MemoryLog, StorageError, Version,
};

use super::BOARD_NAME;
use crate::environment;

/// A board that is kept in the browser, or in memory where the browser refuses.
#[derive(Clone)]
pub(super) enum Handle {
    Stored(Board<IndexedDbLog>),
    MemoryOnly(Board<MemoryLog>),
}

macro_rules! on_board {
    ($handle:expr, $board:ident => $call:expr) => {
        match $handle {
            Handle::Stored($board) => $call,
            Handle::MemoryOnly($board) => $call,
        }
    };
}

impl Handle {
    pub(super) fn read<T>(&self, read: impl FnOnce(&Manager) -> T) -> T {
        on_board!(self, board => board.read(read))
    }

    pub(super) async fn run<T: 'static>(
        &self,
        operation: impl FnMut(&mut Manager) -> Result<T, TaskError> + 'static,
    ) -> Result<T, BoardError> {
        on_board!(self, board => board.run(operation).await)
    }

    pub(super) fn watch(&self) -> Pin<Box<dyn Stream<Item = BoardChange>>> {
        on_board!(self, board => board.watch().boxed_local())
    }

    pub(super) fn fault(&self) -> Option<StorageError> {
        on_board!(self, board => board.fault())
    }

    pub(super) fn watch_fault(&self) -> Pin<Box<dyn Stream<Item = Option<StorageError>>>> {
        on_board!(self, board => board.watch_fault().boxed_local())
    }

    pub(super) async fn catch_up(&self) -> Result<(), StorageError> {
        on_board!(self, board => board.catch_up().await)
    }

    /// Has this tab put runs back whose lease ended, while it leads.
    pub(super) fn recover_leases(&self, actor: ActorContext) -> LeaseRecovery {
        let leader = match self {
            Handle::Stored(_) => Leader::stand(BOARD_NAME),
            Handle::MemoryOnly(_) => Leader::alone(),
        };
        // A recovery that failed is tried again, and what ails the storage shows as
        // the board's fault.
        let on_error = |_| ();
        on_board!(self, board => {
            LeaseRecovery::begin(board.clone(), leader, actor, environment::now, on_error)
        })
    }

    pub(super) fn damage(&self) -> Damage {
        on_board!(self, board => board.damage())
    }

    pub(super) async fn accept_damage(&self, seen: &Damage) -> Result<(), AcceptDamageError> {
        on_board!(self, board => board.accept_damage(seen).await)
    }

    pub(super) fn version(&self) -> Version {
        on_board!(self, board => board.version())
    }

    pub(super) fn preview(
        &self,
        bundle: &Bundle,
        mode: ImportMode,
    ) -> Result<ImportSummary, ImportError> {
        on_board!(self, board => board.preview(bundle, mode))
    }

    pub(super) async fn import(
        &self,
        bundle: &Bundle,
        mode: ImportMode,
    ) -> Result<ImportSummary, ImportError> {
        on_board!(self, board => board.import(bundle, mode).await)
    }

    /// Keeps the state as a whole; what is older goes from the log in time.
    pub(super) async fn snapshot(&self) -> Result<Version, StorageError> {
        on_board!(self, board => board.snapshot().await)
    }

    pub(super) async fn close(&self) {
        on_board!(self, board => board.close().await);
    }

    pub(super) fn export(&self) -> Bundle {
        on_board!(self, board => board.export())
    }
}
