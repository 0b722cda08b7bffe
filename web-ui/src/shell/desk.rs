//! What is open on the page and not in its address.

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use taskloom_domain::id::TaskId;
use taskloom_domain::stage::Stage;

/// The state of the page around its content. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Desk {
    /// What the page is called.
    pub title: RwSignal<String>,
    /// Whether the help sheet is shown.
    pub help: RwSignal<bool>,
    /// Whether the letter of a page is waited for.
    pub going: RwSignal<bool>,
    /// What ends the wait for it.
    pub(super) going_until: StoredValue<Option<TimeoutHandle>>,
    /// The column in which quick add is open.
    pub adding: RwSignal<Option<Stage>>,
    /// The card that has, or would get, the focus of the board.
    pub focused: RwSignal<Option<TaskId>>,
    /// Whether the focused card shall take the focus of the page.
    pub take_focus: RwSignal<bool>,
    /// A file that was dropped somewhere on the page, for the import page.
    pub dropped: RwSignal<Option<web_sys::File>, LocalStorage>,
}

impl Desk {
    /// Nothing is open.
    pub fn new() -> Self {
        Self {
            title: RwSignal::new(String::new()),
            help: RwSignal::new(false),
            going: RwSignal::new(false),
            going_until: StoredValue::new(None),
            adding: RwSignal::new(None),
            focused: RwSignal::new(None),
            take_focus: RwSignal::new(false),
            dropped: RwSignal::new_local(None),
        }
    }

    /// Gives the focus of the page to a card of the board.
    pub fn focus_card(self, id: TaskId) {
        self.focused.set(Some(id));
        self.take_focus.set(true);
    }
}

impl Default for Desk {
    fn default() -> Self {
        Self::new()
    }
}
