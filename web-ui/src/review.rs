//! Reviews: the queue, the page of one review, and asking for one.

mod assign;
mod comparison;
mod events;
mod missing_work;
mod page;
mod queue_page;
mod recorded;
mod request;
mod row;
mod subject;
mod thread;
mod verdict_form;

pub use page::ReviewPage;
pub use queue_page::ReviewsPage;
pub use request::RequestReview;

use leptos::prelude::*;
use taskloom_domain::time::Timestamp;

use crate::board_context::BoardContext;
use crate::gesture::OWN_SESSION;
use crate::model::phrase;
use crate::model::review::queue::Me;

/// The acting identity as a reviewer.
fn me(board: BoardContext) -> Me {
    Me { actor: board.actor(), session: OWN_SESSION.into() }
}

/// An instant as people say it, exact on hover.
#[component]
fn Ago(at: Timestamp) -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let exact = at.to_string();
    view! { <time datetime=exact.clone() title=exact>{move || phrase::ago(board.now().since(at))}</time> }
}

/// A deadline: how long there is, or since when it has passed.
#[component]
fn Deadline(at: Timestamp) -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let exact = at.to_string();
    let overdue = move || at <= board.now();
    let text = move || {
        let now = board.now();
        if overdue() {
            format!("Overdue by {}", phrase::span(now.since(at)))
        } else {
            format!("Due in {}", phrase::span(at.since(now)))
        }
    };
    view! {
        <time
            class="deadline"
            datetime=exact.clone()
            title=exact
            data-overdue=move || overdue().then_some("true")
        >
            {text}
        </time>
    }
}
