// The one error class of the package.

export class TaskloomError extends Error {
  constructor({ code, message, path, details = {} }, options) {
    super(message, options);
    this.code = code;
    this.path = path;
    this.details = details;
  }

  static {
    Object.defineProperty(this.prototype, "name", { value: "TaskloomError", configurable: true });
  }
}

/** A violation of form that the package itself sees. */
export function invalid(path, rest, options) {
  const message = `task: validation failed: ${path} ${rest}`;
  return new TaskloomError({ code: "validation", message, path }, options);
}

/** What the engine threw, as a `TaskloomError`. */
export function errorOf(thrown) {
  if (thrown instanceof TaskloomError) {
    return thrown;
  }
  if (typeof thrown === "string") {
    return new TaskloomError(JSON.parse(thrown));
  }
  if (Array.isArray(thrown)) {
    const [text, cause] = thrown;
    return new TaskloomError(JSON.parse(text), { cause });
  }
  const message = "the engine failed in a way that it does not know";
  return new TaskloomError({ code: "internal", message }, { cause: thrown });
}

/** The most of an error's text that is written down. */
const LONGEST_TEXT = 1000;

/** What an error says, whatever was thrown. */
export function textOf(error, silent = "it threw something without a text") {
  try {
    const text = String(error?.message ?? error).trim();
    return text.slice(0, LONGEST_TEXT) || silent;
  } catch {
    return silent;
  }
}
