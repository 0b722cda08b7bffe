//! A dialog over the page, by the browser's own `<dialog>`.

use leptos::html::Dialog;
use leptos::prelude::*;

/// A modal dialog that is open for as long as it is rendered. Escape and a click
/// beside it ask to close it; the focus goes back by itself.
#[component]
pub fn Modal(
    /// The heading, which also names the dialog.
    #[prop(into)]
    title: Signal<String>,
    /// Called when it wants to be closed.
    on_close: Callback<()>,
    /// A class of its own.
    #[prop(optional)]
    class: &'static str,
    /// What is in it.
    children: Children,
) -> impl IntoView {
    let node = NodeRef::<Dialog>::new();
    Effect::new(move || {
        if let Some(dialog) = node.get()
            && !dialog.open()
        {
            // A page that is being left refuses; there is nobody to show it to.
            let _ = dialog.show_modal();
        }
    });
    let beside = move |event: leptos::ev::MouseEvent| {
        let hit = event.target().map(wasm_bindgen::JsValue::from);
        if hit.is_some() && hit == node.get().map(|node| wasm_bindgen::JsValue::from(&*node)) {
            on_close.run(());
        }
    };
    view! {
        <dialog
            node_ref=node
            class=format!("modal {class}")
            aria-labelledby="modal-title"
            on:cancel=move |event: web_sys::Event| {
                event.prevent_default();
                on_close.run(());
            }
            on:click=beside
        >
            <div class="modal-body">
                <h2 id="modal-title">{move || title.get()}</h2>
                {children()}
            </div>
        </dialog>
    }
}
