//! Claim tokens: the secret that proves who holds a lease, its hash, and the
//! redaction that keeps it out of texts.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Result, TaskError};

/// How every fresh token begins.
pub const CLAIM_TOKEN_PREFIX: &str = "agh_claim_";
/// How a stored hash begins.
const HASH_PREFIX: &str = "sha256:";
/// What a redacted token is replaced by.
const REDACTED: &str = "agh_claim_[REDACTED]";

/// A raw claim token, as the holder of a lease presents it.
///
/// It is handed out once, when a run is claimed. Its `Debug` form hides the
/// secret; [`ClaimToken::expose`] is the one way to it besides serialization,
/// which the board's own log and the claim result need. Two tokens compare by
/// content for tests and change-sets; to check one against a lease, use
/// [`ClaimTokenHash::verify`], which takes the same time for every token.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(transparent)]
pub struct ClaimToken(String);

impl ClaimToken {
    /// A token of 32 bytes that nobody can guess.
    pub fn from_bytes(secret: [u8; 32]) -> Self {
        Self(format!("{CLAIM_TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(secret)))
    }

    /// The text of the token.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether nothing is left after trimming.
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }

    /// The token without surrounding white space.
    #[must_use]
    pub fn trimmed(self) -> Self {
        Self(crate::rule::trimmed(self.0))
    }

    /// The hash of the trimmed token.
    ///
    /// # Errors
    ///
    /// `validation` for a blank token.
    pub fn hash(&self) -> Result<ClaimTokenHash> {
        if self.is_blank() {
            return Err(TaskError::required("claim_token"));
        }
        let digest = self.digest();
        let mut text = String::with_capacity(HASH_PREFIX.len() + 2 * digest.len());
        text.push_str(HASH_PREFIX);
        text.extend(hex_digits(&digest).map(char::from));
        Ok(ClaimTokenHash(text))
    }

    fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.trim().as_bytes()).into()
    }
}

impl std::fmt::Debug for ClaimToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClaimToken(..)")
    }
}

impl From<&str> for ClaimToken {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for ClaimToken {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// The hash of a claim token, as runs store it: `sha256:` and 64 lower-case hex
/// digits; the prefix may be missing in records of other origin.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(transparent)]
pub struct ClaimTokenHash(String);

impl ClaimTokenHash {
    /// A hash from its text, kept as given.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text of the hash.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The trimmed hash, or `None` where it is blank.
    pub fn non_blank(&self) -> Option<Self> {
        let text = self.0.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// Whether the text is a hash: 64 lower-case hex digits, with or without
    /// prefix.
    pub fn is_canonical(&self) -> bool {
        let digits = self.digits();
        digits.len() == 64 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    }

    /// The hex digits without prefix.
    pub fn digits(&self) -> &str {
        self.0.strip_prefix(HASH_PREFIX).unwrap_or(&self.0)
    }

    /// The first eight hex digits: enough to tell leases apart, too few to guess
    /// from.
    pub fn truncated(&self) -> &str {
        let digits = self.digits();
        digits.get(..8).unwrap_or(digits)
    }

    /// Whether this is the hash of the token. `false` for a blank token and for a
    /// text that is no hash.
    ///
    /// The comparison looks at every byte, whatever the outcome.
    pub fn verify(&self, token: &ClaimToken) -> bool {
        if token.is_blank() || !self.is_canonical() {
            return false;
        }
        let differences = hex_digits(&token.digest())
            .zip(self.digits().bytes())
            .fold(0u8, |seen, (left, right)| seen | (left ^ right));
        differences == 0
    }
}

impl std::fmt::Display for ClaimTokenHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

fn hex_digits(bytes: &[u8]) -> impl Iterator<Item = u8> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]])
}

/// The text with every claim token in it replaced by `agh_claim_[REDACTED]`.
///
/// ```
/// use taskloom_domain::claim_token::redact_claim_tokens;
///
/// assert_eq!(redact_claim_tokens("held by agh_claim_x-1."), "held by agh_claim_[REDACTED].");
/// ```
pub fn redact_claim_tokens(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(CLAIM_TOKEN_PREFIX) {
        let (before, found) = rest.split_at(start);
        clean.push_str(before);
        let tail = &found[CLAIM_TOKEN_PREFIX.len()..];
        let end = tail.find(|char| !is_token_char(char)).unwrap_or(tail.len());
        clean.push_str(if end == 0 { CLAIM_TOKEN_PREFIX } else { REDACTED });
        rest = &tail[end..];
    }
    clean.push_str(rest);
    clean
}

fn is_token_char(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '_' | '-')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use proptest::prelude::*;

    use super::*;
    use crate::error::ErrorKind;

    const UNIT_HASH: &str =
        "sha256:5734350031d19f4021991a7e305ff0b788cd5b3c7f1cff38baa75b2901329f37";

    #[test]
    fn fresh_tokens_are_53_characters_of_url_safe_base64() {
        let token = ClaimToken::from_bytes([0xfb; 32]);
        assert_eq!(token.expose().len(), 53);
        assert_eq!(token.expose(), "agh_claim_-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s");
    }

    #[test]
    fn hashes_are_of_the_trimmed_token_with_its_prefix() {
        let hash = ClaimToken::from(" agh_claim_unit_token\n").hash().unwrap();
        assert_eq!(hash.as_str(), UNIT_HASH);
        let plain = ClaimToken::from("raw-token").hash().unwrap();
        assert_eq!(
            plain.as_str(),
            "sha256:34d328009b123fbbb0dc93f18b3e6de1ecf7b1a5783c33dff7ffe1926f09e943"
        );
        let refused = ClaimToken::from(" ").hash().unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Validation);
        assert_eq!(refused.detail(), "claim_token is required");
    }

    #[test]
    fn a_token_fits_its_hash_with_or_without_prefix() {
        let token = ClaimToken::from(" agh_claim_unit_token ");
        let digits = UNIT_HASH.strip_prefix("sha256:").unwrap();
        assert!(ClaimTokenHash::new(UNIT_HASH).verify(&token));
        assert!(ClaimTokenHash::new(digits).verify(&token));
        assert!(!ClaimTokenHash::new(digits.to_uppercase()).verify(&token));
        assert!(!ClaimTokenHash::new(&digits[..63]).verify(&token));
        assert!(!ClaimTokenHash::new("").verify(&token));
        assert!(!ClaimTokenHash::new(UNIT_HASH).verify(&ClaimToken::from("  ")));
        assert!(!ClaimTokenHash::new(UNIT_HASH).verify(&ClaimToken::from("agh_claim_unit_tokeN")));
    }

    #[test]
    fn every_digit_of_a_hash_counts() {
        let token = ClaimToken::from("agh_claim_unit_token");
        let digits = UNIT_HASH.strip_prefix("sha256:").unwrap();
        for place in 0..64 {
            let mut other: Vec<u8> = digits.bytes().collect();
            other[place] = if other[place] == b'0' { b'1' } else { b'0' };
            let other = ClaimTokenHash::new(String::from_utf8(other).unwrap());
            assert!(!other.verify(&token), "digit {place}");
        }
    }

    #[test]
    fn only_64_lower_case_hex_digits_are_a_hash() {
        let canonical = |text: String| ClaimTokenHash::new(text).is_canonical();
        assert!(canonical("a".repeat(64)));
        assert!(canonical(format!("sha256:{}", "0".repeat(64))));
        assert!(!canonical("A".repeat(64)));
        assert!(!canonical("g".repeat(64)));
        assert!(!canonical("a".repeat(63)));
        assert!(!canonical("a".repeat(65)));
        assert!(!canonical(format!("sha256:sha256:{}", "a".repeat(64))));
        assert_eq!(ClaimTokenHash::new(UNIT_HASH).truncated(), "57343500");
        assert_eq!(ClaimTokenHash::new("abc").truncated(), "abc");
    }

    #[test]
    fn the_debug_form_hides_the_secret() {
        let token = ClaimToken::from("agh_claim_secret");
        assert_eq!(format!("{token:?} {:?}", Some(&token)), "ClaimToken(..) Some(ClaimToken(..))");
    }

    #[test]
    fn tokens_in_texts_are_replaced_and_nothing_else_is() {
        let cases = [
            ("x agh_claim_a-1 y agh_claim_b_2", "x agh_claim_[REDACTED] y agh_claim_[REDACTED]"),
            ("agh_claim_", "agh_claim_"),
            ("agh_claim_ a", "agh_claim_ a"),
            ("agh_claim_agh_claim_x", "agh_claim_[REDACTED]"),
            ("\"agh_claim_x\"", "\"agh_claim_[REDACTED]\""),
            ("AGH_CLAIM_x", "AGH_CLAIM_x"),
            ("agh_claim_é", "agh_claim_é"),
            ("", ""),
        ];
        for (given, clean) in cases {
            assert_eq!(redact_claim_tokens(given), clean);
        }
    }

    proptest! {
        #[test]
        fn no_token_survives_redaction(
            before in ".{0,20}", secret in any::<[u8; 32]>(), after in "([^A-Za-z0-9_-].{0,20})?",
        ) {
            let token = ClaimToken::from_bytes(secret);
            let clean = redact_claim_tokens(&format!("{before}{}{after}", token.expose()));
            prop_assert!(!clean.contains(&token.expose()[CLAIM_TOKEN_PREFIX.len()..]));
            prop_assert!(clean.contains(REDACTED));
        }

        #[test]
        fn redaction_is_idempotent(text in "(agh_claim_|[a-z_ \\[-]|\\PC){0,12}") {
            let once = redact_claim_tokens(&text);
            prop_assert_eq!(redact_claim_tokens(&once), once);
        }

        #[test]
        fn every_token_fits_its_own_hash_and_no_other(
            one in any::<[u8; 32]>(), other in any::<[u8; 32]>(),
        ) {
            let hash = ClaimToken::from_bytes(one).hash().unwrap();
            prop_assert!(hash.is_canonical());
            prop_assert!(hash.verify(&ClaimToken::from_bytes(one)));
            prop_assert_eq!(hash.verify(&ClaimToken::from_bytes(other)), one == other);
        }
    }
}
