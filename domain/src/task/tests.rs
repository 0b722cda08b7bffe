#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use super::*;
use crate::actor::{ActorKind, OriginKind, OwnerKind};
use crate::enumeration::Enumeration;
use crate::enumeration::tests::assert_values;

fn task() -> Task {
    Task {
        id: "task-1".into(),
        identifier: String::new(),
        scope: Scope::Global,
        workspace_id: None,
        parent_task_id: None,
        network_channel: String::new(),
        title: "write".into(),
        description: String::new(),
        priority: Priority::Medium,
        max_attempts: 3,
        auto_enqueue_on_ready: false,
        status: Status::Ready,
        approval_policy: ApprovalPolicy::None,
        approval_state: ApprovalState::NotRequired,
        owner: None,
        current_run_id: None,
        latest_event_seq: Sequence::ZERO,
        paused: false,
        paused_by: String::new(),
        paused_at: None,
        paused_reason: String::new(),
        created_by: ActorIdentity::new(ActorKind::Human, "ada"),
        origin: Origin::new(OriginKind::Web, "tab"),
        created_at: Timestamp::from_millis(0),
        updated_at: Timestamp::from_millis(0),
        closed_at: None,
        metadata: None,
    }
}

fn refused(task: Task) -> (ErrorKind, String) {
    let error = task.validate().unwrap_err();
    (error.kind(), error.detail().to_owned())
}

#[test]
fn statuses_and_priorities_are_the_agreed_ones() {
    assert_values::<Status>(&[
        "draft",
        "pending",
        "blocked",
        "ready",
        "in_progress",
        "completed",
        "failed",
        "canceled",
    ]);
    let ended: Vec<Status> =
        Status::ALL.iter().copied().filter(|status| status.is_terminal()).collect();
    assert_eq!(ended, [Status::Completed, Status::Failed, Status::Canceled]);
    assert_values::<Priority>(&["low", "medium", "high", "urgent"]);
    let ranks: Vec<i64> = Priority::ALL.iter().map(|priority| priority.rank()).collect();
    assert_eq!(ranks, [10, 20, 30, 40]);
}

#[test]
fn every_task_field_is_mutable_or_immutable_by_its_exact_name() {
    assert_eq!(
        IMMUTABLE_TASK_FIELDS,
        ["created_by", "origin", "scope", "workspace_id", "parent_task_id"]
    );
    for field in MUTABLE_TASK_FIELDS {
        assert!(is_mutable_task_field(field) && !is_immutable_task_field(field));
    }
    for field in IMMUTABLE_TASK_FIELDS {
        assert!(is_immutable_task_field(field) && !is_mutable_task_field(field));
    }
    for field in ["Title", " title", "status", "identifier", "id", ""] {
        assert!(!is_mutable_task_field(field) && !is_immutable_task_field(field));
    }
}

#[test]
fn each_field_is_named_when_it_is_at_fault() {
    assert_eq!(task().validate(), Ok(()));
    let cases = [
        (Task { id: " ".into(), ..task() }, "task.id is required"),
        (
            Task { parent_task_id: Some(" task-1 ".into()), ..task() },
            "task.parent_task_id cannot equal task.id",
        ),
        (Task { title: " ".into(), ..task() }, "task.title is required"),
        (
            Task { status: Status::Draft, closed_at: Some(Timestamp::from_millis(1)), ..task() },
            r#"task.closed_at must be empty while task.status is "draft""#,
        ),
        (Task { max_attempts: 11, ..task() }, "task.max_attempts must be <= 10: 11"),
        (
            Task { approval_state: ApprovalState::Pending, ..task() },
            r#"task.approval_state "pending" is not allowed when task.approval_policy is "none""#,
        ),
        (
            Task { created_by: ActorIdentity::new(ActorKind::Human, ""), ..task() },
            "task.created_by.ref is required",
        ),
        (
            Task { origin: Origin::new(OriginKind::Cli, " "), ..task() },
            "task.origin.ref is required",
        ),
        (
            Task { owner: Some(Ownership::new(OwnerKind::Human, " ")), ..task() },
            "task.owner.ref is required",
        ),
        (
            Task { metadata: RawJson::from_text("{"), ..task() },
            "task.metadata must contain valid JSON",
        ),
    ];
    for (task, text) in cases {
        assert_eq!(refused(task), (ErrorKind::Validation, text.to_owned()));
    }
    let bound = Task { workspace_id: Some("ws".into()), ..task() };
    assert_eq!(refused(bound).0, ErrorKind::InvalidScopeBinding);
}

#[test]
fn a_budget_of_zero_counts_as_three() {
    let task = Task { max_attempts: 0, ..task() };
    assert_eq!(task.validate(), Ok(()));
    assert_eq!(task.normalize().max_attempts, 3);
}

#[test]
fn the_canonical_form_trims_everything() {
    let given = Task {
        id: " task-1 ".into(),
        identifier: " A ".into(),
        workspace_id: Some(" ".into()),
        parent_task_id: Some(" p ".into()),
        title: " write ".into(),
        description: " d ".into(),
        network_channel: " c ".into(),
        owner: Some(Ownership::new(OwnerKind::Pool, " coders ")),
        current_run_id: Some("".into()),
        paused_by: " b ".into(),
        paused_reason: " r ".into(),
        created_by: ActorIdentity::new(ActorKind::Human, " ada "),
        origin: Origin::new(OriginKind::Web, " tab "),
        ..task()
    };
    let canonical = Task {
        identifier: "A".into(),
        parent_task_id: Some("p".into()),
        description: "d".into(),
        network_channel: "c".into(),
        owner: Some(Ownership::new(OwnerKind::Pool, "coders")),
        paused_by: "b".into(),
        paused_reason: "r".into(),
        ..task()
    };
    assert_eq!(given.normalize(), canonical);
    assert_eq!(canonical.clone().normalize(), canonical);
}

#[test]
fn the_first_immutable_field_that_differs_is_named() {
    let stored = Task { scope: Scope::Workspace, workspace_id: Some("ws".into()), ..task() };
    let next = Task { title: "other".into(), status: Status::Completed, ..stored.clone() };
    assert_eq!(next.require_fixed_fields_of(&stored), Ok(()));
    let changes = [
        (
            "created_by",
            Task { created_by: ActorIdentity::new(ActorKind::Daemon, "ada"), ..stored.clone() },
        ),
        ("origin", Task { origin: Origin::new(OriginKind::Web, "x"), ..stored.clone() }),
        ("scope", Task { scope: Scope::Global, workspace_id: None, ..stored.clone() }),
        ("workspace_id", Task { workspace_id: Some("other".into()), ..stored.clone() }),
        ("parent_task_id", Task { parent_task_id: Some("p".into()), ..stored.clone() }),
    ];
    for (field, next) in changes {
        let error = next.require_fixed_fields_of(&stored).unwrap_err();
        assert_eq!((error.kind(), error.detail()), (ErrorKind::ImmutableField, field));
    }
    let padded = Task {
        created_by: ActorIdentity::new(ActorKind::Human, " ada "),
        workspace_id: Some(" ws ".into()),
        parent_task_id: Some(" ".into()),
        ..stored.clone()
    };
    assert_eq!(padded.require_fixed_fields_of(&stored), Ok(()));
}

#[test]
fn a_workspace_parent_binds_its_children() {
    let global = task();
    let bound = Task { scope: Scope::Workspace, workspace_id: Some("ws".into()), ..task() };
    let check = |parent: &Task, scope, workspace: Option<&str>| {
        parent
            .require_child_scope(scope, workspace.map(WorkspaceId::from).as_ref())
            .map_err(|error| error.kind())
    };
    assert_eq!(check(&global, Scope::Global, None), Ok(()));
    assert_eq!(check(&global, Scope::Workspace, Some("any")), Ok(()));
    assert_eq!(check(&bound, Scope::Workspace, Some(" ws ")), Ok(()));
    assert_eq!(check(&bound, Scope::Workspace, Some("other")), Err(ErrorKind::Validation));
    assert_eq!(check(&bound, Scope::Global, None), Err(ErrorKind::Validation));
}

#[test]
fn tasks_have_the_agreed_wire_form() {
    let text = concat!(
        r#"{"id":"task-1","scope":"global","title":"write","priority":"medium","max_attempts":3,"#,
        r#""status":"ready","approval_policy":"none","approval_state":"not_required","#,
        r#""latest_event_seq":0,"created_by":{"kind":"human","ref":"ada"},"#,
        r#""origin":{"kind":"web","ref":"tab"},"created_at":"1970-01-01T00:00:00Z","#,
        r#""updated_at":"1970-01-01T00:00:00Z","closed_at":"0001-01-01T00:00:00Z"}"#
    );
    assert_eq!(serde_json::to_string(&task()).unwrap(), text);
    assert_eq!(serde_json::from_str::<Task>(text).unwrap(), task());
}

#[test]
fn absent_record_fields_take_their_defaults() {
    let text = concat!(
        r#"{"id":"task-1","scope":"global","title":"write","status":"ready","#,
        r#""created_by":{"kind":"human","ref":"ada"},"origin":{"kind":"web","ref":"tab"},"#,
        r#""created_at":"1970-01-01T00:00:00Z","updated_at":"1970-01-01T00:00:00Z","#,
        r#""unknown":[1]}"#
    );
    assert_eq!(serde_json::from_str::<Task>(text).unwrap(), task());
}

#[test]
fn metadata_keeps_its_bytes_and_its_null() {
    for document in [r#"{"b":1,  "a":[ ]}"#, "null"] {
        let task = Task { metadata: RawJson::from_text(document), ..task() };
        let text = serde_json::to_string(&task).unwrap();
        assert!(text.ends_with(&format!(r#""metadata":{document}}}"#)));
        assert_eq!(serde_json::from_str::<Task>(&text).unwrap(), task);
    }
}
