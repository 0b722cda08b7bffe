//! Opening the board and keeping the page in step with it.

use futures_util::StreamExt;
use leptos::prelude::*;
use leptos::task::spawn_local;
use taskloom_storage::{
    AcceptDamageError, Board, BoardOptions, Damage, Durability, IndexedDbLog, MemoryLog, WriterId,
};

use super::handle::Handle;
use super::{BOARD_NAME, BoardContext, Keeping, Phase, StorageError};
use crate::environment;

/// How often the time of the views moves on.
const TICK: std::time::Duration = std::time::Duration::from_secs(10);

impl BoardContext {
    /// Opens the board that this browser keeps.
    pub fn open(self) {
        self.phase.set(Phase::Opening);
        spawn_local(async move {
            match open_stored().await {
                Ok(board) => self.follow(Handle::Stored(board), Keeping::Stored),
                Err(error) => self.phase.set(Phase::Refused(error)),
            }
        });
    }

    /// Opens a board that lives in this tab alone.
    pub fn open_in_memory(self) {
        spawn_local(async move {
            let log = MemoryLog::new();
            match Board::open(log, environment::manager_options(), board_options()).await {
                Ok(board) => self.follow(Handle::MemoryOnly(board), Keeping::MemoryOnly),
                Err(error) => self.phase.set(Phase::Refused(error)),
            }
        });
    }

    /// What of the stored board could not be read.
    pub fn damage(self) -> Damage {
        self.inner().handle.borrow().as_ref().map(Handle::damage).unwrap_or_default()
    }

    /// Goes on with what could be read of a damaged board, if the damage is still
    /// the one that the person saw.
    ///
    /// # Errors
    ///
    /// That it is another one, or what kept the board from being written down.
    pub async fn accept_damage(self, seen: &Damage) -> Result<(), AcceptDamageError> {
        self.handle()?.accept_damage(seen).await
    }

    fn follow(self, handle: Handle, keeping: Keeping) {
        let mut changes = handle.watch();
        let mut faults = handle.watch_fault();
        self.adopt(handle.clone(), keeping);
        spawn_local(async move {
            while let Some(change) = changes.next().await {
                self.refresh(&change.changes);
            }
        });
        spawn_local(async move {
            while let Some(fault) = faults.next().await {
                self.fault.set(fault);
            }
        });
        self.keep_in_step();
    }

    /// Moves the time on, and looks for what other tabs wrote, for as long as the page
    /// is there.
    fn keep_in_step(self) {
        if self.inner().ticking.replace(true) {
            return;
        }
        let came_back = move || {
            if let Ok(handle) = self.handle() {
                spawn_local(async move {
                    // A failure shows as the board's fault.
                    let _ = handle.catch_up().await;
                });
            }
        };
        // Both last as long as the page.
        let _ = window_event_listener(leptos::ev::focus, move |_| came_back());
        set_interval(
            move || {
                self.now.set(environment::now());
                came_back();
            },
            TICK,
        );
    }
}

async fn open_stored() -> Result<Board<IndexedDbLog>, StorageError> {
    let log = IndexedDbLog::open(BOARD_NAME, Durability::Relaxed).await?;
    Board::open(log, environment::manager_options(), board_options()).await
}

fn board_options() -> BoardOptions {
    BoardOptions::new(WriterId::from_random(environment::random()), spawn_local)
}
