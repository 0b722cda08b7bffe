//! How two JSON documents differ, place by place.

use imara_diff::{Algorithm, Diff, InternedInput};
use serde_json::Value;
use taskloom_domain::json::RawJson;

use super::{Piece, Slice, words};

/// One place where two documents differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The place, such as `steps[2].name`; empty for the whole document.
    pub path: String,
    /// What happened there.
    pub change: Alteration,
}

/// What happened at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alteration {
    /// The new document alone has it.
    Added(String),
    /// The old document alone has it.
    Removed(String),
    /// Another value stands there.
    Replaced {
        /// The old value.
        old: String,
        /// The new value.
        new: String,
    },
    /// A text was rewritten.
    Rewritten(Vec<Piece>),
}

/// How two results differ. A missing one is an empty place; documents that are no
/// valid JSON differ as texts.
pub fn documents(old: Option<&RawJson>, new: Option<&RawJson>) -> Vec<Difference> {
    let whole = |change| vec![Difference { path: String::new(), change }];
    match (old, new) {
        (None, None) => vec![],
        (None, Some(new)) => whole(Alteration::Added(written(new))),
        (Some(old), None) => whole(Alteration::Removed(written(old))),
        (Some(old), Some(new)) => match (old.to_value(), new.to_value()) {
            (Some(old), Some(new)) => compare(&old, &new),
            _ if old.as_str() == new.as_str() => vec![],
            _ => whole(Alteration::Rewritten(words(old.as_str(), new.as_str()))),
        },
    }
}

/// How two values differ, in the order of the new one's places.
pub fn compare(old: &Value, new: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    walk(String::new(), old, new, &mut found);
    found
}

fn walk(path: String, old: &Value, new: &Value, found: &mut Vec<Difference>) {
    if old == new {
        return;
    }
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in new {
                let path = member(&path, key);
                match old.get(key) {
                    Some(before) => walk(path, before, value, found),
                    None => found.push(added(path, value)),
                }
            }
            let gone = old.iter().filter(|(key, _)| !new.contains_key(*key));
            found.extend(gone.map(|(key, value)| removed(member(&path, key), value)));
        }
        (Value::Array(old), Value::Array(new)) => elements(&path, old, new, found),
        (Value::String(old), Value::String(new)) => {
            found.push(Difference { path, change: Alteration::Rewritten(words(old, new)) });
        }
        _ => {
            let change = Alteration::Replaced { old: pretty(old), new: pretty(new) };
            found.push(Difference { path, change });
        }
    }
}

/// Elements that stayed are matched first; what lies between them is compared one
/// by one, and what is over was added or removed.
fn elements(path: &str, old: &[Value], new: &[Value], found: &mut Vec<Difference>) {
    let texts = |list: &[Value]| list.iter().map(Value::to_string).collect::<Vec<_>>();
    let (before, after) = (texts(old), texts(new));
    let before: Vec<&str> = before.iter().map(String::as_str).collect();
    let after: Vec<&str> = after.iter().map(String::as_str).collect();
    let input = InternedInput::new(Slice(&before), Slice(&after));
    let diff = Diff::compute(Algorithm::Histogram, &input);
    for hunk in diff.hunks() {
        let (gone, come) = (super::span(&hunk.before), super::span(&hunk.after));
        let pairs = gone.len().min(come.len());
        for step in 0..pairs {
            let (was, is) = (gone.start + step, come.start + step);
            walk(format!("{path}[{is}]"), &old[was], &new[is], found);
        }
        let place = |at: usize| format!("{path}[{at}]");
        let rest = gone.start + pairs..gone.end;
        found.extend(rest.map(|at| removed(place(at), &old[at])));
        let rest = come.start + pairs..come.end;
        found.extend(rest.map(|at| added(place(at), &new[at])));
    }
}

fn member(path: &str, key: &str) -> String {
    let plain = !key.is_empty()
        && key.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-'));
    match (plain, path.is_empty()) {
        (true, true) => key.to_owned(),
        (true, false) => format!("{path}.{key}"),
        (false, _) => format!("{path}[{}]", Value::from(key)),
    }
}

fn added(path: String, value: &Value) -> Difference {
    Difference { path, change: Alteration::Added(pretty(value)) }
}

fn removed(path: String, value: &Value) -> Difference {
    Difference { path, change: Alteration::Removed(pretty(value)) }
}

fn written(document: &RawJson) -> String {
    document.to_value().map_or_else(|| document.as_str().to_owned(), |value| pretty(&value))
}

/// A text as it reads, anything else as indented JSON.
fn pretty(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_else(|_| other.to_string()),
    }
}
