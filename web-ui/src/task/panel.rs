//! The side panel.

use leptos::html::Aside;
use leptos::prelude::*;
use taskloom_domain::id::TaskId;

use super::dependencies::Dependencies;
use super::facts::Facts;
use super::runs::Runs;
use super::verbs::Verbs;
use crate::address::Address;
use crate::board_context::{BoardContext, Phase};
use crate::gesture::Gestures;
use crate::model::card::short_name;
use crate::model::derivation;
use crate::model::icon::IconName;
use crate::parts::{Icon, RefusalNote, StagePill};
use crate::shell::Desk;

/// The task that the address names, beside the page.
#[component]
pub fn TaskPanel(id: TaskId) -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let address = expect_context::<Address>();
    let gestures = expect_context::<Gestures>();
    let desk = expect_context::<Desk>();
    let panel = NodeRef::<Aside>::new();
    Effect::new(move || {
        if let Some(panel) = panel.get() {
            // The panel was just made and can take the focus.
            let _ = panel.focus();
        }
    });
    let situation = {
        let id = id.clone();
        Memo::new(move |_| {
            // Tracks the phase: before the board is open there is nothing to find.
            board.phase();
            board.situation(&id)
        })
    };
    let refusal = {
        let id = id.clone();
        Memo::new(move |_| gestures.feedback.refusal_on(&id))
    };
    let close = move || {
        address.set_panel(None);
        desk.take_focus.set(true);
    };
    let label = move || {
        situation.with(|situation| {
            situation.as_ref().map_or_else(|| "Task".into(), |s| short_name(&s.task))
        })
    };
    let dismissed = StoredValue::new(id.clone());
    let there = Memo::new(move |_| situation.with(Option::is_some));
    let opening = move || board.phase() == Phase::Opening;
    view! {
        <aside node_ref=panel id="panel" class="panel" tabindex="-1" aria-label=label>
            <header class="panel-head">
                <span class="identifier">{label}</span>
                {move || {
                    situation.with(|s| s.as_ref().map(|s| view! { <StagePill stage=s.stage() /> }))
                }}
                <button class="icon-button" aria-label="Close panel" on:click=move |_| close()>
                    <Icon name=IconName::Close />
                </button>
            </header>
            <Show when=move || !there.get() && !opening()>
                <div class="panel-body">
                    <h2>"This task is not on the board"</h2>
                    <p class="quiet">
                        "It was deleted here or in another tab, or the address names a task of another board."
                    </p>
                </div>
            </Show>
            <Show when=move || there.get()>
                <div class="panel-body">
                    <h2 class="task-title">
                        {move || situation.with(|s| s.as_ref().map(|s| s.task.title.clone()))}
                    </h2>
                    <p class="derivation">
                        {move || {
                            situation
                                .with(|s| {
                                    s.as_ref().map(|s| derivation::sentence(s, |id| board.name(id)))
                                })
                        }}
                    </p>
                    {move || {
                        refusal
                            .get()
                            .map(|refusal| {
                                let on_dismiss = Callback::new(move |()| {
                                    gestures.feedback.clear_refusal(&dismissed.get_value());
                                });
                                view! { <RefusalNote refusal on_dismiss /> }
                            })
                    }}
                    <Verbs situation />
                    <Description situation />
                    <Facts situation />
                    <Dependencies id=dismissed.get_value() situation />
                    <Runs situation />
                </div>
            </Show>
        </aside>
    }
}

/// The description, line by line as it was written.
#[component]
fn Description(situation: Memo<Option<taskloom_domain::availability::Situation>>) -> impl IntoView {
    let text = Memo::new(move |_| {
        situation.with(|s| s.as_ref().map(|s| s.task.description.clone())).unwrap_or_default()
    });
    view! {
        <Show when=move || text.with(|text| !text.is_empty())>
            <section class="panel-section">
                <h3>"Description"</h3>
                <p class="description">{move || text.get()}</p>
            </section>
        </Show>
    }
}
