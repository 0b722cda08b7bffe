// The npm package behind the lines of the runner, in Node and in browsers: a call by
// its name becomes a method's, with the surroundings of a scenario around the board.

/** The ids that an operation takes before its request, by operation. */
const IDS = new Map([
  ["create_child_task", ["parent_task_id"]],
  ["remove_dependency", ["task_id", "depends_on_task_id"]],
  ["attach_run_session", ["run_id", "session_id"]],
  ["get_run_review", ["review_id"]],
  ["lookup_run_review_for_session", ["session_id"]],
  ...[
    "update_task", "delete_task", "publish_task", "start_task", "approve_task", "reject_task",
    "cancel_task", "pause_task", "resume_task", "mark_task_read", "archive_task", "dismiss_task",
    "get_execution_profile", "set_execution_profile", "delete_execution_profile", "get_task",
    "list_task_runs", "tree", "timeline", "stream_backlog", "inspect_task",
  ].map((operation) => [operation, ["task_id"]]),
  ...[
    "inspect_run", "run_detail", "claim_run", "start_run", "complete_run", "fail_run",
    "cancel_run", "retry_run", "force_release_run", "force_fail_run", "recover_run_on_boot",
  ].map((operation) => [operation, ["run_id"]]),
]);

/** The origin of an actor that names none, where it is not the kind's name. */
const OWN_ORIGIN = { human: "cli", network_peer: "network" };

const camelCase = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());

/** One scenario after the other, each on a board of its own. */
export class PackageHost {
  #taskloom;
  #storage;
  #scenarios = 0;
  #board;
  #surroundings;

  constructor(taskloom, storage) {
    this.#taskloom = taskloom;
    this.#storage = storage;
  }

  /** Answers one line with one line. */
  async answer(line) {
    return JSON.stringify(await this.#answer(JSON.parse(line)));
  }

  async #answer(request) {
    try {
      return { ok: (await this.#perform(request)) ?? null };
    } catch (error) {
      if (error instanceof this.#taskloom.TaskloomError) {
        const { code: kind, message, details } = error;
        return { err: { kind, message, reason: details.reason ?? null } };
      }
      return { err: { kind: "host", message: String(error?.stack ?? error), reason: null } };
    }
  }

  async #perform(request) {
    if (request === "state") {
      return state(await this.#board.export());
    }
    if ("new" in request) {
      return this.#begin(request.new);
    }
    if ("advance" in request) {
      this.#surroundings.now += request.advance;
      return undefined;
    }
    const { op, args, actor } = request.call;
    return this.#call(op, args, actor);
  }

  async #begin(options) {
    await this.#board?.close();
    this.#scenarios += 1;
    this.#surroundings = new Surroundings(options);
    this.#board = await this.#taskloom.openBoard({
      name: `scenario ${this.#scenarios}`,
      storage: this.#storage,
      ...this.#surroundings.options(),
    });
  }

  async #call(op, args, actor) {
    switch (op) {
      case "set_known_channels":
        this.#surroundings.channels = args.channels;
        return {};
      case "set_sessions":
        this.#surroundings.sessions = args.sessions;
        return {};
      case "lookup_active_run_for_session":
        return this.#board.lookupActiveRunForSession(args.session_id ?? "", args.run_id ?? "");
    }
    const operation = op === "stream" ? "stream_backlog" : op;
    const member = this.#board.as(actorOf(actor));
    return answerOf(await member[camelCase(operation)](...argumentsOf(operation, args)));
  }
}

/** What stands around a board in a scenario. */
class Surroundings {
  #options;
  #drawn = {};

  constructor(options) {
    this.#options = options;
    this.now = Date.parse(options.start);
    this.channels = options.known_channels;
    this.sessions = options.sessions;
  }

  options() {
    const { workspaces, force, profile, no_session_executor } = this.#options;
    return {
      clock: () => this.now,
      idGenerator: (prefix) => {
        this.#drawn[prefix] = (this.#drawn[prefix] ?? 0) + 1;
        return `${prefix}-${String(this.#drawn[prefix]).padStart(6, "0")}`;
      },
      workspaceExists: (id) => workspaces.includes(id),
      channelValidator: (name) => {
        if (this.channels && !this.channels.includes(name)) {
          throw new Error(`unknown network channel "${name}"`);
        }
      },
      inspectReader: this.sessions ? this.#catalogue() : undefined,
      sessionExecutor: no_session_executor ? undefined : this.#executor(),
      force: force ?? undefined,
      profileGates: profile ?? undefined,
    };
  }

  #catalogue() {
    return {
      listSessions: ({ workspace_id, session_id, limit }) =>
        this.sessions
          .filter((session) => !workspace_id || session.workspace_id === workspace_id)
          .filter((session) => !session_id || session.id === session_id)
          .slice(0, limit),
      listEventSummaries: () => [],
    };
  }

  /** Sessions that exist as names only: run R gets `sess-R`. */
  #executor() {
    const named = (session_id) => ({ session_id, started_at: new Date(this.now).toISOString() });
    return {
      start: ({ run }) => {
        if (this.#options.session_start_fails) {
          throw new Error("session start failed");
        }
        return named(`sess-${run.id}`);
      },
      attach: (_, session) => named(session),
      requestStop: () => {},
      forceStop: () => {},
    };
  }
}

function actorOf({ kind, ref, origin, origin_ref, authority }) {
  return {
    kind,
    ref,
    origin: { kind: origin ?? OWN_ORIGIN[kind] ?? kind, ref: origin_ref ?? ref },
    authority: authority ?? undefined,
  };
}

/** The ids of a call, and its request, in which durations are nanoseconds. */
function argumentsOf(operation, args) {
  const ids = IDS.get(operation) ?? [];
  const fields = Object.entries(args).filter(([name]) => !ids.includes(name));
  const request = Object.fromEntries(
    fields.map(([name, value]) =>
      name.endsWith("_ms") ? [name.slice(0, -"_ms".length), value * 1e6] : [name, value],
    ),
  );
  const positional = ids.map((id) => args[id] ?? "");
  if (operation === "set_execution_profile") {
    return [...positional, request.profile];
  }
  return fields.length > 0 ? [...positional, request] : positional;
}

/** An answer in the shape of a trace. */
function answerOf(answer) {
  if (answer === undefined) {
    return {};
  }
  if (Array.isArray(answer.items) && answer.items.every((item) => "ok" in item)) {
    return { items: answer.items.map(bulkItem) };
  }
  return answer;
}

function bulkItem({ error, ...item }) {
  return error ? { ...item, err: { kind: error.code, message: error.message } } : item;
}

/** An export in the shape of a trace's last state. */
function state({ tasks, runs, dependencies, events, reviews, triage, profiles, scheduler }) {
  const identity = ({ task_id, actor }) => JSON.stringify([task_id, actor.kind, actor.ref]);
  return {
    tasks,
    runs,
    dependencies,
    events: events.map(({ event: { id, ...event }, sequence }) => ({ ...event, sequence })),
    reviews,
    // Traces list identities by the name of their kind.
    triage: [...triage].sort((a, b) => (identity(a) < identity(b) ? -1 : 1)),
    profiles,
    scheduler: scheduler ?? {},
  };
}
