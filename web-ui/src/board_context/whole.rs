//! The board as a whole: taken away, brought in, erased.

use leptos::prelude::*;
use leptos::task::spawn_local;
use taskloom_storage::{
    Bundle, ImportError, ImportMode, ImportSummary, IndexedDbLog, StorageError, Version,
};

use super::handle::Handle;
use super::{BOARD_NAME, BoardContext, Keeping, Phase};

impl BoardContext {
    /// Everything that the board keeps.
    ///
    /// # Errors
    ///
    /// `unavailable` while no board is open.
    pub fn bundle(self) -> Result<Bundle, StorageError> {
        self.handle().map(|handle| handle.export())
    }

    /// How many commits the board has seen; none while it is not open.
    pub fn version(self) -> Option<Version> {
        self.handle().ok().map(|handle| handle.version())
    }

    /// What an import would do now. Nothing is written.
    ///
    /// # Errors
    ///
    /// Why it would be refused.
    pub fn preview(self, bundle: &Bundle, mode: ImportMode) -> Result<ImportSummary, ImportError> {
        self.handle()?.preview(bundle, mode)
    }

    /// Puts a bundle on the board, and answers what that did.
    ///
    /// # Errors
    ///
    /// Why it is refused; nothing is written then.
    pub async fn import(
        self,
        bundle: &Bundle,
        mode: ImportMode,
    ) -> Result<ImportSummary, ImportError> {
        let handle = self.handle()?;
        let told = handle.import(bundle, mode).await?;
        spawn_local(async move {
            // So much at once is worth keeping as a whole. A failure shows as the
            // board's fault, and the next snapshot makes up for it.
            let _ = handle.snapshot().await;
        });
        Ok(told)
    }

    /// Erases the board, for good and in every tab, and begins an empty one.
    ///
    /// # Errors
    ///
    /// What keeps the browser from erasing it. The page reads again what is there.
    pub async fn erase(self) -> Result<(), StorageError> {
        let handle = self.handle()?;
        let inner = self.inner();
        self.phase.set(Phase::Opening);
        inner.recovery.take();
        handle.close().await;
        match handle {
            Handle::Stored(_) => {
                let erased = IndexedDbLog::erase(BOARD_NAME).await;
                self.open();
                erased
            }
            Handle::MemoryOnly(_) => {
                self.open_in_memory();
                Ok(())
            }
        }
    }

    /// Where the board is kept; nothing while it is not open. Tracked.
    pub fn keeping(self) -> Option<Keeping> {
        match self.phase() {
            Phase::Open(keeping) => Some(keeping),
            Phase::Opening | Phase::Refused(_) => None,
        }
    }

    pub(super) fn handle(self) -> Result<Handle, StorageError> {
        let handle = self.inner().handle.borrow().clone();
        handle.ok_or_else(|| StorageError::Unavailable {
            cause: "the board is still being opened".into(),
        })
    }
}
