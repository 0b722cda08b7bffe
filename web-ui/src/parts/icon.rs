//! A symbol of the sprite.

use leptos::prelude::*;

use crate::model::icon::IconName;

/// A symbol in the colour and size of the text around it. Always beside words or
/// inside a labelled control, so it is hidden from readers.
#[component]
pub fn Icon(
    /// Which one.
    name: IconName,
) -> impl IntoView {
    view! {
        <svg class="icon" aria-hidden="true" focusable="false">
            <use_ href=format!("#{}", name.id())></use_>
        </svg>
    }
}
