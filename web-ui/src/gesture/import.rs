//! Import: a whole plan becomes tasks, and can be taken back.

use std::sync::Arc;

use taskloom_domain::import::{ImportPlan, ImportProblem, Imported};

use super::Gestures;
use crate::model::phrase;
use crate::model::refusal::Refusal;
use crate::model::undo::{Inverse, Step};

impl Gestures {
    /// What stands against a plan. Nothing is written.
    ///
    /// # Errors
    ///
    /// Why the plan cannot be judged at all.
    pub async fn judge_import(self, plan: Arc<ImportPlan>) -> Result<Vec<ImportProblem>, Refusal> {
        let judged =
            self.board.run(move |manager, actor| manager.import_problems(&plan, actor)).await;
        judged.map_err(|error| self.refusal("The file was not checked", &error))
    }

    /// Brings a plan onto the board, and answers what was created.
    ///
    /// # Errors
    ///
    /// The refusal; then nothing was written.
    pub async fn import(self, plan: Arc<ImportPlan>) -> Result<Imported, Refusal> {
        let imported =
            self.board.run(move |manager, actor| manager.import_tasks(&plan, actor)).await;
        let imported = imported.map_err(|error| self.refusal("Nothing was imported", &error))?;
        self.feedback.undoable(step_of(&imported));
        Ok(imported)
    }

    /// Takes an import back, as far as nobody built on it, and says how far.
    pub async fn remove_imported(self, imported: Imported) {
        self.feedback.take_this(&step_of(&imported));
        let removed =
            self.board.run(move |manager, actor| manager.remove_imported(&imported, actor)).await;
        match removed {
            Ok(removed) => {
                let gone = phrase::count(removed.removed.len(), "imported task");
                self.feedback.done(match removed.stayed.len() {
                    0 => format!("{gone} removed"),
                    stayed => format!("{gone} removed, {stayed} stayed: they are in use"),
                });
            }
            Err(error) => {
                let refusal = self.refusal("The import was not taken back", &error);
                self.feedback.refused(&refusal);
            }
        }
    }
}

fn step_of(imported: &Imported) -> Step {
    let text = format!("{} imported", phrase::count(imported.created.len(), "task"));
    Step { text, inverse: Inverse::RemoveImported(imported.clone()) }
}
