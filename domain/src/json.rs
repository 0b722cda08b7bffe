//! Raw JSON documents: metadata, payloads and results are kept byte for byte.

use std::sync::Arc;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::error::{ErrorKind, Result, TaskError};

/// The greatest size of metadata, in bytes.
pub const MAX_METADATA_BYTES: usize = 16 * 1024;
/// The greatest size of an event payload, in bytes.
pub const MAX_PAYLOAD_BYTES: usize = 64 * 1024;
/// The greatest size of a run result, in bytes.
pub const MAX_RESULT_BYTES: usize = 64 * 1024;

/// A JSON document as its author wrote it, without surrounding white space.
///
/// Equality is equality of bytes: other key order or inner white space is
/// another document. The text may be invalid until a validator has seen it;
/// such a value cannot be serialized.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RawJson(Arc<str>);

impl RawJson {
    /// The document in `text`, trimmed, or `None` where nothing is left.
    pub fn from_text(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(Arc::from(text)))
    }

    /// The document of a value.
    ///
    /// # Errors
    ///
    /// `validation` if the value has no JSON form (a map with keys that are no
    /// strings).
    pub fn from_value<T: Serialize + ?Sized>(value: &T) -> Result<Self> {
        Self::written(serde_json::to_string(value))
    }

    fn written(text: serde_json::Result<String>) -> Result<Self> {
        match text {
            Ok(text) => Ok(Self(Arc::from(text))),
            Err(error) => Err(TaskError::with_detail(ErrorKind::Validation, error.to_string())),
        }
    }

    /// The empty list, `[]`.
    pub fn empty_list() -> Self {
        Self(Arc::from("[]"))
    }

    /// The text of the document.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The document as a value, if it is valid JSON.
    pub fn to_value(&self) -> Option<serde_json::Value> {
        serde_json::from_str(&self.0).ok()
    }
}

impl std::fmt::Debug for RawJson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for RawJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RawJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <Box<RawValue>>::deserialize(deserializer)?;
        Ok(Self(Arc::from(raw.get())))
    }
}

/// A class of raw JSON, each with its own limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SizeClass {
    /// Metadata of tasks, runs and requests: 16 KiB.
    Metadata,
    /// Event payloads, cancel metadata, failure metadata, missing work: 64 KiB.
    Payload,
    /// Run results: 64 KiB.
    Result,
}

impl SizeClass {
    /// The limit in bytes; a document of exactly this size is accepted.
    pub const fn limit(self) -> usize {
        match self {
            SizeClass::Metadata => MAX_METADATA_BYTES,
            SizeClass::Payload => MAX_PAYLOAD_BYTES,
            SizeClass::Result => MAX_RESULT_BYTES,
        }
    }

    /// Checks that a document is valid JSON and within the limit.
    ///
    /// # Errors
    ///
    /// `validation` if the text is no JSON, `payload_too_large` if it is longer
    /// than the limit.
    pub fn validate(self, document: Option<&RawJson>, path: &str) -> Result<()> {
        let Some(document) = document else { return Ok(()) };
        if serde_json::from_str::<IgnoredAny>(document.as_str()).is_err() {
            return Err(TaskError::validation(path, "must contain valid JSON"));
        }
        if document.as_str().len() > self.limit() {
            return Err(TaskError::at(
                ErrorKind::PayloadTooLarge,
                path,
                format!("{path} exceeds {} bytes", self.limit()),
            ));
        }
        Ok(())
    }
}

/// Refuses documents with a key `claim_token` at any depth, so that a raw
/// credential never ends up in a record. Only keys count, not values.
///
/// # Errors
///
/// `validation` at `path` if such a key is present.
pub fn refuse_lease_credentials(document: Option<&RawJson>, path: &str) -> Result<()> {
    if document.is_some_and(has_credential_key) {
        return Err(TaskError::validation(path, "must not contain raw lease credentials"));
    }
    Ok(())
}

/// Whether an object key is reserved for raw claim tokens.
pub(crate) fn is_credential_key(key: &str) -> bool {
    let key = key.trim();
    key.eq_ignore_ascii_case("claim_token")
        || (!key.is_ascii() && key.to_lowercase() == "claim_token")
}

/// Whether a valid document has such a key.
///
/// Looks at the text, since no depth of nesting may hide a key and a parser into
/// values gives up at some depth: in valid JSON, a string is a key exactly where
/// a colon follows it.
pub(crate) fn has_credential_key(document: &RawJson) -> bool {
    let text = document.as_str();
    if serde_json::from_str::<IgnoredAny>(text).is_err() {
        return false;
    }
    let mut rest = text;
    while let Some(start) = rest.find('"') {
        let end = start + 1 + string_length(&rest[start + 1..]);
        let (string, after) = (&rest[start..end], &rest[end..]);
        if after.trim_start().starts_with(':')
            && serde_json::from_str::<String>(string).is_ok_and(|key| is_credential_key(&key))
        {
            return true;
        }
        rest = after;
    }
    false
}

/// How many bytes a string takes from behind its opening quote to behind its
/// closing one.
pub(crate) fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

/// Serde form of an optional document in which JSON `null` is a document of its
/// own, not an absent one. Use as `#[serde(default, deserialize_with = "crate::json::keep_null")]`.
pub(crate) fn keep_null<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<RawJson>, D::Error> {
    RawJson::deserialize(deserializer).map(Some)
}

/// Whether a field holds its empty value and is left out of the record's JSON.
/// Use as `#[serde(default, skip_serializing_if = "crate::json::is_default")]`.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use proptest::prelude::*;

    use super::*;

    fn json(text: &str) -> RawJson {
        RawJson::from_text(text).unwrap()
    }

    /// A JSON string of exactly this many bytes, quotes included.
    fn string_of(bytes: usize) -> RawJson {
        json(&format!("\"{}\"", "x".repeat(bytes - 2)))
    }

    #[test]
    fn every_class_admits_its_limit_and_refuses_one_byte_more() {
        let limits = [
            (SizeClass::Metadata, 16_384),
            (SizeClass::Payload, 65_536),
            (SizeClass::Result, 65_536),
        ];
        for (class, limit) in limits {
            assert!(class.validate(Some(&string_of(limit)), "p").is_ok());
            let refused = class.validate(Some(&string_of(limit + 1)), "p").unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::PayloadTooLarge);
            assert_eq!(refused.detail(), format!("p exceeds {limit} bytes"));
        }
    }

    #[test]
    fn only_the_trimmed_size_counts() {
        let padded = format!("  {}\n", string_of(16_384).as_str());
        assert!(SizeClass::Metadata.validate(Some(&json(&padded)), "p").is_ok());
    }

    #[test]
    fn text_that_is_no_json_is_refused_before_its_size_is_looked_at() {
        for text in ["{", "[1,]", "nul", "1 2", "'a'"] {
            let refused = SizeClass::Payload.validate(Some(&json(text)), "p").unwrap_err();
            assert_eq!(refused.detail(), "p must contain valid JSON", "{text}");
        }
        let long = format!("{{{}", " ".repeat(70_000) + "x");
        let refused = SizeClass::Payload.validate(Some(&json(&long)), "p").unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Validation);
    }

    #[test]
    fn any_json_value_is_a_document() {
        for text in ["[]", "\"x\"", "3", "null", "true", "{}"] {
            assert!(SizeClass::Metadata.validate(Some(&json(text)), "p").is_ok(), "{text}");
        }
        assert!(SizeClass::Metadata.validate(None, "p").is_ok());
    }

    #[test]
    fn equality_is_of_bytes_after_trimming() {
        assert_eq!(json(" {\"a\":1}\n"), json("{\"a\":1}"));
        assert_ne!(json("{\"a\": 1}"), json("{\"a\":1}"));
        assert_eq!(RawJson::from_text(" \t "), None);
    }

    #[test]
    fn credential_keys_are_found_wherever_they_are() {
        let found = [
            r#"{"claim_token":1}"#,
            r#"{"a":[{" Claim_Token ":1}]}"#,
            r#"[[{"b":{"CLAIM_TOKEN"  : null}}]]"#,
            r#"{"x\"y":{"claim\u005ftoken":""}}"#,
            // The Kelvin sign is a capital k.
            "{\"claim_to\u{212a}en\":1}",
        ];
        for text in found {
            let refused = refuse_lease_credentials(Some(&json(text)), "p").unwrap_err();
            assert_eq!(refused.detail(), "p must not contain raw lease credentials", "{text}");
        }
    }

    #[test]
    fn values_and_other_keys_are_no_credentials() {
        let fine = [
            r#"{"claim_token_hash":"x","note":"agh_claim_abc"}"#,
            r#"{"claimToken":1}"#,
            r#"{"clàim_token":1}"#,
            r#"{"a":"claim_token"}"#,
            r#"["claim_token",":"]"#,
            r#"{"a":"\"claim_token\":1"}"#,
            "{\"claim_token\":",
        ];
        for text in fine {
            assert!(refuse_lease_credentials(Some(&json(text)), "p").is_ok(), "{text}");
        }
        assert!(refuse_lease_credentials(None, "p").is_ok());
    }

    #[test]
    fn no_depth_of_nesting_hides_a_credential() {
        let deep = format!("{}{{\"claim_token\":1}}{}", "[".repeat(5_000), "]".repeat(5_000));
        assert!(SizeClass::Metadata.validate(Some(&json(&deep)), "p").is_ok());
        assert!(refuse_lease_credentials(Some(&json(&deep)), "p").is_err());
    }

    #[test]
    fn invalid_documents_cannot_be_written() {
        assert!(serde_json::to_string(&json("{")).is_err());
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(serde_json::Value::from),
            any::<i32>().prop_map(serde_json::Value::from),
            ".{0,12}".prop_map(serde_json::Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            let key = prop_oneof![".{0,6}", Just("claim_token".to_owned())];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
                prop::collection::btree_map(key, inner, 0..4)
                    .prop_map(|fields| fields.into_iter().collect()),
            ]
        })
    }

    fn has_key(value: &serde_json::Value) -> bool {
        match value {
            serde_json::Value::Object(fields) => {
                fields.iter().any(|(key, value)| is_credential_key(key) || has_key(value))
            }
            serde_json::Value::Array(items) => items.iter().any(has_key),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn documents_survive_a_round_trip_byte_for_byte(value in any_json()) {
            let document = RawJson::from_value(&value).unwrap();
            let read: RawJson = serde_json::from_str(document.as_str()).unwrap();
            prop_assert_eq!(&read, &document);
            prop_assert_eq!(serde_json::to_string(&read).unwrap(), document.as_str());
        }

        #[test]
        fn the_text_scan_agrees_with_a_walk_over_the_values(value in any_json()) {
            let document = RawJson::from_value(&value).unwrap();
            prop_assert_eq!(has_credential_key(&document), has_key(&value));
        }
    }
}
