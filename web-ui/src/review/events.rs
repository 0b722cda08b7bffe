//! What happened to a run, as sentences.

use leptos::prelude::*;
use taskloom_domain::event::EventRecord;
use taskloom_domain::id::{RunId, TaskId};
use taskloom_domain::query::EventRecordQuery;
use taskloom_domain::sentence::{Part, Sentence, sentence};
use taskloom_domain::store::{EventStore, RunStore};

use super::Ago;
use crate::board_context::BoardContext;
use crate::gesture::{OWN_SESSION, short_name};
use crate::model::phrase;

/// How many are shown at first.
const SHOWN: usize = 20;

/// The events of a run, the newest first.
#[component]
pub fn RunEvents(task: TaskId, run: RunId) -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let all = RwSignal::new(false);
    let events = Memo::new(move |_| {
        board.track(&task);
        let query = EventRecordQuery {
            task_id: Some(task.clone()),
            descending: true,
            ..EventRecordQuery::default()
        };
        let found = board.read(|manager| manager.store().list_event_records(&query));
        let mut found = found.unwrap_or_default();
        found.retain(|record| record.event.run_id.as_ref() == Some(&run));
        found
    });
    let items = move || {
        let limit = if all.get() { usize::MAX } else { SHOWN };
        events.with(|events| {
            events.iter().take(limit).map(|record| item(board, record)).collect_view()
        })
    };
    let more = move || events.with(Vec::len).saturating_sub(SHOWN);
    view! {
        <ol class="run-events">{items}</ol>
        <Show when=move || !all.get() && (more() > 0)>
            <p class="quiet">
                {move || format!("Showing {SHOWN} of {}. ", events.with(Vec::len))}
                <button class="button small" on:click=move |_| all.set(true)>
                    "Show all"
                </button>
            </p>
        </Show>
    }
}

fn item(board: BoardContext, record: &EventRecord) -> impl IntoView + use<> {
    let told = sentence(&record.event);
    let text = text(board, &told);
    let at = record.event.timestamp;
    view! {
        <li data-tone=told.tone.to_string()>
            <span>{text}</span>
            <span class="quiet"><Ago at /></span>
        </li>
    }
}

/// A sentence in the words of the page.
fn text(board: BoardContext, sentence: &Sentence) -> String {
    let run = |id: &RunId| {
        let run = board.read(|manager| manager.store().get_run(id)).flatten();
        run.map_or_else(|| id.to_string(), |run| format!("attempt {}", run.attempt))
    };
    let part = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Quote(text) => format!("“{text}”"),
        Part::Actor(actor) => phrase::actor(actor),
        Part::Task(id) => short_name(board, id),
        Part::Run(id) => run(id),
        // Nobody needs the number of a session that stands for a person.
        Part::Session(id) if id.as_str().starts_with(OWN_SESSION) => "a session by hand".into(),
        Part::Session(id) => id.to_string(),
        Part::At(at) => phrase::ago(board.now_untracked().since(*at)),
    };
    sentence.parts.iter().map(part).collect()
}
