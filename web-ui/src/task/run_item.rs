//! One run of the side panel, with the reviews of its work.

use std::sync::Arc;

use leptos::prelude::*;
use taskloom_domain::availability::{Situation, grip};
use taskloom_domain::id::RunId;
use taskloom_domain::review::RunReview;
use taskloom_domain::run::{Run, RunStatus};
use taskloom_domain::stage::Stage;
use taskloom_domain::time::Timestamp;

use super::finish_dialog::FinishDialog;
use crate::board_context::BoardContext;
use crate::gesture::short_name;
use crate::model::icon::IconName;
use crate::model::page::{Page, href};
use crate::model::phrase;
use crate::model::review::thread::missing;
use crate::model::review::{outcome_name, status_name, tone};
use crate::model::work::Work;
use crate::parts::Icon;
use crate::review::RequestReview;

/// How much of a result the panel shows, in characters.
const RESULT_LENGTH: usize = 160;

/// One run.
#[component]
pub fn RunItem(id: RunId, situation: Memo<Option<Situation>>) -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let run = {
        let id = id.clone();
        Memo::new(move |_| {
            situation.with(|s| s.as_ref()?.runs.iter().find(|run| run.id == id).cloned())
        })
    };
    let reviews = {
        let id = id.clone();
        Memo::new(move |_| {
            let of_run = |s: &Situation| {
                let mut list = s.reviews.clone();
                list.retain(|review| review.run_id == id);
                list.sort_by_key(|review| (review.review_round, review.attempt));
                list
            };
            situation.with(|s| s.as_ref().map(of_run)).unwrap_or_default()
        })
    };
    let facts = move || run.get().map(|run| facts(&run));
    let times = move || {
        let now = board.now();
        run.with(|run| run.as_ref().map(|run| times(run, now)))
    };
    let stage = Memo::new(move |_| {
        run.with(|run| run.as_ref().map_or(Stage::Queued, |run| stage_of(run.status)))
    });
    let links = move || reviews.get().iter().map(link).collect_view();
    let id = StoredValue::new(id);
    view! {
        <li>
            {move || {
                view! {
                    <span class="stage-dot" data-stage=stage.get().to_string()>
                        <Icon name=IconName::Stage(stage.get()) />
                    </span>
                }
            }}
            <div class="run-item">
                {facts}
                <p class="quiet">{times}</p>
                <Show when=move || reviews.with(|all| !all.is_empty())>
                    <ul class="run-reviews">{links}</ul>
                </Show>
                <FinishWithResult run situation />
                {move || {
                    let situation = situation.get()?;
                    Some(view! { <RequestReview situation run=id.get_value() /> })
                }}
            </div>
        </li>
    }
}

/// What a run is, brought, and was asked for.
fn facts(run: &Run) -> impl IntoView + use<> {
    let error =
        (!run.error.is_empty()).then(|| view! { <p class="run-error">{run.error.clone()}</p> });
    let result = run.result.as_ref().map(|result| {
        let (Work::Text(text) | Work::Json(text)) = Work::of(result);
        view! { <p class="run-result">{phrase::cut(&text, RESULT_LENGTH)}</p> }
    });
    let asked = run.review.as_ref().filter(|lineage| lineage.review_id.is_some()).map(|lineage| {
        let items = missing(Some(&lineage.missing_work));
        let items = items.into_iter().map(|item| view! { <li>{item}</li> });
        let before = lineage.review_round.saturating_sub(1);
        let guidance = (!lineage.next_round_guidance.is_empty())
            .then(|| view! { <p class="said">{lineage.next_round_guidance.clone()}</p> });
        view! {
            <p class="quiet">
                {format!("Round {}, asked for in round {before}:", lineage.review_round)}
            </p>
            <ul class="asked">{items.collect_view()}</ul>
            {guidance}
        }
    });
    view! {
        <p>
            <strong>{format!("Attempt {}", run.attempt)}</strong>
            ", "
            {run.status.to_string()}
            {run.claimed_by.as_ref().map(|who| format!(" by {}", phrase::actor(who)))}
        </p>
        {asked}
        {result}
        {error}
    }
}

/// A review of the run.
fn link(review: &Arc<RunReview>) -> impl IntoView + use<> {
    let stage = tone(review.status, review.outcome);
    let state = review.outcome.map_or_else(|| status_name(review.status), outcome_name);
    let to = href(&Page::Reviews.record(review.review_id.as_str()));
    view! {
        <li>
            <a href=to>{format!("Review of round {}", review.review_round)}</a>
            <span class="review-state" data-stage=stage.to_string()>
                {state}
            </span>
        </li>
    }
}

/// The way to end a run that is held, with what it brought.
#[component]
fn FinishWithResult(
    run: Memo<Option<Arc<Run>>>,
    situation: Memo<Option<Situation>>,
) -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let asking = RwSignal::new(false);
    let held = Memo::new(move |_| {
        let run = run.get()?;
        let situation = situation.get()?;
        let mine = situation.active_run().is_some_and(|active| active.id == run.id)
            && grip(&situation, &board.actor(), board.now()).is_ok();
        mine.then(|| (run.task_id.clone(), run.id.clone()))
    });
    let dialog = move || {
        // What it began with: the text stays open even when the claim is lost.
        let run = asking.get().then(|| run.get_untracked()).flatten()?;
        let name = short_name(board, &run.task_id);
        let on_close = Callback::new(move |()| asking.set(false));
        Some(view! {
            <FinishDialog task=run.task_id.clone() run=run.id.clone() name on_close />
        })
    };
    view! {
        <Show when=move || held.with(Option::is_some)>
            <button class="button small" on:click=move |_| asking.set(true)>
                "Hand in a result…"
            </button>
        </Show>
        {dialog}
    }
}

/// The stage whose mark stands for a run.
fn stage_of(status: RunStatus) -> Stage {
    match status {
        RunStatus::Queued => Stage::Queued,
        RunStatus::Claimed | RunStatus::Starting | RunStatus::Running => Stage::InProgress,
        RunStatus::Completed => Stage::Done,
        RunStatus::Failed => Stage::Failed,
        RunStatus::Canceled => Stage::Canceled,
    }
}

fn times(run: &Run, now: Timestamp) -> String {
    let queued = format!("queued {}", phrase::ago(now.since(run.queued_at)));
    let rest = match (run.ended_at, run.lease_until, run.claimed_at) {
        (Some(ended), _, _) => {
            let began = run.started_at.or(run.claimed_at);
            let took = began.map(|began| format!(", took {}", phrase::span(ended.since(began))));
            format!(", ended {}{}", phrase::ago(now.since(ended)), took.unwrap_or_default())
        }
        (None, Some(until), _) if until > now => {
            format!(", lease ends in {}", phrase::span(until.since(now)))
        }
        (None, Some(_), _) => ", lease expired".into(),
        (None, None, Some(claimed)) => {
            format!(", held for {} without a lease", phrase::span(now.since(claimed)))
        }
        (None, None, None) => String::new(),
    };
    queued + &rest
}
