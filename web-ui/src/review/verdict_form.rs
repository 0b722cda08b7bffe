//! The verdict form: its rules are live, and its consequences are spelled out.

use leptos::prelude::*;
use leptos::task::spawn_local;
use taskloom_domain::Enumeration;
use taskloom_domain::review::{
    MAX_NEXT_ROUND_GUIDANCE_BYTES, MAX_REVIEW_REASON_BYTES, MAX_REVIEW_TEXT_BYTES, RunReviewOutcome,
};

use super::missing_work::{AskedBefore, MissingWork, item_id};
use crate::address::{Address, Trace};
use crate::board_context::BoardContext;
use crate::environment;
use crate::gesture::Gestures;
use crate::model::refusal::Refusal;
use crate::model::review::outcome_name;
use crate::model::review::thread::ReviewView;
use crate::model::review::verdict::{
    self, Field, OUTCOMES, Obstacle, Problem, consequence, obstacle, outcome_hint, record_label,
    size_of,
};
use crate::parts::{RefusalNote, VerbButton};
use crate::shell::focus_on;
use crate::task::TaskLink;

/// The element that takes the focus when a field is at fault.
fn element(field: Field) -> String {
    match field {
        Field::Outcome => outcome_id(RunReviewOutcome::Approved),
        Field::Confidence => "confidence".into(),
        Field::Reason => "reason".into(),
        Field::MissingWork => item_id(0),
        Field::Guidance => "guidance".into(),
        Field::Text => "review-text".into(),
    }
}

fn outcome_id(outcome: RunReviewOutcome) -> String {
    format!("outcome-{outcome}")
}

/// The form of an open review.
#[component]
pub fn VerdictForm(
    view: Memo<Option<ReviewView>>,
    form: RwSignal<verdict::VerdictForm>,
    sending: RwSignal<bool>,
) -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let gestures = expect_context::<Gestures>();
    let tried = RwSignal::new(false);
    let refusal = RwSignal::new(None::<Refusal>);
    choose_from_address(form);

    let outcome = Memo::new(move |_| form.with(|form| form.outcome));
    let problems = Memo::new(move |_| form.with(|form| form.problems()));
    let problem = move |field: Field| {
        Memo::new(move |_| {
            let told =
                |problem: &&Problem| problem.field == field && (tried.get() || !problem.absent);
            problems.with(|all| all.iter().find(told).map(|it| it.text.clone())).unwrap_or_default()
        })
    };
    let obstacle = Memo::new(move |_| {
        view.with(|view| {
            let view = view.as_ref()?;
            obstacle(&view.situation, &view.review, outcome.get(), &board.actor())
        })
    });
    let line = Memo::new(move |_| {
        // Dependents that move on change what a rejection brings about.
        board.len();
        let outcome = outcome.get().filter(|_| obstacle.with(Option::is_none))?;
        let task = view.with(|view| view.as_ref().map(|it| it.review.task_id.clone()))?;
        board.read(|manager| consequence(manager.store(), &task, outcome))
    });

    let submit = move || {
        if sending.get_untracked() || obstacle.with_untracked(Option::is_some) {
            return;
        }
        tried.set(true);
        if let Some(first) = problems.with_untracked(|all| all.first().map(|it| it.field)) {
            if first == Field::MissingWork && form.with_untracked(|form| form.missing.is_empty()) {
                focus_on("add-missing");
            } else {
                focus_on(&element(first));
            }
            return;
        }
        let Some(review) = view.with_untracked(|view| view.as_ref().map(|it| it.review.clone()))
        else {
            return;
        };
        let request = form.with_untracked(|form| form.request(&review.review_id, &review.run_id));
        let Some(request) = request else { return };
        sending.set(true);
        refusal.set(None);
        spawn_local(async move {
            match gestures.record_verdict(request, &review.task_id).await {
                Ok(_) => {
                    form.set(verdict::VerdictForm::new(environment::fresh_key()));
                    request_animation_frame(|| focus_on("recorded"));
                }
                Err(why) => {
                    gestures.feedback.interrupt(why.sentence());
                    // The form may have gone with the review that somebody closed.
                    refusal.try_set(Some(why));
                }
            }
            sending.set(false);
        });
    };
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            submit();
        }
    };
    let blocked = Signal::derive(move || {
        obstacle.with(|it| it.as_ref().map(|it| it.text())).unwrap_or_default()
    });
    let missing_problem = problem(Field::MissingWork);
    let more_open = Memo::new(move |_| outcome.get() == Some(RunReviewOutcome::Rejected));
    view! {
        <form
            class="verdict-form"
            novalidate
            on:submit=move |event| {
                event.prevent_default();
                submit();
            }
            on:keydown=on_key
        >
            <h2>"Your verdict"</h2>
            <AskedBefore view form />
            <Outcomes form problem=problem(Field::Outcome) />
            <Confidence form problem=problem(Field::Confidence) />
            <TextField
                id="reason"
                label="Reason"
                limit=MAX_REVIEW_REASON_BYTES
                rows=3
                value=Signal::derive(move || form.with(|form| form.reason.clone()))
                on_change=Callback::new(move |text| form.update(|form| form.reason = text))
                problem=problem(Field::Reason)
            />
            <MissingWork form problem=missing_problem />
            <details open=move || more_open.get()>
                <summary>"Guidance and full review"</summary>
                <TextField
                    id="guidance"
                    label="Guidance for the next round"
                    limit=MAX_NEXT_ROUND_GUIDANCE_BYTES
                    rows=2
                    value=Signal::derive(move || form.with(|form| form.guidance.clone()))
                    on_change=Callback::new(move |text| form.update(|form| form.guidance = text))
                    problem=problem(Field::Guidance)
                />
                <TextField
                    id="review-text"
                    label="Full review"
                    limit=MAX_REVIEW_TEXT_BYTES
                    rows=4
                    value=Signal::derive(move || form.with(|form| form.text.clone()))
                    on_change=Callback::new(move |text| form.update(|form| form.text = text))
                    problem=problem(Field::Text)
                />
            </details>
            {move || {
                refusal
                    .get()
                    .map(|refused| {
                        let on_dismiss = Callback::new(move |()| refusal.set(None));
                        view! { <RefusalNote refusal=refused on_dismiss /> }
                    })
            }}
            <Fix view obstacle refusal />
            <p class="consequence" aria-live="polite">
                {move || line.get()}
            </p>
            <div class="verdict-send">
                <VerbButton
                    label=Signal::derive(move || record_label(outcome.get()).to_owned())
                    reason=blocked
                    class="primary"
                    on_press=Callback::new(|()| ())
                />
                <span class="quiet">
                    <kbd>"Ctrl"</kbd>
                    " "
                    <kbd>"Enter"</kbd>
                </span>
            </div>
        </form>
    }
}

/// `?outcome=` chooses once, so that a row of the queue can lead right here.
fn choose_from_address(form: RwSignal<verdict::VerdictForm>) {
    let address = expect_context::<Address>();
    let wanted = untrack(move || address.get("outcome"));
    let Some(outcome) = RunReviewOutcome::ALL.iter().find(|it| it.as_str() == wanted) else {
        return;
    };
    form.update(|form| form.choose(*outcome));
    let first =
        if *outcome == RunReviewOutcome::Rejected { item_id(0) } else { "confidence".into() };
    request_animation_frame(move || {
        address.set("outcome", "", Trace::Same);
        focus_on(&first);
    });
}

#[component]
fn Outcomes(form: RwSignal<verdict::VerdictForm>, problem: Memo<String>) -> impl IntoView {
    let choices = OUTCOMES.map(|outcome| {
        let chosen = move || form.with(|form| form.outcome == Some(outcome));
        view! {
            <label class="outcome" data-outcome=outcome.to_string()>
                <input
                    id=outcome_id(outcome)
                    type="radio"
                    name="outcome"
                    value=outcome.to_string()
                    prop:checked=chosen
                    aria-describedby="outcome-hint"
                    on:change=move |_| form.update(|form| form.choose(outcome))
                />
                <span>{outcome_name(outcome)}</span>
            </label>
        }
    });
    let hint = move || form.with(|form| form.outcome.map(outcome_hint));
    view! {
        <fieldset class="outcomes">
            <legend>"Outcome"</legend>
            <div class="outcome-choices">{choices.into_iter().collect_view()}</div>
            <p id="outcome-hint" class="quiet">{hint}</p>
            <p class="problem">{move || problem.get()}</p>
        </fieldset>
    }
}

#[component]
fn Confidence(form: RwSignal<verdict::VerdictForm>, problem: Memo<String>) -> impl IntoView {
    view! {
        <div class="form-field">
            <label for="confidence">"Confidence, in percent"</label>
            <div class="confidence">
                <input
                    id="confidence"
                    class="field"
                    inputmode="decimal"
                    autocomplete="off"
                    placeholder="0 to 100"
                    required
                    prop:value=move || form.with(|form| form.confidence.clone())
                    aria-invalid=move || (!problem.with(String::is_empty)).then_some("true")
                    aria-describedby="confidence-problem"
                    on:input=move |event| {
                        form.update(|form| form.confidence = event_target_value(&event));
                    }
                />
                <span aria-hidden="true">"%"</span>
            </div>
            <p id="confidence-problem" class="problem">{move || problem.get()}</p>
        </div>
    }
}

/// A text with a counter in bytes, which is what is limited.
#[component]
fn TextField(
    id: &'static str,
    label: &'static str,
    limit: usize,
    rows: u32,
    value: Signal<String>,
    on_change: Callback<String>,
    problem: Memo<String>,
) -> impl IntoView {
    let about = format!("{id}-size {id}-problem");
    view! {
        <div class="form-field">
            <label for=id>{label}</label>
            <textarea
                id=id
                class="field"
                rows=rows.to_string()
                prop:value=move || value.get()
                aria-invalid=move || (!problem.with(String::is_empty)).then_some("true")
                aria-describedby=about
                on:input=move |event| on_change.run(event_target_value(&event))
            ></textarea>
            <p id=format!("{id}-size") class="size">
                {move || value.with(|text| size_of(text, limit))}
            </p>
            <p id=format!("{id}-problem") class="problem">{move || problem.get()}</p>
        </div>
    }
}

/// The way out of what stands against a rejection.
#[component]
fn Fix(
    view: Memo<Option<ReviewView>>,
    obstacle: Memo<Option<Obstacle>>,
    refusal: RwSignal<Option<Refusal>>,
) -> impl IntoView {
    let gestures = expect_context::<Gestures>();
    move || {
        let found = obstacle.get()?;
        let task = view.with_untracked(|view| view.as_ref().map(|it| it.review.task_id.clone()))?;
        if let Some(to) = found.raise_to() {
            let raise = move |_| {
                let task = task.clone();
                spawn_local(async move {
                    refusal.set(gestures.raise_attempts(task, to).await.err());
                });
            };
            let label = format!("Raise max attempts to {to}");
            return Some(
                view! {
                    <div class="fix">
                        <p>"A rejection queues a further attempt, and none is left."</p>
                        <button type="button" class="button" on:click=raise>
                            {label}
                        </button>
                    </div>
                }
                .into_any(),
            );
        }
        matches!(found, Obstacle::RunOpen(_)).then(|| {
            view! {
                <div class="fix">
                    <p>"A rejection queues a further attempt, and one is open already."</p>
                    <TaskLink id=task />
                </div>
            }
            .into_any()
        })
    }
}
