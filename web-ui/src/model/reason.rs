//! Why a verb cannot work, in words. The same text stands beside a button, in a
//! menu and on a column that refuses a card.

use taskloom_domain::actor::OwnerKind;
use taskloom_domain::availability::{Reason, Verb};
use taskloom_domain::id::TaskId;
use taskloom_domain::task::Status;

use super::phrase;

/// What a verb is called on a button.
pub fn verb(verb: Verb) -> &'static str {
    match verb {
        Verb::Publish => "Publish",
        Verb::Start => "Start",
        Verb::Take => "Take it",
        Verb::Finish => "Finish",
        Verb::TakeAndFinish => "Take and finish",
        Verb::Cancel => "Cancel task",
        Verb::Delete => "Delete",
    }
}

/// The reason as the end of a sentence, without a full stop.
pub fn text(reason: &Reason, name: impl Fn(&TaskId) -> String) -> String {
    match reason {
        Reason::ReadOnly => "read only: this identity changes nothing".into(),
        Reason::StillDraft => "still a draft: publish it first".into(),
        Reason::NotDraft => "published already".into(),
        Reason::IsCanceled => "canceled is final".into(),
        Reason::AlreadyEnded(Status::Failed) => "failed already".into(),
        Reason::AlreadyEnded(_) => "done already".into(),
        Reason::WaitsFor(blockers) => waits_for(blockers, name),
        Reason::ApprovalPending => "needs an approval first".into(),
        Reason::ApprovalRejected => "its approval was rejected".into(),
        Reason::AlreadyQueued => "waits in the queue already".into(),
        Reason::AlreadyHeld(Some(holder)) if holder.reference == phrase::YOU => {
            "you hold it already".into()
        }
        Reason::AlreadyHeld(Some(holder)) => format!("held by {} already", phrase::actor(holder)),
        Reason::AlreadyHeld(None) => "somebody works on it already".into(),
        Reason::AttemptsUsed(max) => {
            format!("{} used up", phrase::count(*max as usize, "attempt"))
        }
        Reason::OwnedBy(owner) if owner.kind == OwnerKind::Pool => {
            format!("belongs to {}: its agents claim it themselves", phrase::owner(owner))
        }
        Reason::OwnedBy(owner) => {
            format!("belongs to {}: only that session takes it", phrase::owner(owner))
        }
        Reason::NotHeld => "nobody works on it: take it first".into(),
        Reason::LeasedByOther { holder: Some(holder), .. } => {
            format!("only its holder {} can end it", phrase::actor(holder))
        }
        Reason::LeasedByOther { holder: None, .. } => "only its holder can end it".into(),
        Reason::LeaseExpired => "the claim ran out: the run goes back to the queue".into(),
        Reason::HasChildren(1) => "one task hangs below it".into(),
        Reason::HasChildren(number) => format!("{number} tasks hang below it"),
        Reason::HasOpenRun => "a run is open: finish or cancel it first".into(),
    }
}

/// `waits for T-12 Parser, +2`.
pub fn waits_for(blockers: &[TaskId], name: impl Fn(&TaskId) -> String) -> String {
    match blockers {
        [] => "waits for another task".into(),
        [one] => format!("waits for {}", name(one)),
        [first, rest @ ..] => format!("waits for {}, +{}", name(first), rest.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blockers_are_named_and_counted() {
        let name = |id: &TaskId| id.as_str().to_uppercase();
        let blockers: Vec<TaskId> = ["a", "b", "c"].map(TaskId::from).into();
        assert_eq!(text(&Reason::WaitsFor(blockers), name), "waits for A, +2");
        assert_eq!(text(&Reason::WaitsFor(vec!["a".into()]), name), "waits for A");
    }

    #[test]
    fn numbers_read_well() {
        let name = |_: &TaskId| String::new();
        assert_eq!(text(&Reason::AttemptsUsed(3), name), "3 attempts used up");
        assert_eq!(text(&Reason::AttemptsUsed(1), name), "1 attempt used up");
    }
}
