//! The third step: what was written, and the way back.

use leptos::prelude::*;
use leptos::task::spawn_local;
use taskloom_storage::ImportMode;

use super::super::HEADING;
use super::super::bar::ResultBar;
use super::super::state::ImportState;
use crate::model::bundle::{Outcome, Row, losses};
use crate::model::icon::IconName;
use crate::model::phrase::count;
use crate::parts::{Confirm, Icon, VerbButton};

/// The result.
#[component]
pub fn BundleResult() -> impl IntoView {
    let state = expect_context::<ImportState>();
    let done = state.bundle.done.get_untracked()?;
    let rows = Row::all(&done.summary);
    let of = |outcome: Outcome| -> usize {
        let place = Outcome::ALL.iter().position(|it| *it == outcome).unwrap_or_default();
        rows.iter().map(|row| row.counts[place]).sum()
    };
    let parts = [
        (of(Outcome::Added), "added"),
        (of(Outcome::Changed), "changed"),
        (of(Outcome::Removed), "removed"),
        (of(Outcome::Kept), "kept as they were here"),
    ];
    let parts = parts.into_iter().filter(|(number, _)| *number > 0);
    let parts: Vec<String> = parts.map(|(number, word)| format!("{number} {word}")).collect();
    let board = state.gestures.board;
    let tasks = move || count(board.len(), "task");
    Some(view! {
        <div class="import-result">
            <h2 id=HEADING tabindex="-1">
                <Icon name=IconName::Check />
                {move || format!("{} is on the board", state.name())}
            </h2>
            <p>
                {format!("Records: {}. ", parts.join(", "))} {move || format!("The board has {} now.", tasks())}
            </p>
            <ResultBar>
                <PutBack />
            </ResultBar>
        </div>
    })
}

/// The way back: at once while nothing else happened, else after a question.
#[component]
fn PutBack() -> impl IntoView {
    let state = expect_context::<ImportState>();
    let gestures = state.gestures;
    let before = state.bundle.done.get_untracked().map(|done| done.before.clone());
    let before = StoredValue::new(before);
    let asking = RwSignal::new(None::<Vec<String>>);
    let used = RwSignal::new(false);
    let reason = Signal::derive(move || match used.get() {
        true => "the board was put back".to_owned(),
        false => String::new(),
    });
    let put_back = move || {
        asking.set(None);
        used.set(true);
        spawn_local(async move {
            if let Some(before) = before.try_get_value().flatten() {
                gestures.put_back(&before).await;
            }
        });
    };
    let on_press = Callback::new(move |()| {
        let Some(before) = before.get_value() else { return };
        if gestures.board.version() == Some(before.led_to) {
            return put_back();
        }
        let told = gestures.preview(&before.bundle, ImportMode::Replace);
        let mut lines = vec!["The board was changed since the import; that goes too.".to_owned()];
        lines.extend(told.map(|told| losses(&told)).unwrap_or_default());
        asking.set(Some(lines));
    });
    let question = move || {
        asking.get().map(|consequences| {
            let on_yes = Callback::new(move |()| put_back());
            let on_no = Callback::new(move |()| asking.set(None));
            view! {
                <Confirm
                    title="Put the board back as it was before the import?"
                    consequences
                    yes="Put it back"
                    no="Leave it"
                    on_yes
                    on_no
                />
            }
        })
    };
    view! {
        <VerbButton
            label="Put the board back as it was"
            reason
            class="danger-text"
            icon=IconName::Undo
            on_press
        />
        {question}
    }
}
