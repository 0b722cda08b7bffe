//! The page for addresses that lead nowhere.

use leptos::prelude::*;
use leptos_router::components::A;

use crate::shell::use_page_title;

/// Says so, and offers the way back.
#[component]
pub fn NotFound() -> impl IntoView {
    use_page_title("Not found", || None);
    view! {
        <section class="page message-page">
            <h2>"There is no page here"</h2>
            <p>"The address may be mistyped, or the page moved."</p>
            <A href="/board" attr:class="button primary">
                "Go to the board"
            </A>
        </section>
    }
}
