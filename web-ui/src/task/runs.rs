//! The runs of a task, newest first.

use leptos::prelude::*;
use taskloom_domain::availability::Situation;

use super::run_item::RunItem;

/// The list.
#[component]
pub fn Runs(situation: Memo<Option<Situation>>) -> impl IntoView {
    let ids = Memo::new(move |_| {
        let ids = |s: &Situation| s.runs.iter().map(|run| run.id.clone()).collect::<Vec<_>>();
        situation.with(|s| s.as_ref().map(ids)).unwrap_or_default()
    });
    view! {
        <section class="panel-section">
            <h3>"Runs"</h3>
            <Show when=move || ids.with(Vec::is_empty)>
                <p class="none">"Nobody has worked on it yet."</p>
            </Show>
            <ol class="runs">
                <For each=move || ids.get() key=|id| id.clone() let:id>
                    <RunItem id situation />
                </For>
            </ol>
        </section>
    }
}
