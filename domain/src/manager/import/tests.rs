#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use serde_json::json;

use crate::actor::Authority;
use crate::error::ErrorKind;
use crate::id::TaskId;
use crate::import::{ImportPlan, ImportProblem, ImportStatus, ImportTarget, ImportTask, Imported};
use crate::json::{MAX_METADATA_BYTES, RawJson};
use crate::manager::testing::runs::long_json;
use crate::manager::testing::{START, World, human, limited, new_task};
use crate::store::{DependencyStore, RecordStore};
use crate::task::{CreateTask, Scope, Status};
use crate::time::Timestamp;

/// A ready task whose key, id and title are `key`.
fn item(key: &str) -> ImportTask {
    ImportTask {
        key: key.to_owned(),
        task: new_task(key),
        parent: None,
        blockers: vec![],
        status: ImportStatus::Ready,
        created_at: None,
        updated_at: None,
        closed_at: None,
    }
}

fn planned(key: &str) -> ImportTarget {
    ImportTarget::Planned(key.to_owned())
}

fn child(key: &str, parent: &str) -> ImportTask {
    ImportTask { parent: Some(planned(parent)), ..item(key) }
}

fn waiting(key: &str, blockers: &[&str]) -> ImportTask {
    ImportTask { blockers: blockers.iter().map(|key| planned(key)).collect(), ..item(key) }
}

fn ended(key: &str, status: ImportStatus) -> ImportTask {
    ImportTask { status, ..item(key) }
}

fn plan(tasks: impl IntoIterator<Item = ImportTask>) -> ImportPlan {
    ImportPlan { tasks: tasks.into_iter().collect() }
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

impl World {
    fn import(&mut self, tasks: impl IntoIterator<Item = ImportTask>) -> Imported {
        self.manager.import_tasks(&plan(tasks), &human()).unwrap()
    }

    /// The only problem of a plan, which the import refuses with as well,
    /// without writing.
    #[track_caller]
    fn problem(&mut self, tasks: impl IntoIterator<Item = ImportTask>) -> ImportProblem {
        let plan = plan(tasks);
        let mut problems = self.manager.import_problems(&plan, &human()).unwrap();
        assert_eq!(problems.len(), 1, "{problems:?}");
        let problem = problems.remove(0);
        let refusal =
            self.refuses(problem.error.kind(), |manager| manager.import_tasks(&plan, &human()));
        assert_eq!(refusal, problem.error);
        problem
    }

    fn exists(&self, id: &str) -> bool {
        self.manager.store.get_task(&id.into()).is_some()
    }
}

#[test]
fn a_plan_comes_in_with_its_tree_and_edges() {
    let mut world = World::new();
    let imported =
        world.import([child("part", "whole"), item("whole"), waiting("next", &["part"])]);
    let keys: Vec<&str> = imported.created.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["part", "whole", "next"]);
    assert_eq!(world.record("part").parent_task_id, Some("whole".into()));
    let edge = world.manager.store.get_dependency(&"next".into(), &"part".into());
    assert!(edge.is_some());
}

#[test]
fn ids_are_made_where_the_plan_names_none() {
    let mut world = World::new();
    let unnamed = ImportTask { task: CreateTask { id: None, ..new_task("x") }, ..item("x") };
    let imported = world.import([unnamed]);
    assert!(world.exists(imported.created[0].1.as_str()));
}

#[test]
fn tasks_may_rest_on_what_the_board_has() {
    let mut world = World::new();
    world.task("root");
    world.task("first");
    let existing = |id: &str| ImportTarget::Existing(id.into());
    world.import([ImportTask {
        parent: Some(existing("root")),
        blockers: vec![existing("first")],
        ..item("leaf")
    }]);
    assert_eq!(world.record("leaf").parent_task_id, Some("root".into()));
    assert_eq!(world.status("leaf"), Status::Blocked);
}

#[test]
fn every_status_is_stored_and_the_open_ones_are_derived() {
    let mut world = World::new();
    let waits_for = |key: &str, blocker: &str, status| ImportTask {
        blockers: vec![planned(blocker)],
        ..ended(key, status)
    };
    world.import([
        ended("draft", ImportStatus::Draft),
        ended("ready", ImportStatus::Ready),
        ended("completed", ImportStatus::Completed),
        ended("failed", ImportStatus::Failed),
        ended("canceled", ImportStatus::Canceled),
        waits_for("behind-ready", "ready", ImportStatus::Ready),
        waits_for("behind-completed", "completed", ImportStatus::Ready),
        waits_for("behind-canceled", "canceled", ImportStatus::Ready),
        waits_for("draft-behind-ready", "ready", ImportStatus::Draft),
        waits_for("completed-behind-ready", "ready", ImportStatus::Completed),
        waits_for("behind-blocked", "behind-ready", ImportStatus::Ready),
    ]);
    let expected = [
        ("draft", Status::Draft),
        ("ready", Status::Ready),
        ("completed", Status::Completed),
        ("failed", Status::Failed),
        ("canceled", Status::Canceled),
        ("behind-ready", Status::Blocked),
        ("behind-completed", Status::Ready),
        ("behind-canceled", Status::Blocked),
        ("draft-behind-ready", Status::Draft),
        ("completed-behind-ready", Status::Completed),
        ("behind-blocked", Status::Blocked),
    ];
    for (task, status) in expected {
        assert_eq!(world.status(task), status, "{task}");
    }
}

#[test]
fn times_are_kept_even_of_tasks_that_turn_out_blocked() {
    let mut world = World::new();
    let created = Some(at("2020-01-01T00:00:00Z"));
    let updated = Some(at("2020-01-02T00:00:00Z"));
    let closed = Some(at("2020-01-03T00:00:00Z"));
    let dated = |task: ImportTask| ImportTask {
        created_at: created,
        updated_at: updated,
        closed_at: closed,
        ..task
    };
    world.import([
        dated(ended("done", ImportStatus::Completed)),
        dated(item("open")),
        dated(waiting("blocked", &["open"])),
    ]);
    for task in ["done", "open", "blocked"] {
        let record = world.record(task);
        assert_eq!((Some(record.created_at), Some(record.updated_at)), (created, updated));
    }
    assert_eq!(world.record("done").closed_at, closed);
    assert_eq!(world.record("open").closed_at, None, "only what ended has an end");
    let edge = world.manager.store.get_dependency(&"blocked".into(), &"open".into()).unwrap();
    assert_eq!(Some(edge.created_at), created);
}

#[test]
fn missing_times_follow_from_those_before_them() {
    let mut world = World::new();
    let created_at = Some(at("2020-01-01T00:00:00Z"));
    world.import([
        ended("bare", ImportStatus::Completed),
        ImportTask { created_at, ..ended("dated", ImportStatus::Completed) },
    ]);
    let bare = world.record("bare");
    assert_eq!((bare.created_at, bare.closed_at), (at(START), Some(at(START))));
    let dated = world.record("dated");
    assert_eq!((Some(dated.updated_at), dated.closed_at), (created_at, created_at));
}

#[test]
fn each_task_gets_the_events_of_its_creation_and_edges() {
    let mut world = World::new();
    let imported = world.import([item("a"), item("b"), waiting("c", &["a", "b"])]);
    assert_eq!(world.events("a"), ["created"]);
    assert_eq!(world.events("c"), ["created", "dependency_added", "dependency_added"]);
    assert_eq!(
        world.newest_payload("c"),
        json!({"depends_on_task_id": "b", "kind": "blocks", "status": "blocked"})
    );
    assert_eq!(world.record("c").latest_event_seq, imported.last_event);
}

#[test]
fn an_import_is_one_change() {
    let mut world = World::new();
    world.manager.take_changes();
    world.import([item("a"), waiting("b", &["a"]), child("c", "a")]);
    assert_eq!(world.manager.take_changes().len(), 1);
}

#[test]
fn a_judgement_writes_nothing() {
    let mut world = World::new();
    world.manager.take_changes();
    world.manager.import_problems(&plan([item("a")]), &human()).unwrap();
    assert_eq!(world.manager.take_changes(), []);
    assert!(!world.exists("a"));
}

#[test]
fn a_loop_is_one_problem_that_names_its_tasks_in_order() {
    let problem = World::new().problem([
        waiting("a", &["b"]),
        waiting("b", &["c"]),
        waiting("c", &["a"]),
        waiting("outside", &["a"]),
    ]);
    assert_eq!(problem.error.kind(), ErrorKind::CycleDetected);
    assert_eq!(problem.error.detail(), "a -> b -> c -> a");
    assert_eq!(
        (problem.key.as_str(), problem.related),
        ("a", vec!["a".into(), "b".into(), "c".into()])
    );
}

#[test]
fn a_task_that_waits_for_itself_is_a_loop_of_one() {
    let problem = World::new().problem([waiting("a", &["a"])]);
    assert_eq!(
        (problem.error.kind(), problem.related),
        (ErrorKind::CycleDetected, vec!["a".into()])
    );
}

#[test]
fn references_that_lead_nowhere_are_problems() {
    for task in [waiting("a", &["nobody"]), child("a", "nobody")] {
        let problem = World::new().problem([task]);
        assert_eq!(problem.error.kind(), ErrorKind::TaskNotFound);
        assert_eq!(problem.error.detail(), "\"nobody\" is not in the plan");
    }
    let existing = Some(ImportTarget::Existing("nobody".into()));
    let problem = World::new().problem([ImportTask { parent: existing, ..item("a") }]);
    assert_eq!(problem.error.kind(), ErrorKind::TaskNotFound);
}

#[test]
fn thirty_two_blockers_pass_and_thirty_three_do_not() {
    let names: Vec<String> = (1..=33).map(|number| format!("b{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let tasks = |count: usize| {
        names
            .iter()
            .map(|name| item(name))
            .chain([waiting("a", &names[..count])])
            .collect::<Vec<_>>()
    };
    World::new().import(tasks(32));
    let problem = World::new().problem(tasks(33));
    assert_eq!(problem.error.kind(), ErrorKind::GraphLimitExceeded);
    assert_eq!(problem.error.detail(), "dependency count exceeds 32: 33");
    assert_eq!(problem.key, "a");
}

#[test]
fn one_blocker_named_twice_is_a_problem() {
    let problem = World::new().problem([item("b"), waiting("a", &["b", "b"])]);
    assert_eq!(problem.error.kind(), ErrorKind::Validation);
}

/// Tasks `l1` to `l<depth>`, each below the one before it.
fn chain(depth: usize) -> Vec<ImportTask> {
    let deeper = (2..=depth).map(|level| child(&format!("l{level}"), &format!("l{}", level - 1)));
    std::iter::once(item("l1")).chain(deeper).collect()
}

#[test]
fn eight_levels_pass_and_the_ninth_does_not() {
    World::new().import(chain(8));
    let problem = World::new().problem(chain(9));
    assert_eq!(problem.error.kind(), ErrorKind::GraphLimitExceeded);
    assert_eq!(problem.error.detail(), "hierarchy depth exceeds 8: 9");
    assert_eq!(problem.key, "l9");
}

#[test]
fn levels_on_the_board_count_too() {
    let mut world = World::new();
    world.import(chain(7));
    let below = |key: &str, parent: ImportTarget| ImportTask { parent: Some(parent), ..item(key) };
    let problem = world.problem([
        below("eighth", ImportTarget::Existing("l7".into())),
        below("ninth", planned("eighth")),
    ]);
    assert_eq!(
        (problem.key.as_str(), problem.error.kind()),
        ("ninth", ErrorKind::GraphLimitExceeded)
    );
}

#[test]
fn sixty_four_children_pass_and_one_more_does_not() {
    let family = |count: usize| {
        let children = (1..=count).map(|number| child(&format!("c{number}"), "p"));
        std::iter::once(item("p")).chain(children).collect::<Vec<_>>()
    };
    World::new().import(family(64));
    let problem = World::new().problem(family(65));
    assert_eq!(
        (problem.key.as_str(), problem.error.kind()),
        ("c65", ErrorKind::GraphLimitExceeded)
    );
}

#[test]
fn children_on_the_board_count_too() {
    let mut world = World::new();
    world.task("p");
    world.child("p", "c0");
    let parent = Some(ImportTarget::Existing("p".into()));
    let children =
        (1..=64).map(|number| ImportTask { parent: parent.clone(), ..item(&format!("c{number}")) });
    assert_eq!(world.problem(children.collect::<Vec<_>>()).key, "c64");
}

#[test]
fn a_loop_of_parents_is_a_problem_of_each() {
    let tasks = plan([child("a", "b"), child("b", "a")]);
    let problems = World::new().manager.import_problems(&tasks, &human()).unwrap();
    let keys: Vec<&str> = problems.iter().map(|problem| problem.key.as_str()).collect();
    assert_eq!(keys, ["a", "b"]);
    assert!(problems.iter().all(|problem| problem.error.kind() == ErrorKind::Validation));
}

#[test]
fn metadata_up_to_its_limit_passes_and_one_byte_more_does_not() {
    let with = |bytes: usize| ImportTask {
        task: CreateTask { metadata: Some(long_json(bytes)), ..new_task("a") },
        ..item("a")
    };
    World::new().import([with(MAX_METADATA_BYTES)]);
    let problem = World::new().problem([with(MAX_METADATA_BYTES + 1)]);
    assert_eq!(problem.error.kind(), ErrorKind::PayloadTooLarge);
}

#[test]
fn a_missing_title_is_a_problem() {
    let untitled =
        ImportTask { task: CreateTask { title: "  ".into(), ..new_task("a") }, ..item("a") };
    let problem = World::new().problem([untitled]);
    assert_eq!(problem.error.kind(), ErrorKind::Validation);
    assert_eq!(problem.error.path(), "create_task.title");
}

#[test]
fn a_key_or_an_id_that_is_used_twice_is_a_problem_of_the_second() {
    let other_id = ImportTask { task: new_task("b"), ..item("a") };
    let problem = World::new().problem([item("a"), other_id]);
    assert_eq!(problem.error.path(), "import.key");
    let other_key = ImportTask { key: "b".into(), ..item("a") };
    let problem = World::new().problem([item("a"), other_key]);
    assert_eq!((problem.key.as_str(), problem.error.path()), ("b", "create_task.id"));
}

#[test]
fn an_id_that_the_board_has_is_a_problem() {
    let mut world = World::new();
    world.task("a");
    assert_eq!(world.problem([item("a")]).error.kind(), ErrorKind::Other);
}

#[test]
fn a_child_lies_in_the_scope_of_its_parent() {
    let workspace = CreateTask {
        scope: Scope::Workspace.into(),
        workspace_id: Some("w".into()),
        ..new_task("p")
    };
    let problem =
        World::new().problem([ImportTask { task: workspace, ..item("p") }, child("c", "p")]);
    assert_eq!(problem.key, "c");
}

#[test]
fn all_problems_are_reported_in_the_order_of_the_plan() {
    let untitled = |key: &str| ImportTask {
        task: CreateTask { title: String::new(), ..new_task(key) },
        ..item(key)
    };
    let tasks =
        plan([waiting("loop", &["loop"]), item("fine"), untitled("bare"), child("lost", "nobody")]);
    let problems = World::new().manager.import_problems(&tasks, &human()).unwrap();
    let keys: Vec<&str> = problems.iter().map(|problem| problem.key.as_str()).collect();
    assert_eq!(keys, ["loop", "bare", "lost"]);
}

#[test]
fn one_problem_keeps_everything_out() {
    let mut world = World::new();
    world.problem([item("fine"), waiting("lost", &["nobody"]), child("below", "fine")]);
    assert!(["fine", "lost", "below"].iter().all(|id| !world.exists(id)));
}

#[test]
fn who_may_not_create_may_not_import() {
    let reader = limited(human(), Authority { read: true, ..Authority::default() });
    let writer = limited(human(), Authority { read: true, write: true, ..Authority::default() });
    for actor in [reader, writer] {
        let mut world = World::new();
        let tasks = plan([item("a")]);
        world.refuses(ErrorKind::PermissionDenied, |manager| {
            manager.import_problems(&tasks, &actor)
        });
        world.refuses(ErrorKind::PermissionDenied, |manager| manager.import_tasks(&tasks, &actor));
    }
}

#[test]
fn an_untouched_import_is_taken_back_whole() {
    let mut world = World::new();
    world.task("mine");
    let imported =
        world.import([child("part", "whole"), item("whole"), waiting("next", &["part"])]);
    world.manager.take_changes();
    let removed = world.manager.remove_imported(&imported, &human()).unwrap();
    assert_eq!((removed.removed.len(), removed.stayed.len()), (3, 0));
    assert_eq!(world.manager.take_changes().len(), 1, "all of it is one change");
    assert!(world.exists("mine"));
    assert!(
        ["part", "whole", "next"].iter().all(|id| !world.exists(id) && world.log(id).is_empty())
    );
}

/// Which tasks of an import stay, after something was done.
#[track_caller]
fn stays(
    tasks: impl IntoIterator<Item = ImportTask>,
    done: impl FnOnce(&mut World),
) -> Vec<TaskId> {
    let mut world = World::new();
    let imported = world.import(tasks);
    done(&mut world);
    let removed = world.manager.remove_imported(&imported, &human()).unwrap();
    for (_, id) in &imported.created {
        let stayed = removed.stayed.contains(id);
        assert_eq!(world.exists(id.as_str()), stayed, "{id}");
    }
    removed.stayed
}

#[test]
fn what_somebody_worked_on_stays() {
    let stayed = stays([item("a"), item("b")], |world| {
        world.enqueue("a");
    });
    assert_eq!(stayed, ["a".into()]);
}

#[test]
fn what_stays_keeps_its_parents_and_blockers() {
    let tasks = [
        item("root"),
        child("mid", "root"),
        ImportTask { blockers: vec![planned("need")], ..child("touched", "mid") },
        item("need"),
        waiting("behind", &["touched"]),
        child("sibling", "mid"),
    ];
    let stayed = stays(tasks, |world| {
        world.enqueue("touched");
    });
    assert_eq!(stayed, ["mid".into(), "need".into(), "root".into(), "touched".into()]);
}

#[test]
fn what_other_tasks_rest_on_stays() {
    let stayed = stays([item("a"), item("b"), item("c")], |world| {
        world.task("outside");
        world.depends("outside", "a");
        let parent_task_id = Some("b".into());
        world.create(CreateTask { parent_task_id, ..new_task("below") });
    });
    assert_eq!(stayed, ["a".into(), "b".into()]);
}

#[test]
fn an_import_can_be_taken_back_once() {
    let mut world = World::new();
    let imported = world.import([item("a")]);
    world.manager.remove_imported(&imported, &human()).unwrap();
    let again = world.manager.remove_imported(&imported, &human()).unwrap();
    assert_eq!((again.removed, again.stayed), (vec![], vec![]));
}

#[test]
fn who_may_not_write_may_not_take_back() {
    let mut world = World::new();
    let imported = world.import([item("a")]);
    let reader = limited(human(), Authority { read: true, ..Authority::default() });
    world.refuses(ErrorKind::PermissionDenied, |manager| {
        manager.remove_imported(&imported, &reader)
    });
    assert!(world.exists("a"));
}

#[test]
fn metadata_comes_in_as_it_is() {
    let mut world = World::new();
    let metadata = RawJson::from_text(r#"{"b":1,"a":[1.50]}"#);
    let task = CreateTask { metadata: metadata.clone(), ..new_task("a") };
    world.import([ImportTask { task, ..item("a") }]);
    assert_eq!(world.record("a").metadata, metadata);
}
