/// <reference lib="esnext.disposable" />

import type {
  ActorIdentity,
  ActorKind,
  AddDependency,
  Authority,
  AutonomyReasonCode,
  BindRunReviewSessionRequest,
  BulkForceRunItem,
  BulkForceRunRequest,
  CancelRun,
  CancelTask,
  ChannelRecord,
  ClaimCriteria,
  ClaimResult,
  ClaimRun,
  CreateTask,
  Dependency,
  DiagnosticItem,
  Duration,
  EnqueueRun,
  EventRecord,
  EventSummaryQuery,
  Execution,
  ExecutionProfile,
  ExecutionRequest,
  ExpiredLeaseRecovery,
  ExpiredLeaseRecoveryResult,
  ForceFailRun,
  ForceReleaseRun,
  InspectEventSummary,
  InspectView,
  JsonValue,
  LeaseCompletion,
  LeaseFailure,
  LeaseHeartbeat,
  LeaseRelease,
  Origin,
  OriginKind,
  PauseTaskRequest,
  PreClaimCriteria,
  PreClaimHook,
  RecordRunReviewRequest,
  RefusalCode,
  RequestedReview,
  ResumeTaskRequest,
  RetryRunRequest,
  RetryRunResult,
  ReviewGateState,
  ReviewId,
  Run,
  RunBootRecovery,
  RunDetailView,
  RunFailure,
  RunHook,
  RunId,
  RunIdempotency,
  RunQuery,
  RunResult,
  RunReview,
  RunReviewBinding,
  RunReviewQuery,
  RunReviewRequest,
  RunReviewResult,
  RunSessionRef,
  RunStatus,
  SchedulerBacklog,
  SchedulerBacklogQuery,
  SchedulerDrainRequest,
  SchedulerDrainResult,
  SchedulerPauseRequest,
  SchedulerPauseState,
  SchedulerResumeRequest,
  SchedulerStatus,
  Sequence,
  SessionEvent,
  SessionId,
  SessionInfo,
  SessionLeaseRelease,
  SessionLeaseReleaseResult,
  SessionListQuery,
  SessionRef,
  Snooze,
  StartRun,
  StartTaskSession,
  StopReason,
  StreamEvent,
  StreamQuery,
  Task,
  TaskId,
  TaskPatch,
  TaskQuery,
  TaskSummary,
  TaskView,
  TimelineItem,
  TimelineQuery,
  Timestamp,
  TokenStats,
  TreeView,
  TriageState,
  WorkspaceId,
} from "./records.js";

export type * from "./records.js";

/**
 * Opens a board, and creates it where there is none.
 *
 * @throws {TaskloomError} `validation` for the options; `unavailable`, `blocked`,
 * `in_use`, `corrupt` or `newer_format` where the storage cannot be opened;
 * `engine_unavailable` where the engine's file cannot be loaded.
 */
export function openBoard(options: OpenBoardOptions): Promise<Board>;

/**
 * Makes the engine ready before the first board is opened, which does so by itself
 * otherwise: to load it early, or from another place. Once it is ready, it stays.
 *
 * @throws {TaskloomError} `engine_unavailable`; the next call tries again.
 */
export function initialize(source?: EngineSource | PromiseLike<EngineSource>): Promise<void>;

/**
 * The engine's WebAssembly: the address of the package's `taskloom.wasm`, its bytes,
 * a `Response` that brings them, or a compiled `WebAssembly.Module`.
 */
export type EngineSource =
  | string
  | URL
  | ArrayBuffer
  | ArrayBufferView
  | { arrayBuffer(): Promise<ArrayBuffer> }
  | object;

export interface OpenBoardOptions {
  /** The name of the board: the same name in the same storage is the same board. */
  name: string;
  /**
   * Where it is kept. `"memory"` lasts until the board is closed and is never
   * shared. `"localstorage"` is for small boards (4 Mi characters), in one tab
   * at a time. An object is a store of your own. Default: `"indexeddb"` where there is one, else `"memory"`.
   */
  storage?: "indexeddb" | "localstorage" | "memory" | BoardStore;
  /**
   * When a change counts as kept in IndexedDB: once the operating system has it
   * (`"relaxed"`, the default), or once the disk has it (`"strict"`, slower).
   */
  durability?: "relaxed" | "strict";

  /**
   * The time, in milliseconds since 1970 (or as a `Date`). It must answer at once.
   * Default: the computer's clock. Where it fails, the operation fails with `other`
   * at `clock`, and nothing of it is kept.
   */
  clock?: () => number | Date;
  /**
   * An id that was never given out, beginning with the prefix and a dash, as in
   * `run-17`. It must answer at once. Default: 16 random hexadecimal digits. Where
   * it fails, the operation fails with `other` at `idGenerator`, and nothing of it
   * is kept.
   */
  idGenerator?: (prefix: IdPrefix) => string;
  /**
   * Throws where a network channel must not be used; the refusal has the error as its
   * `cause`. It must not wait. Default: every channel may be used.
   */
  channelValidator?: (channel: string) => void;
  /**
   * Whether there is a workspace. It must answer at once; where it throws, there is
   * none, and the refusal has the error as its `cause`. Default: all of them exist.
   */
  workspaceExists?: (id: WorkspaceId) => boolean;
  /** Who may use force, and how often. What is not said is as it is by default. */
  force?: {
    /** Whether agent sessions may use force at all; `true` by default. */
    allow_agent_force?: boolean;
    /** How often an agent session may use force on one task in a minute; 10 by default. */
    rate_limit_per_minute?: number;
  };
  /** What execution profiles may say; everything by default. */
  profileGates?: {
    /** Whether a profile may name a model provider or a model. */
    allow_provider_override?: boolean;
    /** Whether a profile may ask for no sandbox. */
    allow_sandbox_none?: boolean;
    /** Whether a profile may name a sandbox. */
    allow_sandbox_ref?: boolean;
    /** The most that guidance for the coordinator may have, in bytes; 8192 by default. */
    max_coordinator_guidance_bytes?: number;
  };
  /** Starts and stops the sessions that work on runs; without it, none can be started. */
  sessionExecutor?: SessionExecutor;
  /** Hears of runs that change hands, and has a say before a claim. */
  runHooks?: RunHooks;
  /** What inspections show of the sessions that there are. */
  inspectReader?: InspectReader;
  /** What the details of a run show of its session. */
  runtimeReader?: RuntimeReader;
}

/** What kind of record an id is for. */
export type IdPrefix = "task" | "run" | "evt" | "review";

/**
 * Sessions, as the program runs them. Operations wait for these methods; meanwhile
 * the board goes on, and may be used. What a method throws is the `cause` of the
 * operation's refusal, whose code is `other`. Transactions cannot wait: operations
 * that need a session fail in them.
 */
export interface SessionExecutor {
  /** Starts a session for a run. Where it throws, the run has failed. */
  start(spec: StartTaskSession): SessionRef | PromiseLike<SessionRef>;
  /** Gives a run to a session that exists. Where it throws, the run stays as it is. */
  attach(runId: RunId, sessionId: SessionId): SessionRef | PromiseLike<SessionRef>;
  /**
   * Asks a session to stop by itself, and waits as long as that may take. A session
   * that is not known is no error. Where it throws, nothing is changed.
   */
  requestStop(sessionId: SessionId, reason: StopReason): unknown;
  /**
   * Ends a session, also one that stopped by itself. Where it throws, nothing is
   * changed.
   */
  forceStop(sessionId: SessionId, reason: StopReason): unknown;
}

/** What a program hears of runs. */
export interface RunHooks {
  /**
   * Asked before every claim, which waits for the answer. Nothing lets the claim go on;
   * what it throws is the `cause` of the claim's refusal. Claims in a transaction,
   * which cannot wait, fail.
   */
  preClaim?(hook: PreClaimHook): PreClaimAnswer | void | PromiseLike<PreClaimAnswer | void>;
  /**
   * Told of everything else, after it is kept. Nobody waits for it: what it throws
   * changes nothing, and becomes an unhandled rejection.
   */
  dispatch?(hook: RunHook): unknown;
}

/**
 * A claim is denied for a reason, or goes on with other criteria: capabilities, lowest
 * priority and channel count.
 */
export type PreClaimAnswer =
  | { deny: string; criteria?: never }
  | { criteria: Partial<PreClaimCriteria>; deny?: never };

/**
 * What a program knows of its sessions, for inspections, which do not wait. What it
 * throws is the `cause` of the inspection's refusal.
 */
export interface InspectReader {
  listSessions(query: SessionListQuery): SessionInfo[];
  /** The newest of the program's own events, newest first. */
  listEventSummaries(query: EventSummaryQuery): InspectEventSummary[];
}

/**
 * What a program knows of the session behind a run, for `runDetail`, which does not
 * wait. Where it throws, the details are left out.
 */
export interface RuntimeReader {
  getSession(sessionId: SessionId): RunSessionRef | null | undefined;
  listSessionEvents(sessionId: SessionId): SessionEvent[];
  listSessionTokenStats(sessionId: SessionId): TokenStats[];
}

/**
 * A store of your own: an append-only log of opaque bytes, numbered from 1
 * without gaps, with snapshots beside it. Every method may answer with a promise.
 *
 * An error that is thrown keeps its `code` if it is one of the storage
 * codes of this package; any other counts as `failed`, after which an append is looked up
 * again. An answer of the wrong form is `failed` too, and names the method.
 */
export interface BoardStore {
  /** The entries after a version, oldest first, up to the newest, which is `head`. */
  read(after: number): StoredTail | PromiseLike<StoredTail>;
  /**
   * Appends as version `expected + 1` if the newest entry is `expected`, and
   * changes nothing otherwise. Has to be atomic: it keeps writers apart.
   */
  append(expected: number, bytes: Uint8Array): StoreAppended | PromiseLike<StoreAppended>;
  /** The newest snapshot of this version or an older one. */
  snapshot(
    atOrBefore: number,
  ): StoredValue | null | undefined | PromiseLike<StoredValue | null | undefined>;
  /** Keeps a snapshot, in the place of one of the same version. */
  putSnapshot(version: number, bytes: Uint8Array): unknown;
  /**
   * Drops entries and snapshots older than a version, but never the newest
   * entry nor the newest snapshot.
   */
  prune(before: number): unknown;
  /**
   * Calls back with versions that others appended, at any time, even twice.
   * Answers with what ends it. Where it fails, the board closes.
   */
  watch(
    onVersion: (version: number) => void,
  ): (() => void) | null | undefined | void | PromiseLike<(() => void) | null | undefined | void>;
  /** Called once, when the board is closed. */
  close?(): unknown;
}

/** Bytes under a version. */
export interface StoredValue {
  version: number;
  bytes: Uint8Array;
}

/** What follows a version in a store. */
export interface StoredTail {
  /** The version of the newest entry; 0 in an empty store. */
  head: number;
  entries: StoredValue[];
}

/** Appended at a version, or not, since the newest entry is another. */
export type StoreAppended = { appended: number } | { conflict: number };

/** An open board. Tabs that open the same one see each other's changes. */
export interface Board {
  /** How many commits the board has seen. */
  readonly version: number;

  /**
   * The board on behalf of somebody, who is written into the audit log.
   *
   * @throws {TaskloomError} `validation` for an actor that cannot be.
   */
  as(actor: Actor): BoardMember;

  /**
   * Several operations as one commit: all of them are kept, or, where the function
   * throws, none. It works through the board that it is given, whose operations
   * answer at once. It must not wait, and may run more than once where another tab
   * was faster: let it do nothing else.
   *
   * ```ts
   * const [design, build] = await board.transaction((transaction) => {
   *   const ada = transaction.as({ kind: "human", ref: "ada" });
   *   const design = ada.createTask({ scope: "global", title: "Design" });
   *   const build = ada.createTask({ scope: "global", title: "Build" });
   *   ada.addDependency({ task_id: build.id, depends_on_task_id: design.id, kind: "blocks" });
   *   return [design, build];
   * });
   * ```
   *
   * @throws whatever the function throws; a {@link TaskloomError} like an operation.
   */
  transaction<T>(work: (transaction: Transaction) => NotAPromise<T>): Promise<T>;

  /**
   * Every change from now on, of this program and of others, once it is kept.
   * Ends when the board is closed; an aborted signal throws its reason. Changes
   * that nobody reads are kept for as long as the iterator is.
   */
  watch(options?: { signal?: AbortSignal }): Subscription<BoardChange>;

  /**
   * The audit events of all tasks, in the order of their numbers: those after
   * `after_sequence` so far, then each that is added, once it is kept. Ends like
   * {@link Board.watch}.
   *
   * @throws {TaskloomError} `validation` for the options.
   */
  stream(options?: StreamOptions): Subscription<StreamEvent>;

  /**
   * The run that a session works on under a live lease, with the lease's token: the
   * way for the host of a session to go on after it lost its memory. There is no
   * actor: the session is the authority. Do not hand the answer on.
   *
   * @throws {TaskloomError} `lease_expired`, `invalid_claim_token` or
   * `permission_denied`, with the reason in the details.
   */
  lookupActiveRunForSession(sessionId: SessionId, runId: RunId): ActiveRun;

  /**
   * A worker, which begins at once: it claims runs one after the other, keeps their
   * leases alive, and completes or fails them by what `run` returns or throws. It
   * waits for work without asking for it, and takes back leases of workers that
   * died. It ends with {@link Worker.stop}, its signal, or the board.
   */
  worker(options: WorkerOptions): Worker;

  /** The whole board as one JSON document, without the tokens of live leases. */
  export(): Promise<BoardExport>;

  /**
   * Puts an exported document, or its JSON text, on this board, in one commit, and
   * answers what that did. Without options the board has to be empty.
   *
   * Events that both sides know by their id are the same. Statuses follow from the
   * runs and blockers of both sides.
   *
   * @throws {TaskloomError} `not_a_bundle`, `invalid_bundle` or `newer_format` for
   * the document; `board_not_empty`; `cycle_detected`, `graph_limit_exceeded`,
   * `active_run_lease`, `invalid_scope_binding` or `conflict` where a merge would break
   * a rule, which the message names with its records; `validation` for the options;
   * like an operation. Nothing is imported then.
   */
  import(document: BoardExport | string, options?: ImportOptions): Promise<ImportSummary>;

  /** What {@link Board.import} would do now. Nothing is written. */
  previewImport(document: BoardExport | string, options?: ImportOptions): Promise<ImportSummary>;

  /**
   * How much the browser keeps and may keep, in bytes; `undefined` for boards in
   * memory or in a store of your own. IndexedDB answers for the whole site, about;
   * localStorage for this board and its limit.
   *
   * @throws {TaskloomError} `unavailable` where the browser does not say.
   */
  storageUsage(): Promise<StorageUsage | undefined>;

  /**
   * Keeps the board's state as a whole, so that it opens faster next time. Boards
   * do so by themselves now and then. Answers with the version that is kept.
   */
  snapshot(): Promise<number>;

  /**
   * Waits for the operations under way and lets go of the storage. Reads and
   * `export` go on from memory; operations fail with `closed`.
   */
  close(): Promise<void>;

  /** Closes the board and frees its memory; everything fails with `closed` then. */
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What an import does with the records of a board. */
export type ImportOptions =
  | {
      /**
       * `"into_empty"`, the default, refuses a board that has any; `"replace"` removes
       * them.
       */
      mode?: "into_empty" | "replace";
      prefer?: never;
    }
  | {
      /** Keeps them, and adds those of the document. */
      mode: "merge";
      /** Whose record stands where both sides have one of the same name that differ. */
      prefer: "board" | "bundle";
    };

/** What an import does, or did. */
export interface ImportSummary {
  /** How many records of each kind; kinds that neither side has are left out. */
  counts: { [K in RecordKind]?: ImportCounts };
  /** The records that both sides have and that differ. */
  conflicts: RecordKey[];
  /** The tasks whose status a merge derives anew. */
  settled: TaskId[];
}

/** A kind of record. */
export type RecordKind =
  | "task"
  | "dependency"
  | "profile"
  | "channel"
  | "run"
  | "idempotency"
  | "review"
  | "review_gate"
  | "triage"
  | "snooze"
  | "trash"
  | "event"
  | "scheduler";

/** What becomes of the records of one kind. */
export interface ImportCounts {
  /** Only the document has them. */
  new: number;
  /** Both sides have them, and they are equal. */
  equal: number;
  /** They differ, and the board's stay. */
  kept: number;
  /** They differ, and the document's take their place. */
  replaced: number;
  /** Only the board has them, and they go. */
  removed: number;
}

/** What the browser keeps. Browsers round, and lag behind a little. */
export interface StorageUsage {
  /** The bytes in use. */
  usage: number;
  /** The bytes that there may be. */
  quota: number;
  /** Whether only the person clears them, and never the browser by itself. */
  persistent: boolean;
}

/**
 * What happens on a board, in its order. A `for await` loop that is left lets go of
 * it, and so does disposing of it.
 */
export interface Subscription<T> extends AsyncIterableIterator<T>, AsyncDisposable {}

/** Where a stream begins and ends. */
export interface StreamOptions extends StreamQuery {
  /** Ends the stream: its reason is thrown. */
  signal?: AbortSignal;
}

/** A run under a live lease of a session. */
export interface ActiveRun {
  run_id: RunId;
  task_id: TaskId;
  /** The workspace of the task, if it has one. */
  workspace_id?: WorkspaceId;
  session_id: SessionId;
  status: RunStatus;
  claimed_by?: ActorIdentity;
  /** Whoever has it holds the lease. */
  claim_token: string;
  claim_token_hash: string;
  lease_until: Timestamp;
  heartbeat_at?: Timestamp;
}

/** What a worker is started with. */
export interface WorkerOptions {
  /** Does the work of one run. What it returns is the run's result. */
  run(work: Work): unknown;
  /** The session that it works as. Default: a new one. */
  session?: SessionId;
  /** What it can do: it takes runs that require nothing else. */
  capabilities?: string[];
  /** How long a lease lives without a sign of life; default: five minutes. */
  lease?: Duration;
  /** Stops the worker. */
  signal?: AbortSignal;
}

/** One claimed run. */
export interface Work {
  task: Task;
  run: Run;
  /**
   * Aborts when the worker stops or the lease is lost. Work that throws then is
   * given back to the queue; after a lost lease its outcome no longer counts.
   */
  signal: AbortSignal;
}

/** A worker that runs. */
export interface Worker {
  readonly session: SessionId;
  /** Resolves when it has ended; rejects where the board failed it. */
  readonly done: Promise<void>;
  /** Takes no more work, aborts what is under way, and waits for its end. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A board inside of a transaction. It means nothing after it. */
export interface Transaction {
  /** As {@link Board.as}, with operations that answer at once. */
  as(actor: Actor): TransactionMember;
}

/** Everything that can be done in a transaction; draining takes time. */
export interface TransactionMember extends Settled<Omit<Operations, "drainScheduler">>, Reads {}

type Settled<T> = {
  [K in keyof T]: T[K] extends (...args: infer A) => Promise<infer R> ? (...args: A) => R : never;
};

type NotAPromise<T> = T extends PromiseLike<unknown> ? never : T;

/** One step of a board. */
export interface BoardChange {
  /** The version that it led to. */
  version: number;
  /** Who made it: this board, or another one on the same storage. */
  source: "own" | "other";
  /** What it did, in order. */
  changes: RecordChange[];
}

/** A record stands now as given, or is gone. */
export type RecordChange = { put: BoardRecord; delete?: never } | { delete: RecordKey; put?: never };

/** One record, by its kind. */
export type BoardRecord = OneOf<{
  task: Task;
  dependency: Dependency;
  run: Run;
  event: EventRecord;
  idempotency: RunIdempotency;
  triage: TriageState;
  snooze: Snooze;
  trash: TrashedTask;
  profile: ExecutionProfile;
  review: RunReview;
  review_gate: ReviewGateState;
  channel: ChannelRecord;
  scheduler: SchedulerPauseState;
}>;

/** A deleted task, with every record that went with it, until it is too late to restore it. */
export interface TrashedTask {
  task_id: TaskId;
  deleted_at: Timestamp;
  deleted_by: ActorIdentity;
  records: BoardRecord[];
}

/** The name of a record, by its kind. */
export type RecordKey =
  | "scheduler"
  | OneOf<{
      task: TaskId;
      dependency: [task: TaskId, dependsOn: TaskId];
      run: RunId;
      event: Sequence;
      idempotency: [key: string, origin: Origin];
      triage: [task: TaskId, actor: ActorIdentity];
      snooze: [task: TaskId, actor: ActorIdentity];
      trash: TaskId;
      profile: TaskId;
      review: ReviewId;
      review_gate: TaskId;
      channel: string;
    }>;

/** An object with exactly one of these fields. */
type OneOf<T> = {
  [K in keyof T]: { [F in K]: T[F] } & { [F in Exclude<keyof T, K>]?: never };
}[keyof T];

/** Who acts. Without `authority`, everything is granted. */
export interface Actor {
  kind: ActorKind;
  /** The name of the identity within its kind; the session of an agent. */
  ref: string;
  /**
   * Where the call comes from. Default: the origin of the kind with the same ref;
   * for a person `"web"` in browsers and `"cli"` in Node.
   */
  origin?: { kind?: OriginKind; ref?: string };
  /** What is not named is not granted. */
  authority?: Partial<Authority>;
}

/** Everything that can be done on behalf of one actor. */
export interface BoardMember extends Operations, Promised<Reads> {
  /** The reads, answered at once from memory. */
  readonly read: Reads;
  /**
   * The audit events of a task and of everything below it, in the order of their
   * numbers: those after `after_sequence` so far, then each that is added, once it is
   * kept. Nothing is missed and nothing repeated: read a task, and stream after its
   * `latest_event_seq`. Numbers have gaps. Ends when the task is deleted or the board is
   * closed; an aborted signal throws its reason.
   *
   * @throws {TaskloomError} `task_not_found`, `permission_denied`, `validation`.
   */
  stream(taskId: TaskId, options?: StreamOptions): Subscription<StreamEvent>;
}

type Promised<T> = {
  [K in keyof T]: T[K] extends (...args: infer A) => infer R ? (...args: A) => Promise<R> : never;
};

/**
 * The reads. They show what this program has done so far, even where it is not
 * kept yet.
 */
export interface Reads {
  getTask(taskId: TaskId): TaskView;
  listTasks(query?: TaskQuery): TaskSummary[];
  listTaskRuns(taskId: TaskId, query?: RunQuery): Run[];
  /** A task with all that is below it. */
  tree(taskId: TaskId): TreeView;
  /** The audit events of a task, oldest first. */
  timeline(taskId: TaskId, query?: TimelineQuery): TimelineItem[];
  /** What a task's stream would begin with. */
  streamBacklog(taskId: TaskId, query?: StreamQuery): StreamEvent[];
  /** What is the matter with a task, and what should happen next. */
  inspectTask(taskId: TaskId): InspectView;
  inspectRun(runId: RunId): InspectView;
  runDetail(runId: RunId): RunDetailView;
  getExecutionProfile(taskId: TaskId): ExecutionProfile;
  schedulerStatus(): SchedulerStatus;
  /** The queue, in the order in which runs are handed out. */
  schedulerBacklog(query?: SchedulerBacklogQuery): SchedulerBacklog;
  getRunReview(reviewId: ReviewId): RunReview;
  listRunReviews(query?: RunReviewQuery): RunReview[];
  lookupRunReviewForSession(sessionId: SessionId): RunReviewBinding;
}

/**
 * The operations. Each answers once its changes are kept, or fails with a
 * {@link TaskloomError} and changes nothing.
 */
export interface Operations {
  createTask(task: CreateTask): Promise<Task>;
  createChildTask(parentTaskId: TaskId, task: CreateTask): Promise<Task>;
  updateTask(taskId: TaskId, patch: TaskPatch): Promise<Task>;
  deleteTask(taskId: TaskId): Promise<void>;
  /** Ends the draft of a task and queues its first run. */
  publishTask(taskId: TaskId, request?: ExecutionRequest): Promise<Execution>;
  startTask(taskId: TaskId, request?: ExecutionRequest): Promise<Execution>;
  approveTask(taskId: TaskId, request?: ExecutionRequest): Promise<Execution>;
  rejectTask(taskId: TaskId): Promise<Task>;
  /** Cancels a task and everything below it. */
  cancelTask(taskId: TaskId, request?: CancelTask): Promise<Task>;
  pauseTask(taskId: TaskId, request: PauseTaskRequest): Promise<Task>;
  resumeTask(taskId: TaskId, request?: ResumeTaskRequest): Promise<Task>;

  markTaskRead(taskId: TaskId): Promise<TriageState>;
  archiveTask(taskId: TaskId): Promise<TriageState>;
  dismissTask(taskId: TaskId): Promise<TriageState>;

  /** Makes a task wait for another one. Fails with `cycle_detected` for a loop. */
  addDependency(dependency: AddDependency): Promise<void>;
  removeDependency(taskId: TaskId, dependsOnTaskId: TaskId): Promise<void>;

  setExecutionProfile(taskId: TaskId, profile: ProfileSettings): Promise<ExecutionProfile>;
  deleteExecutionProfile(taskId: TaskId): Promise<void>;

  enqueueRun(request: EnqueueRun): Promise<Run>;
  /**
   * Claims the next run that fits, under a lease. Whoever has the answer's
   * `claim_token` holds the lease. Fails with `no_claimable_run` for none.
   */
  claimNextRun(criteria: ClaimCriteria): Promise<ClaimResult>;
  /** Claims a given run, without token and lease. */
  claimRun(runId: RunId, request?: ClaimRun): Promise<Run>;
  startRun(runId: RunId, request?: StartRun): Promise<Run>;
  attachRunSession(runId: RunId, sessionId: SessionId): Promise<Run>;

  /** A sign of life: the lease ends later. */
  heartbeatRunLease(request: LeaseHeartbeat): Promise<Run>;
  /** Gives the run back: it returns to its old place in the queue. */
  releaseRunLease(request: LeaseRelease): Promise<Run>;
  completeRunLease(request: LeaseCompletion): Promise<Run>;
  failRunLease(request: LeaseFailure): Promise<Run>;

  completeRun(runId: RunId, result?: RunResult): Promise<Run>;
  failRun(runId: RunId, failure: RunFailure): Promise<Run>;
  cancelRun(runId: RunId, request?: CancelRun): Promise<Run>;
  retryRun(runId: RunId, request?: RetryRunRequest): Promise<RetryRunResult>;
  forceReleaseRun(runId: RunId, request?: ForceReleaseRun): Promise<Run>;
  forceFailRun(runId: RunId, request: ForceFailRun): Promise<Run>;
  bulkForceReleaseRuns(request: BulkForceRunRequest): Promise<BulkForceRunsResult>;
  bulkForceFailRuns(request: BulkForceRunRequest): Promise<BulkForceRunsResult>;

  /** Takes expired leases back. Nothing does so by itself: call it now and then. */
  recoverExpiredRunLeases(request?: ExpiredLeaseRecovery): Promise<ExpiredLeaseRecoveryResult[]>;
  releaseSessionRunLeases(request: SessionLeaseRelease): Promise<SessionLeaseReleaseResult[]>;
  recoverRunOnBoot(runId: RunId, request: RunBootRecovery): Promise<Run>;

  requestRunReview(request: RunReviewRequest): Promise<RequestedReview>;
  bindRunReviewSession(request: BindRunReviewSessionRequest): Promise<RunReviewBinding>;
  recordRunReview(request: RecordRunReviewRequest): Promise<RunReviewResult>;

  /** Stops handing out runs. */
  pauseScheduler(request?: SchedulerPauseRequest): Promise<SchedulerStatus>;
  resumeScheduler(request?: SchedulerResumeRequest): Promise<SchedulerStatus>;
  /** Pauses the scheduler and waits until no run is active, or the time is over. */
  drainScheduler(request?: SchedulerDrainRequest): Promise<SchedulerDrainResult>;
}

/** The parts of a profile to store; what is absent takes its default. */
export type ProfileSettings = {
  [K in "coordinator" | "worker" | "review" | "participants" | "sandbox"]?: Partial<
    ExecutionProfile[K]
  >;
};

/** What became of a bulk request: one item per distinct run, in its order. */
export interface BulkForceRunsResult {
  items: (BulkForceRunItem & {
    /** Why the run was refused. */
    error?: { [Code in RefusalCode]: RefusalOf<Code> }[RefusalCode];
  })[];
}

/** Why one run of a bulk request was refused: as an error, but a plain object. */
interface RefusalOf<Code extends RefusalCode>
  extends Pick<TaskloomErrorOf<Code>, "code" | "message" | "details"> {
  path?: string;
}

/** A whole board: every record, by kind. */
export interface BoardExport {
  format: "taskloom-bundle";
  format_version: number;
  /** The number of the newest audit event. */
  latest_sequence: Sequence;
  /** The scheduler's switch, if it was ever thrown. */
  scheduler?: SchedulerPauseState;
  tasks: Task[];
  dependencies: Dependency[];
  profiles: ExecutionProfile[];
  channels: ChannelRecord[];
  runs: Run[];
  /** Bound idempotency keys. */
  idempotency: RunIdempotency[];
  reviews: RunReview[];
  review_gates: ReviewGateState[];
  triage: TriageState[];
  /** Left out where there is none, as is the trash. */
  snoozes?: Snooze[];
  /** Deleted tasks that can still be restored. */
  trash?: TrashedTask[];
  events: EventRecord[];
}

/**
 * Every error of this package. Branch on `code`, which says what `details` holds;
 * `message` is for people. Where a function of yours threw, the error is its `cause`.
 *
 * ```ts
 * try {
 *   await ada.addDependency(edge);
 * } catch (error) {
 *   if (error instanceof TaskloomError && error.code === "cycle_detected") {
 *     console.log(error.details.tasks.join(" -> "));
 *   }
 * }
 * ```
 */
export type TaskloomError = { [Code in ErrorCode]: TaskloomErrorOf<Code> }[ErrorCode];

/** The class of every error of this package. Programs test for it; none makes one. */
export const TaskloomError: abstract new (made: never) => TaskloomError;

/** An error with one of these codes. */
export interface TaskloomErrorOf<Code extends ErrorCode> extends Error {
  readonly name: "TaskloomError";
  readonly code: Code;
  /** The field at fault, as in `create_task.title`. */
  readonly path: string | undefined;
  readonly details: Code extends keyof DetailsByCode ? DetailsByCode[Code] : ErrorDetails;
}

/**
 * The engine refuses, the storage fails, a document is not imported, or the package
 * itself fails: the engine could not be loaded (`engine_unavailable`), or that of the
 * board broke (`internal`). Then everything fails that waits for the board, and the
 * board has to be opened again: what was answered is there. A store of your own is not
 * closed, and a board in localStorage is in use until the page is reloaded.
 */
export type ErrorCode = RefusalCode | StorageCode | ImportCode | "engine_unavailable" | "internal";

/** Why a document is not imported. */
export type ImportCode = "not_a_bundle" | "invalid_bundle" | "board_not_empty";

export type StorageCode =
  | "unavailable"
  | "blocked"
  | "in_use"
  | "quota_exceeded"
  | "corrupt"
  | "newer_format"
  | "closed"
  | "failed";

/** The facts behind errors that always have some. */
export interface DetailsByCode {
  cycle_detected: {
    /** The loop: each task waits for the next one; the first is also the last. */
    readonly tasks: TaskId[];
  };
  forbidden_operator_action: Diagnosed;
  force_op_rate_limited: Diagnosed;
  retry_chain_too_deep: Diagnosed;
  bulk_too_large: Diagnosed;
}

interface Diagnosed {
  /** What an operator needs to know. */
  readonly diagnostic: DiagnosticItem;
}

/** The facts behind an error, where there are some. */
export interface ErrorDetails {
  readonly tasks?: never;
  /** Why the lookup of a lease was refused. */
  readonly reason?: AutonomyReasonCode;
  /** What an operator needs to know. */
  readonly diagnostic?: DiagnosticItem;
}

/** So many milliseconds as a {@link Duration}. */
export function milliseconds(count: number): Duration;
/** So many seconds as a {@link Duration}. */
export function seconds(count: number): Duration;
/** So many minutes as a {@link Duration}. */
export function minutes(count: number): Duration;
