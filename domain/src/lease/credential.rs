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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use proptest::prelude::*;

    use super::*;

    fn json(text: &str) -> RawJson {
        RawJson::from_text(text).unwrap()
    }

    #[test]
    fn clean_documents_keep_their_bytes() {
        for text in [r#"{"b": 1,  "a":"claim_token"}"#, "null", "[ ]", "3", "{"] {
            assert_eq!(without_credentials(json(text)), Some(json(text)));
        }
    }

    #[test]
    fn cleaned_documents_lose_the_keys_at_every_depth_and_are_sorted() {
        let given = r#"{"b":[{"Claim_Token ":1,"x":{"claim_token":{}}}],"claim_token":2,"a":"y"}"#;
        assert_eq!(without_credentials(json(given)), Some(json(r#"{"a":"y","b":[{"x":{}}]}"#)));
    }

    #[test]
    fn a_document_too_deep_to_be_cleaned_is_left_out() {
        let wrap = |inner: &str| format!("{}{inner}{}", "[".repeat(500), "]".repeat(500));
        assert_eq!(without_credentials(json(&wrap(r#"{"claim_token":1}"#))), None);
        assert!(without_credentials(json(&wrap("1"))).is_some());
    }

    #[test]
    fn a_run_is_cleaned_in_metadata_and_result() {
        let dirty = Some(json(r#"{"claim_token":1}"#));
        let run = Run { metadata: dirty.clone(), result: dirty, ..crate::run::tests::run() };
        let clean = without_run_credentials(run);
        assert_eq!((clean.metadata, clean.result), (Some(json("{}")), Some(json("{}"))));
    }

    proptest! {
        #[test]
        fn no_credential_survives(
            keys in prop::collection::vec("[a-z]{1,4}|claim_token| CLAIM_token", 0..8),
        ) {
            let document = keys.iter().fold(serde_json::json!(1), |inner, key| {
                serde_json::json!({ key.as_str(): [inner], "note": key })
            });
            let clean = without_credentials(RawJson::from_value(&document).unwrap()).unwrap();
            prop_assert!(!has_credential_key(&clean));
        }
    }
}
