//! Quick add: a line at the top of a column that stays open for the next one.

use leptos::html::Input;
use leptos::prelude::*;
use leptos::task::spawn_local;
use taskloom_domain::stage::Stage;

use super::state::BoardState;
use crate::gesture::add_line;
use crate::model::icon::IconName;
use crate::model::phrase;
use crate::model::refusal::Refusal;
use crate::parts::{Icon, RefusalNote};

/// The line.
#[component]
pub fn QuickAddRow(stage: Stage) -> impl IntoView {
    let state = expect_context::<BoardState>();
    let text = RwSignal::new(String::new());
    let refusals = RwSignal::new(Vec::<Refusal>::new());
    let field = NodeRef::<Input>::new();
    Effect::new(move || {
        if let Some(field) = field.get() {
            // A field that was just made can take the focus.
            let _ = field.focus();
        }
    });
    let close = move || {
        state.desk.adding.set(None);
        state.desk.take_focus.set(true);
    };
    let add = move || {
        let line = text.get_untracked();
        if line.trim().is_empty() {
            return;
        }
        spawn_local(async move {
            match add_line(state.gestures, &line, stage).await {
                Ok(added) => {
                    // What was typed meanwhile is the next line.
                    if text.get_untracked() == line {
                        text.set(String::new());
                    }
                    state.desk.focused.set(Some(added.id));
                    refusals.set(added.refusals);
                }
                Err(refusal) => refusals.set(vec![refusal]),
            }
        });
    };
    let label = format!("New task in {}", phrase::stage(stage));
    view! {
        <div class="quick-add">
            <div class="quick-add-line">
                <input
                    node_ref=field
                    class="field"
                    autocomplete="off"
                    aria-label=label
                    aria-describedby="quick-add-hint"
                    placeholder="What is to be done?"
                    prop:value=move || text.get()
                    on:input=move |event| text.set(event_target_value(&event))
                    on:keydown=move |event| {
                        match event.key().as_str() {
                            "Enter" if !event.is_composing() => {
                                event.prevent_default();
                                add();
                            }
                            "Escape" => {
                                event.prevent_default();
                                event.stop_propagation();
                                close();
                            }
                            _ => {}
                        }
                    }
                />
                <button class="icon-button" aria-label="Close quick add" on:click=move |_| close()>
                    <Icon name=IconName::Close />
                </button>
            </div>
            <p id="quick-add-hint" class="hint">
                <kbd>"Enter"</kbd>
                " adds. "
                <code>"!high"</code>
                " "
                <code>"@you"</code>
                " "
                <code>"#label"</code>
                " "
                <code>"^parent"</code>
                " "
                <code>">needs"</code>
                " "
                <code>"<blocks"</code>
            </p>
            {move || {
                refusals
                    .get()
                    .into_iter()
                    .map(|refusal| {
                        let on_dismiss = Callback::new(move |()| refusals.set(vec![]));
                        view! { <RefusalNote refusal on_dismiss /> }
                    })
                    .collect_view()
            }}
        </div>
    }
}
