use crate::claim_token::{CLAIM_TOKEN_PREFIX, redact_claim_tokens};
use crate::error::Result;
use crate::json::{RawJson, SizeClass, string_length};

/// Keys whose values are secrets; those that begin or end in certain ways too.
const SECRET_KEYS: [&str; 6] = [
    "claim_token",
    "mcp_auth_token",
    "oauth_code",
    "pkce_verifier",
    "secret_binding",
    "secret_bindings",
];

/// The payload of an event without its secrets: members whose key names one are
/// dropped at any depth, and claim tokens in strings are replaced. Hashes of
/// tokens stay. Numbers keep every digit.
///
/// ```
/// use taskloom_domain::context::redact_payload;
/// use taskloom_domain::json::RawJson;
///
/// let payload = RawJson::from_text(r#"{"n": 1.50, "claim_token": "x", "by": "agh_claim_y"}"#);
/// let clean = redact_payload(&payload.unwrap()).unwrap();
/// assert_eq!(clean.as_str(), r#"{"n":1.50,"by":"agh_claim_[REDACTED]"}"#);
/// ```
///
/// # Errors
///
/// `validation` or `payload_too_large` for a payload that no event may carry.
pub fn redact_payload(payload: &RawJson) -> Result<RawJson> {
    SizeClass::Payload.validate(Some(payload), "task_event.payload")?;
    let mut copy = Copy { rest: payload.as_str(), written: String::new(), open: Vec::new() };
    while copy.step() {}
    Ok(RawJson::from_text(&copy.written).unwrap_or_else(|| payload.clone()))
}

fn is_secret_key(key: &str) -> bool {
    let key = key.trim().to_lowercase();
    SECRET_KEYS.contains(&key.as_str())
        || key.starts_with(CLAIM_TOKEN_PREFIX)
        || key.ends_with("_secret")
}

/// What was written last inside a list or object.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    AfterKey,
    AfterValue,
}

/// A document that is copied token by token, since no depth of nesting may bring
/// the copying down. The text is valid JSON.
struct Copy<'a> {
    rest: &'a str,
    written: String,
    open: Vec<Place>,
}

impl<'a> Copy<'a> {
    /// Copies one token; false at the end.
    fn step(&mut self) -> bool {
        let Some(token) = self.next_token() else { return false };
        match token.as_bytes()[0] {
            b'{' | b'[' => {
                self.begin_value();
                self.written.push_str(token);
                self.open.push(Place::Start);
            }
            b'}' | b']' => {
                self.open.pop();
                self.written.push_str(token);
            }
            // Written by what follows them, where anything does.
            b',' | b':' => {}
            b'"' if self.rest.trim_start().starts_with(':') => self.member(token),
            b'"' => {
                self.begin_value();
                self.written.push_str(&clean_string(token));
            }
            _ => {
                self.begin_value();
                self.written.push_str(token);
            }
        }
        true
    }

    fn member(&mut self, key: &str) {
        if serde_json::from_str::<String>(key).is_ok_and(|key| is_secret_key(&key)) {
            self.skip_value();
            return;
        }
        self.begin_value();
        self.written.push_str(&clean_string(key));
        self.written.push(':');
        if let Some(place) = self.open.last_mut() {
            *place = Place::AfterKey;
        }
    }

    fn begin_value(&mut self) {
        let Some(place) = self.open.last_mut() else { return };
        if *place == Place::AfterValue {
            self.written.push(',');
        }
        *place = Place::AfterValue;
    }

    /// Passes the colon and the value behind it.
    fn skip_value(&mut self) {
        let mut depth = 0_usize;
        while let Some(token) = self.next_token() {
            match token.as_bytes()[0] {
                b':' if depth == 0 => continue,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn next_token(&mut self) -> Option<&'a str> {
        let text = self.rest.trim_start();
        let length = match *text.as_bytes().first()? {
            b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
            b'"' => 1 + string_length(&text[1..]),
            _ => text
                .find(|c: char| c.is_ascii_whitespace() || [',', ']', '}'].contains(&c))
                .unwrap_or(text.len()),
        };
        let (token, rest) = text.split_at(length);
        self.rest = rest;
        Some(token)
    }
}

/// A string token without claim tokens. It is decoded, since an escape may stand
/// in the middle of a token; one that hides nothing stays byte for byte.
fn clean_string(token: &str) -> String {
    let Ok(text) = serde_json::from_str::<String>(token) else { return token.to_owned() };
    let clean = redact_claim_tokens(&text);
    if clean == text { token.to_owned() } else { serde_json::Value::String(clean).to_string() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use proptest::prelude::*;

    use super::*;
    use crate::error::ErrorKind;

    fn redacted(text: &str) -> String {
        redact_payload(&RawJson::from_text(text).unwrap()).unwrap().as_str().to_owned()
    }

    #[test]
    fn members_that_name_a_secret_are_dropped_wherever_they_stand() {
        let cases = [
            (r#"{"claim_token":1}"#, "{}"),
            (r#"{"a":1,"claim_token":{"x":[1,{}]},"b":2}"#, r#"{"a":1,"b":2}"#),
            (r#"{"claim_token":[],"b":2}"#, r#"{"b":2}"#),
            (r#"{"b":2,"claim_token":"x"}"#, r#"{"b":2}"#),
            (r#"[{"OAuth_Code":1},{" pkce_verifier ":1,"x":[]}]"#, r#"[{},{"x":[]}]"#),
            (r#"{"secret_binding":1,"secret_bindings":2,"mcp_auth_token":3}"#, "{}"),
            (r#"{"client_secret":1,"agh_claim_x":2,"secretary":3}"#, r#"{"secretary":3}"#),
            (r#"{"\u0063laim_token":1}"#, "{}"),
        ];
        for (text, expected) in cases {
            assert_eq!(redacted(text), expected, "{text}");
        }
    }

    #[test]
    fn hashes_and_everything_else_stay() {
        let text = r#"{"claim_token_hash":"sha256:ab","n":[0.10,12345678901234567890,-1e400],"t":[true,null,"\u00e9{\"a\":1}"]}"#;
        assert_eq!(redacted(text), text);
        for text in ["3", "null", "\"x\"", "[]", "{}"] {
            assert_eq!(redacted(text), text);
        }
    }

    #[test]
    fn claim_tokens_in_strings_are_replaced_however_they_are_spelled() {
        assert_eq!(redacted(r#"["x agh_claim_a y"]"#), r#"["x agh_claim_[REDACTED] y"]"#);
        assert_eq!(redacted(r#"["agh_cl\u0061im_a\n"]"#), r#"["agh_claim_[REDACTED]\n"]"#);
        assert_eq!(redacted(r#"{"by agh_claim_a":1}"#), r#"{"by agh_claim_[REDACTED]":1}"#);
    }

    #[test]
    fn a_payload_that_is_no_json_is_refused() {
        let refused = redact_payload(&RawJson::from_text("{").unwrap()).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Validation);
    }

    #[test]
    fn nesting_of_any_depth_is_copied() {
        let depth = 20_000;
        let text = format!("{}{{\"claim_token\":1}}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(redacted(&text), text.replace("\"claim_token\":1", ""));
    }

    fn document() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            "[a-z\"\\\\ {}:,é]{0,8}".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            let keys = "[a-z\"\\\\:,]{0,4}";
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                proptest::collection::btree_map(keys, inner, 0..4)
                    .prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_document_without_secrets_means_the_same_afterwards(document in document()) {
            let sent = RawJson::from_text(&serde_json::to_string_pretty(&document).unwrap());
            let clean = redact_payload(&sent.unwrap()).unwrap();
            prop_assert_eq!(clean.to_value(), Some(document));
        }
    }
}
