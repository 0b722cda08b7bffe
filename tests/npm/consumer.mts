// Compiled, never run: each use must be accepted, each expected error raised.

import {
  milliseconds,
  minutes,
  openBoard,
  seconds,
  TaskloomError,
  type Actor,
  type Board,
  type BoardExport,
  type BoardMember,
  type ClaimResult,
  type Duration,
  type ErrorCode,
  type ImportOptions,
  type ImportSummary,
  type JsonValue,
  type Run,
  type RunStatus,
  type Snooze,
  type SnoozeUntil,
  type StopReason,
  type StreamEvent,
  type Subscription,
  type Task,
  type TaskId,
  type TaskStatus,
  type TaskSummary,
  type TaskView,
  type Timestamp,
  type TrashedTask,
} from "taskloom";

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <T extends true>(..._: T[]): void => {};

// Values.
is<Equal<Timestamp, string>>();
is<Equal<Duration, number>>();
is<Equal<TaskId, string>>();
is<Equal<Task["status"], TaskStatus>>();
is<Equal<RunStatus, "queued" | "claimed" | "starting" | "running" | "completed" | "failed" | "canceled">>();
is<Equal<Task["metadata"], JsonValue | undefined>>();
is<Equal<Task["closed_at"], string>>();
is<Equal<Run["attempt"], number>>();

// Nothing is `any`.
type IsAny<T> = 0 extends 1 & T ? true : false;
is<Equal<IsAny<Task["metadata"]>, false>>();
is<Equal<IsAny<TaskloomError["details"]>, false>>();
is<Equal<TaskloomError["code"], ErrorCode>>();
is<Equal<BoardExport["trash"], TrashedTask[] | undefined>>();
is<Equal<BoardExport["snoozes"], Snooze[] | undefined>>();
is<Equal<IsAny<Awaited<ReturnType<typeof openBoard>>>, false>>();

export async function accepted(): Promise<void> {
  const board: Board = await openBoard({ name: "work", storage: "memory", durability: "strict" });
  const actor: Actor = { kind: "human", ref: "ada", origin: { kind: "web" }, authority: { read: true } };
  const ada: BoardMember = board.as(actor);
  const task: Task = await ada.createTask({
    scope: "global",
    title: "Design",
    priority: "high",
    metadata: { pages: [1, 2], nested: { deep: null } },
  });
  const nothing: void = await ada.addDependency({
    task_id: task.id,
    depends_on_task_id: "task-2",
    kind: "blocks",
  });
  void nothing;
  const view: TaskView = await ada.getTask(task.id);
  const same: TaskView = ada.read.getTask(task.id);
  const list: TaskSummary[] = ada.read.listTasks();
  void [view, same, list];
  const claim: ClaimResult = await ada.claimNextRun({
    claimer_session_id: "s",
    lease_duration: minutes(2) + seconds(1) + milliseconds(5),
  });
  const run: Run = await ada.completeRunLease({
    run_id: claim.run.id,
    claim_token: claim.claim_token,
  });
  await ada.setExecutionProfile(task.id, { worker: { mode: "select", agent_name: "coder" } });
  const bulk = await ada.bulkForceFailRuns({ run_ids: [run.id], reason: "gone" });
  const code: ErrorCode | undefined = bulk.items[0]?.error?.code;
  void code;
  const document: BoardExport = await board.export();
  is<Equal<(typeof document)["format"], "taskloom-bundle">>();
  board[Symbol.dispose]();
  await board[Symbol.asyncDispose]();
  {
    await using other = await openBoard({ name: "other" });
    void other.version;
  }
}

export function told(error: unknown): string {
  if (error instanceof TaskloomError) {
    switch (error.code) {
      case "cycle_detected":
        return error.details.tasks.join(" -> ");
      case "bulk_too_large":
        return error.details.diagnostic.title;
      case "validation":
        return error.path ?? "";
      case "quota_exceeded":
        return error.message;
      case "permission_denied":
        // @ts-expect-error only a loop has tasks
        error.details.tasks.length;
        return error.details.reason ?? error.details.diagnostic?.message ?? "";
      // @ts-expect-error no such code
      case "no_such_code":
        return "";
      default:
        return error.name;
    }
  }
  return String(error);
}

export async function moved(board: Board, from: Board): Promise<string> {
  const merge: ImportOptions = { mode: "merge", prefer: "bundle" };
  const { counts, conflicts, settled }: ImportSummary = await board.previewImport(
    await from.export(),
    merge,
  );
  const done = await board.import(await from.export(), { mode: "replace" });
  const used = await board.storageUsage();
  const share = used === undefined ? 0 : used.usage / used.quota;
  const names = conflicts.map((key) => (key === "scheduler" ? key : (key.task ?? "other")));
  return [counts.task?.new ?? 0, done.counts.event?.removed, share, ...names, ...settled].join();
}

export async function outside(): Promise<void> {
  const board = await openBoard({
    name: "work",
    clock: Date.now,
    idGenerator: (prefix) => `${prefix}-${crypto.randomUUID()}`,
    channelValidator: (channel) => {
      if (channel === "attic") throw new Error("nobody goes there");
    },
    sessionExecutor: {
      start: async ({ run, task }) => ({ session_id: `${task.id}/${run.id}` }),
      attach: (_, session_id) => ({ session_id }),
      requestStop: async (_session, reason) => is<Equal<typeof reason, StopReason>>(),
      forceStop() {},
    },
    runHooks: {
      preClaim: ({ criteria }) =>
        criteria.agent_name ? { criteria: { priority_min: 20 } } : { deny: "who is it?" },
      dispatch: async ({ hook, context }) => void [hook === "task.run.completed", context.run_id],
    },
    inspectReader: {
      listSessions: ({ session_id }) => [{ id: session_id ?? "s", state: "active" }],
      listEventSummaries: () => [],
    },
    runtimeReader: {
      getSession: () => undefined,
      listSessionEvents: () => [],
      listSessionTokenStats: () => [{ turn_count: 1 }],
    },
  });
  const stop = new AbortController();
  const events: Subscription<StreamEvent> = board.stream({ after_sequence: 3, signal: stop.signal });
  for await (const { sequence, timeline } of events) {
    is<Equal<typeof sequence, number>>();
    void timeline.payload;
  }
  await using changes = board.watch();
  for await (const { changes: records } of changes) {
    for (const { put } of records) {
      const until: SnoozeUntil | undefined = put?.snooze?.until;
      void until;
    }
  }
  // @ts-expect-error a clock answers a number
  await openBoard({ name: "a", clock: () => "now" });
  // @ts-expect-error a clock does not wait
  await openBoard({ name: "a", clock: async () => 1 });
  // @ts-expect-error a session has an id
  await openBoard({ name: "a", sessionExecutor: { start: () => ({}) } });
  // @ts-expect-error a claim is denied or narrowed
  await openBoard({ name: "a", runHooks: { preClaim: () => ({ deny: "x", criteria: {} }) } });
  // @ts-expect-error no such hook
  await openBoard({ name: "a", runHooks: { preclaim: () => {} } });
}

export async function refused(board: Board): Promise<void> {
  // @ts-expect-error errors are made by the package
  new TaskloomError({ code: "internal", message: "x" });
  // @ts-expect-error a stream is of a task
  board.as({ kind: "human", ref: "ada" }).stream();
  // @ts-expect-error a number, not a text
  board.stream({ after_sequence: "1" });
  // @ts-expect-error a merge says whose record stands
  await board.import("{}", { mode: "merge" });
  // @ts-expect-error only a merge has a side to prefer
  await board.import("{}", { mode: "replace", prefer: "board" });
  // @ts-expect-error a board has a name
  await openBoard({});
  // @ts-expect-error no such storage
  await openBoard({ name: "a", storage: "disk" });
  // @ts-expect-error no such option
  await openBoard({ name: "a", colour: "red" });
  // @ts-expect-error no such kind of actor
  const ada = board.as({ kind: "robot", ref: "r" });
  // @ts-expect-error a task has a title
  await ada.createTask({ scope: "global" });
  // @ts-expect-error no such priority
  await ada.createTask({ scope: "global", title: "x", priority: "soon" });
  // @ts-expect-error fields are in snake case
  await ada.createTask({ scope: "global", title: "x", maxAttempts: 3 });
  // @ts-expect-error a document is JSON
  await ada.createTask({ scope: "global", title: "x", metadata: () => 1 });
  // @ts-expect-error an id is a text
  await ada.getTask(7);
  // @ts-expect-error a failure has an error
  await ada.failRunLease({ run_id: "r", claim_token: "t", failure: {} });
  // @ts-expect-error a lease is held by its token
  await ada.heartbeatRunLease({ run_id: "r" });
  // @ts-expect-error an instant is a text
  await ada.releaseRunLease({ run_id: "r", claim_token: "t", now: new Date() });
  // @ts-expect-error no such operation
  await ada.setTaskStatus("t", "ready");
  const task = await ada.createTask({ scope: "global", title: "x" });
  // @ts-expect-error an owner may be absent
  task.owner.kind;
  // @ts-expect-error a status may be another one
  const status: "ready" = task.status;
  void status;
}
