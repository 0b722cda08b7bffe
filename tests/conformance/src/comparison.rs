//! What must match between an answer and the recorded one, and what may differ.
//!
//! Generated ids are renamed one to one, claim tokens are counted in order of
//! issue, sequence numbers compare by rank, and an absent field equals its empty
//! value. Everything else must be the same.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use taskloom_domain::Timestamp;
use taskloom_domain::claim_token::ClaimToken;

/// Longer strings are recorded by their length alone.
const LONG_STRING_BYTES: usize = 512;
const UNSET_TIME: &str = "0001-01-01T00:00:00Z";
const ID_PREFIXES: [&str; 4] = ["task-", "run-", "review-", "evt-"];
const ID_DIGITS: usize = 6;

/// Where a value comes from; results of writes are compared less strictly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The answer of a read.
    Read,
    /// The result of a write: a task's event sequence in it is not compared.
    Write,
    /// The result of `cancel_task`: its current run is not compared either.
    CancelTask,
    /// The state at the end.
    State,
}

impl Place {
    /// The place that the answer of an operation is compared as.
    pub fn of_operation(op: &str) -> Self {
        const READS: [&str; 16] = [
            "get_execution_profile",
            "get_run_review",
            "get_task",
            "inspect_run",
            "inspect_task",
            "list_run_reviews",
            "list_task_runs",
            "list_tasks",
            "lookup_active_run_for_session",
            "lookup_run_review_for_session",
            "run_detail",
            "scheduler_backlog",
            "scheduler_status",
            "stream",
            "timeline",
            "tree",
        ];
        if op == "cancel_task" {
            Place::CancelTask
        } else if READS.contains(&op) {
            Place::Read
        } else {
            Place::Write
        }
    }

    fn ignores(self, field: &str) -> bool {
        match field {
            "message" => true,
            "latest_event_seq" => matches!(self, Place::Write | Place::CancelTask),
            "current_run_id" => self == Place::CancelTask,
            _ => false,
        }
    }
}

/// The state of one scenario's comparison: which id stands for which, and the
/// tokens that were issued.
#[derive(Debug, Default)]
pub struct Comparison {
    to_actual: BTreeMap<String, String>,
    to_expected: BTreeMap<String, String>,
    tokens: Vec<Token>,
}

#[derive(Debug)]
struct Token {
    raw: String,
    hash: String,
}

/// The numbers of one answer that compare by rank: expected beside actual.
#[derive(Default)]
struct Ranks(Vec<(i64, i64)>);

impl Ranks {
    /// The first two pairs whose order or equality differs.
    fn disagreement(&self) -> Option<String> {
        for (index, left) in self.0.iter().enumerate() {
            if (left.0 == 0) != (left.1 == 0) {
                return Some(format!("sequence {} stands where {} is expected", left.1, left.0));
            }
            for right in &self.0[index + 1..] {
                if left.0.cmp(&right.0) != left.1.cmp(&right.1) {
                    return Some(format!(
                        "sequences {} and {} are not ordered like {} and {}",
                        left.1, right.1, left.0, right.0
                    ));
                }
            }
        }
        None
    }
}

impl Comparison {
    /// Takes note of a claim token that an answer hands out.
    pub fn learn_tokens(&mut self, answer: &Value) {
        let Some(raw) = answer.get("claim_token").and_then(Value::as_str) else { return };
        if self.tokens.iter().any(|token| token.raw == raw) {
            return;
        }
        if let Ok(hash) = ClaimToken::from(raw).hash() {
            self.tokens.push(Token { raw: raw.to_owned(), hash: hash.to_string() });
        }
    }

    /// A text of the scenario with the ids of the trace replaced by this run's.
    pub fn to_actual_ids(&self, text: &str) -> String {
        pieces(text)
            .into_iter()
            .map(|piece| match piece {
                Piece::Id(id) => self.to_actual.get(id).map_or(id, String::as_str),
                Piece::Text(text) => text,
            })
            .collect()
    }

    /// Compares one answer with the recorded one.
    ///
    /// # Errors
    ///
    /// The first difference, with its path.
    pub fn compare(
        &mut self,
        expected: &Value,
        actual: &Value,
        place: Place,
    ) -> Result<(), String> {
        let mut ranks = Ranks::default();
        let actual = self.mask(actual);
        self.value("", expected, &actual, place, &mut ranks)?;
        ranks.disagreement().map_or(Ok(()), Err)
    }

    fn value(
        &mut self,
        path: &str,
        expected: &Value,
        actual: &Value,
        place: Place,
        ranks: &mut Ranks,
    ) -> Result<(), String> {
        match (expected, actual) {
            (Value::Object(expected), Value::Object(actual)) => {
                self.object(path, expected, actual, place, ranks)
            }
            (Value::Array(left), Value::Array(right)) => {
                if left.len() != right.len() {
                    return Err(format!(
                        "{path}: {} elements instead of {}: {}",
                        right.len(),
                        left.len(),
                        shown(actual)
                    ));
                }
                for (index, (left, right)) in left.iter().zip(right).enumerate() {
                    self.value(&format!("{path}[{index}]"), left, right, place, ranks)?;
                }
                Ok(())
            }
            (Value::String(left), Value::String(right)) => self.text(path, left, right),
            (Value::Number(left), Value::Number(right))
                if left.as_f64() == right.as_f64() && left.as_f64().is_some() =>
            {
                Ok(())
            }
            _ if expected == actual || (is_empty(expected) && is_empty(actual)) => Ok(()),
            _ => Err(format!("{path}: {} instead of {}", shown(actual), shown(expected))),
        }
    }

    fn object(
        &mut self,
        path: &str,
        expected: &Map<String, Value>,
        actual: &Map<String, Value>,
        place: Place,
        ranks: &mut Ranks,
    ) -> Result<(), String> {
        if let Some(kind) = expected.get("kind").and_then(Value::as_str)
            && kind == "other"
            && path.ends_with("err")
        {
            return Ok(());
        }
        let mut fields: Vec<&String> = expected.keys().chain(actual.keys()).collect();
        fields.sort();
        fields.dedup();
        for field in fields {
            if place.ignores(field) {
                continue;
            }
            let path = format!("{path}.{field}");
            let left = expected.get(field).unwrap_or(&Value::Null);
            let right = actual.get(field).unwrap_or(&Value::Null);
            if is_empty(left) && is_empty(right) {
                continue;
            }
            match field.as_str() {
                "sequence" | "latest_event_seq" | "after_sequence" => {
                    let number = |value: &Value| value.as_i64().unwrap_or_default();
                    ranks.0.push((number(left), number(right)));
                }
                "diagnostics" => {
                    self.value(&path, &diagnostics(left), &diagnostics(right), place, ranks)?;
                }
                _ => self.value(&path, left, right, place, ranks)?,
            }
        }
        Ok(())
    }

    fn text(&mut self, path: &str, expected: &str, actual: &str) -> Result<(), String> {
        let differs = || format!("{path}: {actual:?} instead of {expected:?}");
        if expected == actual && !expected.contains('-') {
            return Ok(());
        }
        if let (Ok(left), Ok(right)) =
            (Timestamp::parse_rfc3339(expected), Timestamp::parse_rfc3339(actual))
        {
            return if left == right { Ok(()) } else { Err(differs()) };
        }
        let (left, right) = (pieces(expected), pieces(actual));
        if left.len() != right.len() {
            return Err(differs());
        }
        for pair in left.into_iter().zip(right) {
            let same = match pair {
                (Piece::Text(left), Piece::Text(right)) => left == right,
                (Piece::Id(left), Piece::Id(right)) => self.pair(left, right),
                _ => false,
            };
            if !same {
                return Err(differs());
            }
        }
        Ok(())
    }

    /// Whether the two ids stand for each other, from here on if not before.
    fn pair(&mut self, expected: &str, actual: &str) -> bool {
        let prefix = |id: &str| id.split('-').next().unwrap_or_default().to_owned();
        if prefix(expected) != prefix(actual) {
            return false;
        }
        match (self.to_actual.get(expected), self.to_expected.get(actual)) {
            (None, None) => {
                self.to_actual.insert(expected.to_owned(), actual.to_owned());
                self.to_expected.insert(actual.to_owned(), expected.to_owned());
                true
            }
            (Some(known), Some(_)) => known == actual,
            _ => false,
        }
    }

    /// The value with tokens, hashes and long strings in their recorded form.
    fn mask(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.mask_text(text)),
            Value::Array(items) => items.iter().map(|item| self.mask(item)).collect(),
            Value::Object(fields) => fields
                .iter()
                .map(|(key, value)| (key.clone(), self.mask(value)))
                .collect::<Map<_, _>>()
                .into(),
            other => other.clone(),
        }
    }

    fn mask_text(&self, text: &str) -> String {
        if text.len() > LONG_STRING_BYTES {
            return format!("<long {}>", text.len());
        }
        let mut text = text.to_owned();
        for (index, token) in self.tokens.iter().enumerate() {
            let number = index + 1;
            let digits = token.hash.trim_start_matches("sha256:");
            if text == digits[..8] {
                return format!("<hash8:{number}>");
            }
            text = text
                .replace(&token.raw, &format!("<token:{number}>"))
                .replace(&token.hash, &format!("<hash:{number}>"));
        }
        text
    }
}

/// Of diagnostics, only code, severity and category are compared.
fn diagnostics(value: &Value) -> Value {
    let Some(items) = value.as_array() else { return value.clone() };
    let compared = |item: &Value| -> Map<String, Value> {
        ["code", "severity", "category"]
            .into_iter()
            .filter_map(|key| item.get(key).map(|value| (key.to_owned(), value.clone())))
            .collect()
    };
    items.iter().map(|item| Value::Object(compared(item))).collect()
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(value) => value.as_f64() == Some(0.0),
        Value::String(value) => value.is_empty() || value == UNSET_TIME,
        Value::Array(value) => value.is_empty(),
        Value::Object(value) => value.values().all(is_empty),
    }
}

/// A part of a text: a generated id, or what stands between ids.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum Piece<'a> {
    Id(&'a str),
    Text(&'a str),
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((start, end)) = find_id(rest) {
        if start > 0 {
            pieces.push(Piece::Text(&rest[..start]));
        }
        pieces.push(Piece::Id(&rest[start..end]));
        rest = &rest[end..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// The byte range of the first generated id in a text.
fn find_id(text: &str) -> Option<(usize, usize)> {
    ID_PREFIXES
        .iter()
        .filter_map(|prefix| {
            text.match_indices(prefix).find_map(|(start, _)| {
                let digits = &text[start + prefix.len()..];
                let count = digits.bytes().take_while(u8::is_ascii_digit).count();
                (count == ID_DIGITS).then_some((start, start + prefix.len() + ID_DIGITS))
            })
        })
        .min()
}

/// A value as it stands in a message.
fn shown(value: &Value) -> String {
    const MOST: usize = 300;
    let text = value.to_string();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn compare(expected: Value, actual: Value) -> Result<(), String> {
        Comparison::default().compare(&expected, &actual, Place::Read)
    }

    #[test]
    fn absent_fields_equal_their_empty_values() {
        assert_eq!(compare(json!({"a": "", "t": UNSET_TIME, "l": []}), json!({})), Ok(()));
        assert!(compare(json!({"a": "x"}), json!({})).is_err());
    }

    #[test]
    fn ids_are_renamed_one_to_one_also_inside_longer_texts() {
        let expected = json!({"id": "run-000001", "session": "sess-run-000001"});
        assert_eq!(
            compare(expected.clone(), json!({"id": "run-000007", "session": "sess-run-000007"})),
            Ok(())
        );
        assert!(
            compare(expected, json!({"id": "run-000007", "session": "sess-run-000008"})).is_err()
        );
    }

    #[test]
    fn one_id_never_stands_for_two() {
        assert!(
            compare(json!(["task-000001", "task-000002"]), json!(["task-000003", "task-000003"]))
                .is_err()
        );
        assert!(
            compare(json!(["task-000001", "task-000001"]), json!(["task-000003", "task-000004"]))
                .is_err()
        );
    }

    #[test]
    fn sequences_compare_by_rank_and_zero_stays_zero() {
        let expected = json!([{"sequence": 3}, {"sequence": 5}]);
        assert_eq!(compare(expected.clone(), json!([{"sequence": 4}, {"sequence": 9}])), Ok(()));
        assert!(compare(expected.clone(), json!([{"sequence": 9}, {"sequence": 4}])).is_err());
        assert!(compare(expected, json!([{"sequence": 0}, {"sequence": 4}])).is_err());
    }

    #[test]
    fn instants_compare_as_instants() {
        assert_eq!(
            compare(json!("2026-01-01T00:00:01.5Z"), json!("2026-01-01T00:00:01.500Z")),
            Ok(())
        );
        assert!(compare(json!("2026-01-01T00:00:01Z"), json!("2026-01-01T00:00:02Z")).is_err());
    }

    #[test]
    fn writes_may_answer_another_event_sequence_but_reads_may_not() {
        let (expected, actual) = (json!({"latest_event_seq": 0}), json!({"latest_event_seq": 1}));
        assert!(Comparison::default().compare(&expected, &actual, Place::Write).is_ok());
        assert!(Comparison::default().compare(&expected, &actual, Place::Read).is_err());
    }

    #[test]
    fn tokens_and_hashes_appear_by_number() {
        let token = "agh_claim_unit_token";
        let mut comparison = Comparison::default();
        comparison.learn_tokens(&json!({"claim_token": token}));
        let actual = json!({
            "claim_token": token,
            "claim_token_hash":
                "sha256:5734350031d19f4021991a7e305ff0b788cd5b3c7f1cff38baa75b2901329f37",
            "claim_token_hash_truncated": "57343500",
        });
        let expected = json!({
            "claim_token": "<token:1>",
            "claim_token_hash": "<hash:1>",
            "claim_token_hash_truncated": "<hash8:1>",
        });
        assert_eq!(comparison.compare(&expected, &actual, Place::Read), Ok(()));
    }

    #[test]
    fn long_strings_are_recorded_by_length() {
        assert_eq!(compare(json!("<long 600>"), json!("x".repeat(600))), Ok(()));
        assert!(compare(json!("<long 600>"), json!("x".repeat(601))).is_err());
    }

    #[test]
    fn only_the_identity_of_diagnostics_counts() {
        let item = |title: &str| json!({"diagnostics": [{"code": "c", "severity": "warn", "title": title}]});
        assert_eq!(compare(item("a"), item("b")), Ok(()));
        assert!(
            compare(item("a"), json!({"diagnostics": [{"code": "d", "severity": "warn"}]}))
                .is_err()
        );
    }
}
