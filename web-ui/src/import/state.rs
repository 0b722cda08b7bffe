//! The course of one import.

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use taskloom_domain::id::TaskId;
use taskloom_domain::import::{ImportPlan, Imported};
use wasm_bindgen_futures::JsFuture;

use super::HEADING;
use super::bundle::BundleImport;
use crate::board_context::Phase;
use crate::environment;
use crate::gesture::Gestures;
use crate::model::bundle::bundle_in;
use crate::model::import::{
    Choices, Context, Counts, FileFault, Mapping, beads, check_lines_size, check_size, check_text,
    imported_tasks,
};
use crate::model::refusal::Refusal;
use crate::shell::{explain, focus_on};

/// What the page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A file is to be chosen.
    Choose,
    /// The file is being read.
    Read,
    /// The dry run.
    Check,
    /// The tasks are being written.
    Import,
    /// They are written.
    Done,
}

/// A text to import.
struct Source {
    name: String,
    text: String,
}

/// A finished dry run.
pub struct Checked {
    /// Tells it from the dry runs before it.
    pub round: u64,
    /// What becomes of each line.
    pub mapping: Mapping,
    /// How many lines end how.
    pub counts: Counts,
    /// What the engine will be asked to create.
    pub plan: Arc<ImportPlan>,
    /// The tasks of the board that the dry run knew of.
    existing: BTreeMap<String, TaskId>,
}

/// A finished import.
pub struct Done {
    /// How many lines ended how.
    pub counts: Counts,
    /// What was created.
    pub imported: Imported,
}

/// Why a file was turned down as a whole.
#[derive(Clone)]
pub struct Fault {
    /// The file.
    pub name: String,
    /// What is wrong with it.
    pub fault: FileFault,
}

/// The state of the import page. Cheap to copy.
#[derive(Clone, Copy)]
pub struct ImportState {
    /// The board and the page's voice.
    pub gestures: Gestures,
    /// What the page shows.
    pub step: RwSignal<Step>,
    /// Why the last file was turned down.
    pub fault: RwSignal<Option<Fault>>,
    /// Why the last attempt to check or to import failed.
    pub refusal: RwSignal<Option<Refusal>>,
    /// What the person decided.
    pub choices: RwSignal<Choices>,
    /// The newest dry run.
    pub checked: RwSignal<Option<Arc<Checked>>>,
    /// The finished import.
    pub done: RwSignal<Option<Arc<Done>>>,
    /// The course of the import where the file is a whole board.
    pub bundle: BundleImport,
    source: RwSignal<Option<Arc<Source>>>,
    name: RwSignal<String>,
    round: StoredValue<u64>,
}

impl ImportState {
    /// Nothing chosen yet. Belongs to the page that asks for it.
    pub fn new(gestures: Gestures) -> Self {
        let step = RwSignal::new(Step::Choose);
        let state = Self {
            gestures,
            step,
            bundle: BundleImport::new(gestures, step),
            fault: RwSignal::new(None),
            refusal: RwSignal::new(None),
            choices: RwSignal::new(Choices::default()),
            checked: RwSignal::new(None),
            done: RwSignal::new(None),
            source: RwSignal::new(None),
            name: RwSignal::new(String::new()),
            round: StoredValue::new(0),
        };
        Effect::new(move || {
            let open = matches!(state.gestures.board.phase(), Phase::Open(_));
            let choices = state.choices.get();
            if let (true, Some(source)) = (open, state.source.get()) {
                state.check(source, choices);
            }
        });
        state
    }

    /// Whether the file is a whole board. Tracked.
    pub fn is_bundle(self) -> bool {
        self.bundle.is_chosen()
    }

    /// What the file is called.
    pub fn name(self) -> String {
        self.name.get()
    }

    /// Reads a file, and checks it.
    pub fn load(self, file: web_sys::File) {
        self.begin(file.name());
        // Sizes are whole numbers below 2^53.
        if let Err(fault) = check_size(file.size() as u64) {
            return self.turn_down(fault);
        }
        spawn_local(async move {
            let text = JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string());
            match text {
                Some(text) => self.take(text),
                None => self.turn_down(FileFault::Unreadable),
            }
        });
    }

    /// Checks a text.
    pub fn paste(self, text: String) {
        self.begin("the pasted lines".into());
        self.take(text);
    }

    /// Back to the first step.
    pub fn start_over(self) {
        self.source.set(None);
        self.bundle.drop_it();
        self.step.set(Step::Choose);
    }

    /// Writes the checked tasks.
    pub fn import(self) {
        let Some(checked) = self.checked.get_untracked() else { return };
        if known_tasks(self) != checked.existing {
            self.gestures.feedback.interrupt("The board changed: the lines are checked again.");
            return self.choices.notify();
        }
        self.step.set(Step::Import);
        self.refusal.set(None);
        spawn_local(async move {
            match self.gestures.import(Arc::clone(&checked.plan)).await {
                Ok(imported) => {
                    let done = Done { counts: checked.counts.clone(), imported };
                    // The page may be gone by now; the tasks are on the board.
                    let _ = self.done.try_set(Some(Arc::new(done)));
                    let _ = self.source.try_set(None);
                    let _ = self.step.try_set(Step::Done);
                }
                Err(refusal) => self.fail(refusal),
            }
        });
    }

    fn begin(self, name: String) {
        self.name.set(name);
        self.fault.set(None);
        self.refusal.set(None);
        self.source.set(None);
        self.bundle.drop_it();
        self.step.set(Step::Read);
    }

    fn take(self, text: String) {
        let Some(name) = self.name.try_get_untracked() else { return };
        match bundle_in(&text) {
            Some(Ok(bundle)) => match bundle.validate() {
                Ok(()) => return self.bundle.choose(bundle),
                Err(error) => return self.turn_down(FileFault::Bundle(explain(&error))),
            },
            Some(Err(error)) => return self.turn_down(FileFault::Bundle(explain(&error))),
            None => {}
        }
        if let Err(fault) = check_lines_size(&text) {
            return self.turn_down(fault);
        }
        self.choices.set(Choices::default());
        self.source.set(Some(Arc::new(Source { name, text })));
    }

    fn turn_down(self, fault: FileFault) {
        let Some(name) = self.name.try_get_untracked() else { return };
        self.source.set(None);
        self.fault.set(Some(Fault { name, fault }));
        self.step.set(Step::Choose);
    }

    fn fail(self, refusal: Refusal) {
        // The page may be gone by now; then the message is what is left.
        self.gestures.feedback.refused(&refusal);
        if self.refusal.try_set(Some(refusal)).is_none() {
            self.step.set(Step::Check);
        }
    }

    /// The dry run: maps the text, and asks the engine about the plan.
    fn check(self, source: Arc<Source>, choices: Choices) {
        let round = self.round.try_update_value(|round| {
            *round += 1;
            *round
        });
        let Some(round) = round else { return };
        spawn_local(async move {
            let existing = known_tasks(self);
            let context = Context { now: environment::now(), existing: existing.clone(), choices };
            let mut mapping = beads::map(&source.text, &context);
            if let Err(fault) = check_text(&mapping) {
                self.name.set(source.name.clone());
                return self.turn_down(fault);
            }
            let plan = Arc::new(mapping.plan.clone());
            match self.gestures.judge_import(Arc::clone(&plan)).await {
                Ok(problems) => mapping.take_problems(problems),
                Err(refusal) => return self.fail(refusal),
            }
            // A newer choice, or another page, makes this one void.
            if self.round.try_get_value() != Some(round) {
                return;
            }
            let counts = mapping.counts();
            self.gestures.feedback.announce(counts.sentence());
            self.checked.set(Some(Arc::new(Checked { round, mapping, counts, plan, existing })));
            self.step.set(Step::Check);
            request_animation_frame(keep_focus);
        });
    }
}

/// The tasks of the board that came from the same format.
fn known_tasks(state: ImportState) -> BTreeMap<String, TaskId> {
    let board = state.gestures.board;
    board.read(|manager| imported_tasks(manager.store(), beads::FORMAT)).unwrap_or_default()
}

/// A choice takes its own button away, and the focus with it.
fn keep_focus() {
    let is_lost = document().active_element().is_none_or(|element| element.tag_name() == "BODY");
    if is_lost {
        focus_on(HEADING);
    }
}
