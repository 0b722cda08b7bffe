//! On a small screen the board shows one column at a time: tabs with counts,
//! which also follow a swipe.

use leptos::prelude::*;
use taskloom_domain::Enumeration;
use taskloom_domain::stage::Stage;

use super::state::BoardState;
use crate::model::icon::IconName;
use crate::model::phrase;
use crate::parts::Icon;

/// The tabs. Hidden by the style sheet where all columns fit.
#[component]
pub fn ColumnTabs(
    /// The column that is shown.
    current: RwSignal<Stage>,
) -> impl IntoView {
    let state = expect_context::<BoardState>();
    let tabs = Stage::ALL.iter().map(|stage| {
        let stage = *stage;
        let count = Memo::new(move |_| state.column(stage).with(|l| l.ids.len() + l.older));
        let id = format!("tab-{stage}");
        view! {
            <button
                id=id
                class="column-tab"
                data-stage=stage.to_string()
                aria-current=move || (current.get() == stage).then_some("true")
                on:click=move |_| show(state, stage)
            >
                <Icon name=IconName::Stage(stage) />
                {phrase::stage(stage)}
                <span class="count">{move || count.get()}</span>
            </button>
        }
    });
    Effect::new(move || {
        let tab = document().get_element_by_id(&format!("tab-{}", current.get()));
        if let Some(tab) = tab {
            let options = web_sys::ScrollIntoViewOptions::new();
            options.set_inline(web_sys::ScrollLogicalPosition::Nearest);
            options.set_block(web_sys::ScrollLogicalPosition::Nearest);
            tab.scroll_into_view_with_scroll_into_view_options(&options);
        }
    });
    view! { <nav class="column-tabs" aria-label="Columns">{tabs.collect_view()}</nav> }
}

/// Brings a column into view.
pub fn show(state: BoardState, stage: Stage) {
    if state.is_collapsed(stage) {
        state.toggle(stage);
    }
    request_animation_frame(move || {
        let column = document().query_selector(&format!("[data-column={stage}]"));
        if let Ok(Some(column)) = column {
            let options = web_sys::ScrollIntoViewOptions::new();
            options.set_inline(web_sys::ScrollLogicalPosition::Center);
            options.set_block(web_sys::ScrollLogicalPosition::Nearest);
            column.scroll_into_view_with_scroll_into_view_options(&options);
        }
    });
}

/// The column in the middle of what can be seen.
pub fn column_in_view(columns: &web_sys::Element) -> Option<Stage> {
    let area = columns.get_bounding_client_rect();
    let middle = area.left() + area.width() / 2.0;
    Stage::ALL.iter().copied().find(|stage| {
        let column = columns.query_selector(&format!("[data-column={stage}]")).ok().flatten();
        column.is_some_and(|column| {
            let rect = column.get_bounding_client_rect();
            rect.left() <= middle && middle < rect.right()
        })
    })
}
