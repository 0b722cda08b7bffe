#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use super::*;
use crate::model::import::{Choices, Skipping};
use taskloom_domain::import::ImportProblem;
use taskloom_domain::{ErrorKind, TaskError};

fn context() -> Context {
    Context {
        now: Timestamp::parse_rfc3339("2026-03-01T00:00:00Z").unwrap(),
        existing: BTreeMap::new(),
        choices: Choices::default(),
    }
}

fn map_lines(lines: &[Value]) -> Mapping {
    map_with(lines, &context())
}

fn map_with(lines: &[Value], context: &Context) -> Mapping {
    let text: Vec<String> = lines.iter().map(Value::to_string).collect();
    map(&text.join("\n"), context)
}

fn needs(id: &str, blocker: &str) -> Value {
    json!({"id": id, "title": id, "dependencies": [
        {"issue_id": id, "depends_on_id": blocker, "type": "blocks"},
    ]})
}

fn metadata(mapping: &Mapping, place: usize) -> Value {
    mapping.plan.tasks[place].task.metadata.as_ref().unwrap().to_value().unwrap()
}

#[test]
fn a_title_is_enough() {
    let mapping = map_lines(&[json!({"title": "Only this"})]);
    assert_eq!(mapping.lines[0].outcome, Outcome::Task);
    assert_eq!(mapping.plan.tasks[0].key, "line 1");
    assert_eq!(mapping.plan.tasks[0].status, ImportStatus::Ready);
}

#[test]
fn every_status_has_its_stored_form() {
    let expected = [
        ("open", ImportStatus::Ready, None),
        ("blocked", ImportStatus::Ready, None),
        ("in_progress", ImportStatus::Ready, Some("was-in-progress")),
        ("hooked", ImportStatus::Ready, Some("was-in-progress")),
        ("pinned", ImportStatus::Ready, Some("pinned")),
        ("deferred", ImportStatus::Draft, None),
        ("closed", ImportStatus::Completed, None),
        ("something-new", ImportStatus::Ready, None),
    ];
    for (status, stored, label) in expected {
        let mapping = map_lines(&[json!({"id": "a", "title": "A", "status": status})]);
        assert_eq!(mapping.plan.tasks[0].status, stored, "{status}");
        let labels = metadata(&mapping, 0)["labels"].clone();
        assert_eq!(labels, label.map_or(Value::Null, |label| json!([label])), "{status}");
    }
}

#[test]
fn tombstones_are_skipped_and_references_to_them_dropped() {
    let mapping = map_lines(&[
        json!({"id": "gone", "title": "T", "status": "tombstone"}),
        needs("a", "gone"),
    ]);
    assert_eq!(mapping.lines[0].outcome, Outcome::Skipped(Skip::Tombstone));
    assert!(
        mapping.lines[1].notes.contains(&Note::LeftOutReference(Reference::Blocker, "gone".into()))
    );
    assert!(mapping.plan.tasks[0].blockers.is_empty());
}

#[test]
fn memories_are_skipped_and_other_types_refused() {
    let mapping = map_lines(&[
        json!({"_type": "memory", "title": "x"}),
        json!({"_type": "molecule", "title": "x"}),
    ]);
    assert_eq!(mapping.lines[0].outcome, Outcome::Skipped(Skip::Memory));
    assert_eq!(mapping.lines[1].outcome, Outcome::Refused(Refusal::UnknownType("molecule".into())));
}

#[test]
fn priorities_map_from_zero_to_four() {
    let expected = [
        (json!(0), Priority::Urgent),
        (json!(1), Priority::High),
        (json!(2), Priority::Medium),
        (json!(3), Priority::Low),
        (json!(4), Priority::Low),
    ];
    for (given, priority) in expected {
        let mapping = map_lines(&[json!({"title": "A", "priority": given})]);
        assert_eq!(mapping.plan.tasks[0].task.priority, priority.into());
    }
    let mapping = map_lines(&[json!({"title": "A", "priority": "soon"})]);
    assert!(mapping.lines[0].notes.contains(&Note::Unreadable("priority")));
    assert_eq!(metadata(&mapping, 0)["source"]["fields"]["priority"], json!("soon"));
}

#[test]
fn the_child_names_its_parent() {
    let mapping = map_lines(&[
        json!({"id": "epic", "title": "Epic"}),
        json!({"id": "epic.1", "title": "Part", "dependencies": [
            {"issue_id": "epic.1", "depends_on_id": "epic", "type": "parent-child"},
        ]}),
    ]);
    assert_eq!(mapping.lines[1].outcome, Outcome::Child("epic".into()));
    assert_eq!(mapping.plan.tasks[1].parent, Some(ImportTarget::Planned("epic".into())));
}

#[test]
fn of_two_parents_the_named_one_counts_and_the_other_is_kept() {
    let edge = |parent: &str| json!({"depends_on_id": parent, "type": "parent-child"});
    let mapping = map_lines(&[
        json!({"id": "p", "title": "P"}),
        json!({"id": "q", "title": "Q"}),
        json!({"id": "c", "title": "C", "parent": "q", "dependencies": [edge("p"), edge("q")]}),
    ]);
    assert_eq!(mapping.plan.tasks[2].parent, Some(ImportTarget::Planned("q".into())));
    assert!(mapping.lines[2].notes.contains(&Note::FurtherParent("p".into())));
    assert_eq!(metadata(&mapping, 2)["source"]["fields"]["dependencies"], json!([edge("p")]));
}

#[test]
fn every_blocking_type_becomes_an_edge_and_others_are_kept() {
    for kind in ["blocks", "conditional-blocks", "waits-for"] {
        let mapping = map_lines(&[
            json!({"id": "a", "title": "A"}),
            json!({"id": "b", "title": "B", "dependencies": [{"depends_on_id": "a", "type": kind}]}),
        ]);
        assert_eq!(mapping.plan.tasks[1].blockers, [ImportTarget::Planned("a".into())]);
    }
    let tracks = json!({"depends_on_id": "elsewhere", "type": "tracks"});
    let mapping = map_lines(&[json!({"id": "a", "title": "A", "dependencies": [tracks]})]);
    assert!(mapping.plan.tasks[0].blockers.is_empty());
    assert_eq!(metadata(&mapping, 0)["source"]["fields"]["dependencies"], json!([tracks]));
}

#[test]
fn unknown_references_are_dropped_kept_and_counted() {
    let mapping = map_lines(&[needs("a", "nowhere")]);
    let counted: Vec<_> = mapping.counts().unknown_references.into_iter().collect();
    assert_eq!(counted, [(Reference::Blocker, 1)]);
    assert!(mapping.plan.tasks[0].blockers.is_empty());
    assert_eq!(
        metadata(&mapping, 0)["source"]["fields"]["dependencies"][0]["depends_on_id"],
        json!("nowhere")
    );
}

#[test]
fn texts_without_a_place_become_sections() {
    let mapping = map_lines(&[json!({
        "title": "A", "description": "Body", "design": "Draw", "notes": "Mind",
        "comments": [{"author": "ada", "text": "Hm", "created_at": "2026-01-01T00:00:00Z"}],
    })]);
    assert_eq!(
        mapping.plan.tasks[0].task.description,
        "Body\n\n## Design\n\nDraw\n\n## Notes\n\nMind\n\n## Comments\n\nada, 2026-01-01T00:00:00Z:\nHm"
    );
}

#[test]
fn the_assignee_owns_and_the_owner_stands_in() {
    let both = map_lines(&[json!({"title": "A", "assignee": "ada", "owner": "bob"})]);
    assert_eq!(both.plan.tasks[0].task.owner.as_ref().unwrap().reference, "ada");
    assert_eq!(metadata(&both, 0)["source"]["fields"]["owner"], json!("bob"));
    let owner = map_lines(&[json!({"title": "A", "owner": "bob"})]);
    assert_eq!(owner.plan.tasks[0].task.owner.as_ref().unwrap().reference, "bob");
}

#[test]
fn times_are_taken_over_and_broken_ones_kept() {
    let mapping = map_lines(&[json!({
        "title": "A", "status": "closed", "created_at": "2026-01-01T00:00:00Z",
        "closed_at": "yesterday",
    })]);
    let task = &mapping.plan.tasks[0];
    assert_eq!(task.created_at.unwrap().to_string(), "2026-01-01T00:00:00Z");
    assert_eq!(task.closed_at, None);
    assert_eq!(metadata(&mapping, 0)["source"]["fields"]["closed_at"], json!("yesterday"));
}

#[test]
fn lines_that_cannot_be_read_are_refused_by_number() {
    let mapping = map("{\"title\":\"A\"}\n\nnot json\n[1]\n{\"id\":\"x\"}\n", &context());
    let refused: Vec<usize> = mapping.refused_lines().map(|line| line.line).collect();
    assert_eq!(refused, [3, 4, 5]);
    assert_eq!(mapping.lines.len(), 4);
    assert_eq!(mapping.lines[3].outcome, Outcome::Refused(Refusal::TitleMissing));
}

#[test]
fn a_second_line_with_the_same_id_is_refused() {
    let mapping = map_lines(&[json!({"id": "a", "title": "A"}), json!({"id": "a", "title": "B"})]);
    assert_eq!(mapping.lines[1].outcome, Outcome::Refused(Refusal::DuplicateId(1)));
    assert_eq!(mapping.plan.tasks.len(), 1);
}

#[test]
fn what_the_board_has_is_skipped_and_can_still_be_referred_to() {
    let mut context = context();
    context.existing.insert("a".into(), "task-9".into());
    let mapping = map_with(&[json!({"id": "a", "title": "A"}), needs("b", "a")], &context);
    assert_eq!(mapping.lines[0].outcome, Outcome::Skipped(Skip::AlreadyImported("task-9".into())));
    assert_eq!(mapping.plan.tasks[0].blockers, [ImportTarget::Existing("task-9".into())]);
}

#[test]
fn choices_leave_out_lines_and_edges() {
    let mut context = context();
    context.choices.excluded_lines.insert(1);
    context.choices.dropped_edges.insert(("c".into(), "b".into()));
    let lines = [json!({"id": "a", "title": "A"}), needs("b", "a"), needs("c", "b")];
    let mapping = map_with(&lines, &context);
    assert_eq!(mapping.lines[0].outcome, Outcome::Skipped(Skip::Excluded));
    assert!(
        mapping.lines[1].notes.contains(&Note::LeftOutReference(Reference::Blocker, "a".into()))
    );
    assert!(mapping.lines[2].notes.contains(&Note::DroppedEdge("b".into())));
    assert!(mapping.plan.tasks.iter().all(|task| task.blockers.is_empty()));
}

#[test]
fn the_source_is_written_down() {
    let mapping = map_lines(&[json!({"id": "a", "title": "A", "status": "open", "wisp": true})]);
    assert_eq!(
        metadata(&mapping, 0)["source"],
        json!({
            "format": "beads", "id": "a", "status": "open",
            "imported_at": "2026-03-01T00:00:00Z", "fields": {"wisp": true},
        })
    );
    assert_eq!(mapping.plan.tasks[0].task.identifier, "a");
}

#[test]
fn unknown_references_are_counted_by_kind() {
    let edges = |edges: &[(&str, &str)]| -> Vec<Value> {
        edges.iter().map(|(kind, id)| json!({"depends_on_id": id, "type": kind})).collect()
    };
    let mapping = map_lines(&[
        json!({"id": "a", "title": "A", "dependencies": edges(&[
            ("blocks", "x"), ("waits-for", "y"), ("parent-child", "z"), ("tracks", "w"),
            ("tracks", "b"),
        ])}),
        json!({"id": "b", "title": "B", "parent": "z"}),
    ]);
    let counted: Vec<_> = mapping.counts().unknown_references.into_iter().collect();
    assert_eq!(counted, [(Reference::Blocker, 2), (Reference::Parent, 2), (Reference::Other, 1)]);
    assert_eq!(mapping.counts().all_unknown_references(), 5);
}

#[test]
fn a_second_parent_that_leads_nowhere_counts_as_such() {
    let edge = |parent: &str| json!({"depends_on_id": parent, "type": "parent-child"});
    let mapping = map_lines(&[
        json!({"id": "c", "title": "C", "parent": "p", "dependencies": [edge("p"), edge("q")]}),
    ]);
    assert_eq!(mapping.lines[0].outcome, Outcome::Task);
    assert_eq!(mapping.counts().unknown_references[&Reference::Parent], 2);
}

#[test]
fn references_reach_tasks_of_an_earlier_file() {
    let mut context = context();
    context.existing.insert("old".into(), "task-9".into());
    let mapping = map_with(&[needs("a", "old")], &context);
    assert_eq!(mapping.plan.tasks[0].blockers, [ImportTarget::Existing("task-9".into())]);
    assert!(mapping.counts().unknown_references.is_empty());
}

#[test]
fn any_refused_line_can_be_left_out() {
    let text = "nonsense\n{\"id\":\"x\"}\n{\"_type\":\"molecule\"}\n{\"title\":\"A\"}";
    let mut context = context();
    let refused: Vec<usize> = map(text, &context).refused_lines().map(|line| line.line).collect();
    assert_eq!(refused, [1, 2, 3]);
    context.choices.excluded_lines.extend(refused);
    let mapping = map(text, &context);
    assert_eq!(mapping.refused_lines().count(), 0);
    assert_eq!(mapping.counts().skipped[&Skipping::Excluded], 3);
    assert_eq!(mapping.plan.tasks.len(), 1);
}

#[test]
fn leaving_out_one_of_two_lines_with_the_same_id_keeps_the_other() {
    let lines =
        [json!({"id": "a", "title": "A"}), json!({"id": "a", "title": "B"}), needs("c", "a")];
    for (excluded, kept) in [(1, "B"), (2, "A")] {
        let mut context = context();
        context.choices.excluded_lines.insert(excluded);
        let mapping = map_with(&lines, &context);
        assert_eq!(mapping.refused_lines().count(), 0);
        assert_eq!(mapping.plan.tasks[0].task.title, kept);
        assert_eq!(mapping.plan.tasks[1].blockers, [ImportTarget::Planned("a".into())]);
    }
}

#[test]
fn broken_json_is_located_within_its_line() {
    let mapping = map("{\"title\":\"A\"}\n{\"title\" \"B\"}", &context());
    assert_eq!(
        mapping.lines[1].outcome.to_string(),
        "cannot be imported: not JSON (expected `:`, at character 10)"
    );
}

#[test]
fn the_engines_refusals_find_their_lines() {
    let mut mapping = map_lines(&[needs("a", "b"), needs("b", "a"), json!({"title": "C"})]);
    let problem = |key: &str, error, related: &[&str]| ImportProblem {
        key: key.into(),
        error,
        related: related.iter().map(|key| (*key).to_owned()).collect(),
    };
    mapping.take_problems(vec![
        problem("a", TaskError::new(ErrorKind::CycleDetected), &["a", "b"]),
        problem("line 3", TaskError::with_detail(ErrorKind::GraphLimitExceeded, "too deep"), &[]),
        problem("line 3", TaskError::new(ErrorKind::Other), &[]),
        problem("unknown", TaskError::new(ErrorKind::Other), &[]),
    ]);
    let outcomes: Vec<String> = mapping.lines.iter().map(|line| line.outcome.to_string()).collect();
    assert_eq!(
        outcomes,
        [
            "cannot be imported: the blockers form a loop: a needs b, b needs a",
            "task",
            "cannot be imported: too deep",
        ]
    );
    let Outcome::Refused(refusal) = &mapping.lines[0].outcome else { panic!() };
    assert_eq!(refusal.loop_edges(), [("a", "b"), ("b", "a")]);
}

#[test]
fn metadata_that_is_too_large_names_its_largest_fields() {
    let mut mapping = map_lines(&[json!({"id": "a", "title": "A", "log": "x".repeat(20_000),
        "labels": ["y".repeat(500)], "small": 1})]);
    mapping.take_problems(vec![ImportProblem {
        key: "a".into(),
        error: TaskError::new(ErrorKind::PayloadTooLarge),
        related: vec![],
    }]);
    let text = mapping.lines[0].outcome.to_string();
    assert!(
        text.contains("bytes, 16384 are allowed; largest: log (20002), labels (504)"),
        "{text}"
    );
}

#[test]
fn changed_statuses_are_counted_by_what_becomes_of_them() {
    let with = |status: &str| json!({"title": "A", "status": status});
    let mapping = map_lines(&[with("hooked"), with("hooked"), with("open"), with("deferred")]);
    let counted: Vec<_> = mapping.counts().status_changes.into_iter().collect();
    assert_eq!(
        counted,
        [
            ("deferred becomes draft".to_owned(), 1),
            ("hooked becomes ready, labelled was-in-progress".to_owned(), 2),
        ]
    );
}
