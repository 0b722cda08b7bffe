//! The order in which runs are claimed, with why not now.

use leptos::prelude::*;
use taskloom_domain::id::RunId;
use taskloom_domain::lease::ClaimCriteria;
use taskloom_domain::store::WithPaused;

use crate::address::{Address, Trace};
use crate::board_context::BoardContext;
use crate::gesture::OWN_SESSION;
use crate::model::filter::Filter;
use crate::model::phrase;
use crate::model::queue::{Waiting, claim_order};
use crate::parts::PriorityMark;
use crate::task::TaskLink;

/// The queued runs in claim order.
#[component]
pub fn ClaimOrder() -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let address = expect_context::<Address>();
    let with_paused = Memo::new(move |_| address.get("paused") == "yes");
    let found = Memo::new(move |_| {
        let filter = Filter::parse(&address.get("q"));
        let paused = if with_paused.get() { WithPaused::Yes } else { WithPaused::No };
        board
            .read_queue(|manager| {
                let criteria = ClaimCriteria {
                    claimer_session_id: OWN_SESSION.into(),
                    claimed_by: Some(board.actor().actor),
                    ..ClaimCriteria::default()
                };
                let me = criteria.normalize(manager.now()).ok()?;
                Some(claim_order(manager.store(), &me, paused, &filter))
            })
            .flatten()
            .unwrap_or_default()
    });
    let ids = Memo::new(move |_| {
        found.with(|(rows, _)| rows.iter().map(|row| row.run.clone()).collect::<Vec<_>>())
    });
    let count = move || {
        let (shown, all) = (ids.with(Vec::len), found.with(|(_, all)| *all));
        if shown == all { all.to_string() } else { format!("showing {shown} of {all}") }
    };
    let heading = move || format!("Claim order, {}", phrase::count(ids.with(Vec::len), "run"));
    view! {
        <section class="queue-section" aria-label=heading>
            <header>
                <h2>"Claim order"</h2>
                <span class="count">{count}</span>
                <label class="tick">
                    <input
                        type="checkbox"
                        prop:checked=move || with_paused.get()
                        on:change=move |event| {
                            let value = if event_target_checked(&event) { "yes" } else { "" };
                            address.set("paused", value, Trace::Step);
                        }
                    />
                    "Paused tasks too"
                </label>
            </header>
            <Show when=move || ids.with(Vec::is_empty)>
                <p class="empty">"No run waits here. Starting a task on the board queues one."</p>
            </Show>
            <ol class="queue-rows">
                <For each=move || ids.get() key=|id| id.clone() let:id>
                    <WaitingRow id found />
                </For>
            </ol>
        </section>
    }
}

#[component]
fn WaitingRow(id: RunId, found: Memo<(Vec<Waiting>, usize)>) -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let row =
        Memo::new(move |_| found.with(|(rows, _)| rows.iter().find(|row| row.run == id).cloned()));
    let task = row.get_untracked().map(|row| row.task)?;
    let facts = move || {
        let now = board.now();
        row.get().map(|row| {
            let wants = |word: &str, list: &[String]| {
                (!list.is_empty()).then(|| format!("{word} {}", list.join(", ")))
            };
            let facts: Vec<String> = [
                Some(format!("queued {}", phrase::ago(now.since(row.queued_at)))),
                Some(format!("attempt {} of {}", row.attempt, row.max_attempts)),
                wants("requires", &row.required),
                wants("prefers", &row.preferred),
            ]
            .into_iter()
            .flatten()
            .collect();
            facts.join(", ")
        })
    };
    let why = move || {
        row.with(|row| {
            row.as_ref().map(|row| match row.why_not.as_slice() {
                [] => view! { <span class="can-claim">"Can be claimed"</span> }.into_any(),
                reasons => {
                    view! { <span class="why-not">{format!("Not now: {}", reasons.join("; "))}</span> }
                        .into_any()
                }
            })
        })
    };
    Some(view! {
        <li>
            <span class="queue-position">
                {move || row.with(|row| row.as_ref().map(|row| row.position))}
            </span>
            <div class="queue-what">
                <TaskLink id=task />
                <span class="quiet">{facts}</span>
                {why}
            </div>
            {move || {
                row.with(|row| row.as_ref().map(|row| view! { <PriorityMark priority=row.priority /> }))
            }}
        </li>
    })
}
