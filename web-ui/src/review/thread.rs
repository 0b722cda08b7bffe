//! The rounds of work and review that hang together, as one thread.

use std::sync::Arc;

use leptos::prelude::*;
use taskloom_domain::id::{ReviewId, RunId};
use taskloom_domain::review::RunReview;

use super::Ago;
use super::page::wanted;
use crate::address::{Address, Trace};
use crate::model::icon::IconName;
use crate::model::page::{Page, href};
use crate::model::phrase;
use crate::model::review::queue::reviewer;
use crate::model::review::thread::{ReviewView, Round, missing};
use crate::model::review::{outcome_name, percent, status_name, tone};
use crate::parts::Icon;

/// The thread. Choosing a round shows its work.
#[component]
pub fn RoundsThread(view: Memo<Option<ReviewView>>) -> impl IntoView {
    let address = expect_context::<Address>();
    let rounds = Memo::new(move |_| {
        view.with(|view| view.as_ref().map(|it| (it.rounds.clone(), it.review.review_id.clone())))
            .unwrap_or_default()
    });
    let shown = Memo::new(move |_| {
        let wanted = wanted(address, "round");
        view.with(|view| view.as_ref()?.round(wanted).map(|round| round.run.id.clone()))
    });
    let count = move || rounds.with(|(rounds, _)| phrase::count(rounds.len(), "round"));
    let items = move || {
        let (rounds, own) = rounds.get();
        let item = |round| view! { <RoundItem round shown own=own.clone() /> };
        rounds.into_iter().map(item).collect_view()
    };
    view! {
        <nav class="rounds" aria-label="Rounds">
            <h2>"Rounds" <span class="count">{count}</span></h2>
            <ol>{items}</ol>
        </nav>
    }
}

#[component]
fn RoundItem(round: Round, shown: Memo<Option<RunId>>, own: ReviewId) -> impl IntoView {
    let address = expect_context::<Address>();
    let run = StoredValue::new(round.run.id.clone());
    let chosen = move || shown.get() == Some(run.get_value());
    let number = round.number;
    let work = format!("Attempt {}, {}", round.run.attempt, round.run.status);
    let reviews = round.reviews.iter().map(|review| {
        let here = review.review_id == own;
        view! { <ReviewItem review=review.clone() here /> }
    });
    let none = round.reviews.is_empty().then(|| view! { <p class="none">"No review yet"</p> });
    view! {
        <li class="round" data-shown=move || chosen().then_some("true")>
            <button
                class="round-head"
                aria-pressed=move || chosen().to_string()
                on:click=move |_| address.set("round", &number.to_string(), Trace::Step)
            >
                <strong>{format!("Round {number}")}</strong>
                <span class="quiet">{work}</span>
            </button>
            {reviews.collect_view()}
            {none}
        </li>
    }
}

#[component]
fn ReviewItem(review: Arc<RunReview>, here: bool) -> impl IntoView {
    let stage = tone(review.status, review.outcome);
    let state = match review.outcome {
        Some(outcome) => outcome_name(outcome),
        None => status_name(review.status),
    };
    let sure = review.confidence.map(|share| format!(", {} sure", percent(share)));
    let who = reviewer(&review).map(|who| view! { <span class="quiet">{who} ", "</span> });
    let at = review.reviewed_at.unwrap_or(review.requested_at);
    let reason = (!review.status.is_open() && !review.reason.is_empty())
        .then(|| view! { <p class="round-reason">{review.reason.clone()}</p> });
    let items = missing(review.missing_work.as_ref());
    let items = (!items.is_empty()).then(|| {
        let items = items.into_iter().map(|item| view! { <li>{item}</li> });
        view! { <ul class="asked">{items.collect_view()}</ul> }
    });
    let to = href(&Page::Reviews.record(review.review_id.as_str()));
    view! {
        <div class="round-review">
            <span class="stage-dot" data-stage=stage.to_string()>
                <Icon name=IconName::Stage(stage) />
            </span>
            <div>
                <p>
                    <a href=to aria-current=here.then_some("page")>
                        <strong>{state}</strong>
                    </a>
                    {sure}
                </p>
                <p>{who}<span class="quiet"><Ago at /></span></p>
                {reason}
                {items}
            </div>
        </div>
    }
}
