// Stored values as a newer version would write them: see docs/storage.md, "Bytes".

import { crc32 } from "node:zlib";

const NEWER = 900;

/** A stored value, made one of this version of the board and of a format to come. */
export function ofNewerFormat(value, version) {
  const bytes = Buffer.from(value);
  bytes.writeUInt32BE(NEWER, 4);
  bytes.writeBigUInt64BE(BigInt(version), 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(20), crc32(bytes.subarray(0, 16))), 16);
  return [...bytes];
}
