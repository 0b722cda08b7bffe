//! Keeps secrets out of diagnostics.

use serde_json::Value;

use crate::claim_token::redact_claim_tokens;

const REDACTED: &str = "[REDACTED]";

/// The text without claim tokens, bearer tokens and values of `key=value` pairs
/// whose key names a secret. Rather hides too much than too little.
pub(super) fn secrets(text: &str) -> String {
    let text = redact_claim_tokens(text);
    let mut clean = String::with_capacity(text.len());
    let mut rest: &str = &text;
    while let Some(start) = rest.find(is_word) {
        clean.push_str(&rest[..start]);
        rest = &rest[start..];
        let (word, after) = rest.split_at(rest.find(|c| !is_word(c)).unwrap_or(rest.len()));
        clean.push_str(word);
        rest = after;
        let gap = gap_before_secret(word, after);
        if let Some(gap) = gap {
            let (gap, value) = after.split_at(gap);
            let length = secret_length(value);
            if length > 0 {
                clean.push_str(gap);
                clean.push_str(REDACTED);
                rest = &value[length..];
            }
        }
    }
    clean.push_str(rest);
    clean
}

/// A fact of the evidence without secrets, at any depth.
pub(super) fn evidence(key: &str, value: Value) -> Value {
    if is_secret_key(key) && !value.is_null() {
        return REDACTED.into();
    }
    match value {
        Value::String(text) => secrets(&text).into(),
        Value::Array(items) => {
            items.into_iter().map(|item| evidence("", item)).collect::<Vec<_>>().into()
        }
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(key, value)| {
                    let value = evidence(&key, value);
                    (key, value)
                })
                .collect(),
        ),
        other => other,
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

fn is_secret_key(key: &str) -> bool {
    const WHOLE: [&str; 8] = [
        "token",
        "secret",
        "password",
        "passwd",
        "authorization",
        "api_key",
        "apikey",
        "private_key",
    ];
    const ENDINGS: [&str; 4] = ["_token", "_secret", "_password", "_api_key"];
    let key = key.trim().to_lowercase().replace('-', "_");
    WHOLE.contains(&key.as_str()) || ENDINGS.iter().any(|ending| key.ends_with(ending))
}

/// How many bytes stand between a word and the secret that it announces.
fn gap_before_secret(word: &str, after: &str) -> Option<usize> {
    let spaces = after.len() - after.trim_start_matches([' ', '\t']).len();
    if word.eq_ignore_ascii_case("bearer") {
        return (spaces > 0).then_some(spaces);
    }
    (after.starts_with('=') && is_secret_key(word)).then_some(1)
}

/// How many bytes belong to the secret: a quoted text with its quotes, or all up
/// to white space or a separator.
fn secret_length(text: &str) -> usize {
    if let Some(quote) = text.chars().next().filter(|c| ['"', '\''].contains(c)) {
        return text[1..].find(quote).map_or(text.len(), |end| end + 2);
    }
    let ends = |c: char| c.is_whitespace() || [',', ';', '&', '"', '\''].contains(&c);
    text.find(ends).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secrets_are_taken_out_of_text() {
        let cases = [
            ("held by agh_claim_x-1.", "held by agh_claim_[REDACTED]."),
            ("Authorization: Bearer abc.def-1, next", "Authorization: Bearer [REDACTED], next"),
            ("bearer\tabc", "bearer\t[REDACTED]"),
            ("curl -d password=hunter2 x", "curl -d password=[REDACTED] x"),
            ("a?access_token=abc&b=1", "a?access_token=[REDACTED]&b=1"),
            ("API-KEY='a b' c", "API-KEY=[REDACTED] c"),
            ("secret=\"no end", "secret=[REDACTED]"),
            ("claim_token=agh_claim_x", "claim_token=[REDACTED]"),
            ("password=", "password="),
            ("token é=x token=é", "token é=x token=[REDACTED]"),
        ];
        for (text, expected) in cases {
            assert_eq!(secrets(text), expected);
        }
    }

    #[test]
    fn redacting_twice_changes_nothing() {
        let once = secrets("Bearer abc token=x agh_claim_y");
        assert_eq!(secrets(&once), once);
    }

    #[test]
    fn harmless_text_stays() {
        for text in ["", "status=running", "claim_token_hash=ab", "tokens: 3", "the bearer"] {
            assert_eq!(secrets(text), text);
        }
    }

    #[test]
    fn evidence_is_redacted_by_key_at_any_depth() {
        let value = json!({
            "note": "token=x",
            "claim_token_hash_truncated": "0123abcd",
            "list": [{"Password": 3, "ok": true}],
            "secret": null,
        });
        let expected = json!({
            "note": "token=[REDACTED]",
            "claim_token_hash_truncated": "0123abcd",
            "list": [{"Password": "[REDACTED]", "ok": true}],
            "secret": null,
        });
        assert_eq!(evidence("facts", value), expected);
        for key in ["claim_token", "token", "secret", "password", " Client-Secret "] {
            assert_eq!(evidence(key, json!("x")), json!("[REDACTED]"), "{key}");
        }
    }
}
