// What can be done with a board, by the engine's names. Reads are answered from
// memory; operations change the board.

export const READS = [
  "get_task",
  "list_tasks",
  "list_task_runs",
  "tree",
  "timeline",
  "stream_backlog",
  "inspect_task",
  "inspect_run",
  "run_detail",
  "get_execution_profile",
  "scheduler_status",
  "scheduler_backlog",
  "get_run_review",
  "list_run_reviews",
  "lookup_run_review_for_session",
];

export const OPERATIONS = [
  "create_task",
  "create_child_task",
  "update_task",
  "delete_task",
  "publish_task",
  "start_task",
  "approve_task",
  "reject_task",
  "cancel_task",
  "pause_task",
  "resume_task",
  "mark_task_read",
  "archive_task",
  "dismiss_task",
  "add_dependency",
  "remove_dependency",
  "set_execution_profile",
  "delete_execution_profile",
  "enqueue_run",
  "claim_next_run",
  "claim_run",
  "start_run",
  "attach_run_session",
  "heartbeat_run_lease",
  "release_run_lease",
  "complete_run_lease",
  "fail_run_lease",
  "complete_run",
  "fail_run",
  "cancel_run",
  "retry_run",
  "force_release_run",
  "force_fail_run",
  "bulk_force_release_runs",
  "bulk_force_fail_runs",
  "recover_expired_run_leases",
  "release_session_run_leases",
  "recover_run_on_boot",
  "request_run_review",
  "record_run_review",
  "bind_run_review_session",
  "pause_scheduler",
  "resume_scheduler",
  "drain_scheduler",
];

/** Operations that let time pass, which a transaction cannot. */
export const WAITING = ["drain_scheduler"];

/** `claim_next_run` reads `claimNextRun` in JavaScript. */
export const camelCase = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
