// Prints the sizes of the files named as arguments, added up.
import { readFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";

const sum = { raw: 0, gzip: 0, brotli: 0 };
for (const path of process.argv.slice(1)) {
  const bytes = readFileSync(path);
  sum.raw += bytes.length;
  sum.gzip += gzipSync(bytes, { level: 9 }).length;
  sum.brotli += brotliCompressSync(bytes).length;
}
console.log(JSON.stringify(sum));
