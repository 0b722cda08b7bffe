//! The way between the pages: a rail at the side, a bar at the bottom of small
//! screens.

use leptos::prelude::*;
use leptos_router::components::A;

use crate::model::icon::IconName;
use crate::model::page::Page;
use crate::parts::Icon;

/// Links to the pages.
#[component]
pub fn Rail() -> impl IntoView {
    let links = Page::ALL.iter().map(|page| {
        view! {
            <li>
                <A href=page.path() attr:class="rail-link">
                    <Icon name=page.icon() />
                    <span>{page.label()}</span>
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
            <ul>{links.collect_view()}</ul>
        </nav>
    }
}
