//! The bar above every page.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::Desk;
use super::theme::ThemeSwitch;
use crate::address::{Address, Trace};
use crate::board_context::{BoardContext, Keeping, Phase};
use crate::model::icon::IconName;
use crate::model::page::Page;
use crate::parts::Icon;

/// Title, filter, storage mark, acting identity, theme, help.
#[component]
pub fn TopBar() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let path = use_location().pathname;
    let filtered = Memo::new(move |_| {
        let path = path.get();
        [Page::Board, Page::Reviews, Page::Queue].iter().any(|page| path.ends_with(page.path()))
    });
    view! {
        <header class="top-bar">
            <h1>{move || desk.title.get()}</h1>
            <Show when=move || filtered.get()>
                <FilterBox />
            </Show>
            <div class="top-bar-end">
                <StorageMark />
                <span class="identity" title="You act as yourself, through this page">
                    <Icon name=IconName::Person />
                    <span>"You"</span>
                </span>
                <ThemeSwitch />
                <button
                    class="icon-button"
                    aria-label="Keys"
                    title="Keys (?)"
                    on:click=move |_| desk.help.set(true)
                >
                    <Icon name=IconName::Help />
                </button>
            </div>
        </header>
    }
}

/// Free words that match title and identifier.
#[component]
fn FilterBox() -> impl IntoView {
    let address = expect_context::<Address>();
    let desk = expect_context::<Desk>();
    let text = move || address.get("q");
    view! {
        <search class="filter">
            <Icon name=IconName::Search />
            <label class="for-readers" for="filter">
                "Filter by title or identifier"
            </label>
            <input
                id="filter"
                class="field"
                type="search"
                autocomplete="off"
                placeholder="Filter by title or identifier"
                prop:value=text
                on:input=move |event| address.set("q", &event_target_value(&event), Trace::Same)
                on:keydown=move |event| match event.key().as_str() {
                    "Escape" => {
                        event.prevent_default();
                        if text().is_empty() {
                            desk.take_focus.set(true);
                        } else {
                            address.set("q", "", Trace::Same);
                        }
                    }
                    "Enter" | "ArrowDown" => {
                        event.prevent_default();
                        desk.take_focus.set(true);
                    }
                    _ => {}
                }
            />
        </search>
    }
}

/// Whether what is done here is kept.
#[component]
fn StorageMark() -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let state = move || match (board.phase(), board.fault()) {
        (Phase::Opening, _) => ("opening", "Opening", "The board is being read".to_owned()),
        (Phase::Refused(error), _) | (_, Some(error)) => ("fault", "Not kept", explain(&error)),
        (Phase::Open(Keeping::Stored), None) => {
            ("kept", "Kept here", "Every change is kept in this browser at once".into())
        }
        (Phase::Open(Keeping::MemoryOnly), None) => {
            ("memory", "In memory", "The board ends with this tab".into())
        }
    };
    view! {
        <span class="storage-mark" data-state=move || state().0 title=move || state().2>
            <Icon name=IconName::Storage />
            <span>{move || state().1}</span>
        </span>
    }
}

/// An error as a sentence, without the full stop.
pub fn explain(error: &impl std::error::Error) -> String {
    let text = error.to_string();
    let mut letters = text.trim_end_matches('.').chars();
    let first = letters.next().map(|letter| letter.to_uppercase().collect::<String>());
    format!("{}{}", first.unwrap_or_default(), letters.as_str())
}
