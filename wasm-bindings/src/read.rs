//! Every read by its name. Reads come from memory and change nothing.

use taskloom_domain::actor::ActorContext;
use taskloom_domain::error::{Result, TaskError};
use taskloom_domain::id::{ReviewId, RunId, SessionId, TaskId};
use taskloom_domain::manager::Manager;

use crate::arguments::Arguments;
use crate::operation::reply;

/// Answers a read with JSON text.
///
/// # Errors
///
/// The engine's refusals; `validation` for arguments of the wrong form and for an
/// unknown read.
pub fn answer(
    manager: &Manager,
    arguments: &Arguments<'_>,
    actor: &ActorContext,
) -> Result<String> {
    let task = || arguments.id::<TaskId>(0, "task_id");
    let run = || arguments.id::<RunId>(0, "run_id");
    match arguments.operation {
        "get_task" => reply(manager.get_task(&task()?, actor)),
        "list_tasks" => reply(manager.list_tasks(arguments.request(0)?, actor)),
        "list_task_runs" => reply(manager.list_task_runs(&task()?, arguments.request(1)?, actor)),
        "tree" => reply(manager.tree(&task()?, actor)),
        "timeline" => reply(manager.timeline(&task()?, arguments.request(1)?, actor)),
        "stream_backlog" => reply(manager.stream_backlog(&task()?, arguments.request(1)?, actor)),
        "inspect_task" => reply(manager.inspect_task(&task()?, actor)),
        "inspect_run" => reply(manager.inspect_run(&run()?, actor)),
        "run_detail" => reply(manager.run_detail(&run()?, actor)),
        "get_execution_profile" => reply(manager.get_execution_profile(&task()?, actor)),
        "scheduler_status" => reply(manager.scheduler_status(actor)),
        "scheduler_backlog" => reply(manager.scheduler_backlog(arguments.request(0)?, actor)),
        "get_run_review" => {
            let review = arguments.id::<ReviewId>(0, "review_id")?;
            reply(manager.get_run_review(&review, actor))
        }
        "list_run_reviews" => reply(manager.list_run_reviews(arguments.request(0)?, actor)),
        "lookup_run_review_for_session" => {
            let session = arguments.id::<SessionId>(0, "session_id")?;
            reply(manager.lookup_run_review_for_session(&session, actor))
        }
        unknown => Err(TaskError::validation("operation", &format!("is unknown: {unknown:?}"))),
    }
}
