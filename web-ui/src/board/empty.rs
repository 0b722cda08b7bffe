//! What stands where no card is: the rule that would fill the place.

use leptos::prelude::*;
use leptos_router::components::A;
use taskloom_domain::stage::Stage;

use super::state::BoardState;
use crate::address::{Address, Trace};
use crate::board_context::Phase;
use crate::model::icon::IconName;
use crate::model::phrase;
use crate::parts::Icon;
use crate::shell::can_add;

/// An empty column.
#[component]
pub fn EmptyColumn(stage: Stage) -> impl IntoView {
    let state = expect_context::<BoardState>();
    move || {
        let phase = state.board.phase();
        if phase == Phase::Opening {
            return view! { <div class="skeleton" aria-hidden="true"></div> }.into_any();
        }
        let hidden = state.board.column_len(stage);
        let filtered = !state.filter.with(|filter| filter.is_empty());
        if hidden > 0 && filtered {
            let text = format!("{} hidden by the filter.", phrase::count(hidden, "task"));
            return view! { <p class="empty">{text}</p> }.into_any();
        }
        let adding = state.desk.adding.get() == Some(stage);
        let open = matches!(phase, Phase::Open(_));
        let add = (open && can_add(stage) && !adding).then(|| {
            view! {
                <button
                    class="button quiet"
                    on:click=move |_| state.desk.adding.set(Some(stage))
                >
                    <Icon name=IconName::Plus />
                    "Add a task"
                </button>
            }
        });
        view! {
            <div class="empty">
                <p>{phrase::stage_rule(stage)}</p>
                {add}
            </div>
        }
        .into_any()
    }
}

/// A board without any task, or without one that passes the filter.
#[component]
pub fn EmptyBoard() -> impl IntoView {
    let state = expect_context::<BoardState>();
    let address = expect_context::<Address>();
    let total = Memo::new(move |_| state.board.len());
    let open = Memo::new(move |_| matches!(state.board.phase(), Phase::Open(_)));
    let shown = Memo::new(move |_| state.counts().iter().sum::<usize>());
    let filtered = Memo::new(move |_| !state.filter.with(|filter| filter.is_empty()));
    view! {
        <Show when=move || open.get() && total.get() == 0>
            <section class="banner">
                <div>
                    <h2>"Start with one line"</h2>
                    <p>
                        "One line is one task. Write "
                        <code>">T-1"</code>
                        " and it waits for T-1; finishing T-1 sets it free."
                    </p>
                </div>
                <button
                    class="button primary"
                    on:click=move |_| state.desk.adding.set(Some(Stage::Ready))
                >
                    <Icon name=IconName::Plus />
                    "Add a task"
                </button>
                <A href="/import" attr:class="button">
                    <Icon name=IconName::Import />
                    "Import"
                </A>
            </section>
        </Show>
        <Show when=move || filtered.get() && total.get() != 0 && shown.get() == 0>
            <section class="banner">
                <div>
                    <h2>{move || format!("Nothing matches “{}”", address.get("q"))}</h2>
                    <p>"The filter looks for every word in titles and identifiers."</p>
                </div>
                <button
                    class="button primary"
                    on:click=move |_| address.set("q", "", Trace::Same)
                >
                    "Clear the filter"
                </button>
            </section>
        </Show>
    }
}
