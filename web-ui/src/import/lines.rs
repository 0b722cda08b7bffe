//! All lines of the file, windowed.

use std::sync::Arc;

use leptos::html::Div;
use leptos::prelude::*;

use super::state::{Checked, ImportState};
use crate::model::icon::IconName;
use crate::model::import::{Geometry, LineReport, LineTable, Outcome, Row, Shown, Tone};
use crate::parts::{Icon, root_font_size, watch_size};

/// The height of a line of text in root ems; `lines.css` says the same.
const LINE_REM: f64 = 1.25;

/// What can be seen of the table, in root ems.
#[derive(Clone, Copy, PartialEq)]
struct View {
    scrolled: f64,
    height: f64,
    width: f64,
}

/// The table of the lines with its filter.
#[component]
pub fn Lines() -> impl IntoView {
    let state = expect_context::<ImportState>();
    let shown = RwSignal::new(Shown::All);
    let problems = Memo::new(move |_| {
        let problems = |it: &Checked| it.mapping.lines.iter().filter(|it| it.is_problem()).count();
        state.with_checked(problems).unwrap_or(0)
    });
    let scroller = NodeRef::<Div>::new();
    let view = RwSignal::new(View { scrolled: 0.0, height: 40.0, width: 70.0 });
    let measure = move || {
        if let Some(node) = scroller.get_untracked() {
            let rem = root_font_size();
            let rems = |pixels: i32| f64::from(pixels) / rem;
            view.set(View {
                scrolled: rems(node.scroll_top()),
                height: rems(node.client_height()),
                width: rems(node.client_width()),
            });
        }
    };
    watch_size(scroller, measure);
    let geometry = Memo::new(move |_| Geometry::of(view.get().width));
    let table = Memo::new(move |_| {
        let geometry = geometry.get();
        state
            .with_checked(|checked| LineTable::of(&checked.mapping.lines, shown.get(), geometry))
            .unwrap_or_default()
    });
    let rows = Memo::new(move |_| {
        let view = view.get();
        let round = state.with_checked(|checked| checked.round);
        let rows = table.with(|table| table.rows(view.scrolled / LINE_REM, view.height / LINE_REM));
        rows.into_iter().map(|row| (round, row)).collect::<Vec<_>>()
    });
    let showing = move || {
        let all = state.with_checked(|checked| checked.counts.lines).unwrap_or(0);
        format!("Showing {} of {all} lines", table.with(LineTable::len))
    };
    let filter = move |event: web_sys::Event| {
        shown.set(if event_target_checked(&event) { Shown::Problems } else { Shown::All });
        if let Some(node) = scroller.get_untracked() {
            node.set_scroll_top(0);
        }
        measure();
        state.gestures.feedback.announce(untrack(showing));
    };
    view! {
        <section class="import-lines" aria-labelledby="import-lines">
            <div class="lines-head">
                <h3 id="import-lines">"Lines"</h3>
                <label class="tick">
                    <input type="checkbox" on:change=filter />
                    {move || format!("Problems and warnings only ({})", problems.get())}
                </label>
                <span class="count">{showing}</span>
            </div>
            <div
                class="lines-scroll"
                tabindex="0"
                role="region"
                aria-label="Lines, scrollable"
                node_ref=scroller
                on:scroll=move |_| measure()
            >
                <div
                    class="lines"
                    role="table"
                    aria-label="Lines of the file"
                    aria-rowcount=move || (table.with(LineTable::len) + 1).to_string()
                    data-stacked=move || geometry.get().stacked.then_some("true")
                >
                    <div role="rowgroup" class="lines-names">
                        <div role="row" aria-rowindex="1" class="lines-row">
                            <span role="columnheader">"Line"</span>
                            <span role="columnheader">"Id"</span>
                            <span role="columnheader">"Title"</span>
                            <span role="columnheader">"Becomes"</span>
                            <span role="columnheader">"Notes"</span>
                        </div>
                    </div>
                    <div
                        role="rowgroup"
                        class="lines-body"
                        style=move || format!("--lines: {}", table.with(LineTable::height))
                    >
                        <For each=move || rows.get() key=|row| *row let:entry>
                            <LineRow row=entry.1 checked=state.checked.get_untracked() />
                        </For>
                    </div>
                </div>
            </div>
        </section>
    }
}

#[component]
fn LineRow(row: Row, checked: Option<Arc<Checked>>) -> impl IntoView {
    let line: LineReport = checked?.mapping.lines.get(row.place)?.clone();
    let details = line.details().into_iter().map(|detail| {
        let tone = match detail.tone {
            Tone::Refused => "refused",
            Tone::Warning => "warning",
            Tone::Plain => "plain",
        };
        let icon = (detail.tone != Tone::Plain).then(|| view! { <Icon name=IconName::Warning /> });
        view! { <p data-tone=tone>{icon}<span>{detail.text}</span></p> }
    });
    let (word, tone) = match line.outcome {
        Outcome::Task => ("Task", "task"),
        Outcome::Child(_) => ("Child", "task"),
        Outcome::Skipped(_) => ("Skipped", "skipped"),
        Outcome::Refused(_) => ("Cannot be imported", "refused"),
    };
    Some(view! {
        <div
            role="row"
            class="lines-row"
            aria-rowindex=(row.number + 2).to_string()
            style=format!("--top: {}; --height: {}", row.top, row.height)
        >
            <span role="cell" class="lines-number">
                {line.line}
            </span>
            <span role="cell" class="identifier">
                {line.id}
            </span>
            <span role="cell" class="lines-title">
                {line.title}
            </span>
            <span role="cell" class="lines-outcome" data-tone=tone>
                {word}
            </span>
            <div role="cell" class="lines-notes">
                {details.collect_view()}
            </div>
        </div>
    })
}
