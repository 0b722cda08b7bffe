//! A link to a task.

use leptos::prelude::*;
use taskloom_domain::id::TaskId;

use crate::address::Address;
use crate::board_context::BoardContext;
use crate::model::page::task_href;

/// Opens the task in the side panel of the page; in a tab of its own, beside the
/// board.
#[component]
pub fn TaskLink(id: TaskId) -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let address = expect_context::<Address>();
    let href = task_href(&id);
    let id = StoredValue::new(id);
    let name = move || {
        id.with_value(|id| {
            board.track(id);
            board.name(id)
        })
    };
    view! {
        <a
            class="task-link"
            href=href
            on:click=move |event| {
                if !(event.ctrl_key() || event.meta_key() || event.shift_key()) {
                    event.prevent_default();
                    address.set_panel(Some(&id.get_value()));
                }
            }
        >
            {name}
        </a>
    }
}
