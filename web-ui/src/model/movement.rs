//! What it means to move a card into another column: the one verb that a drop
//! stands for, or the reason why there is none. Drag and drop, the move menu and
//! the pick-up mode all ask here.

use taskloom_domain::Enumeration;
use taskloom_domain::actor::ActorContext;
use taskloom_domain::availability::{Reason, Situation, Verb, availability};
use taskloom_domain::id::TaskId;
use taskloom_domain::stage::Stage;
use taskloom_domain::time::Timestamp;

use super::{phrase, reason};

/// Why a card cannot go to a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotThere {
    /// It is there already.
    SameColumn,
    /// No drop leads into this column, or none from where the card is.
    NoVerb(&'static str),
    /// The verb that would lead there does not work now.
    Refused(Verb, Reason),
}

/// One target of a move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The column.
    pub stage: Stage,
    /// The verb, or why not.
    pub answer: Result<Verb, NotThere>,
}

/// What every column says to a card.
pub fn targets(situation: &Situation, actor: &ActorContext, now: Timestamp) -> Vec<Target> {
    Stage::ALL
        .iter()
        .map(|stage| Target { stage: *stage, answer: drop_on(situation, *stage, actor, now) })
        .collect()
}

/// What a drop of the task on a column does.
///
/// # Errors
///
/// Why nothing.
pub fn drop_on(
    situation: &Situation,
    target: Stage,
    actor: &ActorContext,
    now: Timestamp,
) -> Result<Verb, NotThere> {
    let from = situation.stage();
    if from == target {
        return Err(NotThere::SameColumn);
    }
    let verb = verb_between(from, target).map_err(NotThere::NoVerb)?;
    match availability(verb, situation, actor, now) {
        Ok(()) => Ok(verb),
        Err(reason) => Err(NotThere::Refused(verb, reason)),
    }
}

fn verb_between(from: Stage, target: Stage) -> Result<Verb, &'static str> {
    if from == Stage::Canceled {
        return Err("canceled is final");
    }
    match target {
        Stage::Draft => Err("a published task is never a draft again"),
        Stage::Blocked => Err("tasks come here by their blockers and approvals alone"),
        Stage::Failed => Err("only a run that failed leads here"),
        Stage::InReview => Err("only a review of finished work leads here"),
        Stage::Canceled => Ok(Verb::Cancel),
        Stage::Ready => match from {
            Stage::Draft => Ok(Verb::Publish),
            Stage::Blocked => Ok(Verb::Start),
            Stage::Queued => Err("a queued run is not taken back: canceling it ends the task"),
            Stage::InProgress => Err("somebody holds it: finish or cancel it"),
            _ => Err("finished work goes back to the queue, not to ready"),
        },
        Stage::Queued => match from {
            Stage::Draft => Ok(Verb::Publish),
            Stage::InProgress => Err("somebody holds it: finish or cancel it"),
            Stage::InReview => Err("it waits for a verdict"),
            _ => Ok(Verb::Start),
        },
        Stage::InProgress => match from {
            Stage::InReview => Err("it waits for a verdict"),
            _ => Ok(Verb::Take),
        },
        Stage::Done => match from {
            Stage::InProgress => Ok(Verb::Finish),
            Stage::InReview => Err("it waits for a verdict"),
            _ => Ok(Verb::TakeAndFinish),
        },
    }
}

impl NotThere {
    /// The reason in words; empty for the card's own column.
    pub fn text(&self, name: impl Fn(&TaskId) -> String) -> String {
        match self {
            NotThere::SameColumn => String::new(),
            NotThere::NoVerb(text) => (*text).into(),
            NotThere::Refused(_, why) => reason::text(why, name),
        }
    }
}

/// `Start → Queued`: the verb and where it leads.
pub fn hint(verb: Verb, target: Stage) -> String {
    // Publishing queues a run, so it leads to the queue wherever it was dropped.
    let target = if verb == Verb::Publish { Stage::Queued } else { target };
    format!("{} → {}", reason::verb(verb), phrase::stage(target))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_columns_has_an_answer_and_the_legal_ones_are_these() {
        let legal: Vec<(Stage, Stage, Verb)> = Stage::ALL
            .iter()
            .flat_map(|from| Stage::ALL.iter().map(move |to| (*from, *to)))
            .filter(|(from, to)| from != to)
            .filter_map(|(from, to)| verb_between(from, to).ok().map(|verb| (from, to, verb)))
            .filter(|(_, to, _)| *to != Stage::Canceled)
            .collect();
        use Stage::{Blocked, Done, Draft, Failed, InProgress, Queued, Ready};
        let expected = [
            (Draft, Ready, Verb::Publish),
            (Draft, Queued, Verb::Publish),
            (Draft, InProgress, Verb::Take),
            (Draft, Done, Verb::TakeAndFinish),
            (Blocked, Ready, Verb::Start),
            (Blocked, Queued, Verb::Start),
            (Blocked, InProgress, Verb::Take),
            (Blocked, Done, Verb::TakeAndFinish),
            (Ready, Queued, Verb::Start),
            (Ready, InProgress, Verb::Take),
            (Ready, Done, Verb::TakeAndFinish),
            (Queued, InProgress, Verb::Take),
            (Queued, Done, Verb::TakeAndFinish),
            (InProgress, Done, Verb::Finish),
            (Done, Queued, Verb::Start),
            (Done, InProgress, Verb::Take),
            (Failed, Queued, Verb::Start),
            (Failed, InProgress, Verb::Take),
            (Failed, Done, Verb::TakeAndFinish),
        ];
        assert_eq!(legal, expected);
    }

    #[test]
    fn canceled_is_final_and_reached_from_everywhere() {
        for stage in Stage::ALL.iter().filter(|stage| **stage != Stage::Canceled) {
            assert_eq!(verb_between(*stage, Stage::Canceled), Ok(Verb::Cancel));
            assert!(verb_between(Stage::Canceled, *stage).is_err());
        }
    }

    #[test]
    fn hints_name_where_the_card_really_lands() {
        assert_eq!(hint(Verb::Start, Stage::Queued), "Start → Queued");
        assert_eq!(hint(Verb::Publish, Stage::Ready), "Publish → Queued");
    }
}
