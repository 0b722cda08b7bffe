//! What a task waits for, and what waits for it.

use leptos::prelude::*;
use leptos::task::spawn_local;
use taskloom_domain::availability::Situation;
use taskloom_domain::id::TaskId;
use taskloom_domain::store::DependencyStore;

use crate::address::Address;
use crate::board_context::BoardContext;
use crate::gesture::Gestures;
use crate::model::icon::IconName;
use crate::model::refusal::Refusal;
use crate::parts::{Choice, Icon, RefusalNote, TaskSearch};

/// How many choices a search offers.
const CHOICES: usize = 8;

/// The two lists, with a search to add a blocker.
#[component]
pub fn Dependencies(id: TaskId, situation: Memo<Option<Situation>>) -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let gestures = expect_context::<Gestures>();
    let refusal = RwSignal::new(None::<Refusal>);
    let id = StoredValue::new(id);
    let blockers = Memo::new(move |_| {
        board.track(&id.get_value());
        let edges = board.read(|manager| manager.store().list_dependencies(&id.get_value()));
        let edges = edges.unwrap_or_default();
        edges.iter().map(|edge| edge.depends_on_task_id.clone()).collect::<Vec<_>>()
    });
    let dependents = Memo::new(move |_| {
        board.track(&id.get_value());
        let edges = board.read(|manager| manager.store().list_dependents(&id.get_value()));
        let edges = edges.unwrap_or_default();
        edges.iter().map(|edge| edge.task_id.clone()).collect::<Vec<_>>()
    });
    let find = Callback::new(move |text: String| {
        let known = blockers.get();
        let own = id.get_value();
        let found = board.with_index(|index| index.search(&text, CHOICES + 1));
        let others = found.into_iter().filter(|card| card.id != own).take(CHOICES);
        others
            .map(|card| Choice {
                reason: if known.contains(&card.id) {
                    "needed already".into()
                } else {
                    String::new()
                },
                id: card.id.clone(),
                identifier: card.identifier.clone(),
                title: card.title.clone(),
                stage: card.stage,
            })
            .collect::<Vec<_>>()
    });
    let settle = move |outcome: Result<(), Refusal>| {
        if let Err(why) = &outcome {
            gestures.feedback.interrupt(why.sentence());
        }
        refusal.set(outcome.err());
    };
    let on_choose = Callback::new(move |blocker: TaskId| {
        spawn_local(async move {
            settle(gestures.add_dependency(id.get_value(), blocker).await);
        });
    });
    let remove = move |task: TaskId, blocker: TaskId| {
        spawn_local(async move { settle(gestures.remove_dependency(task, blocker).await) });
    };
    let open =
        Memo::new(move |_| situation.with(|s| s.as_ref().map_or(0, |s| s.open_blockers.len())));
    let on_remove_blocker = Callback::new(move |blocker| remove(id.get_value(), blocker));
    let on_remove_dependent = Callback::new(move |task| remove(task, id.get_value()));
    view! {
        <section class="panel-section">
            <h3>
                "Needs"
                <span class="count">
                    {move || match (open.get(), blockers.with(Vec::len)) {
                        (_, 0) => String::new(),
                        (0, all) => format!("{all}, all done"),
                        (open, all) => format!("{open} open of {all}"),
                    }}
                </span>
            </h3>
            <Neighbours ids=blockers.into() on_remove=on_remove_blocker empty="Waits for nothing." />
            <TaskSearch label="Add a task that this one needs" id="add-blocker" find on_choose />
            {move || {
                refusal
                    .get()
                    .map(|refused| {
                        let on_dismiss = Callback::new(move |()| refusal.set(None));
                        view! { <RefusalNote refusal=refused on_dismiss /> }
                    })
            }}
        </section>
        <section class="panel-section">
            <h3>
                "Is needed by"
                <span class="count">
                    {move || dependents.with(|d| (!d.is_empty()).then(|| d.len().to_string()))}
                </span>
            </h3>
            <Neighbours
                ids=dependents.into()
                on_remove=on_remove_dependent
                empty="Nothing waits for it."
            />
        </section>
    }
}

/// Tasks at the other end of an edge.
#[component]
fn Neighbours(
    ids: Signal<Vec<TaskId>>,
    on_remove: Callback<TaskId>,
    empty: &'static str,
) -> impl IntoView {
    view! {
        <Show when=move || ids.with(Vec::is_empty)>
            <p class="none">{empty}</p>
        </Show>
        <ul class="neighbours">
            <For each=move || ids.get() key=Clone::clone let:id>
                <Neighbour id on_remove />
            </For>
        </ul>
    }
}

#[component]
fn Neighbour(id: TaskId, on_remove: Callback<TaskId>) -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let address = expect_context::<Address>();
    let card = {
        let id = id.clone();
        Memo::new(move |_| board.card(&id))
    };
    let id = StoredValue::new(id);
    let name = move || card.with(|card| card.as_ref().map(|card| card.identifier.clone()));
    view! {
        <li>
            {move || {
                card.with(|card| {
                    card.as_ref()
                        .map(|card| {
                            view! {
                                <span
                                    class="stage-dot"
                                    data-stage=card.stage.to_string()
                                    title=crate::model::phrase::stage(card.stage)
                                >
                                    <Icon name=IconName::Stage(card.stage) />
                                    <span class="for-readers">
                                        {crate::model::phrase::stage(card.stage)}
                                    </span>
                                </span>
                            }
                        })
                })
            }}
            <a
                href=move || format!("?panel=task:{}", id.get_value())
                on:click=move |event| {
                    event.prevent_default();
                    address.set_panel(Some(&id.get_value()));
                }
            >
                <span class="identifier">{name}</span>
                " "
                {move || card.with(|card| card.as_ref().map(|card| card.title.clone()))}
            </a>
            <button
                class="icon-button"
                aria-label=move || format!("Remove the dependency with {}", name().unwrap_or_default())
                on:click=move |_| on_remove.run(id.get_value())
            >
                <Icon name=IconName::Close />
            </button>
        </li>
    }
}
