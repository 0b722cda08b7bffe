//! Makes a bundle fit its budget: what is oldest goes first, advice goes last, and
//! what says what the work is never goes.

use serde::Serialize;

use crate::error::{ErrorKind, Result, TaskError};
use crate::view::context::ContextBundle;

/// Sheds parts of the bundle until its JSON fits into `budget` bytes; 0 means any
/// size.
///
/// # Errors
///
/// `payload_too_large` where what cannot be shed is too large by itself.
pub(super) fn fit(bundle: &mut ContextBundle, budget: usize) -> Result<()> {
    if budget == 0 {
        return Ok(());
    }
    let mut excess = encoded_len(bundle).saturating_sub(budget);
    let gone = to_shed(bundle.recent_events.iter(), &mut excess);
    bundle.recent_events.drain(..gone);
    shed_last(&mut bundle.prior_attempts, &mut excess);
    shed_last(&mut bundle.review_history, &mut excess);
    while encoded_len(bundle) > budget {
        let Some(text) = advice(bundle) else {
            let detail = format!("context_bundle exceeds {budget} bytes after trimming");
            return Err(TaskError::at(ErrorKind::PayloadTooLarge, "context_bundle", detail));
        };
        halve(text);
    }
    Ok(())
}

/// The advice that is cut next, if any is left.
fn advice(bundle: &mut ContextBundle) -> Option<&mut String> {
    let ContextBundle { handoff_summary, review_continuation, .. } = bundle;
    let guidance =
        review_continuation.as_mut().map(|continuation| &mut continuation.next_round_guidance);
    [Some(handoff_summary), guidance].into_iter().flatten().find(|text| !text.is_empty())
}

fn halve(text: &mut String) {
    let mut end = text.len() / 2;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
}

fn shed_last<T: Serialize>(list: &mut Vec<T>, excess: &mut usize) {
    let gone = to_shed(list.iter().rev(), excess);
    list.truncate(list.len() - gone);
}

/// How many items of a list have to go, in this order, to take the excess away or
/// to empty the list.
fn to_shed<'a, T: Serialize + 'a>(
    items: impl ExactSizeIterator<Item = &'a T>,
    excess: &mut usize,
) -> usize {
    let all = items.len();
    let mut gone = 0;
    for item in items {
        if *excess == 0 {
            break;
        }
        gone += 1;
        let comma = usize::from(gone < all);
        *excess = excess.saturating_sub(encoded_len(item) + comma);
    }
    gone
}

fn encoded_len(value: &impl Serialize) -> usize {
    serde_json::to_vec(value).expect("a bundle holds strings, numbers and valid documents").len()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    fn bundle() -> ContextBundle {
        let task = serde_json::json!({
            "id": "t", "title": "T", "status": "ready", "scope": "global",
            "priority": "medium", "latest_event_seq": 9,
        });
        let run = |attempt: u32| {
            serde_json::json!({
                "id": format!("r{attempt}"), "task_id": "t", "status": "failed",
                "attempt": attempt, "max_attempts": 3, "queued_at": "2026-01-01T00:00:00Z",
            })
        };
        let event = |sequence: u32| {
            serde_json::json!({
                "sequence": sequence, "event_id": format!("e{sequence}"), "task": task,
                "event_type": "task.updated", "timestamp": "2026-01-01T00:00:00Z",
                "actor": { "kind": "human", "ref": "ada" },
                "origin": { "kind": "cli", "ref": "cli" },
            })
        };
        let review = |round: u32| {
            serde_json::json!({
                "review_id": format!("v{round}"), "run_id": "r1", "review_round": round,
                "attempt": 1, "status": "recorded",
            })
        };
        serde_json::from_value(serde_json::json!({
            "task": task,
            "latest_event_seq": 9,
            "prior_attempts": [run(3), run(2), run(1)],
            "recent_events": [event(7), event(8), event(9)],
            "review_history": [review(2), review(1)],
            "handoff_summary": "héllo wörld",
            "limits": {
                "max_runtime_seconds": 0, "summary_max_bytes": 1, "context_body_max_bytes": 1,
            },
            "review_continuation": {
                "review_id": "v1", "reviewed_run_id": "r1", "review_round": 2,
                "outcome": "rejected", "reason": "thin", "missing_work": ["tests"],
                "next_round_guidance": "again",
            },
        }))
        .unwrap()
    }

    /// What is left of a bundle, in short.
    fn left(bundle: &ContextBundle) -> (Vec<i64>, Vec<u32>, usize, &str, &str) {
        let continuation = bundle.review_continuation.as_ref().unwrap();
        (
            bundle.recent_events.iter().map(|event| event.sequence.get()).collect(),
            bundle.prior_attempts.iter().map(|run| run.attempt).collect(),
            bundle.review_history.len(),
            &bundle.handoff_summary,
            &continuation.next_round_guidance,
        )
    }

    /// The same, one measured step at a time.
    fn fit_slowly(bundle: &mut ContextBundle, budget: usize) -> bool {
        while encoded_len(bundle) > budget {
            if !bundle.recent_events.is_empty() {
                bundle.recent_events.remove(0);
            } else if bundle.prior_attempts.pop().is_none() && bundle.review_history.pop().is_none()
            {
                let Some(text) = advice(bundle) else { return false };
                halve(text);
            }
        }
        true
    }

    #[test]
    fn a_bundle_that_fits_stays_whole() {
        let whole = bundle();
        for budget in [0, encoded_len(&whole), usize::MAX] {
            let mut trimmed = whole.clone();
            fit(&mut trimmed, budget).unwrap();
            assert_eq!(trimmed, whole);
        }
    }

    #[test]
    fn the_oldest_event_goes_first() {
        let mut trimmed = bundle();
        let budget = encoded_len(&trimmed) - 1;
        fit(&mut trimmed, budget).unwrap();
        let all = "héllo wörld";
        assert_eq!(left(&trimmed), (vec![8, 9], vec![3, 2, 1], 2, all, "again"));
    }

    #[test]
    fn every_budget_gives_what_measured_steps_give() {
        let whole = bundle();
        let mut smallest = usize::MAX;
        for budget in (1..=encoded_len(&whole)).rev() {
            let (mut one, mut other) = (whole.clone(), whole.clone());
            let fits = fit_slowly(&mut other, budget);
            assert_eq!(fit(&mut one, budget).is_ok(), fits, "{budget}");
            if !fits {
                break;
            }
            assert_eq!(one, other, "{budget}");
            smallest = budget;
        }
        let mut least = whole;
        fit(&mut least, smallest).unwrap();
        assert_eq!(left(&least), (vec![], vec![], 0, "", ""));
        let refused = fit(&mut least, smallest - 1).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::PayloadTooLarge);
        let detail = format!("context_bundle exceeds {} bytes after trimming", smallest - 1);
        assert_eq!(refused.detail(), detail);
    }

    #[test]
    fn halving_keeps_characters_whole_and_reaches_nothing() {
        let mut text = "hé".to_owned();
        halve(&mut text);
        assert_eq!(text, "h");
        halve(&mut text);
        assert_eq!(text, "");
    }
}
