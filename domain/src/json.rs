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
        let text = serde_json::to_string(value)
            .map_err(|error| TaskError::with_detail(ErrorKind::Validation, error.to_string()))?;
        Ok(Self(Arc::from(text)))
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
    key.trim().to_lowercase() == "claim_token"
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
fn string_length(text: &str) -> usize {
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
