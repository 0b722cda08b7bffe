#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::cell::RefCell;
use std::rc::Rc;

use crate::actor::Authority;
use crate::diagnostic::{DiagnosticCode, DiagnosticSeverity};
use crate::error::{ErrorKind, Result, TaskError};
use crate::id::RunId;
use crate::manager::testing::reviews::verdict;
use crate::manager::testing::runs::reader;
use crate::manager::testing::{World, human, limited, new_task};
use crate::review::RunReviewOutcome;
use crate::run::RunStatus;
use crate::scheduler::SchedulerPauseRequest;
use crate::session::{EventSummaryQuery, InspectStateReader, SessionInfo, SessionListQuery};
use crate::task::{CreateTask, Scope};
use crate::time::Duration;
use crate::view::inspect::{InspectEventSummary, InspectNextAction, InspectTarget, InspectView};

use DiagnosticCode::{
    TaskRunCrashed, TaskRunOrphan, TaskRunStaleLease, TaskRunStranded, TaskRunStuck,
};

/// What a test's runtime knows, and what it was asked.
#[derive(Default)]
struct Catalogue {
    sessions: Vec<SessionInfo>,
    events: Vec<InspectEventSummary>,
    asked: Vec<(SessionListQuery, EventSummaryQuery)>,
    fails: bool,
}

#[derive(Clone, Default)]
struct Reader(Rc<RefCell<Catalogue>>, Rc<RefCell<SessionListQuery>>);

impl InspectStateReader for Reader {
    fn list_sessions(&self, query: &SessionListQuery) -> Result<Vec<SessionInfo>> {
        if self.0.borrow().fails {
            return Err(TaskError::with_detail(ErrorKind::Other, "the runtime refuses"));
        }
        *self.1.borrow_mut() = query.clone();
        let mut sessions = self.0.borrow().sessions.clone();
        sessions.retain(|session| {
            let in_workspace =
                query.workspace_id.is_none() || session.workspace_id == query.workspace_id;
            in_workspace && query.session_id.as_ref().is_none_or(|id| session.id == *id)
        });
        sessions.truncate(query.limit);
        Ok(sessions)
    }

    fn list_event_summaries(&self, query: &EventSummaryQuery) -> Result<Vec<InspectEventSummary>> {
        let mut catalogue = self.0.borrow_mut();
        catalogue.asked.push((self.1.borrow().clone(), query.clone()));
        Ok(catalogue.events.clone())
    }
}

/// A board with a catalogue of sessions.
fn watched() -> (World, Rc<RefCell<Catalogue>>) {
    let reader = Reader::default();
    let catalogue = Rc::clone(&reader.0);
    (World::with(|options| options.inspect_reader = Some(Box::new(reader))), catalogue)
}

fn session(id: &str, state: &str) -> SessionInfo {
    SessionInfo { id: id.into(), state: state.to_owned(), ..SessionInfo::default() }
}

fn look(world: &World, task: &str) -> InspectView {
    world.manager.inspect_task(&task.into(), &human()).unwrap()
}

fn look_at_run(world: &World, run: &RunId) -> InspectView {
    world.manager.inspect_run(run, &human()).unwrap()
}

fn codes(view: &InspectView) -> Vec<DiagnosticCode> {
    view.diagnostics.iter().map(|item| item.code).collect()
}

/// A run that a session claimed under a lease that does not end soon.
fn leased(world: &mut World, task: &str) -> RunId {
    world.task(task);
    world.enqueue(task);
    world.claim("s").run.id
}

#[test]
fn inspections_are_for_readers_of_known_things() {
    let mut world = World::new();
    world.task("t");
    let blind = limited(human(), Authority { write: true, ..Authority::default() });
    let task = |id: &str| world.manager.inspect_task(&id.into(), &human()).unwrap_err().kind();
    let run = |id: &str| world.manager.inspect_run(&id.into(), &human()).unwrap_err().kind();
    assert_eq!(task(" "), ErrorKind::Validation);
    assert_eq!(task("nowhere"), ErrorKind::TaskNotFound);
    assert_eq!(run(" "), ErrorKind::Validation);
    assert_eq!(run("nowhere"), ErrorKind::TaskRunNotFound);
    let refused = world.manager.inspect_task(&" ".into(), &blind).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::PermissionDenied);
    let refused = world.manager.inspect_run(&" ".into(), &blind).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::PermissionDenied);
    let view = world.manager.inspect_task(&" t ".into(), &reader()).unwrap();
    assert_eq!((view.target, view.as_of), (InspectTarget::Task, world.now()));
    assert_eq!(
        view.task,
        crate::manager::projection::summary(world.manager.store(), &world.record("t"))
    );
}

#[test]
fn a_failing_runtime_fails_the_inspection() {
    let (mut world, catalogue) = watched();
    world.task("t");
    catalogue.borrow_mut().fails = true;
    assert!(world.manager.inspect_task(&"t".into(), &human()).is_err());
}

#[test]
fn the_runtime_is_asked_for_the_workspace_and_the_focused_run() {
    let (mut world, catalogue) = watched();
    world.create(CreateTask {
        scope: Scope::Workspace.into(),
        workspace_id: Some("w".into()),
        ..new_task("t")
    });
    let run = world.put_run("t", RunStatus::Completed);
    catalogue.borrow_mut().events = (0..12)
        .map(|number| {
            let event = serde_json::json!({
                "id": format!("e{number:02}"), "type": "tool", "timestamp": world.now(),
            });
            serde_json::from_value(event).unwrap()
        })
        .collect();
    let view = look_at_run(&world, &run);
    assert_eq!(view.target, InspectTarget::Run);
    let shown: Vec<String> = view.recent_events.iter().map(|event| event.id.to_string()).collect();
    assert_eq!(shown.len(), 10);
    assert_eq!((shown[0].as_str(), shown[9].as_str()), ("e09", "e00"), "oldest first");
    look(&world, "t");
    let catalogue = catalogue.borrow();
    let (sessions, events) = &catalogue.asked[0];
    assert_eq!((sessions.workspace_id.clone(), sessions.limit), (Some("w".into()), 200));
    assert_eq!((events.task_id.clone(), events.run_id.clone()), (Some("t".into()), Some(run)));
    assert_eq!(events.limit, 10);
    assert_eq!(catalogue.asked[1].1.run_id, None);
}

#[test]
fn a_run_is_not_orphaned_by_a_session_of_another_workspace() {
    let (mut world, catalogue) = watched();
    world.create(CreateTask {
        scope: Scope::Workspace.into(),
        workspace_id: Some("w".into()),
        ..new_task("t")
    });
    let run = world.put_run("t", RunStatus::Running);
    let id = world.run(&run).session_id.unwrap();
    catalogue.borrow_mut().sessions = vec![session(id.as_str(), "active")];
    let view = look(&world, "t");
    assert_eq!(view.bound_session.as_ref().map(|bound| bound.state.as_str()), Some("active"));
    assert_eq!(codes(&view), []);
    assert_eq!(view.eligible_session_count, 0, "it takes no work of this workspace");
    catalogue.borrow_mut().sessions.clear();
    let view = look(&world, "t");
    assert_eq!(view.bound_session.map(|bound| bound.state), Some("missing".to_owned()));
}

#[test]
fn without_a_runtime_there_are_no_sessions_and_no_pause() {
    let mut world = World::new();
    leased(&mut world, "t");
    world.manager.pause_scheduler(SchedulerPauseRequest::default(), &human()).unwrap();
    let view = look(&world, "t");
    assert!(!view.session_catalog_present);
    assert_eq!(view.eligible_session_count, 0);
    assert_eq!(view.bound_session, None);
    assert!(!view.scheduler.paused);
    assert!(view.recent_events.is_empty());
}

#[test]
fn the_current_run_is_the_projected_one_then_the_liveliest_then_the_latest() {
    let mut world = World::new();
    world.task("t");
    assert_eq!(look(&world, "t").current_run, None);
    let shown = |world: &World| look(world, "t").current_run.unwrap().run_id;
    let first = world.put_run("t", RunStatus::Failed);
    let second = world.put_run("t", RunStatus::Failed);
    assert_eq!(shown(&world), second);
    world.set_run(&first, RunStatus::Queued);
    assert_eq!(shown(&world), first, "an open run before a later finished one");
    world.set_run(&first, RunStatus::Claimed);
    world.set_run(&second, RunStatus::Running);
    let projected = world.record("t").current_run_id.unwrap();
    assert_eq!(shown(&world), projected);
    assert_eq!(look_at_run(&world, &second).current_run.unwrap().run_id, second);
}

#[test]
fn five_runs_are_shown_newest_attempt_first() {
    let mut world = World::new();
    world.task("t");
    let runs: Vec<RunId> = (0..7).map(|_| world.put_run("t", RunStatus::Failed)).collect();
    let view = look(&world, "t");
    let shown: Vec<RunId> = view.recent_runs.into_iter().map(|run| run.run_id).collect();
    let newest: Vec<RunId> = runs.into_iter().rev().take(5).collect();
    assert_eq!(shown, newest);
}

#[test]
fn a_run_is_shown_with_what_follows_from_it() {
    let mut world = World::new();
    let run = leased(&mut world, "t");
    world.advance(59);
    let shown = look(&world, "t").current_run.unwrap();
    let hash = world.run(&run).claim_token_hash.unwrap();
    assert_eq!(shown.claim_token_hash_truncated, hash.as_str()["sha256:".len()..][..8]);
    assert_eq!(shown.heartbeat_age_seconds, Some(59));
    assert_eq!((shown.attempt, shown.retries), (1, 0));
    world.change_run(&run, |run| {
        run.heartbeat_at = None;
        run.attempt = 3;
        run.error = format!(" {}\u{e9}{} ", "x".repeat(159), "y".repeat(9));
        run.status = RunStatus::Failed;
    });
    let shown = look_at_run(&world, &run).current_run.unwrap();
    assert_eq!(shown.last_error_summary, "x".repeat(159), "cut before the split character");
    assert_eq!(shown.failure_kind, "error");
    assert_eq!(shown.retries, 2);
    assert_eq!(shown.heartbeat_age_seconds, None, "only a claim counts as a heartbeat");
    world.change_run(&run, |run| {
        run.status = RunStatus::Claimed;
        run.failure_kind = "lost".into();
    });
    let shown = look_at_run(&world, &run).current_run.unwrap();
    assert_eq!(shown.heartbeat_age_seconds, Some(59), "since the claim");
    assert_eq!(shown.failure_kind, "lost");
    world.advance(-60);
    let shown = look_at_run(&world, &run).current_run.unwrap();
    assert_eq!(shown.heartbeat_age_seconds, None, "in the future");
}

#[test]
fn an_error_summary_is_trimmed_before_and_after_the_cut() {
    let mut world = World::new();
    world.task("t");
    let run = world.put_run("t", RunStatus::Failed);
    world.change_run(&run, |run| run.error = format!(" {} tail", "x".repeat(159)));
    let shown = look(&world, "t").current_run.unwrap();
    assert_eq!(shown.last_error_summary, "x".repeat(159));
}

#[test]
fn a_continuation_shows_the_run_that_it_continues() {
    let mut world = World::new();
    let run = world.completed("t");
    let review = world.review(&run);
    world.judge(&review, verdict(RunReviewOutcome::Rejected)).unwrap();
    assert_eq!(look(&world, "t").current_run.unwrap().previous_run_id, Some(run));
}

#[test]
fn the_bound_session_is_looked_up_and_may_be_missing() {
    let (mut world, catalogue) = watched();
    leased(&mut world, "t");
    let bound = look(&world, "t").bound_session.unwrap();
    assert_eq!((bound.session_id, bound.state.as_str()), ("s".into(), "missing"));
    catalogue.borrow_mut().sessions =
        vec![SessionInfo { agent_name: "coder".into(), ..session("s", "active") }];
    let bound = look(&world, "t").bound_session.unwrap();
    assert_eq!((bound.state.as_str(), bound.agent_name.as_str()), ("active", "coder"));
}

#[test]
fn active_sessions_without_a_failure_are_eligible() {
    let (mut world, catalogue) = watched();
    world.task("t");
    catalogue.borrow_mut().sessions = vec![
        session("a", " ACTIVE "),
        session("b", "stopped"),
        SessionInfo { failure_kind: "crash".into(), ..session("c", "active") },
        session("d", "active"),
    ];
    let view = look(&world, "t");
    assert_eq!(view.eligible_session_count, 2);
    let json = serde_json::to_string(&view).unwrap();
    assert!(!json.contains("eligible_session_count") && !json.contains("catalog"));
}

#[test]
fn a_claimed_run_is_stuck_after_two_minutes_of_silence() {
    let mut world = World::new();
    let run = leased(&mut world, "t");
    world.advance(120);
    assert_eq!(codes(&look(&world, "t")), []);
    world.advance(1);
    let view = look(&world, "t");
    assert_eq!(codes(&view), [TaskRunStuck]);
    let item = &view.diagnostics[0];
    assert_eq!(item.id, format!("task.inspect.task_run_stuck.{run}"));
    assert_eq!(item.severity, DiagnosticSeverity::Warn);
    assert_eq!(item.evidence["heartbeat_age_seconds"], 121);
    assert_eq!(item.evidence["threshold_seconds"], 120);
    assert_eq!(item.evidence["lease_until"], "2026-01-01T00:05:00Z");
    assert_eq!(view.next_action, InspectNextAction::RecoveryRequired);
    for status in [RunStatus::Starting, RunStatus::Running, RunStatus::Queued] {
        world.change_run(&run, |run| run.status = status);
        assert_eq!(codes(&look(&world, "t")), [], "{status}");
    }
}

#[test]
fn a_lease_is_stale_once_its_end_has_passed() {
    let mut world = World::new();
    let run = leased(&mut world, "t");
    let end = world.run(&run).lease_until.unwrap();
    world.change_run(&run, |run| run.heartbeat_at = Some(end - Duration::from_secs(1)));
    world.advance(300);
    assert_eq!(world.now(), end);
    assert_eq!(codes(&look(&world, "t")), [], "at its end it is not stale yet");
    world.advance(1);
    let view = look(&world, "t");
    assert_eq!(codes(&view), [TaskRunStaleLease]);
    assert_eq!(view.diagnostics[0].severity, DiagnosticSeverity::Error);
    assert_eq!(view.next_action, InspectNextAction::RecoveryRequired);
    world.advance(120);
    assert_eq!(codes(&look(&world, "t")), [TaskRunStuck, TaskRunStaleLease], "both, in order");
    world.change_run(&run, |run| run.status = RunStatus::Running);
    assert_eq!(codes(&look(&world, "t")), [], "only a claimed run's lease is looked at");
}

#[test]
fn a_run_is_orphaned_where_its_session_has_ended() {
    let (mut world, catalogue) = watched();
    let run = leased(&mut world, "t");
    let ended = [
        vec![],
        vec![session("s", "Stopped")],
        vec![session("s", "failed")],
        vec![session("s", "crashed")],
        vec![session("s", "missing")],
        vec![SessionInfo { stop_reason: "done".into(), ..session("s", "active") }],
        vec![SessionInfo { failure_kind: "oom".into(), ..session("s", "active") }],
    ];
    for sessions in ended {
        catalogue.borrow_mut().sessions = sessions.clone();
        for status in [RunStatus::Claimed, RunStatus::Starting, RunStatus::Running] {
            world.change_run(&run, |run| run.status = status);
            let view = look_at_run(&world, &run);
            assert_eq!(codes(&view), [TaskRunOrphan], "{status} {sessions:?}");
            assert_eq!(view.next_action, InspectNextAction::RecoveryRequired);
            assert_eq!(view.diagnostics[0].evidence["session_id"], "s");
        }
    }
    catalogue.borrow_mut().sessions = vec![session("s", "active")];
    assert_eq!(codes(&look_at_run(&world, &run)), []);
}

#[test]
fn a_finished_run_is_no_orphan() {
    let (mut world, _) = watched();
    let run = leased(&mut world, "t");
    for status in [RunStatus::Completed, RunStatus::Canceled] {
        world.change_run(&run, |run| run.status = status);
        let view = look_at_run(&world, &run);
        assert!(view.bound_session.is_some());
        assert_eq!(codes(&view), [], "{status}");
        assert_eq!(view.next_action, InspectNextAction::Terminal);
    }
}

#[test]
fn a_run_without_a_token_is_no_orphan() {
    let (mut world, _) = watched();
    world.task("t");
    let run = world.running("t");
    assert_eq!(codes(&look_at_run(&world, &run)), []);
}

#[test]
fn a_failed_run_has_crashed_until_a_later_attempt_stands_in() {
    let mut world = World::new();
    world.task("t");
    let first = world.put_run("t", RunStatus::Failed);
    world.change_run(&first, |run| run.error = "password=x".into());
    let view = look(&world, "t");
    assert_eq!(codes(&view), [TaskRunCrashed]);
    assert_eq!(view.diagnostics[0].evidence["last_error_summary"], "password=[REDACTED]");
    assert_eq!(view.diagnostics[0].evidence["failure_kind"], "error");
    assert_eq!(view.next_action, InspectNextAction::RecoveryRequired);
    let second = world.put_run("t", RunStatus::Canceled);
    assert_eq!(codes(&look_at_run(&world, &first)), [TaskRunCrashed], "a canceled one does not");
    world.change_run(&second, |run| run.status = RunStatus::Completed);
    let view = look_at_run(&world, &first);
    assert_eq!(codes(&view), []);
    assert_eq!(view.next_action, InspectNextAction::Terminal);
}

#[test]
fn a_queued_run_is_stranded_after_five_minutes_without_a_session() {
    let (mut world, catalogue) = watched();
    world.task("t");
    world.enqueue("t");
    world.advance(299);
    let view = look(&world, "t");
    assert_eq!(codes(&view), []);
    assert_eq!(view.next_action, InspectNextAction::WaitingForSession);
    world.advance(1);
    let view = look(&world, "t");
    assert_eq!(codes(&view), [TaskRunStranded]);
    assert_eq!(view.diagnostics[0].severity, DiagnosticSeverity::Warn);
    assert_eq!(view.diagnostics[0].evidence["queued_age_seconds"], 300);
    assert_eq!(view.next_action, InspectNextAction::Stranded);
    catalogue.borrow_mut().sessions = vec![session("a", "active")];
    let view = look(&world, "t");
    assert_eq!(codes(&view), []);
    assert_eq!(view.next_action, InspectNextAction::ClaimAvailable);
    catalogue.borrow_mut().sessions.clear();
    world.manager.pause_scheduler(SchedulerPauseRequest::default(), &human()).unwrap();
    let view = look(&world, "t");
    assert!(view.scheduler.paused);
    assert_eq!(codes(&view), []);
    assert_eq!(view.next_action, InspectNextAction::WaitingForSession);
    catalogue.borrow_mut().sessions = vec![session("a", "active")];
    let view = look(&world, "t");
    assert_eq!(view.next_action, InspectNextAction::WaitingForSession, "paused comes first");
}

#[test]
fn only_what_is_queued_is_stranded() {
    for status in [RunStatus::Running, RunStatus::Completed, RunStatus::Canceled] {
        let (mut world, _catalogue) = watched();
        world.task("t");
        world.put_run("t", status);
        world.advance(3600);
        assert!(!codes(&look(&world, "t")).contains(&TaskRunStranded), "{status}");
    }
}

#[test]
fn nothing_is_stranded_where_the_sessions_are_unknown() {
    let mut world = World::new();
    world.task("t");
    world.enqueue("t");
    world.advance(3600);
    let view = look(&world, "t");
    assert_eq!(codes(&view), []);
    assert_eq!(view.next_action, InspectNextAction::WaitingForSession);
}

#[test]
fn without_a_run_the_status_of_the_task_decides() {
    let mut world = World::new();
    world.task("t");
    assert_eq!(look(&world, "t").next_action, InspectNextAction::WaitingForSession);
    world.manager.cancel_task(&"t".into(), Default::default(), &human()).unwrap();
    assert_eq!(look(&world, "t").next_action, InspectNextAction::Terminal);
}

#[test]
fn the_status_of_a_healthy_run_decides() {
    let expected = |status| match status {
        RunStatus::Queued => InspectNextAction::ClaimAvailable,
        RunStatus::Claimed | RunStatus::Starting | RunStatus::Running => InspectNextAction::Running,
        RunStatus::Failed => InspectNextAction::RecoveryRequired,
        RunStatus::Completed | RunStatus::Canceled => InspectNextAction::Terminal,
    };
    use crate::enumeration::Enumeration;
    for status in RunStatus::ALL {
        let (mut world, catalogue) = watched();
        catalogue.borrow_mut().sessions = vec![session("sess-t-run-1", "active")];
        world.task("t");
        world.put_run("t", *status);
        assert_eq!(look(&world, "t").next_action, expected(*status), "{status}");
    }
}

#[test]
fn pauses_and_blockers_of_the_task_are_not_looked_at() {
    let (mut world, catalogue) = watched();
    catalogue.borrow_mut().sessions = vec![session("a", "active")];
    world.task("before");
    world.task("t");
    world.depends("t", "before");
    world.enqueue("t");
    assert_eq!(look(&world, "t").next_action, InspectNextAction::ClaimAvailable);
}
