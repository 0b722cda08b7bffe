//! The second step: what becomes of each line, before anything is written.

use std::sync::Arc;

use leptos::prelude::*;

use super::HEADING;
use super::bar::CheckBar;
use super::counts::CountList;
use super::lines::Lines;
use super::problems::Problems;
use super::state::{Checked, ImportState};
use crate::model::icon::IconName;
use crate::model::phrase;
use crate::parts::VerbButton;

/// The dry run.
#[component]
pub fn CheckStep() -> impl IntoView {
    let state = expect_context::<ImportState>();
    view! {
        <div class="import-check">
            <header class="import-head">
                <h2 id=HEADING tabindex="-1">{move || format!("Check {}", state.name())}</h2>
                <p>"Nothing is written before you import."</p>
            </header>
            <CountList />
            <Problems />
            <Lines />
            <CheckBar refusal=state.refusal>
                <ImportButton />
            </CheckBar>
        </div>
    }
}

#[component]
fn ImportButton() -> impl IntoView {
    let state = expect_context::<ImportState>();
    let label = Signal::derive(move || {
        let count = state.with_checked(|checked| checked.counts.imported());
        format!("Import {}", phrase::count(count.unwrap_or(0), "task"))
    });
    let reason = Signal::derive(move || state.with_checked(reason).unwrap_or_default());
    let on_press = Callback::new(move |()| state.import());
    view! { <VerbButton label reason class="primary" icon=IconName::Import on_press /> }
}

/// Why the import cannot begin; empty if it can.
fn reason(checked: &Checked) -> String {
    match (checked.counts.refused, checked.counts.imported()) {
        (0, 0) => "there is nothing to import".into(),
        (0, _) => String::new(),
        (1, _) => "1 line cannot be imported: correct it, or leave it out".into(),
        (refused, _) => {
            format!("{refused} lines cannot be imported: correct them, or leave them out")
        }
    }
}

impl ImportState {
    /// Reads the newest dry run. Tracks it.
    pub fn with_checked<T>(self, read: impl FnOnce(&Checked) -> T) -> Option<T> {
        let checked: Option<Arc<Checked>> = self.checked.get();
        checked.map(|checked| read(&checked))
    }
}
