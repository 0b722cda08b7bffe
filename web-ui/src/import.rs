//! Bringing in tasks from elsewhere.

use leptos::prelude::*;

use crate::shell::use_page_title;

/// The import page.
#[component]
pub fn ImportPage() -> impl IntoView {
    use_page_title("Import", || None);
    view! { <section class="page import-page"></section> }
}
