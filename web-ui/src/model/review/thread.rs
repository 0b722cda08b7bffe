//! The rounds of work and review that hang together: a run, the reviews of it,
//! the run that continues it, and so on.

use std::sync::Arc;

use taskloom_domain::availability::Situation;
use taskloom_domain::id::{ReviewId, RunId};
use taskloom_domain::json::RawJson;
use taskloom_domain::query::RunReviewQuery;
use taskloom_domain::review::RunReview;
use taskloom_domain::run::Run;
use taskloom_domain::store::{DependencyStore, EventStore, RecordStore, RunReviewStore, RunStore};
use taskloom_domain::task::Task;

/// One round: a run with its reviews.
#[derive(Debug, Clone, PartialEq)]
pub struct Round {
    /// Its number, from 1.
    pub number: i64,
    /// The run that is looked at.
    pub run: Arc<Run>,
    /// The reviews of the run, the first one first.
    pub reviews: Vec<Arc<RunReview>>,
}

impl Round {
    /// The review that counts: the latest.
    pub fn review(&self) -> Option<&Arc<RunReview>> {
        self.reviews.last()
    }
}

/// The rounds that a run belongs to, the first round first. A run that no review
/// led to begins a thread.
pub fn thread<S>(store: &S, run: &RunId) -> Vec<Round>
where
    S: RunStore + RunReviewStore,
{
    let Some(run) = store.get_run(run) else { return Vec::new() };
    let mut first = run;
    let mut seen = vec![first.id.clone()];
    while let Some(parent) = parent_of(&first).and_then(|id| store.get_run(&id))
        && !seen.contains(&parent.id)
    {
        seen.push(parent.id.clone());
        first = parent;
    }
    let mut rounds: Vec<Round> = Vec::new();
    let mut next = Some(first);
    while let Some(run) = next {
        let reviews = reviews_of(store, &run.id);
        next = reviews
            .iter()
            .find_map(|review| store.get_continuation_of(&review.review_id))
            .filter(|later| rounds.iter().all(|round| round.run.id != later.id));
        let number = i64::try_from(rounds.len()).unwrap_or(i64::MAX).saturating_add(1);
        rounds.push(Round { number: round_of(&run).unwrap_or(number), run, reviews });
    }
    rounds
}

/// The reviews of a run, by round and attempt.
pub fn reviews_of(store: &impl RunReviewStore, run: &RunId) -> Vec<Arc<RunReview>> {
    let query = RunReviewQuery { run_id: Some(run.clone()), ..RunReviewQuery::default() };
    let mut reviews = store.list_reviews(&query);
    reviews.sort_by_key(|review| (review.review_round, review.attempt, review.requested_at));
    reviews
}

/// The round that a review of a run belongs to, as far as the run tells.
pub fn round_of(run: &Run) -> Option<i64> {
    run.review.as_ref().map(|lineage| lineage.review_round).filter(|round| *round > 0)
}

fn parent_of(run: &Run) -> Option<RunId> {
    run.review.as_ref()?.parent_run_id.clone()
}

/// What a verdict says is missing, as texts. Elements that are no texts read as
/// their JSON.
pub fn missing(list: Option<&RawJson>) -> Vec<String> {
    let value = list.and_then(RawJson::to_value);
    let items = value.as_ref().and_then(serde_json::Value::as_array);
    let text = |item: &serde_json::Value| match item.as_str() {
        Some(text) => text.to_owned(),
        None => item.to_string(),
    };
    items.into_iter().flatten().map(text).collect()
}

/// A review with everything that its page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct ReviewView {
    /// The review.
    pub review: Arc<RunReview>,
    /// Its task.
    pub situation: Situation,
    /// The rounds that hang together with it.
    pub rounds: Vec<Round>,
    /// Why the task's reviews are halted, if they are.
    pub halt: Option<String>,
    /// Who asked for the review.
    pub requested_by: Option<String>,
    /// The run that continues the work.
    pub continuation: Option<Arc<Run>>,
}

impl ReviewView {
    /// The view of a review; `None` where there is none, or its task is gone.
    pub fn of<S>(store: &S, id: &ReviewId) -> Option<Self>
    where
        S: RecordStore + DependencyStore + RunStore + RunReviewStore + EventStore,
    {
        let review = store.get_review(id)?;
        let situation = Situation::of(store, &review.task_id)?;
        let gate = store.get_review_gate(&review.task_id);
        let open = gate.filter(|gate| gate.review_circuit_opened_at.is_some());
        Some(Self {
            rounds: thread(store, &review.run_id),
            halt: open.map(|gate| gate.review_circuit_reason.clone()),
            requested_by: super::queue::requested_by(store, &review),
            continuation: store.get_continuation_of(id),
            situation,
            review,
        })
    }

    /// The round that is shown: the wanted one, else that of the review.
    pub fn round(&self, wanted: Option<i64>) -> Option<&Round> {
        let wanted = wanted.and_then(|number| self.rounds.iter().find(|it| it.number == number));
        wanted.or_else(|| self.rounds.iter().find(|it| it.run.id == self.review.run_id))
    }

    /// The rounds that one can be compared with, and the one that it is: the wanted
    /// one, else the one before it.
    pub fn compared(&self, shown: &Round, wanted: Option<i64>) -> (Vec<&Round>, Option<&Round>) {
        let others: Vec<&Round> =
            self.rounds.iter().filter(|round| round.number != shown.number).collect();
        let wanted = wanted.and_then(|number| others.iter().find(|it| it.number == number));
        let before = others.iter().rfind(|round| round.number < shown.number);
        let chosen = wanted.or(before).copied();
        (others, chosen)
    }
}

/// What earlier rounds of a thread asked for, before the round of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// The round whose verdict asked.
    pub round: i64,
    /// What was missing.
    pub missing: Vec<String>,
    /// The advice; may be empty.
    pub guidance: String,
}

/// What was asked for before a run, the latest round first.
pub fn asked_before(rounds: &[Round], run: &RunId) -> Vec<Ask> {
    let earlier = rounds.iter().take_while(|round| round.run.id != *run);
    let mut asks: Vec<Ask> = earlier
        .filter_map(|round| {
            let review = round.review()?;
            let ask = Ask {
                round: round.number,
                missing: missing(review.missing_work.as_ref()),
                guidance: review.next_round_guidance.clone(),
            };
            (!ask.missing.is_empty() || !ask.guidance.is_empty()).then_some(ask)
        })
        .collect();
    asks.reverse();
    asks
}

/// The acceptance criteria of a task: each with whether it is met.
pub fn criteria(task: &Task) -> Vec<(String, bool)> {
    let value = task.metadata.as_ref().and_then(RawJson::to_value);
    let listed = value.as_ref().and_then(|value| value.get("acceptance")?.as_array());
    let read = |item: &serde_json::Value| {
        let done = item.get("done").and_then(serde_json::Value::as_bool).unwrap_or(false);
        Some((item.get("text")?.as_str()?.to_owned(), done))
    };
    listed.into_iter().flatten().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::model::testing::World;

    #[test]
    fn rejected_work_and_what_continues_it_are_one_thread() {
        let mut world = World::new();
        let task = world.task("parse");
        let first = world.completed(&task, "\"draft\"");
        let review = world.request(&first, 1);
        let second = world.reject(&review, &["tests"], "cover the empty file").unwrap();
        let second = world.claim(&second);
        world.finish(&second, "\"with tests\"");
        let later = world.request(&second, 2);
        let store = world.manager.store();
        for run in [&first, &second] {
            let rounds = thread(store, run);
            let told: Vec<_> = rounds
                .iter()
                .map(|round| {
                    (round.number, round.run.id.clone(), round.review().unwrap().review_id.clone())
                })
                .collect();
            assert_eq!(
                told,
                [(1, first.clone(), review.clone()), (2, second.clone(), later.clone())]
            );
        }
        let rounds = thread(store, &second);
        assert_eq!(
            asked_before(&rounds, &second),
            [Ask {
                round: 1,
                missing: vec!["tests".into()],
                guidance: "cover the empty file".into()
            }]
        );
        assert_eq!(asked_before(&rounds, &first), []);
        assert_eq!(round_of(&rounds[1].run), Some(2));
    }

    #[test]
    fn a_page_shows_the_round_of_its_review_beside_the_one_before() {
        let mut world = World::new();
        let task = world.task("parse");
        let first = world.completed(&task, "1");
        let review = world.request(&first, 1);
        let second = world.reject(&review, &["tests"], "").unwrap();
        let second = world.claim(&second);
        world.finish(&second, "2");
        let later = world.request(&second, 2);
        let store = world.manager.store();
        let view = ReviewView::of(store, &later).unwrap();
        let shown = view.round(None).unwrap();
        let number = |round: Option<&Round>| round.map(|round| round.number);
        assert_eq!((shown.number, number(view.compared(shown, None).1)), (2, Some(1)));
        assert_eq!(number(view.round(Some(1))), Some(1));
        assert_eq!(number(view.round(Some(9))), Some(2));
        let (others, before) = view.compared(view.round(Some(1)).unwrap(), None);
        assert_eq!((others.len(), number(before)), (1, None));
        assert_eq!(view.requested_by, Some("You".into()));
        let before = ReviewView::of(store, &review).unwrap();
        assert_eq!(before.continuation.unwrap().id, second);
        assert_eq!(ReviewView::of(store, &"gone".into()), None);
    }

    #[test]
    fn a_run_without_reviews_is_a_thread_of_its_own() {
        let mut world = World::new();
        let task = world.task("parse");
        let run = world.completed(&task, "1");
        let rounds = thread(world.manager.store(), &run);
        assert_eq!((rounds.len(), rounds[0].number, rounds[0].reviews.len()), (1, 1, 0));
        assert_eq!(thread(world.manager.store(), &"gone".into()), []);
    }

    #[test]
    fn missing_work_of_any_shape_can_be_read() {
        let list = RawJson::from_text(r#"["tests",{"file":"a"},3]"#).unwrap();
        assert_eq!(missing(Some(&list)), ["tests", r#"{"file":"a"}"#, "3"]);
        assert_eq!(missing(None), Vec::<String>::new());
    }
}
