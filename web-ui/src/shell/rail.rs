//! The way between the pages: a rail at the side, a bar at the bottom of small
//! screens.

use leptos::prelude::*;
use leptos_router::components::A;
use taskloom_domain::store::SchedulerStore;

use crate::board_context::BoardContext;
use crate::model::icon::IconName;
use crate::model::page::Page;
use crate::model::review::queue::open_count;
use crate::parts::Icon;

/// Links to the pages.
#[component]
pub fn Rail() -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let open = Memo::new(move |_| {
        board.read_reviews(|manager| open_count(manager.store())).unwrap_or_default()
    });
    let links = Page::ALL.iter().map(|page| {
        view! {
            <li>
                <A href=page.path() attr:class="rail-link">
                    <Icon name=page.icon() />
                    <span>{page.label()}</span>
                    {(*page == Page::Reviews).then(|| view! { <Waiting count=open /> })}
                    {(*page == Page::Queue).then(|| view! { <PauseMark /> })}
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

/// That the scheduler hands out nothing.
#[component]
fn PauseMark() -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let paused = Memo::new(move |_| {
        board.read_queue(|manager| manager.store().get_scheduler().paused).unwrap_or_default()
    });
    view! {
        <Show when=move || paused.get()>
            <b class="rail-count paused">"Paused"</b>
        </Show>
    }
}

/// How many wait for somebody.
#[component]
fn Waiting(count: Memo<usize>) -> impl IntoView {
    view! {
        <Show when=move || count.get() != 0>
            <b class="rail-count">
                {move || count.get()} <b class="for-readers">" waiting"</b>
            </b>
        </Show>
    }
}
