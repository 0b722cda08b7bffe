#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use crate::actor::{Authority, OwnerKind, OwnerSpec};
use crate::error::{ErrorKind, Result, TaskError};
use crate::id::{EventId, RunId, Sequence, SessionId, TaskId};
use crate::json::RawJson;
use crate::manager::testing::{World, human, limited, new_task};
use crate::pause::PauseTaskRequest;
use crate::query::{Query, RunQuery, StreamQuery, TimelineQuery};
use crate::run::{Run, RunStatus};
use crate::session::{RuntimeViewReader, SessionEvent, TokenStats};
use crate::task::{
    ApprovalPolicy, ApprovalState, CreateTask, Patch, Priority, Scope, Status, Task,
};
use crate::time::Timestamp;
use crate::view::live::{RunOperationalSummary, RunSessionRef, StreamEvent, TimelineItem};
use crate::view::summary::{Summary, View};

fn view(world: &World, task: &str) -> View {
    world.manager.get_task(&task.into(), &human()).unwrap()
}

fn list(world: &World, query: Query) -> Vec<String> {
    let found = world.manager.list_tasks(query, &human()).unwrap();
    found.iter().map(|summary| summary.id.to_string()).collect()
}

fn timeline(world: &World, task: &str, after: i64, limit: i64) -> Vec<TimelineItem> {
    let query = TimelineQuery { after_sequence: Sequence::new(after), limit };
    world.manager.timeline(&task.into(), query, &human()).unwrap()
}

fn backlog(world: &World, task: &str, after: Sequence) -> Vec<StreamEvent> {
    let query = StreamQuery { after_sequence: after };
    world.manager.stream_backlog(&task.into(), query, &human()).unwrap()
}

fn pause(world: &mut World, task: &str) {
    let request = PauseTaskRequest { reason: "lunch".into(), ..Default::default() };
    world.manager.pause_task(&task.into(), request, &human()).unwrap();
}

fn types(events: &[StreamEvent]) -> Vec<&str> {
    events.iter().map(|event| event.kind.as_str()).collect()
}

#[test]
fn a_view_shows_what_surrounds_a_task() {
    let mut world = World::new();
    world.task("root");
    world.child("root", "design");
    world.child("design", "part");
    world.create(CreateTask { identifier: "APP-1".into(), ..new_task("before") });
    world.depends("design", "before");
    let older = world.put_run("design", RunStatus::Failed);
    world.advance(60);
    let newer = world.put_run("design", RunStatus::Running);
    pause(&mut world, "root");

    let view = view(&world, "design");
    assert_eq!((view.task.status, view.summary.status), (Status::InProgress, Status::InProgress));
    assert_eq!(view.summary.child_count, 1);
    assert_eq!(view.summary.dependency_count, 1);
    assert_eq!(view.summary.active_run.as_ref().unwrap().id, newer);
    assert_eq!(view.summary.current_run_id, Some(newer.clone()));
    assert_eq!((view.summary.paused, view.summary.effective_paused), (false, true));
    assert_eq!(view.summary.paused_by_task_id, Some("root".into()));
    assert_eq!(view.summary.last_activity_at, world.now());
    assert_eq!(view.children.iter().map(|child| child.id.as_str()).collect::<Vec<_>>(), ["part"]);
    assert_eq!(view.dependencies[0].depends_on_task_id.as_str(), "before");
    let reference = &view.dependency_references[0].depends_on;
    assert_eq!((reference.identifier.as_str(), reference.status), ("APP-1", Status::Ready));
    assert_eq!(view.runs.iter().map(|run| &run.id).collect::<Vec<_>>(), [&newer, &older]);
}

#[test]
fn the_events_of_a_view_are_newest_first_and_equal_times_by_number() {
    let mut world = World::new();
    world.task("design");
    world.task("before");
    world.depends("design", "before");
    world.manager.remove_dependency(&"design".into(), &"before".into(), &human()).unwrap();
    let view = view(&world, "design");
    let types: Vec<String> = view.events.iter().map(|event| event.event_type.to_string()).collect();
    assert_eq!(types, ["task.dependency_removed", "task.dependency_added", "task.created"]);
}

#[test]
fn reads_derive_the_status_and_leave_a_stale_record_alone() {
    let mut world = World::new();
    world.task("before");
    world.manual("manual");
    world.task("design");
    world.depends("before", "manual");
    world.depends("design", "before");
    for task in ["before", "design"] {
        world.put_task(Task { status: Status::Ready, ..world.record(task) });
    }
    world.manager.take_changes();
    let view = view(&world, "design");
    assert_eq!(view.task.status, Status::Blocked);
    assert_eq!(view.dependency_references[0].depends_on.status, Status::Blocked);
    assert_eq!(world.status("design"), Status::Ready);
    assert_eq!(world.status("before"), Status::Ready);
    assert_eq!(world.manager.take_changes(), []);

    let ready = Query { status: Status::Ready.into(), search: "design".into(), ..Query::default() };
    let found: Vec<Summary> = world.manager.list_tasks(ready, &human()).unwrap();
    assert_eq!(found[0].status, Status::Blocked, "the filter looks at the stored status");
}

#[test]
fn reads_ask_for_the_read_flag_and_a_task() {
    type Read = fn(&World, &TaskId, &crate::actor::ActorContext) -> Result<()>;
    let reads: [Read; 5] = [
        |world, task, actor| world.manager.get_task(task, actor).map(drop),
        |world, task, actor| {
            world.manager.list_task_runs(task, RunQuery::default(), actor).map(drop)
        },
        |world, task, actor| world.manager.tree(task, actor).map(drop),
        |world, task, actor| {
            world.manager.timeline(task, TimelineQuery::default(), actor).map(drop)
        },
        |world, task, actor| {
            world.manager.stream_backlog(task, StreamQuery::default(), actor).map(drop)
        },
    ];
    let mut world = World::new();
    let task = world.task("design");
    let reader = human();
    let writer = limited(human(), Authority { read: false, ..Authority::FULL });
    for read in reads {
        let kind = |id: &str, actor| read(&world, &id.into(), actor).unwrap_err().kind();
        assert_eq!(kind("design", &writer), ErrorKind::PermissionDenied);
        assert_eq!(kind(" ", &reader), ErrorKind::Validation);
        assert_eq!(kind("gone", &reader), ErrorKind::TaskNotFound);
        assert_eq!(read(&world, &task, &reader), Ok(()));
    }
    let refusal = world.manager.list_tasks(Query::default(), &writer).unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::PermissionDenied);
}

#[test]
fn malformed_queries_are_refused() {
    let mut world = World::new();
    let task = world.task("design");
    let faults = [
        (ErrorKind::Validation, Query { limit: -1, ..Query::default() }),
        (ErrorKind::Validation, Query { status: "done".into(), ..Query::default() }),
        (
            ErrorKind::InvalidScopeBinding,
            Query { scope: Scope::Workspace.into(), ..Query::default() },
        ),
    ];
    for (kind, query) in faults {
        assert_eq!(world.manager.list_tasks(query, &human()).unwrap_err().kind(), kind);
    }
    let runs = RunQuery { limit: -1, ..RunQuery::default() };
    let refusal = world.manager.list_task_runs(&task, runs.clone(), &human()).unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::Validation);
    let refusal = world.manager.list_task_runs(&"nowhere".into(), runs, &human()).unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::TaskNotFound, "the task comes before the query");
    for query in [
        TimelineQuery { after_sequence: Sequence::new(-1), limit: 0 },
        TimelineQuery { after_sequence: Sequence::ZERO, limit: -1 },
    ] {
        let refusal = world.manager.timeline(&" ".into(), query, &human()).unwrap_err();
        assert_eq!(refusal.kind(), ErrorKind::Validation);
        assert_ne!(refusal.path(), "", "the query comes before the id");
    }
}

#[test]
fn tasks_are_listed_by_their_latest_activity() {
    let mut world = World::new();
    for task in ["one", "two", "three"] {
        world.task(task);
        world.advance(60);
    }
    assert_eq!(list(&world, Query::default()), ["three", "two", "one"]);
    world.put_run("one", RunStatus::Queued);
    assert_eq!(list(&world, Query { limit: 2, ..Query::default() }), ["one", "three"]);
}

#[test]
fn a_search_looks_at_title_and_identifier_and_takes_its_text_as_it_is() {
    let mut world = World::new();
    world.create(CreateTask { title: "Parse 50% of it".into(), ..new_task("percent") });
    world.create(CreateTask { identifier: "App_7".into(), ..new_task("under") });
    world.create(CreateTask { description: "percent".into(), ..new_task("plain") });
    let search = |text: &str| list(&world, Query { search: text.into(), ..Query::default() });
    assert_eq!(search(" parse "), ["percent"]);
    assert_eq!(search("%"), ["percent"]);
    assert_eq!(search("app_"), ["under"]);
    assert_eq!(search("_"), ["under"]);
}

#[test]
fn every_filter_narrows_the_list() {
    let mut world = World::new();
    world.task("plain");
    world.create(CreateTask {
        scope: Scope::Workspace.into(),
        workspace_id: Some("w".into()),
        priority: Priority::Urgent.into(),
        approval_policy: ApprovalPolicy::Manual.into(),
        owner: Some(OwnerSpec::new(OwnerKind::Pool, "coders")),
        parent_task_id: Some("plain".into()),
        network_channel: "ops".into(),
        ..new_task("special")
    });
    let none = Query::default;
    let filters = [
        Query { workspace_id: Some(" w ".into()), ..none() },
        Query { scope: " WORKSPACE ".into(), workspace_id: Some("w".into()), ..none() },
        Query { status: Status::Blocked.into(), ..none() },
        Query { priority: Priority::Urgent.into(), ..none() },
        Query { approval_state: ApprovalState::Pending.into(), ..none() },
        Query { owner_kind: OwnerKind::Pool.into(), ..none() },
        Query { owner_ref: "coders".into(), ..none() },
        Query { parent_task_id: Some("plain".into()), ..none() },
        Query { network_channel: "ops".into(), ..none() },
    ];
    for filter in filters {
        assert_eq!(list(&world, filter.clone()), ["special"], "{filter:?}");
    }
    let all = Query {
        workspace_id: Some("w".into()),
        status: Status::Blocked.into(),
        parent_task_id: Some("plain".into()),
        search: "spec".into(),
        ..none()
    };
    assert_eq!(list(&world, all), ["special"]);
    assert_eq!(list(&world, Query { owner_ref: "testers".into(), ..none() }), [""; 0]);
}

#[test]
fn the_runs_of_a_task_are_its_own_whatever_the_query_names() {
    let mut world = World::new();
    let task = world.task("design");
    world.task("build");
    let run = world.put_run("design", RunStatus::Failed);
    world.put_run("build", RunStatus::Queued);
    let query = RunQuery { task_id: Some("build".into()), ..RunQuery::default() };
    let runs = world.manager.list_task_runs(&task, query, &human()).unwrap();
    assert_eq!(runs.iter().map(|run| &run.id).collect::<Vec<_>>(), [&run]);
    let queued = RunQuery { status: RunStatus::Queued.into(), ..RunQuery::default() };
    assert_eq!(world.manager.list_task_runs(&task, queued, &human()), Ok(vec![]));
}

#[test]
fn a_timeline_is_read_in_windows() {
    let mut world = World::new();
    world.task("design");
    world.task("before");
    world.depends("design", "before");
    world.put_run("design", RunStatus::Running);
    world.manager.cancel_task(&"design".into(), Default::default(), &human()).unwrap();
    let first = timeline(&world, "design", 0, 2);
    let kinds: Vec<&str> = first.iter().map(|item| item.event_type.as_str()).collect();
    assert_eq!(kinds, ["task.created", "task.dependency_added"]);
    let rest = timeline(&world, "design", first[1].sequence.get(), 0);
    let kinds: Vec<&str> = rest.iter().map(|item| item.event_type.as_str()).collect();
    assert_eq!(kinds, ["task.run_canceled", "task.run_force_stopped", "task.canceled"]);
    assert_eq!(rest[0].run.as_ref().unwrap().id.as_str(), "design-run-1");
    assert!(rest[2].run.is_none());
    assert!(first[0].task.status == Status::Canceled, "the task is shown as it is now");
}

#[test]
fn references_of_live_reads_know_the_own_pause_only() {
    let mut world = World::new();
    world.task("root");
    world.child("root", "child");
    pause(&mut world, "root");
    let root = &timeline(&world, "root", 0, 1)[0].task;
    assert_eq!(
        (root.effective_paused, root.paused_by_task_id.clone()),
        (true, Some("root".into()))
    );
    let child = &timeline(&world, "child", 0, 1)[0].task;
    assert_eq!((child.effective_paused, child.paused_by_task_id.clone()), (false, None));
    assert!(view(&world, "child").summary.effective_paused);
}

#[test]
fn a_tree_goes_level_by_level_then_by_activity_then_by_id() {
    let mut world = World::new();
    world.task("root");
    for child in ["b", "a", "late"] {
        world.child("root", child);
    }
    world.child("a", "leaf");
    world.advance(60);
    world.put_run("late", RunStatus::Running);
    world.put_run("leaf", RunStatus::Completed);
    let tree = world.manager.tree(&"root".into(), &human()).unwrap();
    assert_eq!((tree.root.depth, tree.root.child_count), (0, 3));
    let rows: Vec<(&str, u32, Option<&str>)> = tree
        .descendants
        .iter()
        .map(|node| {
            (node.task.id.as_str(), node.depth, node.parent_task_id.as_ref().map(TaskId::as_str))
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("late", 1, Some("root")),
            ("a", 1, Some("root")),
            ("b", 1, Some("root")),
            ("leaf", 2, Some("a")),
        ]
    );
    assert!(tree.descendants[0].active_run.is_some());
    assert!(tree.descendants[3].active_run.is_none(), "a run that ended is not active");
    assert_eq!(tree.descendants[3].last_activity_at, world.now());
}

#[test]
fn the_root_of_a_tree_that_has_a_parent_lies_one_deep() {
    let mut world = World::new();
    world.task("one");
    world.child("one", "two");
    world.child("two", "three");
    world.child("three", "four");
    let tree = world.manager.tree(&"three".into(), &human()).unwrap();
    assert_eq!((tree.root.depth, tree.descendants[0].depth), (1, 2));
}

#[test]
fn a_stream_begins_with_all_events_below_the_task() {
    let mut world = World::new();
    world.task("root");
    world.child("root", "child");
    world.task("stranger");
    let all = backlog(&world, "root", Sequence::new(1));
    assert_eq!(types(&all), ["task.created", "task.child_created"]);
    assert_eq!(all[0].timeline.task.id.as_str(), "child");
    assert_eq!(all.iter().map(|event| event.sequence.get()).collect::<Vec<_>>(), [2, 3]);
    let head = all[1].sequence;
    assert!(backlog(&world, "root", head).is_empty());

    let seed = view(&world, "child").task.latest_event_seq;
    pause(&mut world, "child");
    assert_eq!(types(&backlog(&world, "child", seed)), ["task.paused"]);
}

#[test]
fn a_stream_goes_by_number_even_where_the_clock_went_back() {
    let mut world = World::new();
    world.task("root");
    world.advance(-60);
    world.child("root", "child");
    let all = backlog(&world, "root", Sequence::ZERO);
    assert_eq!(types(&all), ["task.created", "task.created", "task.child_created"]);
    assert!(all[1].timeline.timestamp < all[0].timeline.timestamp);
    assert_eq!(all.iter().map(|event| event.sequence.get()).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn a_fresh_event_belongs_to_the_streams_of_its_task_and_of_those_above() {
    let mut world = World::new();
    world.task("root");
    world.child("root", "child");
    world.task("stranger");
    pause(&mut world, "child");
    let changes = world.manager.take_changes();
    let paused = changes.last().unwrap().events().last().unwrap();
    let covered = |task: &str| world.manager.stream_covers(&task.into(), paused);
    assert!(covered("child") && covered("root"));
    assert!(!covered("stranger"));
    let event = world.manager.stream_event(paused).unwrap();
    assert_eq!((event.sequence, event.kind.as_str()), (paused.sequence, "task.paused"));
    assert_eq!(event, *backlog(&world, "root", Sequence::ZERO).last().unwrap());
}

/// A runtime that knows one session, or refuses to answer.
#[derive(Default)]
struct Reader {
    session: Option<RunSessionRef>,
    events: Option<Vec<SessionEvent>>,
    stats: Option<Vec<TokenStats>>,
}

fn answer<T>(value: Option<&T>) -> Result<&T> {
    value.ok_or_else(|| TaskError::with_detail(ErrorKind::Other, "no answer"))
}

impl RuntimeViewReader for Reader {
    fn get_session(&self, _session: &SessionId) -> Result<Option<RunSessionRef>> {
        answer(self.session.as_ref()).cloned().map(Some)
    }

    fn list_session_events(&self, _session: &SessionId) -> Result<Vec<SessionEvent>> {
        answer(self.events.as_ref()).cloned()
    }

    fn list_session_token_stats(&self, _session: &SessionId) -> Result<Vec<TokenStats>> {
        answer(self.stats.as_ref()).cloned()
    }
}

fn at(second: u32) -> Option<Timestamp> {
    Some(Timestamp::parse_rfc3339(&format!("2026-01-01T00:00:{second:02}Z")).unwrap())
}

fn event(sequence: i64, kind: &str, content: &str) -> SessionEvent {
    SessionEvent {
        id: EventId::from(format!("e-{sequence}")),
        sequence,
        turn_id: "turn".into(),
        kind: kind.into(),
        content: content.into(),
        timestamp: at(sequence as u32),
    }
}

fn detail(reader: Option<Reader>) -> (Option<RunSessionRef>, RunOperationalSummary) {
    let mut world = World::with(|options| {
        options.runtime_reader =
            reader.map(|reader| Box::new(reader) as Box<dyn RuntimeViewReader>);
    });
    world.task("design");
    let run = world.put_run("design", RunStatus::Running);
    let view = world.manager.run_detail(&run, &human()).unwrap();
    assert_eq!(view.task.status, Status::InProgress);
    (view.session, view.summary)
}

#[test]
fn the_summary_of_a_run_adds_up_what_its_session_did() {
    let stats = |input, cost: Option<f64>, turns, second| TokenStats {
        input_tokens: input,
        total_cost: cost,
        cost_currency: cost.map(|_| "EUR".to_owned()),
        turn_count: turns,
        updated_at: at(second),
        ..TokenStats::default()
    };
    let reader = Reader {
        session: Some(RunSessionRef { state: "active".into(), ..Default::default() }),
        events: Some(vec![
            event(4, "tool_call", "{\"toolCallId\":\"b\"}"),
            event(1, "message", "hello"),
            event(2, "tool_call", "{\"tool_call_id\":\"a\"}"),
            event(3, "tool_result", "{\"tool_call_id\":\"a\"}"),
        ]),
        stats: Some(vec![
            stats(Some(10), None, 1, 30),
            stats(Some(5), Some(0.25), 2, 20),
            stats(None, Some(0.5), 0, 10),
        ]),
    };
    let (session, summary) = detail(Some(reader));
    assert_eq!(session.unwrap().state, "active");
    assert_eq!(summary.tool_call_count, Some(2));
    assert_eq!((summary.input_tokens, summary.output_tokens), (Some(15), None));
    assert_eq!((summary.total_cost, summary.cost_currency.as_deref()), (Some(0.75), Some("EUR")));
    assert_eq!(summary.turn_count, Some(3));
    assert_eq!(summary.last_event_type, "tool_call");
    assert_eq!(summary.last_activity_at, at(30));
}

#[test]
fn tool_calls_without_an_id_count_one_by_one() {
    let events = vec![
        event(1, "tool_call", "text"),
        event(2, "tool_call", "{}"),
        event(3, "tool_call", "{\"tool_call_id\":\" \"}"),
        event(4, "tool_call", "{\"tool_call_id\":\"\"}"),
        event(5, "tool_call", "{\"tool_call_id\":\"\",\"toolCallId\":\"a\"}"),
        event(6, "tool_call", "{\"tool_call_id\":\"a\"}"),
    ];
    let reader = Reader { events: Some(events), ..Reader::default() };
    assert_eq!(detail(Some(reader)).1.tool_call_count, Some(5));
}

#[test]
fn of_events_at_the_same_time_the_first_names_the_type() {
    let second = SessionEvent { timestamp: at(1), ..event(2, "message", "") };
    let reader =
        Reader { events: Some(vec![second, event(1, "thought", "")]), ..Reader::default() };
    assert_eq!(detail(Some(reader)).1.last_event_type, "thought");
}

#[test]
fn without_answers_only_the_session_id_is_known() {
    for reader in [None, Some(Reader::default())] {
        let (session, summary) = detail(reader);
        assert_eq!(session.unwrap().session_id.as_str(), "sess-design-run-1");
        assert_eq!(summary, RunOperationalSummary::default());
    }
}

#[test]
fn a_run_without_session_has_no_session_in_its_detail() {
    let mut world = World::new();
    world.task("design");
    let run = world.put_run("design", RunStatus::Queued);
    let view = world.manager.run_detail(&run, &human()).unwrap();
    assert_eq!(view.session, None);
    assert_eq!(view.run, Run::clone(&world.run(&run)));
    let kind = |id: &str| world.manager.run_detail(&RunId::from(id), &human()).unwrap_err().kind();
    assert_eq!(kind(" "), ErrorKind::Validation);
    assert_eq!(kind("gone"), ErrorKind::TaskRunNotFound);
}

#[test]
fn the_run_furthest_on_is_the_active_one() {
    let mut world = World::new();
    world.task("design");
    world.put_run("design", RunStatus::Claimed);
    world.advance(60);
    world.put_run("design", RunStatus::Queued);
    let active = view(&world, "design").summary.active_run.unwrap();
    assert_eq!((active.status, active.max_attempts), (RunStatus::Claimed, 3));
    world.advance(60);
    let later = world.put_run("design", RunStatus::Claimed);
    assert_eq!(view(&world, "design").summary.active_run.unwrap().id, later);
}

#[test]
fn a_patched_document_shows_in_the_view_byte_for_byte() {
    let mut world = World::new();
    let task = world.task("design");
    let metadata = RawJson::from_text("{\"b\": 1,  \"a\": 2}");
    let patch = Patch { metadata: Some(metadata.clone()), ..Patch::default() };
    world.manager.update_task(&task, patch, &human()).unwrap();
    assert_eq!(view(&world, "design").task.metadata, metadata);
}
