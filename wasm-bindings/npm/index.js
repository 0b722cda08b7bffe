// The entry for browsers, workers and bundlers: the engine is fetched from
// beside this file, by an address that bundlers follow.

import { boardOpener } from "./board.js";
import init from "./taskloom_wasm.js";

export { TaskloomError } from "./error.js";
export { milliseconds, minutes, seconds } from "./duration.js";

export const openBoard = boardOpener({
  door: "web",
  load: () => init({ module_or_path: new URL("./taskloom_wasm_bg.wasm", import.meta.url) }),
});
