// Serves the npm package, installed from the packed file, inside
// of Chromium, on boards in its database.

import { readFileSync } from "node:fs";

import { install } from "../../npm/project.mjs";
import { launch, serveFolder } from "../../site.mjs";
import { answerLines } from "./lines.mjs";

const project = await install();
project.write("package.mjs", readFileSync(new URL("package.mjs", import.meta.url), "utf8"));
project.write(
  "index.html",
  `<!doctype html><title>Host</title><script type="module">
    import * as taskloom from "/node_modules/taskloom/index.js";
    import { PackageHost } from "/package.mjs";
    window.host = new PackageHost(taskloom, "indexeddb");
  </script>`,
);
const site = await serveFolder(project.folder);
const browser = await launch();
try {
  const page = await browser.newPage();
  await page.goto(site.url);
  await answerLines((line) => page.evaluate((line) => window.host.answer(line), line));
} finally {
  await browser.close();
  site.close();
  project.remove();
}
