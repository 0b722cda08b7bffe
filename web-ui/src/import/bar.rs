//! The ways on from a dry run and from a result, whatever is imported.

use leptos::prelude::*;
use leptos_router::components::A;

use super::state::ImportState;
use crate::model::icon::IconName;
use crate::model::refusal::Refusal;
use crate::parts::{Icon, RefusalNote};

/// Below a dry run: the last refusal, the button that imports, and the way back.
#[component]
pub fn CheckBar(refusal: RwSignal<Option<Refusal>>, children: Children) -> impl IntoView {
    let state = expect_context::<ImportState>();
    let note = move || {
        refusal.get().map(|shown| {
            let on_dismiss = Callback::new(move |()| refusal.set(None));
            view! { <RefusalNote refusal=shown on_dismiss /> }
        })
    };
    view! {
        <footer class="import-bar">
            {note} <div class="import-actions">
                {children()}
                <button class="button" on:click=move |_| state.start_over()>
                    "Choose another file"
                </button>
            </div>
        </footer>
    }
}

/// Below a result: to the board, to another file, and the button that takes it back.
#[component]
pub fn ResultBar(children: Children) -> impl IntoView {
    let state = expect_context::<ImportState>();
    view! {
        <div class="import-actions">
            <A href="/board" attr:class="button primary">
                <Icon name=IconName::Board />
                "Show on the board"
            </A>
            <button class="button" on:click=move |_| state.start_over()>
                "Import another file"
            </button>
            {children()}
        </div>
    }
}
