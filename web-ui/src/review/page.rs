//! The page of one review: rounds, subject, verdict.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use taskloom_domain::id::ReviewId;

use super::assign::AssignButton;
use super::recorded::VerdictPane;
use super::subject::Subject;
use super::thread::RoundsThread;
use super::{Ago, Deadline};
use crate::address::{Address, Trace};
use crate::board_context::{BoardContext, Phase};
use crate::model::icon::IconName;
use crate::model::keys::{Command, Scope, command};
use crate::model::page::Page;
use crate::model::phrase;
use crate::model::review::queue::reviewer;
use crate::model::review::thread::ReviewView;
use crate::model::review::{outcome_name, policy_name, status_name, tone};
use crate::parts::Icon;
use crate::shell::{Desk, is_typing, press, use_page_title};
use crate::task::TaskLink;

/// The review that the address names.
#[component]
pub fn ReviewPage() -> impl IntoView {
    use_page_title("Review", || None);
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    // A page of its own for every review, since what is typed belongs to one.
    move || {
        let id = ReviewId::from(id.get());
        view! { <Review id /> }
    }
}

#[component]
fn Review(id: ReviewId) -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let address = expect_context::<Address>();
    let view = Memo::new(move |_| {
        let found = board.read_reviews(|manager| ReviewView::of(manager.store(), &id)).flatten();
        if let Some(view) = &found {
            board.track(&view.review.task_id);
        }
        found
    });
    let there = Memo::new(move |_| view.with(Option::is_some));
    turn_rounds(view, address);
    view! {
        <Show
            when=move || there.get()
            fallback=move || (board.phase() != Phase::Opening).then(|| view! { <Gone /> })
        >
            <article class="page review-page">
                <Head view />
                <div class="review-regions">
                    <RoundsThread view />
                    <Subject view />
                    <VerdictPane view />
                </div>
            </article>
        </Show>
    }
}

/// The number of a round in the address.
pub fn wanted(address: Address, key: &str) -> Option<i64> {
    address.get(key).parse().ok()
}

/// `[` and `]` show the round before and after.
fn turn_rounds(view: Memo<Option<ReviewView>>, address: Address) {
    let desk = expect_context::<Desk>();
    let listener = window_event_listener(leptos::ev::keydown, move |event| {
        if event.default_prevented() || is_typing() || desk.going.get_untracked() {
            return;
        }
        let key = event.key();
        let step = match command(Scope::Review, press(&event, &key)) {
            Some(Command::Before) => -1,
            Some(Command::After) => 1,
            _ => return,
        };
        let next = untrack(move || {
            let view = view.get()?;
            let shown = view.round(wanted(address, "round"))?.number;
            let at = view.rounds.iter().position(|round| round.number == shown)?;
            let at = at.checked_add_signed(step)?;
            view.rounds.get(at).map(|round| round.number)
        });
        event.prevent_default();
        if let Some(round) = next {
            address.set("round", &round.to_string(), Trace::Step);
        }
    });
    on_cleanup(move || listener.remove());
}

#[component]
fn Gone() -> impl IntoView {
    view! {
        <section class="page message-page">
            <h2>"There is no such review"</h2>
            <p>
                "Its task was deleted here or in another tab, or the address names a review of another board."
            </p>
            <a class="button primary" href="reviews">
                "Go to the reviews"
            </a>
        </section>
    }
}

#[component]
fn Head(view: Memo<Option<ReviewView>>) -> impl IntoView {
    let facts = move || {
        let view = view.get()?;
        let review = &view.review;
        let stage = tone(review.status, review.outcome);
        let state = match review.outcome {
            Some(outcome) => outcome_name(outcome),
            None => status_name(review.status),
        };
        let by = view.requested_by.clone().map(|by| format!(" by {}", phrase::within(&by)));
        let deadline = review.deadline_at.filter(|_| review.status.is_open());
        let again = (review.attempt > 1).then(|| format!(", review {}", review.attempt));
        let with = reviewer(review).map(|who| format!("Reviewer: {}", phrase::within(&who)));
        let why = (review.status.is_open() && !review.reason.is_empty())
            .then(|| view! { <p class="review-why">{review.reason.clone()}</p> });
        let asked_at = review.requested_at;
        Some(view! {
            <div class="review-title-line">
                <h2>
                    {format!("Round {}{}", review.review_round, again.unwrap_or_default())} " of "
                    <TaskLink id=review.task_id.clone() />
                </h2>
                <span class="stage-pill" data-stage=stage.to_string()>
                    <Icon name=IconName::Stage(stage) />
                    {state}
                </span>
                {deadline.map(|at| view! { <Deadline at /> })}
            </div>
            <p class="review-meta">
                <span>"Asked for" {by} " " <Ago at=asked_at /></span>
                <span>{format!("Policy: {}", policy_name(review.policy).to_lowercase())}</span>
                <span>{with.unwrap_or_else(|| "No reviewer yet".into())}</span>
            </p>
            {why}
            {view.halt.clone().map(|reason| view! { <Halt reason /> })}
        })
    };
    view! {
        <header class="review-head">
            <p class="crumb">
                <a href="reviews">
                    <Icon name=IconName::ChevronLeft />
                    {Page::Reviews.label()}
                </a>
            </p>
            {facts}
            <AssignButton view />
        </header>
    }
}

/// The reviews of the task are halted, and how that ends.
#[component]
fn Halt(reason: String) -> impl IntoView {
    view! {
        <div class="halt" role="note">
            <Icon name=IconName::Warning />
            <div>
                <p>
                    <strong>"The reviews of this task are halted: "</strong>
                    {reason}
                </p>
                <p>
                    "A person has to decide. Any verdict other than “Blocked” ends the halt: record one here, or ask for another review of the run and record it there."
                </p>
            </div>
        </div>
    }
}
