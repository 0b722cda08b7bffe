//! The way between the pages: a rail at the side, a bar at the bottom of small
//! screens.

use leptos::prelude::*;
use leptos_router::components::A;

use crate::model::icon::IconName;
use crate::parts::Icon;

/// The pages.
const PAGES: [(&str, &str, IconName); 2] =
    [("/board", "Board", IconName::Board), ("/import", "Import", IconName::Import)];

/// Links to the pages.
#[component]
pub fn Rail() -> impl IntoView {
    let links = PAGES.map(|(href, label, icon)| {
        view! {
            <li>
                <A href=href attr:class="rail-link">
                    <Icon name=icon />
                    <span>{label}</span>
                </A>
            </li>
        }
    });
    view! {
        <nav class="rail" aria-label="Pages">
            <p class="brand">
                <Icon name=IconName::Logo />
                <span>"Taskloom"</span>
            </p>
            <ul>{links.into_iter().collect_view()}</ul>
        </nav>
    }
}
