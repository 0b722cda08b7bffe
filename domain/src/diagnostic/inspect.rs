//! The findings of an inspection.

use super::{DiagnosticCode, DiagnosticItem, DiagnosticSource};
use crate::time::Timestamp;
use crate::view::inspect::{InspectRunSummary, InspectSessionSummary};

/// A claimed run without a heartbeat for longer than this many seconds is stuck.
pub const STUCK_AFTER_SECONDS: i64 = 120;
/// A run that is queued for this many seconds without a session for it is
/// stranded.
pub const STRANDED_AFTER_SECONDS: i64 = 300;

/// A claimed run has not been heard of for `age_seconds`.
pub fn stuck(run: &InspectRunSummary, as_of: Timestamp, age_seconds: i64) -> DiagnosticItem {
    finding(
        run,
        as_of,
        DiagnosticCode::TaskRunStuck,
        "The claimed run gives no sign of life",
        format!("Run {} was last heard of {age_seconds} seconds ago.", run.run_id),
    )
    .with_command(release_because(run, "stuck"))
    .with_evidence("heartbeat_age_seconds", age_seconds)
    .with_evidence("threshold_seconds", STUCK_AFTER_SECONDS)
}

/// A claimed run's lease has ended.
pub fn stale_lease(run: &InspectRunSummary, as_of: Timestamp) -> DiagnosticItem {
    finding(
        run,
        as_of,
        DiagnosticCode::TaskRunStaleLease,
        "The lease of the claimed run has ended",
        format!("Run {} is still claimed, but its lease has ended.", run.run_id),
    )
    .with_command(release_because(run, "stale lease"))
}

/// A run's session has ended, the run has not.
pub fn orphan(
    run: &InspectRunSummary,
    as_of: Timestamp,
    session: &InspectSessionSummary,
) -> DiagnosticItem {
    finding(
        run,
        as_of,
        DiagnosticCode::TaskRunOrphan,
        "The session of the run has ended",
        format!("Run {} is bound to session {}, which has ended.", run.run_id, session.session_id),
    )
    .with_command(release_because(run, "orphaned"))
    .with_evidence("session_id", session.session_id.as_str())
    .with_evidence("session_state", session.state.as_str())
    .with_evidence("session_failure", session.failure_kind.as_str())
}

/// A run failed, and nothing came after it.
pub fn crashed(run: &InspectRunSummary, as_of: Timestamp) -> DiagnosticItem {
    finding(
        run,
        as_of,
        DiagnosticCode::TaskRunCrashed,
        "The run has failed",
        format!("Run {} has failed, and no other run has taken its place.", run.run_id),
    )
    .with_command(format!("enqueue_run {}", run.task_id))
    .with_evidence("last_error_summary", run.last_error_summary.as_str())
    .with_evidence("failure_kind", run.failure_kind.as_str())
}

/// A run has been queued for `age_seconds`, and no session is there for it.
pub fn stranded(run: &InspectRunSummary, as_of: Timestamp, age_seconds: i64) -> DiagnosticItem {
    finding(
        run,
        as_of,
        DiagnosticCode::TaskRunStranded,
        "No session is there for the queued run",
        format!("Run {} has been queued for {age_seconds} seconds.", run.run_id),
    )
    .with_command("claim_next_run from a worker session")
    .with_evidence("queued_age_seconds", age_seconds)
    .with_evidence("threshold_seconds", STRANDED_AFTER_SECONDS)
    .with_evidence("eligible_session_count", 0)
    .with_evidence("scheduler_paused", false)
}

fn release_because(run: &InspectRunSummary, reason: &str) -> String {
    format!("force_release_run {} with reason \"{reason}\"", run.run_id)
}

fn finding(
    run: &InspectRunSummary,
    as_of: Timestamp,
    code: DiagnosticCode,
    title: &'static str,
    message: String,
) -> DiagnosticItem {
    let source = DiagnosticSource::Inspect(run.run_id.clone());
    let mut item = DiagnosticItem::new(&source, code, title, message)
        .with_evidence("run_id", run.run_id.as_str())
        .with_evidence("task_id", run.task_id.as_str())
        .with_evidence("status", run.status.to_string())
        .with_evidence("attempt", run.attempt)
        .with_evidence("as_of", as_of.to_string());
    if !run.claim_token_hash_truncated.is_empty() {
        item = item
            .with_evidence("claim_token_hash_truncated", run.claim_token_hash_truncated.as_str());
    }
    let instants = [("lease_until", run.lease_until), ("heartbeat_at", run.heartbeat_at)];
    for (key, instant) in instants {
        if let Some(instant) = instant {
            item = item.with_evidence(key, instant.to_string());
        }
    }
    item
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::RunStatus;

    const AS_OF: Timestamp = Timestamp::from_millis(60_000);

    fn run() -> InspectRunSummary {
        InspectRunSummary {
            run_id: "run-1".into(),
            task_id: "task-1".into(),
            status: RunStatus::Claimed,
            claim_token_hash_truncated: "0123abcd".to_owned(),
            lease_until: Some(Timestamp::from_millis(30_000)),
            heartbeat_at: None,
            heartbeat_age_seconds: Some(121),
            retries: 0,
            last_error_summary: "password=x".to_owned(),
            failure_kind: String::new(),
            bound_session_id: None,
            started_at: None,
            ended_at: None,
            previous_run_id: None,
            queued_at: Timestamp::from_millis(0),
            attempt: 2,
        }
    }

    #[test]
    fn each_finding_has_its_id_and_a_suggestion() {
        let session = InspectSessionSummary::default();
        let cases = [
            (stuck(&run(), AS_OF, 121), "task.inspect.task_run_stuck.run-1"),
            (stale_lease(&run(), AS_OF), "task.inspect.task_run_stale_lease.run-1"),
            (orphan(&run(), AS_OF, &session), "task.inspect.task_run_orphan.run-1"),
            (crashed(&run(), AS_OF), "task.inspect.task_run_crashed.run-1"),
            (stranded(&run(), AS_OF, 300), "task.inspect.task_run_stranded.run-1"),
        ];
        for (item, id) in cases {
            assert_eq!(item.id, id);
            assert!(!item.suggested_command.is_empty(), "{id}");
        }
    }

    #[test]
    fn the_evidence_shows_instants_as_text_and_omits_unset_ones() {
        let evidence = stale_lease(&run(), AS_OF).evidence;
        assert_eq!(evidence["lease_until"], "1970-01-01T00:00:30Z");
        assert_eq!(evidence["as_of"], "1970-01-01T00:01:00Z");
        assert_eq!(evidence["claim_token_hash_truncated"], "0123abcd");
        assert_eq!(evidence["attempt"], 2);
        assert!(!evidence.contains_key("heartbeat_at"));
    }

    #[test]
    fn secrets_in_a_runs_error_stay_out_of_the_evidence() {
        let evidence = crashed(&run(), AS_OF).evidence;
        assert_eq!(evidence["last_error_summary"], "password=[REDACTED]");
    }
}
