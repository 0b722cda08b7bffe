//! What a review looks at: the work of a round, and how it differs from another.

use leptos::prelude::*;
use taskloom_domain::json::RawJson;

use super::comparison::Comparison;
use super::events::RunEvents;
use super::page::wanted;
use crate::address::{Address, Trace};
use crate::board_context::BoardContext;
use crate::model::phrase;
use crate::model::review::thread::{ReviewView, Round, criteria};
use crate::model::work::Work;

/// The work of the round that is shown.
#[component]
pub fn Subject(view: Memo<Option<ReviewView>>) -> impl IntoView {
    let address = expect_context::<Address>();
    let rounds = Memo::new(move |_| {
        let wanted = wanted(address, "round");
        view.with(|view| {
            let view = view.as_ref()?;
            let shown = view.round(wanted)?;
            let others = view.compared(shown, None).0.into_iter().cloned().collect::<Vec<_>>();
            Some((shown.clone(), others))
        })
    });
    let compared = Memo::new(move |_| {
        let (round, with) = (wanted(address, "round"), wanted(address, "compare"));
        view.with(|view| {
            let view = view.as_ref()?;
            view.compared(view.round(round)?, with).1.cloned()
        })
    });
    let criteria = Memo::new(move |_| {
        view.with(|view| view.as_ref().map(|it| criteria(&it.situation.task))).unwrap_or_default()
    });
    view! {
        <section class="subject" aria-label="Work under review">
            {move || {
                rounds
                    .get()
                    .map(|(shown, others)| {
                        view! {
                            <Outcome round=shown.clone() />
                            <Changes shown=shown.clone() others compared />
                            <Criteria criteria />
                            <section>
                                <h3>"What happened"</h3>
                                <RunEvents
                                    task=shown.run.task_id.clone()
                                    run=shown.run.id.clone()
                                />
                            </section>
                        }
                    })
            }}
        </section>
    }
}

#[component]
fn Outcome(round: Round) -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let run = round.run;
    let who = run.claimed_by.as_ref().map(phrase::actor);
    let took = match (run.started_at.or(run.claimed_at), run.ended_at) {
        (Some(from), Some(to)) => Some(format!("took {}", phrase::span(to.since(from)))),
        _ => None,
    };
    let ended = run.ended_at.map(|at| phrase::ago(board.now_untracked().since(at)));
    let facts: Vec<String> = [
        Some(run.status.to_string()),
        who.map(|who| format!("by {}", phrase::within(&who))),
        took,
        ended,
    ]
    .into_iter()
    .flatten()
    .collect();
    let error = (!run.error.is_empty())
        .then(|| view! { <pre class="work-error">{run.error.clone()}</pre> });
    let result = match &run.result {
        Some(result) => view! { <Result result=result.clone() /> }.into_any(),
        None if run.status.is_terminal() => {
            view! { <p class="none">"The run brought no result."</p> }.into_any()
        }
        None => view! { <p class="none">"The run has not ended."</p> }.into_any(),
    };
    view! {
        <section>
            <h3>
                {format!("Work of round {}", round.number)}
                <span class="count">{format!("Attempt {}: {}", run.attempt, facts.join(", "))}</span>
            </h3>
            {error}
            {result}
        </section>
    }
}

/// A result as it reads.
#[component]
fn Result(result: RawJson) -> impl IntoView {
    match Work::of(&result) {
        Work::Text(text) => view! { <div class="work work-text">{text}</div> }.into_any(),
        Work::Json(text) => {
            view! { <pre class="work" tabindex="0" aria-label="Result as JSON" role="region">{text}</pre> }
                .into_any()
        }
    }
}

#[component]
fn Changes(shown: Round, others: Vec<Round>, compared: Memo<Option<Round>>) -> impl IntoView {
    let address = expect_context::<Address>();
    if others.is_empty() {
        return None;
    }
    let chosen = move || compared.with(|round| round.as_ref().map(|round| round.number));
    let options = others.iter().map(|round| {
        let number = round.number;
        view! {
            <option value=number.to_string() selected=move || chosen() == Some(number)>
                {format!("round {number}")}
            </option>
        }
    });
    let comparison = move || {
        let Some(old) = compared.get() else {
            return view! { <p class="none">"Choose a round to compare with."</p> }.into_any();
        };
        if shown.run.status.is_terminal() && old.run.status.is_terminal() {
            view! { <Comparison old=old.run.result.clone() new=shown.run.result.clone() /> }
                .into_any()
        } else {
            view! { <p class="none">"One of the two has not ended."</p> }.into_any()
        }
    };
    Some(view! {
        <section aria-label="Changes between rounds">
            <h3>
                <label for="compare">"Changes since"</label>
                <select
                    id="compare"
                    class="select"
                    on:change=move |event| {
                        address.set("compare", &event_target_value(&event), Trace::Step);
                    }
                >
                    <option value="" selected=move || chosen().is_none()>
                        "another round"
                    </option>
                    {options.collect_view()}
                </select>
            </h3>
            {comparison}
        </section>
    })
}

#[component]
fn Criteria(criteria: Memo<Vec<(String, bool)>>) -> impl IntoView {
    let items = move || {
        let item = |(text, done): (String, bool)| {
            let word = if done { "met" } else { "open" };
            view! {
                <li data-done=done.then_some("true")>
                    <span class="mark">{word}</span>
                    {text}
                </li>
            }
        };
        criteria.get().into_iter().map(item).collect_view()
    };
    view! {
        <Show when=move || criteria.with(|all| !all.is_empty())>
            <section>
                <h3>"Acceptance"</h3>
                <ul class="criteria">{items}</ul>
            </section>
        </Show>
    }
}
