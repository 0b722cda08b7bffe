//! Audit events as sentences for people: one catalogue, so that every log and
//! timeline tells the same fact in the same words.
//!
//! A sentence is a list of parts, because a page shows a task as a link and an
//! instant in the reader's own way. [`std::fmt::Display`] gives the plain text.

mod review;
mod run;
mod scheduler;
mod task;

use std::fmt;

use crate::actor::ActorIdentity;
use crate::enumeration::{Enumeration, enumeration};
use crate::event::{Event, EventType};
use crate::id::{RunId, SessionId, TaskId};
use crate::time::Timestamp;

enumeration! {
    /// How people should take a fact.
    pub enum Tone: listed {
        /// Something happened.
        Info = "info",
        /// Something came out well.
        Success = "success",
        /// Something deserves a look.
        Warning = "warning",
        /// Something went wrong.
        Failure = "failure",
    }
}

/// One part of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Words of the catalogue.
    Text(String),
    /// Who acted, or is acted upon.
    Actor(ActorIdentity),
    /// A task.
    Task(TaskId),
    /// A run.
    Run(RunId),
    /// A session.
    Session(SessionId),
    /// An instant.
    At(Timestamp),
    /// What somebody wrote: a reason, an error, a name.
    Quote(String),
}

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// The parts in order, spaces included.
    pub parts: Vec<Part>,
    /// How people should take it.
    pub tone: Tone,
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Text(text) | Part::Quote(text) => f.write_str(text),
            Part::Actor(actor) => f.write_str(&actor.reference),
            Part::Task(id) => id.fmt(f),
            Part::Run(id) => id.fmt(f),
            Part::Session(id) => id.fmt(f),
            Part::At(instant) => instant.fmt(f),
        })
    }
}

/// What an event says. A type that this version does not know gets a neutral
/// sentence with its name, and a payload of another shape than expected leaves
/// out what it does not tell.
pub fn sentence(event: &Event) -> Sentence {
    let facts = Facts::of(event);
    match CATALOGUE.iter().find(|entry| entry.event_type == event.event_type) {
        Some(entry) => Sentence { parts: (entry.tell)(&facts).0, tone: entry.tone },
        None => {
            let words = facts.by_actor(": ").quote(event.event_type.as_str());
            Sentence { parts: words.0, tone: Tone::Info }
        }
    }
}

/// One line of the catalogue.
struct Entry {
    event_type: EventType,
    tone: Tone,
    tell: fn(&Facts<'_>) -> Words,
}

const fn entry(event_type: EventType, tone: Tone, tell: fn(&Facts<'_>) -> Words) -> Entry {
    Entry { event_type, tone, tell }
}

static CATALOGUE: [Entry; 43] = [
    entry(EventType::TASK_CREATED, Tone::Info, task::created),
    entry(EventType::TASK_UPDATED, Tone::Info, task::updated),
    entry(EventType::TASK_PUBLISHED, Tone::Info, task::published),
    entry(EventType::TASK_APPROVED, Tone::Success, task::approved),
    entry(EventType::TASK_REJECTED, Tone::Warning, task::rejected),
    entry(EventType::TASK_CANCELED, Tone::Warning, task::canceled),
    entry(EventType::TASK_CHILD_CREATED, Tone::Info, task::child_created),
    entry(EventType::TASK_DEPENDENCY_ADDED, Tone::Info, task::dependency_added),
    entry(EventType::TASK_DEPENDENCY_REMOVED, Tone::Info, task::dependency_removed),
    entry(EventType::TASK_PAUSED, Tone::Warning, task::paused),
    entry(EventType::TASK_RESUMED, Tone::Info, task::resumed),
    entry(EventType::EXECUTION_PROFILE_UPDATED, Tone::Info, task::profile_updated),
    entry(EventType::EXECUTION_PROFILE_DELETED, Tone::Info, task::profile_deleted),
    entry(EventType::RUN_ENQUEUED, Tone::Info, run::enqueued),
    entry(EventType::RUN_CLAIMED, Tone::Info, run::claimed),
    entry(EventType::RUN_STARTING, Tone::Info, run::starting),
    entry(EventType::RUN_SESSION_BOUND, Tone::Info, run::session_bound),
    entry(EventType::RUN_STARTED, Tone::Success, run::started),
    entry(EventType::RUN_COMPLETED, Tone::Success, run::completed),
    entry(EventType::RUN_FAILED, Tone::Failure, run::failed),
    entry(EventType::RUN_CANCELED, Tone::Warning, run::canceled),
    entry(EventType::RUN_FORCE_STOPPED, Tone::Warning, run::force_stopped),
    entry(EventType::RUN_RECOVERED, Tone::Warning, run::recovered),
    entry(EventType::RUN_REJECTED, Tone::Warning, run::rejected),
    entry(EventType::RUN_LEASE_EXTENDED, Tone::Info, run::lease_extended),
    entry(EventType::RUN_LEASE_EXPIRED, Tone::Warning, run::lease_expired),
    entry(EventType::RUN_RELEASED, Tone::Info, run::released),
    entry(EventType::RUN_OPERATOR_FORCED_FAIL, Tone::Failure, run::forced_fail),
    entry(EventType::RUN_OPERATOR_RETRY, Tone::Info, run::operator_retry),
    entry(EventType::RUN_REVIEW_REQUESTED, Tone::Info, review::requested),
    entry(EventType::RUN_REVIEW_BOUND, Tone::Info, review::bound),
    entry(EventType::RUN_REVIEW_RECORDED, Tone::Info, review::recorded),
    entry(EventType::RUN_REVIEW_APPROVED, Tone::Success, review::approved),
    entry(EventType::RUN_REVIEW_REJECTED, Tone::Failure, review::rejected),
    entry(EventType::RUN_REVIEW_BLOCKED, Tone::Warning, review::blocked),
    entry(EventType::RUN_REVIEW_ERROR, Tone::Failure, review::error),
    entry(EventType::RUN_REVIEW_TIMEOUT, Tone::Warning, review::timeout),
    entry(EventType::RUN_REVIEW_INVALID_OUTPUT, Tone::Failure, review::invalid_output),
    entry(EventType::RUN_REVIEW_RETRY_ENQUEUED, Tone::Info, review::retry_enqueued),
    entry(EventType::SCHEDULER_PAUSED, Tone::Warning, scheduler::paused),
    entry(EventType::SCHEDULER_RESUMED, Tone::Info, scheduler::resumed),
    entry(EventType::SCHEDULER_DRAIN_STARTED, Tone::Info, scheduler::drain_started),
    entry(EventType::SCHEDULER_DRAIN_COMPLETED, Tone::Success, scheduler::drain_completed),
];

/// The event and its payload, read without trust.
struct Facts<'a> {
    event: &'a Event,
    payload: serde_json::Value,
}

impl<'a> Facts<'a> {
    fn of(event: &'a Event) -> Self {
        let payload = event.payload.as_ref().and_then(crate::json::RawJson::to_value);
        Self { event, payload: payload.unwrap_or_default() }
    }

    /// A text of the payload that is not blank.
    fn text(&self, field: &str) -> Option<&str> {
        self.payload.get(field)?.as_str().filter(|text| !text.trim().is_empty())
    }

    fn texts(&self, field: &str) -> Vec<&str> {
        let list = self.payload.get(field).and_then(serde_json::Value::as_array);
        list.into_iter().flatten().filter_map(serde_json::Value::as_str).collect()
    }

    fn count_of(&self, field: &str) -> usize {
        self.payload.get(field).and_then(serde_json::Value::as_array).map_or(0, Vec::len)
    }

    fn number(&self, field: &str) -> Option<i64> {
        self.payload.get(field)?.as_i64()
    }

    fn is_set(&self, field: &str) -> bool {
        self.payload.get(field).and_then(serde_json::Value::as_bool).unwrap_or_default()
    }

    fn value<T: Enumeration>(&self, field: &str) -> Option<T> {
        T::parse(self.text(field)?)
    }

    fn instant(&self, field: &str) -> Option<Timestamp> {
        Timestamp::parse_rfc3339(self.text(field)?).ok()
    }

    /// A sentence that begins with who acted.
    fn by_actor(&self, text: &str) -> Words {
        Words(vec![Part::Actor(self.event.actor.clone())]).text(text)
    }

    /// The run that the event is about.
    fn run(&self) -> Part {
        match &self.event.run_id {
            Some(run) => Part::Run(run.clone()),
            None => Part::Text("a run".to_owned()),
        }
    }
}

/// A sentence in the making.
struct Words(Vec<Part>);

impl Words {
    fn start(text: &str) -> Self {
        Self(Vec::new()).text(text)
    }

    fn part(mut self, part: Part) -> Self {
        self.0.push(part);
        self
    }

    fn text(self, text: &str) -> Self {
        self.part(Part::Text(text.to_owned()))
    }

    fn quote(self, text: &str) -> Self {
        self.part(Part::Quote(text.to_owned()))
    }

    /// `text` and what follows from `value`, where there is one.
    fn maybe<T>(self, text: &str, value: Option<T>, part: impl FnOnce(T) -> Part) -> Self {
        match value {
            Some(value) => self.text(text).part(part(value)),
            None => self,
        }
    }

    /// `: reason`, where the payload tells one under this name.
    fn because(self, facts: &Facts<'_>, field: &str) -> Self {
        self.maybe(": ", facts.text(field), |reason| Part::Quote(reason.to_owned()))
    }
}

#[cfg(test)]
mod tests;
