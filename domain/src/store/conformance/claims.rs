//! Claims: which run a claimer gets, and in what order.

use super::fixture::{at, child, claimer, run, run_in, task, texts, transact};
use crate::actor::{OwnerKind, Ownership};
use crate::enumeration::Enumeration;
use crate::lease::ClaimCriteria;
use crate::profile::ExecutionProfile;
use crate::run::{Run, RunStatus};
use crate::scheduler::SchedulerPauseState;
use crate::store::Store;
use crate::task::{Priority, Scope, Status, Task};

pub(super) fn check<S: Store>(make: &impl Fn() -> S) {
    claims_follow_priority_then_preference_then_age(make());
    among_equals_the_smaller_id_comes_first(make());
    only_queued_runs_of_open_tasks_are_claimed(make());
    pauses_hold_a_subtree_back(make());
    scopes_do_not_mix(make());
    channels_narrow_the_choice(make());
    owners_choose_their_claimers(make());
    profiles_choose_their_claimers(make());
    a_run_that_asks_too_much_is_stepped_over(make());
}

fn next<S: Store>(store: &S, criteria: &ClaimCriteria) -> Option<String> {
    store.select_claimable(criteria).map(|run| run.id.to_string())
}

/// Whom a claimer gets, claim by claim.
fn claims<S: Store>(store: &mut S, criteria: &ClaimCriteria) -> Vec<String> {
    let mut order = Vec::new();
    store.begin();
    while let Some(run) = store.select_claimable(criteria) {
        order.push(run.id.to_string());
        store.put_run(Run { status: RunStatus::Claimed, ..Run::clone(&run) });
    }
    store.rollback();
    order
}

fn claims_follow_priority_then_preference_then_age<S: Store>(mut store: S) {
    transact(&mut store, |store| {
        let rows: [(&str, Priority, &[&str], &[&str]); 5] = [
            ("a", Priority::Medium, &[], &[]),
            ("b", Priority::High, &[], &["codex"]),
            ("c", Priority::High, &[], &[]),
            ("d", Priority::Medium, &["sqlite"], &["codex", "golang"]),
            ("e", Priority::Urgent, &["rust"], &[]),
        ];
        for (second, (id, priority, required, preferred)) in (0..).zip(rows) {
            store.put_task(Task { priority, ..task(id) });
            store.put_run(Run {
                queued_at: at(second),
                required_capabilities: texts(required),
                preferred_capabilities: texts(preferred),
                ..run(id, id)
            });
        }
    });
    let offering = claimer("s", &["golang", "sqlite", "codex"]);
    let rule = "claims: priority, then matching preferences, then age";
    assert_eq!(claims(&mut store, &offering), ["b", "c", "d", "a"], "{rule}");
    let minimum = ClaimCriteria { priority_min: 25, ..offering.clone() };
    assert_eq!(claims(&mut store, &minimum), ["b", "c"], "claims: from a rank on");
    let minimum = ClaimCriteria { priority_min: 41, ..offering };
    assert_eq!(next(&store, &minimum), None, "claims: no rank is that high");
    let rule = "claims: without an offer preferences do not count";
    assert_eq!(claims(&mut store, &claimer("s", &[])), ["b", "c", "a"], "{rule}");
    let rule = "claims: capabilities differ by letter case";
    assert_eq!(claims(&mut store, &claimer("s", &["SQLITE"])), ["b", "c", "a"], "{rule}");
    transact(&mut store, |store| {
        store.put_run(Run {
            preferred_capabilities: texts(&["x"]),
            queued_at: at(9),
            ..run("y", "c")
        });
    });
    let rule = "claims: preferences go before age";
    assert_eq!(claims(&mut store, &claimer("s", &["x"])), ["y", "b", "c", "a"], "{rule}");
}

fn among_equals_the_smaller_id_comes_first<S: Store>(mut store: S) {
    transact(&mut store, |store| {
        store.put_task(task("t"));
        for id in ["run-2", "run-10", "Run-3"] {
            store.put_run(run(id, "t"));
        }
    });
    let order = claims(&mut store, &claimer("s", &[]));
    assert_eq!(order, ["Run-3", "run-10", "run-2"], "claims: ids compare bytewise");
}

fn only_queued_runs_of_open_tasks_are_claimed<S: Store>(mut store: S) {
    let any = claimer("s", &[]);
    for status in RunStatus::ALL {
        transact(&mut store, |store| {
            store.put_task(task("t"));
            store.put_run(run_in(*status, "r", "t"));
        });
        let claimable = *status == RunStatus::Queued;
        assert_eq!(next(&store, &any).is_some(), claimable, "claims: a run that is {status}");
    }
    transact(&mut store, |store| store.put_run(run("r", "t")));
    for status in Status::ALL {
        transact(&mut store, |store| store.put_task(Task { status: *status, ..task("t") }));
        let held = matches!(status, Status::Draft | Status::Blocked | Status::Canceled);
        assert_eq!(next(&store, &any).is_none(), held, "claims: of a task that is {status}");
    }
    transact(&mut store, |store| store.delete_task(&"t".into()));
    assert_eq!(next(&store, &any), None, "claims: nothing of an unknown task");
    transact(&mut store, |store| store.put_task(task("t")));
    let paused = SchedulerPauseState { paused: true, ..Default::default() };
    transact(&mut store, |store| store.put_scheduler(paused));
    assert!(next(&store, &any).is_some(), "claims: the switch is the engine's matter");
}

fn pauses_hold_a_subtree_back<S: Store>(mut store: S) {
    let any = claimer("s", &[]);
    let put = |store: &mut S, task: Task| transact(store, |store| store.put_task(task));
    let paused = |task: Task| Task { paused: true, ..task };
    transact(&mut store, |store| {
        store.put_task(child("g", "c"));
        store.put_task(child("c", "p"));
        store.put_task(task("p"));
        store.put_run(run("r", "g"));
    });
    assert!(next(&store, &any).is_some());
    put(&mut store, paused(task("p")));
    assert_eq!(next(&store, &any), None, "claims: nothing below a paused task");
    put(&mut store, paused(child("c", "p")));
    put(&mut store, task("p"));
    assert_eq!(next(&store, &any), None, "claims: held by the nearer pause");
    put(&mut store, child("c", "p"));
    assert!(next(&store, &any).is_some(), "claims: free after the last resumption");
    put(&mut store, paused(child("g", "c")));
    assert_eq!(next(&store, &any), None, "claims: nothing of a paused task");
}

fn scopes_do_not_mix<S: Store>(mut store: S) {
    transact(&mut store, |store| {
        for workspace in ["one", "two"] {
            let workspace_id = Some(workspace.into());
            store.put_task(Task { scope: Scope::Workspace, workspace_id, ..task(workspace) });
            store.put_run(run(workspace, workspace));
        }
        store.put_task(task("global"));
        store.put_run(run("global", "global"));
    });
    let of_workspace = |workspace: &str| ClaimCriteria {
        scope: Scope::Workspace.into(),
        workspace_id: Some(workspace.into()),
        ..claimer("s", &[])
    };
    assert_eq!(claims(&mut store, &claimer("s", &[])), ["global"], "claims: global ones");
    assert_eq!(claims(&mut store, &of_workspace("two")), ["two"], "claims: of a workspace");
    assert_eq!(next(&store, &of_workspace("three")), None, "claims: of another workspace");
}

fn channels_narrow_the_choice<S: Store>(mut store: S) {
    transact(&mut store, |store| {
        store.put_task(task("t"));
        for (second, (id, channel)) in
            (0..).zip([("none", ""), ("ops-2", "ops-2"), ("ops", "ops"), ("second", "ops")])
        {
            let coordination_channel_id = channel.to_owned();
            store.put_run(Run { queued_at: at(second), coordination_channel_id, ..run(id, "t") });
        }
    });
    let all = claims(&mut store, &claimer("s", &[]));
    assert_eq!(all, ["none", "ops-2", "ops", "second"], "claims: any channel");
    let in_channel = |channel: &str| ClaimCriteria {
        coordination_channel_id: channel.to_owned(),
        ..claimer("s", &[])
    };
    let narrowed = claims(&mut store, &in_channel("ops"));
    assert_eq!(narrowed, ["ops", "second"], "claims: of one channel");
    assert_eq!(next(&store, &in_channel("op")), None, "claims: of no channel");
}

fn owners_choose_their_claimers<S: Store>(mut store: S) {
    transact(&mut store, |store| {
        for kind in OwnerKind::ALL {
            let owner = Some(Ownership::new(*kind, "me"));
            store.put_task(Task { owner, ..task(kind.as_str()) });
            store.put_run(run(kind.as_str(), kind.as_str()));
        }
    });
    let agent =
        |name: &str, session| ClaimCriteria { agent_name: name.into(), ..claimer(session, &[]) };
    assert_eq!(claims(&mut store, &agent("me", "s")), ["pool"], "claims: a pool, by agent name");
    let session = claims(&mut store, &agent("", "me"));
    assert_eq!(session, ["agent_session"], "claims: a session, by its id");
    assert_eq!(next(&store, &agent("you", "you")), None, "claims: of no other owner");
}

fn profiles_choose_their_claimers<S: Store>(mut store: S) {
    transact(&mut store, |store| {
        store.put_task(task("t"));
        store.put_run(run("r", "t"));
    });
    let profile = |change: fn(&mut ExecutionProfile)| {
        let mut profile = ExecutionProfile::default_for(&"t".into());
        change(&mut profile);
        profile
    };
    let agent =
        |name: &str, offered| ClaimCriteria { agent_name: name.into(), ..claimer("s", offered) };
    let (ada, bob, nobody) = (agent("ada", &["go"]), agent("bob", &["go"]), agent("", &["go"]));
    let by_agent: [fn(&mut ExecutionProfile); 3] = [
        |profile| profile.worker.agent_name = "ada".into(),
        |profile| profile.worker.allowed_agent_names = texts(&["ada", "eve"]),
        |profile| profile.participants.allowed_agent_names = texts(&["ada", "eve"]),
    ];
    for change in by_agent {
        let profile = profile(change);
        transact(&mut store, |store| store.put_profile(profile.clone()));
        assert!(next(&store, &ada).is_some(), "claims: the named agent, {profile:?}");
        assert_eq!(next(&store, &bob), None, "claims: another agent, {profile:?}");
        assert_eq!(next(&store, &nobody), None, "claims: an unnamed agent, {profile:?}");
    }
    let by_capability: [fn(&mut ExecutionProfile); 2] = [
        |profile| profile.worker.required_capabilities = texts(&["go"]),
        |profile| profile.participants.required_capabilities = texts(&["go"]),
    ];
    for change in by_capability {
        let profile = profile(change);
        transact(&mut store, |store| store.put_profile(profile.clone()));
        assert!(next(&store, &bob).is_some(), "claims: who offers it, {profile:?}");
        let rule = format!("claims: who does not offer it, {profile:?}");
        assert_eq!(next(&store, &agent("bob", &["sql"])), None, "{rule}");
    }
    let without_effect: fn(&mut ExecutionProfile) = |profile| {
        profile.review.required_capabilities = texts(&["rust"]);
        profile.worker.preferred_agent_names = texts(&["ada"]);
        profile.worker.preferred_capabilities = texts(&["rust"]);
    };
    transact(&mut store, |store| store.put_profile(profile(without_effect)));
    assert!(next(&store, &bob).is_some(), "claims: reviewers and preferences keep nobody away");
    let narrow = profile(|profile| profile.worker.agent_name = "ada".into());
    transact(&mut store, |store| store.put_profile(narrow));
    transact(&mut store, |store| store.delete_profile(&"t".into()));
    assert!(next(&store, &bob).is_some(), "claims: free again without profile");
}

fn a_run_that_asks_too_much_is_stepped_over<S: Store>(mut store: S) {
    transact(&mut store, |store| {
        store.put_task(task("t"));
        for second in 0..20 {
            store.put_run(Run {
                queued_at: at(second),
                required_capabilities: texts(&["rust"]),
                ..run(&format!("picky-{second}"), "t")
            });
        }
        store.put_run(Run { queued_at: at(99), ..run("plain", "t") });
    });
    assert_eq!(next(&store, &claimer("s", &[])).as_deref(), Some("plain"), "claims: step over");
    let able = next(&store, &claimer("s", &["rust"]));
    assert_eq!(able.as_deref(), Some("picky-0"), "claims: the oldest for who can");
}
