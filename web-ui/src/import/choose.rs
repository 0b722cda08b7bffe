//! The first step: a file, dropped or chosen, or text.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::HEADING;
use super::state::ImportState;
use crate::model::icon::IconName;
use crate::parts::{Icon, VerbButton};

/// Asks for a file.
#[component]
pub fn ChooseStep() -> impl IntoView {
    let state = expect_context::<ImportState>();
    let chosen = move |event: web_sys::Event| {
        let input = event.target().and_then(|it| it.dyn_into::<web_sys::HtmlInputElement>().ok());
        let file = input.and_then(|input| input.files()).and_then(|files| files.get(0));
        if let Some(file) = file {
            state.load(file);
        }
    };
    let fault = move || {
        state.fault.get().map(|fault| {
            view! {
                <div class="refusal" role="alert">
                    <Icon name=IconName::Warning />
                    <p>
                        <strong>{fault.name}" cannot be imported. "</strong>
                        {fault.fault.to_string()}
                    </p>
                </div>
            }
        })
    };
    view! {
        <div class="import-choose">
            <h2 id=HEADING tabindex="-1">"Choose a file of tasks, or a whole board"</h2>
            {fault}
            <div class="import-drop">
                <Icon name=IconName::Import />
                <p>"Drop a file anywhere on the page, or"</p>
                <label class="button primary">
                    <input
                        class="for-readers"
                        type="file"
                        accept=".jsonl,.ndjson,.json,.txt"
                        on:change=chosen
                    />
                    "Choose a file"
                </label>
                <p class="import-hint">
                    "Beads issues as JSON Lines: one issue per line, as "<code>"bd export"</code>
                    " writes them. A title is all that a line needs. Or a board that was exported here, as "
                    <code>"taskloom.json"</code>": to restore it, or to merge it with this one."
                </p>
            </div>
            <Paste />
        </div>
    }
}

#[component]
fn Paste() -> impl IntoView {
    let state = expect_context::<ImportState>();
    let text = RwSignal::new(String::new());
    let reason = Signal::derive(move || {
        if text.with(|text| text.trim().is_empty()) {
            "paste some lines first".into()
        } else {
            String::new()
        }
    });
    let on_press = Callback::new(move |()| state.paste(text.get_untracked()));
    view! {
        <div class="import-paste">
            <label for="import-text">"Or paste the lines"</label>
            <textarea
                id="import-text"
                class="field"
                rows="5"
                spellcheck="false"
                placeholder="{\"id\": \"bd-1\", \"title\": \"Draw the plan\"}"
                prop:value=move || text.get()
                on:input=move |event| text.set(event_target_value(&event))
            ></textarea>
            <VerbButton label="Check the lines" reason on_press />
        </div>
    }
}
