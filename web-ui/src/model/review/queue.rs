//! The review queue: what waits for a verdict, what is halted, and what was
//! decided last.

use std::sync::Arc;

use taskloom_domain::actor::ActorContext;
use taskloom_domain::event::EventType;
use taskloom_domain::id::{ReviewId, RunId, SessionId, TaskId};
use taskloom_domain::query::{EventRecordQuery, RunReviewQuery};
use taskloom_domain::review::{
    ReviewGateState, ReviewPolicy, RunReview, RunReviewOutcome, RunReviewStatus,
};
use taskloom_domain::store::{EventStore, RecordStore, RunReviewStore, RunStore};
use taskloom_domain::time::Timestamp;

use crate::model::card::short_name;
use crate::model::filter::{Filter, searchable};
use crate::model::phrase;

/// How many recorded reviews are shown.
pub const RECORDED: usize = 50;

/// A part of the queue. A review stands in the first that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// Open and with the acting identity.
    Mine,
    /// Open with others, or with nobody, and past its deadline.
    Overdue,
    /// Open and with nobody.
    Unassigned,
    /// Open and with somebody else.
    InReview,
    /// Tasks whose reviews are halted.
    Halted,
    /// Closed.
    Recorded,
}

impl Group {
    /// Every group, in the order of the page.
    pub const ALL: [Group; 6] = [
        Group::Mine,
        Group::Overdue,
        Group::Unassigned,
        Group::InReview,
        Group::Halted,
        Group::Recorded,
    ];

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Group::Mine => "Mine",
            Group::Overdue => "Overdue",
            Group::Unassigned => "Unassigned",
            Group::InReview => "In review",
            Group::Halted => "Halted",
            Group::Recorded => "Recorded",
        }
    }

    /// What fills it.
    pub fn rule(self) -> &'static str {
        match self {
            Group::Mine => "Reviews that you took.",
            Group::Overdue => "Past the deadline. A verdict can still be recorded.",
            Group::Unassigned => "Asked for, and nobody took them yet.",
            Group::InReview => "With another reviewer.",
            Group::Halted => "A verdict says that a person has to decide.",
            Group::Recorded => "The latest verdicts.",
        }
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The review; for a halted task the one that halted it.
    pub review: ReviewId,
    /// The task.
    pub task: TaskId,
    /// The short name of the task.
    pub identifier: String,
    /// Its title.
    pub title: String,
    /// The reviewed run.
    pub run: RunId,
    /// Which attempt at the task the run is.
    pub run_attempt: Option<u32>,
    /// The round.
    pub round: i64,
    /// The reviewer's try within the round.
    pub attempt: i64,
    /// The policy.
    pub policy: ReviewPolicy,
    /// How far it has come.
    pub status: RunReviewStatus,
    /// What was found.
    pub outcome: Option<RunReviewOutcome>,
    /// Why the task is halted.
    pub halt: Option<String>,
    /// Who asked; nobody knows of reviews whose events are gone.
    pub requested_by: Option<String>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// Until when an answer is wanted.
    pub deadline_at: Option<Timestamp>,
    /// Who reviews, or did.
    pub reviewer: Option<String>,
    /// When it was decided, or halted.
    pub decided_at: Option<Timestamp>,
}

impl Row {
    /// Whether the deadline of an open review has passed.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.status.is_open() && self.deadline_at.is_some_and(|deadline| deadline <= now)
    }
}

/// A group with its rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Which group.
    pub group: Group,
    /// The rows, in order.
    pub rows: Vec<Row>,
    /// How many there are in all.
    pub total: usize,
}

/// The stores that the queue is made of.
pub trait QueueStore: RecordStore + RunStore + RunReviewStore + EventStore {}

impl<S: RecordStore + RunStore + RunReviewStore + EventStore> QueueStore for S {}

/// Who looks at the queue: an identity, and the session in which it works by hand.
#[derive(Debug, Clone, PartialEq)]
pub struct Me {
    /// The identity.
    pub actor: ActorContext,
    /// The session.
    pub session: SessionId,
}

impl Me {
    /// Whether a review is with this identity.
    pub fn reviews(&self, review: &RunReview) -> bool {
        review.reviewer_session_id.as_ref().is_some_and(|session| {
            *session == self.session || session.as_str() == self.actor.actor.reference
        })
    }
}

/// How many reviews wait for a verdict.
pub fn open_count(store: &impl RunReviewStore) -> usize {
    let all = store.list_reviews(&RunReviewQuery::default());
    all.iter().filter(|review| review.status.is_open()).count()
}

/// The queue under a filter, groups without rows left out. The longest wait comes
/// first, of what was decided the latest.
pub fn queue(store: &impl QueueStore, me: &Me, now: Timestamp, filter: &Filter) -> Vec<Section> {
    let reviews = store.list_reviews(&RunReviewQuery::default());
    let passes = |review: &RunReview| {
        store
            .get_task(&review.task_id)
            .is_some_and(|task| filter.matches(&searchable(&short_name(&task), &task.title)))
    };
    let mut halted = halts(store, &reviews);
    halted.retain(|(review, _)| passes(review));
    let mut sections: Vec<(Group, Vec<Arc<RunReview>>)> =
        Group::ALL.iter().map(|group| (*group, vec![])).collect();
    for review in reviews.into_iter().filter(|review| passes(review)) {
        let group = group_of(&review, me, now);
        if let Some((_, list)) = sections.iter_mut().find(|(known, _)| *known == group) {
            list.push(review);
        }
    }
    let sections = sections.into_iter().map(|(group, mut reviews)| {
        if group == Group::Halted {
            let rows: Vec<Row> =
                halted.iter().map(|(review, gate)| row(store, review, Some(gate))).collect();
            return Section { group, total: rows.len(), rows };
        }
        let total = reviews.len();
        if group == Group::Recorded {
            reviews.sort_by_key(|review| std::cmp::Reverse((decided(review), review.requested_at)));
            reviews.truncate(RECORDED);
        } else {
            reviews.sort_by_key(|review| (review.requested_at, review.review_id.clone()));
        }
        let rows = reviews.iter().map(|review| row(store, review, None)).collect();
        Section { group, rows, total }
    });
    sections.filter(|section| section.total > 0).collect()
}

fn group_of(review: &RunReview, me: &Me, now: Timestamp) -> Group {
    if !review.status.is_open() {
        Group::Recorded
    } else if me.reviews(review) {
        Group::Mine
    } else if review.deadline_at.is_some_and(|deadline| deadline <= now) {
        Group::Overdue
    } else if review.reviewer_session_id.is_none() {
        Group::Unassigned
    } else {
        Group::InReview
    }
}

/// The halted tasks, each with the review that halted it.
fn halts(
    store: &impl RunReviewStore,
    reviews: &[Arc<RunReview>],
) -> Vec<(Arc<RunReview>, Arc<ReviewGateState>)> {
    let mut found: Vec<(Arc<RunReview>, Arc<ReviewGateState>)> = reviews
        .iter()
        .filter_map(|review| {
            let gate = store.get_review_gate(&review.task_id)?;
            let halted_by = gate.review_circuit_opened_at.and(gate.last_review_id.as_ref());
            (halted_by == Some(&review.review_id)).then(|| (review.clone(), gate.clone()))
        })
        .collect();
    found.sort_by_key(|(review, gate)| (gate.review_circuit_opened_at, review.review_id.clone()));
    found
}

fn decided(review: &RunReview) -> Timestamp {
    review.reviewed_at.unwrap_or(review.updated_at)
}

fn row(store: &impl QueueStore, review: &RunReview, halt: Option<&ReviewGateState>) -> Row {
    let task = store.get_task(&review.task_id);
    let run = store.get_run(&review.run_id);
    let closed = !review.status.is_open();
    Row {
        review: review.review_id.clone(),
        task: review.task_id.clone(),
        identifier: task.as_ref().map_or_else(|| review.task_id.to_string(), |it| short_name(it)),
        title: task.map(|task| task.title.clone()).unwrap_or_default(),
        run: review.run_id.clone(),
        run_attempt: run.map(|run| run.attempt),
        round: review.review_round,
        attempt: review.attempt,
        policy: review.policy,
        status: review.status,
        outcome: review.outcome,
        halt: halt.map(|gate| gate.review_circuit_reason.clone()),
        requested_by: requested_by(store, review),
        requested_at: review.requested_at,
        deadline_at: review.deadline_at,
        reviewer: reviewer(review),
        decided_at: match halt {
            Some(gate) => gate.review_circuit_opened_at,
            None => closed.then(|| decided(review)),
        },
    }
}

/// Who reviews, or did: the one who recorded the verdict, else the agent or the
/// session that the review is with.
pub fn reviewer(review: &RunReview) -> Option<String> {
    if let Some(by) = &review.reviewed_by {
        return Some(phrase::actor(by));
    }
    let session = review.reviewer_session_id.as_ref()?;
    let named = [&review.reviewer_agent_name, &review.reviewer_peer_id];
    let name = named.into_iter().find(|name| !name.is_empty());
    Some(name.cloned().unwrap_or_else(|| session.to_string()))
}

/// Who asked for a review, as the log of its task tells.
pub fn requested_by(store: &impl EventStore, review: &RunReview) -> Option<String> {
    let of_task =
        EventRecordQuery { task_id: Some(review.task_id.clone()), ..EventRecordQuery::default() };
    let asked = |payload: Option<&taskloom_domain::json::RawJson>| {
        let value = payload.and_then(taskloom_domain::json::RawJson::to_value);
        let id = value.as_ref().and_then(|value| value.get("review_id")?.as_str());
        id == Some(review.review_id.as_str())
    };
    store
        .list_event_records(&of_task)
        .iter()
        .map(|record| &record.event)
        .filter(|event| event.event_type == EventType::RUN_REVIEW_REQUESTED)
        .find(|event| asked(event.payload.as_ref()))
        .map(|event| phrase::actor(&event.actor))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::model::testing::World;

    fn groups(world: &World, now: Timestamp, filter: &str) -> Vec<(Group, Vec<String>)> {
        let me = Me { actor: world.actor.clone(), session: "by-hand".into() };
        queue(world.manager.store(), &me, now, &Filter::parse(filter))
            .into_iter()
            .map(|section| {
                assert_eq!(section.total, section.rows.len());
                let titles = section.rows.iter().map(|row| row.title.clone()).collect();
                (section.group, titles)
            })
            .collect()
    }

    #[test]
    fn a_review_stands_in_one_group_by_who_has_it() {
        let mut world = World::new();
        let mut reviews = Vec::new();
        for title in ["free", "free too", "mine", "theirs", "done", "stuck"] {
            let task = world.task(title);
            let run = world.completed(&task, "1");
            reviews.push(world.request(&run, 1));
        }
        world.bind(&reviews[2], "by-hand");
        world.bind(&reviews[3], "ada");
        world.approve(&reviews[4]);
        world.conclude(&reviews[5], RunReviewOutcome::Blocked);
        let now = world.manager.now();
        let names = |titles: &[&str]| titles.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            groups(&world, now, ""),
            [
                (Group::Mine, names(&["mine"])),
                (Group::Unassigned, names(&["free", "free too"])),
                (Group::InReview, names(&["theirs"])),
                (Group::Halted, names(&["stuck"])),
                (Group::Recorded, names(&["stuck", "done"])),
            ]
        );
        assert_eq!(groups(&world, now, "too"), [(Group::Unassigned, names(&["free too"]))]);
        assert_eq!(open_count(world.manager.store()), 4);
    }

    #[test]
    fn a_deadline_moves_what_nobody_here_has() {
        let mut world = World::new();
        let task = world.task("late");
        let run = world.completed(&task, "1");
        let deadline = Timestamp::from_millis(9_000_000);
        let review = world.request_until(&run, Some(deadline));
        let before = Timestamp::from_millis(8_999_999);
        assert_eq!(groups(&world, before, "")[0].0, Group::Unassigned);
        assert_eq!(groups(&world, deadline, "")[0].0, Group::Overdue);
        world.bind(&review, "by-hand");
        assert_eq!(groups(&world, deadline, "")[0].0, Group::Mine);
    }

    #[test]
    fn a_row_tells_who_asked_and_who_answered() {
        let mut world = World::new();
        let task = world.task("parse");
        let run = world.completed(&task, "1");
        let id = world.request(&run, 1);
        world.bind(&id, "ada");
        let told = |world: &World| {
            let row = row(world.manager.store(), &world.review(&id), None);
            (row.requested_by.unwrap(), row.reviewer.unwrap(), row.run_attempt.unwrap())
        };
        assert_eq!(told(&world), ("You".into(), "ada".into(), 1));
        world.approve(&id);
        assert_eq!(told(&world), ("You".into(), "You".into(), 1));
    }

    #[test]
    fn the_latest_verdicts_are_shown_and_the_rest_is_counted() {
        let mut world = World::new();
        let task = world.task("parse");
        let run = world.completed(&task, "1");
        for attempt in 1..=60 {
            let review = world.request_attempt(&run, attempt);
            world.approve(&review);
        }
        let me = Me { actor: world.actor.clone(), session: "by-hand".into() };
        let now = world.manager.now();
        let all = queue(world.manager.store(), &me, now, &Filter::parse(""));
        assert_eq!((all[0].rows.len(), all[0].total, all[0].rows[0].attempt), (50, 60, 60));
    }
}
