// Turns the WebAssembly module named first into the JavaScript module named second,
// which exports it as text: compressed, since servers compress base64 badly.
import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const [wasm, module] = process.argv.slice(1);
const text = gzipSync(readFileSync(wasm), { level: 9 }).toString("base64");
writeFileSync(module, `export const ENGINE =\n  "${text}";\n`);
