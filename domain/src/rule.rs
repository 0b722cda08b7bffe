//! The rules of form that many records and requests share: where a field is,
//! what counts as missing, which numbers are allowed.

use crate::error::{Result, TaskError};

/// `<base>.<field>`; a blank part is left out.
pub(crate) fn join(base: &str, field: &str) -> String {
    match (base.trim(), field.trim()) {
        ("", field) => field.to_owned(),
        (base, "") => base.to_owned(),
        // Paths are made for every check that could refuse, so this one is not
        // left to the formatter.
        (base, field) => [base, field].join("."),
    }
}

/// `<base>[<index>]`.
pub(crate) fn element(base: &str, index: usize) -> String {
    format!("{}[{index}]", base.trim())
}

/// Refuses blank text: `<base>.<field> is required`.
pub(crate) fn require_text(value: &str, base: &str, field: &str) -> Result<()> {
    if value.trim().is_empty() {
        return Err(TaskError::required(&join(base, field)));
    }
    Ok(())
}

/// Refuses negative numbers: `<base>.<field> must be zero or positive: <n>`.
pub(crate) fn require_non_negative(value: i64, base: &str, field: &str) -> Result<()> {
    if value < 0 {
        let rest = format!("must be zero or positive: {value}");
        return Err(TaskError::validation(&join(base, field), &rest));
    }
    Ok(())
}

/// Refuses zero and negative numbers: `<base>.<field> must be positive: <n>`.
pub(crate) fn require_positive(value: i64, base: &str, field: &str) -> Result<()> {
    if value <= 0 {
        let rest = format!("must be positive: {value}");
        return Err(TaskError::validation(&join(base, field), &rest));
    }
    Ok(())
}

/// Refuses text of more than `limit` bytes: `<base>.<field> exceeds <n> bytes`.
pub(crate) fn require_within(value: &str, limit: usize, base: &str, field: &str) -> Result<()> {
    if value.len() > limit {
        let rest = format!("exceeds {limit} bytes");
        return Err(TaskError::validation(&join(base, field), &rest));
    }
    Ok(())
}

/// The text without surrounding white space.
pub(crate) fn trimmed(text: String) -> String {
    if text.trim().len() == text.len() { text } else { text.trim().to_owned() }
}

/// Serde: whether a number is left out.
pub(crate) fn is_zero(value: &i64) -> bool {
    *value == 0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[test]
    fn paths_leave_blank_parts_out() {
        assert_eq!(join(" task ", " id"), "task.id");
        assert_eq!(join(" ", "id"), "id");
        assert_eq!(join("task", ""), "task");
        assert_eq!(element("list ", 2), "list[2]");
    }

    #[test]
    fn numbers_are_refused_below_their_bound_only() {
        assert!(require_non_negative(0, "q", "limit").is_ok());
        let refused = require_non_negative(-1, "q", "limit").unwrap_err();
        assert_eq!(refused.detail(), "q.limit must be zero or positive: -1");
        assert!(require_positive(1, "q", "limit").is_ok());
        let refused = require_positive(0, "q", "limit").unwrap_err();
        assert_eq!(refused.detail(), "q.limit must be positive: 0");
    }

    #[test]
    fn limits_count_bytes_and_admit_the_limit_itself() {
        assert!(require_within("éé", 4, "a", "b").is_ok());
        let refused = require_within("éé", 3, "a", "b").unwrap_err();
        assert_eq!(refused.detail(), "a.b exceeds 3 bytes");
    }
}
