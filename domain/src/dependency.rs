//! Dependency edges: one task waits for another.

use serde::{Deserialize, Serialize};

use crate::enumeration::{Given, enumeration};
use crate::error::{Result, TaskError};
use crate::id::TaskId;
use crate::rule::require_text;
use crate::time::Timestamp;

enumeration! {
    /// What an edge means.
    pub enum DependencyKind: plain {
        /// The task is blocked until the other one is completed.
        Blocks = "blocks",
    }
}

/// The base path of the checks that edge and request share.
const BASE: &str = "task_dependency";

/// An edge of the dependency graph. There is at most one between two tasks in
/// each direction, and no loop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Dependency {
    /// The task that waits.
    pub task_id: TaskId,
    /// The task that it waits for.
    pub depends_on_task_id: TaskId,
    /// What the edge means.
    pub kind: DependencyKind,
    /// When it was added.
    pub created_at: Timestamp,
}

impl Dependency {
    /// The canonical form: ids trimmed.
    #[must_use]
    pub fn normalize(self) -> Self {
        Self {
            task_id: self.task_id.trimmed(),
            depends_on_task_id: self.depends_on_task_id.trimmed(),
            ..self
        }
    }

    /// Checks that both ends are named and differ.
    ///
    /// # Errors
    ///
    /// `validation` under `task_dependency`.
    pub fn validate(&self) -> Result<()> {
        validate_ends(&self.task_id, &self.depends_on_task_id)
    }
}

fn validate_ends(task: &TaskId, depends_on: &TaskId) -> Result<()> {
    require_text(task.as_str(), BASE, "task_id")?;
    require_text(depends_on.as_str(), BASE, "depends_on_task_id")?;
    if task.trimmed() == depends_on.trimmed() {
        return Err(TaskError::validation(BASE, "cannot depend on itself"));
    }
    Ok(())
}

/// The request for an edge.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct AddDependency {
    /// The task that waits.
    pub task_id: TaskId,
    /// The task that it waits for.
    pub depends_on_task_id: TaskId,
    /// What the edge means. Has no default: a blank kind is refused.
    pub kind: Given<DependencyKind>,
}

impl AddDependency {
    /// The request with its ids trimmed.
    #[must_use]
    pub fn normalize(self) -> Self {
        Self {
            task_id: self.task_id.trimmed(),
            depends_on_task_id: self.depends_on_task_id.trimmed(),
            kind: self.kind.folded(),
        }
    }

    /// Checks the ends, then the kind, and answers the kind.
    ///
    /// # Errors
    ///
    /// `validation` with the text that the edge itself would give, followed by
    /// `: <path>`.
    pub fn validate(&self, path: &str) -> Result<DependencyKind> {
        validate_ends(&self.task_id, &self.depends_on_task_id)
            .and_then(|()| self.kind.require("task_dependency.kind"))
            .map_err(|error| {
                let detail = format!("{}: {}", error.detail(), path.trim());
                TaskError::at(error.kind(), error.path(), detail)
            })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::enumeration::tests::assert_values;

    fn edge(task: &str, depends_on: &str) -> Dependency {
        Dependency {
            task_id: task.into(),
            depends_on_task_id: depends_on.into(),
            kind: DependencyKind::Blocks,
            created_at: Timestamp::from_millis(0),
        }
    }

    #[test]
    fn kinds_are_the_agreed_ones() {
        assert_values::<DependencyKind>(&["blocks"]);
    }

    #[test]
    fn an_edge_joins_two_tasks() {
        assert_eq!(edge("a", "b").validate(), Ok(()));
        assert_eq!(edge(" a", "b ").normalize(), edge("a", "b"));
        let cases = [
            (edge(" ", ""), "task_dependency.task_id is required"),
            (edge("a", " "), "task_dependency.depends_on_task_id is required"),
            (edge("a", " a "), "task_dependency cannot depend on itself"),
        ];
        for (edge, text) in cases {
            assert_eq!(edge.validate().unwrap_err().detail(), text);
        }
    }

    #[test]
    fn a_request_is_told_the_same_and_where_it_was_made() {
        let request = |task: &str, depends_on: &str, kind: &str| AddDependency {
            task_id: task.into(),
            depends_on_task_id: depends_on.into(),
            kind: kind.into(),
        };
        let refused = |request: AddDependency| {
            request.validate("add_dependency").unwrap_err().detail().to_owned()
        };
        let fine = request(" a ", "b", " Blocks").normalize();
        assert_eq!(fine, request("a", "b", "blocks"));
        assert_eq!(fine.validate("add_dependency"), Ok(DependencyKind::Blocks));
        assert_eq!(
            refused(request("a", "b", "")),
            "task_dependency.kind is required: add_dependency"
        );
        assert_eq!(
            refused(request("a", "b", "x")),
            r#"task_dependency.kind has unsupported value "x": add_dependency"#
        );
        assert_eq!(
            refused(request("a", "a", "")),
            "task_dependency cannot depend on itself: add_dependency"
        );
    }
}
