//! Changes of a board on their way to JavaScript.

use std::pin::pin;

use futures_util::{Stream, StreamExt};
use js_sys::Function;
use serde::Serialize;
use taskloom_domain::store::{Change, Key, Record};
use taskloom_storage::{BoardChange, Source};
use wasm_bindgen::JsValue;

/// A step of a board as JavaScript gets it.
#[derive(Serialize)]
struct Told<'a> {
    version: u64,
    source: &'static str,
    changes: Vec<&'a Change>,
}

/// Tells a function of every change until it answers something else than `true`,
/// and of the end by a call with nothing.
pub async fn forward(changes: impl Stream<Item = BoardChange>, tell: Function) {
    let mut changes = pin!(changes);
    while let Some(change) = changes.next().await {
        // Records of a board have a JSON form: they came from one.
        let Ok(text) = serde_json::to_string(&told(&change)) else { continue };
        if !is_wanted(&tell, &text) {
            return;
        }
    }
    end(&tell);
}

/// Tells a function something, and whether it wants to hear more.
pub fn is_wanted(tell: &Function, text: &str) -> bool {
    let wanted = tell.call1(&JsValue::UNDEFINED, &text.into());
    wanted.is_ok_and(|wanted| wanted.is_truthy())
}

/// Tells a function that there is no more.
pub fn end(tell: &Function) {
    // Nobody is left to hear that the last call failed.
    let _ = tell.call0(&JsValue::UNDEFINED);
}

/// Everything but what is private to the board.
fn told(change: &BoardChange) -> Told<'_> {
    Told {
        version: change.version.get(),
        source: match change.source {
            Source::Own => "own",
            Source::Other => "other",
        },
        changes: change.changes.iter().filter(|change| !is_private(change)).collect(),
    }
}

/// Claim tokens stay in the board; the event counter says what the events say.
fn is_private(change: &Change) -> bool {
    let key = match change {
        Change::Put(Record::ClaimToken(..) | Record::LatestSequence(_)) => return true,
        Change::Put(_) => return false,
        Change::Delete(key) => key,
    };
    matches!(key, Key::ClaimToken(_) | Key::LatestSequence)
}
