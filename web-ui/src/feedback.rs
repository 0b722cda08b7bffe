//! What the page says back: toasts, announcements for readers, and the history
//! that can be undone.

use leptos::prelude::*;
use taskloom_domain::id::TaskId;

use crate::model::refusal::Refusal;
use crate::model::undo::{History, Step};

/// A short message at the edge of the page.
#[derive(Debug, Clone, PartialEq)]
pub struct Toast {
    /// Tells it from the others.
    pub number: u64,
    /// What happened.
    pub text: String,
    /// How it is meant.
    pub tone: Tone,
    /// The step that its button takes back.
    pub undo: Option<Step>,
}

/// How a message is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Something was done.
    Done,
    /// Something was refused or failed.
    Refused,
}

/// How many toasts are shown at once; older ones go.
const SHOWN: usize = 3;

/// The page's voice. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Feedback {
    toasts: RwSignal<Vec<Toast>>,
    polite: RwSignal<String>,
    assertive: RwSignal<String>,
    history: StoredValue<History>,
    refusals: RwSignal<Vec<(TaskId, Refusal)>>,
    numbers: StoredValue<u64>,
}

impl Feedback {
    /// Nothing said yet.
    pub fn new() -> Self {
        Self {
            toasts: RwSignal::new(vec![]),
            polite: RwSignal::new(String::new()),
            assertive: RwSignal::new(String::new()),
            history: StoredValue::new(History::default()),
            refusals: RwSignal::new(vec![]),
            numbers: StoredValue::new(0),
        }
    }

    /// Something was done that cannot be taken back.
    pub fn done(self, text: impl Into<String>) {
        self.toast(text.into(), Tone::Done, None);
    }

    /// Something was done that can be taken back.
    pub fn undoable(self, step: Step) {
        self.history.update_value(|history| history.push(step.clone()));
        self.toast(step.text.clone(), Tone::Done, Some(step));
    }

    /// Something was refused away from any single place of the page.
    pub fn refused(self, refusal: &Refusal) {
        self.toast(refusal.sentence(), Tone::Refused, None);
    }

    /// Something was refused on the card of a task: the card shows it until the
    /// next gesture on it.
    pub fn refused_on(self, id: &TaskId, refusal: Refusal) {
        self.refused(&refusal);
        self.refusals.update(|all| {
            all.retain(|(known, _)| known != id);
            all.push((id.clone(), refusal));
        });
    }

    /// The refusal that a card shows.
    pub fn refusal_on(self, id: &TaskId) -> Option<Refusal> {
        self.refusals.with(|all| {
            all.iter().find(|(known, _)| known == id).map(|(_, refusal)| refusal.clone())
        })
    }

    /// A new gesture on a task makes its old refusal void.
    pub fn clear_refusal(self, id: &TaskId) {
        let shown = self.refusals.with_untracked(|all| all.iter().any(|(known, _)| known == id));
        if shown {
            self.refusals.update(|all| all.retain(|(known, _)| known != id));
        }
    }

    /// Says something to readers when they come to it.
    pub fn announce(self, text: impl Into<String>) {
        say(self.polite, text.into());
    }

    /// Says something to readers at once.
    pub fn interrupt(self, text: impl Into<String>) {
        say(self.assertive, text.into());
    }

    /// The newest step that can be taken back; it is forgotten with this.
    pub fn take_step(self) -> Option<Step> {
        let step = self.history.try_update_value(History::pop).flatten();
        if let Some(step) = &step {
            self.toasts.update(|all| all.retain(|toast| toast.undo.as_ref() != Some(step)));
        }
        step
    }

    /// Forgets a step whose own button was pressed; answers whether it was still
    /// there.
    pub fn take_this(self, step: &Step) -> bool {
        self.history.try_update_value(|history| history.take(step)).unwrap_or(false)
    }

    /// Forgets every step: what they are about is gone.
    pub fn forget(self) {
        self.history.set_value(History::default());
        self.toasts.update(|all| all.retain(|toast| toast.undo.is_none()));
    }

    /// The toasts to show.
    pub fn toasts(self) -> Vec<Toast> {
        self.toasts.get()
    }

    /// Takes a toast away.
    pub fn dismiss(self, number: u64) {
        self.toasts.update(|all| all.retain(|toast| toast.number != number));
    }

    /// The texts of the two live regions.
    pub fn regions(self) -> (Signal<String>, Signal<String>) {
        (self.polite.into(), self.assertive.into())
    }

    fn toast(self, text: String, tone: Tone, undo: Option<Step>) {
        match tone {
            Tone::Done => self.announce(text.clone()),
            Tone::Refused => self.interrupt(text.clone()),
        }
        let number = self.numbers.try_update_value(|last| {
            *last += 1;
            *last
        });
        let toast = Toast { number: number.unwrap_or(0), text, tone, undo };
        self.toasts.update(|all| {
            all.push(toast);
            let over = all.len().saturating_sub(SHOWN);
            all.drain(..over);
        });
    }
}

impl Default for Feedback {
    fn default() -> Self {
        Self::new()
    }
}

/// Readers speak a change of text only, so the same text again gets a space that
/// nobody hears.
fn say(region: RwSignal<String>, text: String) {
    region.update(|old| *old = if *old == text { format!("{text}\u{a0}") } else { text });
}
