//! Takes raw claim tokens out of documents before they leave the engine.

use serde_json::Value;

use crate::json::{RawJson, has_credential_key, is_credential_key};
use crate::run::Run;

/// The run without credentials in its metadata and result.
#[must_use]
pub fn without_run_credentials(run: Run) -> Run {
    Run {
        metadata: run.metadata.and_then(without_credentials),
        result: run.result.and_then(without_credentials),
        ..run
    }
}

/// The document without object keys `claim_token`, at any depth. One that has
/// none keeps its bytes; a cleaned one is written anew, with sorted keys. `None`
/// for one that has such a key but is nested too deeply to be cleaned.
pub fn without_credentials(document: RawJson) -> Option<RawJson> {
    if !has_credential_key(&document) {
        return Some(document);
    }
    let mut value = document.to_value()?;
    strip(&mut value);
    RawJson::from_value(&value).ok()
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|key, _| !is_credential_key(key));
            fields.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}
