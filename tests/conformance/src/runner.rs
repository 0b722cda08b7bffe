//! Plays a scenario against an engine and compares as it goes.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::comparison::{Comparison, Place};
use crate::engine::Engine;
use crate::scenario::ScenarioFile;

/// The first difference of a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which answer: `step 4 (claim_next_run)` or `final`.
    pub answer: String,
    /// What differs, and where in it.
    pub what: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.answer, self.what)
    }
}

/// Plays a scenario to its first difference, if there is one.
pub fn run(file: &ScenarioFile, engine: &mut dyn Engine) -> Option<Difference> {
    let mut comparison = Comparison::default();
    let mut saved = BTreeMap::new();
    for (index, step) in file.scenario.steps.iter().enumerate() {
        let answer = format!("step {} ({})", index + 1, step.op);
        let expected = file.trace.steps.get(index).unwrap_or(&Value::Null);
        let args = arguments(&step.args, &saved, &comparison);
        engine.advance(step.advance_ms);
        let actual = match engine.call(&step.op, &args, step.actor.as_ref()) {
            Ok(value) => {
                comparison.learn_tokens(&value);
                if let Some(name) = &step.save {
                    saved.insert(name.clone(), value.clone());
                }
                json!({"op": step.op, "ok": value})
            }
            Err(refusal) => {
                let mut error = json!({"kind": refusal.kind, "message": refusal.message});
                if let Some(reason) = refusal.reason {
                    error["reason"] = Value::String(reason);
                }
                json!({"op": step.op, "err": error})
            }
        };
        if let Err(what) = comparison.compare(expected, &actual, Place::of_operation(&step.op)) {
            return Some(Difference { answer, what });
        }
    }
    let actual = engine.state();
    comparison
        .compare(&file.trace.last, &actual, Place::State)
        .err()
        .map(|what| Difference { answer: "final".into(), what })
}

/// The arguments of a call, with references to saved results resolved, repeats
/// spelled out and ids of the trace replaced by those of this run.
fn arguments(
    args: &Map<String, Value>,
    saved: &BTreeMap<String, Value>,
    comparison: &Comparison,
) -> Map<String, Value> {
    args.iter().map(|(key, value)| (key.clone(), resolve(value, saved, comparison))).collect()
}

fn resolve(value: &Value, saved: &BTreeMap<String, Value>, comparison: &Comparison) -> Value {
    match value {
        Value::String(text) => {
            reference(text, saved).unwrap_or_else(|| Value::String(comparison.to_actual_ids(text)))
        }
        Value::Array(items) => items.iter().map(|item| resolve(item, saved, comparison)).collect(),
        Value::Object(fields) => match fields.get("$repeat").and_then(Value::as_array) {
            Some(repeat) => {
                let text = repeat.first().and_then(Value::as_str).unwrap_or_default();
                let count = repeat.get(1).and_then(Value::as_u64).unwrap_or_default();
                Value::String(text.repeat(usize::try_from(count).unwrap_or_default()))
            }
            None => Value::Object(arguments(fields, saved, comparison)),
        },
        other => other.clone(),
    }
}

/// The value that `$name` or `$name.field.0` stands for, if `text` is one.
fn reference(text: &str, saved: &BTreeMap<String, Value>) -> Option<Value> {
    let mut path = text.strip_prefix('$')?.split('.');
    let mut value = saved.get(path.next()?)?;
    let mut whole = true;
    for field in path {
        whole = false;
        value = match value {
            Value::Array(items) => items.get(field.parse::<usize>().ok()?)?,
            other => other.get(field)?,
        };
    }
    if whole { id_of(value) } else { Some(value.clone()) }
}

/// The id of a saved result: the first of the fields that name one.
fn id_of(value: &Value) -> Option<Value> {
    const POINTERS: [&str; 7] =
        ["/id", "/run/id", "/review/review_id", "/review_id", "/task/id", "/run_id", "/task_id"];
    POINTERS.iter().find_map(|pointer| value.pointer(pointer)).cloned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;

    fn resolve_alone(value: Value, saved: &[(&str, Value)]) -> Value {
        let saved = saved.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        resolve(&value, &saved, &Comparison::default())
    }

    #[test]
    fn a_bare_name_stands_for_the_first_id_of_the_result() {
        let claim = json!({"task": {"id": "task-1"}, "run": {"id": "run-1"}, "claim_token": "t"});
        assert_eq!(resolve_alone(json!("$c"), &[("c", claim.clone())]), json!("run-1"));
        assert_eq!(resolve_alone(json!("$c.task.id"), &[("c", claim)]), json!("task-1"));
    }

    #[test]
    fn numbers_in_a_reference_index_lists() {
        assert_eq!(resolve_alone(json!("$l.1.a"), &[("l", json!([0, {"a": 7}]))]), json!(7));
    }

    #[test]
    fn a_text_that_names_nothing_saved_stays_as_it_is() {
        assert_eq!(resolve_alone(json!("$5 a day"), &[]), json!("$5 a day"));
    }

    #[test]
    fn repeats_are_spelled_out_inside_nested_values() {
        let value = json!({"metadata": {"note": {"$repeat": ["xy", 3]}}});
        assert_eq!(resolve_alone(value, &[]), json!({"metadata": {"note": "xyxyxy"}}));
    }
}
