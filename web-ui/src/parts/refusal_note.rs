//! A refusal, shown where the gesture was made.

use leptos::prelude::*;

use super::Icon;
use crate::model::icon::IconName;
use crate::model::refusal::Refusal;

/// What was refused, why, what to do; the engine's own words behind it.
#[component]
pub fn RefusalNote(
    /// The refusal.
    refusal: Refusal,
    /// It was read and can go.
    on_dismiss: Callback<()>,
) -> impl IntoView {
    let detail = (!refusal.detail.is_empty()).then(|| {
        view! {
            <details>
                <summary>"Details"</summary>
                <code>{refusal.detail.clone()}</code>
            </details>
        }
    });
    let advice = (!refusal.advice.is_empty()).then(|| view! { <p>{refusal.advice}</p> });
    view! {
        <div class="refusal" role="alert">
            <Icon name=IconName::Warning />
            <div>
                <p><strong>{refusal.what}": "</strong>{refusal.why}"."</p>
                {advice}
                {detail}
            </div>
            <button
                class="icon-button"
                aria-label="Dismiss"
                on:click=move |_| on_dismiss.run(())
            >
                <Icon name=IconName::Close />
            </button>
        </div>
    }
}
