//! What surrounds every page: rail, top bar, side panel, messages, keys.

mod confirmation;
mod damage_notice;
mod desk;
mod fault_notice;
mod file_drop;
mod go_choices;
mod help;
mod keyboard;
mod rail;
mod storage_notice;
mod theme;
mod toasts;
mod top_bar;

use leptos::prelude::*;

pub use desk::Desk;
pub use keyboard::{can_add, is_typing, press};
pub use top_bar::explain;

use self::confirmation::Confirmation;
use self::file_drop::FileDrop;
use self::go_choices::GoChoices;
use self::help::HelpSheet;
use self::rail::Rail;
use self::storage_notice::StorageNotice;
use self::toasts::{LiveRegions, Toasts};
use self::top_bar::TopBar;
use crate::address::Address;
use crate::task::TaskPanel;

/// The frame around the pages.
#[component]
pub fn Shell(children: Children) -> impl IntoView {
    let address = Address::of_router();
    provide_context(address);
    let desk = expect_context::<Desk>();
    keyboard::listen(desk);
    let panel = Memo::new(move |_| address.panel_task());
    view! {
        <SkipLinks />
        <div class="shell" data-panel=move || panel.with(Option::is_some).then_some("open")>
            <Rail />
            <TopBar />
            <main id="main" tabindex="-1">
                <StorageNotice />
                {children()}
            </main>
            {move || panel.get().map(|id| view! { <TaskPanel id /> })}
        </div>
        <Toasts />
        <LiveRegions />
        <FileDrop />
        <Confirmation />
        <Show when=move || desk.going.get()>
            <GoChoices />
        </Show>
        <Show when=move || desk.help.get()>
            <HelpSheet on_close=move || desk.help.set(false) />
        </Show>
    }
}

/// Ways past what stands before the content, for the keyboard. They are buttons,
/// since a link to a fragment would leave the page under a base path.
#[component]
fn SkipLinks() -> impl IntoView {
    let address = expect_context::<Address>();
    let open = Memo::new(move |_| address.panel_task().is_some());
    view! {
        <div class="skip-links">
            <button on:click=|_| focus_on("main")>"Skip to content"</button>
            <button on:click=|_| focus_on("filter")>"Skip to filter"</button>
            <Show when=move || open.get()>
                <button on:click=|_| focus_on("panel")>"Skip to side panel"</button>
            </Show>
        </div>
    }
}

/// Puts the focus on an element of the page, if it is there.
pub fn focus_on(id: &str) {
    use wasm_bindgen::JsCast;
    let element = document().get_element_by_id(id);
    if let Some(element) =
        element.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok())
    {
        // What cannot take the focus stays without it.
        let _ = element.focus();
    }
}

/// Names the page, in its top bar and with a count in the title of the tab.
pub fn use_page_title(name: &'static str, count: impl Fn() -> Option<usize> + 'static) {
    let desk = expect_context::<Desk>();
    desk.title.set(name.to_owned());
    Effect::new(move || {
        let title = match count() {
            Some(count) => format!("{name} ({count}) – Taskloom"),
            None => format!("{name} – Taskloom"),
        };
        document().set_title(&title);
    });
}
