// The entry without the engine: the program passes its WebAssembly to
// `initialize`, from wherever it keeps it.

import { entry, unavailable } from "./entry.js";
import { DOOR } from "./place.js";

export { TaskloomError } from "./error.js";
export { milliseconds, minutes, seconds } from "./duration.js";

export const { initialize, openBoard } = entry({
  door: DOOR,
  source: () => {
    throw unavailable("call initialize with the engine's WebAssembly first");
  },
});
