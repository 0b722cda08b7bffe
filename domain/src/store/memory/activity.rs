//! Lists of tasks: their order, and the filters of a query.

use std::sync::Arc;

use super::State;
use super::task_entry::TaskEntry;
use crate::actor::OwnerKind;
use crate::id::TaskId;
use crate::query::Query;
use crate::task::{ApprovalState, Priority, Scope, Status, Task};
use crate::time::Timestamp;

/// The place of a task in the order of activity; the greatest comes first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Activity {
    pub(super) last_activity_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) created_at: Timestamp,
    pub(super) task: TaskId,
}

impl State {
    /// The tasks that pass a query, walked from the latest activity on, no
    /// further than its limit. Below a parent, only its children are looked at.
    pub(super) fn tasks_of(&self, query: &Query) -> Vec<Arc<Task>> {
        let filter = TaskFilter::of(query);
        let limit = at_most(query.limit);
        if let Some(parent) = &query.parent_task_id {
            let children = self.children_of(parent);
            return children.filter(|task| filter.admits(task)).take(limit).cloned().collect();
        }
        let newest_first = self.activity.iter().rev().filter_map(|place| self.task(&place.task));
        newest_first.filter(|task| filter.admits(task)).take(limit).cloned().collect()
    }

    /// The children of a task, latest activity first.
    pub(super) fn children_of(&self, parent: &TaskId) -> impl Iterator<Item = &Arc<Task>> {
        let children = self.tasks.get(parent).into_iter().flat_map(|entry| &entry.children);
        let mut children: Vec<&TaskEntry> =
            children.filter_map(|child| self.tasks.get(child)).collect();
        children.sort_by_cached_key(|entry| std::cmp::Reverse(entry.activity()));
        children.into_iter().filter_map(|entry| entry.record.as_ref())
    }
}

/// The limit of a query: 0 means all.
pub(super) fn at_most(limit: i64) -> usize {
    match usize::try_from(limit) {
        Ok(0) | Err(_) => usize::MAX,
        Ok(limit) => limit,
    }
}

/// The filters of a query, read once.
struct TaskFilter<'a> {
    query: &'a Query,
    scope: Option<Scope>,
    status: Option<Status>,
    priority: Option<Priority>,
    approval_state: Option<ApprovalState>,
    owner_kind: Option<OwnerKind>,
    search: String,
}

impl<'a> TaskFilter<'a> {
    fn of(query: &'a Query) -> Self {
        Self {
            query,
            scope: query.scope.known(),
            status: query.status.known(),
            priority: query.priority.known(),
            approval_state: query.approval_state.known(),
            owner_kind: query.owner_kind.known(),
            search: query.search.trim().to_lowercase(),
        }
    }

    fn admits(&self, task: &Task) -> bool {
        let query = self.query;
        let owner = task.owner.as_ref();
        self.scope.is_none_or(|scope| scope == task.scope)
            && self.status.is_none_or(|status| status == task.status)
            && self.priority.is_none_or(|priority| priority == task.priority)
            && self.approval_state.is_none_or(|state| state == task.approval_state)
            && self.owner_kind.is_none_or(|kind| owner.is_some_and(|owner| owner.kind == kind))
            && equal_or_off(&query.owner_ref, owner.map_or("", |owner| &owner.reference))
            && equal_or_off(&query.network_channel, &task.network_channel)
            && (query.workspace_id.is_none() || query.workspace_id == task.workspace_id)
            && (query.parent_task_id.is_none() || query.parent_task_id == task.parent_task_id)
            && (contains(&task.title, &self.search) || contains(&task.identifier, &self.search))
    }
}

/// Whether a text equals a filter; an empty filter does not filter.
pub(super) fn equal_or_off(filter: &str, text: &str) -> bool {
    filter.is_empty() || filter == text
}

/// Whether a text contains a lower-case one, letter case ignored.
fn contains(text: &str, lower: &str) -> bool {
    if !text.is_ascii() {
        return text.to_lowercase().contains(lower);
    }
    // Most texts are ASCII, and then nothing has to be copied.
    lower.is_empty()
        || text
            .as_bytes()
            .windows(lower.len())
            .any(|part| part.eq_ignore_ascii_case(lower.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_ignores_letter_case_and_takes_every_character_literally() {
        let cases = [
            ("Fix the Build", "the b", true),
            ("Fix the Build", "", true),
            ("", "", true),
            ("", "a", false),
            ("50% done", "50%", true),
            ("500 done", "50%", false),
            ("a_b", "a_", true),
            ("axb", "a_", false),
            ("ÄRGER", "ärger", true),
            ("Straße", "ß", true),
            ("strasse", "ß", false),
            ("abc", "abcd", false),
        ];
        for (text, lower, expected) in cases {
            assert_eq!(contains(text, lower), expected, "{text:?} {lower:?}");
        }
    }

    #[test]
    fn a_limit_of_zero_means_all() {
        assert_eq!([at_most(0), at_most(-1), at_most(3)], [usize::MAX, usize::MAX, 3]);
    }
}
