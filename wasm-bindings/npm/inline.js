// The entry without an asset: the engine is a text in the program. For bundlers
// that copy no files, and for pages that may fetch nothing.

import { entry } from "./entry.js";
import { ENGINE } from "./inline_wasm.js";
import { DOOR } from "./place.js";

export { TaskloomError } from "./error.js";
export { milliseconds, minutes, seconds } from "./duration.js";

export const { initialize, openBoard } = entry({
  door: DOOR,
  source: () => unpacked(ENGINE),
});

/** The bytes of a text in base64, which holds them compressed. */
function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const unzipped = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(unzipped).arrayBuffer();
}
