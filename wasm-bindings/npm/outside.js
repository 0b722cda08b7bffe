// The program's side of a board: its functions, as the engine asks them.

import { encode, plain } from "./arguments.js";
import { TaskloomError, invalid, textOf } from "./error.js";

/** The options that hold functions. */
export const FUNCTIONS = [
  "clock",
  "idGenerator",
  "channelValidator",
  "workspaceExists",
  "inspectReader",
  "runtimeReader",
  "sessionExecutor",
  "runHooks",
];

/**
 * The functions of the options behind one, `ask`, which takes the name of a
 * question and a JSON text. It never throws: a failure is a list of a text and what
 * was thrown.
 */
export class Outside {
  /** Whether a function is being asked that has to answer within a decision. */
  deciding = false;
  #questions;

  constructor(options) {
    try {
      this.#questions = new Map(questionsOf(options));
    } catch (error) {
      // A getter may have thrown.
      throw error instanceof TaskloomError ? error : invalid("arguments", "must be plain values", { cause: error });
    }
  }

  /** The questions that have an answer. */
  get answers() {
    return [...this.#questions.keys()];
  }

  ask = (name, text) => {
    const { answer, waits, form = plainly } = this.#questions.get(name);
    try {
      return waits ? answer(text).then(form).catch(failure) : form(this.#atOnce(() => answer(text)));
    } catch (error) {
      return failure(error);
    }
  };

  #atOnce(answer) {
    this.deciding = true;
    try {
      const given = answer();
      if (typeof given?.then === "function") {
        // Nobody else is told of what it comes to.
        given.then(undefined, () => {});
        throw new TypeError("it must answer at once, not with a promise");
      }
      return given;
    } finally {
      this.deciding = false;
    }
  }
}

const failure = (error) => [textOf(error), error];

/** An answer as it is. */
const plainly = (value) => value;

/** An answer as JSON text; nothing is `null`. */
const asJson = (value) => encode(value ?? null);

function* questionsOf({
  clock,
  idGenerator,
  channelValidator,
  workspaceExists,
  inspectReader,
  runtimeReader,
  sessionExecutor,
  runHooks,
}) {
  if (present("clock", clock, "function")) {
    yield ["now", { answer: () => Number(clock()) }];
  }
  if (present("idGenerator", idGenerator, "function")) {
    yield ["new_id", { answer: (prefix) => idGenerator(prefix) }];
  }
  if (present("channelValidator", channelValidator, "function")) {
    yield ["validate_channel", { answer: (channel) => channelValidator(channel) }];
  }
  if (present("workspaceExists", workspaceExists, "function")) {
    yield ["workspace_exists", { answer: (id) => workspaceExists(id) }];
  }
  if (present("inspectReader", inspectReader, "object")) {
    const [sessions, events] = methods("inspectReader", inspectReader, [
      "listSessions",
      "listEventSummaries",
    ]);
    const form = asJson;
    yield ["list_sessions", { form, answer: (query) => sessions(JSON.parse(query)) }];
    yield ["list_event_summaries", { form, answer: (query) => events(JSON.parse(query)) }];
  }
  if (present("runtimeReader", runtimeReader, "object")) {
    const names = ["getSession", "listSessionEvents", "listSessionTokenStats"];
    const [session, events, stats] = methods("runtimeReader", runtimeReader, names);
    const form = asJson;
    yield ["get_session", { form, answer: (id) => session(id) }];
    yield ["list_session_events", { form, answer: (id) => events(id) }];
    yield ["list_session_token_stats", { form, answer: (id) => stats(id) }];
  }
  if (present("sessionExecutor", sessionExecutor, "object")) {
    const names = ["start", "attach", "requestStop", "forceStop"];
    const [start, attach, requestStop, forceStop] = methods(
      "sessionExecutor",
      sessionExecutor,
      names,
    );
    const [waits, form] = [true, asJson];
    yield ["start_session", { waits, form, answer: async (spec) => start(JSON.parse(spec)) }];
    const asked = (method) => async (call) => method(...JSON.parse(call));
    yield ["attach_session", { waits, form, answer: asked(attach) }];
    // What a stop answers means nothing.
    const stopped = (stop) => async (call) => void (await stop(...JSON.parse(call)));
    yield ["request_stop", { waits, answer: stopped(requestStop) }];
    yield ["force_stop", { waits, answer: stopped(forceStop) }];
  }
  if (present("runHooks", runHooks, "object")) {
    yield* hooksOf(runHooks);
  }
}

function* hooksOf(runHooks) {
  const { preClaim, dispatch } = runHooks;
  if (!preClaim && !dispatch) {
    throw invalid("open_board.runHooks", "must have preClaim or dispatch");
  }
  if (present("runHooks.preClaim", preClaim, "function")) {
    const answer = async (text) => {
      const hook = JSON.parse(text);
      const { deny, criteria } = plain((await preClaim.call(runHooks, hook)) ?? {});
      return encode({ deny, criteria: { ...hook.criteria, ...criteria } });
    };
    yield ["pre_claim", { waits: true, answer }];
  }
  if (present("runHooks.dispatch", dispatch, "function")) {
    const answer = async (text) => {
      // What it throws is no business of the operation; it is not lost either.
      (async () => dispatch.call(runHooks, JSON.parse(text)))();
    };
    yield ["run_hook", { waits: true, answer }];
  }
}

/** Whether an option is given, which has to be of a type. */
function present(name, option, type) {
  if (option === undefined || option === null) {
    return false;
  }
  if (typeof option !== type) {
    throw invalid(`open_board.${name}`, type === "function" ? "must be a function" : "must be an object");
  }
  return true;
}

/** Methods that an object has to have. */
const methods = (name, object, required) =>
  required.map((method) => {
    if (typeof object[method] !== "function") {
      throw invalid(`open_board.${name}.${method}`, "must be a function");
    }
    return (...args) => object[method](...args);
  });
