// Made by "TASKLOOM_WRITE_TYPES=1 cargo test -p taskloom-domain typescript"; do not edit.

/** Any JSON document: metadata, payloads and results. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

/**
 * An instant in UTC: RFC 3339 text with up to nine fractional digits. Year one,
 * `0001-01-01T00:00:00Z`, stands for an instant that is not set.
 */
export type Timestamp = string;

/** A span of time in whole nanoseconds. */
export type Duration = number;

/**
 * The place of an event in the one audit log of a board. Starts at 1; 0 means
 * "no event". Stays below 2^53, so that it is exact in JavaScript.
 */
export type Sequence = number;

/** The id of a task. */
export type TaskId = string;

/** The id of a run. */
export type RunId = string;

/** The id of an audit event. */
export type EventId = string;

/** The id of a run review. */
export type ReviewId = string;

/** The id of a worker or reviewer session. */
export type SessionId = string;

/** The id of a workspace. */
export type WorkspaceId = string;

/** A raw claim token, as the holder of a lease presents it. */
export type ClaimToken = string;

/**
 * The hash of a claim token, as runs store it: `sha256:` and 64 lower-case hex
 * digits; the prefix may be missing in records of other origin.
 */
export type ClaimTokenHash = string;

/** The kind of a refusal. Callers branch on the kind, never on the text. */
export type RefusalCode =
  | "task_not_found"
  | "task_run_not_found"
  | "task_run_idempotency_not_found"
  | "task_dependency_not_found"
  | "task_event_not_found"
  | "task_triage_state_not_found"
  | "execution_profile_not_found"
  | "run_review_not_found"
  | "workspace_not_found"
  | "validation"
  | "immutable_field"
  | "invalid_scope_binding"
  | "payload_too_large"
  | "graph_limit_exceeded"
  | "cycle_detected"
  | "invalid_status_transition"
  | "conflict"
  | "session_already_bound"
  | "session_attach_not_allowed"
  | "stale_network_channel"
  | "permission_denied"
  | "no_claimable_run"
  | "invalid_claim_token"
  | "lease_expired"
  | "active_run_lease"
  | "forbidden_operator_action"
  | "force_op_requires_reason"
  | "force_op_rate_limited"
  | "retry_chain_too_deep"
  | "bulk_too_large"
  | "other";

/** What kind of identity acts. */
export type ActorKind =
  | "human"
  | "agent_session"
  | "automation"
  | "extension"
  | "network_peer"
  | "daemon";

/** What kind of identity a task belongs to. */
export type OwnerKind =
  | "human"
  | "agent_session"
  | "automation"
  | "extension"
  | "network_peer"
  | "pool";

/** The door through which a call came in. */
export type OriginKind =
  | "cli"
  | "web"
  | "uds"
  | "http"
  | "automation"
  | "extension"
  | "network"
  | "agent_session"
  | "daemon";

/** An identity that acts. Displays as `<kind>:<ref>`. */
export interface ActorIdentity {
  /** What kind of identity the ref names. */
  kind: ActorKind;
  /** The name of the identity within its kind. */
  ref: string;
}

/** Where a call came from. Displays as `<kind>:<ref>`. */
export interface Origin {
  /** What kind of identity the ref names. */
  kind: OriginKind;
  /** The name of the identity within its kind. */
  ref: string;
}

/**
 * Whom a task belongs to. Displays as `<kind>:<ref>`.
 *
 * A `pool` ref names an agent, an `agent_session` ref a session id: only
 * they may claim the task's runs. The other kinds inform people.
 */
export interface Ownership {
  /** What kind of identity the ref names. */
  kind: OwnerKind;
  /** The name of the identity within its kind. */
  ref: string;
}

/**
 * What an actor may do. Each flag stands alone, except that creating needs
 * `write`.
 */
export interface Authority {
  /** Read tasks, runs, reviews and the scheduler. */
  read: boolean;
  /** Change them. */
  write: boolean;
  /** Create global tasks. */
  create_global: boolean;
  /** Create workspace tasks. */
  create_workspace: boolean;
}

/** On whose behalf an operation runs: the identity, its door and its authority. */
export interface ActorContext {
  /** Who acts. */
  actor: ActorIdentity;
  /** Where the call came from. */
  origin: Origin;
  /** What the actor may do. */
  authority: Authority;
}

/** An owner as a caller sent it. Kind and ref both blank mean "no owner". */
export interface OwnerSpec {
  /** What kind of identity the ref names. */
  kind: OwnerKind;
  /** The name of the identity within its kind. */
  ref: string;
}

/** Where a task lives. */
export type Scope = "global" | "workspace";

/**
 * Where a task stands. Derived by the engine from approval, dependencies and
 * runs; nobody sets it.
 */
export type TaskStatus =
  | "draft"
  | "pending"
  | "blocked"
  | "ready"
  | "in_progress"
  | "completed"
  | "failed"
  | "canceled";

/** How soon a task should be done, compared with others. */
export type Priority = "low" | "medium" | "high" | "urgent";

/** Whether a task needs an approval before its runs may start. */
export type ApprovalPolicy = "none" | "manual";

/** Where the approval of a task stands. */
export type ApprovalState = "not_required" | "pending" | "approved" | "rejected";

/** A task as it is stored. */
export interface Task {
  /** The task's id. */
  id: TaskId;
  /** A name for people (`APP-12`), not necessarily unique. */
  identifier?: string;
  /** Where the task lives. Fixed at creation. */
  scope: Scope;
  /** The workspace of a workspace task. Fixed at creation. */
  workspace_id?: WorkspaceId;
  /** The task that this one is a part of. Fixed at creation. */
  parent_task_id?: TaskId;
  /** The network channel that its runs talk in. */
  network_channel?: string;
  /** What is to be done, in a line. */
  title: string;
  /** What is to be done, at length. */
  description?: string;
  /** How soon it should be done. */
  priority: Priority;
  /** How many runs may fail before the task does. */
  max_attempts: number;
  /**
   * Whether a run is queued by itself once the last task that this one waits
   * for is completed.
   */
  auto_enqueue_on_ready?: boolean;
  /** Where the task stands. */
  status: TaskStatus;
  /** Whether it needs an approval. */
  approval_policy: ApprovalPolicy;
  /** Where the approval stands. */
  approval_state: ApprovalState;
  /** Whom it belongs to. */
  owner?: Ownership;
  /** Its claimed, starting or running run: a projection that the store keeps. */
  current_run_id?: RunId;
  /** The number of its newest event: a projection that the store keeps. */
  latest_event_seq: Sequence;
  /** Whether the task itself is paused; its ancestors may be too. */
  paused?: boolean;
  /** Who paused it: `<actor kind>:<actor ref>`. */
  paused_by?: string;
  /** When it was paused. */
  paused_at?: Timestamp;
  /** Why it was paused. */
  paused_reason?: string;
  /** Who created it. Fixed at creation. */
  created_by: ActorIdentity;
  /** Through which door it was created. Fixed at creation. */
  origin: Origin;
  /** When it was created. */
  created_at: Timestamp;
  /** When its record last changed. */
  updated_at: Timestamp;
  /** When it ended. */
  closed_at: Timestamp;
  /** A document of the caller's own, kept byte for byte. */
  metadata?: JsonValue;
}

/** What a new task should be. */
export interface CreateTask {
  /** The id; generated where it is absent. */
  id?: TaskId;
  /** A name for people. */
  identifier?: string;
  /** Where the task lives. */
  scope: Scope;
  /** The workspace of a workspace task. */
  workspace_id?: WorkspaceId;
  /** The task that this one is a part of. */
  parent_task_id?: TaskId;
  /** The network channel that its runs talk in. */
  network_channel?: string;
  /** What is to be done, in a line. */
  title: string;
  /** What is to be done, at length. */
  description?: string;
  /** How soon; `medium` where it is blank. */
  priority?: Priority;
  /** How many runs may fail; 3 where it is absent, and 0 is refused. */
  max_attempts?: number;
  /** Whether a run is queued by itself once the last blocker is completed. */
  auto_enqueue_on_ready?: boolean;
  /** Whether the task waits to be published. */
  draft?: boolean;
  /** Whether it needs an approval; `none` where it is blank. */
  approval_policy?: ApprovalPolicy;
  /** Whom it belongs to. */
  owner?: OwnerSpec;
  /** A document of the caller's own. */
  metadata?: JsonValue;
}

/**
 * A change of the mutable fields of a task. An absent field stays as it is; a
 * present one is compared with what is stored, even if it is empty.
 */
export interface TaskPatch {
  /** What is to be done, in a line; must not be blank. */
  title?: string;
  /** What is to be done, at length; empty clears it. */
  description?: string;
  /** How soon. */
  priority?: Priority;
  /** How many runs may fail. */
  max_attempts?: number;
  /** Whether a run is queued by itself once the last blocker is completed. */
  auto_enqueue_on_ready?: boolean;
  /**
   * Whether the task needs an approval; another policy than the stored one
   * starts the approval anew.
   */
  approval_policy?: ApprovalPolicy;
  /**
   * A document of the caller's own; `Some(None)` clears it. JSON has no form
   * for that: `null` there means "not supplied".
   */
  metadata?: JsonValue;
  /** The network channel; empty clears it. */
  network_channel?: string;
  /** Whom the task belongs to; a zero owner counts as absent. */
  owner?: OwnerSpec;
  /** Takes the owner away. Not together with `owner`. */
  clear_owner?: boolean;
}

/** The request to publish, start or approve a task. */
export interface ExecutionRequest {
  /**
   * The same key from the same origin gives the same run; where it is blank,
   * one is derived from action and task.
   */
  idempotency_key?: string;
  /** The run's network channel; the task's where it is blank. */
  network_channel?: string;
  /** A document of the caller's own; becomes the run's. */
  metadata?: JsonValue;
}

/** Which operation queued the run. */
export type ExecutionAction = "start" | "publish" | "approval";

/** What publishing, starting or approving a task gave. */
export interface Execution {
  /** The task afterwards. */
  task: Task;
  /** Its run. */
  run: Run;
  /** Which operation it was. */
  action: ExecutionAction;
  /** Whether the run was there already, under the same key. */
  existing_run?: boolean;
}

/** The request to cancel a task and everything below it. */
export interface CancelTask {
  /** Why. */
  reason?: string;
  /** A document of the caller's own, for the audit log. */
  metadata?: JsonValue;
}

/** The request to pause a task. */
export interface PauseTaskRequest {
  /** Why; must not be blank. */
  reason: string;
  /** A document of the caller's own, for the audit log. */
  metadata?: JsonValue;
}

/** The request to let a paused task go on. */
export interface ResumeTaskRequest {
  /** A document of the caller's own, for the audit log. */
  metadata?: JsonValue;
}

/** Whether a task is paused, by itself or from above. */
export interface PauseState {
  /** The task. */
  task_id: TaskId;
  /** Whether the task itself is paused. */
  paused: boolean;
  /** Who paused it. */
  paused_by?: string;
  /** When it was paused. */
  paused_at?: Timestamp;
  /** Why it was paused. */
  paused_reason?: string;
  /** Whether the task or one of its ancestors is paused. */
  effective_paused: boolean;
  /** The nearest paused task, the task itself first. */
  paused_by_task_id?: TaskId;
}

/** What an edge means. */
export type DependencyKind = "blocks";

/**
 * An edge of the dependency graph. There is at most one between two tasks in
 * each direction, and no loop.
 */
export interface Dependency {
  /** The task that waits. */
  task_id: TaskId;
  /** The task that it waits for. */
  depends_on_task_id: TaskId;
  /** What the edge means. */
  kind: DependencyKind;
  /** When it was added. */
  created_at: Timestamp;
}

/** The request for an edge. */
export interface AddDependency {
  /** The task that waits. */
  task_id: TaskId;
  /** The task that it waits for. */
  depends_on_task_id: TaskId;
  /** What the edge means. Has no default: a blank kind is refused. */
  kind: DependencyKind;
}

/** What one identity thinks of one task. No record means all false. */
export interface TriageState {
  /** The task. */
  task_id: TaskId;
  /** The identity. */
  actor: ActorIdentity;
  /** It was looked at. */
  read: boolean;
  /** It was put away. */
  archived: boolean;
  /** It is not wanted in the list until something happens. */
  dismissed: boolean;
  /** The latest activity of the task at the last mutation. */
  last_seen_activity_at: Timestamp;
  /** When this record was last written. */
  updated_at: Timestamp;
}

/** Where a run stands. */
export type RunStatus =
  | "queued"
  | "claimed"
  | "starting"
  | "running"
  | "completed"
  | "failed"
  | "canceled";

/** The review history that a run carries. */
export interface RunReviewLineage {
  /**
   * Whether the run ended, is to be reviewed by policy, and waits for the
   * request. Set only where reviews are asked for automatically.
   */
  required?: boolean;
  /** The round of the review that was requested for this run. */
  request_round?: number;
  /** The policy when it was requested. */
  policy_snapshot?: ReviewPolicy;
  /** The review that was requested for this run. */
  request_id?: ReviewId;
  /** The reviewed run that this one continues. */
  parent_run_id?: RunId;
  /** The review that produced this continuation. */
  review_id?: ReviewId;
  /** The round of that review. */
  review_round?: number;
  /** Why the work goes on. */
  continuation_reason?: string;
  /** What is missing: a JSON list. */
  missing_work: JsonValue;
  /** What the next round should heed. */
  next_round_guidance?: string;
}

/** A run as it is stored. The raw token of its lease is not a part of it. */
export interface Run {
  /** The run's id. */
  id: RunId;
  /** The task that it attempts. */
  task_id: TaskId;
  /** Where it stands. */
  status: RunStatus;
  /** Which attempt at the task it is, from 1. */
  attempt: number;
  /** The run that it retries or continues. */
  previous_run_id?: RunId;
  /** Empty, or `FAILURE_KIND_OPERATOR_FORCED`. */
  failure_kind?: string;
  /** Who claimed it. */
  claimed_by?: ActorIdentity;
  /** The session that works on it. */
  session_id?: SessionId;
  /** Through which door it was queued. */
  origin: Origin;
  /** The key under which it was queued. */
  idempotency_key?: string;
  /** The network channel that the work talks in. */
  network_channel?: string;
  /**
   * The hash of its claim token. Stays after completion and failure, so that a
   * late call with the old token is told that the run has ended.
   */
  claim_token_hash?: ClaimTokenHash;
  /** When its lease ends; at this very instant it has ended. */
  lease_until: Timestamp;
  /** When the holder last showed that it is alive. */
  heartbeat_at: Timestamp;
  /** The coordination channel of a workspace run. */
  coordination_channel_id?: string;
  /** What a claimer has to offer. */
  required_capabilities?: string[];
  /** What makes a claimer come first. */
  preferred_capabilities?: string[];
  /** How the run and its reviews hang together. */
  review?: RunReviewLineage;
  /** A document of the caller's own, kept byte for byte. */
  metadata?: JsonValue;
  /** When it was queued; kept when it is queued again. */
  queued_at: Timestamp;
  /** When it was claimed. */
  claimed_at: Timestamp;
  /** When work began. */
  started_at: Timestamp;
  /** When it ended. */
  ended_at: Timestamp;
  /** Why it failed. */
  error?: string;
  /** What it brought. */
  result?: JsonValue;
}

/** The request to queue a run of a task. */
export interface EnqueueRun {
  /** The task to run. */
  task_id: TaskId;
  /**
   * The same key from the same origin gives the same run. Required of every
   * actor but a person.
   */
  idempotency_key?: string;
  /** The network channel; the task's where it is blank. */
  network_channel?: string;
  /** A document of the caller's own; becomes the run's. */
  metadata?: JsonValue;
}

/** The request to claim a given run, without token and lease. */
export interface ClaimRun {
  /** Required of every actor but a person; neither stored nor compared. */
  idempotency_key?: string;
}

/** The request to start a claimed run. */
export interface StartRun {
  /** Required of every actor but a person; neither stored nor compared. */
  idempotency_key?: string;
}

/** The request to cancel a run. */
export interface CancelRun {
  /** Why. */
  reason?: string;
  /** A document of the caller's own, for the audit log. */
  metadata?: JsonValue;
}

/** What a completed run brought. */
export interface RunResult {
  /** Any JSON value, or nothing. */
  value?: JsonValue;
}

/** Why a run failed. */
export interface RunFailure {
  /** The error, for people. */
  error: string;
  /** A document of the caller's own, for the audit log. */
  metadata?: JsonValue;
}

/** What becomes of a run whose host was restarted. */
export type RunBootRecoveryAction = "requeue" | "mark_running" | "fail";

/** The request to settle a run after its host was restarted. */
export interface RunBootRecovery {
  /** What becomes of the run. */
  action: RunBootRecoveryAction;
  /** Why. */
  reason?: string;
  /** What is known of the run's session. */
  session_state?: string;
  /** How the host judged the case. */
  classification?: string;
  /** More about it. */
  detail?: string;
}

/**
 * A key that is bound to a run, for good. The same key under another origin is
 * another binding.
 */
export interface RunIdempotency {
  /** The key; letter case counts. */
  idempotency_key: string;
  /** The run that it means. */
  run_id: RunId;
  /** The origin under which it does. */
  origin: Origin;
  /** When it was bound. */
  created_at: Timestamp;
}

/** The request for the next run. */
export interface ClaimCriteria {
  /**
   * Which tasks: global ones or those of a workspace. Where it is blank, the
   * workspace id decides.
   */
  scope?: Scope;
  /** The workspace. */
  workspace_id?: WorkspaceId;
  /** The session that will hold the lease. */
  claimer_session_id: SessionId;
  /** Who is written down as claimer; the session where it is absent. */
  claimed_by?: ActorIdentity;
  /** The name of the agent in the session. */
  agent_name?: string;
  /**
   * What the claimer *offers*: a run is taken only if everything it requires is
   * among these.
   */
  required_capabilities?: string[];
  /** The lowest priority rank that is taken, see `rank`. */
  priority_min?: number;
  /** Only runs of this coordination channel. */
  coordination_channel_id?: string;
  /** What the claimer was made from; written into the run. */
  soul?: SoulClaimProvenance;
  /** How long the lease lasts; zero stands for five minutes. */
  lease_duration?: Duration;
  /** The instant of the claim; the clock's where it is unset. */
  now?: Timestamp;
}

/**
 * What the claimer was made from: a snapshot of its persona. Ignored without a
 * digest.
 */
export interface SoulClaimProvenance {
  /** The snapshot; needs a digest. */
  snapshot_id?: string;
  /** The digest of the persona; needs an agent name. */
  digest?: string;
  /** The agent. */
  agent_name?: string;
  /** When the snapshot was taken. */
  captured_at?: Timestamp;
}

/** A claimed run with its lease. The only answer that carries a raw token. */
export interface ClaimResult {
  /** The task. */
  task: Task;
  /** The run. */
  run: Run;
  /** The raw token: whoever has it holds the lease. */
  claim_token: ClaimToken;
  /** When the lease ends. */
  lease_until: Timestamp;
  /** The coordination channel of a workspace run. */
  coordination_channel?: CoordinationChannelMetadata;
}

/** A coordination channel, as the claimer of a run sees it. */
export interface CoordinationChannelMetadata {
  /** The channel's id. */
  id: string;
  /** Its name. */
  channel?: string;
  /** Its name for people. */
  display_name: string;
  /** What it is for. */
  purpose?: string;
  /** Its workspace. */
  workspace_id?: WorkspaceId;
  /** The claimed task. */
  task_id?: TaskId;
  /** The claimed run. */
  run_id?: RunId;
  /** The workflow that the run is a part of. */
  workflow_id?: string;
  /** Which messages are welcome there. */
  allowed_message_kinds?: string[];
  /** When the channel was last written. */
  last_activity_at: Timestamp;
}

/** A sign of life: the lease ends later. */
export interface LeaseHeartbeat {
  /** The run. */
  run_id: RunId;
  /** The token of its lease. */
  claim_token: ClaimToken;
  /** How long the lease lasts from now; zero stands for five minutes. */
  lease_duration?: Duration;
  /** The instant of the call; the clock's where it is unset. */
  now?: Timestamp;
}

/** The lease is given back: the run returns to the queue. */
export interface LeaseRelease {
  /** The run. */
  run_id: RunId;
  /** The token of its lease. */
  claim_token: ClaimToken;
  /** Why. */
  reason?: string;
  /** The instant of the call; the clock's where it is unset. */
  now?: Timestamp;
}

/** The work is done. */
export interface LeaseCompletion {
  /** The run. */
  run_id: RunId;
  /** The token of its lease. */
  claim_token: ClaimToken;
  /** What it brought. */
  result?: RunResult;
  /** The instant of the call; the clock's where it is unset. */
  now?: Timestamp;
}

/** The work went wrong. */
export interface LeaseFailure {
  /** The run. */
  run_id: RunId;
  /** The token of its lease. */
  claim_token: ClaimToken;
  /** What went wrong. Kept as given. */
  failure: RunFailure;
  /** The instant of the call; the clock's where it is unset. */
  now?: Timestamp;
}

/** Takes expired leases back. */
export interface ExpiredLeaseRecovery {
  /** The instant of the call; the clock's where it is unset. */
  now?: Timestamp;
  /** Why. */
  reason?: string;
  /** How many at most; 0 means all. */
  limit?: number;
}

/** A run whose expired lease was taken back. */
export interface ExpiredLeaseRecoveryResult {
  /** The run, queued again. */
  run: Run;
  /** Where it stood. */
  previous_run_status: RunStatus;
  /** The session that worked on it. */
  previous_session_id?: SessionId;
  /** When its lease ended, or would have. */
  previous_lease_until: Timestamp;
  /** The hash of the token of its lease. */
  previous_claim_token_hash?: ClaimTokenHash;
  /** Why. */
  reason?: string;
}

/** A session is gone: all its leases are given back. */
export interface SessionLeaseRelease {
  /** The session. */
  session_id: SessionId;
  /** Why. */
  reason?: string;
  /** The instant of the call; the clock's where it is unset. */
  now?: Timestamp;
}

/** A run whose lease was given back with its session. */
export interface SessionLeaseReleaseResult {
  /** The run, queued again. */
  run: Run;
  /** Where it stood. */
  previous_run_status: RunStatus;
  /** The session that worked on it. */
  previous_session_id?: SessionId;
  /** When its lease ended, or would have. */
  previous_lease_until: Timestamp;
  /** The hash of the token of its lease. */
  previous_claim_token_hash?: ClaimTokenHash;
  /** Why. */
  reason?: string;
}

/** Puts a claimed run back into the queue. */
export interface ForceReleaseRun {
  /** Why. */
  reason?: string;
  /** Checked and not recorded. */
  metadata?: JsonValue;
}

/** Fails a queued or claimed run. */
export interface ForceFailRun {
  /** Why; required. */
  reason: string;
  /** Recorded in the audit event. */
  metadata?: JsonValue;
}

/** Queues a new run in place of a failed one. */
export interface RetryRunRequest {
  /** The metadata of the new run. */
  metadata?: JsonValue;
}

/** The failed run and the one that takes its place. */
export interface RetryRunResult {
  /** The failed run, unchanged. */
  previous_run: Run;
  /** The new run. */
  run: Run;
}

/** Applies one force operation to several runs, one by one. */
export interface BulkForceRunRequest {
  /** The runs. */
  run_ids: RunId[];
  /** Why; required to fail runs. */
  reason?: string;
  /** Recorded with failed runs, dropped with released ones. */
  metadata?: JsonValue;
}

/** What became of one run of a bulk request. */
export interface BulkForceRunItem {
  /** The run. */
  run_id: RunId;
  /** Whether the operation was applied. */
  ok: boolean;
  /** The run after the operation. */
  run?: Run;
}

/**
 * What became of a bulk request: one item per distinct run, in the order of the
 * request. Refused runs do not undo the others.
 */
export interface BulkForceRunResult {
  /** The items. */
  items: BulkForceRunItem[];
}

/** Which finished runs of a task are reviewed. */
export type ReviewPolicy = "none" | "on_success" | "on_failure" | "always";

/** How far a review has come. */
export type RunReviewStatus =
  | "requested"
  | "routed"
  | "in_review"
  | "recorded"
  | "circuit_opened"
  | "canceled";

/** What a reviewer found. */
export type RunReviewOutcome =
  | "approved"
  | "rejected"
  | "blocked"
  | "error"
  | "timeout"
  | "invalid_output";

/** One review of a finished run. Unique by run, round and attempt. */
export interface RunReview {
  /** The review's own id. */
  review_id: ReviewId;
  /** The task of the reviewed run. */
  task_id: TaskId;
  /** The reviewed run. */
  run_id: RunId;
  /** The review of the round before, where the requester named it. */
  parent_review_id?: ReviewId;
  /** The policy under which the review was requested. */
  policy: ReviewPolicy;
  /** The round of work and review that this belongs to, from 1. */
  review_round: number;
  /**
   * The reviewer's try within the round, from 1. Has nothing to do with the
   * attempts of runs.
   */
  attempt: number;
  /** How far the review has come. */
  status: RunReviewStatus;
  /** What the reviewer found; set once recorded. */
  outcome?: RunReviewOutcome;
  /** How sure the reviewer is, from 0 to 1. */
  confidence?: number;
  /** Why the review was requested; after recording, why the outcome is as it is. */
  reason?: string;
  /**
   * The reviewer's own id of the verdict, by which a repeated delivery is
   * recognized.
   */
  delivery_id?: string;
  /** What is still to be done: a JSON array. */
  missing_work?: JsonValue;
  /** Advice to the worker of the next round. */
  next_round_guidance?: string;
  /** The whole review. */
  review_text?: string;
  /** The session that reviews. */
  reviewer_session_id?: SessionId;
  /** The agent that reviews. */
  reviewer_agent_name?: string;
  /** The network peer that reviews. */
  reviewer_peer_id?: string;
  /** The channel on which the review is held. */
  reviewer_channel_id?: string;
  /** Who recorded the verdict. */
  reviewed_by?: ActorIdentity;
  /** When the review was requested. */
  requested_at: Timestamp;
  /** When the review was offered to a reviewer. */
  routed_at: Timestamp;
  /** When the first reviewer was bound. */
  started_at: Timestamp;
  /** When the verdict was recorded. */
  reviewed_at: Timestamp;
  /** Until when an answer is wanted. Kept only; nothing happens at that time. */
  deadline_at: Timestamp;
  /** When the record was made. */
  created_at: Timestamp;
  /** When the record changed last. */
  updated_at: Timestamp;
}

/**
 * Where the reviews of a task stand, rolled up from its verdicts. Kept beside
 * the task and no part of its public record; absent before the first verdict,
 * unless a policy was set.
 */
export interface ReviewGateState {
  /** The task. */
  task_id: TaskId;
  /** The policy of the task's own, where it has one. */
  policy?: ReviewPolicy;
  /**
   * The round in which the next review belongs: that of the last verdict, one
   * more after a rejection.
   */
  review_round: number;
  /** The review whose verdict was recorded last. */
  last_review_id?: ReviewId;
  /** The outcome of that verdict. */
  last_review_outcome?: RunReviewOutcome;
  /**
   * When a verdict opened the circuit. Without options, that is a `blocked` one,
   * and any other closes it.
   */
  review_circuit_opened_at?: Timestamp;
  /** Why the circuit is open. */
  review_circuit_reason?: string;
}

/** Asks for a review of a finished run. */
export interface RunReviewRequest {
  /** The task of the run. */
  task_id: TaskId;
  /** The finished run. */
  run_id: RunId;
  /** The round; 0 means the first. */
  review_round?: number;
  /** The reviewer's try within the round; 0 means the first. */
  attempt?: number;
  /** The policy that must cover the run's status; blank means `always`. */
  policy?: ReviewPolicy;
  /** The review of the round before. */
  parent_review_id?: ReviewId;
  /** Why a review is wanted. */
  reason?: string;
  /** Until when an answer is wanted. */
  deadline_at?: Timestamp;
}

/** A requested review, and whether the request made it. */
export interface RequestedReview {
  /** The review, as it is stored. */
  review: RunReview;
  /** Whether it is new; a repeated request finds the first one. */
  created: boolean;
}

/** Binds a reviewer session to an open review. */
export interface BindRunReviewSessionRequest {
  /** The review. */
  review_id: ReviewId;
  /** The session that will review. */
  session_id: SessionId;
  /** The agent behind the session. */
  reviewer_agent_name?: string;
  /** The network peer behind the session. */
  reviewer_peer_id?: string;
  /** The channel on which the review is held. */
  reviewer_channel_id?: string;
}

/** A review and the session that is bound to it. */
export interface RunReviewBinding {
  /** The review. */
  review: RunReview;
  /** The session that reviews. */
  session_id: SessionId;
  /** The agent behind the session. */
  reviewer_agent_name?: string;
  /** The network peer behind the session. */
  reviewer_peer_id?: string;
  /** The channel on which the review is held. */
  reviewer_channel_id?: string;
}

/** A reviewer's answer. */
export interface RunReviewVerdict {
  /** What the reviewer found. */
  outcome: RunReviewOutcome;
  /** How sure the reviewer is, from 0 to 1; `null` on the wire when absent. */
  confidence?: number;
  /** Why. */
  reason: string;
  /**
   * The reviewer's own id of this verdict, by which a repeated delivery is
   * recognized.
   */
  delivery_id: string;
  /** What is still to be done: a JSON array of strings. */
  missing_work?: JsonValue;
  /** Advice to the worker of the next round. */
  next_round_guidance?: string;
  /** The whole review. */
  review_text?: string;
}

/** Records a verdict. */
export interface RecordRunReviewRequest {
  /** The review. */
  review_id: ReviewId;
  /** The reviewed run; must be that of the review. */
  run_id: RunId;
  /** The answer. */
  verdict: RunReviewVerdict;
}

/** What recording a verdict led to. */
export interface RunReviewResult {
  /** The recorded review. */
  review: RunReview;
  /** The run that continues the work after a rejection. */
  continuation_run?: Run;
  /**
   * Whether this verdict opened the circuit: a person has to look. Always false
   * unless the options of the review gate say otherwise.
   */
  circuit_opened?: boolean;
}

/** Whether a task guides its coordinator. */
export type CoordinatorMode = "inherit" | "guided";

/** Whether a task selects its workers. Selectors act in both modes. */
export type WorkerMode = "inherit" | "select";

/** Where the work of a task runs. */
export type SandboxMode = "inherit" | "none" | "ref";

/** Who coordinates a task, and how. */
export interface CoordinatorProfile {
  /** Whether the guidance is used. */
  mode: CoordinatorMode;
  /** The agent that coordinates. */
  agent_name?: string;
  /** The model provider. */
  provider?: string;
  /** The model. */
  model?: string;
  /** What the coordinator is told. */
  guidance?: string;
}

/** Who works on a task. */
export interface WorkerProfile {
  /** Whether the profile selects workers. */
  mode: WorkerMode;
  /** The one agent that may work on the task. */
  agent_name?: string;
  /** The model provider. */
  provider?: string;
  /** The model. */
  model?: string;
  /** The agents that may work on the task; none named means all. */
  allowed_agent_names?: string[];
  /** The agents that are preferred. */
  preferred_agent_names?: string[];
  /** What a worker must be able to do. */
  required_capabilities?: string[];
  /** What a worker had better be able to do. */
  preferred_capabilities?: string[];
}

/** Who reviews the runs of a task. */
export interface ReviewProfile {
  /** The one agent that reviews. */
  agent_name?: string;
  /** The model provider. */
  provider?: string;
  /** The model. */
  model?: string;
  /** The agents that may review; none named means all. */
  allowed_agent_names?: string[];
  /** The agents that are preferred. */
  preferred_agent_names?: string[];
  /** The channels on which a review may be held; none named means all. */
  allowed_channel_ids?: string[];
  /** The channels that are preferred. */
  preferred_channel_ids?: string[];
  /** The network peers that may review; none named means all. */
  allowed_peer_ids?: string[];
  /** The network peers that are preferred. */
  preferred_peer_ids?: string[];
  /** What a reviewer must be able to do. */
  required_capabilities?: string[];
  /** What a reviewer had better be able to do. */
  preferred_capabilities?: string[];
}

/** Who takes part in a task, in whatever role. */
export interface ParticipantPolicy {
  /** The channels that may be used; none named means all. */
  allowed_channel_ids?: string[];
  /** The channels that are preferred. */
  preferred_channel_ids?: string[];
  /** The network peers that may take part; none named means all. */
  allowed_peer_ids?: string[];
  /** The network peers that are preferred. */
  preferred_peer_ids?: string[];
  /** The agents that may take part; none named means all. */
  allowed_agent_names?: string[];
  /** The agents that are preferred. */
  preferred_agent_names?: string[];
  /** What a participant must be able to do. */
  required_capabilities?: string[];
  /** What a participant had better be able to do. */
  preferred_capabilities?: string[];
}

/** Where the work of a task runs. */
export interface SandboxPolicy {
  /** How the sandbox is chosen. */
  mode: SandboxMode;
  /** The sandbox, in mode `ref` only. */
  sandbox_ref?: string;
}

/**
 * How a task wants to be executed; at most one per task. Claiming looks at the
 * workers' and participants' agents and required capabilities; everything else
 * is carried for whoever starts sessions.
 */
export interface ExecutionProfile {
  /** The task. */
  task_id: TaskId;
  /** Who coordinates. */
  coordinator: CoordinatorProfile;
  /** Who works. */
  worker: WorkerProfile;
  /** Who reviews. */
  review: ReviewProfile;
  /** Who takes part. */
  participants: ParticipantPolicy;
  /** Where the work runs. */
  sandbox: SandboxPolicy;
  /** When the profile was stored first. */
  created_at: Timestamp;
  /** When the profile was stored last. */
  updated_at: Timestamp;
}

/** A coordination channel that a queued run registered. */
export interface ChannelRecord {
  /** The channel's id, which is its name too. */
  id: string;
  /** The workspace that the channel belongs to, for good. */
  workspace_id: WorkspaceId;
  /** What the channel is for. */
  purpose: string;
  /** Who registered it: `<origin kind>:<origin ref>`. */
  created_by: string;
  /** When it was registered. */
  created_at: Timestamp;
  /** When it was last written. */
  updated_at: Timestamp;
}

/** Stops the scheduler from handing out runs. */
export interface SchedulerPauseRequest {
  /** Why. */
  reason?: string;
}

/** Lets the scheduler hand out runs again. */
export interface SchedulerResumeRequest {
  /** Accepted and not recorded. */
  reason?: string;
}

/** The switch, one per board. Never written means running. */
export interface SchedulerPauseState {
  /** Whether runs are held back. */
  paused: boolean;
  /** Who paused, as `<actor kind>:<actor ref>`. */
  paused_by?: string;
  /** Since when. */
  paused_at?: Timestamp;
  /** Why. */
  reason?: string;
  /** When the switch was thrown last. */
  updated_at?: Timestamp;
}

/** The switch with what stands behind it. */
export interface SchedulerStatus {
  /** Whether runs are held back. */
  paused: boolean;
  /** Who paused, as `<actor kind>:<actor ref>`. */
  paused_by?: string;
  /** Since when. */
  paused_at?: Timestamp;
  /** Why. */
  paused_reason?: string;
  /** How many runs are claimed, starting or running, with a lease or without. */
  active_claim_count: number;
  /** How many runs are queued, those of paused tasks included. */
  queued_run_count: number;
  /** How many tasks are paused themselves. */
  paused_task_count: number;
  /** When this was so. */
  as_of: Timestamp;
}

/** Pauses the scheduler and waits until no run is claimed any more. */
export interface SchedulerDrainRequest {
  /** Why; blank means `scheduler drain`. */
  reason?: string;
  /** How long to wait; 0 means one look. */
  timeout?: Duration;
}

/** How a drain ended. The scheduler stays paused in every case. */
export interface SchedulerDrainResult {
  /** The status at the last look. */
  status: SchedulerStatus;
  /** Whether no claim was left. */
  completed: boolean;
  /** Whether the time ended while claims were left. */
  timed_out?: boolean;
  /** How many claims were left. */
  remaining_claims: number;
  /** When the drain began. */
  started_at: Timestamp;
  /** When it ended. */
  completed_at: Timestamp;
}

/** Asks for the queue. */
export interface SchedulerBacklogQuery {
  /** The number of rows; brought into range, never refused. */
  limit?: number;
  /** Only runs of this workspace's tasks. */
  workspace_id?: WorkspaceId;
  /** Whether runs of paused tasks are shown too. */
  include_paused?: boolean;
}

/** A queued run with its task. */
export interface SchedulerBacklogRun {
  /** The task, as stored. */
  task: Task;
  /** The queued run. */
  run: Run;
  /** Whether the task or one of its ancestors is paused. */
  effective_paused: boolean;
  /** The nearest of them that is paused, the task itself first. */
  paused_by_task_id?: TaskId;
}

/**
 * The queue, in the order in which runs are handed out. It shows what is
 * queued, not what can be claimed.
 */
export interface SchedulerBacklog {
  /** The rows. */
  runs: SchedulerBacklogRun[];
  /** The number of rows before the limit. */
  total: number;
}

/**
 * What kind of fact an event states. An open set: types that this version does
 * not know are kept and handed on.
 */
export type EventType = string;

/** An audit event. */
export interface Event {
  /** The event's id. */
  id: EventId;
  /** The task that it is about. */
  task_id: TaskId;
  /** The run that it is about. */
  run_id?: RunId;
  /** What kind of fact it states. */
  event_type: EventType;
  /** Who acted. */
  actor: ActorIdentity;
  /** Through which door. */
  origin: Origin;
  /** The fact, in the shape of its type. */
  payload?: JsonValue;
  /** When it happened. */
  timestamp: Timestamp;
}

/** An event with its place in the log. */
export interface EventRecord {
  /** The place: numbers of one board only rise, and are never used twice. */
  sequence: Sequence;
  /** The event. */
  event: Event;
}

/** A search for tasks. */
export interface TaskQuery {
  /** The scope. `workspace` needs `workspace_id` beside it. */
  scope?: Scope;
  /** The workspace. */
  workspace_id?: WorkspaceId;
  /** The stored status. */
  status?: TaskStatus;
  /** The priority. */
  priority?: Priority;
  /** Where the approval stands. */
  approval_state?: ApprovalState;
  /** The kind of the owner. */
  owner_kind?: OwnerKind;
  /** The ref of the owner, of whatever kind. */
  owner_ref?: string;
  /** The parent. */
  parent_task_id?: TaskId;
  /** The network channel. */
  network_channel?: string;
  /** A part of title or identifier, letter case ignored. */
  search?: string;
  /** How many at most. */
  limit?: number;
}

/** A search for runs. */
export interface RunQuery {
  /** The task. */
  task_id?: TaskId;
  /** The status. */
  status?: RunStatus;
  /** The session that works on it. */
  session_id?: SessionId;
  /** The coordination channel. */
  coordination_channel_id?: string;
  /** How many at most. */
  limit?: number;
}

/** The part of a task's timeline that is wanted. */
export interface TimelineQuery {
  /** Only events after this number. */
  after_sequence?: Sequence;
  /** How many at most. */
  limit?: number;
}

/** Where a live stream of a task's events begins. */
export interface StreamQuery {
  /** Only events after this number. */
  after_sequence?: Sequence;
}

/** A search for reviews. */
export interface RunReviewQuery {
  /** The task. */
  task_id?: TaskId;
  /** The reviewed run. */
  run_id?: RunId;
  /** The status. */
  status?: RunReviewStatus;
  /** The session that reviews. */
  reviewer_session_id?: SessionId;
  /** How many at most. */
  limit?: number;
}

/** Just enough of a task to name it elsewhere. */
export interface TaskReference {
  /** The task. */
  id: TaskId;
  /** Its name in another system. */
  identifier?: string;
  /** What is to be done, in a line. */
  title: string;
  /** Its status, derived at the time of the read. */
  status: TaskStatus;
  /** How urgent it is. */
  priority: Priority;
  /** Whose it is. */
  owner?: Ownership;
  /** Where it belongs. */
  scope: Scope;
  /** Its workspace, if it belongs to one. */
  workspace_id?: WorkspaceId;
  /** Its newest event, 0 if none. */
  latest_event_seq: Sequence;
  /** Whether the task itself is paused. */
  paused?: boolean;
  /**
   * Whether it counts as paused. References in timelines, trees and run
   * details know the task's own pause only; those in summaries also that of
   * its ancestors.
   */
  effective_paused?: boolean;
  /** The task whose pause it is. */
  paused_by_task_id?: TaskId;
}

/** A dependency with the task that is waited for. */
export interface DependencyReference {
  /** The task that waits. */
  task_id: TaskId;
  /** The task that it waits for. */
  depends_on_task_id: TaskId;
  /** What kind of waiting. */
  kind: DependencyKind;
  /** When the edge was made. */
  created_at: Timestamp;
  /** The task that is waited for. */
  depends_on: TaskReference;
}

/** A run in short: without metadata and result. */
export interface RunSummary {
  /** The run. */
  id: RunId;
  /** Its task. */
  task_id: TaskId;
  /** Its status. */
  status: RunStatus;
  /** The number of this try, from 1. */
  attempt: number;
  /** The failed run that it retries. */
  previous_run_id?: RunId;
  /** How it failed, where that is special. */
  failure_kind?: string;
  /** How often its task may be tried. */
  max_attempts: number;
  /** The session that works on it. */
  session_id?: SessionId;
  /** Who claimed it. */
  claimed_by?: ActorIdentity;
  /** The hash of its claim token. */
  claim_token_hash?: ClaimTokenHash;
  /** When its lease ends. */
  lease_until: Timestamp;
  /** When its worker was heard of last. */
  heartbeat_at: Timestamp;
  /** The channel on which its workers coordinate. */
  coordination_channel_id?: string;
  /** When it was queued. */
  queued_at: Timestamp;
  /** When it was claimed. */
  claimed_at: Timestamp;
  /** When work on it started. */
  started_at: Timestamp;
  /** When it ended. */
  ended_at: Timestamp;
  /** Why it failed. */
  error?: string;
}

/**
 * A task as lists show it: without description and metadata, with what
 * surrounds it.
 */
export interface TaskSummary {
  /** The task. */
  id: TaskId;
  /** Its name in another system. */
  identifier?: string;
  /** Where it belongs. */
  scope: Scope;
  /** Its workspace, if it belongs to one. */
  workspace_id?: WorkspaceId;
  /** The task above it. */
  parent_task_id?: TaskId;
  /** The channel of its runs. */
  network_channel?: string;
  /** What is to be done, in a line. */
  title: string;
  /** How urgent it is. */
  priority: Priority;
  /** Its status, derived at the time of the read; the stored one may lag. */
  status: TaskStatus;
  /** Whether it needs an approval. */
  approval_policy: ApprovalPolicy;
  /** Where the approval stands. */
  approval_state: ApprovalState;
  /** The run that is worked on. */
  current_run_id?: RunId;
  /** Who paused the task itself. */
  paused_by?: string;
  /** Why the task itself is paused. */
  paused_reason?: string;
  /** The nearest paused task: this one, or an ancestor. */
  paused_by_task_id?: TaskId;
  /** Who made it. */
  created_by: ActorIdentity;
  /** Where it came from. */
  origin: Origin;
  /** Whose it is. */
  owner?: Ownership;
  /** What it waits for. */
  dependencies?: DependencyReference[];
  /** Its open run, the one furthest on. */
  active_run?: RunSummary;
  /** How often it may be tried. */
  max_attempts?: number;
  /** Whether a run is queued by itself once its last blocker is completed. */
  auto_enqueue_on_ready?: boolean;
  /** Its newest event, 0 if none. */
  latest_event_seq: Sequence;
  /** How many direct children it has. */
  child_count?: number;
  /** How many tasks it waits for. */
  dependency_count?: number;
  /** Whether it is a draft. */
  draft: boolean;
  /** Whether the task itself is paused. */
  paused?: boolean;
  /** Whether the task or one of its ancestors is paused. */
  effective_paused?: boolean;
  /** Since when the task itself is paused. */
  paused_at?: Timestamp;
  /** When it was made. */
  created_at: Timestamp;
  /** When its record changed last. */
  updated_at: Timestamp;
  /** When it was completed, failed or canceled. */
  closed_at: Timestamp;
  /** The latest of its own changes, those of its runs, and its newest event. */
  last_activity_at: Timestamp;
}

/** Everything about one task. */
export interface TaskView {
  /** The task in short. */
  summary: TaskSummary;
  /** The record, with the derived status. */
  task: Task;
  /** Its direct children. */
  children?: TaskSummary[];
  /** What it waits for. */
  dependencies?: Dependency[];
  /** The same, with the tasks that are waited for. */
  dependency_references?: DependencyReference[];
  /** Its runs. */
  runs?: Run[];
  /** Its audit events. */
  events?: Event[];
}

/** An audit event with the task and run that it is about. */
export interface TimelineItem {
  /** Its place in the audit log. */
  sequence: Sequence;
  /** The event. */
  event_id: EventId;
  /** The task, as it is now. */
  task: TaskReference;
  /** The run, as it is now. */
  run?: RunSummary;
  /** What happened. */
  event_type: string;
  /** Who did it. */
  actor: ActorIdentity;
  /** Where it came from. */
  origin: Origin;
  /** The facts. */
  payload?: JsonValue;
  /** When. */
  timestamp: Timestamp;
}

/** One message of a task's stream. */
export interface StreamEvent {
  /** The place of the event in the audit log; where a reader resumes. */
  sequence: Sequence;
  /** What happened; the event type. */
  type: string;
  /** The event. */
  timeline: TimelineItem;
}

/** One task of a tree. */
export interface TreeNode {
  /** The task. */
  task: TaskReference;
  /** The task above it. */
  parent_task_id?: TaskId;
  /**
   * One more than its parent's in the tree; the root has 0, or 1 if it has a
   * parent itself.
   */
  depth: number;
  /** How many direct children it has. */
  child_count?: number;
  /** Its open run, the one furthest on. */
  active_run?: RunSummary;
  /** The latest of its own changes, those of its runs, and its newest event. */
  last_activity_at: Timestamp;
}

/** A task with all that is below it. */
export interface TreeView {
  /** The task that was asked for. */
  root: TreeNode;
  /** What is below it. */
  descendants?: TreeNode[];
}

/** A session, as far as the runtime knows it. */
export interface RunSessionRef {
  /** The session. */
  session_id: SessionId;
  /** Its workspace. */
  workspace_id?: WorkspaceId;
  /** Its agent. */
  agent_name?: string;
  /** Its name. */
  name?: string;
  /** Its channel. */
  channel?: string;
  /** Its state, in the runtime's words. */
  state?: string;
  /** When it was made. */
  created_at: Timestamp;
  /** When it changed last. */
  updated_at: Timestamp;
}

/** What a run's session has done. Absent counts are unknown, not zero. */
export interface RunOperationalSummary {
  /** When the session was heard of last. */
  last_activity_at: Timestamp;
  /** What it did then. */
  last_event_type?: string;
  /** How many tools it called. */
  tool_call_count?: number;
  /** How many turns it took. */
  turn_count?: number;
  /** How many tokens went in. */
  input_tokens?: number;
  /** How many tokens came out. */
  output_tokens?: number;
  /** How many tokens in all. */
  total_tokens?: number;
  /** What it cost. */
  total_cost?: number;
  /** In what currency. */
  cost_currency?: string;
}

/** A run with its task, its session, and what the session has done. */
export interface RunDetailView {
  /** The run. */
  run: Run;
  /** Its task. */
  task: TaskReference;
  /** The session that works on it. */
  session?: RunSessionRef;
  /** What the session has done. */
  summary: RunOperationalSummary;
}

/** What an inspection was asked about. */
export type InspectTarget = "task" | "run";

/** What should happen next. */
export type InspectNextAction =
  | "claim_available"
  | "waiting_for_session"
  | "stranded"
  | "running"
  | "recovery_required"
  | "terminal";

/** How bad a diagnostic is. */
export type DiagnosticSeverity = "info" | "warn" | "error";

/** What a diagnostic is about. */
export type DiagnosticCode =
  | "task_run_stuck"
  | "task_run_stale_lease"
  | "task_run_orphan"
  | "task_run_crashed"
  | "task_run_stranded"
  | "forbidden_operator_action"
  | "force_op_rate_limited"
  | "force_op_requires_reason"
  | "bulk_too_large"
  | "retry_chain_too_deep"
  | "task_run_not_releasable"
  | "task_run_still_active"
  | "task_run_already_terminal";

/**
 * One finding. Its texts and evidence hold no secrets: claim tokens, bearer
 * tokens and `key=value` secrets are replaced when it is built.
 */
export interface DiagnosticItem {
  /** Names the finding within a view: its source and code. */
  id: string;
  /** What it is about. */
  code: DiagnosticCode;
  /** How bad it is. */
  severity: DiagnosticSeverity;
  /** The part of the product that raised it; `task` for all of the engine's. */
  category: string;
  /** What it is about, for people. */
  title: string;
  /** What is the matter, in a sentence. */
  message: string;
  /** What to do about it: an operation of the engine. */
  suggested_command?: string;
  /** Where to read on. */
  doc_url?: string;
  /** The facts. */
  evidence?: { [key: string]: JsonValue };
  /** How old the facts are; `live` for all of the engine's. */
  data_freshness: string;
}

/** The scheduler's switch, as an inspection shows it. */
export interface InspectSchedulerState {
  /** Whether runs are held back. */
  paused: boolean;
  /** Who paused. */
  paused_by?: string;
  /** Since when. */
  paused_at: Timestamp;
  /** Why. */
  reason?: string;
  /** When the switch was thrown last. */
  updated_at: Timestamp;
}

/** A run, as an inspection shows it. */
export interface InspectRunSummary {
  /** The run. */
  run_id: RunId;
  /** Its task. */
  task_id: TaskId;
  /** Its status. */
  status: RunStatus;
  /** The first 8 hex digits of its token hash. */
  claim_token_hash_truncated?: string;
  /** When its lease ends. */
  lease_until: Timestamp;
  /** When its worker was heard of last. */
  heartbeat_at: Timestamp;
  /**
   * Whole seconds since then; since the claim where a claimed run was never
   * heard of.
   */
  heartbeat_age_seconds?: number;
  /** How many tries came before. */
  retries?: number;
  /** The start of its error text. */
  last_error_summary?: string;
  /** How it failed; `error` for a failed run without a special kind. */
  failure_kind?: string;
  /** The session that works on it. */
  bound_session_id?: SessionId;
  /** When work on it started. */
  started_at: Timestamp;
  /** When it ended. */
  ended_at: Timestamp;
  /** The run that it retries or continues. */
  previous_run_id?: RunId;
  /** When it was queued. */
  queued_at: Timestamp;
  /** The number of this try, from 1. */
  attempt: number;
}

/** A session, as an inspection shows it. */
export interface InspectSessionSummary {
  /** The session. */
  session_id: SessionId;
  /** Its state; `missing` where nobody knows the session. */
  state?: string;
  /** Its agent. */
  agent_name?: string;
  /** Its model provider. */
  provider_name?: string;
  /** Its workspace. */
  workspace_id?: WorkspaceId;
  /** When it started. */
  started_at: Timestamp;
  /** When it was heard of last. */
  last_activity_at: Timestamp;
  /** Why it stopped. */
  stop_reason?: string;
  /** How it failed. */
  failure_kind?: string;
}

/** An event of the runtime, in short. Not an audit event. */
export interface InspectEventSummary {
  /** The event. */
  id: EventId;
  /** What happened. */
  type: string;
  /** In which session. */
  session_id?: SessionId;
  /** For which task. */
  task_id?: TaskId;
  /** For which run. */
  run_id?: RunId;
  /** How it ended. */
  outcome?: string;
  /** What happened, for people. */
  summary?: string;
  /** When. */
  timestamp: Timestamp;
}

/** The state of one task at one instant, with diagnostics. */
export interface InspectView {
  /** What was asked about. */
  target: InspectTarget;
  /** The task. */
  task: TaskSummary;
  /** The run that matters now. */
  current_run?: InspectRunSummary;
  /** The session of that run. */
  bound_session?: InspectSessionSummary;
  /** The newest runs of the task. */
  recent_runs?: InspectRunSummary[];
  /** The newest of the runtime's events about the task, oldest first. */
  recent_events?: InspectEventSummary[];
  /** The scheduler's switch. */
  scheduler: InspectSchedulerState;
  /** What is wrong. */
  diagnostics?: DiagnosticItem[];
  /** What should happen next. */
  next_action: InspectNextAction;
  /** When this was so. */
  as_of: Timestamp;
}

/** Why a lookup was refused, for programs. */
export type AutonomyReasonCode =
  | "AUTONOMY_SESSION_REQUIRED"
  | "AUTONOMY_NO_ACTIVE_LEASE"
  | "AUTONOMY_FOREIGN_RUN"
  | "AUTONOMY_LEASE_EXPIRED"
  | "AUTONOMY_LEASE_ALREADY_HELD";

/**
 * A task that an identity does not want to see until something happens. There is
 * at most one for a task and an identity.
 */
export interface Snooze {
  /** The task. */
  task_id: TaskId;
  /** The identity. */
  actor: ActorIdentity;
  /** What ends it. */
  until: SnoozeUntil;
  /** When it was set. */
  snoozed_at: Timestamp;
}

/** What ends a snooze. */
export type SnoozeUntil = { "time": Timestamp } | { "resolved": TaskId };

/** The moments at which the host is called. These ids are no event types. */
export type RunHookId =
  | "task.run.enqueued"
  | "task.run.pre_claim"
  | "task.run.post_claim"
  | "task.run.lease_extended"
  | "task.run.lease_expired"
  | "task.run.lease_recovered"
  | "task.run.released"
  | "task.run.completed"
  | "task.run.failed";

/** What every hook is told. Fields that do not apply are empty. */
export interface RunHookContext {
  /** The task. */
  task_id?: TaskId;
  /** The run. */
  run_id?: RunId;
  /** The workspace of the task; before a claim, that of the criteria. */
  workspace_id?: WorkspaceId;
  /** The workflow that the run's metadata name. */
  workflow_id?: string;
  /** The channel on which the workers coordinate. */
  coordination_channel_id?: string;
  /** The channel of the run. */
  network_channel?: string;
  /** The agent. */
  agent_name?: string;
  /** The session of the run; before a claim, that of the claimer. */
  session_id?: SessionId;
  /** What kind of actor acts. */
  actor_kind?: ActorKind;
  /** Which actor acts. */
  actor_id?: string;
  /** What kind of surface the call came through. */
  origin_kind?: OriginKind;
  /** Which surface the call came through. */
  origin_ref?: string;
  /** The status of the task after the change. */
  task_status?: TaskStatus;
  /** The status of the run after the change. */
  run_status?: RunStatus;
  /** The number of the try, from 1. */
  attempt?: number;
  /** The snapshot of the claimer's instructions. */
  soul_snapshot_id?: string;
  /** The digest of the claimer's instructions. */
  soul_digest?: string;
  /** When the lease ends; for an ended lease, when it did. */
  lease_until?: Timestamp;
  /** Why the run failed. */
  error?: string;
  /** Why the run was given back or taken back. */
  release_reason?: string;
}

/**
 * Tells the host what happened to a run. State and audit event are stored by
 * then.
 */
export interface RunHook {
  /** What happened. */
  hook: RunHookId;
  /** When. */
  timestamp: Timestamp;
  /** To whom and by whom. */
  context: RunHookContext;
  /** Enqueued only: the key of the request. */
  idempotency_key?: string;
  /** Claimed only: when. */
  claimed_at?: Timestamp;
  /** Released, expired and recovered only: the status before. */
  previous_run_status?: RunStatus;
  /** Released, expired and recovered only: the session before. */
  previous_session_id?: SessionId;
  /** Released, expired and recovered only: why. */
  recovery_reason?: string;
  /** Recovered only: `requeue`, or the action of the boot recovery. */
  recovery_action?: string;
}

/** What a claimer asks for, as the host sees it before the claim. */
export interface PreClaimCriteria {
  /** The workspace. Changes are ignored. */
  workspace_id?: WorkspaceId;
  /** The claiming session. Changes are ignored. */
  claimer_session_id?: SessionId;
  /** The claiming agent. Changes are ignored. */
  agent_name?: string;
  /**
   * What the claimer can do; for a claim of one certain run, what the run
   * needs.
   */
  required_capabilities?: string[];
  /**
   * The lowest rank that is wanted; for a claim of one certain run, the rank
   * of its task.
   */
  priority_min?: number;
  /** The channel on which the claimer coordinates. */
  coordination_channel_id?: string;
}

/** Asks the host before a claim. */
export interface PreClaimHook {
  /** Always `PreClaim`. */
  hook: RunHookId;
  /** When. */
  timestamp: Timestamp;
  /** What is known of the run and the claimer. */
  context: RunHookContext;
  /** What the claimer asks for. */
  criteria: PreClaimCriteria;
}

/** Why a session is stopped. */
export type StopReason = "completed" | "failed" | "cancellation" | "shutdown" | "orphaned_run";

/** Everything that is needed to start a session for a run. */
export interface StartTaskSession {
  /** The task. */
  task: Task;
  /** The run that the session will work on. */
  run: Run;
  /** How the task wants to be executed. */
  execution_profile?: ExecutionProfile;
  /** Who starts the run. */
  actor: ActorContext;
}

/** A started or attached session. */
export interface SessionRef {
  /** The session. */
  session_id: SessionId;
  /** Its workspace. */
  workspace_id?: WorkspaceId;
  /** When it started. */
  started_at?: Timestamp;
}

/** Which sessions an inspection wants to see. */
export interface SessionListQuery {
  /** Only this session. */
  session_id?: SessionId;
  /** Only sessions of this workspace. */
  workspace_id?: WorkspaceId;
  /** The greatest number of sessions; 0 means all. */
  limit?: number;
}

/** A session of the runtime's catalogue. */
export interface SessionInfo {
  /** The session. */
  id: SessionId;
  /** Its state; `active` makes it eligible for work. */
  state: string;
  /** Its agent. */
  agent_name?: string;
  /** Its model provider. */
  provider_name?: string;
  /** Its workspace. */
  workspace_id?: WorkspaceId;
  /** When it was made. */
  created_at?: Timestamp;
  /** When it changed last. */
  updated_at?: Timestamp;
  /** Why it stopped. */
  stop_reason?: string;
  /** How it failed. */
  failure_kind?: string;
}

/** Which of the runtime's events an inspection wants to see. */
export interface EventSummaryQuery {
  /** Only events of this task. */
  task_id?: TaskId;
  /** Only events of this run. */
  run_id?: RunId;
  /** The greatest number of events, newest first; 0 means all. */
  limit?: number;
}

/** One thing that a session did, as the runtime recorded it. */
export interface SessionEvent {
  /** The event. */
  id: EventId;
  /** Its place among the events of the session. */
  sequence: number;
  /** The turn in which it happened. */
  turn_id?: string;
  /** What happened. */
  type: string;
  /** The facts; usually JSON text. */
  content?: string;
  /** When. */
  timestamp: Timestamp;
}

/** What a session used up. Absent numbers are unknown, not zero. */
export interface TokenStats {
  /** How many tokens went in. */
  input_tokens?: number;
  /** How many tokens came out. */
  output_tokens?: number;
  /** How many tokens in all. */
  total_tokens?: number;
  /** What it cost. */
  total_cost?: number;
  /** In what currency. */
  cost_currency?: string;
  /** How many turns it took. */
  turn_count?: number;
  /** When these numbers changed last. */
  updated_at?: Timestamp;
}
