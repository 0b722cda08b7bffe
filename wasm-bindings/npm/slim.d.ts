import type { EngineSource } from "./index.js";

export * from "./index.js";

/**
 * Makes the engine ready; has to be called before the first board is opened.
 *
 * ```ts
 * import { initialize, openBoard } from "taskloom/slim";
 *
 * await initialize(fetch("/assets/taskloom.wasm"));
 * const board = await openBoard({ name: "work" });
 * ```
 *
 * @throws {TaskloomError} `engine_unavailable`; then it may be called again.
 */
export function initialize(source: EngineSource | PromiseLike<EngineSource>): Promise<void>;
