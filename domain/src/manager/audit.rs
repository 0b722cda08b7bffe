//! Writes the audit log: one event per fact, with the acting identity and a
//! payload that fits its limit.

use serde::Serialize;

use crate::actor::ActorContext;
use crate::environment::IdPrefix;
use crate::error::Result;
use crate::event::{Event, EventPayload, EventType};
use crate::id::{EventId, RunId, TaskId};
use crate::json::{RawJson, SizeClass};
use crate::store::Store;

use super::Manager;

/// What an event is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    pub task: &'a TaskId,
    pub run: Option<&'a RunId>,
}

impl<'a> Subject<'a> {
    /// An event of a task alone.
    pub(super) fn task(task: &'a TaskId) -> Self {
        Self { task, run: None }
    }

    /// An event of a run.
    pub(super) fn run(task: &'a TaskId, run: &'a RunId) -> Self {
        Self { task, run: Some(run) }
    }
}

/// The payload of an event in the form that is stored and measured: compact,
/// with the characters escaped that HTML or JavaScript would trip over.
///
/// Operations that stop sessions compose their payloads with this before they
/// touch anything, so that one that is too large refuses the whole operation.
///
/// # Errors
///
/// `payload_too_large` past 64 KiB.
pub(super) fn compose(payload: &impl Serialize) -> Result<RawJson> {
    fitted(RawJson::from_value(payload)?)
}

/// Everything of [`compose`] but the writing, which each kind of payload does in
/// code of its own.
fn fitted(mut payload: RawJson) -> Result<RawJson> {
    // Looks at every byte, without a branch for each: nearly always all are plain.
    if !payload.as_str().bytes().fold(true, |plain, byte| plain & is_plain(byte)) {
        payload = RawJson::from_text(&compacted(payload.as_str())).unwrap_or(payload);
    }
    // What was just serialized is JSON; only its size is in question.
    if payload.as_str().len() > SizeClass::Payload.limit() {
        SizeClass::Payload.validate(Some(&payload), "task_event.payload")?;
    }
    Ok(payload)
}

/// Whether the byte is surely a part of compact JSON as it is; most payloads
/// consist of nothing else.
fn is_plain(byte: u8) -> bool {
    !matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'<' | b'>' | b'&' | 0xE2)
}

/// The JSON text without white space between its tokens, and with `<`, `>`, `&`
/// and the two Unicode line separators escaped inside its strings.
fn compacted(text: &str) -> String {
    let mut compact = String::with_capacity(text.len());
    let mut in_string = false;
    let mut escaped = false;
    for character in text.chars() {
        if !in_string && character.is_ascii_whitespace() {
            continue;
        }
        match character {
            '<' => compact.push_str("\\u003c"),
            '>' => compact.push_str("\\u003e"),
            '&' => compact.push_str("\\u0026"),
            '\u{2028}' => compact.push_str("\\u2028"),
            '\u{2029}' => compact.push_str("\\u2029"),
            _ => compact.push(character),
        }
        if character == '"' && !escaped {
            in_string = !in_string;
        }
        escaped = in_string && character == '\\' && !escaped;
    }
    compact
}

impl<S: Store> Manager<S> {
    /// Appends one event of the payload's own type. As [`Manager::record`].
    pub(super) fn log<P: EventPayload>(
        &mut self,
        subject: Subject<'_>,
        payload: &P,
        actor: &ActorContext,
    ) -> Result<()> {
        self.record(subject, P::TYPE, payload, actor)
    }

    /// Appends one event at the clock's time. Its parts were checked where they
    /// came in: the actor with the operation, the payload just now.
    ///
    /// # Errors
    ///
    /// `payload_too_large` where the composed payload passes 64 KiB; the
    /// transaction around it then keeps nothing.
    pub(super) fn record(
        &mut self,
        subject: Subject<'_>,
        event_type: impl Into<EventType>,
        payload: &impl Serialize,
        actor: &ActorContext,
    ) -> Result<()> {
        let payload = compose(payload)?;
        self.append(subject, event_type.into(), payload, actor);
        Ok(())
    }

    fn append(
        &mut self,
        subject: Subject<'_>,
        event_type: EventType,
        payload: RawJson,
        actor: &ActorContext,
    ) {
        let event = Event {
            id: EventId::from(self.options.ids.new_id(IdPrefix::Event)),
            task_id: subject.task.clone(),
            run_id: subject.run.cloned(),
            event_type,
            actor: actor.actor.clone(),
            origin: actor.origin.clone(),
            payload: Some(payload),
            timestamp: self.now(),
        };
        self.store.append_event(event);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn payloads_are_compact_and_escaped() {
        let document =
            RawJson::from_text("{ \"a\" : [1, \"x \\\" <&>\\\\\" , \"\u{2028}\"] }").unwrap();
        assert_eq!(
            compose(&document).unwrap().as_str(),
            "{\"a\":[1,\"x \\\" \\u003c\\u0026\\u003e\\\\\",\"\\u2028\"]}"
        );
    }

    #[test]
    fn payloads_of_exactly_the_limit_pass() {
        let limit = SizeClass::Payload.limit();
        assert!(compose(&"x".repeat(limit - 2)).is_ok());
        let refused = compose(&"x".repeat(limit - 1)).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::PayloadTooLarge);
    }
}
