//! Bringing in tasks from elsewhere, or a whole board: choose a file, look at what
//! becomes of each line or record, import. Nothing is written before the last step.

mod bar;
mod bundle;
mod check;
mod choose;
mod counts;
mod lines;
mod problems;
mod result;
mod state;

use leptos::prelude::*;

use self::bundle::{BundleCheck, BundleResult};
use self::check::CheckStep;
use self::choose::ChooseStep;
use self::result::ResultStep;
use self::state::{ImportState, Step};
use crate::board_context::Phase;
use crate::gesture::Gestures;
use crate::model::phrase;
use crate::shell::{Desk, focus_on, use_page_title};

/// The heading of the present step, which gets the focus when the step begins.
const HEADING: &str = "import-step";

/// The import page.
#[component]
pub fn ImportPage() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let state = ImportState::new(expect_context::<Gestures>());
    provide_context(state);
    use_page_title("Import", || None);
    Effect::new(move || {
        if let Some(file) = desk.dropped.get() {
            desk.dropped.set(None);
            state.load(file);
        }
    });
    Effect::new(move |before: Option<Step>| {
        let step = state.step.get();
        if before.is_some_and(|before| before != step) {
            request_animation_frame(|| focus_on(HEADING));
        }
        step
    });
    view! {
        <section class="page import-page" aria-label="Import">
            <Steps />
            {move || match (state.step.get(), state.is_bundle()) {
                (Step::Choose, _) => view! { <ChooseStep /> }.into_any(),
                (Step::Read, _) => view! { <Reading /> }.into_any(),
                (Step::Check, false) => view! { <CheckStep /> }.into_any(),
                (Step::Check, true) => view! { <BundleCheck /> }.into_any(),
                (Step::Import, _) => view! { <Importing /> }.into_any(),
                (Step::Done, false) => view! { <ResultStep /> }.into_any(),
                (Step::Done, true) => view! { <BundleResult /> }.into_any(),
            }}
        </section>
    }
}

/// Where in the course of an import the page is.
#[component]
fn Steps() -> impl IntoView {
    let state = expect_context::<ImportState>();
    let at = move || match state.step.get() {
        Step::Choose | Step::Read => 0,
        Step::Check => 1,
        Step::Import | Step::Done => 2,
    };
    let steps = ["Choose", "Check", "Result"].into_iter().enumerate().map(|(number, name)| {
        view! {
            <li
                aria-current=move || (at() == number).then_some("step")
                data-past=move || (at() > number).then_some("true")
            >
                <span aria-hidden="true">{number + 1}</span>
                {name}
            </li>
        }
    });
    view! {
        <ol class="import-steps" role="list" aria-label="Steps">
            {steps.collect_view()}
        </ol>
    }
}

#[component]
fn Reading() -> impl IntoView {
    let state = expect_context::<ImportState>();
    let waits = move || matches!(state.gestures.board.phase(), Phase::Refused(_));
    view! {
        <div class="import-wait">
            <h2 id=HEADING tabindex="-1">{move || format!("Reading {}", state.name())}</h2>
            <progress aria-label="Reading the file"></progress>
            <Show when=waits>
                <p>"It is checked as soon as a board is open."</p>
            </Show>
        </div>
    }
}

#[component]
fn Importing() -> impl IntoView {
    let state = expect_context::<ImportState>();
    let what = move || {
        if state.is_bundle() {
            return state.name();
        }
        let tasks = state.checked.with(|checked| checked.as_ref().map(|it| it.plan.tasks.len()));
        phrase::count(tasks.unwrap_or(0), "task")
    };
    view! {
        <div class="import-wait">
            <h2 id=HEADING tabindex="-1">{move || format!("Importing {}", what())}</h2>
            <progress aria-label="Importing"></progress>
            <p>"All of it is written in one step, or nothing."</p>
        </div>
    }
}
