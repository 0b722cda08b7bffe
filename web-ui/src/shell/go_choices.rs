//! Where the letter after `G` leads, for as long as it is waited for.

use std::time::Duration;

use leptos::prelude::*;

use super::Desk;
use crate::model::keys::{KEYS, Scope};

/// How long the letter is waited for.
const WAIT: Duration = Duration::from_millis(1_200);

/// Begins to wait for the letter of a page.
pub fn wait_for_letter(desk: Desk) {
    desk.going.set(true);
    let timer = set_timeout_with_handle(move || desk.going.set(false), WAIT);
    // A browser without timers shows the choices until the next key.
    if let Ok(timer) = timer {
        let before = desk.going_until.try_update_value(|last| last.replace(timer)).flatten();
        if let Some(before) = before {
            before.clear();
        }
    }
}

/// The choices.
#[component]
pub fn GoChoices() -> impl IntoView {
    let rows = KEYS.iter().filter(|binding| binding.scope == Scope::Go).map(|binding| {
        let caps = binding.chords.iter().flat_map(|chord| chord.caps());
        view! {
            <li>
                {caps.map(|cap| view! { <kbd>{cap}</kbd> }).collect_view()}
                {binding.text}
            </li>
        }
    });
    view! {
        <div class="go-choices" role="status">
            <p>"Go to"</p>
            <ul>{rows.collect_view()}</ul>
        </div>
    }
}
