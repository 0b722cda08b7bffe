// What every entry of the package consists of. Entries differ in where the engine
// comes from, and in nothing else.

import { boardOpener } from "./board.js";
import { TaskloomError } from "./error.js";
import { instancesOf } from "./instance.js";

/**
 * The functions of an entry. `source` gives the engine's WebAssembly where the
 * program names none; `door` is the origin of a person who names none.
 */
export function entry({ door, source }) {
  let loading;
  const ready = (named) => {
    // A failed load is tried again by whoever comes next.
    loading ??= loaded(async () => instancesOf(await (named ?? source()))).catch((error) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
  const initialize = async (named) => void (await ready(named));
  const load = async () => loaded(await ready());
  return { initialize, openBoard: boardOpener({ door, load }) };
}

/** What loading comes to, by an error of the package where it fails. */
async function loaded(load) {
  try {
    return await load();
  } catch (cause) {
    throw cause instanceof TaskloomError ? cause : unavailable("the engine could not be loaded", cause);
  }
}

export const unavailable = (message, cause) =>
  new TaskloomError({ code: "engine_unavailable", message }, { cause });
