//! The runs of a task, newest first.

use std::sync::Arc;

use leptos::prelude::*;
use taskloom_domain::availability::Situation;
use taskloom_domain::run::{Run, RunStatus};
use taskloom_domain::stage::Stage;
use taskloom_domain::time::Timestamp;

use crate::board_context::BoardContext;
use crate::model::icon::IconName;
use crate::model::phrase;
use crate::parts::Icon;

/// The list.
#[component]
pub fn Runs(situation: Memo<Option<Situation>>) -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let runs = Memo::new(move |_| situation.with(|s| s.as_ref().map(|s| s.runs.clone())));
    let items = move || {
        let now = board.now();
        let runs = runs.get().unwrap_or_default();
        runs.iter().map(|run| item(run, now)).collect_view()
    };
    let none = move || runs.with(|runs| runs.as_ref().is_none_or(Vec::is_empty));
    view! {
        <section class="panel-section">
            <h3>"Runs"</h3>
            <Show when=none>
                <p class="none">"Nobody has worked on it yet."</p>
            </Show>
            <ol class="runs">{items}</ol>
        </section>
    }
}

fn item(run: &Arc<Run>, now: Timestamp) -> impl IntoView + use<> {
    let error =
        (!run.error.is_empty()).then(|| view! { <p class="run-error">{run.error.clone()}</p> });
    view! {
        <li>
            <span class="stage-dot" data-stage=tone(run.status).to_string()>
                <Icon name=IconName::Stage(tone(run.status)) />
            </span>
            <div>
                <p>
                    <strong>{format!("Attempt {}", run.attempt)}</strong>
                    ", "
                    {run.status.to_string()}
                    {run.claimed_by.as_ref().map(|who| format!(" by {}", phrase::actor(who)))}
                </p>
                <p class="quiet">{times(run, now)}</p>
                {error}
            </div>
        </li>
    }
}

/// The stage whose mark stands for a run.
fn tone(status: RunStatus) -> Stage {
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
