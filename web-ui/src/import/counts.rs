//! How many lines end how.

use leptos::prelude::*;

use super::state::ImportState;
use crate::model::import::Counts;

/// One number with its word and what it is made of.
#[derive(Clone, PartialEq)]
struct Figure {
    number: usize,
    word: &'static str,
    detail: String,
    tone: &'static str,
}

/// The numbers of the dry run.
#[component]
pub fn CountList() -> impl IntoView {
    let state = expect_context::<ImportState>();
    let counts = Memo::new(move |_| state.with_checked(|checked| checked.counts.clone()));
    let items = move || {
        figures(&counts.get().unwrap_or_default())
            .into_iter()
            .map(|figure| {
                view! {
                    <li data-tone=figure.tone>
                        <strong>{figure.number}</strong>
                        " "
                        <span>{figure.word}</span>
                        <small>{figure.detail}</small>
                    </li>
                }
            })
            .collect_view()
    };
    let changes = move || {
        let changes = counts.get().unwrap_or_default().status_changes;
        (!changes.is_empty()).then(|| {
            let items = changes.into_iter().map(|(change, count)| {
                view! { <li>{change}" "<span class="count">{format!("({count})")}</span></li> }
            });
            view! {
                <div class="import-changes">
                    <h3 id="import-changes">"Statuses that change"</h3>
                    <ul role="list" aria-labelledby="import-changes">
                        {items.collect_view()}
                    </ul>
                </div>
            }
        })
    };
    view! {
        <ul class="import-counts" role="list" aria-label="What will happen">
            {items}
        </ul>
        {changes}
    }
}

fn figures(counts: &Counts) -> Vec<Figure> {
    let plain = |number, word, detail| Figure { number, word, detail, tone: "plain" };
    let skipped = listing(counts.skipped.iter().map(|(why, count)| (*count, why.text().into())));
    let kinds = counts.unknown_references.iter();
    let unknown = listing(kinds.map(|(kind, count)| {
        let plural = if *count == 1 { "" } else { "s" };
        (*count, format!("{}{plural}", kind.text()))
    }));
    vec![
        plain(counts.lines, "lines in the file", String::new()),
        plain(counts.tasks, "tasks", "without a parent".into()),
        plain(counts.children, "children", "tasks with a parent".into()),
        plain(counts.edges, "dependencies", String::new()),
        plain(counts.all_skipped(), "skipped", skipped),
        Figure {
            tone: if counts.refused > 0 { "refused" } else { "plain" },
            ..plain(counts.refused, "cannot be imported", String::new())
        },
        Figure {
            tone: if counts.all_unknown_references() > 0 { "warning" } else { "plain" },
            ..plain(counts.all_unknown_references(), "references lead nowhere", unknown)
        },
    ]
}

fn listing(parts: impl Iterator<Item = (usize, String)>) -> String {
    let parts: Vec<String> = parts.map(|(count, what)| format!("{count} {what}")).collect();
    parts.join(", ")
}
