//! Why a bundle does not go onto a board, put to people.

use taskloom_domain::id::TaskId;
use taskloom_domain::merge::MergeConflict;
use taskloom_storage::ImportError;

use crate::model::refusal::{Refusal, cycle_text};

/// The refusal in an error. `name` is what people call a task.
pub fn refusal(what: &str, error: &ImportError, name: impl Fn(&TaskId) -> String) -> Refusal {
    let detail = format!("{}: {error}", error.code());
    let ImportError::Conflict(conflict) = error else {
        return Refusal { detail, ..Refusal::known(what, error.to_string()) };
    };
    let why = match conflict {
        MergeConflict::Cycle(tasks) => cycle_text(tasks, name),
        _ => {
            let mut why = conflict.to_string();
            for task in conflict.tasks() {
                let called = name(&task);
                if called != task.as_str() {
                    why.push_str(&format!(" ({task} is {called})"));
                }
            }
            why
        }
    };
    let advice = "Change one of the two boards first, or replace this one by the file.";
    Refusal { detail, advice, ..Refusal::known(what, why) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(id: &TaskId) -> String {
        if id.as_str() == "x" { "x".into() } else { id.as_str().to_uppercase() }
    }

    #[test]
    fn a_conflict_names_tasks_as_people_do() {
        let runs = ["r1", "r2"].map(Into::into);
        let conflict = MergeConflict::OpenRuns { task: "a".into(), runs };
        let refusal = refusal("No", &conflict.into(), name);
        assert_eq!(refusal.why, "merged, task a would have two open runs: r1 and r2 (a is A)");
        assert!(refusal.detail.starts_with("conflict: "), "{}", refusal.detail);
    }

    #[test]
    fn a_loop_is_told_edge_by_edge() {
        let conflict = MergeConflict::Cycle(["a", "b", "a"].map(TaskId::from).into());
        let why = refusal("No", &conflict.into(), name).why;
        assert_eq!(why, "B needs A; A needs B would close the loop");
    }

    #[test]
    fn another_error_stands_for_itself() {
        let refusal = refusal("No", &ImportError::NotEmpty, name);
        assert_eq!(refusal.why, ImportError::NotEmpty.to_string());
        assert_eq!(refusal.advice, "");
    }
}
