//! What is said between a runner and an engine elsewhere: one line of JSON a
//! request, one line an answer.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::engine::{Engine, Refusal};
use crate::native::NativeEngine;
use crate::scenario::{Actor, Options};

/// What a runner asks.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// A fresh engine in place of the one before.
    New(Options),
    /// [`Engine::advance`], in milliseconds.
    Advance(i64),
    /// [`Engine::call`].
    Call {
        /// The operation.
        op: String,
        /// Its arguments.
        args: Map<String, Value>,
        /// Who calls.
        actor: Option<Actor>,
    },
    /// [`Engine::state`].
    State,
}

/// What the engine answers; `null` where there is nothing to say.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It was done.
    Ok(Value),
    /// It was refused.
    Err(Refusal),
}

/// An engine that is asked in lines.
#[derive(Default)]
pub struct Served {
    engine: Option<NativeEngine>,
}

impl Served {
    /// Answers one line with one line.
    pub fn answer(&mut self, line: &str) -> String {
        let done = serde_json::from_str(line)
            .map_err(|error| fault(format!("the request is malformed: {error}")))
            .and_then(|request| self.perform(request));
        let answer = match done {
            Ok(value) => Answer::Ok(value),
            Err(refusal) => Answer::Err(refusal),
        };
        serde_json::to_string(&answer).unwrap_or_default()
    }

    fn perform(&mut self, request: Request) -> Result<Value, Refusal> {
        if let Request::New(options) = &request {
            self.engine = Some(NativeEngine::new(options).map_err(fault)?);
            return Ok(Value::Null);
        }
        let engine = self.engine.as_mut().ok_or_else(|| fault("there is no engine".into()))?;
        match request {
            Request::New(_) => Ok(Value::Null),
            Request::Advance(millis) => {
                engine.advance(millis);
                Ok(Value::Null)
            }
            Request::Call { op, args, actor } => engine.call(&op, &args, actor.as_ref()),
            Request::State => Ok(engine.state()),
        }
    }
}

/// The wire failed, not the engine.
pub(crate) fn fault(message: String) -> Refusal {
    Refusal { kind: "wire".into(), message, reason: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_answers_in_lines() {
        let mut served = Served::default();
        let early = r#"{"err":{"kind":"wire","message":"there is no engine","reason":null}}"#;
        assert_eq!(served.answer("\"state\""), early);
        let options = r#"{"new":{"start":"2026-01-01T00:00:00Z"}}"#;
        assert_eq!(served.answer(options), r#"{"ok":null}"#);
        assert_eq!(served.answer(r#"{"advance":5}"#), r#"{"ok":null}"#);
        assert!(served.answer("\"state\"").starts_with(r#"{"ok":{"#));
        let unknown = r#"{"call":{"op":"fly","args":{},"actor":{"kind":"human","ref":"ada"}}}"#;
        assert!(served.answer(unknown).starts_with(r#"{"err":{"kind":"not_implemented""#));
        assert!(served.answer("fly").starts_with(r#"{"err":{"kind":"wire""#));
    }
}
