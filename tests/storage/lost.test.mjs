// Chromium erases a database that it cannot read, and begins an empty one. A board
// whose database went so is not taken for an empty board.

import assert from "node:assert/strict";
import { appendFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { killAfter, profile, serve } from "./site.mjs";

let site;
let kept;

before(async () => {
  site = await serve();
  kept = profile();
});

after(() => {
  site?.close();
  kept?.remove();
});

/** Opens the board and tries to write to it. Runs in a page. */
async function write([url, title]) {
  const { openBoard } = await import(`${url}index.js`);
  const board = await openBoard({ name: "lost" });
  const ada = board.as({ kind: "human", ref: "ada" });
  const outcome = await ada
    .createTask({ scope: "global", title })
    .then(() => "kept", ({ code, message }) => `${code}: ${message}`);
  return { outcome, titles: ada.read.listTasks().map((task) => task.title).sort() };
}

const visit = (title) =>
  killAfter(kept.folder, async (page) => {
    await page.goto(site.url);
    return page.evaluate(write, [site.url, title]);
  });

/**
 * Leaves the database as a kill in the middle of a write does: the log of LevelDB ends
 * with the header of a record that never came.
 */
function tear() {
  const databases = join(kept.folder, "Default", "IndexedDB");
  const [database] = readdirSync(databases).filter((name) => name.endsWith(".leveldb"));
  const [log] = readdirSync(join(databases, database)).filter((name) => name.endsWith(".log"));
  const [checksum, length, whole] = [[1, 2, 3, 4], [0, 1], [1]];
  appendFileSync(join(databases, database, log), Buffer.from([...checksum, ...length, ...whole]));
}

test("a database that the browser erased is damage, and not an empty board", async () => {
  assert.deepEqual(await visit("before"), { outcome: "kept", titles: ["before"] });
  tear();
  // Chromium does not mind the torn end, and goes on behind it.
  assert.deepEqual(await visit("behind"), { outcome: "kept", titles: ["before", "behind"] });
  for (const title of ["late", "later"]) {
    const { outcome, titles } = await visit(title);
    assert.match(
      outcome,
      /^corrupt: the board's database is damaged: the browser could not read it and began an empty one \(.+\)$/,
    );
    assert.deepEqual(titles, []);
  }
});
