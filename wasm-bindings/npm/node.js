// The entry for Node: the engine is read from the disk.

import { readFile } from "node:fs/promises";

import { boardOpener } from "./board.js";
import init from "./taskloom_wasm.js";

export { TaskloomError } from "./error.js";
export { milliseconds, minutes, seconds } from "./duration.js";

export const openBoard = boardOpener({
  door: "cli",
  load: async () =>
    init({ module_or_path: await readFile(new URL("./taskloom_wasm_bg.wasm", import.meta.url)) }),
});
