//! Every operation by name, with its request as JSON text.

use serde::Deserialize;
use taskloom_domain::actor::ActorContext;
use taskloom_domain::error::Result;
use taskloom_domain::manager::Manager;

/// The arguments of an operation: what it is about, and the request.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Call<T> {
    id: String,
    other: String,
    request: T,
}

fn decoded<T: for<'a> Deserialize<'a> + Default>(arguments: &str) -> Option<Call<T>> {
    serde_json::from_str(arguments).ok()
}

/// Performs an operation; `None` where there is no such operation, or the
/// arguments are none of its.
pub(super) fn perform(
    manager: &mut Manager,
    operation: &str,
    arguments: &str,
    actor: &ActorContext,
) -> Option<Result<()>> {
    macro_rules! operations {
        (
            request: $($plain:ident)*;
            id: $($about:ident)*;
            id and request: $($both:ident)*;
            ids: $($two:ident)*;
        ) => {
            match operation {
                $(stringify!($plain) => {
                    let call = decoded(arguments)?;
                    manager.$plain(call.request, actor).map(drop)
                })*
                $(stringify!($about) => {
                    let call = decoded::<()>(arguments)?;
                    manager.$about(&call.id.as_str().into(), actor).map(drop)
                })*
                $(stringify!($both) => {
                    let call = decoded(arguments)?;
                    manager.$both(&call.id.as_str().into(), call.request, actor).map(drop)
                })*
                $(stringify!($two) => {
                    let call = decoded::<()>(arguments)?;
                    let (id, other) = (call.id.as_str().into(), call.other.as_str().into());
                    manager.$two(&id, &other, actor).map(drop)
                })*
                "drain_scheduler" => {
                    let call = decoded(arguments)?;
                    // Nobody waits here: the first long wait ends the drain.
                    let drain = manager.begin_drain(call.request, actor);
                    drain.map(|drain| drop(manager.poll_drain(&drain)))
                }
                "lookup_active_run_for_session" => {
                    let call = decoded::<()>(arguments)?;
                    let (id, other) = (call.id.as_str().into(), call.other.as_str().into());
                    manager.lookup_active_run_for_session(&id, &other).map(drop)
                }
                "agent_context" => {
                    manager.agent_context(&decoded(arguments)?.request).map(drop)
                }
                "operator_task_context" => {
                    manager.operator_task_context(&decoded(arguments)?.request, actor).map(drop)
                }
                _ => return None,
            }
        };
    }
    Some(operations! {
        request: create_task add_dependency enqueue_run claim_next_run heartbeat_run_lease
            release_run_lease complete_run_lease fail_run_lease recover_expired_run_leases
            release_session_run_leases bulk_force_release_runs bulk_force_fail_runs
            pause_scheduler resume_scheduler scheduler_backlog request_run_review
            bind_run_review_session record_run_review list_run_reviews list_tasks;
        id: delete_task reject_task mark_task_read mark_task_unread archive_task dismiss_task
            wake_task delete_to_trash restore_from_trash get_execution_profile
            delete_execution_profile get_task tree inspect_task inspect_run run_detail
            get_run_review lookup_run_review_for_session review_gate;
        id and request: create_child_task update_task publish_task start_task approve_task
            cancel_task pause_task resume_task set_execution_profile claim_run start_run
            complete_run fail_run cancel_run retry_run force_release_run force_fail_run
            recover_run_on_boot list_task_runs timeline stream_backlog set_review_policy;
        ids: remove_dependency attach_run_session;
    })
}
