//! The lines that cannot be imported, in full, with the ways out.

use leptos::prelude::*;

use super::state::ImportState;
use crate::model::icon::IconName;
use crate::model::import::{LineReport, Outcome, Refusal};
use crate::model::phrase;
use crate::parts::Icon;

/// How many lines are listed at once; the table has them all.
const LISTED: usize = 50;

/// How many edges of one loop are offered for removal.
const EDGES: usize = 12;

/// One line that cannot be imported.
#[derive(Clone, PartialEq)]
struct Problem {
    line: usize,
    id: String,
    title: String,
    why: String,
    edges: Vec<(String, String)>,
    all_edges: usize,
}

/// The problems, and what was decided about earlier ones.
#[component]
pub fn Problems() -> impl IntoView {
    let state = expect_context::<ImportState>();
    let count = Memo::new(move |_| state.with_checked(|it| it.counts.refused).unwrap_or(0));
    view! {
        <Show when=move || count.get() != 0>
            <section class="import-problems" aria-labelledby="import-problems">
                <div class="import-problems-head">
                    <Icon name=IconName::Warning />
                    <div>
                        <h3 id="import-problems">
                            {move || format!("{} cannot be imported", phrase::count(count.get(), "line"))}
                        </h3>
                        <p>"Correct the file and choose it again, or leave out what is wrong."</p>
                    </div>
                    <button class="button" on:click=move |_| leave_out_all(state)>
                        {move || match count.get() {
                            1 => "Leave out this line".into(),
                            count => format!("Leave out these {count} lines"),
                        }}
                    </button>
                </div>
                <List />
            </section>
        </Show>
        <Decisions />
    }
}

#[component]
fn List() -> impl IntoView {
    let state = expect_context::<ImportState>();
    let listed = Memo::new(move |_| {
        let problems = |checked: &super::state::Checked| {
            checked.mapping.refused_lines().take(LISTED).filter_map(problem).collect::<Vec<_>>()
        };
        state.with_checked(problems).unwrap_or_default()
    });
    let rest = move || {
        let all = state.with_checked(|checked| checked.counts.refused).unwrap_or(0);
        (all > LISTED).then(|| {
            view! { <p>{format!("Showing {LISTED} of {all}; the table below has them all.")}</p> }
        })
    };
    view! {
        <ul role="list" aria-label="Lines that cannot be imported">
            {move || listed.get().into_iter().map(|problem| item(state, problem)).collect_view()}
        </ul>
        {rest}
    }
}

fn item(state: ImportState, problem: Problem) -> impl IntoView {
    let line = problem.line;
    let more = (problem.all_edges > problem.edges.len()).then(|| {
        let (shown, all) = (problem.edges.len(), problem.all_edges);
        view! { <p>{format!("Showing {shown} of {all} dependencies in the loop.")}</p> }
    });
    let edges = problem.edges.into_iter().map(|(task, blocker)| {
        let label = format!("Drop “{task} needs {blocker}”");
        let drop = move |_| {
            let edge = (task.clone(), blocker.clone());
            state.choices.update(|choices| {
                choices.dropped_edges.insert(edge);
            });
        };
        view! {
            <button class="button small" on:click=drop>
                {label}
            </button>
        }
    });
    let leave_out = move |_| {
        state.choices.update(|choices| {
            choices.excluded_lines.insert(line);
        });
    };
    view! {
        <li>
            <p class="import-problem-line">
                <span class="count">{format!("Line {line}")}</span>
                {(!problem.id.is_empty())
                    .then(|| view! { <span class="identifier">{problem.id}</span> })}
                <span>{problem.title}</span>
            </p>
            <p class="import-problem-why">{problem.why}</p>
            {more}
            <div class="import-problem-ways">
                {edges.collect_view()}
                <button class="button small" on:click=leave_out>
                    {format!("Leave out line {line}")}
                </button>
            </div>
        </li>
    }
}

/// What was left out so far, with the way back.
#[component]
fn Decisions() -> impl IntoView {
    let state = expect_context::<ImportState>();
    let text = move || {
        state.choices.with(|choices| {
            let lines = choices.excluded_lines.len();
            let edges = choices.dropped_edges.len();
            let mut parts = Vec::new();
            if lines > 0 {
                parts.push(phrase::count(lines, "line"));
            }
            if edges == 1 {
                parts.push("1 dependency".into());
            } else if edges > 1 {
                parts.push(format!("{edges} dependencies"));
            }
            (!parts.is_empty()).then(|| format!("You left out {}.", parts.join(" and ")))
        })
    };
    move || {
        text().map(|text| {
            view! {
                <p class="import-decisions">
                    <span>{text}</span>
                    <button
                        class="button small"
                        on:click=move |_| state.choices.set(Default::default())
                    >
                        <Icon name=IconName::Undo />
                        "Take that back"
                    </button>
                </p>
            }
        })
    }
}

fn problem(line: &LineReport) -> Option<Problem> {
    let Outcome::Refused(refusal) = &line.outcome else { return None };
    let edges = refusal.loop_edges();
    Some(Problem {
        line: line.line,
        id: line.id.clone(),
        title: line.title.clone(),
        why: why(refusal),
        all_edges: edges.len(),
        edges: edges
            .into_iter()
            .take(EDGES)
            .map(|(task, blocker)| (task.to_owned(), blocker.to_owned()))
            .collect(),
    })
}

fn why(refusal: &Refusal) -> String {
    let text = refusal.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

fn leave_out_all(state: ImportState) {
    let lines = state.checked.get_untracked();
    let lines = lines.iter().flat_map(|checked| checked.mapping.refused_lines());
    let lines: Vec<usize> = lines.map(|line| line.line).collect();
    state.choices.update(|choices| choices.excluded_lines.extend(lines));
}
