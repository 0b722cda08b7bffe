//! Whole boards: a bundle comes onto the board, and the board comes back.

use std::sync::Arc;

use taskloom_storage::{Bundle, ImportError, ImportMode, ImportSummary};

use super::Gestures;
use crate::model::bundle;
use crate::model::refusal::Refusal;
use crate::model::undo::{Before, Inverse, Step};

/// A bundle that came onto the board.
pub struct Restored {
    /// What that did.
    pub summary: ImportSummary,
    /// The board before.
    pub before: Before,
}

impl Gestures {
    /// Puts a bundle on the board. The board as it was stays at hand for an undo.
    ///
    /// # Errors
    ///
    /// The refusal; then nothing was written.
    pub async fn restore(self, from: &Bundle, mode: ImportMode) -> Result<Restored, Refusal> {
        const WHAT: &str = "Nothing was imported";
        let before =
            self.board.bundle().map_err(|error| self.import_refusal(WHAT, &error.into()))?;
        let told = self.board.import(from, mode).await;
        let summary = told.map_err(|error| self.import_refusal(WHAT, &error))?;
        let led_to = self.board.version().unwrap_or_default();
        let before = Before { bundle: Arc::new(before), led_to };
        let text = match mode {
            ImportMode::Merge(_) => "File merged into the board",
            ImportMode::Replace => "Board replaced by the file",
            ImportMode::IntoEmpty => "Board restored from the file",
        };
        let inverse = Inverse::PutBack(before.clone());
        self.feedback.undoable(Step { text: text.into(), inverse });
        Ok(Restored { summary, before })
    }

    /// Puts the board back as it was, whatever it is now. Sessions that held a lease
    /// have to claim again.
    pub async fn put_back(self, before: &Before) {
        match self.board.import(&before.bundle, ImportMode::Replace).await {
            Ok(_) => self.feedback.done("The board is as it was before the import"),
            Err(error) => {
                let refusal = self.import_refusal("The board was not put back", &error);
                self.feedback.refused(&refusal);
            }
        }
    }

    /// What an import would do.
    ///
    /// # Errors
    ///
    /// Why it would be refused; nothing where the board has to be empty for it and
    /// is not.
    pub fn preview(
        self,
        from: &Bundle,
        mode: ImportMode,
    ) -> Result<ImportSummary, Option<Refusal>> {
        self.board.preview(from, mode).map_err(|error| match error {
            ImportError::NotEmpty => None,
            error => Some(self.import_refusal("It cannot be imported so", &error)),
        })
    }

    fn import_refusal(self, what: &str, error: &ImportError) -> Refusal {
        bundle::refusal(what, error, |id| self.short_name(id))
    }
}
