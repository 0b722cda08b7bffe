//! Capabilities and other small names by which work and workers are matched.

use std::collections::HashSet;

use crate::enumeration::quoted;
use crate::error::{Result, TaskError};
use crate::rule::element;

/// The longest capability id, in bytes.
pub const MAX_CAPABILITY_BYTES: usize = 128;
/// The longest selector atom, in bytes.
pub const MAX_SELECTOR_ATOM_BYTES: usize = 128;

/// Checks a list of capability ids. Each is compared exactly, letter case
/// included; elements are named `<path>[<index>]`.
///
/// # Errors
///
/// `validation` at the first element that is blank, too long, contains white
/// space or a comma, or repeats an earlier one.
pub fn validate_capability_ids(values: &[String], path: &str) -> Result<()> {
    if path.trim().is_empty() {
        return Err(TaskError::required("capability path"));
    }
    let mut seen = HashSet::with_capacity(values.len());
    for (index, value) in values.iter().enumerate() {
        let value = value.trim();
        let refuse = |rest: &str| Err(TaskError::validation(&element(path, index), rest));
        if value.is_empty() {
            return refuse("is required");
        }
        if value.len() > MAX_CAPABILITY_BYTES {
            return refuse(&format!("exceeds {MAX_CAPABILITY_BYTES} bytes"));
        }
        if value.contains([' ', '\t', '\r', '\n', ',']) {
            return refuse("must not contain whitespace or commas");
        }
        if !seen.insert(value) {
            return refuse(&format!("duplicates capability {}", quoted(value)));
        }
    }
    Ok(())
}

/// Whether a selector atom may be left empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It has to be there.
    Required,
    /// It may be empty.
    Optional,
}

/// Checks a selector atom: a name that spaces and commas may be part of. It is
/// not trimmed.
///
/// # Errors
///
/// `validation` at `path` if it is empty but required, too long, or contains
/// tabs or line breaks.
pub fn validate_selector_atom(value: &str, path: &str, presence: Presence) -> Result<()> {
    if value.is_empty() {
        return match presence {
            Presence::Required => Err(TaskError::required(path)),
            Presence::Optional => Ok(()),
        };
    }
    if value.len() > MAX_SELECTOR_ATOM_BYTES {
        let rest = format!("exceeds {MAX_SELECTOR_ATOM_BYTES} bytes");
        return Err(TaskError::validation(path, &rest));
    }
    if value.contains(['\t', '\r', '\n']) {
        return Err(TaskError::validation(path, "must not contain control whitespace"));
    }
    Ok(())
}

/// Capabilities that a claimer offers, and message kinds: trimmed, each once, in
/// the order given. Blank elements stay, for a validator to refuse.
pub fn distinct_in_order(values: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::with_capacity(values.len());
    let mut seen = HashSet::with_capacity(values.len());
    for value in values {
        let value = value.trim();
        if seen.insert(value.to_owned()) {
            kept.push(value.to_owned());
        }
    }
    kept
}

/// Capabilities as a run stores them: trimmed, each once, in byte order. Blank
/// elements stay, for a validator to refuse.
pub fn normalize_capabilities(values: Vec<String>) -> Vec<String> {
    let mut values: Vec<String> = values.into_iter().map(crate::rule::trimmed).collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// Selector lists of a profile: trimmed, without blanks, each once, in byte
/// order.
pub fn normalize_selectors(values: Vec<String>) -> Vec<String> {
    let mut values = normalize_capabilities(values);
    values.retain(|value| !value.is_empty());
    values
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    fn list(values: &[&str]) -> Vec<String> {
        values.iter().map(|value| (*value).to_owned()).collect()
    }

    fn detail(values: &[&str]) -> String {
        validate_capability_ids(&list(values), "caps").unwrap_err().detail().to_owned()
    }

    #[test]
    fn broken_capabilities_are_named_by_their_place() {
        assert_eq!(detail(&["go", " go "]), r#"caps[1] duplicates capability "go""#);
        assert_eq!(detail(&["a b"]), "caps[0] must not contain whitespace or commas");
        assert_eq!(detail(&["x", "a,b"]), "caps[1] must not contain whitespace or commas");
        assert_eq!(detail(&[""]), "caps[0] is required");
        assert_eq!(detail(&["x", " "]), "caps[1] is required");
        for inner in ["\t", "\r", "\n"] {
            assert!(detail(&[&format!("a{inner}b")]).contains("whitespace"));
        }
    }

    #[test]
    fn capabilities_admit_128_bytes_and_differ_by_letter_case() {
        let longest = "x".repeat(128);
        assert!(
            validate_capability_ids(&list(&[&longest, "Go", "go", " padded "]), "caps").is_ok()
        );
        assert_eq!(detail(&[&"x".repeat(129)]), "caps[0] exceeds 128 bytes");
        assert!(validate_capability_ids(&[], "caps").is_ok());
    }

    #[test]
    fn a_capability_list_needs_a_path() {
        let refused = validate_capability_ids(&[], " ").unwrap_err();
        assert_eq!(refused.detail(), "capability path is required");
    }

    #[test]
    fn selector_atoms_may_hold_spaces_but_no_control_white_space() {
        let check = |value: &str, presence| validate_selector_atom(value, "p", presence);
        assert!(check("", Presence::Optional).is_ok());
        assert_eq!(check("", Presence::Required).unwrap_err().detail(), "p is required");
        assert!(check(" a, b ", Presence::Required).is_ok());
        assert!(check(" ", Presence::Required).is_ok());
        assert!(check(&"x".repeat(128), Presence::Optional).is_ok());
        let refused = check(&"x".repeat(129), Presence::Optional).unwrap_err();
        assert_eq!(refused.detail(), "p exceeds 128 bytes");
        for inner in ["\t", "\r", "\n"] {
            let refused = check(inner, Presence::Optional).unwrap_err();
            assert_eq!(refused.detail(), "p must not contain control whitespace");
        }
    }

    #[test]
    fn each_kind_of_list_has_its_own_canonical_form() {
        let given = [" b ", "a", "", "b", " "];
        assert_eq!(distinct_in_order(list(&given)), ["b", "a", ""]);
        assert_eq!(normalize_capabilities(list(&given)), ["", "a", "b"]);
        assert_eq!(normalize_selectors(list(&given)), ["a", "b"]);
        let agents = [" coder ", "reviewer", "coder"];
        assert_eq!(normalize_selectors(list(&agents)), ["coder", "reviewer"]);
        assert_eq!(normalize_capabilities(list(&["b", "B", "ä"])), ["B", "b", "ä"]);
    }
}
