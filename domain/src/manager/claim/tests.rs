#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use crate::actor::{ActorContext, ActorIdentity, ActorKind, OwnerKind};
use crate::enumeration::Enumeration;
use crate::error::ErrorKind;
use crate::hook::{PreClaimAnswer, PreClaimCriteria, RunHookId};
use crate::json::RawJson;
use crate::lease::{ClaimCriteria, SoulClaimProvenance};
use crate::manager::testing::runs::{
    LEASE, enqueue, hooked, named, offering, reader, release, session,
};
use crate::manager::testing::{World, agent, human, new_task};
use crate::profile::ExecutionProfile;
use crate::run::{ClaimRun, EnqueueRun, RunStatus};
use crate::store::{ClaimTokenStore, ExecutionProfileStore, TransactionStore};
use crate::task::{CreateTask, Priority, Scope, Status};
use crate::time::Duration;

fn profile(world: &mut World, task: &str, change: impl FnOnce(&mut ExecutionProfile)) {
    let mut profile = ExecutionProfile::default_for(&task.into());
    change(&mut profile);
    world.manager.store.begin();
    world.manager.store.put_profile(profile);
    world.manager.store.commit();
}

#[test]
fn a_claim_takes_the_run_under_a_lease() {
    let mut world = World::new();
    world.task("t");
    let queued = world.enqueue("t");
    world.advance(60);
    let claim = world.claim("s");
    let run = world.run(&queued);
    assert_eq!(claim.run, run);
    assert_eq!(run.status, RunStatus::Claimed);
    assert_eq!(run.session_id, Some(session("s")));
    assert_eq!(run.claimed_by, Some(agent("s").actor), "the actor by default");
    assert_eq!((run.claimed_at, run.heartbeat_at), (Some(world.now()), Some(world.now())));
    assert_eq!(
        (run.lease_until, claim.lease_until),
        (Some(world.now() + LEASE), world.now() + LEASE)
    );
    assert_eq!(run.claim_token_hash, Some(claim.claim_token.hash().unwrap()));
    assert_eq!(claim.task.current_run_id, Some(queued));
    assert_eq!(world.status("t"), Status::Ready, "claimed is not yet in progress");
    let payload = world.newest_payload("t");
    assert_eq!(payload["claim_token_hash"], run.claim_token_hash.unwrap().as_str());
    assert_eq!(payload["claimed_by"]["ref"], "s");
    let json = serde_json::to_string(&claim.run).unwrap();
    assert!(!json.contains(claim.claim_token.expose()), "the run never carries the token");
}

#[test]
fn criteria_are_checked_and_defaulted() {
    let mut world = World::new();
    world.task("t");
    world.enqueue("t");
    let cases = [
        (ClaimCriteria::default(), ErrorKind::Validation),
        (
            ClaimCriteria { scope: Scope::Workspace.into(), ..ClaimCriteria::default() },
            ErrorKind::InvalidScopeBinding,
        ),
    ];
    for (criteria, kind) in cases {
        world.refuses(kind, |manager| manager.claim_next_run(criteria, &human()));
    }
    let blank = offering(&["a b"]);
    world.refuses(ErrorKind::Validation, |manager| manager.claim_next_run(blank, &agent("s")));
    let day = Duration::from_secs(24 * 60 * 60);
    let too_long = Duration::from_nanos(day.as_nanos() + 1);
    let lasting = |lease_duration| ClaimCriteria { lease_duration, ..ClaimCriteria::default() };
    world.refuses(ErrorKind::Validation, |manager| {
        manager.claim_next_run(lasting(too_long), &agent("s"))
    });
    let claim = world.manager.claim_next_run(lasting(day), &agent("s")).unwrap();
    assert_eq!(claim.lease_until, world.now() + day);
}

#[test]
fn the_claimer_is_the_one_that_the_request_names() {
    let mut world = World::new();
    world.task("t");
    world.enqueue("t");
    let criteria = ClaimCriteria {
        claimer_session_id: session("s9"),
        now: Some(world.now() + Duration::from_secs(7)),
        ..ClaimCriteria::default()
    };
    let claim = world.manager.claim_next_run(criteria, &human()).unwrap();
    assert_eq!(claim.run.session_id, Some(session("s9")));
    assert_eq!(claim.run.claimed_by, Some(human().actor));
    assert_eq!(claim.run.claimed_at, Some(world.now() + Duration::from_secs(7)));
    assert_eq!(world.log("t").last().unwrap().event.timestamp, world.now(), "the clock's");
}

#[test]
fn an_agent_may_claim_for_a_session_and_a_claimer_of_its_choice() {
    let mut world = World::new();
    world.task("t");
    world.enqueue("t");
    let claimer = ActorIdentity::new(ActorKind::AgentSession, "other");
    let criteria = ClaimCriteria {
        claimer_session_id: session("s9"),
        claimed_by: Some(claimer.clone()),
        ..ClaimCriteria::default()
    };
    let claim = world.manager.claim_next_run(criteria, &agent("s")).unwrap();
    assert_eq!(claim.run.session_id, Some(session("s9")));
    assert_eq!(claim.run.claimed_by, Some(claimer));
    let payload = world.newest_payload("t");
    assert_eq!(payload["claimed_by"]["ref"], "s", "the log names who called");
}

#[test]
fn readers_claim_nothing() {
    let mut world = World::new();
    world.task("t");
    let run = world.enqueue("t");
    world.refuses(ErrorKind::PermissionDenied, |manager| {
        manager.claim_next_run(ClaimCriteria::default(), &reader())
    });
    world.refuses(ErrorKind::PermissionDenied, |manager| {
        manager.claim_run(&run, ClaimRun::default(), &reader())
    });
}

#[test]
fn a_busy_session_claims_no_second_run() {
    let mut world = World::new();
    world.task("t");
    world.task("u");
    world.enqueue("t");
    world.claim("s");
    let busy = ErrorKind::ActiveRunLease;
    let try_claim = |manager: &mut crate::manager::Manager| {
        manager.claim_next_run(ClaimCriteria::default(), &agent("s"))
    };
    world.refuses(busy, try_claim);
    world.manager.pause_scheduler(Default::default(), &human()).unwrap();
    world.refuses(busy, try_claim);
    world.manager.resume_scheduler(Default::default(), &human()).unwrap();
    world.enqueue("u");
    world.refuses(busy, try_claim);
    world.advance(300);
    assert_eq!(world.claim("s").task.id.as_str(), "u", "an ended lease does not count");
}

#[test]
fn a_run_bound_without_a_lease_keeps_its_session_busy() {
    let mut world = World::new();
    world.task("t");
    world.task("u");
    let run = world.running("t");
    world.enqueue("u");
    let bound = world.run(&run).session_id.unwrap();
    world.refuses(ErrorKind::ActiveRunLease, |manager| {
        manager.claim_next_run(ClaimCriteria::default(), &agent(bound.as_str()))
    });
}

#[test]
fn a_paused_scheduler_hands_nothing_out() {
    let mut world = World::new();
    world.task("t");
    let run = world.enqueue("t");
    world.manager.pause_scheduler(Default::default(), &human()).unwrap();
    world.refuses(ErrorKind::NoClaimableRun, |manager| {
        manager.claim_next_run(ClaimCriteria::default(), &agent("s"))
    });
    assert_eq!(world.run(&run).status, RunStatus::Queued);
    world.manager.resume_scheduler(Default::default(), &human()).unwrap();
    assert_eq!(world.claim("s").run.id, run);
}

#[test]
fn the_runs_of_paused_ancestors_wait() {
    let mut world = World::new();
    world.task("p");
    world.child("p", "c");
    world.enqueue("c");
    let reason = crate::pause::PauseTaskRequest { reason: "r".into(), ..Default::default() };
    world.manager.pause_task(&"p".into(), reason, &human()).unwrap();
    assert_eq!(world.try_claim("s").unwrap_err().kind(), ErrorKind::NoClaimableRun);
    assert!(!world.record("c").paused);
    world.manager.resume_task(&"p".into(), Default::default(), &human()).unwrap();
    assert_eq!(world.claim("s").task.id.as_str(), "c");
}

#[test]
fn profiles_narrow_who_claims() {
    let cases: [fn(&mut ExecutionProfile); 5] = [
        |profile| profile.worker.agent_name = "coder".into(),
        |profile| profile.worker.allowed_agent_names = vec!["coder".into()],
        |profile| profile.participants.allowed_agent_names = vec!["coder".into()],
        |profile| profile.worker.required_capabilities = vec!["golang".into()],
        |profile| profile.participants.required_capabilities = vec!["golang".into()],
    ];
    for change in cases {
        let mut world = World::new();
        world.task("t");
        world.enqueue("t");
        profile(&mut world, "t", change);
        let wrong = ClaimCriteria { agent_name: "other".into(), ..offering(&["rust"]) };
        world.refuses(ErrorKind::NoClaimableRun, |manager| {
            manager.claim_next_run(wrong, &agent("s"))
        });
        world.refuses(ErrorKind::NoClaimableRun, |manager| {
            let blank = ClaimCriteria { claimer_session_id: session("s"), ..Default::default() };
            manager.claim_next_run(blank, &human())
        });
        let right = ClaimCriteria { agent_name: "coder".into(), ..offering(&["golang"]) };
        assert!(world.manager.claim_next_run(right, &agent("s")).is_ok());
    }
}

#[test]
fn owners_decide_who_claims() {
    let mut world = World::new();
    world.owned("pool", OwnerKind::Pool, "coder");
    let pooled = world.enqueue("pool");
    world.refuses(ErrorKind::NoClaimableRun, |manager| {
        manager.claim_next_run(named("other"), &agent("s"))
    });
    world.refuses(ErrorKind::PermissionDenied, |manager| {
        manager.claim_run(&pooled, ClaimRun::default(), &human())
    });
    let claim = world.manager.claim_next_run(named("coder"), &agent("s")).unwrap();
    assert_eq!(claim.run.id, pooled);

    world.owned("mine", OwnerKind::AgentSession, "s2");
    world.enqueue("mine");
    assert_eq!(world.try_claim("s3").unwrap_err().kind(), ErrorKind::NoClaimableRun);
    assert_eq!(world.claim("s2").task.id.as_str(), "mine");

    world.owned("theirs", OwnerKind::Human, "ada");
    world.enqueue("theirs");
    assert_eq!(world.try_claim("s4").unwrap_err().kind(), ErrorKind::NoClaimableRun);
}

#[test]
fn certain_runs_of_an_agent_session_are_for_it_and_the_host() {
    let keyed = || ClaimRun { idempotency_key: "k".into() };
    let daemon = ActorContext::derive_daemon("d", None).unwrap();
    for (actor, allowed) in
        [(human(), false), (agent("other"), false), (agent("s"), true), (daemon, true)]
    {
        let mut world = World::new();
        world.owned("t", OwnerKind::AgentSession, "s");
        let run = world.enqueue("t");
        let outcome = world.manager.claim_run(&run, keyed(), &actor);
        match allowed {
            true => assert_eq!(outcome.unwrap().claimed_by, Some(actor.actor)),
            false => assert_eq!(outcome.unwrap_err().kind(), ErrorKind::PermissionDenied),
        }
    }
    for kind in OwnerKind::ALL.iter().copied() {
        if !matches!(kind, OwnerKind::Pool | OwnerKind::AgentSession) {
            let mut world = World::new();
            world.owned("t", kind, "x");
            world.claimed("t");
        }
    }
}

#[test]
fn blocked_work_is_claimed_by_nobody() {
    let mut world = World::new();
    world.task("a");
    world.task("b");
    world.depends("b", "a");
    let run = world.enqueue("b");
    world.refuses(ErrorKind::NoClaimableRun, |manager| {
        manager.claim_next_run(ClaimCriteria::default(), &agent("s"))
    });
    world.refuses(ErrorKind::InvalidStatusTransition, |manager| {
        manager.claim_run(&run, ClaimRun::default(), &human())
    });
}

#[test]
fn claims_follow_priority_then_preference_then_age() {
    let mut world = World::new();
    let runs = [
        ("a", Priority::Medium, &[][..], &[][..]),
        ("b", Priority::High, &[], &["codex"]),
        ("c", Priority::High, &[], &[]),
        ("d", Priority::Medium, &["sqlite"], &["codex", "golang"]),
        ("e", Priority::Urgent, &["rust"], &[]),
    ];
    let own = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    for (name, priority, required, preferred) in runs {
        world.create(CreateTask { priority: priority.into(), ..new_task(name) });
        let run = world.enqueue(name);
        world.change_run(&run, |run| {
            run.required_capabilities = own(required);
            run.preferred_capabilities = own(preferred);
        });
        world.advance(1);
    }
    let order = |world: &mut World, criteria: ClaimCriteria| {
        let mut order = String::new();
        let mut taken = Vec::new();
        while let Ok(claim) =
            world.manager.claim_next_run(criteria.clone(), &agent(&format!("w{}", taken.len())))
        {
            order.push_str(claim.task.id.as_str());
            taken.push(claim);
        }
        for claim in &taken {
            world.manager.release_run_lease(release(claim), &human()).unwrap();
        }
        order
    };
    assert_eq!(order(&mut world, offering(&["golang", "sqlite", "codex"])), "bcda");
    let high = ClaimCriteria { priority_min: 25, ..offering(&["golang", "sqlite", "codex"]) };
    assert_eq!(order(&mut world, high), "bc");
    assert_eq!(order(&mut world, ClaimCriteria::default()), "bca");
    let none = ClaimCriteria { priority_min: 41, ..ClaimCriteria::default() };
    assert_eq!(order(&mut world, none), "");
}

#[test]
fn of_runs_queued_at_once_the_smaller_id_goes_first() {
    let mut world = World::new();
    for name in ["a", "b", "c"] {
        world.task(name);
        world.enqueue(name);
    }
    let claimed = ["s1", "s2", "s3"].map(|session| world.claim(session).task.id.to_string());
    assert_eq!(claimed, ["a", "b", "c"]);
}

#[test]
fn every_run_is_claimed_once_however_many_ask() {
    let mut world = World::new();
    for name in ["a", "b", "c"] {
        world.task(name);
        world.enqueue(name);
    }
    let outcomes: Vec<_> = (0..12).map(|n| world.try_claim(&format!("s{n}"))).collect();
    let won: std::collections::BTreeSet<_> =
        outcomes.iter().flatten().map(|claim| claim.run.id.clone()).collect();
    assert_eq!(won.len(), 3);
    let lost = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
    assert!(lost.map(|refusal| refusal.kind()).eq([ErrorKind::NoClaimableRun; 9]));
}

#[test]
fn a_reclaim_draws_a_fresh_token() {
    let mut world = World::new();
    world.task("t");
    world.enqueue("t");
    let first = world.claim("s");
    world.manager.release_run_lease(release(&first), &human()).unwrap();
    let second = world.claim("s");
    assert_eq!(first.run.id, second.run.id);
    assert_ne!(first.claim_token, second.claim_token);
    let kept = world.manager.store().get_claim_token(&second.run.id);
    assert_eq!(kept.as_deref(), Some(&second.claim_token));
}

#[test]
fn scopes_do_not_see_each_other() {
    let mut world = World::new();
    world.create(CreateTask {
        scope: Scope::Workspace.into(),
        workspace_id: Some("w".into()),
        ..new_task("t")
    });
    let run = world.enqueue("t");
    assert_eq!(world.try_claim("s").unwrap_err().kind(), ErrorKind::NoClaimableRun);
    let here = |id: &str| ClaimCriteria { workspace_id: Some(id.into()), ..Default::default() };
    world.refuses(ErrorKind::NoClaimableRun, |manager| {
        manager.claim_next_run(here("x"), &agent("s"))
    });
    let claim = world.manager.claim_next_run(here("w"), &agent("s")).unwrap();
    let channel = claim.coordination_channel.unwrap();
    assert_eq!(channel.id, format!("coord-{run}"));
    assert_eq!(channel.display_name, channel.id);
    assert_eq!(channel.purpose, "task_run_coordination");
    assert_eq!(channel.last_activity_at, Some(world.now()));
    let kinds = ["status", "request", "reply", "blocker", "handoff", "result", "review_request"];
    assert_eq!(channel.allowed_message_kinds, kinds);
}

fn soul(digest: &str) -> ClaimCriteria {
    ClaimCriteria {
        soul: Some(SoulClaimProvenance {
            digest: digest.to_owned(),
            agent_name: "coder".to_owned(),
            ..SoulClaimProvenance::default()
        }),
        ..ClaimCriteria::default()
    }
}

#[test]
fn the_claimers_soul_is_merged_into_the_metadata() {
    let mut world = World::new();
    world.task("t");
    let metadata = RawJson::from_text("{\"workflow_id\":\"w1\"}");
    let request = EnqueueRun { metadata, ..enqueue("t") };
    world.manager.enqueue_run(request, &human()).unwrap();
    let claim = world.manager.claim_next_run(soul("d1"), &agent("s")).unwrap();
    assert_eq!(
        claim.run.metadata.unwrap().to_value().unwrap(),
        serde_json::json!({
            "workflow_id": "w1",
            "soul": {
                "digest": "d1", "agent_name": "coder", "captured_at": "2026-01-01T00:00:00Z",
            },
        })
    );
}

#[test]
fn a_soul_without_digest_leaves_the_metadata_alone() {
    let mut world = World::new();
    world.task("t");
    let request = EnqueueRun { metadata: RawJson::from_text("[1]"), ..enqueue("t") };
    world.manager.enqueue_run(request, &human()).unwrap();
    let claim = world.manager.claim_next_run(soul(" "), &agent("s")).unwrap();
    assert_eq!(claim.run.metadata, RawJson::from_text("[1]"));
}

#[test]
fn a_soul_that_does_not_fit_takes_no_run() {
    for (metadata, kind) in [
        ("[1]".to_owned(), ErrorKind::Validation),
        (format!("{{\"a\":\"{}\"}}", "x".repeat(16_300)), ErrorKind::PayloadTooLarge),
    ] {
        let mut world = World::new();
        world.task("t");
        let request = EnqueueRun { metadata: RawJson::from_text(&metadata), ..enqueue("t") };
        world.manager.enqueue_run(request, &human()).unwrap();
        world.refuses(kind, |manager| manager.claim_next_run(soul("d1"), &agent("s")));
        assert!(world.try_claim("s").is_ok(), "without a soul it is taken");
    }
}

#[test]
fn a_host_may_deny_or_change_a_claim() {
    let (mut world, host) = hooked();
    world.task("t");
    let run = world.enqueue("t");
    host.borrow_mut().answer = Some(Ok(PreClaimAnswer::Deny("  ".into())));
    let refusal = world.refuses(ErrorKind::PermissionDenied, |manager| {
        manager.claim_next_run(ClaimCriteria::default(), &agent("s"))
    });
    assert_eq!(refusal.detail(), "task run claim denied by hook");
    world.refuses(ErrorKind::PermissionDenied, |manager| {
        manager.claim_run(&run, ClaimRun::default(), &human())
    });
    assert_eq!(world.events("t"), ["created", "run_enqueued"]);

    let narrowed = PreClaimCriteria { priority_min: 30, ..PreClaimCriteria::default() };
    host.borrow_mut().answer = Some(Ok(PreClaimAnswer::Proceed(narrowed.clone())));
    assert_eq!(world.try_claim("s").unwrap_err().kind(), ErrorKind::NoClaimableRun);
    let broken = PreClaimCriteria { priority_min: -1, ..narrowed };
    host.borrow_mut().answer = Some(Ok(PreClaimAnswer::Proceed(broken)));
    assert_eq!(world.try_claim("s").unwrap_err().kind(), ErrorKind::Validation);
    host.borrow_mut().answer = None;
    assert_eq!(world.claim("s").run.id, run);
}

#[test]
fn a_host_may_move_a_claim_to_a_channel_but_not_off_one() {
    for (answered, taken) in [("dev", "in-dev"), (" ", "in-ops")] {
        let (mut world, host) = hooked();
        for (task, channel) in [("in-ops", "ops"), ("in-dev", "dev")] {
            world.create(CreateTask {
                scope: Scope::Workspace.into(),
                workspace_id: Some("ws".into()),
                ..new_task(task)
            });
            let request = EnqueueRun { network_channel: channel.into(), ..enqueue(task) };
            world.manager.enqueue_run(request, &human()).unwrap();
        }
        let answer = PreClaimCriteria {
            coordination_channel_id: answered.into(),
            ..PreClaimCriteria::default()
        };
        host.borrow_mut().answer = Some(Ok(PreClaimAnswer::Proceed(answer)));
        let criteria = ClaimCriteria {
            workspace_id: Some("ws".into()),
            coordination_channel_id: "ops".into(),
            ..ClaimCriteria::default()
        };
        let claim = world.manager.claim_next_run(criteria, &agent("s")).unwrap();
        assert_eq!(claim.run.task_id.as_str(), taken);
    }
}

#[test]
fn a_host_is_asked_even_where_nothing_is_queued() {
    let (mut world, host) = hooked();
    assert!(world.try_claim("s").is_err());
    let host = host.borrow();
    let asked = &host.asked[0];
    assert_eq!((asked.hook, asked.context.task_id.clone()), (RunHookId::PreClaim, None));
    assert_eq!(asked.criteria.agent_name, "s");
    assert_eq!(asked.context.actor_kind, Some(ActorKind::AgentSession));
}

#[test]
fn a_certain_claim_has_neither_token_nor_session() {
    let mut world = World::new();
    world.task("t");
    let id = world.enqueue("t");
    world.advance(1);
    let run = world.manager.claim_run(&id, ClaimRun::default(), &human()).unwrap();
    assert_eq!(run.status, RunStatus::Claimed);
    assert_eq!((run.claimed_by.clone(), run.claimed_at), (Some(human().actor), Some(world.now())));
    assert_eq!((&run.claim_token_hash, run.lease_until, &run.session_id), (&None, None, &None));
    assert_eq!(world.record("t").current_run_id, Some(id.clone()));
    assert_eq!(world.newest_payload("t")["lease_until"], "0001-01-01T00:00:00Z");
    world.refuses(ErrorKind::InvalidStatusTransition, |manager| {
        manager.claim_run(&id, ClaimRun::default(), &human())
    });
}

#[test]
fn a_certain_claim_looks_at_no_pause() {
    let mut world = World::new();
    world.task("t");
    let run = world.enqueue("t");
    world.manager.pause_scheduler(Default::default(), &human()).unwrap();
    assert!(world.manager.claim_run(&run, ClaimRun::default(), &human()).is_ok());
}

#[test]
fn certain_claims_of_anybody_but_people_need_a_key() {
    let mut world = World::new();
    world.task("t");
    let run = world.enqueue("t");
    let robot = ActorContext::derive_automation("cron", None).unwrap();
    world.refuses(ErrorKind::Validation, |manager| {
        manager.claim_run(&run, ClaimRun::default(), &robot)
    });
    let request = ClaimRun { idempotency_key: "k".into() };
    assert!(world.manager.claim_run(&run, request, &robot).is_ok());
    world.refuses(ErrorKind::TaskRunNotFound, |manager| {
        manager.claim_run(&"x".into(), ClaimRun::default(), &human())
    });
    world.refuses(ErrorKind::Validation, |manager| {
        manager.claim_run(&" ".into(), ClaimRun::default(), &human())
    });
}

#[test]
fn a_task_with_another_current_run_refuses_the_claim() {
    let mut world = World::new();
    world.task("t");
    let queued = world.enqueue("t");
    world.put_run("t", RunStatus::Claimed);
    world.refuses(ErrorKind::InvalidStatusTransition, |manager| {
        manager.claim_run(&queued, ClaimRun::default(), &human())
    });
}
