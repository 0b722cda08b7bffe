//! The smaller records: edges, tokens, keys, triage, snoozes, the trash, profiles,
//! reviews, channels, the switch.

use std::sync::Arc;

use super::expect_ids;
use super::fixture::{actor, at, edge, origin, review, transact};
use crate::channel::ChannelRecord;
use crate::claim_token::ClaimToken;
use crate::dependency::Dependency;
use crate::enumeration::Enumeration;
use crate::id::{RunId, TaskId};
use crate::idempotency::RunIdempotency;
use crate::profile::ExecutionProfile;
use crate::query::RunReviewQuery;
use crate::review::{ReviewGateState, RunReview, RunReviewStatus};
use crate::scheduler::SchedulerPauseState;
use crate::snooze::{Snooze, SnoozeUntil};
use crate::store::Store;
use crate::trash::TrashedTask;
use crate::triage::TriageState;

pub(super) fn check<S: Store>(make: &impl Fn() -> S) {
    edges_are_listed_from_both_ends(make());
    tokens_come_and_go_with_leases(make());
    keys_belong_to_origins(make());
    triage_belongs_to_identities(make());
    snoozes_belong_to_identities(make());
    the_trash_keeps_one_task_of_each_id(make());
    profiles_are_one_per_task(make());
    reviews_go_from_the_newest_update_on(make());
    gates_channels_and_the_switch_are_kept(make());
}

fn edges_are_listed_from_both_ends<S: Store>(mut store: S) {
    let waits_for = |edge: &Arc<Dependency>| edge.depends_on_task_id.to_string();
    let waits = |edge: &Arc<Dependency>| edge.task_id.to_string();
    transact(&mut store, |store| {
        for (task, depends_on, second) in
            [("t", "c", 1), ("t", "b", 1), ("t", "a", 2), ("v", "a", 1), ("u", "a", 2)]
        {
            store.put_dependency(edge(task, depends_on, at(second)));
        }
    });
    let (t, a) = (TaskId::from("t"), TaskId::from("a"));
    let rule = "edges: by creation, then by the task at the other end";
    expect_ids(rule, &store.list_dependencies(&t), waits_for, &["b", "c", "a"]);
    expect_ids(rule, &store.list_dependents(&a), waits, &["v", "t", "u"]);
    assert_eq!(store.count_dependencies(&t), 3, "edges: their count");
    assert_eq!(store.get_dependency(&t, &a).map(|it| it.created_at), Some(at(2)));
    assert_eq!(store.get_dependency(&a, &t), None, "edges: one direction");
    transact(&mut store, |store| {
        store.put_dependency(edge("t", "a", at(0)));
        store.delete_dependency(&t, &"b".into());
    });
    let rule = "edges: written anew and deleted";
    expect_ids(rule, &store.list_dependencies(&t), waits_for, &["a", "c"]);
    expect_ids(rule, &store.list_dependents(&a), waits, &["t", "v", "u"]);
    expect_ids(rule, &store.list_dependents(&"b".into()), waits, &[]);
}

fn tokens_come_and_go_with_leases<S: Store>(mut store: S) {
    let run = RunId::from("r");
    assert_eq!(store.get_claim_token(&run), None);
    for secret in ["first", "second"] {
        transact(&mut store, |store| store.put_claim_token(&run, ClaimToken::from(secret)));
        let token = store.get_claim_token(&run);
        assert!(token.is_some_and(|token| token.expose() == secret), "tokens: the last one put");
    }
    transact(&mut store, |store| store.delete_claim_token(&run));
    assert_eq!(store.get_claim_token(&run), None, "tokens: gone with the lease");
}

fn keys_belong_to_origins<S: Store>(mut store: S) {
    let binding = |key: &str, run: &str, from: &str| RunIdempotency {
        idempotency_key: key.into(),
        run_id: run.into(),
        origin: origin(from),
        created_at: at(0),
    };
    transact(&mut store, |store| {
        store.put_idempotency(binding("k", "r-1", "one"));
        store.put_idempotency(binding("k", "r-2", "two"));
        store.put_idempotency(binding("l", "r-1", "one"));
    });
    let run = |store: &S, key: &str, from: &str| {
        store.get_idempotency(key, &origin(from)).map(|binding| binding.run_id.to_string())
    };
    let rule = "keys: bound per origin";
    assert_eq!(run(&store, "k", "one").as_deref(), Some("r-1"), "{rule}");
    assert_eq!(run(&store, "k", "two").as_deref(), Some("r-2"), "{rule}");
    assert_eq!(run(&store, "K", "one"), None, "keys: letter case counts");
    transact(&mut store, |store| store.delete_idempotency_of_run(&"r-1".into()));
    let rule = "keys: all those of a run are deleted, and no others";
    assert_eq!(run(&store, "k", "one"), None, "{rule}");
    assert_eq!(run(&store, "l", "one"), None, "{rule}");
    assert_eq!(run(&store, "k", "two").as_deref(), Some("r-2"), "{rule}");
}

fn triage_belongs_to_identities<S: Store>(mut store: S) {
    let task = TaskId::from("t");
    transact(&mut store, |store| {
        for name in ["eve", "ada"] {
            store.put_triage(TriageState::untouched(task.clone(), actor(name), at(0)));
        }
        let read = TriageState::untouched(task.clone(), actor("eve"), at(1));
        store.put_triage(TriageState { read: true, ..read });
    });
    let read = |store: &S, name: &str| store.get_triage(&task, &actor(name)).map(|it| it.read);
    assert_eq!(read(&store, "eve"), Some(true), "triage: the last record put");
    assert_eq!(read(&store, "ada"), Some(false), "triage: each identity its own");
    assert_eq!(read(&store, "bob"), None, "triage: none");
    let name = |state: &Arc<TriageState>| state.actor.reference.clone();
    expect_ids("triage: by identity", &store.list_triage_of_task(&task), name, &["ada", "eve"]);
    transact(&mut store, |store| store.delete_triage(&task, &actor("ada")));
    expect_ids("triage: one deleted", &store.list_triage_of_task(&task), name, &["eve"]);
    transact(&mut store, |store| {
        for task in ["u", "s"] {
            store.put_triage(TriageState::untouched(task.into(), actor("eve"), at(0)));
        }
    });
    let task = |state: &Arc<TriageState>| state.task_id.to_string();
    let of_eve = store.list_triage_of_actor(&actor("eve"));
    expect_ids("triage: of an identity, by task", &of_eve, task, &["s", "t", "u"]);
    expect_ids("triage: of nobody", &store.list_triage_of_actor(&actor("ada")), task, &[]);
}

fn snoozes_belong_to_identities<S: Store>(mut store: S) {
    let snooze = |task: &str, name: &str, second| Snooze {
        task_id: task.into(),
        actor: actor(name),
        until: SnoozeUntil::Time(at(second)),
        snoozed_at: at(0),
    };
    transact(&mut store, |store| {
        for (task, name) in [("u", "eve"), ("t", "eve"), ("t", "ada")] {
            store.put_snooze(snooze(task, name, 1));
        }
        store.put_snooze(snooze("t", "eve", 2));
    });
    let kept = store.get_snooze(&"t".into(), &actor("eve"));
    assert_eq!(kept.as_deref(), Some(&snooze("t", "eve", 2)), "snoozes: the last one put");
    assert_eq!(store.get_snooze(&"t".into(), &actor("bob")), None, "snoozes: none");
    let name = |snooze: &Arc<Snooze>| snooze.actor.reference.clone();
    let task = |snooze: &Arc<Snooze>| snooze.task_id.to_string();
    let of_task = store.list_snoozes_of_task(&"t".into());
    expect_ids("snoozes: by identity", &of_task, name, &["ada", "eve"]);
    let of_eve = store.list_snoozes_of_actor(&actor("eve"));
    expect_ids("snoozes: of an identity, by task", &of_eve, task, &["t", "u"]);
    transact(&mut store, |store| store.delete_snooze(&"t".into(), &actor("eve")));
    let of_eve = store.list_snoozes_of_actor(&actor("eve"));
    expect_ids("snoozes: one deleted", &of_eve, task, &["u"]);
}

fn the_trash_keeps_one_task_of_each_id<S: Store>(mut store: S) {
    let trashed = |task: &str, second| TrashedTask {
        task_id: task.into(),
        deleted_at: at(second),
        deleted_by: actor("ada"),
        records: Vec::new(),
    };
    transact(&mut store, |store| {
        for (task, second) in [("u", 1), ("t", 2), ("t", 3)] {
            store.put_trashed(trashed(task, second));
        }
    });
    let kept = store.get_trashed(&"t".into());
    assert_eq!(kept.as_deref(), Some(&trashed("t", 3)), "trash: the last one put");
    let task = |trashed: &Arc<TrashedTask>| trashed.task_id.to_string();
    expect_ids("trash: by id", &store.list_trashed(), task, &["t", "u"]);
    transact(&mut store, |store| store.delete_trashed(&"t".into()));
    expect_ids("trash: one forgotten", &store.list_trashed(), task, &["u"]);
}

fn profiles_are_one_per_task<S: Store>(mut store: S) {
    let profile = ExecutionProfile::default_for(&"t".into());
    let guided = |guidance: &str| {
        let mut profile = profile.clone();
        profile.coordinator.guidance = guidance.into();
        profile
    };
    transact(&mut store, |store| {
        store.put_profile(guided("one"));
        store.put_profile(guided("two"));
    });
    let kept = store.get_profile(&"t".into());
    assert_eq!(kept.as_deref(), Some(&guided("two")), "profiles: the last one put");
    assert_eq!(store.get_profile(&"u".into()), None, "profiles: of another task");
    transact(&mut store, |store| store.delete_profile(&"t".into()));
    assert_eq!(store.get_profile(&"t".into()), None, "profiles: deleted");
}

fn reviews_go_from_the_newest_update_on<S: Store>(mut store: S) {
    let id = |review: &Arc<RunReview>| review.review_id.to_string();
    transact(&mut store, |store| {
        for (second, status) in (0..).zip(RunReviewStatus::ALL) {
            store.put_review(RunReview {
                updated_at: at(second),
                review_round: second + 1,
                status: *status,
                reviewer_session_id: Some("s".into()),
                ..review(status.as_str(), "t", "r")
            });
        }
        store.put_review(RunReview { updated_at: at(1), ..review("z", "u", "q") });
    });
    let off = RunReviewQuery::default;
    let cases: [(RunReviewQuery, &[&str]); 5] = [
        (RunReviewQuery { limit: 2, ..off() }, &["canceled", "circuit_opened"]),
        (RunReviewQuery { task_id: Some("u".into()), ..off() }, &["z"]),
        (RunReviewQuery { run_id: Some("q".into()), ..off() }, &["z"]),
        (RunReviewQuery { status: RunReviewStatus::Routed.into(), ..off() }, &["routed"]),
        (
            RunReviewQuery { reviewer_session_id: Some("s".into()), limit: 1, ..off() },
            &["canceled"],
        ),
    ];
    for (query, expected) in cases {
        expect_ids(&format!("reviews: of {query:?}"), &store.list_reviews(&query), id, expected);
    }
    let all = store.list_reviews(&RunReviewQuery { status: Default::default(), ..off() });
    let last = &all[all.len() - 3..];
    let rule = "reviews: newest update first, then greatest id";
    expect_ids(rule, last, id, &["z", "routed", "requested"]);
    let found = store.find_review(&"r".into(), 2, 1);
    assert_eq!(found.as_ref().map(id).as_deref(), Some("routed"), "reviews: by round and attempt");
    assert_eq!(store.find_review(&"r".into(), 2, 2), None, "reviews: another attempt");
    let active = store.list_active_reviews_of_session(&"s".into());
    expect_ids("reviews: the active ones of a session", &active, id, &["in_review", "routed"]);
    transact(&mut store, |store| {
        let recorded = RunReviewStatus::Recorded;
        store.put_review(RunReview { status: recorded, ..review("in_review", "t", "r") });
        store.delete_review(&"routed".into());
    });
    let active = store.list_active_reviews_of_session(&"s".into());
    expect_ids("reviews: none active any more", &active, id, &[]);
    assert_eq!(store.get_review(&"routed".into()), None, "reviews: deleted");
}

fn gates_channels_and_the_switch_are_kept<S: Store>(mut store: S) {
    let gate =
        |review_round| ReviewGateState { review_round, ..ReviewGateState::untouched(&"t".into()) };
    let channel = ChannelRecord {
        id: "ops".into(),
        workspace_id: "ws".into(),
        purpose: "talk".into(),
        created_by: "cli:terminal".into(),
        created_at: at(0),
        updated_at: at(0),
    };
    let paused = SchedulerPauseState { paused: true, ..SchedulerPauseState::default() };
    assert_eq!(store.get_scheduler(), SchedulerPauseState::default(), "switch: running at first");
    transact(&mut store, |store| {
        store.put_review_gate(gate(1));
        store.put_review_gate(gate(2));
        store.put_channel(channel.clone());
        store.put_scheduler(paused.clone());
    });
    assert_eq!(store.get_review_gate(&"t".into()).as_deref(), Some(&gate(2)), "gates: the last");
    assert_eq!(store.get_channel("ops").as_deref(), Some(&channel), "channels: kept");
    assert_eq!(store.get_channel("op"), None, "channels: unknown");
    assert_eq!(store.get_scheduler(), paused, "switch: kept");
    transact(&mut store, |store| store.delete_review_gate(&"t".into()));
    assert_eq!(store.get_review_gate(&"t".into()), None, "gates: deleted");
}
