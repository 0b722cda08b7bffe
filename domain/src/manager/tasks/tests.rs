#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use serde_json::json;

use crate::actor::{ActorContext, ActorKind, Authority, OriginKind, OwnerSpec, Ownership};
use crate::error::ErrorKind;
use crate::execution::ExecutionRequest;
use crate::id::TaskId;
use crate::json::RawJson;
use crate::manager::testing::{World, agent, human, limited, new_task};
use crate::run::RunStatus;
use crate::store::{DependencyStore, EventStore, RecordStore, TriageStore};
use crate::task::{
    ApprovalPolicy, ApprovalState, CreateTask, MAX_DIRECT_CHILDREN, Patch, Priority, Scope, Status,
    Task,
};

fn in_workspace(name: &str, workspace: &str) -> CreateTask {
    CreateTask {
        scope: Scope::Workspace.into(),
        workspace_id: Some(workspace.into()),
        ..new_task(name)
    }
}

fn title(text: &str) -> Patch {
    Patch { title: Some(text.to_owned()), ..Patch::default() }
}

fn budget(max_attempts: i64) -> Patch {
    Patch { max_attempts: Some(max_attempts), ..Patch::default() }
}

fn policy(policy: ApprovalPolicy) -> Patch {
    Patch { approval_policy: Some(policy.into()), ..Patch::default() }
}

fn changed_fields(world: &World, task: &str) -> serde_json::Value {
    world.newest_payload(task)["changed_fields"].clone()
}

#[test]
fn a_session_creates_a_task_under_its_own_name_and_owns_nothing() {
    let mut world = World::new();
    let session =
        ActorContext::derive_automation_linked_agent_session("s-1", Some("nightly")).unwrap();
    let spec = CreateTask { id: None, ..new_task("design") };
    let task = world.manager.create_task(spec, &session).unwrap();
    assert_eq!(task.id.as_str(), "task-000001");
    assert_eq!(task.created_by, session.actor);
    assert_eq!(task.origin, session.origin);
    assert_eq!(task.origin.kind, OriginKind::Automation);
    assert_eq!(task.owner, None);
    assert_eq!(
        (task.status, task.priority, task.max_attempts),
        (Status::Ready, Priority::Medium, 3)
    );
    assert_eq!(task.approval_policy, ApprovalPolicy::None);
    assert_eq!(task.approval_state, ApprovalState::NotRequired);
    assert_eq!((task.created_at, task.updated_at), (world.now(), world.now()));
    assert_eq!(task.closed_at, None);

    let log = world.log("task-000001");
    assert_eq!(world.events("task-000001"), ["created"]);
    assert_eq!(log[0].event.actor, session.actor);
    assert_eq!(log[0].event.origin, session.origin);
    assert_eq!(task.latest_event_seq, log[0].sequence, "a stream may begin right here");
    assert!(world.runs("task-000001").is_empty());
}

#[test]
fn the_first_status_follows_from_draft_and_policy() {
    let mut world = World::new();
    world.task("plain");
    world.manual("manual");
    world.draft("draft");
    world.create(CreateTask {
        draft: true,
        approval_policy: ApprovalPolicy::Manual.into(),
        ..new_task("both")
    });
    assert_eq!(world.status("plain"), Status::Ready);
    assert_eq!(world.status("manual"), Status::Blocked);
    assert_eq!(world.status("draft"), Status::Draft);
    assert_eq!(world.status("both"), Status::Draft);
    assert_eq!(world.record("both").approval_state, ApprovalState::Pending);
}

#[test]
fn malformed_tasks_are_refused_and_nothing_is_stored() {
    let mut world = World::new();
    let workspace = Scope::Workspace.into();
    let faults = [
        (ErrorKind::Validation, CreateTask { priority: "soon".into(), ..new_task("x") }),
        (ErrorKind::Validation, CreateTask { max_attempts: Some(0), ..new_task("x") }),
        (ErrorKind::Validation, CreateTask { max_attempts: Some(11), ..new_task("x") }),
        (ErrorKind::Validation, CreateTask { approval_policy: "auto".into(), ..new_task("x") }),
        (ErrorKind::Validation, CreateTask { title: " ".into(), ..new_task("x") }),
        (ErrorKind::Validation, CreateTask { scope: "tenant".into(), ..new_task("x") }),
        (ErrorKind::Validation, CreateTask { parent_task_id: Some("x".into()), ..new_task("x") }),
        (ErrorKind::InvalidScopeBinding, CreateTask { scope: workspace, ..new_task("x") }),
        (
            ErrorKind::InvalidScopeBinding,
            CreateTask { workspace_id: Some("w".into()), ..new_task("x") },
        ),
        (ErrorKind::TaskNotFound, CreateTask { parent_task_id: Some("y".into()), ..new_task("x") }),
    ];
    for (kind, spec) in faults {
        world.refuses(kind, |manager| manager.create_task(spec, &human()));
    }
    assert_eq!(world.manager.store().get_task(&"x".into()), None);
}

#[test]
fn creating_needs_the_flag_of_the_scope() {
    let mut world = World::new();
    let global_only = limited(human(), Authority { create_workspace: false, ..Authority::FULL });
    world.manager.create_task(new_task("global"), &global_only).unwrap();
    world.refuses(ErrorKind::PermissionDenied, |manager| {
        manager.create_task(in_workspace("local", "w"), &global_only)
    });
    let workspace_only = limited(human(), Authority { create_global: false, ..Authority::FULL });
    world.manager.create_task(in_workspace("local", "w"), &workspace_only).unwrap();
    world.refuses(ErrorKind::PermissionDenied, |manager| {
        manager.create_task(new_task("other"), &workspace_only)
    });
}

#[test]
fn a_create_flag_without_write_is_a_fault_of_form() {
    let mut world = World::new();
    let broken = limited(human(), Authority { write: false, ..Authority::FULL });
    world.refuses(ErrorKind::Validation, |manager| manager.create_task(new_task("x"), &broken));
}

#[test]
fn authority_comes_before_the_fields_and_scope_before_both() {
    let mut world = World::new();
    let none = limited(human(), Authority { create_global: false, ..Authority::FULL });
    let broken = CreateTask { title: String::new(), ..new_task("x") };
    world.refuses(ErrorKind::PermissionDenied, |manager| manager.create_task(broken, &none));
    let without_scope = CreateTask { scope: "".into(), ..new_task("x") };
    let refusal =
        world.refuses(ErrorKind::Validation, |manager| manager.create_task(without_scope, &none));
    assert_eq!(refusal.path(), "create_task.scope");
}

#[test]
fn unknown_workspaces_and_channels_are_refused() {
    let mut world = World::with(|options| {
        options.workspace_exists = Some(Box::new(|id| id.as_str() == "w"));
        options.channel_validator = Some(Box::new(|name| match name {
            "ops" => Ok(()),
            _ => Err("no such channel".to_owned()),
        }));
    });
    world.create(in_workspace("local", "w"));
    world.refuses(ErrorKind::WorkspaceNotFound, |manager| {
        manager.create_task(in_workspace("lost", "v"), &human())
    });
    world.create(CreateTask { network_channel: " ops ".into(), ..new_task("heard") });
    assert_eq!(world.record("heard").network_channel, "ops");
    let refusal = world.refuses(ErrorKind::Validation, |manager| {
        let spec = CreateTask { network_channel: "lost".into(), ..in_workspace("x", "v") };
        manager.create_task(spec, &human())
    });
    assert_eq!(refusal.path(), "create_task.network_channel");
    assert_eq!(refusal.detail(), "create_task.network_channel: no such channel");
}

#[test]
fn a_taken_id_is_refused() {
    let mut world = World::new();
    world.task("design");
    world.refuses(ErrorKind::Other, |manager| manager.create_task(new_task(" design "), &human()));
    assert_eq!(world.events("design"), ["created"]);
}

#[test]
fn a_child_is_told_of_in_the_log_of_its_parent() {
    let mut world = World::new();
    world.task("parent");
    let before = world.record("parent");
    world.advance(60);
    let child = world
        .manager
        .create_child_task(&"parent".into(), in_workspace("child", "w"), &human())
        .unwrap();
    assert_eq!(child.parent_task_id, Some("parent".into()));
    assert_eq!(world.events("parent"), ["created", "child_created"]);
    assert_eq!(
        world.newest_payload("parent"),
        json!({
            "child_task_id": "child", "child_scope": "workspace", "child_workspace_id": "w",
        })
    );
    let (created, told) = (world.log("child")[0].sequence, world.log("parent")[1].sequence);
    assert_eq!(told, created.next());
    let parent = world.record("parent");
    assert_eq!(Task { latest_event_seq: before.latest_event_seq, ..parent }, before);
}

#[test]
fn naming_a_parent_at_creation_tells_the_parent_nothing() {
    let mut world = World::new();
    world.task("parent");
    world.create(CreateTask { parent_task_id: Some("parent".into()), ..new_task("child") });
    assert_eq!(world.events("parent"), ["created"]);
}

#[test]
fn a_child_may_not_leave_the_workspace_of_its_parent() {
    let mut world = World::new();
    world.create(in_workspace("parent", "w"));
    let parent = TaskId::from("parent");
    for spec in [new_task("x"), in_workspace("x", "v")] {
        world.refuses(ErrorKind::Validation, |manager| {
            manager.create_child_task(&parent, spec, &human())
        });
    }
    world.manager.create_child_task(&parent, in_workspace("x", "w"), &human()).unwrap();
}

#[test]
fn the_parent_of_a_child_is_checked_before_authority() {
    let mut world = World::new();
    world.task("parent");
    let nobody = limited(human(), Authority::default());
    let other = CreateTask { parent_task_id: Some("other".into()), ..new_task("x") };
    world.refuses(ErrorKind::Validation, |manager| {
        manager.create_child_task(&"parent".into(), other, &nobody)
    });
    world.refuses(ErrorKind::Validation, |manager| {
        manager.create_child_task(&" ".into(), new_task("x"), &nobody)
    });
    world.refuses(ErrorKind::PermissionDenied, |manager| {
        manager.create_child_task(&"parent".into(), new_task("x"), &nobody)
    });
}

#[test]
fn a_tree_has_eight_levels_at_most() {
    let mut world = World::new();
    world.task("level-1");
    for level in 2..=8 {
        world.child(&format!("level-{}", level - 1), &format!("level-{level}"));
    }
    world.refuses(ErrorKind::GraphLimitExceeded, |manager| {
        manager.create_child_task(&"level-8".into(), new_task("level-9"), &human())
    });
}

#[test]
fn a_task_has_sixty_four_children_at_most() {
    let mut world = World::new();
    world.task("parent");
    for number in 0..MAX_DIRECT_CHILDREN {
        world.child("parent", &format!("child-{number}"));
    }
    world.refuses(ErrorKind::GraphLimitExceeded, |manager| {
        manager.create_child_task(&"parent".into(), new_task("one-more"), &human())
    });
}

#[test]
fn a_looping_chain_of_parents_is_refused() {
    let mut world = World::new();
    world.task("one");
    world.child("one", "two");
    world.put_task(Task { parent_task_id: Some("two".into()), ..world.record("one") });
    world.refuses(ErrorKind::Validation, |manager| {
        manager.create_child_task(&"two".into(), new_task("three"), &human())
    });
}

#[test]
fn one_patch_may_change_every_field() {
    let mut world = World::new();
    let task = world.task("design");
    let before = world.record("design");
    world.advance(60);
    let patch = Patch {
        title: Some(" Design it ".into()),
        description: Some("all of it".into()),
        priority: Some(" HIGH ".into()),
        max_attempts: Some(5),
        auto_enqueue_on_ready: Some(true),
        approval_policy: Some(ApprovalPolicy::Manual.into()),
        metadata: Some(RawJson::from_text("{\"a\":1}")),
        network_channel: Some("ops".into()),
        owner: Some(OwnerSpec::new("pool", "coders")),
        clear_owner: false,
    };
    let after = world.manager.update_task(&task, patch, &human()).unwrap();
    assert_eq!(after.title, "Design it");
    assert_eq!(after.description, "all of it");
    assert_eq!((after.priority, after.max_attempts), (Priority::High, 5));
    assert_eq!(after.approval_state, ApprovalState::Pending);
    assert_eq!(after.status, Status::Blocked);
    assert_eq!(after.metadata, RawJson::from_text("{\"a\":1}"));
    assert_eq!(after.network_channel, "ops");
    assert_eq!(after.owner, Some(Ownership::new(crate::actor::OwnerKind::Pool, "coders")));
    assert_eq!((after.created_at, after.updated_at), (before.created_at, world.now()));
    assert_eq!((&after.created_by, &after.origin), (&before.created_by, &before.origin));
    assert_eq!(
        world.newest_payload("design"),
        json!({
            "changed_fields": [
                "title", "description", "priority", "max_attempts", "auto_enqueue_on_ready",
                "approval_policy", "metadata", "network_channel", "owner",
            ],
            "status": "blocked",
        })
    );

    let clear = Patch {
        description: Some("  ".into()),
        metadata: Some(None),
        network_channel: Some(String::new()),
        clear_owner: true,
        ..Patch::default()
    };
    let after = world.manager.update_task(&task, clear, &human()).unwrap();
    assert_eq!((after.description.as_str(), after.network_channel.as_str()), ("", ""));
    assert_eq!((after.metadata, after.owner), (None, None));
    assert_eq!(
        changed_fields(&world, "design"),
        json!(["description", "metadata", "network_channel", "owner"])
    );
}

#[test]
fn a_patch_that_changes_nothing_writes_nothing() {
    let mut world = World::new();
    let task = world.task("design");
    let before = world.record("design");
    world.manager.take_changes();
    world.advance(60);
    let patch = Patch { clear_owner: true, ..title(" design ") };
    let after = world.manager.update_task(&task, patch, &human()).unwrap();
    assert_eq!(after, before);
    assert_eq!(world.manager.take_changes(), []);
}

#[test]
fn metadata_in_another_key_order_is_a_change() {
    let mut world = World::new();
    let task = world.create(CreateTask {
        metadata: RawJson::from_text("{\"a\":1,\"b\":2}"),
        ..new_task("design")
    });
    let metadata = |text| Patch { metadata: Some(RawJson::from_text(text)), ..Patch::default() };
    world.manager.update_task(&task, metadata(" {\"a\":1,\"b\":2}\n"), &human()).unwrap();
    assert_eq!(world.events("design"), ["created"]);
    world.manager.update_task(&task, metadata("{\"b\":2,\"a\":1}"), &human()).unwrap();
    assert_eq!(world.events("design"), ["created", "updated"]);
}

#[test]
fn the_same_policy_again_keeps_the_decision() {
    let mut world = World::new();
    let task = world.manual("design");
    world.manager.reject_task(&task, &human()).unwrap();
    world.manager.update_task(&task, policy(ApprovalPolicy::Manual), &human()).unwrap();
    assert_eq!(world.record("design").approval_state, ApprovalState::Rejected);
    let after = world.manager.update_task(&task, policy(ApprovalPolicy::None), &human()).unwrap();
    assert_eq!((after.approval_state, after.status), (ApprovalState::NotRequired, Status::Ready));
    let after = world.manager.update_task(&task, policy(ApprovalPolicy::Manual), &human()).unwrap();
    assert_eq!((after.approval_state, after.status), (ApprovalState::Pending, Status::Blocked));
}

#[test]
fn renaming_a_waiting_task_keeps_it_blocked() {
    let mut world = World::new();
    world.task("design");
    let build = world.task("build");
    world.depends("build", "design");
    let after = world.manager.update_task(&build, title("Build"), &human()).unwrap();
    assert_eq!(after.status, Status::Blocked);
}

#[test]
fn the_budget_fails_and_revives_a_task_and_leaves_its_end_alone() {
    let mut world = World::new();
    let task = world.task("design");
    world.put_run("design", RunStatus::Failed);
    assert_eq!(world.status("design"), Status::Ready);
    let after = world.manager.update_task(&task, budget(1), &human()).unwrap();
    assert_eq!((after.status, after.closed_at), (Status::Failed, None));
    let after = world.manager.update_task(&task, budget(2), &human()).unwrap();
    assert_eq!(after.status, Status::Ready);
}

#[test]
fn ended_tasks_can_be_changed_too() {
    let mut world = World::new();
    for (name, run, status) in [
        ("completed", RunStatus::Completed, Status::Completed),
        ("canceled", RunStatus::Canceled, Status::Canceled),
        ("running", RunStatus::Running, Status::InProgress),
    ] {
        let task = world.task(name);
        world.put_run(name, run);
        let closed_at = world.record(name).closed_at;
        let after = world.manager.update_task(&task, title("Other"), &human()).unwrap();
        assert_eq!((after.status, after.closed_at), (status, closed_at));
    }
}

#[test]
fn malformed_patches_are_refused() {
    let mut world = World::with(|options| {
        options.channel_validator = Some(Box::new(|_| Err("no".to_owned())));
    });
    let task = world.task("design");
    let owner = Some(OwnerSpec::new("human", "ada"));
    let patches = [
        Patch::default(),
        Patch { owner: Some(OwnerSpec::default()), ..Patch::default() },
        title(" "),
        Patch { priority: Some("".into()), ..Patch::default() },
        budget(0),
        Patch { owner, clear_owner: true, ..Patch::default() },
        Patch { metadata: Some(RawJson::from_text("{")), ..Patch::default() },
        Patch { network_channel: Some("ops".into()), ..Patch::default() },
    ];
    for patch in patches {
        world.refuses(ErrorKind::Validation, |manager| manager.update_task(&task, patch, &human()));
    }
    let large = RawJson::from_value(&"x".repeat(16 * 1024)).unwrap();
    world.refuses(ErrorKind::PayloadTooLarge, |manager| {
        let patch = Patch { metadata: Some(Some(large)), ..Patch::default() };
        manager.update_task(&task, patch, &human())
    });
    world.refuses(ErrorKind::TaskNotFound, |manager| {
        manager.update_task(&"gone".into(), title("x"), &human())
    });
    world.refuses(ErrorKind::Validation, |manager| {
        manager.update_task(&" ".into(), title("x"), &human())
    });
}

#[test]
fn deleting_takes_everything_along_and_frees_dependents() {
    let mut world = World::new();
    let design = world.task("design");
    world.task("build");
    world.task("before");
    world.depends("build", "design");
    world.depends("design", "before");
    world.manager.mark_task_read(&design, &human()).unwrap();
    world.manager.archive_task(&design, &agent("s-1")).unwrap();
    let newest = world.manager.store().latest_sequence();
    world.put_run("design", RunStatus::Failed);

    world.manager.delete_task(&design, &human()).unwrap();
    let store = world.manager.store();
    assert_eq!(store.get_task(&design), None);
    assert!(store.list_triage_of_task(&design).is_empty());
    assert!(store.list_dependents(&"before".into()).is_empty());
    assert!(store.list_dependencies(&"build".into()).is_empty());
    assert!(world.runs("design").is_empty());
    assert!(world.log("design").is_empty());
    assert_eq!(world.status("build"), Status::Ready);
    assert_eq!(world.events("build"), ["created", "dependency_added"]);
    assert_eq!(world.manager.store().latest_sequence(), newest, "no number is used twice");
    world.refuses(ErrorKind::TaskNotFound, |manager| manager.delete_task(&design, &human()));
}

#[test]
fn a_task_created_anew_starts_with_fresh_keys() {
    let mut world = World::new();
    let task = world.task("design");
    let start = ExecutionRequest::default;
    let first = world.manager.start_task(&task, start(), &human()).unwrap();
    world.set_run(&first.run.id, RunStatus::Failed);
    world.manager.delete_task(&task, &human()).unwrap();
    world.task("design");
    let second = world.manager.start_task(&task, start(), &human()).unwrap();
    assert!(!second.existing_run);
    assert_eq!(second.run.attempt, 1);
}

#[test]
fn a_deleted_log_gives_no_number_back() {
    let mut world = World::new();
    world.task("design");
    let gone = world.record("design").latest_event_seq;
    world.manager.delete_task(&"design".into(), &human()).unwrap();
    world.task("build");
    assert!(world.record("build").latest_event_seq > gone);
}

#[test]
fn an_answer_carries_the_number_of_its_own_event() {
    let mut world = World::new();
    let created = world.manager.create_task(new_task("design"), &human()).unwrap();
    assert_eq!(created, world.record("design"));
    let changed = world.manager.update_task(&created.id, title("New"), &human()).unwrap();
    assert_eq!(changed, world.record("design"));
    assert!(changed.latest_event_seq > created.latest_event_seq);
}

#[test]
fn a_parent_or_a_task_at_work_cannot_be_deleted() {
    let mut world = World::new();
    let parent = world.task("parent");
    world.child("parent", "child");
    world.refuses(ErrorKind::Validation, |manager| manager.delete_task(&parent, &human()));
    for status in [RunStatus::Queued, RunStatus::Claimed, RunStatus::Starting, RunStatus::Running] {
        let task = world.task(&format!("task-{status}"));
        world.put_run(task.as_str(), status);
        world.refuses(ErrorKind::Validation, |manager| manager.delete_task(&task, &human()));
    }
    world.refuses(ErrorKind::Validation, |manager| manager.delete_task(&" ".into(), &human()));
}

#[test]
fn every_status_without_open_runs_can_be_deleted() {
    let mut world = World::new();
    world.draft("draft");
    for run in [RunStatus::Completed, RunStatus::Failed, RunStatus::Canceled] {
        let task = world.task(&format!("task-{run}"));
        world.put_run(task.as_str(), run);
        world.manager.delete_task(&task, &human()).unwrap();
    }
    world.manager.delete_task(&"draft".into(), &human()).unwrap();
}

#[test]
fn tasks_are_changed_by_writers_only() {
    let mut world = World::new();
    let task = world.task("design");
    let reader = limited(human(), Authority { read: true, ..Authority::default() });
    world.refuses(ErrorKind::PermissionDenied, |manager| {
        manager.update_task(&" ".into(), Patch::default(), &reader)
    });
    world.refuses(ErrorKind::PermissionDenied, |manager| manager.delete_task(&task, &reader));
    let mut stranger = human();
    stranger.actor.kind = ActorKind::Daemon;
    world.refuses(ErrorKind::Validation, |manager| manager.delete_task(&task, &stranger));
}
