//! One column: its heading, quick add, and as many of its cards as can be seen.

use leptos::html::Div;
use leptos::prelude::*;
use leptos::task::spawn_local;
use taskloom_domain::stage::Stage;

use super::card::CardItem;
use super::empty::EmptyColumn;
use super::quick_add::QuickAddRow;
use super::state::BoardState;
use crate::model::icon::IconName;
use crate::model::movement::{NotThere, hint};
use crate::model::phrase;
use crate::model::window::{Viewport, rows_with};
use crate::parts::{Icon, StagePill, root_font_size, watch_size};
use crate::shell::can_add;

/// The height of a card with its gap, in root ems; `card.css` says the same.
const PITCH_REM: f64 = 7.25;

/// A column of the board.
#[component]
pub fn Column(stage: Stage) -> impl IntoView {
    let state = expect_context::<BoardState>();
    let listed = state.column(stage);
    let total = Memo::new(move |_| state.board.column_len(stage));
    let collapsed = Memo::new(move |_| state.is_collapsed(stage));
    let name = phrase::stage(stage);
    let label = move || format!("{name}, {}", phrase::count(total.get(), "task"));
    let adding = Memo::new(move |_| state.desk.adding.get() == Some(stage));
    view! {
        <section
            class="column"
            aria-label=label
            data-column=stage.to_string()
            data-collapsed=move || collapsed.get().then_some("true")
            data-drop=move || drop_state(state, stage)
        >
            <header class="column-head">
                <h2>
                    <StagePill stage />
                </h2>
                <span class="count" aria-hidden="true">
                    {move || {
                        let (shown, all) = (listed.with(|l| l.ids.len() + l.older), total.get());
                        if shown == all { all.to_string() } else { format!("{shown} of {all}") }
                    }}
                </span>
                <span class="column-tools">
                    {(stage == Stage::Queued).then(|| view! { <ClaimNext /> })}
                    {can_add(stage)
                        .then(|| {
                            view! {
                                <button
                                    class="icon-button"
                                    aria-label=format!("Add a task to {name}")
                                    title="Add a task (C)"
                                    on:click=move |_| state.desk.adding.set(Some(stage))
                                >
                                    <Icon name=IconName::Plus />
                                </button>
                            }
                        })}
                    <button
                        class="icon-button fold"
                        aria-expanded=move || (!collapsed.get()).to_string()
                        aria-label=move || {
                            let what = if collapsed.get() { "Show" } else { "Collapse" };
                            format!("{what} {name}")
                        }
                        on:click=move |_| state.toggle(stage)
                    >
                        {move || {
                            let name = if collapsed.get() {
                                IconName::ChevronRight
                            } else {
                                IconName::ChevronLeft
                            };
                            view! { <Icon name /> }
                        }}
                    </button>
                </span>
            </header>
            <DropHint stage />
            <Show when=move || !collapsed.get()>
                <Show when=move || adding.get()>
                    <QuickAddRow stage />
                </Show>
                <Cards stage />
            </Show>
        </section>
    }
}

/// The cards, windowed.
#[component]
fn Cards(stage: Stage) -> impl IntoView {
    let state = expect_context::<BoardState>();
    let listed = state.column(stage);
    let scroller = NodeRef::<Div>::new();
    let view = RwSignal::new(Viewport { scroll: 0.0, height: 0.0, pitch: 0.0 });
    let measure = move || {
        if let Some(node) = scroller.get_untracked() {
            view.set(Viewport {
                scroll: f64::from(node.scroll_top()),
                height: f64::from(node.client_height()),
                pitch: PITCH_REM * root_font_size(),
            });
        }
    };
    watch_size(scroller, measure);

    let count = Memo::new(move |_| listed.with(|listed| listed.ids.len()));
    let rows = Memo::new(move |_| {
        let pinned = state.tab_stop();
        listed.with(|listed| {
            let pinned = pinned.and_then(|id| listed.ids.iter().position(|x| *x == id));
            let rows = rows_with(view.get().rows(listed.ids.len()), pinned);
            rows.into_iter().map(|row| (row, listed.ids[row].clone())).collect::<Vec<_>>()
        })
    });
    view! {
        <div
            class="cards"
            node_ref=scroller
            on:scroll=move |_| {
                if let Some(node) = scroller.get_untracked() {
                    view.update(|view| view.scroll = f64::from(node.scroll_top()));
                }
            }
        >
            <Show
                when=move || count.get() != 0
                fallback=move || view! { <EmptyColumn stage /> }
            >
                <ul
                    class="card-list"
                    role="list"
                    aria-label=phrase::stage(stage)
                    style=move || format!("--rows: {}", count.get())
                >
                    <For
                        each=move || rows.get()
                        key=|(_, id)| id.clone()
                        children=move |(first, id)| {
                            let row = {
                                let id = id.clone();
                                Memo::new(move |last: Option<&usize>| {
                                    let now = rows.with(|rows| {
                                        rows.iter().find(|(_, x)| *x == id).map(|(row, _)| *row)
                                    });
                                    now.or(last.copied()).unwrap_or(first)
                                })
                            };
                            view! { <CardItem id row=row.into() count=count.into() /> }
                        }
                    />
                </ul>
            </Show>
            {move || {
                let older = listed.with(|listed| listed.older);
                (older > 0)
                    .then(|| {
                        view! {
                            <button
                                class="button quiet older"
                                on:click=move |_| {
                                    state
                                        .with_older
                                        .update(|all| {
                                            all.insert(stage);
                                        })
                                }
                            >
                                {format!("{older} older than 14 days")}
                            </button>
                        }
                    })
            }}
        </div>
    }
}

/// Takes the run at the head of the queue, with a lease.
#[component]
fn ClaimNext() -> impl IntoView {
    let state = expect_context::<BoardState>();
    let claim = move |_| {
        spawn_local(async move {
            match state.gestures.claim_next().await {
                Ok(id) => state.desk.focus_card(id),
                Err(refusal) => state.gestures.feedback.refused(&refusal),
            }
        });
    };
    view! {
        <button
            class="button quiet small"
            title="Claim the next run as a worker does: first in line, with a lease"
            on:click=claim
        >
            "Claim next"
        </button>
    }
}

/// What the column says to the card that is on its way.
#[component]
fn DropHint(stage: Stage) -> impl IntoView {
    let state = expect_context::<BoardState>();
    let text = move || {
        state.carry.with(|carry| {
            let target = carry.as_ref()?.answer(stage)?;
            match &target.answer {
                Ok(verb) => Some(hint(*verb, stage)),
                Err(NotThere::SameColumn) => None,
                Err(why) => Some(why.text(|id| state.board.name(id))),
            }
        })
    };
    move || text().map(|text| view! { <p class="drop-hint" aria-hidden="true">{text}</p> })
}

fn drop_state(state: BoardState, stage: Stage) -> Option<&'static str> {
    state.carry.with(|carry| {
        let carry = carry.as_ref()?;
        let over = carry.over == Some(stage);
        Some(match (&carry.answer(stage)?.answer, over) {
            (Ok(_), true) => "legal over",
            (Ok(_), false) => "legal",
            (Err(NotThere::SameColumn), true) => "home over",
            (Err(NotThere::SameColumn), false) => "home",
            (Err(_), true) => "refused over",
            (Err(_), false) => "refused",
        })
    })
}
