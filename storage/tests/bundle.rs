//! A board as one document: out, and in again.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod fixture;

use fixture::{ada, create, records, titles};
use futures_executor::LocalPool;
use futures_util::task::LocalSpawnExt;
use serde_json::Value;
use taskloom_domain::actor::ActorContext;
use taskloom_domain::dependency::{AddDependency, DependencyKind};
use taskloom_domain::lease::ClaimCriteria;
use taskloom_domain::run::EnqueueRun;
use taskloom_domain::snooze::SnoozeUntil;
use taskloom_domain::store::Record;
use taskloom_domain::task::Scope;
use taskloom_storage::{Board, Bundle, BundleError, ImportError, ImportMode, MemoryLog};

fn open(pool: &mut LocalPool, log: MemoryLog) -> Board<MemoryLog> {
    let spawner = pool.spawner();
    let (engine, options) = fixture::options(move |task| spawner.spawn_local(task).unwrap());
    pool.run_until(Board::open(log, engine, options)).unwrap()
}

/// A board with an edge, a claimed run, a snooze and a deleted task.
fn busy_board(pool: &mut LocalPool) -> Board<MemoryLog> {
    let board = open(pool, MemoryLog::new());
    let (mut first, mut second) = (create("pour the footing"), create("lay the floor"));
    let mut third = create("dig a pond");
    pool.run_until(board.run(move |manager| {
        let (first, second) = (first(manager)?, second(manager)?);
        let gone = third(manager)?;
        manager.delete_to_trash(&gone, &ada())?;
        manager.snooze_task(&second, SnoozeUntil::Resolved(first.clone()), &ada())?;
        let edge = AddDependency {
            task_id: second,
            depends_on_task_id: first.clone(),
            kind: DependencyKind::Blocks.into(),
        };
        manager.add_dependency(edge, &ada())?;
        manager.enqueue_run(EnqueueRun { task_id: first, ..EnqueueRun::default() }, &ada())?;
        let worker = ActorContext::derive_agent_session("sess-1")?;
        let criteria = ClaimCriteria {
            scope: Scope::Global.into(),
            claimer_session_id: "sess-1".into(),
            ..ClaimCriteria::default()
        };
        manager.claim_next_run(criteria, &worker)
    }))
    .unwrap();
    board
}

fn is_token(record: &Record) -> bool {
    matches!(record, Record::ClaimToken(..))
}

fn document() -> Value {
    let mut pool = LocalPool::new();
    let board = busy_board(&mut pool);
    let bundle = board.export();
    serde_json::from_str(&bundle.to_json().unwrap()).unwrap()
}

#[test]
fn bundle_restores_everything_but_the_claim_tokens() {
    let mut pool = LocalPool::new();
    let board = busy_board(&mut pool);
    let text = board.export().to_json().unwrap();
    let tokens: Vec<Record> = records(&board).into_iter().filter(is_token).collect();
    let [Record::ClaimToken(_, token)] = tokens.as_slice() else { panic!("one run is claimed") };
    assert!(!text.contains(token.expose()));

    let log = MemoryLog::new();
    let restored = open(&mut pool, log.another());
    pool.run_until(restored.import(&Bundle::from_json(&text).unwrap(), ImportMode::IntoEmpty))
        .unwrap();
    let expected: Vec<Record> = records(&board).into_iter().filter(|it| !is_token(it)).collect();
    assert_eq!(records(&restored), expected);
    assert_eq!(records(&open(&mut pool, log)), expected, "an import is kept as everything else");
    assert_eq!(restored.export().to_json().unwrap(), text);
}

#[test]
fn bundle_is_not_put_on_a_board_that_has_records() {
    let mut pool = LocalPool::new();
    let board = busy_board(&mut pool);
    let bundle = board.export();
    let before = records(&board);
    assert_eq!(
        pool.run_until(board.import(&bundle, ImportMode::IntoEmpty)),
        Err(ImportError::NotEmpty)
    );
    assert_eq!(records(&board), before);
}

#[test]
fn other_documents_are_told_apart() {
    let mut newer = document();
    newer["format_version"] = 2.into();
    let newer = newer.to_string();
    assert_eq!(Bundle::from_json(&newer), Err(BundleError::NewerFormat { found: 2 }));
    for other in ["{}", "[]", "3", r#"{"format":"beads","format_version":1}"#] {
        assert_eq!(Bundle::from_json(other), Err(BundleError::NotABundle), "{other}");
    }
    let mut malformed = document();
    malformed["tasks"][0]["status"] = "sleeping".into();
    for text in ["", "{", &malformed.to_string()] {
        assert!(matches!(Bundle::from_json(text), Err(BundleError::Invalid { .. })), "{text}");
    }
}

#[test]
fn unknown_members_are_passed_over() {
    let mut document = document();
    document["app"] = serde_json::json!({ "theme": "dark" });
    assert_eq!(Bundle::from_json(&document.to_string()).unwrap().tasks.len(), 2);
}

#[test]
fn broken_bundle_leaves_the_board_empty() {
    let edit = |change: fn(&mut Value)| {
        let mut document = document();
        change(&mut document);
        Bundle::from_json(&document.to_string()).unwrap()
    };
    let mut pool = LocalPool::new();
    let board = open(&mut pool, MemoryLog::new());
    let mut refused =
        |bundle: Bundle| pool.run_until(board.import(&bundle, ImportMode::IntoEmpty)).unwrap_err();

    let untitled = refused(edit(|it| it["tasks"][0]["title"] = "".into()));
    assert!(matches!(untitled, ImportError::Invalid { .. }), "{untitled}");
    let text = untitled.to_string();
    let expected = "is not valid: task: validation failed: task.title is required";
    assert!(text.starts_with("in this bundle, task task-") && text.ends_with(expected), "{text}");
    let dangling = refused(edit(|it| drop(it["tasks"].as_array_mut().unwrap().remove(0))));
    assert!(matches!(dangling, ImportError::Dangling { .. }), "{dangling}");
    let repeated = refused(edit(|it| {
        let tasks = it["tasks"].as_array_mut().unwrap();
        tasks.push(tasks[0].clone());
    }));
    let smuggled = refused(edit(|it| {
        let run = it["runs"][0]["id"].clone();
        let token = serde_json::json!({ "claim_token": [run, "secret"] });
        it["trash"][0]["records"].as_array_mut().unwrap().push(token);
    }));
    assert!(smuggled.to_string().contains("task_trash.records"), "{smuggled}");
    assert!(!smuggled.to_string().contains("secret"), "{smuggled}");
    assert!(matches!(repeated, ImportError::Repeated { .. }), "{repeated}");
    assert_eq!(titles(&board), [""; 0]);
    assert_eq!(board.version().get(), 0);
}
