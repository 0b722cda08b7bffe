//! The refusals of force operations, each with its diagnostic.

use super::{DiagnosticCode, DiagnosticItem, DiagnosticSource, refusal};
use crate::actor::ActorIdentity;
use crate::error::TaskError;
use crate::force::{MAX_FORCE_RUN_BULK_IDS, MAX_RETRY_RUN_CHAIN_DEPTH};
use crate::id::TaskId;
use crate::run::Run;
use crate::task::{Status, Task};

/// The board does not let agents use force.
pub fn forbidden(actor: &ActorIdentity) -> TaskError {
    refusal(
        DiagnosticItem::new(
            &DiagnosticSource::Force,
            DiagnosticCode::ForbiddenOperatorAction,
            "Force operations are closed to agents",
            "This board lets people and services use force, but no agent sessions.",
        )
        .with_evidence("actor_kind", actor.kind.to_string())
        .with_evidence("actor_id", actor.reference.as_str()),
    )
}

/// The agent session used force on the task `limit` times within a minute.
pub fn rate_limited(actor: &ActorIdentity, task: &TaskId, limit: i64) -> TaskError {
    refusal(
        DiagnosticItem::new(
            &DiagnosticSource::Force,
            DiagnosticCode::ForceOpRateLimited,
            "Too many force operations",
            format!(
                "Session {} used force on task {task} {limit} times within a minute.",
                actor.reference
            ),
        )
        .with_evidence("actor_kind", actor.kind.to_string())
        .with_evidence("actor_id", actor.reference.as_str())
        .with_evidence("task_id", task.as_str())
        .with_evidence("limit_per_minute", limit),
    )
}

/// A run cannot be failed by force without a reason.
pub fn fail_requires_reason() -> TaskError {
    refusal(DiagnosticItem::new(
        &DiagnosticSource::Force,
        DiagnosticCode::ForceOpRequiresReason,
        "A forced failure needs a reason",
        "Give a reason, so that the audit log says why the run was failed.",
    ))
}

/// Runs cannot be failed by force without a reason.
pub fn bulk_fail_requires_reason() -> TaskError {
    refusal(DiagnosticItem::new(
        &DiagnosticSource::Force,
        DiagnosticCode::ForceOpRequiresReason,
        "A forced failure needs a reason",
        "Give a reason, so that the audit log says why each run was failed.",
    ))
}

/// A task cannot be paused without a reason.
pub fn pause_requires_reason() -> TaskError {
    refusal(DiagnosticItem::new(
        &DiagnosticSource::Pause,
        DiagnosticCode::ForceOpRequiresReason,
        "A pause needs a reason",
        "Give a reason, so that the audit log says why the task was paused.",
    ))
}

/// A bulk request names `count` runs, which is too many.
pub fn bulk_too_large(count: usize) -> TaskError {
    refusal(
        DiagnosticItem::new(
            &DiagnosticSource::Force,
            DiagnosticCode::BulkTooLarge,
            "Too many runs in one request",
            format!("{count} runs were named; {MAX_FORCE_RUN_BULK_IDS} are accepted at once."),
        )
        .with_evidence("limit", MAX_FORCE_RUN_BULK_IDS)
        .with_evidence("count", count),
    )
}

/// A failed run has `depth` predecessors, which is too many for another retry.
pub fn retry_chain_too_deep(run: &Run, depth: usize) -> TaskError {
    refusal(
        of_run(
            run,
            DiagnosticCode::RetryChainTooDeep,
            "The run was retried too often",
            format!(
                "Run {} has {depth} runs before it; runs with {MAX_RETRY_RUN_CHAIN_DEPTH} or \
                 more cannot be retried.",
                run.id
            ),
        )
        .with_evidence("depth", depth)
        .with_evidence("limit", MAX_RETRY_RUN_CHAIN_DEPTH),
    )
}

/// Only claimed runs can be released by force.
pub fn not_releasable(run: &Run) -> TaskError {
    refusal(of_run(
        run,
        DiagnosticCode::TaskRunNotReleasable,
        "The run cannot be released",
        format!("Run {} is {}; only claimed runs can be released by force.", run.id, run.status),
    ))
}

/// A starting or running run has to be stopped, not failed by force.
pub fn still_active(run: &Run) -> TaskError {
    refusal(
        of_run(
            run,
            DiagnosticCode::TaskRunStillActive,
            "The run is still active",
            format!("Run {} is {}; stop it instead of failing it by force.", run.id, run.status),
        )
        .with_command(format!("cancel_run {}", run.id)),
    )
}

/// Only failed runs can be retried.
pub fn not_retryable(run: &Run) -> TaskError {
    refusal(of_run(
        run,
        DiagnosticCode::TaskRunStillActive,
        "The run cannot be retried",
        format!("Run {} is {}; only failed runs can be retried.", run.id, run.status),
    ))
}

/// A run that has ended cannot be failed by force.
pub fn already_terminal(run: &Run) -> TaskError {
    refusal(of_run(
        run,
        DiagnosticCode::TaskRunAlreadyTerminal,
        "The run has ended already",
        format!("Run {} is {} and cannot be failed by force.", run.id, run.status),
    ))
}

/// A task that has ended cannot be paused.
pub fn task_already_terminal(task: &Task) -> TaskError {
    let status: Status = task.status;
    refusal(
        DiagnosticItem::new(
            &DiagnosticSource::Pause,
            DiagnosticCode::TaskRunAlreadyTerminal,
            "The task has ended already",
            format!("Task {} is {status} and cannot be paused.", task.id),
        )
        .with_evidence("task_id", task.id.as_str())
        .with_evidence("task_status", status.to_string()),
    )
}

fn of_run(run: &Run, code: DiagnosticCode, title: &'static str, message: String) -> DiagnosticItem {
    DiagnosticItem::new(&DiagnosticSource::Force, code, title, message)
        .with_evidence("run_id", run.id.as_str())
        .with_evidence("task_id", run.task_id.as_str())
        .with_evidence("status", run.status.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::actor::ActorKind;

    fn run() -> Run {
        serde_json::from_str(
            r#"{"id":"run-1","task_id":"task-1","status":"running","attempt":1,
            "origin":{"kind":"cli","ref":"cli"},"queued_at":"2026-01-01T00:00:00Z"}"#,
        )
        .unwrap()
    }

    fn task() -> Task {
        serde_json::from_str(
            r#"{"id":"task-1","scope":"global","title":"Build","priority":"medium",
            "max_attempts":3,"status":"completed","approval_policy":"none",
            "approval_state":"not_required","latest_event_seq":0,
            "created_by":{"kind":"human","ref":"ada"},"origin":{"kind":"cli","ref":"cli"},
            "created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z",
            "closed_at":"2026-01-01T00:00:00Z"}"#,
        )
        .unwrap()
    }

    #[test]
    fn each_refusal_names_its_source_code_and_kind() {
        let actor = ActorIdentity::new(ActorKind::AgentSession, "ada");
        let run = run();
        let cases = [
            (forbidden(&actor), "task.force.forbidden_operator_action"),
            (rate_limited(&actor, &"task-1".into(), 10), "task.force.force_op_rate_limited"),
            (fail_requires_reason(), "task.force.force_op_requires_reason"),
            (bulk_fail_requires_reason(), "task.force.force_op_requires_reason"),
            (pause_requires_reason(), "task.pause.force_op_requires_reason"),
            (bulk_too_large(51), "task.force.bulk_too_large"),
            (retry_chain_too_deep(&run, 10), "task.force.retry_chain_too_deep"),
            (not_releasable(&run), "task.force.task_run_not_releasable"),
            (still_active(&run), "task.force.task_run_still_active"),
            (not_retryable(&run), "task.force.task_run_still_active"),
            (already_terminal(&run), "task.force.task_run_already_terminal"),
            (task_already_terminal(&task()), "task.pause.task_run_already_terminal"),
        ];
        for (error, id) in cases {
            let item = error.diagnostic().unwrap();
            assert_eq!(item.id, id);
            assert_eq!(Some(error.kind()), item.code.error_kind());
        }
    }

    #[test]
    fn the_evidence_holds_the_facts() {
        let error = not_releasable(&run());
        let evidence = &error.diagnostic().unwrap().evidence;
        assert_eq!(evidence["run_id"], "run-1");
        assert_eq!(evidence["status"], "running");
        let error = task_already_terminal(&task());
        let evidence = &error.diagnostic().unwrap().evidence;
        assert_eq!(
            (&evidence["task_id"], &evidence["task_status"]),
            (&"task-1".into(), &"completed".into())
        );
    }
}
