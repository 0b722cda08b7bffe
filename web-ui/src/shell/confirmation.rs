//! The question before a gesture that cannot be taken back.

use leptos::prelude::*;
use taskloom_domain::availability::Verb;
use taskloom_domain::store::RecordStore;

use super::Desk;
use crate::address::Address;
use crate::gesture::Gestures;
use crate::model::card::short_name;
use crate::model::consequence;
use crate::parts::Confirm;

/// Asks while a gesture waits.
#[component]
pub fn Confirmation() -> impl IntoView {
    let gestures = expect_context::<Gestures>();
    let desk = expect_context::<Desk>();
    let address = expect_context::<Address>();
    move || {
        let (verb, id) = gestures.asking.get()?;
        let task = gestures.board.read(|manager| manager.store().get_task(&id)).flatten()?;
        let name = format!("{} {}", short_name(&task), task.title);
        let lines = gestures.board.read(|manager| match verb {
            Verb::Delete => consequence::of_delete(manager.store(), &id),
            _ => consequence::of_cancel(manager.store(), &id),
        });
        let (title, yes) = match verb {
            Verb::Delete => (format!("Delete {name}?"), "Delete it"),
            _ => (format!("Cancel {name}?"), "Cancel the task"),
        };
        let on_yes = Callback::new(move |()| {
            gestures.asking.set(None);
            if verb == Verb::Delete && untrack(|| address.panel_task()).as_ref() == Some(&id) {
                address.set_panel(None);
            }
            gestures.go(verb, id.clone());
        });
        let on_no = Callback::new(move |()| {
            gestures.asking.set(None);
            desk.take_focus.set(true);
        });
        let consequences = lines.unwrap_or_default();
        Some(view! { <Confirm title consequences yes no="Keep it" on_yes on_no /> })
    }
}
