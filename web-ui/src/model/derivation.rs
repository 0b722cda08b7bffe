//! Why a task is where it is, in one sentence.

use taskloom_domain::availability::Situation;
use taskloom_domain::id::TaskId;
use taskloom_domain::run::RunStatus;
use taskloom_domain::stage::Stage;
use taskloom_domain::status::approval_blocks;
use taskloom_domain::task::ApprovalState;

use super::phrase;

/// The sentence, such as `Ready: no open blockers, last run failed, 1 of 3
/// attempts used.`
pub fn sentence(situation: &Situation, name: impl Fn(&TaskId) -> String) -> String {
    let stage = situation.stage();
    let mut facts = Vec::new();
    match stage {
        Stage::Draft => facts.push("nobody published it yet".to_owned()),
        Stage::Canceled => facts.push("it was called off, for good".into()),
        Stage::InReview => facts.push("the latest run waits for a verdict".into()),
        Stage::Done => facts.push("the latest run completed".into()),
        Stage::Failed => facts.push("the latest run failed and no attempt is left".into()),
        Stage::InProgress => facts.push(held(situation)),
        Stage::Queued => facts.push("a run waits to be claimed".into()),
        Stage::Blocked | Stage::Ready => {}
    }
    match situation.open_blockers.as_slice() {
        [] if matches!(stage, Stage::Ready | Stage::Queued) => {
            facts.push("no open blockers".into());
        }
        [] => {}
        [one] => facts.push(format!("waits for {}", name(one))),
        many => facts.push(format!("waits for {} tasks", many.len())),
    }
    if stage == Stage::Blocked && approval_blocks(&situation.task) {
        facts.push(match situation.task.approval_state {
            ApprovalState::Rejected => "its approval was rejected".into(),
            _ => "an approval is pending".into(),
        });
    }
    let latest = situation.runs.iter().max_by_key(|run| (run.attempt, run.queued_at));
    if stage == Stage::Ready && latest.is_some_and(|run| run.status == RunStatus::Failed) {
        facts.push("the last run failed".into());
    }
    let used = situation.facts().highest_attempt;
    if used > 0 && !matches!(stage, Stage::Canceled) {
        let max = phrase::count(situation.task.max_attempts as usize, "attempt");
        facts.push(format!("{used} of {max} used"));
    }
    format!("{}: {}.", phrase::stage(stage), facts.join(", "))
}

fn held(situation: &Situation) -> String {
    let run = situation.active_run();
    let holder = run.and_then(|run| run.claimed_by.as_ref()).map(phrase::actor);
    let holder = holder.unwrap_or_else(|| "Somebody".into());
    let has = if holder == "You" { "have" } else { "has" };
    match run.map(|run| run.status) {
        Some(RunStatus::Claimed) => format!("{holder} {has} claimed it"),
        Some(RunStatus::Starting) => format!("{holder} {has} it, and it is starting"),
        _ => format!("{holder} {has} it"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use std::sync::Arc;

    use serde_json::{Value, json};
    use taskloom_domain::run::Run;

    use super::*;

    const TIME: &str = "2026-01-01T00:00:00Z";

    fn situation(status: &str, runs: &[Value], blockers: &[&str]) -> Situation {
        let run = |(at, fields): (usize, &Value)| {
            let mut run = json!({
                "id": format!("run-{at}"), "task_id": "task-1", "attempt": at + 1,
                "origin": {"kind": "web", "ref": "tab"}, "queued_at": TIME,
            });
            run.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            Arc::new(serde_json::from_value::<Run>(run).unwrap())
        };
        Situation {
            task: Arc::new(
                serde_json::from_value(json!({
                    "id": "task-1", "scope": "global", "title": "Parse", "status": status,
                    "created_by": {"kind": "human", "ref": "you"},
                    "origin": {"kind": "web", "ref": "tab"},
                    "created_at": TIME, "updated_at": TIME,
                }))
                .unwrap(),
            ),
            runs: runs.iter().enumerate().map(run).collect(),
            reviews: vec![],
            open_blockers: blockers.iter().map(|id| TaskId::from(*id)).collect(),
            children: 0,
        }
    }

    fn said(situation: &Situation) -> String {
        sentence(situation, |id| id.as_str().to_uppercase())
    }

    #[test]
    fn a_ready_task_says_what_became_of_the_last_run() {
        let failed = json!({"status": "failed"});
        assert_eq!(
            said(&situation("ready", &[failed], &[])),
            "Ready: no open blockers, the last run failed, 1 of 3 attempts used."
        );
    }

    #[test]
    fn a_blocked_task_names_its_blocker_or_counts_them() {
        assert_eq!(said(&situation("blocked", &[], &["b"])), "Blocked: waits for B.");
        assert_eq!(said(&situation("blocked", &[], &["b", "c"])), "Blocked: waits for 2 tasks.");
    }

    #[test]
    fn a_held_task_names_its_holder() {
        let mine = json!({"status": "claimed", "claimed_by": {"kind": "human", "ref": "you"}});
        assert_eq!(
            said(&situation("ready", &[mine], &[])),
            "In progress: You have claimed it, 1 of 3 attempts used."
        );
        let other =
            json!({"status": "running", "claimed_by": {"kind": "agent_session", "ref": "ada"}});
        assert_eq!(
            said(&situation("in_progress", &[other], &[])),
            "In progress: ada has it, 1 of 3 attempts used."
        );
    }
}
