//! Takes raw claim tokens out of documents before they leave the engine.

use serde_json::Value;

use crate::json::{RawJson, is_credential_key};
use crate::run::Run;

/// The run without credentials in its metadata and result.
#[must_use]
pub fn without_run_credentials(run: Run) -> Run {
    Run {
        metadata: run.metadata.map(without_credentials),
        result: run.result.map(without_credentials),
        ..run
    }
}

/// The document without object keys `claim_token`, at any depth. One that has
/// none keeps its bytes; a cleaned one is written anew, with sorted keys.
#[must_use]
pub fn without_credentials(document: RawJson) -> RawJson {
    let Some(mut value) = document.to_value() else { return document };
    if !strip(&mut value) {
        return document;
    }
    RawJson::from_value(&value).unwrap_or(document)
}

/// Removes the keys, and says whether there were any.
fn strip(value: &mut Value) -> bool {
    match value {
        Value::Object(fields) => {
            let before = fields.len();
            fields.retain(|key, _| !is_credential_key(key));
            let removed = fields.len() != before;
            fields.values_mut().fold(removed, |found, field| strip(field) | found)
        }
        Value::Array(items) => items.iter_mut().fold(false, |found, item| strip(item) | found),
        _ => false,
    }
}
