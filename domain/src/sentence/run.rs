//! What events about runs say.

use super::{Facts, Part, Words};
use crate::event::RejectedOperation;
use crate::id::{RunId, SessionId, TaskId};
use crate::run::RunBootRecoveryAction;

fn session_in(facts: &Facts<'_>, field: &str) -> Option<SessionId> {
    facts.text(field).map(SessionId::from)
}

fn run_in(facts: &Facts<'_>, field: &str) -> Option<RunId> {
    facts.text(field).map(RunId::from)
}

fn with_ancestor(words: Words, facts: &Facts<'_>) -> Words {
    let ancestor = facts.text("propagated_from_task_id").map(TaskId::from);
    words.maybe(" with ", ancestor, Part::Task)
}

pub(super) fn enqueued(facts: &Facts<'_>) -> Words {
    let words = facts.by_actor(" queued ").part(facts.run());
    match facts.number("attempt") {
        Some(attempt) => words.text(&format!(" as attempt {attempt}")),
        None => words,
    }
}

pub(super) fn claimed(facts: &Facts<'_>) -> Words {
    let words = facts.by_actor(" claimed ").part(facts.run());
    match facts.instant("lease_until") {
        Some(until) => words.text(" until ").part(Part::At(until)),
        None => words.text(" without a lease"),
    }
}

pub(super) fn starting(facts: &Facts<'_>) -> Words {
    facts.by_actor(" set up ").part(facts.run())
}

pub(super) fn session_bound(facts: &Facts<'_>) -> Words {
    let words = facts.by_actor(" gave ").part(facts.run()).text(" to ");
    match session_in(facts, "session_id") {
        Some(session) => words.part(Part::Session(session)),
        None => words.text("a session"),
    }
}

pub(super) fn started(facts: &Facts<'_>) -> Words {
    facts.by_actor(" began work on ").part(facts.run())
}

pub(super) fn completed(facts: &Facts<'_>) -> Words {
    facts.by_actor(" completed ").part(facts.run())
}

pub(super) fn failed(facts: &Facts<'_>) -> Words {
    Words(vec![facts.run()]).text(" failed").because(facts, "error")
}

pub(super) fn canceled(facts: &Facts<'_>) -> Words {
    with_ancestor(facts.by_actor(" canceled ").part(facts.run()), facts).because(facts, "reason")
}

pub(super) fn force_stopped(facts: &Facts<'_>) -> Words {
    let words = match session_in(facts, "session_id") {
        Some(session) => Words(vec![Part::Session(session)]),
        None => Words::start("The session"),
    };
    with_ancestor(words.text(" was stopped with ").part(facts.run()), facts)
}

pub(super) fn recovered(facts: &Facts<'_>) -> Words {
    let outcome = match facts.value::<RunBootRecoveryAction>("action") {
        Some(RunBootRecoveryAction::Requeue) => " went back to the queue after a restart",
        Some(RunBootRecoveryAction::MarkRunning) => " goes on after a restart",
        Some(RunBootRecoveryAction::Fail) => " was given up after a restart",
        None => " was settled after a restart",
    };
    Words(vec![facts.run()]).text(outcome).because(facts, "reason")
}

pub(super) fn rejected(facts: &Facts<'_>) -> Words {
    let operation = match facts.value::<RejectedOperation>("operation") {
        Some(RejectedOperation::Start) => " was not started",
        Some(RejectedOperation::Attach) => " was not given to its session",
        None => " was turned away",
    };
    let words = Words(vec![facts.run()]).text(operation);
    match facts.text("network_channel") {
        Some(channel) => {
            words.text(": the channel ").quote(channel).text(" is not accepted any more")
        }
        None => words.text(": its channel is not accepted any more"),
    }
}

pub(super) fn lease_extended(facts: &Facts<'_>) -> Words {
    let words = facts.by_actor(" is at work on ").part(facts.run());
    words.maybe(", lease until ", facts.instant("lease_until"), Part::At)
}

pub(super) fn lease_expired(facts: &Facts<'_>) -> Words {
    Words::start("The lease of ").part(facts.run()).text(" ran out; it is queued again")
}

pub(super) fn released(facts: &Facts<'_>) -> Words {
    let words = if facts.is_set("manual") {
        facts.by_actor(" took ").part(facts.run()).text(" back by force")
    } else {
        facts.by_actor(" gave ").part(facts.run()).text(" back")
    };
    words.because(facts, "reason")
}

pub(super) fn forced_fail(facts: &Facts<'_>) -> Words {
    facts.by_actor(" failed ").part(facts.run()).text(" by force").because(facts, "reason")
}

pub(super) fn operator_retry(facts: &Facts<'_>) -> Words {
    let words = match run_in(facts, "source_run_id") {
        Some(source) => facts.by_actor(" retried ").part(Part::Run(source)),
        None => facts.by_actor(" retried the work"),
    };
    words.text(" as ").part(facts.run())
}
