//! The course of the import of a whole board.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use taskloom_storage::{Bundle, ImportMode, ImportSummary, Prefer, Version};

use super::super::state::Step;
use crate::board_context::Phase;
use crate::gesture::{Gestures, Restored};
use crate::model::bundle::Row;
use crate::model::refusal::Refusal;

/// What an import would do, as of a moment of the board.
pub struct Preview {
    /// What the import does with this board's records.
    pub mode: ImportMode,
    /// What would happen, or why it cannot.
    pub outcome: Result<ImportSummary, Refusal>,
    version: Option<Version>,
}

impl Preview {
    /// What would happen; nothing where it cannot.
    pub fn summary(&self) -> Option<&ImportSummary> {
        self.outcome.as_ref().ok()
    }

    /// How many records would be written or removed.
    pub fn changes(&self) -> usize {
        self.summary().map_or(0, |summary| Row::changes(&Row::all(summary)) + summary.settled.len())
    }
}

/// The state of the import of a bundle. Cheap to copy.
#[derive(Clone, Copy)]
pub struct BundleImport {
    /// The board and the page's voice.
    pub gestures: Gestures,
    /// What was last said about it.
    pub preview: RwSignal<Option<Arc<Preview>>>,
    /// Why the last attempt to import failed.
    pub refusal: RwSignal<Option<Refusal>>,
    /// Whether a question waits.
    pub asking: RwSignal<bool>,
    /// The finished import.
    pub done: RwSignal<Option<Arc<Restored>>>,
    /// What the file holds.
    pub bundle: RwSignal<Option<Arc<Bundle>>>,
    step: RwSignal<Step>,
}

impl BundleImport {
    /// Nothing chosen yet. `step` is what the page shows.
    pub fn new(gestures: Gestures, step: RwSignal<Step>) -> Self {
        let state = Self {
            gestures,
            step,
            preview: RwSignal::new(None),
            refusal: RwSignal::new(None),
            asking: RwSignal::new(false),
            done: RwSignal::new(None),
            bundle: RwSignal::new(None),
        };
        Effect::new(move || {
            let open = matches!(state.gestures.board.phase(), Phase::Open(_));
            if open && state.bundle.with(Option::is_some) {
                state.look(ImportMode::IntoEmpty);
            }
        });
        state
    }

    /// Whether there is one. Tracked.
    pub fn is_chosen(self) -> bool {
        self.bundle.with(Option::is_some)
    }

    /// Takes a valid bundle, and looks at what it would do.
    pub fn choose(self, bundle: Bundle) {
        self.refusal.set(None);
        self.done.set(None);
        self.bundle.set(Some(Arc::new(bundle)));
    }

    /// Forgets it.
    pub fn drop_it(self) {
        self.bundle.set(None);
        self.preview.set(None);
    }

    /// Looks at what an import would do. A board that is not empty is merged with,
    /// unless the person says otherwise.
    pub fn look(self, mode: ImportMode) {
        let Some(bundle) = self.bundle.get_untracked() else { return };
        let version = self.gestures.board.version();
        let (mode, outcome) = match self.gestures.preview(&bundle, mode) {
            Ok(summary) => (mode, Ok(summary)),
            Err(Some(refusal)) => (mode, Err(refusal)),
            Err(None) => return self.look(ImportMode::Merge(Prefer::Board)),
        };
        if let Err(refusal) = &outcome {
            self.gestures.feedback.interrupt(refusal.sentence());
        }
        self.preview.set(Some(Arc::new(Preview { mode, outcome, version })));
        self.step.set(Step::Check);
    }

    /// Asks before something is lost, and imports.
    pub fn intend(self) {
        let Some(preview) = self.preview.get_untracked() else { return };
        if self.gestures.board.version() != preview.version {
            self.gestures.feedback.interrupt("The board changed: the file is checked again.");
            return self.look(preview.mode);
        }
        match preview.mode {
            ImportMode::Replace => self.asking.set(true),
            ImportMode::IntoEmpty | ImportMode::Merge(_) => self.import(),
        }
    }

    /// Imports.
    pub fn import(self) {
        self.asking.set(false);
        let (bundle, preview) = (self.bundle.get_untracked(), self.preview.get_untracked());
        let (Some(bundle), Some(preview)) = (bundle, preview) else { return };
        self.refusal.set(None);
        self.step.set(Step::Import);
        spawn_local(async move {
            match self.gestures.restore(&bundle, preview.mode).await {
                Ok(restored) => {
                    // The page may be gone by now; the board has it.
                    let _ = self.done.try_set(Some(Arc::new(restored)));
                    let _ = self.step.try_set(Step::Done);
                }
                Err(refusal) => {
                    self.gestures.feedback.refused(&refusal);
                    if self.refusal.try_set(Some(refusal)).is_none() {
                        self.step.set(Step::Check);
                    }
                }
            }
        });
    }
}
