//! One row of the queue.

use leptos::prelude::*;
use taskloom_domain::id::ReviewId;
use taskloom_domain::review::RunReviewOutcome;

use super::queue_page::{judging, row_id};
use super::{Ago, Deadline};
use crate::model::icon::IconName;
use crate::model::page::{Page, href};
use crate::model::phrase;
use crate::model::review::queue::{Group, Row};
use crate::model::review::{outcome_name, policy_name, status_name, tone};
use crate::parts::Icon;

/// A review, or a halted task, with what can be done about it.
#[component]
pub fn ReviewRow(
    group: Group,
    id: ReviewId,
    row: Memo<Option<Row>>,
    stop: Memo<Option<(Group, ReviewId)>>,
    current: RwSignal<Option<(Group, ReviewId)>>,
) -> impl IntoView {
    let here = StoredValue::new((group, id.clone()));
    let tabindex = move || if stop.get() == Some(here.get_value()) { "0" } else { "-1" };
    let path = href(&Page::Reviews.record(id.as_str()));
    let name = move || {
        row.with(|row| {
            row.as_ref().map(|row| {
                let state = match row.outcome {
                    Some(outcome) => outcome_name(outcome),
                    None => status_name(row.status),
                };
                format!("{} {}, round {}, {state}", row.identifier, row.title, row.round)
            })
        })
    };
    let open =
        Memo::new(move |_| row.with(|row| row.as_ref().is_some_and(|it| it.status.is_open())));
    let judge = move |outcome: RunReviewOutcome, label: &'static str| {
        let to = href(&judging(&here.get_value().1, outcome));
        let of =
            move || row.with(|row| row.as_ref().map(|row| format!("{label} {}…", row.identifier)));
        view! {
            <a class="button small" href=to aria-label=of>
                {label}
                "…"
            </a>
        }
    };
    view! {
        <li class="review-row">
            <a
                id=row_id(group, &id)
                class="review-link"
                href=path
                tabindex=tabindex
                aria-label=name
                on:focus=move |_| current.set(Some(here.get_value()))
            >
                {move || row.get().map(|row| view! { <Lines row /> })}
            </a>
            <Show when=move || open.get()>
                <span class="review-verbs">
                    {judge(RunReviewOutcome::Approved, "Approve")}
                    {judge(RunReviewOutcome::Rejected, "Reject")}
                </span>
            </Show>
        </li>
    }
}

#[component]
fn Lines(row: Row) -> impl IntoView {
    let stage = tone(row.status, row.outcome);
    let state = match row.outcome {
        Some(outcome) => outcome_name(outcome),
        None => status_name(row.status),
    };
    let run = row.run_attempt.map(|attempt| format!("attempt {attempt}"));
    let again = (row.attempt > 1).then(|| format!("review {} of the round", row.attempt));
    let facts: Vec<String> = [
        Some(format!("Round {}", row.round)),
        run,
        again,
        Some(format!("policy: {}", policy_name(row.policy).to_lowercase())),
    ]
    .into_iter()
    .flatten()
    .collect();
    let by = row.requested_by.map(|by| format!(" by {}", phrase::within(&by)));
    let deadline = row.deadline_at.filter(|_| row.status.is_open());
    let halt = row.halt.map(|reason| view! { <p class="review-halt">{reason}</p> });
    let reviewer = row.reviewer.unwrap_or_else(|| "Nobody".into());
    view! {
        <span class="stage-dot" data-stage=stage.to_string() title=state>
            <Icon name=IconName::Stage(stage) />
        </span>
        <span class="review-what">
            <span class="review-name">
                <span class="identifier">{row.identifier}</span>
                <span class="review-title">{row.title}</span>
            </span>
            <span class="quiet">
                {facts.join(", ")} ", asked for" {by} " " <Ago at=row.requested_at />
            </span>
            {halt}
        </span>
        <span class="review-who">
            <span class="review-state" data-stage=stage.to_string()>{state}</span>
            {deadline.map(|at| view! { <Deadline at /> })}
            <span class="owner">
                <Icon name=IconName::Person />
                {reviewer}
            </span>
            {row.decided_at.map(|at| view! { <span class="quiet"><Ago at /></span> })}
        </span>
    }
}
