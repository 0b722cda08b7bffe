// The entry for browsers, workers and bundlers: the engine is fetched from
// beside this file, by an address that bundlers follow.

import { entry } from "./entry.js";

export { TaskloomError } from "./error.js";
export { milliseconds, minutes, seconds } from "./duration.js";

export const { initialize, openBoard } = entry({
  door: "web",
  source: () => new URL("./taskloom_wasm_bg.wasm", import.meta.url),
});
