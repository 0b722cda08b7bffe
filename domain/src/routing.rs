//! Which session reviews a run: a pure simulation of the host's router, for the
//! host itself, for tests, and for an app that wants to show who would get a
//! review.
//!
//! Nobody reviews own work: whoever shares agent, session or peer with the worker
//! of the run, or with the agent session that asked for the review, is out.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::actor::{ActorContext, ActorKind};
use crate::id::{SessionId, WorkspaceId};
use crate::profile::ReviewProfile;
use crate::review::{
    BindRunReviewSessionRequest, RecordRunReviewRequest, RunReview, RunReviewOutcome,
    RunReviewVerdict,
};
use crate::run::Run;
use crate::task::Task;

/// A session that the host knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownSession {
    /// The session.
    pub session_id: SessionId,
    /// Its agent.
    pub agent_name: String,
    /// Its workspace.
    pub workspace_id: Option<WorkspaceId>,
    /// The channel that it talks in.
    pub channel_id: String,
    /// Its state; only `active` ones can review.
    pub state: String,
}

impl KnownSession {
    /// The name under which other boards know the session: its agent in lower case,
    /// a dot, and its id.
    pub fn peer_id(&self) -> String {
        format!("{}.{}", self.agent_name.trim().to_lowercase(), self.session_id)
    }

    fn is_active(&self) -> bool {
        self.state.trim().eq_ignore_ascii_case("active")
    }
}

/// An agent of the workspace, of which sessions can be made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownAgent {
    /// Its name.
    pub name: String,
    /// What it can do.
    pub capabilities: BTreeSet<String>,
}

/// What a route is chosen from.
#[derive(Debug, Clone, Copy)]
pub struct RoutingBoard<'a> {
    /// The task of the run.
    pub task: &'a Task,
    /// The run to review.
    pub run: &'a Run,
    /// What the task asks of its reviewers.
    pub profile: &'a ReviewProfile,
    /// Who asked for the review.
    pub requester: &'a ActorContext,
    /// The sessions of the host, in whatever state.
    pub sessions: &'a [KnownSession],
    /// The agents of the task's workspace.
    pub agents: &'a [KnownAgent],
}

/// Who reviews.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// A session that exists.
    Session {
        /// The session.
        session_id: SessionId,
        /// Its agent.
        agent_name: String,
        /// Its peer id.
        peer_id: String,
        /// Its channel.
        channel_id: String,
    },
    /// A session that has to be made.
    NewSession {
        /// Its agent; empty means the default of the workspace, which may be the
        /// worker's own.
        agent_name: String,
        /// The model provider, where the task names one.
        provider: String,
        /// The model, where the task names one.
        model: String,
        /// Its channel.
        channel_id: String,
    },
    /// Nobody; the text says why, for people.
    Nobody(String),
}

/// Chooses the reviewer of a run: the best of the sessions that exist, else an
/// agent to make a session of, else nobody.
pub fn route_review(board: &RoutingBoard<'_>) -> Route {
    let excluded = Excluded::of(board);
    let best = board
        .sessions
        .iter()
        .filter(|session| !excluded.has_session(session) && is_eligible(board, session))
        .min_by_key(|session| (Reverse(score(board, session)), session.session_id.clone()));
    match best {
        Some(session) => Route::Session {
            session_id: session.session_id.clone(),
            agent_name: session.agent_name.clone(),
            peer_id: session.peer_id(),
            channel_id: session.channel_id.clone(),
        },
        None => new_session(board, &excluded),
    }
}

/// The request that binds a review to the session of a route that exists.
pub fn binding_of_route(review: &RunReview, route: &Route) -> Option<BindRunReviewSessionRequest> {
    let Route::Session { session_id, agent_name, peer_id, channel_id } = route else { return None };
    Some(BindRunReviewSessionRequest {
        review_id: review.review_id.clone(),
        session_id: session_id.clone(),
        reviewer_agent_name: agent_name.clone(),
        reviewer_peer_id: peer_id.clone(),
        reviewer_channel_id: channel_id.clone(),
    })
}

/// The verdict that a router records where nobody can review. Sent again, it
/// finds the first.
pub fn no_route_verdict(review: &RunReview, diagnostic: &str) -> RecordRunReviewRequest {
    RecordRunReviewRequest {
        review_id: review.review_id.clone(),
        run_id: review.run_id.clone(),
        verdict: RunReviewVerdict {
            outcome: RunReviewOutcome::Blocked.into(),
            confidence: Some(1.0),
            reason: diagnostic.to_owned(),
            delivery_id: format!("review-router:no-route:{}", review.review_id),
            ..RunReviewVerdict::default()
        },
    }
}

/// Who is out, by whatever name.
#[derive(Default)]
struct Excluded {
    agents: BTreeSet<String>,
    sessions: BTreeSet<SessionId>,
    peers: BTreeSet<String>,
}

impl Excluded {
    fn of(board: &RoutingBoard<'_>) -> Self {
        let claimer = board.run.claimed_by.as_ref().filter(|by| by.kind == ActorKind::AgentSession);
        let worker = board
            .run
            .session_id
            .clone()
            .or_else(|| claimer.map(|by| SessionId::new(&by.reference)));
        let requester = Some(&board.requester.actor)
            .filter(|actor| actor.kind == ActorKind::AgentSession)
            .map(|actor| SessionId::new(&actor.reference));
        let mut excluded = Self::default();
        for id in [worker, requester].into_iter().flatten().filter_map(|id| id.non_blank()) {
            if let Some(known) = board.sessions.iter().find(|session| session.session_id == id) {
                let agent = known.agent_name.trim();
                if !agent.is_empty() {
                    excluded.agents.insert(agent.to_owned());
                }
                excluded.peers.insert(known.peer_id());
            }
            excluded.sessions.insert(id);
        }
        excluded
    }

    fn has_agent(&self, name: &str) -> bool {
        self.agents.contains(name.trim())
    }

    fn has_session(&self, session: &KnownSession) -> bool {
        self.has_agent(&session.agent_name)
            || self.sessions.contains(&session.session_id)
            || self.peers.contains(&session.peer_id())
    }
}

fn is_eligible(board: &RoutingBoard<'_>, session: &KnownSession) -> bool {
    let profile = board.profile;
    let task_workspace = board.task.workspace_id.as_ref();
    session.is_active()
        && task_workspace.is_none_or(|own| session.workspace_id.as_ref() == Some(own))
        && (profile.agent_name.is_empty() || profile.agent_name == session.agent_name)
        && allows(&profile.allowed_agent_names, &session.agent_name)
        && allows(&profile.allowed_channel_ids, &session.channel_id)
        && allows(&profile.allowed_peer_ids, &session.peer_id())
        && has_all(board, &session.agent_name, &profile.required_capabilities)
}

fn score(board: &RoutingBoard<'_>, session: &KnownSession) -> u32 {
    let profile = board.profile;
    let agent = &session.agent_name;
    let named = *agent == profile.agent_name && !agent.is_empty();
    let wished = &profile.preferred_capabilities;
    let points = [
        (4, named || profile.preferred_agent_names.contains(agent)),
        (3, profile.preferred_peer_ids.contains(&session.peer_id())),
        (2, profile.preferred_channel_ids.contains(&session.channel_id)),
        (1, !wished.is_empty() && has_all(board, agent, wished)),
    ];
    points.into_iter().filter(|(_, earned)| *earned).map(|(points, _)| points).sum()
}

/// An empty list allows everything.
fn allows(allowed: &[String], value: &str) -> bool {
    allowed.is_empty() || allowed.iter().any(|name| name == value)
}

/// Whether an agent has these capabilities. One that nobody knows has none.
fn has_all(board: &RoutingBoard<'_>, agent: &str, wanted: &[String]) -> bool {
    if wanted.is_empty() {
        return true;
    }
    let known = board.agents.iter().find(|known| known.name == agent);
    known.is_some_and(|known| wanted.iter().all(|name| known.capabilities.contains(name)))
}

fn new_session(board: &RoutingBoard<'_>, excluded: &Excluded) -> Route {
    let profile = board.profile;
    if !profile.allowed_peer_ids.is_empty() {
        return Route::Nobody("the task allows only explicit peers, and none is there".to_owned());
    }
    match chosen_agent(board, excluded) {
        Ok(agent_name) => Route::NewSession {
            agent_name,
            provider: profile.provider.clone(),
            model: profile.model.clone(),
            channel_id: chosen_channel(board),
        },
        Err(diagnostic) => Route::Nobody(diagnostic),
    }
}

/// The agent of a new session, or why there is none.
fn chosen_agent(board: &RoutingBoard<'_>, excluded: &Excluded) -> Result<String, String> {
    let profile = board.profile;
    let required = &profile.required_capabilities;
    let mut everybody: Vec<&str> = board.agents.iter().map(|agent| agent.name.as_str()).collect();
    everybody.sort_unstable();

    let mut candidates: Vec<&str> = Vec::new();
    let named = [&profile.agent_name].into_iter().filter(|name| !name.is_empty());
    for name in named.chain(&profile.preferred_agent_names).chain(&profile.allowed_agent_names) {
        if !candidates.contains(&name.as_str()) {
            candidates.push(name);
        }
    }
    if candidates.is_empty() && !required.is_empty() {
        candidates.clone_from(&everybody);
    }
    let mut free = candidates.iter().filter(|name| !excluded.has_agent(name)).peekable();
    let all_are_out = !candidates.is_empty() && free.peek().is_none();
    if let Some(able) = free.find(|name| has_all(board, name, required)) {
        return Ok((*able).to_owned());
    }
    if !required.is_empty() && !all_are_out {
        return Err(format!("no reviewer agent has all of: {}", required.join(", ")));
    }
    let restricted = !profile.agent_name.is_empty() || !profile.allowed_agent_names.is_empty();
    if restricted || !required.is_empty() {
        return Err("worker and requester exclude all eligible reviewer agents".to_owned());
    }
    let free = everybody.into_iter().find(|name| !excluded.has_agent(name));
    Ok(free.unwrap_or_default().to_owned())
}

/// The channel of a new session.
fn chosen_channel(board: &RoutingBoard<'_>) -> String {
    let profile = board.profile;
    let preferred = profile
        .preferred_channel_ids
        .iter()
        .find(|channel| allows(&profile.allowed_channel_ids, channel));
    let fallbacks = [
        &board.run.coordination_channel_id,
        &board.run.network_channel,
        &board.task.network_channel,
    ];
    preferred
        .or_else(|| profile.allowed_channel_ids.first())
        .or_else(|| fallbacks.into_iter().find(|channel| !channel.is_empty()))
        .cloned()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
