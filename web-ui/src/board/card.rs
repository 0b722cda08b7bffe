//! One card.

use leptos::html::A;
use leptos::prelude::*;
use taskloom_domain::id::TaskId;

use super::carry::PointerCarry;
use super::state::BoardState;
use crate::address::Address;
use crate::model::card::{Card, CardState};
use crate::model::icon::IconName;
use crate::model::phrase;
use crate::parts::{Icon, PriorityMark};

/// How many labels a card shows; the rest is counted.
const LABELS: usize = 2;

/// A card as an item of its column. Its link is what takes the focus.
#[component]
pub fn CardItem(
    id: TaskId,
    /// Its place in the column.
    row: Signal<usize>,
    /// How many cards the column has.
    count: Signal<usize>,
) -> impl IntoView {
    let state = expect_context::<BoardState>();
    let pointer = expect_context::<PointerCarry>();
    let address = expect_context::<Address>();
    let card = {
        let id = id.clone();
        Memo::new(move |_| state.board.card(&id))
    };
    let id = StoredValue::new(id);
    let is_stop = Memo::new(move |_| state.tab_stop().as_ref() == Some(&id.get_value()));
    let is_carried = Memo::new(move |_| {
        state.carry.with(|carry| carry.as_ref().is_some_and(|carry| carry.id == id.get_value()))
    });
    let is_open = Memo::new(move |_| address.panel_task().as_ref() == Some(&id.get_value()));
    let refusal = Memo::new(move |_| state.gestures.feedback.refusal_on(&id.get_value()));

    let link = NodeRef::<A>::new();
    Effect::new(move || {
        let wanted = state.desk.take_focus.get() && is_stop.get();
        if let Some(link) = link.get()
            && wanted
        {
            state.desk.take_focus.set(false);
            // The card can be focused for as long as it is there.
            let _ = link.focus();
        }
    });
    Effect::new(move || {
        if is_open.get() {
            // The panel takes room from the board; its card shall not be what gives.
            request_animation_frame(move || reveal(link));
        }
    });
    let state_text = move || match (card.get(), refusal.get()) {
        (_, Some(refusal)) => format!("{}: {}", refusal.what, refusal.why),
        (Some(card), None) => {
            let held = matches!(card.state, CardState::Held { .. });
            let now = if held { state.board.now() } else { state.board.now_untracked() };
            card.state.text(row.get(), now)
        }
        (None, None) => String::new(),
    };
    let label = move || {
        card.get().map(|card| {
            let owner = card.owner.as_ref().map(|owner| format!(", owner {owner}"));
            format!(
                "{} {}, {}, priority {}{}, {}",
                card.identifier,
                card.title,
                phrase::stage(card.stage),
                phrase::priority(card.priority).to_lowercase(),
                owner.unwrap_or_default(),
                state_text(),
            )
        })
    };
    view! {
        <li
            class="card-row"
            style=move || format!("--row: {}", row.get())
            aria-posinset=move || (row.get() + 1).to_string()
            aria-setsize=move || count.get().to_string()
        >
            <article
                class="card"
                data-carried=move || is_carried.get().then_some("true")
                data-open=move || is_open.get().then_some("true")
                data-refused=move || refusal.with(Option::is_some).then_some("true")
                on:pointerdown=move |event| pointer.on_down(&event, id.get_value())
                on:contextmenu=move |event| {
                    event.prevent_default();
                    if !pointer.is_carrying() {
                        state.menu.set(Some(id.get_value()));
                    }
                }
            >
                <p class="card-title">
                    <a
                        node_ref=link
                        class="card-link"
                        href=move || format!("?panel=task:{}", id.get_value())
                        draggable="false"
                        tabindex=move || if is_stop.get() { "0" } else { "-1" }
                        aria-label=label
                        on:focus=move |_| state.desk.focused.set(Some(id.get_value()))
                        on:click=move |event| {
                            event.prevent_default();
                            if !pointer.swallows_click() {
                                address.set_panel(Some(&id.get_value()));
                            }
                        }
                    >
                        {move || {
                            card.get()
                                .map(|card| {
                                    view! {
                                        <span class="identifier">{card.identifier.clone()}</span>
                                        " "
                                        {card.title.clone()}
                                    }
                                })
                        }}
                    </a>
                </p>
                {move || card.get().map(|card| view! { <Facts card=(*card).clone() /> })}
                <p class="card-state" title=state_text>
                    {state_text}
                </p>
                <button
                    class="icon-button card-menu"
                    tabindex="-1"
                    aria-label=move || {
                        card.with(|card| {
                            let name = card.as_ref().map(|card| card.identifier.clone());
                            format!("Move {}", name.unwrap_or_default())
                        })
                    }
                    on:pointerdown=|event| event.stop_propagation()
                    on:click=move |_| state.menu.set(Some(id.get_value()))
                >
                    <Icon name=IconName::More />
                </button>
            </article>
        </li>
    }
}

fn reveal(link: NodeRef<A>) {
    let card = link.try_get_untracked().flatten().and_then(|link| link.closest(".card").ok()?);
    if let Some(card) = card {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_inline(web_sys::ScrollLogicalPosition::Nearest);
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        card.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// Priority, owner, labels and marks.
#[component]
fn Facts(card: Card) -> impl IntoView {
    let over = card.labels.len().saturating_sub(LABELS);
    let labels = card.labels.into_iter().take(LABELS);
    let labels = labels.map(|label| view! { <span class="label">{label}</span> }).collect_view();
    view! {
        <p class="card-facts">
            <PriorityMark priority=card.priority />
            {card
                .owner
                .map(|owner| {
                    view! {
                        <span class="owner">
                            <Icon name=IconName::Person />
                            {owner}
                        </span>
                    }
                })}
            {card.paused.then(|| view! { <span class="mark">"Paused"</span> })}
            {labels}
            {(over > 0).then(|| view! { <span class="label">{format!("+{over}")}</span> })}
        </p>
    }
}
