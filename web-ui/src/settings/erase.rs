//! Erasing everything, after the one question that asks for more than a click.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::board_context::{BOARD_NAME, BoardContext};
use crate::export::LAST_EXPORT;
use crate::feedback::Feedback;
use crate::model::bundle::contents;
use crate::model::icon::IconName;
use crate::model::refusal::Refusal;
use crate::parts::{Modal, VerbButton};
use crate::preference;
use crate::shell::explain;

/// Erase all data.
#[component]
pub fn EraseSection() -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let asking = RwSignal::new(false);
    let reason = Signal::derive(move || match board.keeping() {
        Some(_) => String::new(),
        None => "the board is not open".into(),
    });
    let on_press = Callback::new(move |()| asking.set(true));
    view! {
        <section class="settings-section" aria-labelledby="settings-erase">
            <h2 id="settings-erase">"Erase all data"</h2>
            <p>
                "Removes the board with everything on it from this browser, for good. Other tabs that show it have to be reloaded."
            </p>
            <div class="settings-actions">
                <VerbButton
                    label="Erase all data…"
                    reason
                    class="danger-text"
                    icon=IconName::Trash
                    on_press
                />
            </div>
        </section>
        <Show when=move || asking.get()>
            <EraseQuestion asking />
        </Show>
    }
}

#[component]
fn EraseQuestion(asking: RwSignal<bool>) -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let feedback = expect_context::<Feedback>();
    let typed = RwSignal::new(String::new());
    let reason = Signal::derive(move || {
        if typed.with(|typed| typed.trim() == BOARD_NAME) {
            String::new()
        } else {
            format!("type {BOARD_NAME} first")
        }
    });
    let held = board.bundle().map(|bundle| contents(&bundle)).unwrap_or_default();
    let close = Callback::new(move |()| asking.set(false));
    let erase = Callback::new(move |()| {
        asking.set(false);
        spawn_local(async move {
            match board.erase().await {
                Ok(()) => {
                    preference::keep::<str>(LAST_EXPORT, None);
                    feedback.forget();
                    feedback.done("Everything is erased");
                }
                Err(error) => {
                    feedback.refused(&Refusal::known("Not erased", explain(&error)));
                }
            }
        });
    });
    view! {
        <Modal title="Erase all data?".to_owned() on_close=close class="confirm">
            <ul class="consequences">
                <li>{format!("The board goes, with {held}.")}</li>
                <li>"Nothing of it can be brought back. An export before keeps it."</li>
            </ul>
            <div class="erase-check">
                <label for="erase-name">
                    "Type " <strong>{BOARD_NAME}</strong> " to go on"
                </label>
                <input
                    id="erase-name"
                    class="field"
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    prop:value=move || typed.get()
                    on:input=move |event| typed.set(event_target_value(&event))
                    on:keydown=move |event| {
                        if event.key() == "Enter" && reason.get_untracked().is_empty() {
                            event.prevent_default();
                            erase.run(());
                        }
                    }
                />
            </div>
            <div class="modal-actions">
                <button autofocus class="button" on:click=move |_| close.run(())>
                    "Keep everything"
                </button>
                <VerbButton label="Erase all data" reason class="danger" on_press=erase />
            </div>
        </Modal>
    }
}
