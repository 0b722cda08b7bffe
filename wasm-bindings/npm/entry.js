// What every entry of the package consists of. Entries differ in where the engine
// comes from, and in nothing else.

import { boardOpener } from "./board.js";
import { TaskloomError } from "./error.js";
import init from "./taskloom_wasm.js";

/**
 * The functions of an entry. `source` gives the engine's WebAssembly where the
 * program names none; `door` is the origin of a person who names none.
 */
export function entry({ door, source }) {
  let loading;
  const initialize = (named) => {
    // A failed load is tried again by whoever comes next.
    loading ??= load(async () => named ?? source()).catch((error) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
  return { initialize, openBoard: boardOpener({ door, load: () => initialize() }) };
}

async function load(source) {
  try {
    await init({ module_or_path: await source() });
  } catch (cause) {
    throw cause instanceof TaskloomError ? cause : unavailable("the engine could not be loaded", cause);
  }
}

export const unavailable = (message, cause) =>
  new TaskloomError({ code: "engine_unavailable", message }, { cause });
