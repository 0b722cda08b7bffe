//! Every read by its name. Reads come from memory and change nothing.

use serde::Serialize;
use taskloom_domain::actor::{ActorContext, ActorIdentity};
use taskloom_domain::claim_token::ClaimTokenHash;
use taskloom_domain::error::{Result, TaskError};
use taskloom_domain::id::{ReviewId, RunId, SessionId, TaskId, WorkspaceId};
use taskloom_domain::manager::Manager;
use taskloom_domain::run::RunStatus;
use taskloom_domain::time::Timestamp;

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

/// Answers with the live lease of a session on a run, whose token is for the host of
/// the session alone: elsewhere a lease has no JSON form.
///
/// # Errors
///
/// `lease_expired`, `invalid_claim_token` or `permission_denied`, with its reason;
/// `validation` for arguments of the wrong form.
pub fn active_run(manager: &Manager, arguments: &Arguments<'_>) -> Result<String> {
    #[derive(Serialize)]
    struct ActiveRun<'a> {
        run_id: &'a RunId,
        task_id: &'a TaskId,
        #[serde(skip_serializing_if = "Option::is_none")]
        workspace_id: Option<&'a WorkspaceId>,
        session_id: &'a SessionId,
        status: RunStatus,
        #[serde(skip_serializing_if = "Option::is_none")]
        claimed_by: Option<&'a ActorIdentity>,
        #[serde(skip_serializing_if = "Option::is_none")]
        claim_token: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        claim_token_hash: Option<&'a ClaimTokenHash>,
        #[serde(skip_serializing_if = "Option::is_none")]
        lease_until: Option<Timestamp>,
        #[serde(skip_serializing_if = "Option::is_none")]
        heartbeat_at: Option<Timestamp>,
    }
    let session = arguments.id::<SessionId>(0, "session_id")?;
    let run = arguments.id::<RunId>(1, "run_id")?;
    let handle = manager.lookup_active_run_for_session(&session, &run)?;
    reply(Ok(ActiveRun {
        run_id: &handle.run_id,
        task_id: &handle.task_id,
        workspace_id: handle.workspace_id.as_ref(),
        session_id: &handle.session_id,
        status: handle.status,
        claimed_by: handle.claimed_by.as_ref(),
        claim_token: handle.claim_token.as_ref().map(|token| token.expose()),
        claim_token_hash: handle.claim_token_hash.as_ref(),
        lease_until: handle.lease_until,
        heartbeat_at: handle.heartbeat_at,
    }))
}
