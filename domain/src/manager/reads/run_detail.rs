//! A run in detail: with its task, its session, and what the session has done.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::actor::ActorContext;
use crate::error::{Result, TaskError};
use crate::id::{RunId, SessionId};
use crate::manager::{Manager, projection};
use crate::run::Run;
use crate::session::{SessionEvent, TokenStats};
use crate::store::Store;
use crate::view::live::{RunDetailView, RunOperationalSummary, RunSessionRef};

impl<S: Store> Manager<S> {
    /// A run with its task, and what the runtime reader knows of its session. A
    /// reader that fails leaves its part empty.
    ///
    /// # Errors
    ///
    /// `permission_denied`; `validation` for a blank id; `task_run_not_found`.
    pub fn run_detail(&self, id: &RunId, actor: &ActorContext) -> Result<RunDetailView> {
        actor.authorize_read()?;
        let id = id.non_blank().ok_or_else(|| TaskError::required("task run id"))?;
        let run = self.require_run(&id)?;
        let task = self.require_task(&run.task_id)?;
        let session = run.session_id.as_ref();
        Ok(RunDetailView {
            task: projection::direct_reference(&self.store, &task),
            session: session.map(|session| self.session_ref(session)),
            summary: session.map(|session| self.operational_summary(session)).unwrap_or_default(),
            run: Run::clone(&run),
        })
    }

    fn session_ref(&self, session: &SessionId) -> RunSessionRef {
        let known = self
            .options
            .runtime_reader
            .as_ref()
            .and_then(|reader| reader.get_session(session).ok().flatten());
        known.unwrap_or_else(|| RunSessionRef {
            session_id: session.clone(),
            ..RunSessionRef::default()
        })
    }

    fn operational_summary(&self, session: &SessionId) -> RunOperationalSummary {
        let mut summary = RunOperationalSummary::default();
        if let Some(reader) = &self.options.runtime_reader {
            add_events(&mut summary, reader.list_session_events(session).unwrap_or_default());
            add_stats(&mut summary, &reader.list_session_token_stats(session).unwrap_or_default());
        }
        summary
    }
}

fn add_events(summary: &mut RunOperationalSummary, mut events: Vec<SessionEvent>) {
    events.sort_by(|one, other| {
        (one.sequence, one.timestamp, &one.id).cmp(&(other.sequence, other.timestamp, &other.id))
    });
    let mut tool_calls = BTreeSet::new();
    for event in &events {
        if event.timestamp > summary.last_activity_at {
            summary.last_activity_at = event.timestamp;
            summary.last_event_type = event.kind.clone();
        }
        if matches!(event.kind.as_str(), "tool_call" | "tool_result") {
            tool_calls.insert(tool_call_id(event));
        }
    }
    summary.tool_call_count = (!tool_calls.is_empty()).then_some(tool_calls.len() as i64);
}

/// The call that an event belongs to. One without an id is a call of its own.
fn tool_call_id(event: &SessionEvent) -> String {
    let content: Option<Value> = serde_json::from_str(&event.content).ok();
    ["tool_call_id", "toolCallId"]
        .iter()
        .find_map(|key| {
            let id = content.as_ref()?.get(key)?.as_str()?.trim();
            (!id.is_empty()).then(|| id.to_owned())
        })
        .unwrap_or_else(|| format!("{}:{}", event.turn_id, event.id))
}

fn add_stats(summary: &mut RunOperationalSummary, stats: &[TokenStats]) {
    fn sum<T: std::iter::Sum>(
        stats: &[TokenStats],
        value: impl Fn(&TokenStats) -> Option<T>,
    ) -> Option<T> {
        let mut given = stats.iter().filter_map(value).peekable();
        given.peek()?;
        Some(given.sum())
    }
    summary.last_activity_at =
        stats.iter().map(|row| row.updated_at).fold(summary.last_activity_at, Option::max);
    summary.input_tokens = sum(stats, |row| row.input_tokens);
    summary.output_tokens = sum(stats, |row| row.output_tokens);
    summary.total_tokens = sum(stats, |row| row.total_tokens);
    summary.total_cost = sum(stats, |row| row.total_cost);
    summary.cost_currency = stats.iter().find_map(|row| row.cost_currency.clone());
    let turns: i64 = stats.iter().map(|row| row.turn_count).sum();
    summary.turn_count = (turns != 0).then_some(turns);
}
