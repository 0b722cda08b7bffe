//! Whom a review can be given to.

use std::collections::BTreeMap;

use taskloom_domain::actor::{ActorContext, ActorKind};
use taskloom_domain::id::SessionId;
use taskloom_domain::query::{RunQuery, RunReviewQuery};
use taskloom_domain::review::{BindRunReviewSessionRequest, RunReview, RunReviewStatus};
use taskloom_domain::run::Run;
use taskloom_domain::store::{RunReviewStore, RunStore};

use crate::model::phrase::YOU;

/// A session that a review can be given to, or why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The session.
    pub session: SessionId,
    /// The agent behind it, where that is known.
    pub agent: String,
    /// Whether it did the work.
    pub wrote_this: bool,
    /// Whether the review is with it already.
    pub is_reviewer: bool,
    /// Why it cannot take the review; empty if it can.
    pub reason: String,
}

/// Why nobody can be given a review.
pub fn refused(review: &RunReview, actor: &ActorContext) -> Option<&'static str> {
    if !actor.authority.write {
        return Some("read only: this identity changes nothing");
    }
    match review.status {
        RunReviewStatus::Requested | RunReviewStatus::InReview => None,
        RunReviewStatus::Routed if review.reviewer_session_id.is_none() => None,
        RunReviewStatus::Routed => Some("it is offered to a session, which has to take it first"),
        RunReviewStatus::Recorded => Some("a verdict is recorded already"),
        RunReviewStatus::CircuitOpened | RunReviewStatus::Canceled => {
            Some("the review was given up")
        }
    }
}

/// The sessions that the board has seen, `own` first and the rest by name. The
/// session that did the work comes last.
pub fn candidates<S>(store: &S, review: &RunReview, own: &SessionId) -> Vec<Candidate>
where
    S: RunStore + RunReviewStore,
{
    let mut agents: BTreeMap<SessionId, String> = BTreeMap::new();
    agents.insert(own.clone(), String::new());
    for session in
        store.list_runs(&RunQuery::default()).iter().filter_map(|run| worker_of(run, own))
    {
        agents.entry(session).or_default();
    }
    for other in store.list_reviews(&RunReviewQuery::default()) {
        if let Some(session) = &other.reviewer_session_id {
            let agent = agents.entry(session.clone()).or_default();
            if agent.is_empty() {
                agent.clone_from(&other.reviewer_agent_name);
            }
        }
    }
    let writer = store.get_run(&review.run_id).and_then(|run| worker_of(&run, own));
    let mut all: Vec<Candidate> = agents
        .into_iter()
        .map(|(session, agent)| Candidate {
            wrote_this: writer.as_ref() == Some(&session),
            is_reviewer: review.reviewer_session_id.as_ref() == Some(&session),
            reason: busy(store, review, &session),
            session,
            agent,
        })
        .collect();
    all.sort_by_key(|candidate| (candidate.wrote_this, candidate.session != *own));
    all
}

/// Why a session cannot take a review: it has another one under way.
fn busy(store: &impl RunReviewStore, review: &RunReview, session: &SessionId) -> String {
    let active = store.list_active_reviews_of_session(session);
    if active.iter().any(|other| other.review_id != review.review_id) {
        "has another review under way".into()
    } else {
        String::new()
    }
}

/// The session that worked on a run; a person at this page works as `own`.
fn worker_of(run: &Run, own: &SessionId) -> Option<SessionId> {
    match &run.claimed_by {
        Some(who) if who.kind == ActorKind::AgentSession => {
            Some(SessionId::from(who.reference.as_str()))
        }
        Some(who) if who.kind == ActorKind::Human && who.reference == YOU => Some(own.clone()),
        _ => run.session_id.clone(),
    }
}

/// The request that gives a review to a session.
pub fn request(review: &RunReview, session: SessionId, agent: &str) -> BindRunReviewSessionRequest {
    BindRunReviewSessionRequest {
        review_id: review.review_id.clone(),
        session_id: session,
        reviewer_agent_name: agent.to_owned(),
        ..BindRunReviewSessionRequest::default()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use taskloom_domain::id::ReviewId;

    use super::*;
    use crate::model::testing::World;

    fn told(world: &World, review: &ReviewId) -> Vec<(String, bool, bool, String)> {
        let review = world.review(review);
        candidates(world.manager.store(), &review, &"by-hand".into())
            .into_iter()
            .map(|it| (it.session.to_string(), it.wrote_this, it.is_reviewer, it.reason))
            .collect()
    }

    #[test]
    fn own_session_comes_first_and_the_writer_last() {
        let mut world = World::new();
        let (one, two) = (world.task("parse"), world.task("print"));
        let first = world.completed(&one, "1");
        let second = world.completed(&two, "2");
        let (ada, bob) = (world.worker_of(&first), world.worker_of(&second));
        let review = world.request(&first, 1);
        let free = String::new;
        assert_eq!(
            told(&world, &review),
            [
                ("by-hand".into(), false, false, free()),
                (bob.clone(), false, false, free()),
                (ada, true, false, free()),
            ]
        );
        let other = world.request(&second, 1);
        world.bind(&other, &bob);
        let found = told(&world, &review);
        assert_eq!(found[1], (bob.clone(), false, false, "has another review under way".into()));
        assert!(told(&world, &other).contains(&(bob, true, true, free())));
    }

    #[test]
    fn what_is_offered_can_be_bound_and_what_is_refused_cannot() {
        let mut world = World::new();
        let task = world.task("parse");
        let run = world.completed(&task, "1");
        let id = world.request(&run, 1);
        assert_eq!(refused(&world.review(&id), &world.actor), None);
        let binding = request(&world.review(&id), "carol".into(), "Carol");
        let bound = world.manager.bind_run_review_session(binding, &world.actor).unwrap();
        assert_eq!(bound.reviewer_agent_name, "Carol");
        assert_eq!(refused(&world.review(&id), &world.actor), None);
        world.approve(&id);
        let review = world.review(&id);
        assert_eq!(refused(&review, &world.actor), Some("a verdict is recorded already"));
        let binding = request(&review, "carol".into(), "");
        assert!(world.manager.bind_run_review_session(binding, &world.actor).is_err());
    }
}
