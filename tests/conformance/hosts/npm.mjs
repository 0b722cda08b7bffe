// Serves the npm package, installed from the packed file, on
// boards in memory.

import { install } from "../../npm/project.mjs";
import { PackageHost } from "./package.mjs";
import { answerLines } from "./lines.mjs";

const project = await install();
try {
  const host = new PackageHost(await project.import(), "memory");
  await answerLines((line) => host.answer(line));
} finally {
  project.remove();
}
