//! The second step: what becomes of the records of both sides.

use leptos::prelude::*;
use taskloom_domain::store::Key;
use taskloom_storage::{ImportMode, ImportSummary, Prefer};

use super::super::HEADING;
use super::super::bar::CheckBar;
use super::super::state::ImportState;
use super::state::Preview;
use crate::model::bundle::{Outcome, Row, contents, losses};
use crate::model::icon::IconName;
use crate::model::phrase::count;
use crate::parts::{Confirm, Icon, VerbButton};

/// How many names a list shows.
const NAMES: usize = 50;

/// The ways to bring a bundle onto a board that is not empty.
const WAYS: [(ImportMode, &str, &str); 3] = [
    (
        ImportMode::Merge(Prefer::Board),
        "Merge, and keep what is here",
        "Adds what only the file has. Where both have a record and they differ, this board's stays.",
    ),
    (
        ImportMode::Merge(Prefer::Bundle),
        "Merge, and take what the file has",
        "Adds what only the file has. Where both have a record and they differ, the file's takes its place.",
    ),
    (
        ImportMode::Replace,
        "Replace this board",
        "Everything here goes. The board is what the file holds.",
    ),
];

/// The preview.
#[component]
pub fn BundleCheck() -> impl IntoView {
    let state = expect_context::<ImportState>();
    let bundle = state.bundle;
    let held = move || bundle.bundle.with(|it| it.as_ref().map(|it| contents(it)));
    view! {
        <div class="import-check">
            <header class="import-head">
                <h2 id=HEADING tabindex="-1">{move || format!("Check {}", state.name())}</h2>
                <p>
                    {move || held().map(|held| format!("A whole board with {held}. "))}
                    "Nothing is written before you import."
                </p>
            </header>
            <Ways />
            {move || bundle.preview.get().map(|preview| view! { <Outcomes preview /> })}
            <CheckBar refusal=bundle.refusal>
                <ImportButton />
            </CheckBar>
            <Question />
        </div>
    }
}

#[component]
fn Ways() -> impl IntoView {
    let bundle = expect_context::<ImportState>().bundle;
    let mode = Memo::new(move |_| bundle.preview.with(|it| it.as_ref().map(|it| it.mode)));
    let empty = Memo::new(move |_| mode.get() == Some(ImportMode::IntoEmpty));
    let ways = WAYS.into_iter().map(|(way, name, text)| {
        let id = format!("way-{}", name.len());
        view! {
            <label class="bundle-way">
                <input
                    type="radio"
                    name="bundle-way"
                    aria-describedby=id.clone()
                    prop:checked=move || mode.get() == Some(way)
                    on:change=move |_| bundle.look(way)
                />
                <span>
                    <strong>{name}</strong>
                    <small id=id>{text}</small>
                </span>
            </label>
        }
    });
    let ways = ways.collect_view();
    view! {
        <fieldset class="bundle-ways" hidden=move || empty.get()>
            <legend>"What becomes of this board"</legend>
            {ways}
        </fieldset>
        <p hidden=move || !empty.get()>"This board is empty: it becomes what the file holds."</p>
    }
}

#[component]
fn Outcomes(preview: std::sync::Arc<Preview>) -> impl IntoView {
    match &preview.outcome {
        Ok(summary) => view! {
            <Table rows=Row::all(summary) />
            <Names summary=summary.clone() />
        }
        .into_any(),
        Err(refusal) => {
            let refusal = refusal.clone();
            view! {
                <div class="refusal">
                    <Icon name=IconName::Warning />
                    <div>
                        <p><strong>{refusal.what}": "</strong>{refusal.why}"."</p>
                        <p>{refusal.advice}</p>
                    </div>
                </div>
            }
            .into_any()
        }
    }
}

/// What becomes of the records of each kind.
#[component]
fn Table(rows: Vec<Row>) -> impl IntoView {
    let headings = Outcome::ALL.map(|outcome| view! { <th scope="col">{outcome.name()}</th> });
    let rows = rows.into_iter().map(|row| {
        let cells = Outcome::ALL.into_iter().zip(row.counts).map(|(outcome, number)| {
            let tone = if number == 0 { "none" } else { outcome.tone() };
            view! { <td data-tone=tone>{number}</td> }
        });
        view! {
            <tr>
                <th scope="row">{row.name}</th>
                {cells.collect_view()}
            </tr>
        }
    });
    view! {
        <table class="bundle-table">
            <caption>"What will happen"</caption>
            <thead>
                <tr>
                    <th scope="col">"Records"</th>
                    {headings.into_iter().collect_view()}
                </tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    }
}

/// The records that differ, and the statuses that follow.
#[component]
fn Names(summary: ImportSummary) -> impl IntoView {
    let gestures = expect_context::<ImportState>().gestures;
    let differ = summary.conflicts.len();
    let named = |key: &Key| match key {
        Key::Task(id) => gestures.board.name(id),
        other => other.to_string(),
    };
    let conflicts: Vec<String> = summary.conflicts.iter().take(NAMES).map(named).collect();
    let settled = summary.settled.len();
    let tasks = summary.settled.iter().take(NAMES).map(|id| gestures.board.name(id)).collect();
    let noun = if differ == 1 { "record differs" } else { "records differ" };
    let text = match settled {
        1 => "1 task gets another status".to_owned(),
        _ => format!("{} get another status", count(settled, "task")),
    };
    view! {
        {(differ > 0)
            .then(|| view! { <NameList text=format!("{differ} {noun}") names=conflicts all=differ /> })}
        {(settled > 0)
            .then(|| {
                view! {
                    <NameList
                        text=format!("{text}: their runs or blockers come from the other side")
                        names=tasks
                        all=settled
                    />
                }
            })}
    }
}

#[component]
fn NameList(text: String, names: Vec<String>, all: usize) -> impl IntoView {
    let shown = names.len();
    let names = names.into_iter().map(|name| view! { <li>{name}</li> }).collect_view();
    view! {
        <details class="bundle-names">
            <summary>{text}</summary>
            <ul role="list">{names}</ul>
            {(shown < all).then(|| view! { <p>{format!("Showing {shown} of {all}.")}</p> })}
        </details>
    }
}

#[component]
fn ImportButton() -> impl IntoView {
    let bundle = expect_context::<ImportState>().bundle;
    let label = Signal::derive(move || {
        let mode = bundle.preview.with(|it| it.as_ref().map(|it| it.mode));
        match mode {
            Some(ImportMode::Replace) => "Replace the board…".to_owned(),
            Some(ImportMode::IntoEmpty) | None => "Restore the board".to_owned(),
            Some(ImportMode::Merge(_)) => "Merge into the board".to_owned(),
        }
    });
    let reason = Signal::derive(move || {
        bundle.preview.with(|preview| match preview {
            None => "the file is being checked".to_owned(),
            Some(preview) if preview.outcome.is_err() => "it cannot be imported so".into(),
            Some(preview) if preview.changes() == 0 => "the board has all of it already".into(),
            Some(_) => String::new(),
        })
    });
    let on_press = Callback::new(move |()| bundle.intend());
    view! { <VerbButton label reason class="primary" icon=IconName::Import on_press /> }
}

/// Asks before this board goes.
#[component]
fn Question() -> impl IntoView {
    let bundle = expect_context::<ImportState>().bundle;
    move || {
        let preview = bundle.asking.get().then(|| bundle.preview.get_untracked()).flatten()?;
        let mut consequences = preview.summary().map(losses).unwrap_or_default();
        consequences.push(
            "Sessions that work on a run at the moment lose their lease. You can put the board back afterwards, as long as this page is open."
                .into(),
        );
        let on_yes = Callback::new(move |()| bundle.import());
        let on_no = Callback::new(move |()| bundle.asking.set(false));
        Some(view! {
            <Confirm
                title="Replace this board?"
                consequences
                yes="Replace it"
                no="Keep this board"
                on_yes
                on_no
            />
        })
    }
}
