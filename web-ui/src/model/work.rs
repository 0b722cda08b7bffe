//! What a run brought, as people read it.

use taskloom_domain::json::{RawJson, SizeClass};

/// A result that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// A text.
    Text(String),
    /// Anything else, as indented JSON.
    Json(String),
}

impl Work {
    /// Reads a result.
    pub fn of(result: &RawJson) -> Self {
        match result.to_value() {
            Some(serde_json::Value::String(text)) => Self::Text(text),
            Some(value) => Self::Json(
                serde_json::to_string_pretty(&value).unwrap_or_else(|_| result.as_str().into()),
            ),
            None => Self::Json(result.as_str().to_owned()),
        }
    }
}

/// A result from what somebody typed: JSON where it is an object, a list or a quoted
/// text, else the text itself. Nothing typed is no result.
///
/// # Errors
///
/// What is wrong with it, as a sentence without a full stop.
pub fn parse(typed: &str) -> Result<Option<RawJson>, String> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let looks_like_json = typed.starts_with(['{', '[', '"']);
    let document = match RawJson::from_text(typed).filter(|document| document.to_value().is_some())
    {
        Some(document) if looks_like_json => document,
        _ if typed.starts_with('{') => return Err("It begins like JSON, and is none".into()),
        _ => RawJson::from_value(typed).map_err(|error| error.to_string())?,
    };
    SizeClass::Result
        .validate(Some(&document), "result")
        .map_err(|error| error.detail().to_owned())?;
    Ok(Some(document))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[test]
    fn text_stays_text_and_json_stays_json() {
        let stored = |typed: &str| parse(typed).unwrap().map(|it| it.as_str().to_owned());
        assert_eq!(stored("  "), None);
        assert_eq!(stored(" done, see [1] "), Some("\"done, see [1]\"".into()));
        assert_eq!(stored("[draft] a parser"), Some("\"[draft] a parser\"".into()));
        assert_eq!(stored("42"), Some("\"42\"".into()));
        assert_eq!(stored("{\"files\": 2}"), Some("{\"files\": 2}".into()));
        assert_eq!(stored("\"quoted\""), Some("\"quoted\"".into()));
    }

    #[test]
    fn broken_json_and_great_results_are_refused() {
        assert_eq!(parse("{\"files\": }"), Err("It begins like JSON, and is none".into()));
        let refused = parse(&"x".repeat(70_000)).unwrap_err();
        assert!(refused.contains("result"), "{refused}");
        assert!(parse(&"x".repeat(60_000)).is_ok());
    }

    #[test]
    fn a_result_reads_as_text_or_as_indented_json() {
        let read = |text: &str| Work::of(&RawJson::from_text(text).unwrap());
        assert_eq!(read("\"two\\nlines\""), Work::Text("two\nlines".into()));
        assert_eq!(read("{\"a\":1}"), Work::Json("{\n  \"a\": 1\n}".into()));
    }
}
