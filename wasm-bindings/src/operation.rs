//! Every operation by its name: which request it takes and which method of the
//! manager it is.

use serde::Serialize;
use taskloom_domain::actor::ActorContext;
use taskloom_domain::error::{ErrorKind, Result, TaskError};
use taskloom_domain::force::BulkForceRunResult;
use taskloom_domain::id::{RunId, SessionId, TaskId};
use taskloom_domain::manager::{Manager, Progress};
use taskloom_domain::run::Run;
use taskloom_domain::store::MemoryStore;

use crate::arguments::Arguments;
use crate::fault::Fault;
use crate::read;

/// Begins an operation, for callers that can wait for the outside; its answer is
/// that of [`perform`].
///
/// # Errors
///
/// As there.
pub fn begin(
    manager: &mut Manager,
    arguments: &Arguments<'_>,
    actor: &ActorContext,
) -> Result<Progress<MemoryStore, String>> {
    let run = || arguments.id::<RunId>(0, "run_id");
    match arguments.operation {
        "start_run" => answered(manager.begin_start_run(&run()?, arguments.request(1)?, actor)),
        "attach_run_session" => {
            let session = arguments.id::<SessionId>(1, "session_id")?;
            answered(manager.begin_attach_run_session(&run()?, &session, actor))
        }
        "complete_run" => {
            answered(manager.begin_complete_run(&run()?, arguments.request(1)?, actor))
        }
        "fail_run" => answered(manager.begin_fail_run(&run()?, arguments.request(1)?, actor)),
        "cancel_run" => answered(manager.begin_cancel_run(&run()?, arguments.request(1)?, actor)),
        "recover_run_on_boot" => {
            answered(manager.begin_recover_run_on_boot(&run()?, arguments.request(1)?, actor))
        }
        "cancel_task" => {
            let task = arguments.id::<TaskId>(0, "task_id")?;
            answered(manager.begin_cancel_task(&task, arguments.request(1)?, actor))
        }
        _ => perform(manager, arguments, actor).map(Progress::Done),
    }
}

fn answered<T: Serialize + 'static>(
    progress: Result<Progress<MemoryStore, T>>,
) -> Result<Progress<MemoryStore, String>> {
    progress?.map(|answer| reply(Ok(answer)))
}

/// Runs an operation in one go; its answer is JSON text, `null` for none.
///
/// # Errors
///
/// The engine's refusals; `validation` for arguments of the wrong form and for an
/// unknown operation.
pub fn perform(
    manager: &mut Manager,
    arguments: &Arguments<'_>,
    actor: &ActorContext,
) -> Result<String> {
    let task = || arguments.id::<TaskId>(0, "task_id");
    match arguments.operation {
        "create_task" => reply(manager.create_task(arguments.request(0)?, actor)),
        "create_child_task" => {
            let parent = arguments.id::<TaskId>(0, "parent_task_id")?;
            reply(manager.create_child_task(&parent, arguments.request(1)?, actor))
        }
        "update_task" => reply(manager.update_task(&task()?, arguments.request(1)?, actor)),
        "delete_task" => reply(manager.delete_task(&task()?, actor)),
        "publish_task" => reply(manager.publish_task(&task()?, arguments.request(1)?, actor)),
        "start_task" => reply(manager.start_task(&task()?, arguments.request(1)?, actor)),
        "approve_task" => reply(manager.approve_task(&task()?, arguments.request(1)?, actor)),
        "reject_task" => reply(manager.reject_task(&task()?, actor)),
        "cancel_task" => reply(manager.cancel_task(&task()?, arguments.request(1)?, actor)),
        "pause_task" => reply(manager.pause_task(&task()?, arguments.request(1)?, actor)),
        "resume_task" => reply(manager.resume_task(&task()?, arguments.request(1)?, actor)),
        "mark_task_read" => reply(manager.mark_task_read(&task()?, actor)),
        "archive_task" => reply(manager.archive_task(&task()?, actor)),
        "dismiss_task" => reply(manager.dismiss_task(&task()?, actor)),
        "add_dependency" => reply(manager.add_dependency(arguments.request(0)?, actor)),
        "remove_dependency" => {
            let blocker = arguments.id::<TaskId>(1, "depends_on_task_id")?;
            reply(manager.remove_dependency(&task()?, &blocker, actor))
        }
        "set_execution_profile" => {
            reply(manager.set_execution_profile(&task()?, arguments.given(1)?, actor))
        }
        "delete_execution_profile" => reply(manager.delete_execution_profile(&task()?, actor)),
        "pause_scheduler" => reply(manager.pause_scheduler(arguments.request(0)?, actor)),
        "resume_scheduler" => reply(manager.resume_scheduler(arguments.request(0)?, actor)),
        _ => on_runs(manager, arguments, actor),
    }
}

fn on_runs(
    manager: &mut Manager,
    arguments: &Arguments<'_>,
    actor: &ActorContext,
) -> Result<String> {
    let run = || arguments.id::<RunId>(0, "run_id");
    match arguments.operation {
        "enqueue_run" => reply(manager.enqueue_run(arguments.request(0)?, actor)),
        "claim_next_run" => reply(manager.claim_next_run(arguments.request(0)?, actor)),
        "claim_run" => reply(manager.claim_run(&run()?, arguments.request(1)?, actor)),
        "start_run" => reply(manager.start_run(&run()?, arguments.request(1)?, actor)),
        "attach_run_session" => {
            let session = arguments.id::<SessionId>(1, "session_id")?;
            reply(manager.attach_run_session(&run()?, &session, actor))
        }
        "heartbeat_run_lease" => reply(manager.heartbeat_run_lease(arguments.request(0)?, actor)),
        "release_run_lease" => reply(manager.release_run_lease(arguments.request(0)?, actor)),
        "complete_run_lease" => reply(manager.complete_run_lease(arguments.request(0)?, actor)),
        "fail_run_lease" => reply(manager.fail_run_lease(arguments.request(0)?, actor)),
        "complete_run" => reply(manager.complete_run(&run()?, arguments.request(1)?, actor)),
        "fail_run" => reply(manager.fail_run(&run()?, arguments.request(1)?, actor)),
        "cancel_run" => reply(manager.cancel_run(&run()?, arguments.request(1)?, actor)),
        "retry_run" => reply(manager.retry_run(&run()?, arguments.request(1)?, actor)),
        "force_release_run" => {
            reply(manager.force_release_run(&run()?, arguments.request(1)?, actor))
        }
        "force_fail_run" => reply(manager.force_fail_run(&run()?, arguments.request(1)?, actor)),
        "bulk_force_release_runs" => {
            bulk(manager.bulk_force_release_runs(arguments.request(0)?, actor))
        }
        "bulk_force_fail_runs" => bulk(manager.bulk_force_fail_runs(arguments.request(0)?, actor)),
        "recover_expired_run_leases" => {
            reply(manager.recover_expired_run_leases(arguments.request(0)?, actor))
        }
        "release_session_run_leases" => {
            reply(manager.release_session_run_leases(arguments.request(0)?, actor))
        }
        "recover_run_on_boot" => {
            reply(manager.recover_run_on_boot(&run()?, arguments.request(1)?, actor))
        }
        "request_run_review" => reply(manager.request_run_review(arguments.request(0)?, actor)),
        "record_run_review" => reply(manager.record_run_review(arguments.request(0)?, actor)),
        "bind_run_review_session" => {
            reply(manager.bind_run_review_session(arguments.request(0)?, actor))
        }
        // A read in its turn among the operations.
        _ => read::answer(manager, arguments, actor),
    }
}

/// The JSON text of an answer.
///
/// # Errors
///
/// The refusal that the answer is; `other` for a record that has no JSON form.
pub fn reply<T: Serialize>(answer: Result<T>) -> Result<String> {
    serde_json::to_string(&answer?)
        .map_err(|error| TaskError::with_detail(ErrorKind::Other, error.to_string()))
}

/// A bulk answer, whose refusals have no JSON form of their own.
fn bulk(answer: Result<BulkForceRunResult>) -> Result<String> {
    #[derive(Serialize)]
    struct Item {
        run_id: RunId,
        ok: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        run: Option<Run>,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<Fault>,
    }
    #[derive(Serialize)]
    struct Items {
        items: Vec<Item>,
    }
    reply(answer.map(|answer| {
        Items {
            items: (answer.items.into_iter())
                .map(|item| Item {
                    run_id: item.run_id,
                    ok: item.ok,
                    run: item.run,
                    error: item.error.map(Fault::from),
                })
                .collect(),
        }
    }))
}
