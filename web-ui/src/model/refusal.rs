//! A refusal of the engine, put to people: what was refused, why, what to do.
//! The kind and the detail stay available behind it.

use taskloom_domain::error::{ErrorKind, TaskError};
use taskloom_domain::id::TaskId;

/// A refusal to show where the gesture was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What was refused: `T-7 was not started`.
    pub what: String,
    /// Why, in plain words.
    pub why: String,
    /// What to do about it; may be empty.
    pub advice: &'static str,
    /// The stable code and the engine's own text, for a report.
    pub detail: String,
    /// The loop of a refused dependency, each waiting for the next; the first is
    /// also the last.
    pub cycle: Vec<TaskId>,
}

impl Refusal {
    /// From an error of the engine.
    pub fn of(
        what: impl Into<String>,
        error: &TaskError,
        name: impl Fn(&TaskId) -> String,
    ) -> Self {
        let cycle = error.evidence().to_vec();
        let (why, advice) = words(error.kind());
        let why = match error.kind() {
            ErrorKind::CycleDetected if cycle.len() > 1 => cycle_text(&cycle, name),
            ErrorKind::Validation | ErrorKind::Other if !error.detail().is_empty() => {
                format!("{why}: {}", error.detail())
            }
            _ => why.to_owned(),
        };
        let detail = format!("{}: {error}", error.kind().code());
        Self { what: what.into(), why, advice, detail, cycle }
    }

    /// A refusal that was known before the engine was asked.
    pub fn known(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            why: why.into(),
            advice: "",
            detail: String::new(),
            cycle: vec![],
        }
    }

    /// Everything in one sentence, for a live region.
    pub fn sentence(&self) -> String {
        [format!("{}: {}.", self.what, self.why), self.advice.to_owned()].join(" ").trim().into()
    }
}

/// `C needs B, B needs A; A needs C would close the loop`. The loop starts with
/// the edge that was refused.
pub fn cycle_text(cycle: &[TaskId], name: impl Fn(&TaskId) -> String) -> String {
    let mut needs: Vec<String> = cycle
        .windows(2)
        .map(|pair| format!("{} needs {}", name(&pair[0]), name(&pair[1])))
        .collect();
    if needs.is_empty() {
        return words(ErrorKind::CycleDetected).0.to_owned();
    }
    let refused = needs.remove(0);
    match needs.as_slice() {
        [] => format!("{refused} would close the loop"),
        standing => format!("{}; {refused} would close the loop", standing.join(", ")),
    }
}

/// Why, and what to do.
fn words(kind: ErrorKind) -> (&'static str, &'static str) {
    const CHANGED: &str = "It changed in another tab; the view shows the present state.";
    match kind {
        ErrorKind::TaskNotFound => ("there is no such task any more", CHANGED),
        ErrorKind::TaskRunNotFound => ("there is no such run any more", CHANGED),
        ErrorKind::TaskDependencyNotFound => ("there is no such dependency any more", CHANGED),
        ErrorKind::TaskRunIdempotencyNotFound
        | ErrorKind::TaskEventNotFound
        | ErrorKind::TaskTriageStateNotFound
        | ErrorKind::ExecutionProfileNotFound
        | ErrorKind::RunReviewNotFound
        | ErrorKind::WorkspaceNotFound => ("the record does not exist", CHANGED),
        ErrorKind::Validation => ("the entry breaks a rule", ""),
        ErrorKind::ImmutableField => ("the field is fixed at creation", "Duplicate the task."),
        ErrorKind::InvalidScopeBinding => ("scope and workspace do not fit together", ""),
        ErrorKind::PayloadTooLarge => ("the text is too large", "Shorten it."),
        ErrorKind::GraphLimitExceeded => (
            "a limit of the graph is reached (8 levels, 64 children, 32 blockers)",
            "Join blockers in one task, or use another parent.",
        ),
        ErrorKind::CycleDetected => (
            "the tasks would wait for one another for ever",
            "Remove one of the dependencies in the loop first.",
        ),
        ErrorKind::InvalidStatusTransition => ("its present state does not allow that", CHANGED),
        ErrorKind::Conflict => ("something else is stored already", CHANGED),
        ErrorKind::SessionAlreadyBound => ("a session is bound already", ""),
        ErrorKind::SessionAttachNotAllowed => ("the run takes no session now", ""),
        ErrorKind::StaleNetworkChannel => ("its network channel is not valid any more", ""),
        ErrorKind::PermissionDenied | ErrorKind::ForbiddenOperatorAction => {
            ("this identity may not do that", "Act as somebody who may.")
        }
        ErrorKind::NoClaimableRun => (
            "no run in the queue can be claimed",
            "Runs of blocked or paused tasks, and of tasks with an owner, are passed over.",
        ),
        ErrorKind::InvalidClaimToken => ("the claim was lost", "Somebody else may hold the run."),
        ErrorKind::LeaseExpired => ("the claim ran out", "The run goes back to the queue."),
        ErrorKind::ActiveRunLease => ("you hold a claimed run already", "Finish that one first."),
        ErrorKind::ForceOpRequiresReason => ("a reason is needed", "Say why."),
        ErrorKind::ForceOpRateLimited => ("too many in a minute", "Wait a little."),
        ErrorKind::RetryChainTooDeep => ("it was retried too often", "Run it again instead."),
        ErrorKind::BulkTooLarge => ("too many at once", "Take fewer than 50."),
        ErrorKind::Other => ("something outside the rules failed", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(id: &TaskId) -> String {
        id.as_str().to_uppercase()
    }

    #[test]
    fn every_kind_has_words_of_its_own_and_keeps_its_code() {
        for kind in ErrorKind::ALL {
            let refusal = Refusal::of("T-1 was not started", &TaskError::new(*kind), name);
            assert!(refusal.detail.starts_with(kind.code()), "{refusal:?}");
            assert!(!refusal.why.is_empty() && !refusal.why.contains("task:"), "{refusal:?}");
            assert!(!refusal.why.ends_with('.'), "{refusal:?}");
        }
    }

    #[test]
    fn a_loop_is_told_edge_by_edge_with_the_refused_one_last() {
        let cycle: Vec<TaskId> = ["a", "c", "b", "a"].map(TaskId::from).into();
        let refusal = Refusal::of("not added", &TaskError::cycle(cycle.clone()), name);
        assert_eq!(refusal.why, "C needs B, B needs A; A needs C would close the loop");
        assert_eq!(refusal.cycle, cycle);
    }

    #[test]
    fn a_loop_of_two_names_both_edges() {
        let cycle: Vec<TaskId> = ["a", "b", "a"].map(TaskId::from).into();
        assert_eq!(cycle_text(&cycle, name), "B needs A; A needs B would close the loop");
    }
}
