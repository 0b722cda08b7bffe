//! The third step: what was written, and the way back.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::HEADING;
use super::bar::ResultBar;
use super::state::ImportState;
use crate::model::icon::IconName;
use crate::model::phrase;
use crate::parts::{Icon, VerbButton};

/// The result.
#[component]
pub fn ResultStep() -> impl IntoView {
    let state = expect_context::<ImportState>();
    let done = state.done.get_untracked()?;
    let board = state.gestures.board;
    let imported = done.imported.clone();
    let left = Memo::new(move |_| {
        // Follows every change of the board.
        board.len();
        let ids = imported.created.iter().map(|(_, id)| id);
        board.with_index(|index| ids.filter(|id| index.card(id).is_some()).count())
    });
    let removing = RwSignal::new(false);
    let label = Signal::derive(move || {
        format!("Remove the {}", phrase::count(left.get(), "imported task"))
    });
    let reason = Signal::derive(move || match (removing.get(), left.get()) {
        (true, _) => "they are being removed".to_owned(),
        (false, 0) => "none of them is on the board any more".to_owned(),
        (false, _) => String::new(),
    });
    let all = done.imported.created.len();
    let imported = done.imported.clone();
    let on_press = Callback::new(move |()| {
        let imported = imported.clone();
        removing.set(true);
        spawn_local(async move {
            state.gestures.remove_imported(imported).await;
            // The page may be gone by now.
            let _ = removing.try_set(false);
        });
    });
    let text = format!(
        "{} without a parent, {} with one, {} left out.",
        done.counts.tasks,
        done.counts.children,
        phrase::count(done.counts.all_skipped(), "line"),
    );
    let gone = move || {
        let left = left.get();
        (left < all).then(|| view! { <p>{format!("{left} of {all} are still on the board.")}</p> })
    };
    Some(view! {
        <div class="import-result">
            <h2 id=HEADING tabindex="-1">
                <Icon name=IconName::Check />
                {format!("{} imported", phrase::count(all, "task"))}
            </h2>
            <p>{text}</p>
            {gone}
            <ResultBar>
                <VerbButton label reason class="danger-text" icon=IconName::Undo on_press />
            </ResultBar>
        </div>
    })
}
