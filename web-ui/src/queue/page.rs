//! The queue as a page.

use std::time::Duration;

use leptos::prelude::*;

use super::claim_order::ClaimOrder;
use super::leases::Leases;
use super::scheduler_card::SchedulerCard;
use crate::board_context::BoardContext;
use crate::environment;
use crate::model::page::Page;
use crate::model::queue::Switch;
use crate::shell::use_page_title;

/// What waits, what is held, and whether anything is handed out.
#[component]
pub fn QueuePage() -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let switch = Memo::new(move |_| {
        board.read_queue(|manager| Switch::of(manager.store())).unwrap_or_default()
    });
    use_page_title(Page::Queue.label(), move || Some(switch.with(|switch| switch.queued)));
    // Leases are told by the second.
    let now = RwSignal::new(environment::now());
    let ticking =
        set_interval_with_handle(move || now.set(environment::now()), Duration::from_secs(1));
    // Without timers the page stays as of now.
    if let Ok(ticking) = ticking {
        on_cleanup(move || ticking.clear());
    }
    view! {
        <div class="page queue-page">
            <SchedulerCard switch />
            <Leases now=now.read_only() />
            <ClaimOrder />
        </div>
    }
}
