//! What events about reviews say.

use super::{Facts, Part, Words};
use crate::id::{RunId, SessionId};

/// The run whose work is reviewed; the event may be written on another one.
fn reviewed(facts: &Facts<'_>) -> Part {
    facts.text("run_id").map_or_else(|| facts.run(), |run| Part::Run(RunId::from(run)))
}

fn in_round(words: Words, facts: &Facts<'_>) -> Words {
    match facts.number("review_round") {
        Some(round) => words.text(&format!(", round {round}")),
        None => words,
    }
}

pub(super) fn requested(facts: &Facts<'_>) -> Words {
    in_round(facts.by_actor(" asked for a review of ").part(reviewed(facts)), facts)
}

pub(super) fn bound(facts: &Facts<'_>) -> Words {
    let words = match facts.text("session_id") {
        Some(session) => Words(vec![Part::Session(SessionId::from(session))]),
        None => Words::start("A reviewer"),
    };
    words.text(" took the review of ").part(reviewed(facts))
}

pub(super) fn recorded(facts: &Facts<'_>) -> Words {
    let words = facts.by_actor(" reviewed ").part(reviewed(facts));
    let confidence = facts.payload.get("confidence").and_then(serde_json::Value::as_f64);
    match confidence {
        Some(share) => words.text(&format!(", {:.0} % sure", share * 100.0)),
        None => words,
    }
}

pub(super) fn approved(facts: &Facts<'_>) -> Words {
    Words::start("The work of ").part(reviewed(facts)).text(" is approved")
}

pub(super) fn rejected(facts: &Facts<'_>) -> Words {
    Words::start("The work of ").part(reviewed(facts)).text(" is rejected")
}

pub(super) fn blocked(facts: &Facts<'_>) -> Words {
    Words::start("The review of ").part(reviewed(facts)).text(" is halted until somebody decides")
}

pub(super) fn error(facts: &Facts<'_>) -> Words {
    Words::start("The review of ").part(reviewed(facts)).text(" failed")
}

pub(super) fn timeout(facts: &Facts<'_>) -> Words {
    Words::start("The review of ").part(reviewed(facts)).text(" took too long")
}

pub(super) fn invalid_output(facts: &Facts<'_>) -> Words {
    Words::start("The review of ").part(reviewed(facts)).text(" brought no readable verdict")
}

pub(super) fn retry_enqueued(facts: &Facts<'_>) -> Words {
    let next = facts.text("continuation_run_id");
    let next = next.map_or_else(|| facts.run(), |run| Part::Run(RunId::from(run)));
    in_round(Words(vec![next]).text(" continues ").part(reviewed(facts)), facts)
}
