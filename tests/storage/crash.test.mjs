// The browser is killed in the middle of writing, again and again: whatever was
// acknowledged is there when it is started again.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { killAfter, profile, serve } from "./site.mjs";

/** How often; TASKLOOM_CRASHES asks for another number. */
const CRASHES = Number(process.env.TASKLOOM_CRASHES ?? 10);
const SEED = 20260101;
/** The longest time from the first acknowledged operation to the kill. */
const LONGEST = 400;

let reported = [];
let heard = () => {};
let site;
let kept;

before(async () => {
  site = await serve((title) => {
    reported.push(title);
    heard();
  });
  kept = profile();
});

after(() => {
  site?.close();
  kept?.remove();
});

/**
 * Writes without end, in ones and in bursts, and reports each acknowledgement.
 * Snapshots are kept, and what is older is pruned, all the while.
 */
async function writeOn([url, round]) {
  const { openBoard } = await import(`${url}index.js`);
  const board = await openBoard({ name: "crash" });
  const ada = board.as({ kind: "human", ref: "ada" });
  const create = async (title) => {
    await ada.createTask({ scope: "global", title });
    navigator.sendBeacon("/report", title);
  };
  (async () => {
    for (let number = 0; ; number++) {
      const burst = number % 5 === 4 ? 20 : 1;
      const each = Array.from({ length: burst }, (_, at) => `${round} ${number} ${at}`);
      if (number % 3 === 2) board.snapshot();
      await Promise.all(each.map(create));
    }
  })();
}

/** The board as it is found, and how far the browser's database was pruned. */
async function readAll(url) {
  const { openBoard } = await import(`${url}index.js`);
  const board = await openBoard({ name: "crash" });
  const answer = (request) => new Promise((done) => (request.onsuccess = () => done(request.result)));
  const database = await answer(indexedDB.open("taskloom/crash"));
  const floor = await answer(database.transaction("log").objectStore("log").get(0));
  database.close();
  return { ...(await board.export()), version: board.version, floor };
}

test(`after each of ${CRASHES} crashes every acknowledged operation is there`, async () => {
  const random = randomNumbers(SEED);
  let acknowledged = 0;
  let unacknowledged = 0;
  let newest;
  for (let round = 0; round < CRASHES; round++) {
    const before = reported.length;
    const first = new Promise((done) => (heard = done));
    await killAfter(kept.folder, async (page) => {
      await page.goto(site.url);
      await page.evaluate(writeOn, [site.url, round]);
      await first;
      await new Promise((wait) => setTimeout(wait, random() * LONGEST));
    });
    const { tasks, events, ...log } = await killAfter(kept.folder, async (page) => {
      await page.goto(site.url);
      return page.evaluate(readAll, site.url);
    });
    const titles = new Set(tasks.map(({ title }) => title));
    assert.equal(titles.size, tasks.length, "nothing is there twice");
    const lost = reported.filter((title) => !titles.has(title));
    assert.deepEqual(lost, [], `acknowledged before crash ${round}, and lost`);
    const created = events.filter(({ event }) => event.event_type === "task.created");
    assert.equal(created.length, tasks.length, "no task without its event, no event without its task");
    const sequences = events.map(({ sequence }) => sequence);
    assert.ok(sequences.every((sequence, at) => at === 0 || sequence > sequences[at - 1]));
    acknowledged += reported.length - before;
    unacknowledged = tasks.length - reported.length;
    newest = log;
  }
  assert.ok(newest.floor > 1, "snapshots were kept and entries pruned on the way");
  console.log(
    `${CRASHES} crashes: ${acknowledged} acknowledged operations, 0 lost; ${unacknowledged} more were kept whose answer nobody heard; of ${newest.version} commits those before ${newest.floor} were pruned`,
  );
});

/** Numbers from 0 to 1, the same for the same seed. */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
