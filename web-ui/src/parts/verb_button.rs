//! A button that says why it cannot work instead of going away.

use leptos::prelude::*;

use super::Icon;
use crate::model::icon::IconName;

/// A verb with its reason. It stays focusable while it cannot work, and the
/// reason is its description.
#[component]
pub fn VerbButton(
    /// What it does.
    #[prop(into)]
    label: Signal<String>,
    /// Why it cannot work now; empty while it can.
    #[prop(into)]
    reason: Signal<String>,
    /// A class of its own.
    #[prop(optional)]
    class: &'static str,
    /// A symbol before the label.
    #[prop(optional)]
    icon: Option<IconName>,
    /// It was pressed while it can work.
    on_press: Callback<()>,
    /// It got or lost the pointer or the focus; for previews.
    #[prop(optional)]
    on_look: Option<Callback<bool>>,
) -> impl IntoView {
    let refused = move || !reason.get().is_empty();
    let look = move |looking: bool| {
        if let Some(callback) = on_look {
            // The focus also leaves when the button itself goes, with all it knew.
            callback.try_run(looking);
        }
    };
    view! {
        <div class="verb">
            <button
                class=format!("button {class}")
                aria-disabled=move || refused().then_some("true")
                aria-description=move || reason.get()
                on:click=move |_| {
                    if !refused() {
                        on_press.run(());
                    }
                }
                on:focus=move |_| look(true)
                on:blur=move |_| look(false)
                on:pointerenter=move |_| look(true)
                on:pointerleave=move |_| look(false)
            >
                {icon.map(|name| view! { <Icon name /> })}
                {move || label.get()}
            </button>
            <span class="verb-reason" aria-hidden="true">{move || reason.get()}</span>
        </div>
    }
}
