//! Opening the board and keeping the page in step with it.

use futures_util::StreamExt;
use leptos::prelude::*;
use leptos::task::spawn_local;
use taskloom_storage::{
    Board, BoardOptions, Damage, Durability, IndexedDbLog, MemoryLog, WriterId,
};

use super::handle::Handle;
use super::{BOARD_NAME, BoardContext, Keeping, Phase, StorageError};
use crate::environment;
use crate::model::board_index::changed_tasks;

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

    /// The whole board as one JSON document.
    ///
    /// # Errors
    ///
    /// What kept the board from being read.
    pub async fn export(self) -> Result<String, StorageError> {
        let handle = self.inner().handle.borrow().clone();
        match handle {
            Some(handle) => handle
                .export()
                .to_json()
                .map_err(|error| StorageError::Failed { cause: error.to_string() }),
            None => Err(StorageError::Unavailable { cause: "no board is open".into() }),
        }
    }

    /// What of the stored board could not be read.
    pub fn damage(self) -> Damage {
        self.inner().handle.borrow().as_ref().map(Handle::damage).unwrap_or_default()
    }

    /// Goes on with what could be read of a damaged board.
    ///
    /// # Errors
    ///
    /// What kept it from being written down.
    pub async fn accept_damage(self) -> Result<(), StorageError> {
        let handle = self.inner().handle.borrow().clone();
        match handle {
            Some(handle) => handle.accept_damage().await,
            None => Err(StorageError::Unavailable { cause: "no board is open".into() }),
        }
    }

    fn follow(self, handle: Handle, keeping: Keeping) {
        let mut changes = handle.watch();
        let mut faults = handle.watch_fault();
        self.adopt(handle.clone(), keeping);
        spawn_local(async move {
            let mut asked = false;
            while let Some(change) = changes.next().await {
                // Now there is something worth keeping.
                if keeping == Keeping::Stored && !asked {
                    asked = true;
                    ask_to_persist();
                }
                self.refresh(&changed_tasks(&change.changes));
            }
        });
        spawn_local(async move {
            while let Some(fault) = faults.next().await {
                self.fault.set(fault);
            }
        });
        let came_back = {
            let handle = handle.clone();
            move || {
                let handle = handle.clone();
                spawn_local(async move {
                    // A failure shows as the board's fault.
                    let _ = handle.catch_up().await;
                });
            }
        };
        // Both last as long as the page.
        let look = came_back.clone();
        let _ = window_event_listener(leptos::ev::focus, move |_| look());
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

/// Asks the browser not to clear this site's data by itself. It may ask the
/// person, or refuse; the board works all the same.
fn ask_to_persist() {
    let asked = window().navigator().storage().persist();
    if let Ok(answer) = asked {
        spawn_local(async move {
            let _ = wasm_bindgen_futures::JsFuture::from(answer).await;
        });
    }
}

fn board_options() -> BoardOptions {
    BoardOptions::new(WriterId::from_random(environment::random()), spawn_local)
}
