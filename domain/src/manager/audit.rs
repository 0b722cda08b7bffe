//! Writes the audit log: one event per fact, with the acting identity and a
//! payload that fits its limit.

use serde::Serialize;

use crate::actor::ActorContext;
use crate::environment::IdPrefix;
use crate::error::Result;
use crate::event::Event;
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

impl<S: Store> Manager<S> {
    /// Appends one event at the clock's time.
    ///
    /// # Errors
    ///
    /// `payload_too_large` where the composed payload passes 64 KiB; the
    /// transaction around it then keeps nothing.
    pub(super) fn record(
        &mut self,
        subject: Subject<'_>,
        event_type: &str,
        payload: &impl Serialize,
        actor: &ActorContext,
    ) -> Result<()> {
        let payload = RawJson::from_value(payload)?;
        SizeClass::Payload.validate(Some(&payload), "task_event.payload")?;
        let event = Event {
            id: EventId::from(self.options.ids.new_id(IdPrefix::Event)),
            task_id: subject.task.clone(),
            run_id: subject.run.cloned(),
            event_type: event_type.into(),
            actor: actor.actor.clone(),
            origin: actor.origin.clone(),
            payload: Some(payload),
            timestamp: self.now(),
        };
        event.validate()?;
        self.store.append_event(event);
        Ok(())
    }
}
