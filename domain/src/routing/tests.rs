#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use super::*;
use crate::manager::testing::{World, agent, human};
use crate::run::RunStatus;

/// A finished run of the session `worker`, whose agent is `coder`, and who else is
/// there.
struct Floor {
    task: Task,
    run: Run,
    profile: ReviewProfile,
    requester: ActorContext,
    sessions: Vec<KnownSession>,
    agents: Vec<KnownAgent>,
}

impl Floor {
    fn new() -> Self {
        let mut world = World::new();
        world.task("t");
        let run = world.put_run("t", RunStatus::Completed);
        world.change_run(&run, |run| run.session_id = Some("worker".into()));
        Self {
            task: world.record("t"),
            run: world.run(&run),
            profile: ReviewProfile::default(),
            requester: human(),
            sessions: vec![session("worker", "coder")],
            agents: Vec::new(),
        }
    }

    fn with(mut self, id: &str, agent: &str) -> Self {
        self.sessions.push(session(id, agent));
        self
    }

    fn knows(mut self, name: &str, capabilities: &[&str]) -> Self {
        let capabilities = capabilities.iter().map(|&name| name.to_owned()).collect();
        self.agents.push(KnownAgent { name: name.to_owned(), capabilities });
        self
    }

    fn asks(mut self, change: impl FnOnce(&mut ReviewProfile)) -> Self {
        change(&mut self.profile);
        self
    }

    fn route(&self) -> Route {
        route_review(&RoutingBoard {
            task: &self.task,
            run: &self.run,
            profile: &self.profile,
            requester: &self.requester,
            sessions: &self.sessions,
            agents: &self.agents,
        })
    }

    /// The session that reviews; empty where none of those that exist does.
    fn session(&self) -> String {
        match self.route() {
            Route::Session { session_id, .. } => session_id.to_string(),
            Route::NewSession { .. } | Route::Nobody(_) => String::new(),
        }
    }

    #[track_caller]
    fn new_agent(&self) -> String {
        match self.route() {
            Route::NewSession { agent_name, .. } => agent_name,
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn nobody(&self) -> String {
        match self.route() {
            Route::Nobody(diagnostic) => diagnostic,
            other => panic!("{other:?}"),
        }
    }
}

fn session(id: &str, agent: &str) -> KnownSession {
    KnownSession {
        session_id: id.into(),
        agent_name: agent.to_owned(),
        state: "active".to_owned(),
        ..KnownSession::default()
    }
}

fn names(values: &[&str]) -> Vec<String> {
    values.iter().map(|&value| value.to_owned()).collect()
}

#[test]
fn a_session_of_another_agent_reviews() {
    let floor = Floor::new().with("s2", "coder").with("s3", "critic");
    assert_eq!(
        floor.route(),
        Route::Session {
            session_id: "s3".into(),
            agent_name: "critic".into(),
            peer_id: "critic.s3".into(),
            channel_id: String::new(),
        }
    );
}

#[test]
fn the_claimer_counts_as_the_worker_where_no_session_is_bound() {
    let mut floor = Floor::new().with("s2", "coder");
    floor.run.session_id = None;
    floor.run.claimed_by = Some(agent("worker").actor);
    assert_eq!(floor.session(), "");
    floor.run.claimed_by = Some(human().actor);
    assert_eq!(floor.session(), "s2", "an unknown worker excludes nobody");
}

#[test]
fn the_agent_session_that_asks_is_out_too() {
    let mut floor = Floor::new().with("s2", "critic").with("s3", "judge");
    floor.requester = agent("s2");
    assert_eq!(floor.session(), "s3");
}

#[test]
fn only_active_sessions_of_the_tasks_workspace_review() {
    let mut floor = Floor::new().with("s2", "critic").with("s3", "critic");
    floor.sessions[1].state = "stopped".into();
    assert_eq!(floor.session(), "s3");
    floor.task.workspace_id = Some("w".into());
    assert_eq!(floor.session(), "");
    floor.sessions[2].workspace_id = Some("w".into());
    assert_eq!(floor.session(), "s3");
}

#[test]
fn every_selector_narrows_the_sessions() {
    let floor = || {
        let mut floor = Floor::new()
            .with("s2", "critic")
            .with("s3", "judge")
            .knows("critic", &["rust"])
            .knows("judge", &["rust", "sql"]);
        floor.sessions[1].channel_id = "den".into();
        floor.sessions[2].channel_id = "room".into();
        floor
    };
    assert_eq!(floor().session(), "s2", "the smaller id among equals");
    type Ask = fn(&mut ReviewProfile);
    let asks: [Ask; 5] = [
        |profile| profile.agent_name = "judge".into(),
        |profile| profile.allowed_agent_names = names(&["judge"]),
        |profile| profile.allowed_channel_ids = names(&["room"]),
        |profile| profile.allowed_peer_ids = names(&["judge.s3"]),
        |profile| profile.required_capabilities = names(&["rust", "sql"]),
    ];
    for ask in asks {
        assert_eq!(floor().asks(ask).session(), "s3");
    }
}

#[test]
fn an_agent_that_nobody_knows_has_no_capability() {
    let floor = Floor::new()
        .with("s2", "critic")
        .asks(|profile| profile.required_capabilities = names(&["rust"]));
    assert_eq!(floor.session(), "");
}

#[test]
fn preferences_add_up() {
    let floor = || {
        let mut floor = Floor::new()
            .with("s2", "a")
            .with("s3", "b")
            .with("s4", "c")
            .knows("c", &["rust"])
            .knows("b", &[]);
        floor.sessions[2].channel_id = "room".into();
        floor
    };
    let with_channel = |profile: &mut ReviewProfile| {
        profile.preferred_channel_ids = names(&["room"]);
        profile.preferred_capabilities = names(&["rust"]);
    };
    assert_eq!(floor().asks(with_channel).session(), "s3", "2 beats 1");
    let with_peer = |profile: &mut ReviewProfile| {
        with_channel(profile);
        profile.preferred_peer_ids = names(&["c.s4"]);
    };
    assert_eq!(floor().asks(with_peer).session(), "s4", "3 + 1 beats 2");
    let with_agent = |profile: &mut ReviewProfile| {
        with_peer(profile);
        profile.preferred_agent_names = names(&["a"]);
    };
    assert_eq!(floor().asks(with_agent).session(), "s2", "of equals the smaller id");
    let unknown = |profile: &mut ReviewProfile| {
        with_agent(profile);
        profile.preferred_channel_ids.clear();
        profile.preferred_agent_names = names(&["nobody"]);
    };
    assert_eq!(floor().asks(unknown).session(), "s4");
}

#[test]
fn without_a_session_the_first_able_agent_gets_one() {
    let floor = || {
        Floor::new().knows("coder", &["rust"]).knows("judge", &["rust"]).knows("critic", &["sql"])
    };
    assert_eq!(floor().new_agent(), "critic", "the first by name that is not the worker's");
    let preferred = floor().asks(|profile| {
        profile.preferred_agent_names = names(&["judge"]);
        profile.allowed_agent_names = names(&["coder", "critic", "judge"]);
    });
    assert_eq!(preferred.new_agent(), "judge");
    let able = floor().asks(|profile| profile.required_capabilities = names(&["rust"]));
    assert_eq!(able.new_agent(), "judge");
    let only_worker_preferred =
        floor().asks(|profile| profile.preferred_agent_names = names(&["coder"]));
    assert_eq!(only_worker_preferred.new_agent(), "critic");
    assert_eq!(Floor::new().knows("coder", &[]).new_agent(), "", "the workspace's default");
}

#[test]
fn nobody_reviews_where_no_one_may() {
    let peers = Floor::new().asks(|profile| profile.allowed_peer_ids = names(&["critic.s9"]));
    assert!(peers.nobody().contains("allows only explicit peers"));
    let own = Floor::new().asks(|profile| profile.allowed_agent_names = names(&["coder"]));
    assert!(own.nobody().contains("exclude all eligible reviewer agents"));
    let exact = Floor::new().asks(|profile| profile.agent_name = "coder".into());
    assert!(exact.nobody().contains("exclude all eligible reviewer agents"));
    let able = Floor::new()
        .knows("critic", &["sql"])
        .asks(|profile| profile.required_capabilities = names(&["rust"]));
    assert!(able.nobody().contains("rust"));
}

#[test]
fn the_channel_of_a_new_session_is_the_first_that_is_allowed() {
    let channel = |floor: &Floor| match floor.route() {
        Route::NewSession { channel_id, .. } => channel_id,
        other => panic!("{other:?}"),
    };
    let mut floor = Floor::new();
    assert_eq!(channel(&floor), "");
    floor.task.network_channel = "of-task".into();
    assert_eq!(channel(&floor), "of-task");
    floor.run.network_channel = "of-run".into();
    assert_eq!(channel(&floor), "of-run");
    floor.run.coordination_channel_id = "room".into();
    assert_eq!(channel(&floor), "room");
    floor.profile.preferred_channel_ids = names(&["x", "z"]);
    assert_eq!(channel(&floor), "x");
    floor.profile.allowed_channel_ids = names(&["y", "z"]);
    assert_eq!(channel(&floor), "z");
    floor.profile.preferred_channel_ids.clear();
    assert_eq!(channel(&floor), "y");
}

#[test]
fn a_new_session_gets_the_model_of_the_profile() {
    let floor = Floor::new().asks(|profile| {
        profile.provider = "p".into();
        profile.model = "m".into();
    });
    let Route::NewSession { provider, model, .. } = floor.route() else { panic!("a new session") };
    assert_eq!((provider.as_str(), model.as_str()), ("p", "m"));
}

#[test]
fn a_route_is_bound_or_the_review_is_blocked() {
    let mut world = World::new();
    let run = world.completed("t");
    let id = world.review(&run);
    let review = world.stored_review(&id);
    let route = Floor::new().with("s2", "critic").route();
    let bound = world
        .manager
        .bind_run_review_session(binding_of_route(&review, &route).unwrap(), &human())
        .unwrap();
    assert_eq!(bound.reviewer_peer_id, "critic.s2");
    assert_eq!(binding_of_route(&review, &Route::Nobody(String::new())), None);
    let router = ActorContext::derive_daemon("review-router", None).unwrap();
    let request = no_route_verdict(&review, "nobody is there");
    let answer = world.manager.record_run_review(request.clone(), &router).unwrap();
    assert_eq!(answer.review.outcome, Some(RunReviewOutcome::Blocked));
    assert_eq!(answer.review.delivery_id, format!("review-router:no-route:{id}"));
    assert_eq!(world.manager.record_run_review(request, &router).unwrap(), answer);
}
