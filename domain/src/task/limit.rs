//! How deep, how wide and how often: the bounds of the task graph.

use crate::error::{ErrorKind, Result, TaskError};
use crate::rule::{join, require_positive};

/// The attempts of a task that names no number.
pub const DEFAULT_TASK_MAX_ATTEMPTS: u32 = 3;
/// The most attempts that a task may allow.
pub const MAX_TASK_MAX_ATTEMPTS: u32 = 10;
/// The greatest depth of a task; a task without parent has depth 1.
pub const MAX_HIERARCHY_DEPTH: i64 = 8;
/// The most dependency edges that leave one task.
pub const MAX_DEPENDENCY_COUNT: i64 = 32;
/// The most direct children of one task.
pub const MAX_DIRECT_CHILDREN: i64 = 64;

/// Checks the depth that a task would have.
///
/// # Errors
///
/// `validation` if negative, `graph_limit_exceeded` above
/// [`MAX_HIERARCHY_DEPTH`].
pub fn validate_hierarchy_depth(depth: i64) -> Result<()> {
    bounded("hierarchy depth", depth, MAX_HIERARCHY_DEPTH)
}

/// Checks how many edges would leave a task.
///
/// # Errors
///
/// `validation` if negative, `graph_limit_exceeded` above
/// [`MAX_DEPENDENCY_COUNT`].
pub fn validate_dependency_count(count: i64) -> Result<()> {
    bounded("dependency count", count, MAX_DEPENDENCY_COUNT)
}

/// Checks how many direct children a task would have.
///
/// # Errors
///
/// `validation` if negative, `graph_limit_exceeded` above
/// [`MAX_DIRECT_CHILDREN`].
pub fn validate_direct_child_count(count: i64) -> Result<()> {
    bounded("direct child count", count, MAX_DIRECT_CHILDREN)
}

fn bounded(label: &str, count: i64, max: i64) -> Result<()> {
    if count < 0 {
        let detail = format!("{label} cannot be negative: {count}");
        return Err(TaskError::with_detail(ErrorKind::Validation, detail));
    }
    if count > max {
        let detail = format!("{label} exceeds {max}: {count}");
        return Err(TaskError::with_detail(ErrorKind::GraphLimitExceeded, detail));
    }
    Ok(())
}

/// Checks an attempt budget at `<path>.max_attempts`: 1 to
/// [`MAX_TASK_MAX_ATTEMPTS`].
pub(super) fn validate_max_attempts(value: i64, path: &str) -> Result<()> {
    require_positive(value, path, "max_attempts")?;
    if value > i64::from(MAX_TASK_MAX_ATTEMPTS) {
        let rest = format!("must be <= {MAX_TASK_MAX_ATTEMPTS}: {value}");
        return Err(TaskError::validation(&join(path, "max_attempts"), &rest));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[test]
    fn counts_admit_their_limit_and_refuse_one_more() {
        type Check = fn(i64) -> Result<()>;
        let checks: [(Check, &str, i64); 3] = [
            (validate_hierarchy_depth, "hierarchy depth", 8),
            (validate_dependency_count, "dependency count", 32),
            (validate_direct_child_count, "direct child count", 64),
        ];
        for (check, label, limit) in checks {
            assert_eq!(check(0), Ok(()));
            assert_eq!(check(limit), Ok(()));
            let over = check(limit + 1).unwrap_err();
            assert_eq!(over.kind(), ErrorKind::GraphLimitExceeded);
            assert_eq!(over.detail(), format!("{label} exceeds {limit}: {}", limit + 1));
            let negative = check(-1).unwrap_err();
            assert_eq!(negative.kind(), ErrorKind::Validation);
            assert_eq!(negative.detail(), format!("{label} cannot be negative: -1"));
        }
    }

    #[test]
    fn attempt_budgets_run_from_one_to_ten() {
        let check =
            |value| validate_max_attempts(value, "t").map_err(|error| error.detail().to_owned());
        assert_eq!(check(1), Ok(()));
        assert_eq!(check(10), Ok(()));
        assert_eq!(check(0), Err("t.max_attempts must be positive: 0".to_owned()));
        assert_eq!(check(-1), Err("t.max_attempts must be positive: -1".to_owned()));
        assert_eq!(check(11), Err("t.max_attempts must be <= 10: 11".to_owned()));
    }
}
