//! The keys that work on every page.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use taskloom_domain::stage::Stage;
use wasm_bindgen::JsCast;

use super::go_choices::wait_for_letter;
use super::{Desk, focus_on};
use crate::address::Address;
use crate::gesture::Gestures;
use crate::model::keys::{Command, Press, Scope, command};
use crate::model::page::Page;

/// Listens for as long as the shell is there.
pub fn listen(desk: Desk) {
    let gestures = expect_context::<Gestures>();
    let address = expect_context::<Address>();
    let listener = window_event_listener(leptos::ev::keydown, move |event| {
        if event.default_prevented() || dialog_is_open() {
            return;
        }
        if is_typing() {
            return;
        }
        let key = event.key();
        let scope = if desk.going.get_untracked() { Scope::Go } else { Scope::Everywhere };
        if scope == Scope::Go {
            desk.going.set(false);
        }
        let Some(command) = command(scope, press(&event, &key)) else { return };
        let handled = match command {
            Command::GoTo => {
                wait_for_letter(desk);
                true
            }
            Command::Go(page) => {
                address.open(page.path());
                true
            }
            Command::Help => {
                desk.help.set(true);
                true
            }
            Command::NewTask => {
                desk.adding.set(Some(adding_column(desk, gestures)));
                if desk.title.with_untracked(|title| title != Page::Board.label()) {
                    address.open(Page::Board.path());
                }
                true
            }
            Command::Filter => {
                focus_on("filter");
                true
            }
            Command::Undo => {
                spawn_local(gestures.undo());
                true
            }
            Command::Back => leave(desk, address),
            _ => false,
        };
        if handled {
            event.prevent_default();
        }
    });
    on_cleanup(move || listener.remove());
}

/// A key press as the key table knows it.
pub fn press<'a>(event: &KeyboardEvent, key: &'a str) -> Press<'a> {
    Press { key, control: event.ctrl_key() || event.meta_key(), alt: event.alt_key() }
}

/// Closes the innermost thing that is open; dialogs and fields close themselves.
fn leave(desk: Desk, address: Address) -> bool {
    if desk.adding.get_untracked().is_some() {
        desk.adding.set(None);
    } else if untrack(move || address.panel_task()).is_some() {
        address.set_panel(None);
        desk.take_focus.set(true);
    } else {
        return false;
    }
    true
}

/// New tasks go to the column of the focused card, if tasks can be made there.
fn adding_column(desk: Desk, gestures: Gestures) -> Stage {
    let focused = desk.focused.get_untracked();
    let stage = focused
        .and_then(|id| gestures.board.with_index(|index| index.card(&id).map(|card| card.stage)));
    stage.filter(|stage| can_add(*stage)).unwrap_or(Stage::Ready)
}

/// Whether quick add is offered in a column.
pub fn can_add(stage: Stage) -> bool {
    matches!(stage, Stage::Draft | Stage::Ready | Stage::Queued)
}

/// Whether keys are text at the moment.
pub fn is_typing() -> bool {
    let Some(element) = document().active_element() else { return false };
    let tag = element.tag_name();
    matches!(tag.as_str(), "INPUT" | "TEXTAREA" | "SELECT")
        || element.dyn_ref::<web_sys::HtmlElement>().is_some_and(|e| e.is_content_editable())
}

fn dialog_is_open() -> bool {
    matches!(document().query_selector("dialog[open]"), Ok(Some(_)))
}
