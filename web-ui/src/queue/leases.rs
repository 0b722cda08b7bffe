//! Who holds what, and until when.

use leptos::prelude::*;
use leptos::task::spawn_local;
use taskloom_domain::id::RunId;
use taskloom_domain::time::Timestamp;

use crate::board_context::BoardContext;
use crate::gesture::Gestures;
use crate::model::phrase;
use crate::model::queue::{Held, held};
use crate::model::refusal::Refusal;
use crate::parts::{RefusalNote, VerbButton};
use crate::task::TaskLink;

/// The runs that somebody holds, by the end of their leases.
#[component]
pub fn Leases(now: ReadSignal<Timestamp>) -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let gestures = expect_context::<Gestures>();
    let refusal = RwSignal::new(None::<Refusal>);
    let all =
        Memo::new(move |_| board.read_queue(|manager| held(manager.store())).unwrap_or_default());
    let ids =
        Memo::new(move |_| all.with(|all| all.iter().map(|it| it.run.clone()).collect::<Vec<_>>()));
    let expired = Memo::new(move |_| {
        let now = now.get();
        all.with(|all| all.iter().filter(|held| held.is_expired(now)).count())
    });
    let reason = Signal::derive(move || {
        if expired.get() == 0 { "no lease has expired".to_owned() } else { String::new() }
    });
    let label = Signal::derive(move || match expired.get() {
        0 => "Recover expired now".to_owned(),
        some => format!("Recover {} now", phrase::count(some, "expired lease")),
    });
    let recover = Callback::new(move |()| {
        spawn_local(async move { refusal.set(gestures.recover_expired().await.err()) });
    });
    let heading = move || format!("Leases, {}", phrase::count(ids.with(Vec::len), "run"));
    view! {
        <section class="queue-section" aria-label=heading>
            <header>
                <h2>"Leases"</h2>
                <span class="count">{move || ids.with(Vec::len)}</span>
                <p class="quiet">"A lease that ends puts its run back into the queue, also while the scheduler is paused."</p>
                <VerbButton label reason class="small" on_press=recover />
            </header>
            {move || {
                refusal
                    .get()
                    .map(|refused| {
                        let on_dismiss = Callback::new(move |()| refusal.set(None));
                        view! { <RefusalNote refusal=refused on_dismiss /> }
                    })
            }}
            <Show when=move || ids.with(Vec::is_empty)>
                <p class="empty">"Nobody holds a run. “Claim next” on the board takes the first in line."</p>
            </Show>
            <ul class="queue-rows">
                <For each=move || ids.get() key=|id| id.clone() let:id>
                    <LeaseRow id all now />
                </For>
            </ul>
        </section>
    }
}

#[component]
fn LeaseRow(id: RunId, all: Memo<Vec<Held>>, now: ReadSignal<Timestamp>) -> impl IntoView {
    let row = Memo::new(move |_| all.with(|all| all.iter().find(|it| it.run == id).cloned()));
    let task = row.get_untracked().map(|row| row.task)?;
    let who = move || {
        let now = now.get();
        row.with(|row| {
            row.as_ref().map(|row| {
                let beat = match row.heartbeat_at {
                    Some(at) => format!("heartbeat {}", phrase::ago(now.since(at))),
                    None => "no heartbeat".to_owned(),
                };
                format!("{}, held by {}, {beat}", row.status, phrase::within(&row.holder))
            })
        })
    };
    let lease = Memo::new(move |_| row.with(|row| row.as_ref().map(|row| row.lease(now.get()))));
    Some(view! {
        <li>
            <div class="queue-what">
                <TaskLink id=task />
                <span class="quiet">{who}</span>
            </div>
            <span
                class="lease"
                role="timer"
                data-urgency=move || lease.get().map(|(_, urgency)| urgency.name())
            >
                {move || lease.get().map(|(text, _)| text)}
            </span>
        </li>
    })
}
