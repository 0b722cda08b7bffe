//! How the results of two rounds differ.

use leptos::prelude::*;
use taskloom_domain::json::RawJson;

use crate::model::diff::{Alteration, Change, Difference, Piece, Shown, documents, fold};
use crate::model::phrase;

/// The differences, place by place; texts word by word.
#[component]
pub fn Comparison(old: Option<RawJson>, new: Option<RawJson>) -> impl IntoView {
    let differences = documents(old.as_ref(), new.as_ref());
    if differences.is_empty() {
        return view! { <p class="none">"Nothing changed."</p> }.into_any();
    }
    let places = differences.into_iter().map(place);
    view! { <dl class="differences">{places.collect_view()}</dl> }.into_any()
}

fn place(difference: Difference) -> impl IntoView {
    let whole = difference.path.is_empty();
    let path = (!whole).then(|| view! { <code>{difference.path.clone()}</code> });
    let what = match &difference.change {
        Alteration::Added(_) => "added",
        Alteration::Removed(_) => "removed",
        Alteration::Replaced { .. } => "replaced",
        Alteration::Rewritten(_) => "changed",
    };
    let body = match difference.change {
        Alteration::Added(text) => vec![piece(Change::Added, text)],
        Alteration::Removed(text) => vec![piece(Change::Removed, text)],
        Alteration::Replaced { old, new } => {
            vec![piece(Change::Removed, old), piece(Change::Added, new)]
        }
        Alteration::Rewritten(pieces) => fold(pieces),
    };
    let text = body.into_iter().map(shown);
    view! {
        <dt>{path} " " <span class="quiet">{what}</span></dt>
        <dd><div class="difference">{text.collect_view()}</div></dd>
    }
}

fn piece(change: Change, text: String) -> Shown {
    Shown::Piece(Piece { change, text })
}

fn shown(part: Shown) -> AnyView {
    match part {
        Shown::Folded { lines, text } => {
            let summary = phrase::count(lines, "unchanged line");
            view! {
                <details>
                    <summary>{summary}</summary>
                    <span>{text}</span>
                </details>
            }
            .into_any()
        }
        Shown::Piece(Piece { change: Change::Same, text }) => {
            view! { <span>{text}</span> }.into_any()
        }
        Shown::Piece(Piece { change: Change::Removed, text }) => {
            view! { <del>{text}</del> }.into_any()
        }
        Shown::Piece(Piece { change: Change::Added, text }) => {
            view! { <ins>{text}</ins> }.into_any()
        }
    }
}
