// The browser is killed in the middle of writing, again and again: whatever was
// acknowledged is there when it is started again.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { profile, serve, start } from "./site.mjs";

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

/** Writes without end, in ones and in bursts, and reports each acknowledgement. */
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
      await Promise.all(each.map(create));
    }
  })();
}

async function readAll(url) {
  const { openBoard } = await import(`${url}index.js`);
  const board = await openBoard({ name: "crash" });
  return board.export();
}

test(`after each of ${CRASHES} crashes every acknowledged operation is there`, async () => {
  const random = randomNumbers(SEED);
  let acknowledged = 0;
  let unacknowledged = 0;
  for (let round = 0; round < CRASHES; round++) {
    const before = reported.length;
    const writing = await start(kept.folder);
    const first = new Promise((done) => (heard = done));
    const page = await writing.page();
    await page.goto(site.url);
    await page.evaluate(writeOn, [site.url, round]);
    await first;
    await new Promise((wait) => setTimeout(wait, random() * LONGEST));
    await writing.kill();

    const reading = await start(kept.folder);
    const again = await reading.page();
    await again.goto(site.url);
    const { tasks, events } = await again.evaluate(readAll, site.url);
    await reading.kill();
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
  }
  console.log(
    `${CRASHES} crashes: ${acknowledged} acknowledged operations, 0 lost; ${unacknowledged} more were kept whose answer nobody heard`,
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
