//! The right side of the page: the form while a verdict is wanted, the verdict once
//! there is one.

use leptos::prelude::*;

use super::Ago;
use super::request::RequestReview;
use super::verdict_form::VerdictForm;
use crate::environment;
use crate::model::icon::IconName;
use crate::model::phrase;
use crate::model::review::queue::reviewer;
use crate::model::review::thread::{ReviewView, missing};
use crate::model::review::verdict::{self, differences};
use crate::model::review::{outcome_name, percent, status_name, tone};
use crate::parts::Icon;
use crate::preference;
use crate::task::TaskLink;

/// Where a half-written verdict is kept.
fn kept_as(view: &ReviewView) -> String {
    format!("taskloom.verdict.{}", view.review.review_id)
}

/// Form or verdict.
#[component]
pub fn VerdictPane(view: Memo<Option<ReviewView>>) -> impl IntoView {
    let name = view.with_untracked(|view| view.as_ref().map(kept_as)).unwrap_or_default();
    let draft = preference::load::<verdict::VerdictForm>(&name)
        .filter(|draft| !draft.delivery_id.is_empty())
        .unwrap_or_else(|| verdict::VerdictForm::new(environment::fresh_key()));
    let form = RwSignal::new(draft);
    let sending = RwSignal::new(false);
    Effect::new(move || {
        form.with(|form| {
            preference::keep(&name, form.is_touched().then_some(form));
        });
    });
    let open = Memo::new(move |_| {
        view.with(|view| view.as_ref().is_some_and(|it| it.review.status.is_open()))
    });
    view! {
        <section class="verdict" aria-label="Verdict">
            <Show
                when=move || open.get()
                fallback=move || {
                    view! {
                        <Show when=move || !sending.get() && form.with(|it| it.is_touched())>
                            <Meanwhile view form />
                        </Show>
                        {move || view.get().map(|view| view! { <Recorded view /> })}
                    }
                }
            >
                <VerdictForm view form sending />
            </Show>
        </section>
    }
}

/// Somebody else recorded a verdict while one was being written: both, side by side.
#[component]
fn Meanwhile(
    view: Memo<Option<ReviewView>>,
    form: RwSignal<verdict::VerdictForm>,
) -> impl IntoView {
    let rows = move || {
        let rows =
            view.with(|view| view.as_ref().map(|it| form.with(|f| differences(&it.review, f))));
        let row = |(field, recorded, drafted): (&'static str, String, String)| {
            view! {
                <tr>
                    <th scope="row">{field}</th>
                    <td>{recorded}</td>
                    <td>{drafted}</td>
                </tr>
            }
        };
        rows.unwrap_or_default().into_iter().map(row).collect_view()
    };
    view! {
        <div class="meanwhile" role="alert">
            <p>
                <strong>"Another verdict was recorded meanwhile. "</strong>
                "Yours is kept here until you discard it."
            </p>
            <table>
                <thead>
                    <tr>
                        <td></td>
                        <th scope="col">"Recorded"</th>
                        <th scope="col">"Yours"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            <button
                class="button small"
                on:click=move |_| form.set(verdict::VerdictForm::new(environment::fresh_key()))
            >
                "Discard mine"
            </button>
        </div>
    }
}

/// A review that takes no verdict any more.
#[component]
fn Recorded(view: ReviewView) -> impl IntoView {
    let review = view.review.clone();
    let stage = tone(review.status, review.outcome);
    let state = review.outcome.map_or_else(|| status_name(review.status), outcome_name);
    let sure = review.confidence.map(|share| format!("{} sure", percent(share)));
    let by = reviewer(&review).map(|who| format!("by {}", phrase::within(&who)));
    let at = review.reviewed_at.map(|at| view! { <Ago at /> });
    let items = missing(review.missing_work.as_ref());
    let items = (!items.is_empty()).then(|| {
        let items = items.into_iter().map(|item| view! { <li>{item}</li> });
        view! {
            <h3>"Missing work"</h3>
            <ul class="asked">{items.collect_view()}</ul>
        }
    });
    let text = |title: &'static str, text: String| {
        (!text.is_empty()).then(|| {
            view! {
                <h3>{title}</h3>
                <p class="said">{text}</p>
            }
        })
    };
    let continuation = view.continuation.clone().map(|run| {
        view! {
            <p class="continuation">
                <Icon name=IconName::ArrowRight />
                <span>
                    {format!("Continued by attempt {} of ", run.attempt)}
                    <TaskLink id=run.task_id.clone() />
                    {format!(" ({})", run.status)}
                </span>
            </p>
        }
    });
    let run = review.run_id.clone();
    let situation = view.situation.clone();
    view! {
        <div class="recorded" tabindex="-1" id="recorded">
            <h2>
                <span class="stage-pill" data-stage=stage.to_string()>
                    <Icon name=IconName::Stage(stage) />
                    {state}
                </span>
            </h2>
            <p class="quiet">
                {[sure, by].into_iter().flatten().collect::<Vec<_>>().join(", ")} " " {at}
            </p>
            {text("Reason", review.reason.clone())}
            {items}
            {text("Guidance for the next round", review.next_round_guidance.clone())}
            {text("Full review", review.review_text.clone())}
            {continuation}
            <RequestReview situation run label="Request another review" />
        </div>
    }
}
